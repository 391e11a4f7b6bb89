#include "lib/midi/timing.h"

#include <stdlib.h>

static const double DEFAULT_BPM = 120;
enum { META = 0xFF, TEMPO = 0x51, TEMPO_SIZE = 3 };

/* Data pointers all point into the file, so they order events as the file does. */
static int by_tick(const void *a, const void *b) {
    const OtoMidiEvent *x = a, *y = b;
    if (x->tick != y->tick) return x->tick < y->tick ? -1 : 1;
    return (x->data > y->data) - (x->data < y->data);
}

/* Microseconds a quarter note, or 0 when the event is no tempo. */
static int64_t tempo_of(const OtoMidiEvent *event) {
    if (event->status != META || event->meta != TEMPO || event->size != TEMPO_SIZE) return 0;
    return (int64_t)event->data[0] << 16 | event->data[1] << 8 | event->data[2];
}

bool oto_midi_time(OtoMidi *midi) {
    if (midi->count > 0) /* events is NULL when there is none, which qsort may not be given */
        qsort(midi->events, (size_t)midi->count, sizeof *midi->events, by_tick);
    int64_t count = 1;
    for (int64_t i = 0; i < midi->count; i++) count += tempo_of(&midi->events[i]) > 0;
    midi->tempos = calloc((size_t)count, sizeof *midi->tempos);
    if (!midi->tempos) return false;
    midi->tempos[0] = (OtoTempo){.bpm = DEFAULT_BPM};
    midi->tempo_count = 1;

    for (int64_t i = 0; i < midi->count; i++) {
        OtoMidiEvent *event = &midi->events[i];
        OtoTempo *now = &midi->tempos[midi->tempo_count - 1];
        double per_tick =
            midi->ticks_per_quarter ? 60 / now->bpm / midi->ticks_per_quarter : 1 / midi->ticks_per_second;
        event->seconds = now->seconds + (double)(event->tick - now->tick) * per_tick;
        midi->seconds = event->seconds;
        int64_t microseconds = tempo_of(event);
        if (microseconds == 0) continue;
        if (event->tick > now->tick) now = &midi->tempos[midi->tempo_count++];
        *now = (OtoTempo){.tick = event->tick, .seconds = event->seconds, .bpm = 60e6 / (double)microseconds};
    }
    return true;
}
