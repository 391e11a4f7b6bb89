#include "lib/midi/channels.h"

#include <math.h>
#include <stdlib.h>

enum { CONTROL = 0xB0, PROGRAM = 0xC0, WHEEL = 0xE0, CHANNELS = 16, WHEEL_CENTRE = 8192 };
/* Controllers, and the registered parameter 0: how far the pitch wheel goes. */
enum {
    BANK_COARSE = 0,
    DATA_COARSE = 6,
    BANK_FINE = 32,
    DATA_FINE = 38,
    SUSTAIN = 64,
    RPN_FINE = 100,
    RPN_COARSE = 101
};
enum { PEDAL_DOWN = 64, NO_PARAMETER = 0x3FFF };

struct follower {
    struct oto_channel now;
    int bank;            /* takes effect with the next program */
    int parameter;       /* the RPN that data bytes are for */
    double range, wheel; /* semitones, and -1 ... 1 */
};

static void follow_control(struct follower *f, int controller, int value) {
    switch (controller) {
    case BANK_COARSE:
        f->bank = value << 7 | (f->bank & 0x7F);
        break;
    case BANK_FINE:
        f->bank = (f->bank & ~0x7F) | value;
        break;
    case RPN_COARSE:
        f->parameter = value << 7 | (f->parameter & 0x7F);
        break;
    case RPN_FINE:
        f->parameter = (f->parameter & ~0x7F) | value;
        break;
    case DATA_COARSE:
        if (f->parameter == 0) f->range = value;
        break;
    case DATA_FINE:
        if (f->parameter == 0) f->range = floor(f->range) + value / 100.0;
        break;
    default:
        break;
    }
}

void oto_midi_follow_channels(const OtoMidi *midi, struct oto_channel *states) {
    struct follower followers[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) followers[c] = (struct follower){.parameter = NO_PARAMETER, .range = 2};
    for (int64_t i = 0; i < midi->count; i++) {
        const OtoMidiEvent *event = &midi->events[i];
        if (event->status >= 0xF0) continue;
        struct follower *f = &followers[event->status & 0x0F];
        switch (event->status & 0xF0) {
        case PROGRAM:
            f->now.program = event->data[0];
            f->now.bank = f->bank;
            break;
        case CONTROL:
            follow_control(f, event->data[0], event->data[1]);
            break;
        case WHEEL:
            f->wheel = ((event->data[1] << 7 | event->data[0]) - WHEEL_CENTRE) / (double)WHEEL_CENTRE;
            break;
        default:
            break;
        }
        f->now.bend = f->wheel * f->range;
        states[i] = f->now;
    }
}

/* From when to when a channel's pedal is down. */
struct pedal {
    double down, up;
};

static int64_t collect_pedals(const OtoMidi *midi, int channel, struct pedal *pedals) {
    int64_t count = 0;
    bool down = false;
    for (int64_t i = 0; i < midi->count; i++) {
        const OtoMidiEvent *event = &midi->events[i];
        if (event->status != (CONTROL | channel) || event->data[0] != SUSTAIN) continue;
        bool pressed = event->data[1] >= PEDAL_DOWN;
        if (pressed && !down) pedals[count++] = (struct pedal){.down = event->seconds, .up = midi->seconds};
        if (!pressed && down) pedals[count - 1].up = event->seconds;
        down = pressed;
    }
    return count;
}

static double lifted(const struct pedal *pedals, int64_t count, double seconds) {
    int64_t low = 0, high = count; /* the first pedal that is pressed behind seconds */
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (pedals[middle].down <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && pedals[low - 1].up > seconds ? pedals[low - 1].up : seconds;
}

static int by_channel_pitch_onset(const void *a, const void *b) {
    const OtoNote *x = a, *y = b;
    if (x->channel != y->channel) return x->channel - y->channel;
    if (x->pitch != y->pitch) return x->pitch < y->pitch ? -1 : 1;
    return (x->onset > y->onset) - (x->onset < y->onset);
}

bool oto_midi_sustain(const OtoMidi *midi, OtoNote *notes, int64_t count) {
    if (count == 0) return true;
    struct pedal *pedals = calloc((size_t)midi->count + 1, sizeof *pedals);
    if (!pedals) return false;
    qsort(notes, (size_t)count, sizeof *notes, by_channel_pitch_onset);
    int64_t pedal_count = 0;
    for (int64_t i = 0; i < count; i++) {
        OtoNote *note = &notes[i];
        if (i == 0 || notes[i - 1].channel != note->channel) pedal_count = collect_pedals(midi, note->channel, pedals);
        double end = note->onset + note->duration, until = lifted(pedals, pedal_count, end);
        const OtoNote *next = i + 1 < count ? note + 1 : NULL;
        if (next && next->channel == note->channel && next->pitch == note->pitch)
            until = fmax(end, fmin(until, next->onset));
        note->duration = until - note->onset;
    }
    free(pedals);
    return true;
}
