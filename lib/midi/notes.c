#include "lib/midi/channels.h"
#include "lib/midi/midi.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_OFF = 0x80, NOTE_ON = 0x90, CHANNELS = 16, PITCHES = 128, SECONDS_MAX = 1000000 };

/* Notes being collected; sounding[channel][pitch] is the index of the one that is held, or -1. */
struct collection {
    OtoNote *notes;
    int64_t count;
    int64_t sounding[CHANNELS][PITCHES];
};

static int by_place_in_file(const void *a, const void *b) {
    const OtoMidiEvent *x = *(OtoMidiEvent *const *)a, *y = *(OtoMidiEvent *const *)b;
    return (x->data > y->data) - (x->data < y->data);
}

static void end_note(struct collection *c, int channel, int pitch, double seconds) {
    int64_t index = c->sounding[channel][pitch];
    if (index < 0) return;
    c->notes[index].duration = seconds - c->notes[index].onset;
    c->sounding[channel][pitch] = -1;
}

static void end_all(struct collection *c, double seconds) {
    for (int channel = 0; channel < CHANNELS; channel++)
        for (int pitch = 0; pitch < PITCHES; pitch++) end_note(c, channel, pitch, seconds);
}

static void take_event(struct collection *c, const OtoMidiEvent *event, struct oto_channel state, bool bend) {
    int kind = event->status & 0xF0, channel = event->status & 0x0F;
    if (kind != NOTE_ON && kind != NOTE_OFF) return;
    int pitch = event->data[0], velocity = event->data[1];
    end_note(c, channel, pitch, event->seconds);
    if (kind == NOTE_OFF || velocity == 0) return;
    c->sounding[channel][pitch] = c->count;
    c->notes[c->count++] = (OtoNote){.onset = event->seconds,
                                     .pitch = bend ? fmin(fmax(pitch + state.bend, 0), PITCHES - 1) : pitch,
                                     .velocity = velocity,
                                     .channel = channel,
                                     .program = state.program,
                                     .bank = state.bank,
                                     .track = event->track};
}

OtoNotes *(oto_midi_notes)(OtoMidi *midi, OtoMidiNotes options) {
    oto_check_value("oto_midi_notes", "midi", midi, OTO_MIDI);
    if (midi->seconds > SECONDS_MAX)
        oto_refuse("oto_midi_notes", "%s would last %g s; its times are broken", midi->origin, midi->seconds);
    size_t count = (size_t)midi->count;
    struct collection c = {.notes = calloc(count + 1, sizeof *c.notes)};
    struct oto_channel *states = calloc(count + 1, sizeof *states);
    OtoMidiEvent **in_file = calloc(count + 1, sizeof(OtoMidiEvent *));
    if (!c.notes || !states || !in_file) {
        free(c.notes);
        free(states);
        free(in_file);
        oto_refuse("oto_midi_notes", "no memory for %zu events", count);
    }
    memset(c.sounding, -1, sizeof c.sounding);
    oto_midi_follow_channels(midi, states);
    for (size_t i = 0; i < count; i++) in_file[i] = &midi->events[i];
    qsort(in_file, count, sizeof(OtoMidiEvent *), by_place_in_file);
    for (size_t i = 0; i < count; i++) {
        const OtoMidiEvent *event = in_file[i];
        take_event(&c, event, states[event - midi->events], options.bend);
        if (i + 1 == count || in_file[i + 1]->track != event->track) end_all(&c, event->seconds);
    }
    free(states);
    free(in_file);
    bool sustained = !options.sustain || oto_midi_sustain(midi, c.notes, c.count);
    OtoNotes *notes = sustained ? oto_notes_from(c.notes, c.count) : NULL;
    free(c.notes);
    if (!notes) oto_refuse("oto_midi_notes", "no memory for the pedals of %s", midi->origin);
    if (midi->origin) notes->origin = strdup(midi->origin);
    return notes;
}

char *oto_midi_describe(OtoMidi *midi) {
    oto_check_value("oto_midi_describe", "midi", midi, OTO_MIDI);
    char *text = NULL;
    const OtoTimeline *timeline = &midi->timeline;
    int length =
        asprintf(&text, "MIDI type %d, %d %s, %" PRId64 " events, %.4g bpm%s, %.4g s, from %s", midi->format,
                 midi->tracks, midi->tracks == 1 ? "track" : "tracks", midi->count, timeline->tempos[0].bpm,
                 timeline->tempo_count > 1 ? " at first" : "", midi->seconds, midi->origin ? midi->origin : "memory");
    if (length < 0) oto_refuse("oto_midi_describe", "no memory for a text");
    return text;
}
