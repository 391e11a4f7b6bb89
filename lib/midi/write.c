#include "lib/midi/write.h"
#include "lib/tensor/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    META = 0xFF,
    END_OF_TRACK = 0x2F,
    QUANTITY_MAX = 0x0FFFFFFF,
    EVENT_OVERHEAD = 4 + 2 + 4,
    TRACK_OVERHEAD = 8 + 4
};

static uint8_t *put_big(uint8_t *at, uint32_t value, int bytes) {
    while (bytes--) *at++ = (uint8_t)(value >> (8 * bytes));
    return at;
}

/* A variable-length quantity in as few bytes as it needs. */
static uint8_t *put_quantity(uint8_t *at, uint32_t value) {
    for (int shift = 21; shift > 0; shift -= 7)
        if (value >> shift) *at++ = (uint8_t)(0x80 | (value >> shift & 0x7F));
    *at++ = (uint8_t)(value & 0x7F);
    return at;
}

/* running: the status byte that a reader has in mind here, or 0. */
static uint8_t *put_event(uint8_t *at, const OtoMidiEvent *event, int64_t tick_before, uint8_t *running) {
    at = put_quantity(at, (uint32_t)(event->tick - tick_before));
    if (!event->running || event->status != *running) *at++ = event->status;
    if (event->status == META) *at++ = event->meta;
    if (event->status >= 0xF0) at = put_quantity(at, (uint32_t)event->size);
    if (event->status != META) *running = event->status < 0xF0 ? event->status : 0;
    if (event->size) memcpy(at, event->data, (size_t)event->size);
    return at + event->size;
}

/* Why no file can hold this event, or NULL. */
static const char *flaw_of(const OtoMidi *midi, const OtoMidiEvent *event, int64_t tick_before) {
    int kind = event->status & 0xF0;
    if (event->track < 0 || event->track >= midi->tracks) return "is in a track that the file does not have";
    if (event->tick < tick_before) return "comes before the one ahead of it; sort the events by tick";
    if (event->tick - tick_before > QUANTITY_MAX) return "comes too late for a MIDI file (2^28 ticks)";
    if (event->status < 0x80 || (event->status > 0xF0 && event->status != 0xF7 && event->status != META))
        return "has a status that cannot stand in a file";
    if (event->size < 0 || event->size > QUANTITY_MAX || (event->size > 0 && !event->data))
        return "has no data of that size";
    if (event->status >= 0xF0) return NULL;
    if (event->size != (kind == 0xC0 || kind == 0xD0 ? 1 : 2)) return "has the wrong number of data bytes";
    for (int64_t i = 0; i < event->size; i++)
        if (event->data[i] > 127) return "has a data byte larger than 127";
    return NULL;
}

/* The indices of the events, track after track, in each by time; what no file can hold is refused. */
static int64_t *by_track(const char *operation, const OtoMidi *midi) {
    int64_t *starts = calloc((size_t)midi->tracks + 1, sizeof *starts);
    int64_t *ticks = calloc((size_t)midi->tracks + 1, sizeof *ticks);
    int64_t *order = calloc((size_t)midi->count + 1, sizeof *order), bad = 0;
    const char *flaw = starts && ticks && order ? NULL : "finds no memory";
    for (int64_t i = 0; !flaw && i < midi->count; i++) {
        const OtoMidiEvent *event = &midi->events[i];
        bool inside = event->track >= 0 && event->track < midi->tracks;
        flaw = flaw_of(midi, event, inside ? ticks[event->track] : 0);
        bad = i;
        if (flaw) break;
        ticks[event->track] = event->tick;
        starts[event->track + 1]++;
    }
    for (int t = 0; !flaw && t < midi->tracks; t++) starts[t + 1] += starts[t];
    for (int64_t i = 0; !flaw && i < midi->count; i++) order[starts[midi->events[i].track]++] = i;
    free(starts);
    free(ticks);
    if (flaw) {
        free(order);
        oto_refuse(operation, "event %" PRId64 " of %s %s", bad, midi->origin ? midi->origin : "the MIDI file", flaw);
    }
    return order;
}

unsigned char *oto_midi_serialise(const char *operation, const OtoMidi *midi, size_t *size) {
    int64_t *order = by_track(operation, midi);
    size_t room = 14 + (size_t)midi->tracks * TRACK_OVERHEAD;
    for (int64_t i = 0; i < midi->count; i++) room += EVENT_OVERHEAD + (size_t)midi->events[i].size;
    uint8_t *bytes = malloc(room), *at = bytes;
    if (!bytes) {
        free(order);
        oto_refuse(operation, "no memory for %zu bytes", room);
    }
    memcpy(at, "MThd", 4);
    at = put_big(put_big(at + 4, 6, 4), (uint32_t)midi->format, 2);
    at = put_big(put_big(at, (uint32_t)midi->tracks, 2), (uint32_t)midi->division, 2);
    int64_t next = 0;
    for (int track = 0; track < midi->tracks; track++) {
        memcpy(at, "MTrk", 4);
        uint8_t *length = at + 4, *start = at + 8, running = 0;
        int64_t tick = 0;
        bool ended = false;
        at = start;
        for (; next < midi->count && midi->events[order[next]].track == track && !ended; next++) {
            const OtoMidiEvent *event = &midi->events[order[next]];
            at = put_event(at, event, tick, &running);
            tick = event->tick;
            ended = event->status == META && event->meta == END_OF_TRACK;
        }
        if (!ended)
            at = put_event(at, &(OtoMidiEvent){.tick = tick, .status = META, .meta = END_OF_TRACK}, tick, &running);
        while (next < midi->count && midi->events[order[next]].track == track) next++; /* nobody reads behind the end */
        put_big(length, (uint32_t)(at - start), 4);
    }
    free(order);
    *size = (size_t)(at - bytes);
    return bytes;
}

void oto_midi_write_bytes(const char *operation, const char *path, unsigned char *bytes, size_t size) {
    FILE *to = fopen(path, "wb");
    bool failed = !to || fwrite(bytes, 1, size, to) != size;
    int error = errno;
    free(bytes);
    if (to && fclose(to) != 0 && !failed) failed = true, error = errno;
    if (failed) oto_refuse(operation, "%s: %s", path, strerror(error));
}

unsigned char *oto_midi_bytes(OtoMidi *midi, size_t *size) {
    oto_check_value("oto_midi_bytes", "midi", midi, OTO_MIDI);
    return oto_midi_serialise("oto_midi_bytes", midi, size);
}

void oto_midi_write(OtoMidi *midi, const char *path) {
    oto_check_value("oto_midi_write", "midi", midi, OTO_MIDI);
    oto_check_text("oto_midi_write", "path", path);
    size_t size;
    unsigned char *bytes = oto_midi_serialise("oto_midi_write", midi, &size);
    oto_midi_write_bytes("oto_midi_write", path, bytes, size);
}
