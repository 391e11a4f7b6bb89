/* techniques: phrases of three notes on one instrument, played straight, with vibrato, glissando, tremolo or trills. */
#include "file.h"
#include "set.h"
#include "studio.h"
#include "variant.h"

#include <math.h>
#include <stdlib.h>

enum technique { STRAIGHT, VIBRATO, GLISSANDO, TREMOLO, TRILL, TECHNIQUES };
static const char *const technique_names[TECHNIQUES] = {"straight", "vibrato", "glissando", "tremolo", "trill"};

static const struct instrument {
    const char *name;
    int program, lowest;
} instruments[] = {{"violin", 40, 60},    {"cello", 42, 43},    {"trumpet", 56, 58},
                   {"tenor_sax", 66, 50}, {"clarinet", 71, 55}, {"flute", 73, 65}};
enum { INSTRUMENTS = sizeof instruments / sizeof *instruments, PHRASES = 8, NOTES = 3, EVENTS = 4096 };
/* A bend of the whole range is this many semitones up or down (RPN 0). */
enum { BEND_RANGE = 12, BEND_MIDDLE = 8192 };
static const double note_seconds = 0.7, seconds = 2.5, control_step = 0.005;

struct phrase {
    enum soundfont soundfont;
    enum technique technique;
    const struct instrument *instrument;
    int number;
};

struct score {
    OtoSynthEvent events[EVENTS];
    int count;
};

static int64_t count(void) {
    return (int64_t)SOUNDFONTS * INSTRUMENTS * TECHNIQUES * PHRASES;
}

static struct phrase phrase_at(int64_t i) {
    struct phrase phrase = {.number = (int)(i % PHRASES)};
    i /= PHRASES;
    phrase.technique = (enum technique)(i % TECHNIQUES);
    i /= TECHNIQUES;
    phrase.instrument = &instruments[i % INSTRUMENTS];
    phrase.soundfont = (enum soundfont)(i / INSTRUMENTS);
    return phrase;
}

static char *target(int64_t i) {
    struct phrase phrase = phrase_at(i);
    return text_of("techniques/%s/%s_%s_%d.flac", soundfont_names[phrase.soundfont], technique_names[phrase.technique],
                   phrase.instrument->name, phrase.number);
}

static void put(struct score *score, double at, int status, int a, int b) {
    if (score->count < EVENTS)
        score->events[score->count++] = (OtoSynthEvent){at, (uint8_t)status, {(uint8_t)a, (uint8_t)b}, 0};
}

static void bend(struct score *score, double at, double semitones) {
    int value = BEND_MIDDLE + (int)lround(semitones / BEND_RANGE * (BEND_MIDDLE - 1));
    put(score, at, 0xE0, value & 0x7F, value >> 7);
}

static void control(struct score *score, double at, int controller, int value) {
    put(score, at, 0xB0, controller, value);
}

/* The three notes of a phrase: a start in the lowest octave of the instrument and two steps of the major scale. Only by
 * instrument and number, so that every technique and soundfont plays the same notes. */
static void choose_pitches(const struct phrase *phrase, int pitches[NOTES]) {
    static const int scale[] = {0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19, 21};
    uint32_t state = seed_of((uint32_t)(phrase->number * INSTRUMENTS + (phrase->instrument - instruments)));
    draw(&state, 2);
    int key = (int)draw(&state, 7), degree = 2 + (int)draw(&state, 6);
    for (int i = 0; i < NOTES; i++) {
        pitches[i] = phrase->instrument->lowest + key + scale[degree];
        int step = (int)draw(&state, 4);
        degree += step < 2 ? step - 2 : step - 1; /* -2, -1, 1, 2 */
        if (degree < 0) degree = 1;
    }
}

/* One note of the phrase from `at`; next is the pitch after it (a glissando goes there). */
static void play(struct score *score, const struct phrase *phrase, double at, int pitch, int next, uint32_t *state) {
    static const double attack = 0.12;
    enum { EXPRESSION = 11 };
    double rate = 5 + 0.1 * draw(state, 20), depth = 0.3 + 0.01 * draw(state, 30);
    int velocity = 75 + (int)draw(state, 35), interval = 1 + (int)draw(state, 2);
    double end = at + note_seconds - 0.03;
    if (phrase->technique == TRILL) {
        double beat = 1 / (7 + 0.1 * draw(state, 20));
        bool up = false;
        for (double t = at; t < end; t += beat, up = !up) {
            put(score, t, 0x90, pitch + (up ? interval : 0), velocity);
            put(score, fmin(t + 0.95 * beat, end), 0x80, pitch + (up ? interval : 0), 0);
        }
        return;
    }
    bend(score, at, 0);
    control(score, at, EXPRESSION, 127);
    put(score, at, 0x90, pitch, velocity);
    for (double t = at + attack; t < end; t += control_step) {
        double since = t - at - attack, part = since / (end - at - attack), swing = sin(2 * M_PI * rate * since);
        if (phrase->technique == VIBRATO)
            bend(score, t, depth * swing);
        else if (phrase->technique == GLISSANDO)
            bend(score, t, (next - pitch) * part);
        else if (phrase->technique == TREMOLO)
            control(score, t, EXPRESSION, (int)lround(127 * (0.65 + 0.35 * cos(2 * M_PI * 1.3 * rate * since))));
    }
    put(score, end, 0x80, pitch, 0);
}

static void compose(const struct phrase *phrase, struct score *score) {
    uint32_t state = seed_of((uint32_t)(1000 + phrase->number * TECHNIQUES + phrase->technique));
    draw(&state, 2);
    put(score, 0, 0xC0, phrase->instrument->program, 0);
    control(score, 0, 101, 0);
    control(score, 0, 100, 0);
    control(score, 0, 6, BEND_RANGE);
    int pitches[NOTES];
    choose_pitches(phrase, pitches);
    for (int i = 0; i < NOTES; i++) {
        int next = i + 1 < NOTES ? pitches[i + 1] : 2 * pitches[i] - pitches[i - 1];
        play(score, phrase, 0.05 + i * note_seconds, pitches[i], next, &state);
    }
}

static bool make(int64_t i) {
    struct phrase phrase = phrase_at(i);
    struct score *score = need_memory(1, sizeof *score);
    compose(&phrase, score);
    struct recording recording = record(phrase.soundfont, score->events, score->count, seconds, false);
    scale_to_peak(recording.mix, recording.length, 0.8);
    char *path = target(i);
    bool made = write_sound(path, recording.mix, recording.length);
    free(path);
    free(score);
    forget(&recording);
    return made;
}

static void describe(FILE *to) {
    fputs("file,technique,instrument,program,phrase,pitch_1,pitch_2,pitch_3,soundfont,split\n", to);
    for (int64_t i = 0; i < count(); i++) {
        struct phrase phrase = phrase_at(i);
        int pitches[NOTES];
        choose_pitches(&phrase, pitches);
        char *path = target(i);
        fprintf(to, "%s,%s,%s,%d,%s_%d,%d,%d,%d,%s,%s\n", path + sizeof "techniques", technique_names[phrase.technique],
                phrase.instrument->name, phrase.instrument->program, phrase.instrument->name, phrase.number, pitches[0],
                pitches[1], pitches[2], soundfont_names[phrase.soundfont], soundfont_splits[phrase.soundfont]);
        free(path);
    }
}

const struct set techniques_set = {"techniques", count, target, make, describe};
