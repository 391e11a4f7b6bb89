#include "lib/music/notes.h"
#include "lib/music/new_sound.h"
#include "lib/music/pitch.h"
#include "lib/music/drum.h"
#include "lib/music/soundfont_render.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PERCUSSION = 9, BLOCK = 256, PARTIALS_MAX = 256 };

/* The envelope at t seconds after the onset of a note that is held for `held` seconds. */
static double level_at(const OtoRender *o, double t, double held) {
    double gate = fmin(t, held), level = o->sustain;
    if (gate < o->attack)
        level = o->attack > 0 ? gate / o->attack : 1;
    else if (gate < o->attack + o->decay)
        level = 1 - (1 - o->sustain) * (gate - o->attack) / o->decay;
    if (t > held) level *= o->release > 0 ? fmax(0, 1 - (t - held) / o->release) : 0;
    return level;
}

/* The partials of one period's sum, block after block: each is a rotating phasor, turned back to length 1 every block.
 */
static void add_partials(float *wave, int64_t n, const OtoRender *o, double frequency) {
    for (int k = 1; k <= o->partials && k * frequency < o->sample_rate / 2; k++) {
        double height = fabs(oto_wave_partial(o->wave, k)) / fabs(oto_wave_partial(o->wave, 1));
        if (height == 0) continue;
        double w = 2 * M_PI * k * frequency / o->sample_rate, turn = 2 * cos(w);
        for (int64_t first = 0; first < n; first += BLOCK) {
            int64_t end = first + BLOCK < n ? first + BLOCK : n;
            double before = sin(w * (double)(first - 1)), now = sin(w * (double)first);
            for (int64_t i = first; i < end; i++) {
                wave[i] += (float)(height * now);
                double next = turn * now - before;
                before = now;
                now = next;
            }
        }
    }
}

/* Seconds that a note sounds in all: percussion dies away by itself, whatever its duration. */
static double sounding(const OtoNote *note, const OtoRender *o) {
    return note->channel == PERCUSSION ? oto_drum_seconds((int)lround(note->pitch)) : note->duration + o->release;
}

static void add_note(OtoTensor *sound, const OtoNote *note, const OtoRender *o, float *wave) {
    bool drum = note->channel == PERCUSSION;
    double velocity = (note->velocity > 0 ? note->velocity : 80) / 127;
    int64_t first = (int64_t)llround(note->onset * o->sample_rate);
    int64_t n = (int64_t)llround(sounding(note, o) * o->sample_rate);
    if (first + n > sound->size) n = sound->size - first;
    if (n <= 0) return;
    memset(wave, 0, (size_t)n * sizeof *wave);
    if (drum)
        oto_add_drum(wave, n, o->sample_rate, (int)lround(note->pitch));
    else
        add_partials(wave, n, o, oto_midi_to_hz(note->pitch));
    float *to = (float *)sound->data + first;
    for (int64_t i = 0; i < n; i++) {
        double level = drum ? 1 : level_at(o, (double)i / o->sample_rate, note->duration);
        to[i] += wave[i] * (float)(velocity * velocity * level);
    }
}

static OtoTensor *synthesise(OtoNotes *notes, const OtoRender *o) {
    double end = o->release, longest = 0;
    for (int64_t i = 0; i < notes->count; i++) {
        double seconds = sounding(&notes->notes[i], o);
        end = fmax(end, notes->notes[i].onset + seconds);
        longest = fmax(longest, seconds);
    }
    OtoTensor *sound = oto_new_sound("oto_render", end, o->sample_rate);
    size_t room = (size_t)llround(longest * o->sample_rate) + 1;
    float *wave = malloc(room * sizeof *wave);
    if (!wave) oto_refuse("oto_render", "no memory for a note of %g s", longest);
    for (int64_t i = 0; i < notes->count && !oto_interrupt_pending(); i++) add_note(sound, &notes->notes[i], o, wave);
    free(wave);
    oto_scale_to_peak(sound, o->peak);
    return sound;
}

static OtoTensor *play_soundfont(OtoNotes *notes, const char *path, const OtoRender *o) {
    enum { TAIL = 1 }; /* s, in which the last notes die away */
    int64_t count = 0;
    OtoSynthEvent *events = oto_synth_events("oto_render", notes, &count);
    return oto_render_events("oto_render", path, events, count, oto_notes_seconds(notes) + TAIL, o->sample_rate,
                             o->peak);
}

OtoTensor *(oto_render)(OtoNotes *notes, OtoRender options) {
    oto_check_value("oto_render", "notes", notes, OTO_NOTES);
    if ((unsigned)options.wave > OTO_TRIANGLE)
        oto_refuse("oto_render", "%d is not a wave; use OTO_SINE, OTO_SQUARE, OTO_SAW or OTO_TRIANGLE",
                   (int)options.wave);
    oto_check_range("oto_render", "partials", options.partials, 1, PARTIALS_MAX);
    oto_check_range("oto_render", "attack", options.attack, 0, 60);
    oto_check_range("oto_render", "decay", options.decay, 0, 60);
    oto_check_range("oto_render", "sustain", options.sustain, 0, 1);
    oto_check_range("oto_render", "release", options.release, 0, 60);
    oto_check_range("oto_render", "peak", options.peak, 0, 1e6);
    const char *soundfont = oto_soundfont_to_play("oto_render", options.soundfont);
    OtoTensor *sound = soundfont ? play_soundfont(notes, soundfont, &options) : synthesise(notes, &options);
    if (notes->origin) oto_set_origin(sound, notes->origin, NULL);
    oto_set_origin(sound, "render", sound);
    return sound;
}
