#include "lib/midi/write.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICKS_PER_QUARTER = 480,
    CHANNELS = 16,
    DEFAULT_VELOCITY = 80,
    EVENTS_A_NOTE = 5, /* two of bank, program, on, off */
    HEAD_EVENTS = 3,   /* tempo, time signature, key signature */
    DATA_MAX = 4       /* bytes of data of any of them */
};

/* Events being made, and the bytes of their data. */
struct writing {
    OtoMidi midi;
    uint8_t *data;
};

static void put(struct writing *w, OtoMidiEvent event, const uint8_t *data) {
    uint8_t *place = w->data + w->midi.count * DATA_MAX;
    memcpy(place, data, (size_t)event.size);
    event.data = place;
    w->midi.events[w->midi.count++] = event;
}

static void put_two(struct writing *w, int64_t tick, int track, int status, int first, int second) {
    OtoMidiEvent event = {.tick = tick, .track = track, .status = (uint8_t)status, .size = 2};
    put(w, event, (uint8_t[]){(uint8_t)first, (uint8_t)second});
}

static int64_t tick_of(double quarter) {
    return llround(quarter * TICKS_PER_QUARTER);
}

static void put_tempo(struct writing *w, double quarter, double bpm) {
    uint32_t tempo = (uint32_t)lround(60e6 / bpm);
    put(w, (OtoMidiEvent){.tick = tick_of(quarter), .status = 0xFF, .meta = 0x51, .size = 3},
        (uint8_t[]){(uint8_t)(tempo >> 16), (uint8_t)(tempo >> 8), (uint8_t)tempo});
}

static void put_meter(struct writing *w, double quarter, int numerator, int denominator) {
    put(w, (OtoMidiEvent){.tick = tick_of(quarter), .status = 0xFF, .meta = 0x58, .size = 4},
        (uint8_t[]){(uint8_t)numerator, (uint8_t)__builtin_ctz((unsigned)denominator), 24, 8});
}

static void put_key(struct writing *w, double quarter, OtoKey key) {
    put(w, (OtoMidiEvent){.tick = tick_of(quarter), .status = 0xFF, .meta = 0x59, .size = 2},
        (uint8_t[]){(uint8_t)oto_key_fifths(key), key.minor});
}

static void put_head(struct writing *w, const OtoMidiSave *options) {
    const OtoTimeline *timeline = options->timeline;
    if (!timeline) {
        put_tempo(w, 0, options->bpm);
        put_meter(w, 0, options->numerator, options->denominator);
        if (options->key) put_key(w, 0, oto_key(options->key));
        return;
    }
    for (int64_t i = 0; i < timeline->tempo_count; i++)
        put_tempo(w, timeline->tempos[i].quarter, timeline->tempos[i].bpm);
    for (int64_t i = 0; i < timeline->meter_count; i++)
        put_meter(w, timeline->meters[i].quarter, timeline->meters[i].numerator, timeline->meters[i].denominator);
    for (int64_t i = 0; i < timeline->key_count; i++) put_key(w, timeline->keys[i].quarter, timeline->keys[i].key);
}

/* By track, tick, and at one tick: what ends makes room for what begins, which needs its program. */
static int by_place(const void *a, const void *b) {
    static const int ranks[] = {[0x8] = 0, [0xB] = 1, [0xC] = 2, [0x9] = 3, [0xF] = 0};
    const OtoMidiEvent *x = a, *y = b;
    if (x->track != y->track) return x->track - y->track;
    if (x->tick != y->tick) return x->tick < y->tick ? -1 : 1;
    int difference = ranks[x->status >> 4] - ranks[y->status >> 4];
    return difference ? difference : (x->data > y->data) - (x->data < y->data);
}

static int64_t tick_at(const OtoMidiSave *options, double seconds) {
    return tick_of(options->timeline ? oto_seconds_to_quarter(options->timeline, seconds)
                                     : seconds * options->bpm / 60);
}

/* The events of the notes of one channel, whose first event says its program. */
static void put_channel(struct writing *w, OtoNotes *notes, int channel, int track, const OtoMidiSave *options) {
    int program = -1, bank = 0;
    for (int64_t i = 0; i < notes->count; i++) {
        const OtoNote *note = &notes->notes[i];
        if (note->channel != channel) continue;
        int64_t on = tick_at(options, note->onset);
        int64_t off = tick_at(options, note->onset + note->duration);
        int64_t change = program < 0 ? 0 : on;
        int pitch = (int)lround(note->pitch), velocity = (int)lround(note->velocity);
        if (note->bank != bank) {
            put_two(w, change, track, 0xB0 | channel, 0, note->bank >> 7);
            put_two(w, change, track, 0xB0 | channel, 32, note->bank & 0x7F);
        }
        if (note->program != program || note->bank != bank)
            put(w, (OtoMidiEvent){.tick = change, .track = track, .status = (uint8_t)(0xC0 | channel), .size = 1},
                (uint8_t[]){(uint8_t)note->program});
        program = note->program;
        bank = note->bank;
        put_two(w, on, track, 0x90 | channel, pitch, velocity ? velocity : DEFAULT_VELOCITY);
        put_two(w, off > on ? off : on + 1, track, 0x80 | channel, pitch, 0);
    }
}

/* Refuses what MIDI cannot say; how many channels are used. */
static int check_notes(OtoNotes *notes, bool used[CHANNELS]) {
    int channels = 0;
    for (int64_t i = 0; i < notes->count; i++) {
        const OtoNote *note = &notes->notes[i];
        if (note->channel < 0 || note->channel >= CHANNELS || note->program < 0 || note->program > 127 ||
            note->bank < 0 || note->bank > 0x3FFF)
            oto_refuse("oto_midi_save",
                       "note %lld has channel %d, program %d and bank %d; MIDI has channels 0 to 15, programs 0 to "
                       "127, banks 0 to 16383",
                       (long long)i, note->channel, note->program, note->bank);
        channels += !used[note->channel];
        used[note->channel] = true;
    }
    return channels;
}

static void check_meter(double numerator, int denominator) {
    oto_check_range("oto_midi_save", "numerator", numerator, 1, 255);
    if (denominator < 1 || denominator > 64 || denominator & (denominator - 1))
        oto_refuse("oto_midi_save", "denominator is %d, but must be 1, 2, 4, 8, 16, 32 or 64", denominator);
}

/* Refuses tempos and meters that MIDI cannot say. */
static void check_head(const OtoMidiSave *options) {
    const OtoTimeline *timeline = options->timeline;
    if (timeline && (timeline->tempo_count < 1 || timeline->meter_count < 1))
        oto_refuse("oto_midi_save", "timeline has no tempo or no meter; take that of a MIDI file or a score");
    oto_check_range("oto_midi_save", "bpm", options->bpm, 4, 1000);
    check_meter(options->numerator, options->denominator);
    if (options->key) (void)oto_key(options->key);
    for (int64_t i = 0; timeline && i < timeline->tempo_count; i++)
        oto_check_range("oto_midi_save", "a bpm of the timeline", timeline->tempos[i].bpm, 3.6, 6e7);
    for (int64_t i = 0; timeline && i < timeline->meter_count; i++)
        check_meter(timeline->meters[i].numerator, timeline->meters[i].denominator);
}

static size_t head_events(const OtoTimeline *timeline) {
    return timeline ? (size_t)(timeline->tempo_count + timeline->meter_count + timeline->key_count) : HEAD_EVENTS;
}

void(oto_midi_save)(OtoNotes *notes, const char *path, OtoMidiSave options) {
    oto_check_value("oto_midi_save", "notes", notes, OTO_NOTES);
    oto_check_text("oto_midi_save", "path", path);
    check_head(&options);
    if (tick_at(&options, oto_notes_seconds(notes)) > 0x0FFFFFFF)
        oto_refuse("oto_midi_save", "%g s are too long for a MIDI file at this tempo", oto_notes_seconds(notes));
    bool used[CHANNELS] = {};
    int channels = check_notes(notes, used);
    size_t room = head_events(options.timeline) + (size_t)notes->count * EVENTS_A_NOTE;
    struct writing w = {.midi = {.format = 1, .tracks = 1 + channels, .division = TICKS_PER_QUARTER},
                        .data = malloc(room * DATA_MAX)};
    w.midi.events = calloc(room, sizeof *w.midi.events);
    if (!w.data || !w.midi.events) {
        free(w.data);
        free(w.midi.events);
        oto_refuse("oto_midi_save", "no memory for %zu events", room);
    }
    put_head(&w, &options);
    int track = 0;
    for (int channel = 0; channel < CHANNELS; channel++)
        if (used[channel]) put_channel(&w, notes, channel, ++track, &options);
    qsort(w.midi.events, (size_t)w.midi.count, sizeof *w.midi.events, by_place);
    size_t size;
    unsigned char *bytes = oto_midi_serialise("oto_midi_save", &w.midi, &size);
    free(w.data);
    free(w.midi.events);
    oto_midi_write_bytes("oto_midi_save", path, bytes, size);
}
