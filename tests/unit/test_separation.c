/* Harmonic and percussive parts, masks, factorisation: agreement with librosa 0.11 and scikit-learn
 * (tests/golden/make_tonal.py), and what must hold whatever they say. */
#include "interrupt.h"
#include "tonal_signals.h"

#include "lib/dsp/decibel.h"
#include "lib/dsp/hpss.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/masks.h"
#include "lib/dsp/nmf.h"
#include "lib/dsp/stft.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/random.h"

static OtoTensor *part(void) {
    return golden_signal("melody", SAMPLE_RATE, 0.6);
}
static OtoTensor *spectra(void) {
    return oto_stft(part(), .n_fft = 512);
}
static OtoTensor *magnitudes(void) {
    return oto_magnitude(spectra());
}
static OtoTensor *magnitudes_of_noise(void) {
    OtoTensor *noise = oto_as_audio(oto_slice(white_noise(), "time", 0, 6000), SAMPLE_RATE);
    return oto_magnitude(oto_stft(noise, .n_fft = 512));
}
static OtoTensor *first(OtoTensor *x, int frames) {
    return oto_slice(x, "time", 0, frames);
}
/* What is at most `least` is 0. */
static OtoTensor *louder_than(OtoTensor *x, float least) {
    OtoTensor *y = oto_copy(x);
    for (int64_t i = 0; i < y->size; i++)
        if (!(oto_data(y)[i] > least)) oto_data(y)[i] = 0;
    return y;
}
/* What factorisations start from, as make_tonal.py has it. */
static OtoTensor *start(int rows, int cols) {
    OtoTensor *x = oto_zeros(rows, cols);
    for (int64_t i = 0; i < x->size; i++) oto_data(x)[i] = (float)((double)(i * 37 % 101) / 50 + 0.02);
    return x;
}
static void agrees(const char *function, const char *name, OtoTensor *x, double tolerance) {
    assert_agrees("separation", function, name, x, tolerance);
}
static void assert_same(OtoTensor *x, OtoTensor *y) {
    assert_int_equal(x->size, y->size);
    assert_memory_equal(x->data, y->data, (size_t)x->size * (x->type == OTO_FLOAT32 ? 4 : 8));
}
static double largest_difference(OtoTensor *x, OtoTensor *y) {
    return oto_maximum(oto_magnitude(oto_sub(x, y)));
}

static void softmask_agrees_with_librosa(void **state) {
    OtoTensor *x = first(magnitudes(), 20), *y = first(magnitudes_of_noise(), 20);
    OtoTensor *loud_x = louder_than(x, 0.1f), *loud_y = louder_than(y, 2);
    agrees("oto_softmask", "power 1", oto_softmask(x, y), 1e-5);
    agrees("oto_softmask", "power 2, split zeros", oto_softmask(loud_x, loud_y, .power = 2, .split_zeros = true), 1e-5);
    agrees("oto_softmask", "power 0.7", oto_softmask(loud_x, loud_y, .power = 0.7), 1e-5);
    agrees("oto_softmask", "hard", oto_softmask(x, y, .power = INFINITY), 0);
}

static void hpss_agrees_with_librosa(void **state) {
    OtoParts parts = oto_hpss(spectra());
    agrees("oto_hpss", "harmonic", parts.harmonic, 1e-5);
    agrees("oto_hpss", "percussive", parts.percussive, 1e-5);
    parts = oto_hpss(magnitudes(), .kernel_size = {17, 8}, .margin = {1, 3.5}, .power = 1.3, .mask = true);
    agrees("oto_hpss", "masks: harmonic", parts.harmonic, 1e-4);
    agrees("oto_hpss", "masks: percussive", parts.percussive, 1e-4);
    OtoTensor *two =
        oto_stack(magnitudes(), oto_magnitude(oto_stft(golden_signal("beats", SAMPLE_RATE, 0.6), .n_fft = 512)));
    agrees("oto_hpss", "two channels", oto_hpss(two).percussive, 1e-5);
    agrees("oto_hpss", "kernel longer than all", oto_hpss(first(magnitudes(), 5), .kernel_size = {300}).harmonic, 1e-5);
    agrees("oto_hpss", "sound", oto_hpss(part()).harmonic, 1e-5);
}

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wmissing-braces"
static void a_kernel_and_a_margin_given_once_are_meant_for_both_parts(void **state) {
    OtoParts once = oto_hpss(magnitudes(), .kernel_size = 7, .margin = 2),
             both = oto_hpss(magnitudes(), .kernel_size = {7, 7}, .margin = {2, 2});
    assert_memory_equal(once.harmonic->data, both.harmonic->data, (size_t)both.harmonic->size * sizeof(float));
    assert_memory_equal(once.percussive->data, both.percussive->data, (size_t)both.percussive->size * sizeof(float));
}
#pragma clang diagnostic pop

static void nmf_agrees_with_scikit_learn(void **state) {
    OtoTensor *M = magnitudes();
    int bins = (int)M->rows, frames = (int)M->cols;
    OtoFactors f = oto_nmf(M, 5, .components = start(bins, 5), .activations = start(5, frames), .max_iter = 40);
    agrees("oto_nmf", "Euclidean components", f.components, 1e-4);
    agrees("oto_nmf", "Euclidean activations", f.activations, 1e-4);
    f = oto_nmf(M, 18, .components = start(bins, 18), .activations = start(18, frames), .max_iter = 30, .tol = 0,
                .beta_loss = OTO_KULLBACK_LEIBLER);
    agrees("oto_nmf", "Kullback-Leibler components", f.components, 1e-4);
    agrees("oto_nmf", "Kullback-Leibler activations", f.activations, 1e-4);
    f = oto_nmf(M, 5, .components = start(bins, 5), .fit = false);
    agrees("oto_nmf", "fixed components", f.activations, 1e-4);
    assert_same(f.components, start(bins, 5));
}

static void parts_add_up_to_the_whole(void **state) {
    OtoTensor *S = spectra();
    OtoParts parts = oto_hpss(S);
    assert_true(largest_difference(oto_add(parts.harmonic, parts.percussive), S) < 1e-4);
    OtoTensor *y = stereo();
    OtoParts sounds = oto_hpss(y);
    assert_true(largest_difference(oto_add(sounds.harmonic, sounds.percussive), y) < 1e-5);
    assert_string_equal(sounds.harmonic->axes[0].name, "channels");
}

static void clicks_are_percussive_and_tones_harmonic(void **state) {
    OtoTensor *click = oto_zeros(SAMPLE_RATE);
    oto_at(click, 11000) = 1;
    OtoParts parts = oto_hpss(oto_as_audio(click, SAMPLE_RATE));
    assert_true(oto_sum(oto_power(parts.percussive)) > 100 * oto_sum(oto_power(parts.harmonic)));
    OtoTensor *tone = oto_zeros(SAMPLE_RATE);
    for (int n = 0; n < SAMPLE_RATE; n++) oto_at(tone, n) = (float)sin(2 * M_PI * 440 * n / SAMPLE_RATE);
    parts = oto_hpss(oto_as_audio(tone, SAMPLE_RATE));
    assert_true(oto_sum(oto_power(parts.harmonic)) > 100 * oto_sum(oto_power(parts.percussive)));
}

static void silence_is_shared_out(void **state) {
    OtoParts masks = oto_hpss(silence(), .mask = true);
    assert_float_equal(oto_minimum(masks.harmonic), 0.5, 0);
    assert_float_equal(oto_maximum(masks.percussive), 0.5, 0);
    assert_float_equal(oto_maximum(oto_hpss(silence(), .mask = true, .margin = {2}).harmonic), 0, 0);
}

static void wiener_filters_share_out_the_mixture(void **state) {
    OtoTensor *S = first(spectra(), 20), *a = first(magnitudes(), 20), *b = first(magnitudes_of_noise(), 20);
    OtoTensor *sources = oto_wiener(S, oto_stack(a, b));
    assert_string_equal(oto_shape_quoted(sources), "(source 2, frequency 257, time 20)");
    assert_true(largest_difference(oto_add(oto_row(sources, 0), oto_row(sources, 1)), S) < 1e-4);
    OtoTensor *masked = oto_mul(oto_softmask(a, b, .power = 2), S);
    assert_true(largest_difference(oto_row(sources, 0), masked) < 1e-4);
    OtoTensor *nothing = oto_wiener(S, oto_zeros(2, 257, 20));
    assert_true(largest_difference(oto_row(nothing, 1), oto_mul(S, 0.5)) < 1e-6);
}

static void nmf_finds_what_a_spectrogram_is_made_of(void **state) {
    OtoTensor *M = oto_zeros(40, 30); /* two spectra, in turn */
    for (int t = 0; t < 30; t++)
        for (int k = 0; k < 5; k++) oto_at(M, (t / 5 % 2 ? 25 : 5) + k, t) = (float)(k + 1);
    oto_seed(1);
    OtoFactors f = oto_nmf(M, 2, .sort = true, .tol = 0, .max_iter = 300);
    assert_true(f.error < 1e-2);
    assert_int_equal(f.iterations, 300);
    assert_true(oto_at(f.components, 9, 0) > 0.1f && oto_at(f.components, 29, 0) < 1e-3f);
    assert_true(oto_at(f.activations, 0, 0) > 0.1f && oto_at(f.activations, 0, 7) < 1e-3f);
}

static void nmf_of_nothing_is_nothing(void **state) {
    OtoFactors f = oto_nmf(oto_zeros(7, 1), 3);
    assert_float_equal(f.error, 0, 0);
    assert_int_equal(oto_count_nan(f.components) + oto_count_nan(f.activations), 0);
}

static void threads_change_nothing(void **state) {
    OtoTensor *S = spectra(), *M = magnitudes();
    OtoParts parts[3];
    OtoFactors euclidean[3], divergent[3];
    for (int i = 0; i < 3; i++) {
        oto_set_threads(i + 1);
        parts[i] = oto_hpss(S);
        oto_seed(3);
        euclidean[i] = oto_nmf(M, 7, .max_iter = 20);
        divergent[i] = oto_nmf(M, 7, .max_iter = 20, .beta_loss = OTO_KULLBACK_LEIBLER);
    }
    oto_set_threads(0);
    for (int i = 1; i < 3; i++) {
        assert_same(parts[0].harmonic, parts[i].harmonic);
        assert_same(parts[0].percussive, parts[i].percussive);
        assert_same(euclidean[0].components, euclidean[i].components);
        assert_same(divergent[0].activations, divergent[i].activations);
    }
}

static void an_interrupt_ends_it(void **state) {
    interrupt_after(100);
    OtoFactors f = oto_nmf(magnitudes(), 4, .max_iter = 1000000000, .tol = 0);
    interrupt_never();
    assert_true(f.iterations < 1000);
}

static void misuse_is_refused(void **state) {
    OtoTensor *M = magnitudes(), *S = spectra();
    assert_refused(oto_softmask(M, first(M, 3)), "they need one shape");
    assert_refused(oto_softmask(oto_sub(M, 1), M), "X has negative numbers");
    assert_refused(oto_softmask(M, M, .power = 0), "power is 0");
    assert_refused(oto_wiener(S, M), "V needs one axis of sources before those of S");
    assert_refused(oto_hpss(M, .margin = {0.5}), "margin is 0.5, but must be at least 1");
    assert_refused(oto_hpss(M, .kernel_size = {0}), "kernel_size is 0");
    assert_refused(oto_hpss(M, .power = -1), "power is -1");
    assert_refused(oto_hpss(oto_db(M)), "x is in dB");
    assert_refused(oto_hpss(with_nan()), "element 77 of x is NaN");
    assert_refused(oto_hpss(oto_zeros(100)), "must be a sound or a spectrogram");
    assert_refused(oto_hpss(oto_zeros(10, 0)), "must be a sound or a spectrogram");
    assert_refused(oto_nmf(oto_sub(M, 1), 3), "S has negative numbers");
    assert_refused(oto_nmf(M, 0), "n_components is 0");
    assert_refused(oto_nmf(M, 3, .max_iter = 0), "max_iter is 0");
    assert_refused(oto_nmf(M, 3, .fit = false), "there are no .components to keep");
    assert_refused(oto_nmf(M, 3, .components = oto_zeros(3, 3)), "components is (3, 3), but must be (257, 3)");
    assert_refused(oto_nmf(S, 3), "S is complex64");
    assert_refused(oto_nmf(part(), 3), "must be a matrix");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmask_agrees_with_librosa),
        cmocka_unit_test(hpss_agrees_with_librosa),
        cmocka_unit_test(a_kernel_and_a_margin_given_once_are_meant_for_both_parts),
        cmocka_unit_test(nmf_agrees_with_scikit_learn),
        cmocka_unit_test(parts_add_up_to_the_whole),
        cmocka_unit_test(clicks_are_percussive_and_tones_harmonic),
        cmocka_unit_test(silence_is_shared_out),
        cmocka_unit_test(wiener_filters_share_out_the_mixture),
        cmocka_unit_test(nmf_finds_what_a_spectrogram_is_made_of),
        cmocka_unit_test(nmf_of_nothing_is_nothing),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(an_interrupt_ends_it),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
