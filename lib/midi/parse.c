#include "lib/io/file.h"
#include "lib/midi/midi.h"
#include "lib/midi/timing.h"
#include "lib/tensor/error.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_LENGTH = 6, FILE_MAX = 256 << 20 };

/* A place in the bytes of a file that somebody else wrote. The first complaint wins; after it every read gives 0. */
struct reader {
    const uint8_t *bytes;
    size_t at, end; /* end: of the chunk being read */
    const char *complaint;
    size_t complaint_at;
};

static void complain(struct reader *reader, size_t at, const char *what) {
    if (reader->complaint) return;
    reader->complaint = what;
    reader->complaint_at = at;
}

static uint8_t read_byte(struct reader *reader) {
    if (reader->complaint) return 0;
    if (reader->at >= reader->end) {
        complain(reader, reader->end, "an event is cut off");
        return 0;
    }
    return reader->bytes[reader->at++];
}

/* A variable-length quantity: seven bits a byte, at most four bytes. */
static uint32_t read_quantity(struct reader *reader) {
    uint32_t value = 0;
    size_t start = reader->at;
    for (int i = 0; i < 4; i++) {
        uint8_t byte = read_byte(reader);
        value = value << 7 | (byte & 0x7F);
        if (!(byte & 0x80)) return value;
    }
    complain(reader, start, "a length or time has more than four bytes");
    return 0;
}

static uint32_t big_endian(const uint8_t *at, int bytes) {
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++) value = value << 8 | at[i];
    return value;
}

static bool append(OtoMidi *midi, int64_t *capacity, const OtoMidiEvent *event) {
    if (midi->count == *capacity) {
        int64_t grown_capacity = *capacity * 2 + 256;
        OtoMidiEvent *grown = realloc(midi->events, (size_t)grown_capacity * sizeof *grown);
        if (!grown) return false;
        midi->events = grown;
        *capacity = grown_capacity;
    }
    midi->events[midi->count++] = *event;
    return true;
}

/* One event behind its time; running is the status byte that may be left out. */
static void read_event(struct reader *reader, OtoMidiEvent *event, uint8_t *running) {
    size_t start = reader->at;
    uint8_t status = read_byte(reader);
    if (status < 0x80) {
        if (!*running)
            complain(reader, start, "an event begins with a data byte, and no event before it says what kind it is");
        status = *running;
        event->running = true;
        reader->at = start;
    }
    event->status = status;
    if (status == 0xFF || status == 0xF0 || status == 0xF7) {
        if (status == 0xFF) event->meta = read_byte(reader);
        event->size = read_quantity(reader);
        if (status != 0xFF) *running = 0; /* RP-001 ends it at meta events too, but there are files that go on */
    } else if (status >= 0x80 && status < 0xF0) {
        int kind = status & 0xF0;
        event->size = kind == 0xC0 || kind == 0xD0 ? 1 : 2;
        *running = status;
    } else {
        complain(reader, start, "this status byte cannot stand in a file");
    }
    event->data = reader->bytes + reader->at;
    if (reader->complaint) return;
    if ((size_t)event->size > reader->end - reader->at) {
        complain(reader, reader->at, "an event is longer than what is left of its track");
        return;
    }
    if (status < 0xF0)
        for (int64_t i = 0; i < event->size; i++)
            if (event->data[i] & 0x80) complain(reader, reader->at + (size_t)i, "a data byte is larger than 127");
    reader->at += (size_t)event->size;
}

/* All events of the track chunk [at, end), until its end-of-track event. */
static void read_track(struct reader *reader, OtoMidi *midi, int64_t *capacity, int track) {
    int64_t tick = 0;
    uint8_t running = 0;
    while (!reader->complaint && reader->at < reader->end) {
        OtoMidiEvent event = {.track = track};
        tick += read_quantity(reader);
        event.tick = tick;
        read_event(reader, &event, &running);
        if (reader->complaint) return;
        if (!append(midi, capacity, &event)) {
            complain(reader, reader->at, "memory ran out");
            return;
        }
        if (event.status == 0xFF && event.meta == 0x2F) return;
    }
}

/* The header chunk; returns how many tracks it promises. */
static int read_header(struct reader *reader, OtoMidi *midi, size_t size) {
    const uint8_t *bytes = reader->bytes;
    if (size < 4 || memcmp(bytes, "MThd", 4)) {
        complain(reader, 0, "it does not begin with MThd, so it is not a MIDI file");
        return 0;
    }
    if (size < 8 + HEADER_LENGTH) {
        complain(reader, size, "it is cut short inside its header");
        return 0;
    }
    uint32_t length = big_endian(bytes + 4, 4);
    midi->format = (int)big_endian(bytes + 8, 2);
    int tracks = (int)big_endian(bytes + 10, 2);
    uint32_t division = big_endian(bytes + 12, 2);
    midi->division = (int)division;
    if (length < HEADER_LENGTH || length > size - 8) complain(reader, 4, "its header has an impossible length");
    if (midi->format > 1) complain(reader, 8, "it is of type 2 (or unknown); types 0 and 1 can be read");
    if (division & 0x8000) {
        int frames = 256 - (int)(division >> 8), ticks = (int)(division & 0xFF);
        bool known = frames == 24 || frames == 25 || frames == 29 || frames == 30;
        if (!known || ticks == 0) complain(reader, 12, "it counts time in frames that do not exist");
        midi->ticks_per_second = (frames == 29 ? 30000.0 / 1001 : frames) * ticks;
    } else {
        midi->ticks_per_quarter = (int)division;
        if (division == 0) complain(reader, 12, "it counts 0 ticks a quarter note");
    }
    reader->at = 8 + (size_t)length;
    return tracks;
}

static void read_chunks(struct reader *reader, OtoMidi *midi, size_t size, int64_t *capacity) {
    int promised = read_header(reader, midi, size);
    while (!reader->complaint && midi->tracks < promised) {
        if (size - reader->at < 8) {
            complain(reader, size, "it is cut short: its header promises more tracks than there are");
            return;
        }
        const uint8_t *head = reader->bytes + reader->at;
        uint32_t length = big_endian(head + 4, 4);
        size_t start = reader->at + 8;
        if (length > size - start) {
            complain(reader, size, "it is cut short: a track goes on behind the end of the file");
            return;
        }
        if (!memcmp(head, "MTrk", 4)) {
            reader->at = start;
            reader->end = start + length;
            read_track(reader, midi, capacity, midi->tracks++);
        }
        reader->at = start + length;
    }
}

static void release(void *value) {
    OtoMidi *midi = value;
    free(midi->events);
    oto_timeline_release(&midi->timeline);
    free(midi->bytes);
    free(midi->origin);
}

/* Takes over bytes (malloc's), so that nothing is left behind when a broken file is refused. */
static OtoMidi *adopt(uint8_t *bytes, size_t size, const char *name) {
    OtoMidi *midi = oto_value_new(OTO_MIDI, sizeof *midi, release);
    midi->bytes = bytes;
    midi->origin = strdup(name);
    struct reader reader = {.bytes = bytes, .end = size};
    int64_t capacity = 0;
    read_chunks(&reader, midi, size, &capacity);
    if (!reader.complaint && !oto_midi_time(midi)) complain(&reader, size, "memory ran out");
    if (reader.complaint) {
        oto_free(midi);
        oto_refuse("oto_midi_load", "%s, at byte %zu of %zu: %s", name, reader.complaint_at, size, reader.complaint);
    }
    oto_value_owns(midi, (int64_t)size + capacity * (int64_t)sizeof *midi->events);
    return midi;
}

OtoMidi *oto_midi_parse(const void *bytes, size_t size, const char *name) {
    oto_check_text("oto_midi_parse", "name", name);
    oto_check_buffer("oto_midi_parse", "bytes", bytes, size);
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) oto_refuse("oto_midi_parse", "no memory for %s (%zu bytes)", name, size);
    if (size) memcpy(copy, bytes, size);
    return adopt(copy, size, name);
}

OtoMidi *oto_midi_load(const char *path) {
    oto_check_text("oto_midi_load", "path", path);
    OtoMidi *midi = NULL;
    oto_scope {
        size_t size;
        const char *bytes = oto_file_read("oto_midi_load", path, FILE_MAX, &size);
        midi = oto_keep(oto_midi_parse(bytes, size, oto_file_name(path)));
    }
    return midi;
}
