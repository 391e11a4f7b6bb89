#include "lib/music/chord.h"
#include "lib/tensor/error.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The notes of a quality as semitones above the root, which is always there; and the upper notes of an extended chord,
 * an octave lower. */
static const struct quality {
    const char *name, *semitones, *extensions;
} qualities[] = {
    {"maj", "\4\7", ""},
    {"min", "\3\7", ""},
    {"aug", "\4\10", ""},
    {"dim", "\3\6", ""},
    {"sus4", "\5\7", ""},
    {"sus2", "\2\7", ""},
    {"7", "\4\7\12", ""},
    {"maj7", "\4\7\13", ""},
    {"min7", "\3\7\12", ""},
    {"minmaj7", "\3\7\13", ""},
    {"maj6", "\4\7\11", ""},
    {"min6", "\3\7\11", ""},
    {"dim7", "\3\6\11", ""},
    {"hdim7", "\3\6\12", ""},
    {"maj9", "\4\7\13", "\2"},
    {"min9", "\3\7\12", "\2"},
    {"9", "\4\7\12", "\2"},
    {"min11", "\3\7\12", "\2\5"},
    {"11", "\4\7\12", "\2\5"},
    {"maj13", "\4\7\13", "\2\5\11"},
    {"min13", "\3\7\12", "\2\5\11"},
    {"13", "\4\7\12", "\2\5\11"},
    {"1", "", ""},
    {"5", "\7", ""},
    {"aug7", "\4\10\12", ""},
    {"maj11", "\4\7\13", "\2\5"},
};

static int up_to_octave(int semitone) {
    return (semitone % 12 + 12) % 12;
}

/* Reads all of one kind of sign, # or b; each is a semitone. */
static int read_accidentals(const char **at) {
    int shift = 0;
    for (char sign = **at; (sign == '#' || sign == 'b') && **at == sign; ++*at) shift += sign == '#' ? 1 : -1;
    return shift;
}

static bool read_root(const char **at, int *root) {
    static const int letters[] = {9, 11, 0, 2, 4, 5, 7};
    if (**at < 'A' || **at > 'G') return false;
    *root = letters[*(*at)++ - 'A'];
    *root = up_to_octave(*root + read_accidentals(at));
    return true;
}

/* A degree of the major scale, 1 to 13, with its accidentals, as semitones above the root: those from the octave on
 * too. */
static bool read_degree(const char **at, int *semitones) {
    static const int degrees[] = {0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19, 21};
    int shift = read_accidentals(at);
    char *end;
    long degree = isdigit((unsigned char)**at) ? strtol(*at, &end, 10) : 0;
    if (degree < 1 || degree > 13) return false;
    *at = end;
    *semitones = degrees[degree - 1] + shift;
    return true;
}

static void add_notes(const char *semitones, int counts[12]) {
    for (; *semitones; semitones++) counts[(int)*semitones]++;
}

/* A name up to a bracket, a slash or the end: adds its notes. */
static bool read_quality(const char **at, bool extended, int counts[12]) {
    size_t length = strcspn(*at, "(/");
    for (size_t i = 0; i < sizeof qualities / sizeof *qualities; i++) {
        if (strlen(qualities[i].name) != length || strncmp(*at, qualities[i].name, length) != 0) continue;
        add_notes(qualities[i].semitones, counts);
        if (extended) add_notes(qualities[i].extensions, counts);
        *at += length;
        return true;
    }
    return false;
}

/* "(b9,*5)": degrees that are added, or left out; those from the octave on count in extended chords only, as mir_eval
 * does. */
static bool read_degrees(const char **at, bool extended, int counts[12]) {
    do {
        ++*at; /* the bracket, or a comma */
        int semitones, sign = **at == '*' ? -1 : 1;
        if (sign < 0) ++*at;
        if (!read_degree(at, &semitones)) return false;
        if (semitones < 12 || extended) counts[up_to_octave(semitones)] += sign;
    } while (**at == ',');
    return *(*at)++ == ')';
}

static bool read_chord(const char *at, bool extended, OtoChord *chord) {
    int counts[12] = {1}, bass = 0; /* relative to the root */
    if (!read_root(&at, &chord->root)) return false;
    bool has_colon = *at == ':';
    if (has_colon) {
        at++;
        if (*at != '(' && !read_quality(&at, extended, counts)) return false;
        if (*at == '(' && !read_degrees(&at, extended, counts)) return false;
    } else {
        counts[4]++;
        counts[7]++;
    }
    if (*at == '/' && (at++, !read_degree(&at, &bass))) return false;
    if (*at) return false;
    bass = up_to_octave(bass);
    for (int i = 0; i < 12; i++) chord->notes[(chord->root + i) % 12] = counts[i] > 0 || i == bass;
    chord->bass = (chord->root + bass) % 12;
    return true;
}

static bool parse(const char *label, bool extended, OtoChord *chord) {
    *chord = (OtoChord){.root = -1, .bass = -1, .is_unknown = !strcmp(label, "X")};
    return chord->is_unknown || !strcmp(label, "N") || read_chord(label, extended, chord);
}

bool oto_is_chord(const char *label) {
    OtoChord chord;
    oto_check_text("oto_is_chord", "label", label);
    return parse(label, false, &chord);
}

static OtoChord read_or_refuse(const char *operation, const char *label, bool extended) {
    OtoChord chord;
    oto_check_text(operation, "label", label);
    if (!parse(label, extended, &chord))
        oto_refuse(
            operation,
            "\"%.40s\" is no chord; write \"N\", or a root, a colon and a quality (maj, min, 7, maj7, min7, dim, "
            "hdim7, sus4, ...), as in \"Bb:min7\" or \"C:maj(9)/3\"",
            label);
    return chord;
}

OtoChord oto_chord(const char *label) {
    return read_or_refuse("oto_chord", label, false);
}

OtoChord oto_chord_extended(const char *label) {
    return read_or_refuse("oto_chord_extended", label, true);
}

/* Whether a quality, with a bass that need not be in it, has exactly the chord's notes. */
static bool fits(const struct quality *quality, const OtoChord *chord) {
    for (int i = 0; i < 12; i++) {
        int class = (chord->root + i) % 12;
        bool has = i == 0 || (i > 0 && strchr(quality->semitones, i));
        if (chord->notes[class] != (has || class == chord->bass)) return false;
    }
    return true;
}

const char *oto_chord_name(OtoChord chord) {
    enum { TEXTS = 5, SIZE = 64 };
    static const char *const roots[] = {"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};
    static const char *const degrees[] = {"1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7"};
    static _Thread_local char texts[TEXTS][SIZE];
    static _Thread_local int next;
    if (chord.root < 0) return chord.is_unknown ? "X" : "N";
    oto_check_range("oto_chord_name", "chord.root", chord.root, 0, 11);
    oto_check_range("oto_chord_name", "chord.bass", chord.bass, 0, 11);
    char *text = texts[next++ % TEXTS];
    int length = snprintf(text, SIZE, "%s", roots[chord.root]);
    size_t q = 0, count = sizeof qualities / sizeof *qualities;
    while (q < count && !fits(&qualities[q], &chord)) q++;
    if (q > 0 && q < count) length += snprintf(text + length, SIZE - (size_t)length, ":%s", qualities[q].name);
    if (q == count) {
        const char *sign = ":(";
        for (int i = 0; i < 12; i++)
            if (chord.notes[(chord.root + i) % 12]) {
                length += snprintf(text + length, SIZE - (size_t)length, "%s%s", sign, degrees[i]);
                sign = ",";
            }
        length += snprintf(text + length, SIZE - (size_t)length, ")");
    }
    int bass = up_to_octave(chord.bass - chord.root);
    if (bass) snprintf(text + length, SIZE - (size_t)length, "/%s", degrees[bass]);
    return text;
}
