#include "studio.h"
#include "file.h"
#include "lib/music/soundfont.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FluidSynth works at the rate of the recordings, twice that of the files. */
enum { PLAYED_RATE = 2 * SAMPLE_RATE, HALF_BAND = 47 };

const char *const soundfont_names[SOUNDFONTS] = {"MuseScore_General", "FluidR3", "TimGM6mb"};
const char *const soundfont_splits[SOUNDFONTS] = {"train", "valid", "test"};

static OtoFluidsynth *players[SOUNDFONTS];

void open_players(void) {
    for (int i = 0; i < SOUNDFONTS; i++) {
        const char *path = players[i] ? NULL : oto_soundfont_path(soundfont_names[i]);
        if (path) players[i] = oto_fluidsynth_open(path, PLAYED_RATE, true, true);
    }
}

static OtoFluidsynth *player_of(enum soundfont soundfont) {
    if (!players[soundfont]) {
        const char *problem = oto_soundfont_problem(soundfont_names[soundfont]);
        fprintf(stderr, "data: %s\n", problem ? problem : "FluidSynth cannot read a soundfont; is its package whole?");
        exit(1);
    }
    return players[soundfont];
}

double on_grid(double seconds) {
    return OTO_SYNTH_BLOCK * (double)llround(seconds * PLAYED_RATE / OTO_SYNTH_BLOCK) / PLAYED_RATE;
}

/* Every second sample of x, n of them, after a half-band low-pass: a sinc under a Blackman window, whose even taps but
 * the middle one are zero. Written out here, not left to a resampler, so that the samples are the same everywhere. */
static void halve(float *to, int64_t n, const float *x) {
    static double taps[HALF_BAND + 1]; /* the one at an odd distance d from the middle is taps[d] */
    if (taps[1] == 0)
        for (int d = 1; d <= HALF_BAND; d += 2) {
            double window = 0.42 + 0.5 * cos(M_PI * d / (HALF_BAND + 1)) + 0.08 * cos(2 * M_PI * d / (HALF_BAND + 1));
            taps[d] = sin(M_PI * d / 2) / (M_PI * d) * window;
        }
    for (int64_t i = 0; i < n; i++) {
        double sum = 0.5 * (double)x[2 * i];
        for (int d = 1; d <= HALF_BAND; d += 2) {
            double before = 2 * i - d >= 0 ? (double)x[2 * i - d] : 0,
                   after = 2 * i + d < 2 * n ? (double)x[2 * i + d] : 0;
            sum += taps[d] * (before + after);
        }
        to[i] = (float)sum;
    }
}

struct tape {
    float *stems[STEMS];
};

static void take(void *context, int64_t first, int n, float *const left[], float *const right[]) {
    struct tape *tape = context;
    for (int stem = 0; stem < STEMS; stem++)
        for (int i = 0; i < n; i++) tape->stems[stem][first + i] = 0.5f * (left[stem][i] + right[stem][i]);
}

struct recording record(enum soundfont soundfont, const OtoSynthEvent *events, int64_t count, double seconds,
                        bool with_stems) {
    struct recording recording = {.length = llround(seconds * SAMPLE_RATE)};
    size_t played = 2 * (size_t)recording.length;
    bool used[STEMS] = {};
    for (int64_t i = 0; i < count; i++) used[events[i].status & 0x0F] = true;
    struct tape tape;
    for (int stem = 0; stem < STEMS; stem++) tape.stems[stem] = need_memory(played + 1, sizeof(float));
    if (!oto_fluidsynth_play(player_of(soundfont), events, count, (int64_t)played, take, &tape)) out_of_memory();
    recording.mix = need_memory((size_t)recording.length + 1, sizeof(float));
    for (int stem = 0; stem < STEMS; stem++) {
        if (used[stem]) {
            float *halved = need_memory((size_t)recording.length + 1, sizeof(float));
            halve(halved, recording.length, tape.stems[stem]);
            for (int64_t i = 0; i < recording.length; i++) recording.mix[i] += halved[i];
            if (with_stems)
                recording.stems[stem] = halved;
            else
                free(halved);
        }
        free(tape.stems[stem]);
    }
    return recording;
}

void forget(struct recording *recording) {
    free(recording->mix);
    for (int stem = 0; stem < STEMS; stem++) free(recording->stems[stem]);
    *recording = (struct recording){};
}

float scale_to_peak(float *x, int64_t n, double peak) {
    float largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fmaxf(largest, fabsf(x[i]));
    if (largest == 0) return 1;
    float factor = (float)peak / largest;
    for (int64_t i = 0; i < n; i++) x[i] *= factor;
    return factor;
}

void to_sixteen_bits(int16_t *to, const float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = (int16_t)lrintf(fminf(fmaxf(x[i] * 32767, -32767), 32767));
}

bool write_flac(const char *path, const int16_t *samples, int64_t n) {
    SF_INFO info = {.samplerate = SAMPLE_RATE, .channels = 1, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    char *beside = path_beside(path);
    SNDFILE *file = sf_open(beside, SFM_WRITE, &info);
    bool written = file && sf_writef_short(file, samples, n) == n;
    if (!written) fprintf(stderr, "data: %s: %s\n", path, sf_strerror(file));
    if (file && sf_close(file) != 0) written = false;
    return put_in_place(beside, path, written);
}

bool write_sound(const char *path, const float *x, int64_t n) {
    int16_t *samples = need_memory((size_t)n + 1, sizeof *samples);
    to_sixteen_bits(samples, x, n);
    bool written = write_flac(path, samples, n);
    free(samples);
    return written;
}
