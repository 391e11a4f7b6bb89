/* loops: the patterns of the set drums, played by a drum kit of the soundfont of their split. */
#include "file.h"
#include "pattern.h"
#include "set.h"
#include "studio.h"
#include "variant.h"

#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = DRUMS * STEPS, PERCUSSION = 9 };
static const char table[] = "drums/labels.csv";

struct loop {
    char split[8], file[64], groove[64];
    struct pattern pattern;
};
static struct {
    struct loop *loops;
    int64_t count;
} patterns;

static int64_t count(void) {
    if (patterns.loops) return patterns.count;
    FILE *file = fopen(table, "r");
    if (!file) {
        fprintf(stderr, "data: the loops are played from %s, which is not there; make the set drums first\n", table);
        exit(1);
    }
    char line[1000];
    patterns.loops = need_memory(1, sizeof *patterns.loops);
    while (fgets(line, sizeof line, file)) {
        struct loop loop = {};
        char(*steps)[STEPS + 1] = loop.pattern.steps;
        if (sscanf(line,
                   "%7[^,],%63[^,],%63[^,],%32[.0-9],%32[.0-9],%32[.0-9],%32[.0-9],%32[.0-9],%32[.0-9],%32[.0-9],%32[."
                   "0-9],%32[.0-9]",
                   loop.split, loop.file, loop.groove, steps[0], steps[1], steps[2], steps[3], steps[4], steps[5],
                   steps[6], steps[7], steps[8]) != 3 + DRUMS)
            continue; /* the line of names */
        patterns.loops = realloc(patterns.loops, (size_t)(patterns.count + 1) * sizeof *patterns.loops);
        if (!patterns.loops) out_of_memory();
        patterns.loops[patterns.count++] = loop;
    }
    fclose(file);
    return patterns.count;
}

static enum soundfont soundfont_of(const struct loop *loop) {
    enum soundfont soundfont = MUSESCORE;
    while (strcmp(soundfont_splits[soundfont], loop->split) != 0) soundfont++;
    return soundfont;
}

static double tempo_of(int64_t i) {
    uint32_t state = seed_of((uint32_t)i);
    draw(&state, 2);
    return 84 + draw(&state, 57);
}

static char *target(int64_t i) {
    const struct loop *loop = &patterns.loops[i];
    return text_of("loops/%s/%s_%s.flac", soundfont_names[soundfont_of(loop)], loop->file, loop->groove);
}

static bool make(int64_t i) {
    const struct loop *loop = &patterns.loops[i];
    double step_seconds = 60 / tempo_of(i) / STEPS_PER_BEAT, seconds = STEPS * step_seconds;
    OtoSynthEvent *events = need_memory(EVENTS_MAX, sizeof *events);
    int64_t events_count = 0;
    for (int step = 0; step < STEPS; step++)
        for (int drum = 0; drum < DRUMS; drum++) {
            char loudness = loop->pattern.steps[drum][step];
            if (loudness == '.') continue;
            uint8_t velocity = (uint8_t)(127 * (loudness - '0') / 9);
            events[events_count++] =
                (OtoSynthEvent){step * step_seconds, 0x90 | PERCUSSION, {(uint8_t)drum_keys[drum], velocity}, 0};
        }
    struct recording recording = record(soundfont_of(loop), events, events_count, seconds, false);
    scale_to_peak(recording.mix, recording.length, 0.8);
    char *path = target(i);
    bool made = write_sound(path, recording.mix, recording.length);
    free(path);
    free(events);
    forget(&recording);
    return made;
}

static void describe(FILE *to) {
    fputs("file,pattern_file,groove,tempo,soundfont,split\n", to);
    for (int64_t i = 0; i < count(); i++) {
        const struct loop *loop = &patterns.loops[i];
        char *path = target(i);
        fprintf(to, "%s,%s,%s,%g,%s,%s\n", path + sizeof "loops", loop->file, loop->groove, tempo_of(i),
                soundfont_names[soundfont_of(loop)], loop->split);
        free(path);
    }
}

const struct set loops_set = {"loops", count, target, make, describe};
