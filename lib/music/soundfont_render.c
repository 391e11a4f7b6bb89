#include "lib/music/soundfont_render.h"
#include "lib/io/audio.h"
#include "lib/music/new_sound.h"
#include "lib/music/pitch.h"
#include "lib/music/soundfont.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHANNELS = 16, KEYS = 128, DEFAULT_VELOCITY = 80, EVENTS_PER_NOTE = 3 };

/* The rate of nearly all recordings in soundfonts. At a lower one FluidSynth would let what lies above half of it fold
 * down, so the sound is made at this rate and resampled. */
static const double native_rate = 44100;
/* s, that even a note of no duration is held. */
static const double shortest = 0.001;

const char *oto_soundfont_to_play(const char *operation, const char *soundfont) {
    if (!soundfont) return NULL;
    const char *problem = oto_soundfont_problem(soundfont);
    if (!problem) return oto_soundfont_path(soundfont);
    fprintf(stderr, "%s: %s; the simple synthesiser plays instead\n", operation, problem);
    return NULL;
}

/* An event and the note it belongs to. */
struct cue {
    OtoSynthEvent event;
    int64_t note;
};

static bool is_end(const struct cue *cue) {
    return (cue->event.status & 0xF0) == 0x80;
}

/* What ends makes room for what begins; of a note that begins, the instrument (0xC0) is there before the note (0x90).
 */
static int by_time(const void *a, const void *b) {
    const struct cue *x = a, *y = b;
    if (x->event.seconds != y->event.seconds) return x->event.seconds < y->event.seconds ? -1 : 1;
    if (is_end(x) != is_end(y)) return is_end(x) ? -1 : 1;
    if (x->note != y->note) return x->note < y->note ? -1 : 1;
    return y->event.status - x->event.status;
}

static void put_cues(struct cue *cues, const OtoNote *note, int64_t i) {
    /* oto_set_tuning moves all pitches; a soundfont is tuned to 440 Hz. */
    double sounding = 69 + 12 * log2(oto_midi_to_hz(note->pitch) / 440), key = round(note->pitch);
    double end = note->onset + fmax(note->duration, shortest);
    uint8_t channel = (uint8_t)note->channel, velocity = (uint8_t)lround(note->velocity);
    float cents = (float)(100 * (sounding - key));
    cues[0] = (struct cue){{note->onset, 0xC0 | channel, {(uint8_t)note->program}, 0}, i};
    cues[1] =
        (struct cue){{note->onset, 0x90 | channel, {(uint8_t)key, velocity ? velocity : DEFAULT_VELOCITY}, cents}, i};
    cues[2] = (struct cue){{end, 0x80 | channel, {(uint8_t)key}, 0}, i};
}

OtoSynthEvent *oto_synth_events(const char *operation, OtoNotes *notes, int64_t *count) {
    for (int64_t i = 0; i < notes->count; i++) {
        const OtoNote *note = &notes->notes[i];
        if (note->channel < 0 || note->channel >= CHANNELS || note->program < 0 || note->program > 127)
            oto_refuse(operation,
                       "note %" PRId64 " has channel %d and program %d; MIDI has channels 0 to 15, programs 0 to 127",
                       i, note->channel, note->program);
    }
    int64_t cue_count = EVENTS_PER_NOTE * notes->count;
    struct cue *cues = malloc(((size_t)cue_count + 1) * sizeof *cues);
    OtoSynthEvent *events = malloc(((size_t)cue_count + 1) * sizeof *events);
    int64_t(*struck)[KEYS] = calloc(CHANNELS, sizeof *struck);
    if (!cues || !events || !struck) {
        free(cues);
        free(events);
        free(struck);
        oto_refuse(operation, "no memory for %" PRId64 " notes", notes->count);
    }
    for (int64_t i = 0; i < notes->count; i++) put_cues(&cues[EVENTS_PER_NOTE * i], &notes->notes[i], i);
    qsort(cues, (size_t)cue_count, sizeof *cues, by_time);
    *count = 0;
    for (int64_t i = 0; i < cue_count; i++) {
        const OtoSynthEvent *event = &cues[i].event;
        int64_t *last = &struck[event->status & 0x0F][event->data[0]];
        if ((event->status & 0xF0) == 0x90) *last = cues[i].note;
        if (is_end(&cues[i]) && *last != cues[i].note) continue;
        events[(*count)++] = *event;
    }
    free(cues);
    free(struck);
    return events;
}

static void take_mono(void *context, int64_t first, int n, float *const left[], float *const right[]) {
    float *to = (float *)context + first;
    for (int i = 0; i < n; i++) to[i] = 0.5f * (left[0][i] + right[0][i]);
}

OtoTensor *oto_render_events(const char *operation, const char *path, OtoSynthEvent *events, int64_t count,
                             double seconds, double sample_rate, double peak) {
    OtoFluidsynth *synth = oto_fluidsynth_open(path, native_rate, false, false);
    if (!synth) {
        free(events);
        oto_refuse(operation, "FluidSynth cannot read the soundfont %s", path);
    }
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *sound = oto_new_sound(operation, seconds, native_rate);
        oto_fluidsynth_play(synth, events, count, sound->size, take_mono, sound->data);
        oto_fluidsynth_close(synth);
        free(events);
        result = oto_keep(sample_rate == native_rate || sound->size == 0 ? sound : oto_resample(sound, sample_rate));
    }
    oto_scale_to_peak(result, peak);
    return result;
}
