#include "lib/music/loudness.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>

enum { CHANNELS_MAX = 5 };
static const double block_seconds = 0.4, overlap = 0.75, absolute_gate = -70, relative_gate = -10;
static const double channel_gains[CHANNELS_MAX] = {1, 1, 1, 1.41, 1.41};

/* y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2], in its transposed form. */
struct biquad {
    double b0, b1, b2, a1, a2, first, second;
};

static double run(struct biquad *filter, double x) {
    double y = filter->b0 * x + filter->first;
    filter->first = filter->b1 * x - filter->a1 * y + filter->second;
    filter->second = filter->b2 * x - filter->a2 * y;
    return y;
}

/* Bristow-Johnson's Audio EQ Cookbook, with the corner frequencies and steepness that reproduce the standard's filters.
 */
static struct biquad shelf_at(double rate) {
    double A = pow(10, 4.0 / 40), w = 2 * M_PI * 1500 / rate, alpha = sin(w) / (2 * M_SQRT1_2), c = cos(w);
    double a0 = (A + 1) - (A - 1) * c + 2 * sqrt(A) * alpha;
    return (struct biquad){.b0 = A * ((A + 1) + (A - 1) * c + 2 * sqrt(A) * alpha) / a0,
                           .b1 = -2 * A * ((A - 1) + (A + 1) * c) / a0,
                           .b2 = A * ((A + 1) + (A - 1) * c - 2 * sqrt(A) * alpha) / a0,
                           .a1 = 2 * ((A - 1) - (A + 1) * c) / a0,
                           .a2 = ((A + 1) - (A - 1) * c - 2 * sqrt(A) * alpha) / a0};
}

static struct biquad high_pass_at(double rate) {
    double w = 2 * M_PI * 38 / rate, alpha = sin(w) / (2 * 0.5), c = cos(w), a0 = 1 + alpha;
    return (struct biquad){
        .b0 = (1 + c) / 2 / a0, .b1 = -(1 + c) / a0, .b2 = (1 + c) / 2 / a0, .a1 = -2 * c / a0, .a2 = (1 - alpha) / a0};
}

/* sums[n] = the sum of the first n squares of the filtered channel. */
static void sum_squares(double *sums, const float *x, int64_t n, double rate) {
    struct biquad shelf = shelf_at(rate), high_pass = high_pass_at(rate);
    sums[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        double y = run(&high_pass, run(&shelf, (double)x[i]));
        sums[i + 1] = sums[i] + y * y;
    }
}

/* powers[j] += gain times the mean square of block j. */
static void add_blocks(double *powers, int64_t blocks, const double *sums, int64_t n, double rate, double gain) {
    for (int64_t j = 0; j < blocks; j++) {
        int64_t from = (int64_t)(block_seconds * ((double)j * (1 - overlap)) * rate);
        int64_t to = (int64_t)(block_seconds * ((double)j * (1 - overlap) + 1) * rate);
        if (to > n) to = n;
        if (from < to) powers[j] += gain * (sums[to] - sums[from]) / (block_seconds * rate);
    }
}

static double lufs(double power) {
    return -0.691 + 10 * log10(power);
}

/* The mean of the powers that are louder than a gate; 0 when none is. */
static double mean_above(const double *powers, int64_t blocks, double gate, bool included) {
    double sum = 0;
    int64_t count = 0;
    for (int64_t j = 0; j < blocks; j++) {
        double loudness = lufs(powers[j]);
        if (!(loudness > gate || (included && loudness == gate))) continue;
        sum += powers[j];
        count++;
    }
    return count ? sum / (double)count : 0;
}

double oto_loudness(OtoTensor *audio) {
    oto_need_audio("oto_loudness", "audio", audio);
    double rate = audio->sample_rate, seconds = (double)audio->cols / rate;
    if (audio->rows > CHANNELS_MAX)
        oto_refuse("oto_loudness", "audio has %lld channels; the standard weighs left, right, centre and two surrounds",
                   (long long)audio->rows);
    if (seconds < block_seconds)
        oto_refuse("oto_loudness", "audio lasts %g s, but loudness is measured in blocks of %g s", seconds,
                   block_seconds);
    int64_t nan = oto_count_nan(audio);
    if (nan > 0) oto_refuse("oto_loudness", "audio holds NaN: %lld samples", (long long)nan);
    int64_t blocks = (int64_t)rint((seconds - block_seconds) / (block_seconds * (1 - overlap))) + 1;
    double *sums = malloc(((size_t)audio->cols + 1) * sizeof *sums), *powers = calloc((size_t)blocks, sizeof *powers);
    if (!sums || !powers) {
        free(sums);
        free(powers);
        oto_refuse("oto_loudness", "no memory for %g s", seconds);
    }
    for (int64_t c = 0; c < audio->rows && !oto_interrupt_pending(); c++) {
        sum_squares(sums, (float *)audio->data + c * audio->cols, audio->cols, rate);
        add_blocks(powers, blocks, sums, audio->cols, rate, channel_gains[c]);
    }
    double gate = lufs(mean_above(powers, blocks, absolute_gate, true)) + relative_gate;
    double loudness = lufs(mean_above(powers, blocks, fmax(gate, absolute_gate), false));
    free(sums);
    free(powers);
    return loudness;
}
