#include "lib/score/abc.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_MAX = 4096 };

/* ---- notes ---- */

static bool more(const struct oto_abc *abc) {
    return abc->at < abc->end;
}
static char peek(const struct oto_abc *abc) {
    return more(abc) ? *abc->at : '\0';
}

static int digits(struct oto_abc *abc) {
    int value = 0;
    for (; isdigit((unsigned char)peek(abc)); abc->at++)
        if (value < LENGTH_MAX) value = value * 10 + *abc->at - '0';
    return value;
}

/* "3/2", "/", "//", "2": a multiple of the unit. */
static double length(struct oto_abc *abc) {
    const char *start = abc->at;
    double value = isdigit((unsigned char)peek(abc)) ? digits(abc) : 1;
    while (peek(abc) == '/') {
        abc->at++;
        int divisor = isdigit((unsigned char)peek(abc)) ? digits(abc) : 2;
        if (divisor == 0) oto_abc_refuse(abc, start, "a length is divided by 0");
        value /= divisor;
    }
    if (!(value <= LENGTH_MAX)) oto_abc_refuse(abc, start, "a length must be at most %d units", LENGTH_MAX);
    return value;
}

static int accidental(struct oto_abc *abc, bool *given) {
    int alter = 0;
    *given = false;
    for (int i = 0; i < 2 && strchr("^_=", peek(abc)) && more(abc); i++, abc->at++) {
        alter += *abc->at == '^' ? 1 : *abc->at == '_' ? -1 : 0;
        *given = true;
    }
    return alter;
}

/* The accidental of a note without one: of the note it is tied to, of the bar, of the key. */
static int alter_of(const struct oto_abc_voice *voice, char step, int octave) {
    for (int i = 0; i < voice->tie_count; i++)
        if (voice->ties[i].step == step && voice->ties[i].octave == octave) return voice->ties[i].alter;
    return voice->has_accidental[step - 'A'] ? voice->accidentals[step - 'A'] : voice->signature[step - 'A'];
}

/* A letter with its accidental and octave, without its length. */
static OtoScoreNote read_pitch(struct oto_abc *abc, struct oto_abc_voice *voice) {
    static const int semitones[OTO_ABC_LETTERS] = {9, 11, 0, 2, 4, 5, 7};
    const char *start = abc->at;
    bool given;
    int alter = accidental(abc, &given);
    char letter = peek(abc);
    if (!((letter >= 'A' && letter <= 'G') || (letter >= 'a' && letter <= 'g')))
        oto_abc_refuse(abc, start, "there must be a note, A to G or a to g");
    abc->at++;
    char step = (char)toupper((unsigned char)letter);
    int octave = letter == step ? 4 : 5;
    for (; peek(abc) == '\'' || peek(abc) == ','; abc->at++) octave += *abc->at == '\'' ? 1 : -1;
    if (given) {
        voice->accidentals[step - 'A'] = alter;
        voice->has_accidental[step - 'A'] = true;
    } else {
        alter = alter_of(voice, step, octave);
    }
    double pitch = semitones[step - 'A'] + 12 * (octave + 1) + alter + voice->semitones;
    if (pitch < 0 || pitch > 127) oto_abc_refuse(abc, start, "this note lies outside MIDI's 0 to 127");
    return (OtoScoreNote){
        .step = step, .alter = alter, .octave = octave, .pitch = pitch, .part = voice->part, .voice = 1};
}

static void move(struct oto_abc_voice *voice, double quarters) {
    voice->cursor += quarters;
    if (voice->cursor > voice->furthest) voice->furthest = voice->cursor;
}

/* What tuplets and broken rhythm make of a length, of the event that now comes. */
static double played(struct oto_abc_voice *voice, double units) {
    double quarters = units * voice->unit * voice->broken_factor;
    voice->broken_factor = 1;
    if (voice->tuplet_notes > 0) {
        quarters *= voice->tuplet_factor;
        voice->tuplet_notes--;
    }
    return quarters;
}

/* A tie behind the last event, or behind one of its notes: remembers what it waits for. */
static void begin_tie(struct oto_abc *abc, struct oto_abc_voice *voice, int64_t first, int64_t end) {
    for (int64_t i = first; i < end; i++) {
        struct oto_sheet_note *note = &abc->sheet->notes[i];
        note->tie_start = true;
        if (voice->tie_count < OTO_ABC_TIES_MAX)
            voice->ties[voice->tie_count++] =
                (struct oto_abc_tie){.step = note->note.step, .alter = note->note.alter, .octave = note->note.octave};
    }
}

static void finish_event(struct oto_abc *abc, struct oto_abc_voice *voice, int64_t first, double quarters) {
    voice->event_first = first;
    voice->event_end = abc->sheet->note_count;
    voice->event_start = voice->cursor;
    voice->event_length = quarters;
    move(voice, quarters);
}

/* One note, or with brackets a chord: the length of the chord is that of its first note. */
static void read_event(struct oto_abc *abc, struct oto_abc_voice *voice) {
    bool chord = peek(abc) == '[';
    const char *start = abc->at;
    int64_t first = abc->sheet->note_count;
    double units = 1;
    bool inner_tie[OTO_ABC_TIES_MAX] = {};
    if (chord) abc->at++;
    do {
        while (chord && (isspace((unsigned char)peek(abc)) || strchr("!\".~uvTHLMOPS()", peek(abc))) && more(abc)) {
            char quote = *abc->at++;
            if (quote == '!' || quote == '"') {
                while (more(abc) && *abc->at != quote) abc->at++;
                abc->at += more(abc);
            }
        }
        if (chord && peek(abc) == ']') break;
        if (chord && !more(abc)) oto_abc_refuse(abc, start, "this chord has no ]");
        struct oto_sheet_note note = {.measure = voice->measure};
        note.note = read_pitch(abc, voice);
        note.note.quarter = voice->cursor;
        double own = length(abc);
        if (abc->sheet->note_count == first) units = own;
        note.note.duration = own; /* in units, until the whole event is known */
        int64_t index = abc->sheet->note_count - first;
        if (chord && peek(abc) == '-') {
            abc->at++;
            if (index < OTO_ABC_TIES_MAX) inner_tie[index] = true;
        }
        oto_sheet_add_note(abc->sheet, note);
    } while (chord);
    double outer = 1;
    if (chord) {
        abc->at++;
        outer = length(abc);
    }
    double factor = played(voice, 1);
    for (int64_t i = first; i < abc->sheet->note_count; i++) abc->sheet->notes[i].note.duration *= outer * factor;
    finish_event(abc, voice, first, units * outer * factor);
    voice->tie_count = 0;
    for (int64_t i = 0; i < OTO_ABC_TIES_MAX && first + i < abc->sheet->note_count; i++)
        if (inner_tie[i]) begin_tie(abc, voice, first + i, first + i + 1);
}

/* z, x: a rest; Z, X: so many bars of rest. */
static void read_rest(struct oto_abc *abc, struct oto_abc_voice *voice) {
    bool bars = *abc->at == 'Z' || *abc->at == 'X';
    abc->at++;
    double units = length(abc);
    voice->tie_count = 0;
    if (!bars) {
        finish_event(abc, voice, abc->sheet->note_count, played(voice, units));
        return;
    }
    double bar = 4.0 * voice->numerator / voice->denominator;
    for (int i = 0; i < (int)units; i++) {
        if (i > 0) oto_abc_end_measure(abc, voice);
        move(voice, bar);
    }
}

/* {/cde}: they sound before the next note and take no time of the bar. */
static void read_graces(struct oto_abc *abc, struct oto_abc_voice *voice) {
    const char *start = abc->at++;
    while (peek(abc) != '}') {
        if (!more(abc)) oto_abc_refuse(abc, start, "these grace notes have no }");
        if (strchr("/ >-()[]<|~\"!.", *abc->at)) {
            abc->at++;
            continue;
        }
        struct oto_sheet_note note = {.measure = voice->measure};
        note.note = read_pitch(abc, voice);
        note.note.quarter = voice->cursor;
        note.note.grace = true;
        (void)length(abc);
        oto_sheet_add_note(abc->sheet, note);
    }
    abc->at++;
}

/* a>b: the first gets half of the second. More signs: three quarters, seven eighths. */
static void read_broken(struct oto_abc *abc, struct oto_abc_voice *voice) {
    char sign = *abc->at;
    double part = 1;
    for (int i = 0; peek(abc) == sign; abc->at++, i++)
        if (i < 6) part /= 2;
    double before = sign == '>' ? 2 - part : part;
    voice->broken_factor = 2 - before;
    if (voice->event_length <= 0) return;
    for (int64_t i = voice->event_first; i < voice->event_end; i++) abc->sheet->notes[i].note.duration *= before;
    if (voice->furthest <= voice->cursor) voice->furthest = voice->event_start;
    voice->cursor = voice->event_start;
    move(voice, voice->event_length * before);
}

/* (3 or (3:2:4: three in the time of two, for four notes; a ( alone is a slur. */
static void read_tuplet(struct oto_abc *abc, struct oto_abc_voice *voice) {
    const char *start = abc->at++;
    if (!isdigit((unsigned char)peek(abc))) return;
    bool compound = voice->numerator % 3 == 0 && voice->numerator > 3;
    int notes = digits(abc), time = 0, count = 0;
    if (peek(abc) == ':') time = (abc->at++, digits(abc));
    if (peek(abc) == ':') count = (abc->at++, digits(abc));
    if (notes < 1 || notes > 64) oto_abc_refuse(abc, start, "a tuplet has 2 to 64 notes");
    if (time == 0) time = notes == 2 || notes == 4 || notes == 8 ? 3 : notes == 3 || notes == 6 ? 2 : compound ? 3 : 2;
    voice->tuplet_factor = (double)time / notes;
    voice->tuplet_notes = count ? count : notes;
}

/* ---- bar lines ---- */

void oto_abc_end_measure(struct oto_abc *abc, struct oto_abc_voice *voice) {
    if (voice->furthest > 0) {
        struct oto_sheet_measure *measure = oto_sheet_measure_at(abc->sheet, voice->measure);
        if (voice->furthest > measure->length) measure->length = voice->furthest;
        voice->measure++;
    }
    voice->cursor = voice->furthest = 0;
    voice->event_length = 0;
    memset(voice->has_accidental, 0, sizeof voice->has_accidental);
}

/* "1", "1,3", "1-3" as bits. */
static uint32_t read_volta(struct oto_abc *abc) {
    uint32_t bits = 0;
    int from = 0;
    while (isdigit((unsigned char)peek(abc))) {
        int time = digits(abc);
        for (int t = from ? from : time; t <= time && t <= OTO_REPEATS_MAX; t++)
            if (t >= 1) bits |= 1u << (t - 1);
        from = 0;
        char sign = peek(abc);
        if ((sign != ',' && sign != '-') || abc->at + 1 >= abc->end || !isdigit((unsigned char)abc->at[1])) break;
        if (sign == '-') from = time + 1;
        abc->at++;
    }
    return bits;
}

static void end_volta(struct oto_abc *abc, struct oto_abc_voice *voice) {
    if (!voice->in_volta || voice->measure == 0) return;
    oto_sheet_measure_at(abc->sheet, voice->measure - 1)->ending_stop = true;
    voice->in_volta = false;
}

static void begin_volta(struct oto_abc *abc, struct oto_abc_voice *voice) {
    uint32_t times = read_volta(abc);
    end_volta(abc, voice);
    if (!times) return;
    oto_sheet_measure_at(abc->sheet, voice->measure)->ending = times;
    voice->in_volta = true;
}

/* Any of | || |] [| |: :| :: :||: and the like, and the number of a volta behind it. */
static void read_bar(struct oto_abc *abc, struct oto_abc_voice *voice) {
    const char *start = abc->at;
    if (*abc->at == '[') abc->at++;
    int before = 0, after = 0, lines = 0;
    bool thick = *start == '[';
    for (; more(abc); abc->at++) {
        if (*abc->at == '|')
            lines++, after = 0;
        else if (*abc->at == ':')
            lines ? after++ : before++;
        else if (*abc->at == ']' && abc->at[-1] == '|')
            thick = true;
        else
            break;
    }
    if (lines == 0 && before >= 2) after = before = before / 2; /* :: */
    if (lines == 0 && before == 1 && after == 0) return;        /* a stray colon */
    oto_abc_end_measure(abc, voice);
    if (before && voice->measure > 0) {
        struct oto_sheet_measure *last = oto_sheet_measure_at(abc->sheet, voice->measure - 1);
        last->backward = before + 1 < OTO_REPEATS_MAX ? before + 1 : OTO_REPEATS_MAX;
    }
    if (before || after || thick || lines > 1) end_volta(abc, voice);
    if (after) oto_sheet_measure_at(abc->sheet, voice->measure)->forward = true;
    if (isdigit((unsigned char)peek(abc))) begin_volta(abc, voice);
}

/* ---- a line ---- */

/* Signs that say where to go on; all other decorations are for the eye. */
static void decorate(struct oto_abc *abc, struct oto_abc_voice *voice, const char *text, size_t size) {
    struct oto_sheet_measure *measure = oto_sheet_measure_at(abc->sheet, voice->measure);
    /* what stands before a bar line without a note between ends that measure; a voice at its beginning means the last
     */
    struct oto_sheet_measure *ended =
        voice->furthest > 0 || voice->measure == 0 ? measure : oto_sheet_measure_at(abc->sheet, voice->measure - 1);
    measure = oto_sheet_measure_at(abc->sheet, voice->measure);
#define IS(word) (size == strlen(word) && !memcmp(text, word, size))
    if (IS("segno")) measure->segno = true;
    if (IS("coda")) measure->coda = true;
    if (IS("D.C.") || IS("D.C.alfine") || IS("D.C.alcoda")) ended->da_capo = true;
    if (IS("D.S.") || IS("D.S.alfine") || IS("D.S.alcoda")) ended->dal_segno = true;
    if (IS("fine")) ended->fine = true;
    if (IS("dacoda")) ended->to_coda = true;
#undef IS
}

/* !trill! or "Am": up to the closing sign. False when the line has none. */
static bool read_quoted(struct oto_abc *abc, struct oto_abc_voice *voice) {
    char quote = *abc->at;
    const char *text = abc->at + 1, *close = memchr(text, quote, (size_t)(abc->end - text));
    if (!close) return false;
    if (quote == '!') decorate(abc, voice, text, (size_t)(close - text));
    abc->at = close + 1;
    return true;
}

/* [M:3/4] inside a line. */
static bool read_inline_field(struct oto_abc *abc) {
    const char *at = abc->at;
    if (abc->end - at < 3 || !isalpha((unsigned char)at[1]) || at[2] != ':') return false;
    const char *close = memchr(at, ']', (size_t)(abc->end - at));
    if (!close) oto_abc_refuse(abc, at, "this field has no ]");
    abc->at = close + 1;
    oto_abc_field(abc, at[1], at + 3, close);
    return true;
}

static void read_bracket(struct oto_abc *abc, struct oto_abc_voice *voice) {
    char next = abc->at + 1 < abc->end ? abc->at[1] : '\0';
    if (read_inline_field(abc)) return;
    if (next == '|') {
        read_bar(abc, voice);
    } else if (isdigit((unsigned char)next)) {
        oto_abc_end_measure(abc, voice);
        abc->at++;
        begin_volta(abc, voice);
    } else {
        read_event(abc, voice);
    }
}

void oto_abc_music(struct oto_abc *abc) {
    abc->at = abc->line;
    while (more(abc)) {
        struct oto_abc_voice *voice = oto_abc_voice(abc); /* a field inside the line may change it */
        char c = *abc->at;
        if (isspace((unsigned char)c)) {
            abc->at++;
        } else if (strchr("^_=", c) || (c >= 'A' && c <= 'G') || (c >= 'a' && c <= 'g')) {
            read_event(abc, voice);
        } else if (strchr("zxZX", c)) {
            read_rest(abc, voice);
        } else if (c == '[') {
            read_bracket(abc, voice);
        } else if (c == '|' || c == ':') {
            read_bar(abc, voice);
        } else if (c == '{') {
            read_graces(abc, voice);
        } else if (c == '(') {
            read_tuplet(abc, voice);
        } else if (c == '>' || c == '<') {
            read_broken(abc, voice);
        } else if (c == '-') {
            abc->at++;
            voice->tie_count = 0;
            begin_tie(abc, voice, voice->event_first, voice->event_end);
        } else if (c == '&') { /* another voice over the same bar */
            abc->at++;
            voice->cursor = 0;
            voice->event_length = 0;
        } else if (c == '"') {
            const char *start = abc->at;
            if (!read_quoted(abc, voice)) oto_abc_refuse(abc, start, "this text has no closing \"");
        } else if ((c != '!' && c != '+') || !read_quoted(abc, voice)) {
            abc->at++; /* slurs' ends, decorations of one letter, what the standard reserves */
        }
    }
}
