#include "lib/midi/midi.h"
#include "lib/tensor/error.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICKS_PER_QUARTER = 480, CHANNELS = 16, DEFAULT_VELOCITY = 80 };

/* A note's start or end. */
struct edge {
    int64_t tick;
    bool on;
    uint8_t pitch, velocity;
};

static int by_tick(const void *a, const void *b) {
    const struct edge *x = a, *y = b;
    if (x->tick != y->tick) return x->tick < y->tick ? -1 : 1;
    return x->on - y->on; /* what ends makes room for what begins */
}

static void put_big(FILE *to, uint32_t value, int bytes) {
    while (bytes--) fputc((int)(value >> (8 * bytes) & 0xFF), to);
}

static void put_quantity(FILE *to, uint32_t value) {
    for (int shift = 21; shift > 0; shift -= 7)
        if (value >> shift) fputc((int)(0x80 | (value >> shift & 0x7F)), to);
    fputc((int)(value & 0x7F), to);
}

/* Writes a chunk whose length is only known at its end: begin leaves room for it, finish fills it in. */
static long begin_track(FILE *to) {
    fputs("MTrk", to);
    put_big(to, 0, 4);
    return ftell(to);
}
static void finish_track(FILE *to, long start) {
    put_quantity(to, 0);
    put_big(to, 0xFF2F00, 3);
    long end = ftell(to);
    fseek(to, start - 4, SEEK_SET);
    put_big(to, (uint32_t)(end - start), 4);
    fseek(to, end, SEEK_SET);
}

static void put_edges(FILE *to, struct edge *edges, size_t count, int channel, int program) {
    long start = begin_track(to);
    int64_t tick = 0;
    put_quantity(to, 0);
    put_big(to, (uint32_t)((0xC0 | channel) << 8 | program), 2);
    qsort(edges, count, sizeof *edges, by_tick);
    for (size_t i = 0; i < count; i++) {
        put_quantity(to, (uint32_t)(edges[i].tick - tick));
        tick = edges[i].tick;
        put_big(to, (uint32_t)((edges[i].on ? 0x90 : 0x80) | channel), 1);
        put_big(to, (uint32_t)(edges[i].pitch << 8 | edges[i].velocity), 2);
    }
    finish_track(to, start);
}

/* The edges of the notes of one channel; how many there are. *program is that of its first note. */
static size_t collect(OtoNotes *notes, int channel, double ticks_per_second, struct edge *edges, int *program) {
    size_t count = 0;
    for (int64_t i = 0; i < notes->count; i++) {
        const OtoNote *note = &notes->notes[i];
        if (note->channel != channel) continue;
        if (count == 0) *program = note->program;
        int64_t on = llround(note->onset * ticks_per_second);
        int64_t off = llround((note->onset + note->duration) * ticks_per_second);
        uint8_t pitch = (uint8_t)lround(note->pitch), velocity = (uint8_t)lround(note->velocity);
        edges[count++] =
            (struct edge){.tick = on, .on = true, .pitch = pitch, .velocity = velocity ? velocity : DEFAULT_VELOCITY};
        edges[count++] = (struct edge){.tick = off > on ? off : on + 1, .pitch = pitch};
    }
    return count;
}

void(oto_midi_save)(OtoNotes *notes, const char *path, OtoMidiSave options) {
    oto_check_value("oto_midi_save", "notes", notes, OTO_NOTES);
    oto_check_text("oto_midi_save", "path", path);
    oto_check_range("oto_midi_save", "bpm", options.bpm, 4, 1000);
    double ticks_per_second = options.bpm / 60 * TICKS_PER_QUARTER;
    if (oto_notes_seconds(notes) * ticks_per_second > 0x0FFFFFFF)
        oto_refuse("oto_midi_save", "%g s are too long for a MIDI file at %g bpm", oto_notes_seconds(notes),
                   options.bpm);
    bool used[CHANNELS] = {};
    int tracks = 1;
    for (int64_t i = 0; i < notes->count; i++) {
        int channel = notes->notes[i].channel, program = notes->notes[i].program;
        if (channel < 0 || channel >= CHANNELS || program < 0 || program > 127)
            oto_refuse("oto_midi_save",
                       "note %lld has channel %d and program %d; MIDI has channels 0 to 15, programs 0 to 127",
                       (long long)i, channel, program);
        tracks += !used[channel];
        used[channel] = true;
    }
    struct edge *edges = malloc(((size_t)notes->count * 2 + 1) * sizeof *edges);
    FILE *to = edges ? fopen(path, "wb") : NULL;
    if (!to) {
        int error = errno;
        free(edges);
        oto_refuse("oto_midi_save", "%s: %s", path, strerror(error));
    }
    fputs("MThd", to);
    put_big(to, 6, 4);
    put_big(to, 1, 2);
    put_big(to, (uint32_t)tracks, 2);
    put_big(to, TICKS_PER_QUARTER, 2);
    long start = begin_track(to);
    put_quantity(to, 0);
    put_big(to, 0xFF5103, 3);
    put_big(to, (uint32_t)lround(60e6 / options.bpm), 3);
    finish_track(to, start);
    for (int channel = 0; channel < CHANNELS; channel++) {
        int program = 0;
        if (!used[channel]) continue;
        size_t count = collect(notes, channel, ticks_per_second, edges, &program);
        put_edges(to, edges, count, channel, program);
    }
    free(edges);
    bool failed = ferror(to);
    if (fclose(to) != 0 || failed)
        oto_refuse("oto_midi_save", "%s was not written to its end: %s", path, strerror(errno));
}
