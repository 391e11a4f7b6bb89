#include "lib/midi/timing.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>

enum { META = 0xFF, END_OF_TRACK = 0x2F, TEMPO = 0x51, METER = 0x58, KEY = 0x59, DENOMINATOR_POWER_MAX = 8 };

/* Data pointers all point into the file, so they order events as the file does. */
static int by_tick(const void *a, const void *b) {
    const OtoMidiEvent *x = a, *y = b;
    if (x->tick != y->tick) return x->tick < y->tick ? -1 : 1;
    return (x->data > y->data) - (x->data < y->data);
}

/* A SMPTE file has no quarter notes; half a second each, as at 120 bpm, lets it have beats all the same. */
static double quarters(const OtoMidi *midi, int64_t tick) {
    return (double)tick / (midi->ticks_per_quarter ? midi->ticks_per_quarter : midi->ticks_per_second / 2);
}

/* Takes a tempo, time signature or key signature into the timeline. Broken ones (0 microseconds, a denominator beyond
 * 2^8) say nothing. False when memory ran out. */
static bool take(OtoMidi *midi, const OtoMidiEvent *event) {
    const uint8_t *data = event->data;
    OtoTimeline *timeline = &midi->timeline;
    double quarter = quarters(midi, event->tick);
    if (event->status != META) return true;
    if (event->meta == TEMPO && event->size == 3 && midi->ticks_per_quarter) {
        int microseconds = data[0] << 16 | data[1] << 8 | data[2];
        return microseconds == 0 || oto_timeline_add_tempo(timeline, quarter, 60e6 / microseconds);
    }
    if (event->meta == METER && event->size >= 2 && data[0] > 0 && data[1] <= DENOMINATOR_POWER_MAX)
        return oto_timeline_add_meter(
            timeline, (OtoMeter){.quarter = quarter, .numerator = data[0], .denominator = 1 << data[1]});
    if (event->meta == KEY && event->size == 2 && abs((int8_t)data[0]) <= 7 && data[1] <= 1)
        return oto_timeline_add_key(timeline, quarter, oto_key_of_fifths((int8_t)data[0], data[1]));
    return true;
}

bool oto_midi_time(OtoMidi *midi) {
    if (midi->count > 0) /* events is NULL when there is none, which qsort may not be given */
        qsort(midi->events, (size_t)midi->count, sizeof *midi->events, by_tick);
    int64_t end = 0;
    for (int64_t i = 0; i < midi->count; i++) {
        const OtoMidiEvent *event = &midi->events[i];
        if (!take(midi, event)) return false;
        if (event->status != META || event->meta != END_OF_TRACK) end = event->tick;
    }
    if (!oto_timeline_finish(&midi->timeline, quarters(midi, end))) return false;
    for (int64_t i = 0; i < midi->count; i++)
        midi->events[i].seconds = oto_quarter_to_seconds(&midi->timeline, quarters(midi, midi->events[i].tick));
    midi->seconds = midi->count > 0 ? midi->events[midi->count - 1].seconds : 0;
    return true;
}

double oto_tick_to_quarter(OtoMidi *midi, int64_t tick) {
    oto_check_value("oto_tick_to_quarter", "midi", midi, OTO_MIDI);
    return quarters(midi, tick);
}

double oto_tick_to_seconds(OtoMidi *midi, int64_t tick) {
    oto_check_value("oto_tick_to_seconds", "midi", midi, OTO_MIDI);
    return oto_quarter_to_seconds(&midi->timeline, quarters(midi, tick));
}

int64_t oto_seconds_to_tick(OtoMidi *midi, double seconds) {
    oto_check_value("oto_seconds_to_tick", "midi", midi, OTO_MIDI);
    oto_check_range("oto_seconds_to_tick", "seconds", seconds, 0, 1e9);
    return llround(oto_seconds_to_quarter(&midi->timeline, seconds) / quarters(midi, 1));
}
