#include "lib/music/pitch.h"
#include "lib/tensor/error.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { A4 = 69, MIDDLE_OCTAVE = 4, LOWEST = -60, HIGHEST = 187 };

static double tuning = 440;

double oto_set_tuning(double a4) {
    oto_check_range("oto_set_tuning", "a4", a4, 100, 1000);
    double before = tuning;
    tuning = a4;
    return before;
}

double oto_midi_to_hz(double midi) {
    return tuning * exp2((midi - A4) / 12);
}

double oto_hz_to_midi(double hz) {
    if (!(hz > 0)) oto_refuse("oto_hz_to_midi", "hz is %g, but a pitch has a positive frequency", hz);
    return A4 + 12 * log2(hz / tuning);
}

static bool parse(const char *at, double *midi) {
    static const int semitones[] = {['A' - 'A'] = 9, ['B' - 'A'] = 11, ['C' - 'A'] = 0, ['D' - 'A'] = 2,
                                    ['E' - 'A'] = 4, ['F' - 'A'] = 5,  ['G' - 'A'] = 7};
    int letter = toupper((unsigned char)*at);
    if (letter < 'A' || letter > 'G') return false;
    double pitch = semitones[letter - 'A'];
    for (at++; *at == '#' || *at == 'b'; at++) pitch += *at == '#' ? 1 : -1;
    long octave = MIDDLE_OCTAVE;
    if (isdigit((unsigned char)*at) || (*at == '-' && isdigit((unsigned char)at[1]))) {
        char *end;
        octave = strtol(at, &end, 10);
        at = end;
        if (octave < -2 || octave > 12) return false;
    }
    if (*at == '+' || *at == '-') {
        char *end;
        double cents = strtod(at, &end);
        if (end == at || !isfinite(cents)) return false;
        pitch += cents / 100;
        at = end;
    }
    *midi = pitch + 12 * (double)(octave + 1);
    return !*at;
}

bool oto_is_note(const char *name) {
    double midi;
    oto_check_text("oto_is_note", "name", name);
    return parse(name, &midi);
}

double oto_note_to_midi(const char *name) {
    double midi;
    oto_check_text("oto_note_to_midi", "name", name);
    if (!parse(name, &midi))
        oto_refuse("oto_note_to_midi",
                   "\"%.40s\" is not a note; write a letter A to G, # or b, and an octave, as in \"C#4\", \"Bb3\" or "
                   "\"A4+20\" (cents)",
                   name);
    return midi;
}

double oto_note_to_hz(const char *name) {
    return oto_midi_to_hz(oto_note_to_midi(name));
}

const char *oto_midi_to_note(double midi) {
    static const char *const names[] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
    static _Thread_local char texts[HIGHEST - LOWEST + 1][6];
    oto_check_range("oto_midi_to_note", "midi", midi, LOWEST, HIGHEST);
    int number = (int)lround(midi), octave = (int)floor(number / 12.0) - 1;
    char *text = texts[number - LOWEST];
    snprintf(text, sizeof texts[0], "%s%d", names[(number % 12 + 12) % 12], octave);
    return text;
}

const char *oto_hz_to_note(double hz) {
    return oto_midi_to_note(oto_hz_to_midi(hz));
}
