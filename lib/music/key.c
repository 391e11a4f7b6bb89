#include "lib/music/key.h"
#include "lib/music/pitch.h"
#include "lib/tensor/error.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CLASSES = 12, PERCUSSION = 9 };

/* How well each pitch class fits after a context in C major and C minor (Krumhansl & Kessler 1982, probe tones). */
static const double profiles[2][CLASSES] = {
    {6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88},
    {6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17},
};

static const char *const names[2][CLASSES] = {
    {"C major", "Db major", "D major", "Eb major", "E major", "F major", "F# major", "G major", "Ab major", "A major",
     "Bb major", "B major"},
    {"C minor", "C# minor", "D minor", "Eb minor", "E minor", "F minor", "F# minor", "G minor", "G# minor", "A minor",
     "Bb minor", "B minor"},
};

static bool parse(const char *name, OtoKey *key) {
    static const int classes[] = {['A' - 'A'] = 9, ['B' - 'A'] = 11, ['C' - 'A'] = 0, ['D' - 'A'] = 2,
                                  ['E' - 'A'] = 4, ['F' - 'A'] = 5,  ['G' - 'A'] = 7};
    int letter = toupper((unsigned char)*name);
    if (letter < 'A' || letter > 'G') return false;
    int tonic = classes[letter - 'A'];
    const char *at = name + 1;
    for (; (*at == '#' || *at == 'b') && at - name <= 8; at++) tonic += *at == '#' ? 1 : -1;
    while (*at == ' ' || *at == ':') at++;
    bool major = !*at || !strcasecmp(at, "major") || !strcasecmp(at, "maj") || !strcmp(at, "M");
    bool minor = !strcasecmp(at, "minor") || !strcasecmp(at, "min") || !strcmp(at, "m");
    *key = (OtoKey){.tonic = (tonic % CLASSES + CLASSES) % CLASSES, .minor = minor};
    return major || minor;
}

bool oto_is_key(const char *name) {
    OtoKey key;
    oto_check_text("oto_is_key", "name", name);
    return parse(name, &key);
}

OtoKey oto_key(const char *name) {
    OtoKey key;
    oto_check_text("oto_key", "name", name);
    if (!parse(name, &key))
        oto_refuse("oto_key",
                   "\"%.40s\" is not a key; write a tonic and major or minor, as in \"Eb major\" or \"F# minor\"",
                   name);
    return key;
}

static void check_key(const char *operation, OtoKey key) {
    oto_check_range(operation, "key.tonic", key.tonic, 0, CLASSES - 1);
}

const char *oto_key_name(OtoKey key) {
    check_key("oto_key_name", key);
    return names[key.minor][key.tonic];
}

int oto_key_fifths(OtoKey key) {
    check_key("oto_key_fifths", key);
    int major = key.minor ? (key.tonic + 3) % CLASSES : key.tonic; /* the relative major */
    int fifths = major * 7 % CLASSES; /* a fifth is seven semitones, and 7 * 7 = 1 mod 12 */
    return fifths > 6 ? fifths - CLASSES : fifths;
}

OtoKey oto_key_of_fifths(int fifths, bool minor) {
    oto_check_range("oto_key_of_fifths", "fifths", fifths, -7, 7);
    int tonic = (fifths + CLASSES) * 7 + (minor ? 9 : 0);
    return (OtoKey){.tonic = tonic % CLASSES, .minor = minor};
}

static double correlation(const double *x, const double *y) {
    double mean_x = 0, mean_y = 0, xy = 0, xx = 0, yy = 0;
    for (int i = 0; i < CLASSES; i++) mean_x += x[i] / CLASSES, mean_y += y[i] / CLASSES;
    for (int i = 0; i < CLASSES; i++) {
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    return xx > 0 ? xy / sqrt(xx * yy) : 0;
}

OtoTensor *oto_key_correlations(OtoNotes *notes) {
    oto_check_value("oto_key_correlations", "notes", notes, OTO_NOTES);
    double seconds[2 * CLASSES] = {}; /* twice around, so that it can be read from any tonic */
    int64_t pitched = 0;
    for (int64_t i = 0; i < notes->count; i++) {
        const OtoNote *note = &notes->notes[i];
        if (note->channel == PERCUSSION) continue;
        int class = (int)lround(note->pitch) % CLASSES;
        seconds[class] += note->duration;
        seconds[class + CLASSES] += note->duration;
        pitched++;
    }
    if (pitched == 0) oto_refuse("oto_estimate_key", "there are no notes with a pitch, so there is no key");
    OtoTensor *scores = oto_zeros(2 * CLASSES);
    oto_name_axis(scores, 0, "key");
    for (int mode = 0; mode < 2; mode++)
        for (int tonic = 0; tonic < CLASSES; tonic++)
            ((float *)scores->data)[mode * CLASSES + tonic] = (float)correlation(seconds + tonic, profiles[mode]);
    return scores;
}

OtoKey oto_estimate_key(OtoNotes *notes) {
    OtoTensor *scores = oto_key_correlations(notes);
    int best = 0;
    for (int i = 1; i < 2 * CLASSES; i++)
        if (((float *)scores->data)[i] > ((float *)scores->data)[best]) best = i;
    oto_free(scores);
    return (OtoKey){.tonic = best % CLASSES, .minor = best >= CLASSES};
}
