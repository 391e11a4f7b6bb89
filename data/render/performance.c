#include "performance.h"
#include "file.h"
#include "lib/midi/render.h"
#include "lib/tensor/lifetime.h"
#include "mma.h"
#include "studio.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct style styles[STYLES] = {
    {"ballad", "Ballad", 84},         {"blues", "Blues", 108},     {"bossa_nova", "BossaNova", 130},
    {"country", "CountrySwing", 150}, {"funk", "BVFunk", 100},     {"march", "March", 116},
    {"polka", "Polka", 120},          {"ragtime", "RagTime", 130}, {"rock", "BasicRock", 120},
    {"salsa", "Salsa", 150},          {"swing", "SwingWalk", 140}, {"tango", "Tango", 122},
};

/* The song in MMA's language: a line a bar, with a "/" for a beat on which the chord stays. */
static char *in_mma(const struct performance *p, uint32_t seed) {
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to) out_of_memory();
    fprintf(to, "RndSeed %u\nTempo %.0f\nTranspose %d\nGroove %s\n", seed, p->tempo, p->transposition,
            p->style->groove);
    struct chord chords[MAX_CHORDS];
    int count = chords_of(p->song, p->bars, chords);
    for (int beat = 0, i = 0; beat < p->bars * BEATS_PER_BAR; beat++) {
        if (beat % BEATS_PER_BAR == 0) fprintf(to, "%s%d", beat ? "\n" : "", beat / BEATS_PER_BAR + 1);
        bool starts = i < count && chords[i].beat <= beat;
        fprintf(to, " %s", starts ? chords[i++].name : "/");
    }
    fputc('\n', to);
    if (fclose(to) != 0) out_of_memory();
    return text;
}

OtoSynthEvent *lead_of(const struct performance *p, int program, int up, int64_t *count) {
    static const double sounding = 0.94; /* of a note's length, so that repeated notes are heard apart */
    struct melody_note melody[MAX_MELODY];
    int notes = melody_of(p->song, p->bars, melody);
    OtoSynthEvent *lead = need_memory(2 * (size_t)notes + 1, sizeof *lead);
    *count = 0;
    lead[(*count)++] = (OtoSynthEvent){0, 0xC0 | LEAD_CHANNEL, {(uint8_t)program}, 0};
    for (int i = 0; i < notes; i++) {
        uint8_t pitch = (uint8_t)(melody[i].pitch + p->transposition + up);
        uint8_t velocity = (uint8_t)(100 + (fmod(melody[i].beat, BEATS_PER_BAR) == 0 ? 10 : 0));
        double from = melody[i].beat * 60 / p->tempo, to = from + sounding * melody[i].beats * 60 / p->tempo;
        lead[(*count)++] = (OtoSynthEvent){from, 0x90 | LEAD_CHANNEL, {pitch, velocity}, 0};
        lead[(*count)++] = (OtoSynthEvent){to, 0x80 | LEAD_CHANNEL, {pitch}, 0};
    }
    return lead;
}

/* Merges the melody into the events: both are in the order of their times. */
static void add_lead(struct performance *p, int program) {
    int64_t leads, i = 0, j = 0, n = 0;
    OtoSynthEvent *lead = lead_of(p, program, 12, &leads);
    OtoSynthEvent *all = need_memory((size_t)(p->count + leads), sizeof *all);
    while (i < p->count || j < leads)
        all[n++] = j == leads || (i < p->count && p->events[i].seconds <= lead[j].seconds) ? p->events[i++] : lead[j++];
    free(lead);
    free(p->events);
    p->events = all;
    p->count = n;
}

struct performance unaccompanied(const struct song *song, int bars, double tempo, int transposition) {
    int in_song = bars_of(song);
    struct performance p = {.song = song,
                            .bars = bars < in_song ? bars : in_song,
                            .transposition = transposition,
                            .tempo = round(tempo * song->pace)};
    p.seconds = p.bars * BEATS_PER_BAR * 60 / p.tempo + 1;
    return p;
}

bool perform(const struct song *song, const struct style *style, int bars, int lead, const char *midi_path,
             struct performance *p) {
    int song_number = (int)(song - songbook), style_number = (int)(style - styles);
    *p = unaccompanied(song, bars, style->tempo, (5 * song_number + 7 * style_number) % 12 - 5);
    p->style = style;
    if (!is_there(midi_path)) {
        char *text = in_mma(p, (uint32_t)(1 + song_number * STYLES + style_number));
        bool played = run_mma(text, midi_path);
        free(text);
        if (!played) return false;
    }
    p->midi = oto_midi_load(midi_path);
    p->events = oto_midi_synth_events("data", p->midi, &p->count);
    if (lead != NO_LEAD) add_lead(p, lead);
    return true;
}

void end_performance(struct performance *performance) {
    free(performance->events);
    if (performance->midi) oto_free(performance->midi);
}

bool write_chords(const struct performance *p, const char *path) {
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to) out_of_memory();
    struct chord chords[MAX_CHORDS];
    int count = chords_of(p->song, p->bars, chords);
    for (int i = 0; i < count; i++) {
        char *label = harte_of(chords[i].name, p->transposition);
        fprintf(to, "%.6f\t%.6f\t%s\n", chords[i].beat * 60 / p->tempo,
                (chords[i].beat + chords[i].beats) * 60 / p->tempo, label);
        free(label);
    }
    if (fclose(to) != 0) out_of_memory();
    bool written = write_text(path, text, size);
    free(text);
    return written;
}

bool write_beats(const struct performance *p, const char *path) {
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to) out_of_memory();
    for (int beat = 0; beat < p->bars * BEATS_PER_BAR; beat++)
        fprintf(to, "%.6f\t%d\n", beat * 60 / p->tempo, beat % BEATS_PER_BAR + 1);
    if (fclose(to) != 0) out_of_memory();
    bool written = write_text(path, text, size);
    free(text);
    return written;
}

/* When the note that begins at event i ends: at its note off, or when the same key is struck again, or at the last
 * event. */
static double end_of(const OtoSynthEvent *events, int64_t count, int64_t i) {
    for (int64_t j = i + 1; j < count; j++)
        if ((events[j].status & 0x0F) == (events[i].status & 0x0F) && events[j].data[0] == events[i].data[0] &&
            ((events[j].status & 0xF0) == 0x80 || (events[j].status & 0xF0) == 0x90))
            return events[j].seconds;
    return events[count - 1].seconds;
}

bool write_notes(const OtoSynthEvent *events, int64_t count, const char *path) {
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to) out_of_memory();
    int programs[16] = {};
    for (int64_t i = 0; i < count; i++) {
        int channel = events[i].status & 0x0F;
        if ((events[i].status & 0xF0) == 0xC0) programs[channel] = events[i].data[0];
        if ((events[i].status & 0xF0) == 0x90 && events[i].data[1] > 0)
            fprintf(to, "%.6f\t%.6f\t%d\t%d\t%d\t%d\n", on_grid(events[i].seconds), on_grid(end_of(events, count, i)),
                    events[i].data[0], events[i].data[1], channel, programs[channel]);
    }
    if (fclose(to) != 0) out_of_memory();
    bool written = write_text(path, text, size);
    free(text);
    return written;
}
