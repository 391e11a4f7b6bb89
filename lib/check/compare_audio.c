/* Two signals by their signal-to-noise ratio, after a delay and a gain where the exercise forgives them. */
#include <complex.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "lib/check/compare.h"

/* channels x samples; a signal of one axis has one channel. */
static int64_t channels_of(const struct oto_observation *o) {
    return o->rank == 2 ? o->shape[0] : 1;
}
static int64_t samples_of(const struct oto_observation *o) {
    return o->shape[o->rank - 1];
}

/* Without C's care for infinities, which takes most of the time: samples are finite here. */
static double complex times(double complex a, double complex b) {
    return __builtin_complex(creal(a) * creal(b) - cimag(a) * cimag(b), creal(a) * cimag(b) + cimag(a) * creal(b));
}

/* exp(-2 pi i k / size), k below size / 2. */
static void fill_turns(double complex *turns, size_t size) {
    for (size_t k = 0; k < size / 2; k++) {
        double angle = -2 * M_PI * (double)k / (double)size;
        turns[k] = __builtin_complex(cos(angle), sin(angle));
    }
}

/* In place, decimation in time, size a power of two. */
static void fft(double complex *x, size_t size, const double complex *turns) {
    for (size_t i = 1, j = 0; i < size; i++) {
        size_t bit = size >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) {
            double complex swapped = x[i];
            x[i] = x[j];
            x[j] = swapped;
        }
    }
    for (size_t half = 1; half < size; half *= 2) {
        size_t step = size / (2 * half);
        for (size_t start = 0; start < size; start += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                double complex *even = &x[start + k], *odd = even + half;
                double complex turned = times(turns[k * step], *odd);
                *odd = *even - turned;
                *even += turned;
            }
        }
    }
}

/* A sample as a double; 0 past the end. */
static double sample(const struct oto_observation *o, int64_t channel, int64_t i) {
    int64_t n = samples_of(o);
    return i < n ? oto_observation_real(o, (size_t)(channel * n + i)) : 0;
}

/* The delay in -limit .. limit at which observed fits expected best: the largest |cross-correlation|, summed over the
 * channels. The first STRETCH samples of sound decide, so that time and memory stay bounded. 0 when memory does not
 * suffice. One transform does both signals: z = expected + i observed. */
enum { STRETCH = 1 << 19 };
static int64_t best_delay(const struct oto_observation *expected, const struct oto_observation *observed,
                          int64_t limit) {
    int64_t n = samples_of(expected), m = samples_of(observed);
    int64_t longest = n > m ? n : m, start = 0;
    for (bool silent = true; silent && start < n; start += silent)
        for (int64_t c = 0; c < channels_of(expected); c++) silent &= sample(expected, c, start) == 0;
    start = start > limit ? start - limit : 0;
    int64_t stretch = longest - start < STRETCH ? longest - start : STRETCH;
    size_t size = 1;
    while (size < (size_t)(stretch + limit + 1)) size *= 2;
    double complex *z = malloc(size * sizeof *z), *sum = calloc(size, sizeof *sum),
                   *turns = malloc(size * sizeof *z / 2);
    int64_t best = 0;
    if (z && sum && turns) {
        fill_turns(turns, size);
        for (int64_t c = 0; c < channels_of(expected); c++) {
            for (int64_t i = 0; i < (int64_t)size; i++)
                z[i] = i >= stretch ? 0
                                    : __builtin_complex(sample(expected, c, start + i), sample(observed, c, start + i));
            fft(z, size, turns);
            for (size_t k = 0; k < size; k++) {
                double complex mirrored = conj(z[(size - k) % size]);
                double complex e = (z[k] + mirrored) / 2, twice = z[k] - mirrored;
                double complex g = __builtin_complex(cimag(twice) / 2, -creal(twice) / 2);
                sum[k] += times(conj(e), g);
            }
        }
        fft(sum, size, turns); /* as good as the way back: what belongs to the delay d comes out at -d */
        double largest = -1;
        for (int64_t d = -limit; d <= limit; d++) {
            double fit = fabs(creal(sum[(size_t)((int64_t)size - d) % size]));
            if (fit > largest) {
                largest = fit;
                best = d;
            }
        }
    }
    free(turns);
    free(z);
    free(sum);
    return best;
}

struct fit {
    int64_t delay;      /* samples by which observed comes late */
    double gain;        /* what observed was multiplied by */
    double snr_db;      /* may be infinite */
    size_t worst;       /* flat index in expected */
    bool missing;       /* less than half of the expected energy is in the overlap */
    double signal, got; /* energies of the overlap */
};

static double energy_of(const struct oto_observation *o) {
    double sum = 0;
    for (size_t i = 0; i < o->count; i++) sum += oto_observation_real(o, i) * oto_observation_real(o, i);
    return sum;
}

/* The SNR over the samples that both have at this delay; NaN, which passes nothing, where most of what is expected is
 * not among them: two rests of silence are alike whatever the sounds are. */
static struct fit fit_at(const struct oto_observation *expected, const struct oto_observation *observed, int64_t delay,
                         bool any_gain) {
    struct fit fit = {.delay = delay, .gain = 1};
    int64_t n = samples_of(expected), m = samples_of(observed);
    int64_t from = delay < 0 ? -delay : 0, to = n < m - delay ? n : m - delay;
    double together = 0, noise = 0, largest = -1;
    for (int64_t c = 0; c < channels_of(expected); c++)
        for (int64_t i = from; i < to; i++) {
            double e = oto_observation_real(expected, (size_t)(c * n + i));
            double g = oto_observation_real(observed, (size_t)(c * m + i + delay));
            fit.signal += e * e;
            fit.got += g * g;
            together += e * g;
        }
    if (any_gain && fit.got > 0 && together != 0) fit.gain = together / fit.got;
    for (int64_t c = 0; c < channels_of(expected); c++)
        for (int64_t i = from; i < to; i++) {
            double e = oto_observation_real(expected, (size_t)(c * n + i));
            double difference = fabs(e - fit.gain * oto_observation_real(observed, (size_t)(c * m + i + delay)));
            noise += difference * difference;
            if (difference > largest) {
                largest = difference;
                fit.worst = (size_t)(c * n + i);
            }
        }
    fit.missing = 2 * fit.signal < energy_of(expected);
    fit.snr_db = fit.missing ? (double)NAN : noise == 0 ? (double)INFINITY : 10 * log10(fit.signal / noise);
    return fit;
}

static bool all_finite(const struct oto_observation *o, size_t *where) {
    for (size_t i = 0; i < o->count; i++)
        if (!isfinite(oto_observation_real(o, i))) {
            *where = i;
            return false;
        }
    return true;
}

static void write_place(FILE *out, const struct oto_observation *o, size_t i) {
    int64_t n = samples_of(o), sample = (int64_t)i % n;
    fprintf(out, "sample %" PRId64, sample);
    if (o->sample_rate > 0) fprintf(out, " (%.4g s)", (double)sample / o->sample_rate);
    if (channels_of(o) > 1) fprintf(out, " of channel %" PRId64, (int64_t)i / n);
}

/* Would it have passed with a gain or a delay? Then the sound is right but for that. */
static void diagnose(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed) {
    struct fit louder = fit_at(expected, observed, 0, true);
    if (louder.snr_db >= expected->snr_db) {
        if (louder.gain < 0) fputs("; it is the right sound with the sign turned round", out);
        if (fabs(20 * log10(fabs(louder.gain))) >= 0.005)
            fprintf(out, "%s %.3g dB too %s", louder.gain < 0 ? " and" : "; it is the right sound,",
                    fabs(20 * log10(fabs(louder.gain))), fabs(louder.gain) > 1 ? "quiet" : "loud");
        return;
    }
    int64_t limit = samples_of(expected) / 4;
    if (limit > 1 << 16) limit = 1 << 16;
    int64_t delay = best_delay(expected, observed, limit);
    if (delay && fit_at(expected, observed, delay, false).snr_db >= expected->snr_db)
        fprintf(out, "; it is the right sound, but %" PRId64 " sample%s too %s", delay < 0 ? -delay : delay,
                delay == 1 || delay == -1 ? "" : "s", delay > 0 ? "late" : "early");
}

static bool sizes_agree(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                        int64_t slack) {
    int64_t n = samples_of(expected), m = samples_of(observed);
    if (channels_of(expected) != channels_of(observed)) {
        fprintf(out, "expected %" PRId64 " channel(s), got %" PRId64, channels_of(expected), channels_of(observed));
        return false;
    }
    if (n - m > slack || m - n > slack) {
        fprintf(out, "expected %" PRId64 " samples, got %" PRId64, n, m);
        return false;
    }
    if (expected->sample_rate > 0 && observed->sample_rate > 0 && expected->sample_rate != observed->sample_rate) {
        fprintf(out, "expected a sample rate of %g Hz, got %g Hz", expected->sample_rate, observed->sample_rate);
        return false;
    }
    return true;
}

static bool compare_silence(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                            int64_t *worst) {
    double peak = 0;
    for (size_t i = 0; i < observed->count; i++) peak = fmax(peak, fabs(oto_observation_real(observed, i)));
    if (peak <= pow(10, -expected->snr_db / 20)) {
        fputs("silence, as expected", out);
        return true;
    }
    *worst = (int64_t)fit_at(expected, observed, 0, false).worst;
    fprintf(out, "expected silence, got a peak of %.4g (%.1f dBFS)", peak, 20 * log10(peak));
    return false;
}

bool oto_compare_audio(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                       int64_t *worst) {
    double limit = expected->align * (expected->sample_rate > 0 ? expected->sample_rate : 1);
    int64_t most = samples_of(expected) / 4; /* so that at least half of the signal is compared */
    int64_t slack = limit < (double)most ? (int64_t)llround(limit) : most;
    if (!sizes_agree(out, expected, observed, slack)) return false;

    size_t where = 0;
    if (!all_finite(expected, &where)) {
        fputs("the expected sound holds NaN or an infinity: tell your instructor", out);
        return false;
    }
    if (!all_finite(observed, &where)) {
        *worst = expected->count ? (int64_t)(where < expected->count ? where : expected->count - 1) : -1;
        write_place(out, observed, where);
        fputs(" is ", out);
        oto_write_element(out, observed, where, 4);
        return false;
    }
    if (expected->count == 0) {
        fputs("no samples, as expected", out);
        return true;
    }
    if (energy_of(expected) == 0) return compare_silence(out, expected, observed, worst);
    if (energy_of(observed) == 0) {
        fputs("expected sound, got silence", out);
        return false;
    }
    int64_t delay = slack > 0 ? best_delay(expected, observed, slack) : 0;
    struct fit fit = fit_at(expected, observed, delay, expected->any_gain);
    *worst = (int64_t)fit.worst;
    if (fit.missing || fit.got == 0) {
        fputs("less than half of the expected sound's energy is there at the delay that fits best", out);
        return false;
    }
    if (fit.snr_db >= expected->snr_db) {
        if (isinf(fit.snr_db))
            fputs("the same, sample for sample", out);
        else
            fprintf(out, "signal-to-noise ratio %.1f dB", fit.snr_db);
        return true;
    }
    fprintf(out, "the signal-to-noise ratio is %.1f dB, %g dB needed; worst at ", fit.snr_db, expected->snr_db);
    write_place(out, expected, fit.worst);
    if (fit.delay == 0 && fit.gain == 1 && samples_of(expected) == samples_of(observed)) {
        fputs(": ", out);
        oto_write_pair(out, expected, observed, fit.worst);
    }
    diagnose(out, expected, observed);
    return false;
}
