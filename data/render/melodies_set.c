/* melodies: the songbook's melodies alone on several instruments, each in another key; in the soundfont of the song's
 * split, those of the test also in variants. */
#include "file.h"
#include "performance.h"
#include "set.h"
#include "studio.h"
#include "variant.h"

#include <stdlib.h>

enum { BARS = 8, INSTRUMENTS = 6, TEMPO = 108 };
static const struct {
    const char *name;
    int program, up; /* semitones that it plays above the melody as written */
} instruments[INSTRUMENTS] = {{"piano", 0, 0},    {"guitar", 24, 0},    {"violin", 40, 12},
                              {"cello", 42, -12}, {"tenor_sax", 66, 0}, {"flute", 73, 12}};

struct take {
    const struct song *song;
    int instrument;
    enum variant variant;
};

/* Melodies are the songbook's first songs; those of the test have all variants. */
static int64_t count(void) {
    int64_t takes = 0;
    for (const struct song *song = songbook; song->melody; song++)
        takes += INSTRUMENTS * (song->soundfont == TIMGM ? VARIANTS : 1);
    return takes;
}

static struct take take_at(int64_t i) {
    const struct song *song = songbook;
    for (;; song++) {
        int64_t takes = INSTRUMENTS * (song->soundfont == TIMGM ? VARIANTS : 1);
        if (i < takes) return (struct take){song, (int)(i % INSTRUMENTS), (enum variant)(i / INSTRUMENTS)};
        i -= takes;
    }
}

static char *path_of(const struct take *take, const char *ending) {
    const char *variant = take->variant == CLEAN ? "" : variant_names[take->variant];
    return text_of("melodies/%s/%s_%s%s%s%s", soundfont_names[take->song->soundfont], take->song->name,
                   instruments[take->instrument].name, *variant ? "_" : "", variant, ending);
}

static char *target(int64_t i) {
    struct take take = take_at(i);
    return path_of(&take, ".flac");
}

static uint32_t item_of(const struct take *take) {
    return (uint32_t)((take->song - songbook) * INSTRUMENTS + take->instrument);
}

static struct performance plan(const struct take *take) {
    return unaccompanied(take->song, BARS, TEMPO, (int)(5 * item_of(take) % 12) - 5);
}

static bool make(int64_t i) {
    struct take take = take_at(i);
    struct performance p = plan(&take);
    int program = instruments[take.instrument].program, up = instruments[take.instrument].up;
    p.events = lead_of(&p, program, up, &p.count);
    struct take clean = {take.song, take.instrument, CLEAN};
    char *notes = path_of(&clean, ".notes.txt"), *beats = path_of(&clean, ".beats.txt"), *sound = target(i);
    bool made = write_notes(p.events, p.count, notes) && write_beats(&p, beats);
    detune(p.events, p.count, cents_of(take.variant, item_of(&take)));
    struct recording recording = record(take.song->soundfont, p.events, p.count, p.seconds, false);
    send_through(take.variant, recording.mix, recording.length, item_of(&take));
    scale_to_peak(recording.mix, recording.length, 0.8);
    made = made && write_sound(sound, recording.mix, recording.length);
    free(notes);
    free(beats);
    free(sound);
    forget(&recording);
    end_performance(&p);
    return made;
}

static void describe(FILE *to) {
    fputs("file,song,instrument,program,labels,soundfont,split,variant,cents\n", to);
    for (int64_t i = 0; i < count(); i++) {
        struct take take = take_at(i), clean = {take.song, take.instrument, CLEAN};
        char *sound = path_of(&take, ".flac"), *labels = path_of(&clean, "");
        fprintf(to, "%s,%s,%s,%d,%s,%s,%s,%s,%d\n", sound + sizeof "melodies", take.song->name,
                instruments[take.instrument].name, instruments[take.instrument].program, labels + sizeof "melodies",
                soundfont_names[take.song->soundfont], soundfont_splits[take.song->soundfont],
                variant_names[take.variant], cents_of(take.variant, item_of(&take)));
        free(sound);
        free(labels);
    }
}

const struct set melodies_set = {"melodies", count, target, make, describe};
