/* styles: each song of the songbook (8 bars) accompanied in each style, with chords, beats and notes. A song is heard
 * from the soundfont of its split; the songs of the test also from that of the training, and in variants. */
#include "file.h"
#include "performance.h"
#include "set.h"
#include "studio.h"
#include "variant.h"

#include <stdlib.h>

enum { BARS = 8, TAKES_MAX = VARIANTS + 1 };

/* One sound of a performance. */
struct take {
    enum soundfont soundfont;
    enum variant variant;
};

static int takes_of(const struct song *song, struct take takes[TAKES_MAX]) {
    int count = 0;
    takes[count++] = (struct take){song->soundfont, CLEAN};
    if (song->soundfont != TIMGM) return count;
    takes[count++] = (struct take){MUSESCORE, CLEAN};
    for (enum variant variant = DETUNED; variant < VARIANTS; variant++) takes[count++] = (struct take){TIMGM, variant};
    return count;
}

static int64_t count(void) {
    return SONGS * STYLES;
}

static char *path_of(int64_t i, const struct take *take) {
    const char *variant = take->variant == CLEAN ? "" : variant_names[take->variant];
    return text_of("styles/%s/%s_%s%s%s.flac", soundfont_names[take->soundfont], styles[i % STYLES].name,
                   songbook[i / STYLES].name, *variant ? "_" : "", variant);
}

static char *label_path(int64_t i, const char *ending) {
    return text_of("styles/labels/%s_%s%s", styles[i % STYLES].name, songbook[i / STYLES].name, ending);
}

static char *target(int64_t i) {
    struct take takes[TAKES_MAX];
    int last = takes_of(&songbook[i / STYLES], takes) - 1;
    return path_of(i, &takes[last]);
}

static bool write_labels(const struct performance *p, int64_t i) {
    char *chords = label_path(i, ".chords.lab"), *beats = label_path(i, ".beats.txt"),
         *notes = label_path(i, ".notes.txt");
    bool written = write_chords(p, chords) && write_beats(p, beats) && write_notes(p->events, p->count, notes);
    free(chords);
    free(beats);
    free(notes);
    return written;
}

static bool make_take(struct performance *p, int64_t i, const struct take *take) {
    int cents = cents_of(take->variant, (uint32_t)i);
    detune(p->events, p->count, cents);
    struct recording recording = record(take->soundfont, p->events, p->count, p->seconds, false);
    detune(p->events, p->count, -cents);
    send_through(take->variant, recording.mix, recording.length, (uint32_t)i);
    scale_to_peak(recording.mix, recording.length, 0.8);
    char *path = path_of(i, take);
    bool written = write_sound(path, recording.mix, recording.length);
    free(path);
    forget(&recording);
    return written;
}

static bool make(int64_t i) {
    const struct song *song = &songbook[i / STYLES];
    struct performance performance;
    char *midi = label_path(i, ".mid");
    bool made = perform(song, &styles[i % STYLES], BARS, NO_LEAD, midi, &performance);
    free(midi);
    if (!made) return false;
    struct take takes[TAKES_MAX];
    int count = takes_of(song, takes);
    made = write_labels(&performance, i);
    for (int t = 0; t < count && made; t++) made = make_take(&performance, i, &takes[t]);
    end_performance(&performance);
    return made;
}

static void describe(FILE *to) {
    fputs("file,style,song,labels,soundfont,split,variant,cents\n", to);
    for (int64_t i = 0; i < count(); i++) {
        const struct song *song = &songbook[i / STYLES];
        struct take takes[TAKES_MAX];
        int takes_count = takes_of(song, takes);
        for (int t = 0; t < takes_count; t++) {
            char *path = path_of(i, &takes[t]), *labels = label_path(i, "");
            fprintf(to, "%s,%s,%s,%s,%s,%s,%s,%d\n", path + sizeof "styles", styles[i % STYLES].name, song->name,
                    labels + sizeof "styles", soundfont_names[takes[t].soundfont],
                    takes[t].soundfont == song->soundfont ? soundfont_splits[song->soundfont] : "test_same_soundfont",
                    variant_names[takes[t].variant], cents_of(takes[t].variant, (uint32_t)i));
            free(path);
            free(labels);
        }
    }
}

const struct set styles_set = {"styles", count, target, make, describe};
