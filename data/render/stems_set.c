/* stems: songs with their melody over an accompaniment, and what they are the sum of, sample by sample: lead, bass,
 * drums, other. In the layout of MUSDB18: a folder a track below train, valid or test. */
#include "file.h"
#include "performance.h"
#include "set.h"
#include "studio.h"

#include <stdlib.h>
#include <string.h>

enum { BARS = 16, TRACK_STYLES = 4 };
enum part { LEAD, BASS, DRUMS, OTHER, PARTS };
static const char *const part_names[PARTS] = {"lead", "bass", "drums", "other"};
static const struct {
    const char *style;
    int lead; /* program of General MIDI */
} track_styles[TRACK_STYLES] = {{"rock", 65}, {"bossa_nova", 73}, {"country", 40}, {"swing", 56}};

static int melodies(void) {
    int count = 0;
    while (songbook[count].melody) count++;
    return count;
}

static int64_t count(void) {
    return melodies() * TRACK_STYLES;
}

static const struct song *song_of(int64_t i) {
    return &songbook[i / TRACK_STYLES];
}

static const struct style *style_of(int64_t i) {
    const struct style *style = styles;
    while (strcmp(style->name, track_styles[i % TRACK_STYLES].style) != 0) style++;
    return style;
}

static char *path_of(int64_t i, const char *file) {
    return text_of("stems/%s/%s_%s/%s", soundfont_splits[song_of(i)->soundfont], style_of(i)->name, song_of(i)->name,
                   file);
}

static char *target(int64_t i) {
    return path_of(i, "mixture.flac");
}

static enum part part_of(int channel, const struct performance *p) {
    enum { FIRST_BASS = 32, LAST_BASS = 39 };
    if (channel == LEAD_CHANNEL) return LEAD;
    if (channel == DRUM_CHANNEL) return DRUMS;
    for (int64_t i = 0; i < p->count; i++)
        if (p->events[i].status == (0xC0 | channel))
            return p->events[i].data[0] >= FIRST_BASS && p->events[i].data[0] <= LAST_BASS ? BASS : OTHER;
    return OTHER;
}

static void add(float *to, const float *x, int64_t n) {
    for (int64_t t = 0; t < n; t++) to[t] += x[t];
}

/* Writes the parts, and what they add up to after each was rounded to 16 bits. */
static bool write_parts(int64_t i, float *parts[PARTS], float factor, int64_t n) {
    int16_t *rounded = need_memory((size_t)n + 1, sizeof *rounded),
            *mixture = need_memory((size_t)n + 1, sizeof *mixture);
    bool written = true;
    for (int part = 0; part < PARTS && written; part++) {
        for (int64_t t = 0; t < n; t++) parts[part][t] *= factor;
        to_sixteen_bits(rounded, parts[part], n);
        for (int64_t t = 0; t < n; t++) mixture[t] = (int16_t)(mixture[t] + rounded[t]);
        char *name = text_of("%s.flac", part_names[part]), *path = path_of(i, name);
        written = write_flac(path, rounded, n);
        free(name);
        free(path);
    }
    char *path = target(i);
    written = written && write_flac(path, mixture, n);
    free(path);
    free(rounded);
    free(mixture);
    return written;
}

static bool write_labels(int64_t i, const struct performance *p) {
    char *chords = path_of(i, "chords.lab"), *beats = path_of(i, "beats.txt"), *notes = path_of(i, "notes.txt");
    bool written = write_chords(p, chords) && write_beats(p, beats) && write_notes(p->events, p->count, notes);
    free(chords);
    free(beats);
    free(notes);
    return written;
}

static bool make(int64_t i) {
    struct performance p;
    char *midi = path_of(i, "accompaniment.mid");
    bool made = perform(song_of(i), style_of(i), BARS, track_styles[i % TRACK_STYLES].lead, midi, &p);
    free(midi);
    if (!made) return false;
    struct recording recording = record(song_of(i)->soundfont, p.events, p.count, p.seconds, true);
    float *parts[PARTS];
    for (int part = 0; part < PARTS; part++) parts[part] = need_memory((size_t)recording.length + 1, sizeof(float));
    for (int channel = 0; channel < STEMS; channel++)
        if (recording.stems[channel]) add(parts[part_of(channel, &p)], recording.stems[channel], recording.length);
    float factor = scale_to_peak(recording.mix, recording.length, 0.8);
    made = write_labels(i, &p) && write_parts(i, parts, factor, recording.length);
    for (int part = 0; part < PARTS; part++) free(parts[part]);
    forget(&recording);
    end_performance(&p);
    return made;
}

static void describe(FILE *to) {
    fputs("folder,song,style,soundfont,split\n", to);
    for (int64_t i = 0; i < count(); i++) {
        char *path = path_of(i, "");
        path[strlen(path) - 1] = '\0';
        fprintf(to, "%s,%s,%s,%s,%s\n", path + sizeof "stems", song_of(i)->name, style_of(i)->name,
                soundfont_names[song_of(i)->soundfont], soundfont_splits[song_of(i)->soundfont]);
        free(path);
    }
}

const struct set stems_set = {"stems", count, target, make, describe};
