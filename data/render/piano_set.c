/* piano: whole accompaniments and melodies, played by one piano: polyphonic, with every note known. */
#include "file.h"
#include "lib/music/notes.h"
#include "lib/music/soundfont_render.h"
#include "lib/tensor/lifetime.h"
#include "performance.h"
#include "set.h"
#include "studio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BARS = 8, PIANO_STYLES = 3, PIANO = 0 };
static const char *const piano_styles[PIANO_STYLES] = {"ballad", "ragtime", "bossa_nova"};
/* Two strokes of a key that are closer than this are one, in s. */
static const double one_stroke = 0.04;

static int64_t count(void) {
    return SONGS * PIANO_STYLES;
}

static const struct style *style_of(int64_t i) {
    const struct style *style = styles;
    while (strcmp(style->name, piano_styles[i % PIANO_STYLES]) != 0) style++;
    return style;
}

static char *path_of(int64_t i, const char *ending) {
    const struct song *song = &songbook[i / PIANO_STYLES];
    return text_of("piano/%s/%s_%s%s", soundfont_splits[song->soundfont], piano_styles[i % PIANO_STYLES], song->name,
                   ending);
}

static char *target(int64_t i) {
    return path_of(i, ".flac");
}

/* All notes but percussion, as strokes on one keyboard: a key that several voices strike together is struck once, and
 * held as long as the longest of them; events for a piano. */
static OtoSynthEvent *on_one_piano(struct performance *p, int64_t *events_count) {
    OtoNote *notes = need_memory((size_t)p->count + 1, sizeof *notes);
    int64_t count = 0, last[128], sounding[16][128];
    for (int key = 0; key < 128; key++) {
        last[key] = -1;
        for (int channel = 0; channel < 16; channel++) sounding[channel][key] = -1;
    }
    for (int64_t i = 0; i < p->count; i++) {
        const OtoSynthEvent *event = &p->events[i];
        int channel = event->status & 0x0F, key = event->data[0], kind = event->status & 0xF0;
        if (channel == DRUM_CHANNEL || (kind != 0x80 && kind != 0x90)) continue;
        bool strikes = kind == 0x90 && event->data[1] > 0;
        if (strikes) {
            if (last[key] < 0 || event->seconds - notes[last[key]].onset > one_stroke) {
                last[key] = count;
                notes[count++] =
                    (OtoNote){.onset = event->seconds, .pitch = key, .velocity = event->data[1], .program = PIANO};
            }
            sounding[channel][key] = last[key];
        } else if (sounding[channel][key] >= 0) {
            OtoNote *note = &notes[sounding[channel][key]];
            note->duration = fmax(note->duration, event->seconds - note->onset);
        }
    }
    OtoSynthEvent *events = NULL;
    oto_scope events = oto_synth_events("data", oto_notes_from(notes, count), events_count);
    free(notes);
    return events;
}

static bool make(int64_t i) {
    struct performance p;
    const struct song *song = &songbook[i / PIANO_STYLES];
    char *midi = path_of(i, ".accompaniment.mid"), *labels = path_of(i, ".notes.txt"),
         *beats = path_of(i, ".beats.txt"), *chords = path_of(i, ".chords.lab"), *sound = target(i);
    bool made = perform(song, style_of(i), BARS, song->melody ? PIANO : NO_LEAD, midi, &p);
    if (made) {
        int64_t count;
        OtoSynthEvent *events = on_one_piano(&p, &count);
        struct recording recording = record(song->soundfont, events, count, p.seconds, false);
        scale_to_peak(recording.mix, recording.length, 0.8);
        made = write_notes(events, count, labels) && write_beats(&p, beats) && write_chords(&p, chords) &&
               write_sound(sound, recording.mix, recording.length);
        forget(&recording);
        free(events);
        end_performance(&p);
    }
    free(midi);
    free(labels);
    free(beats);
    free(chords);
    free(sound);
    return made;
}

static void describe(FILE *to) {
    fputs("file,song,style,labels,soundfont,split\n", to);
    for (int64_t i = 0; i < count(); i++) {
        const struct song *song = &songbook[i / PIANO_STYLES];
        char *sound = path_of(i, ".flac"), *labels = path_of(i, "");
        fprintf(to, "%s,%s,%s,%s,%s,%s\n", sound + sizeof "piano", song->name, piano_styles[i % PIANO_STYLES],
                labels + sizeof "piano", soundfont_names[song->soundfont], soundfont_splits[song->soundfont]);
        free(sound);
        free(labels);
    }
}

const struct set piano_set = {"piano", count, target, make, describe};
