/* Transforms, filters and oscillators that gradients flow through: agreement with PyTorch, refusals, and a bank of
 * oscillators that learns. */
#include "golden.h"
#include "gradients.h"
#include "lib/oto.h"
#include "refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char topic[] = "nn_spectral";
#define agrees(function, name, y, ...)                                                                                 \
    assert_gradients_agree(topic, 1e-5, function, name, true, y, OTO_TENSORS(__VA_ARGS__))
#define agrees_once(function, name, y, ...)                                                                            \
    assert_gradients_agree(topic, 1e-5, function, name, false, y, OTO_TENSORS(__VA_ARGS__))
#define made_of(seed, ...) oto_parameter(golden_numbers_of(seed, __VA_ARGS__))

static OtoTensor *sound(OtoTensor *x) {
    return oto_as_audio(x, 8000);
}
#define short_stft(x, ...) oto_stft(sound(x), .n_fft = 64, .hop_length = 16 __VA_OPT__(, ) __VA_ARGS__)

static void spectra_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 160);
    agrees("oto_stft", "power", oto_power(short_stft(x)), x);
    agrees("oto_stft", "magnitude with eps", oto_sqrt(oto_add(oto_power(short_stft(x)), 0.1)), x);
    agrees("oto_stft", "reflect", oto_power(short_stft(x, .pad_mode = OTO_PAD_REFLECT)), x);
    agrees("oto_stft", "not centred", oto_power(short_stft(x, .center = false)), x);
    OtoTensor *odd = oto_stft(sound(x), .n_fft = 45, .hop_length = 17, .win_length = 31);
    agrees("oto_stft", "short window, odd", oto_power(odd), x);
    agrees("oto_magnitude", "of stft", oto_magnitude(short_stft(x)), x);
    agrees("oto_phase", "of stft", oto_sin(oto_phase(short_stft(x))), x);
}

static void complex_numbers_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 160), *S = short_stft(x);
    OtoTensor *y = oto_add(oto_real(oto_mul(S, S)), oto_imag(oto_div(S, oto_add(oto_magnitude(S), 2))));
    agrees("oto_mul", "complex", oto_add(y, oto_real(oto_div(oto_conj(S), oto_add(S, 20)))), x);
}

static void transforms_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 160), *parts = made_of(18, 2, 3, 10);
    OtoTensor *z = oto_complex(oto_row(parts, 0), oto_row(parts, 1));
    agrees("oto_fft", "of reals, cut", oto_power(oto_fft(x, .n = 100)), x);
    agrees("oto_fft", "axis 0, longer", oto_power(oto_add(oto_fft(z, .n = 5, .axis = 0), 1)), parts);
    agrees("oto_ifft", "of 10", oto_power(oto_add(oto_ifft(z), 1)), parts);
    agrees("oto_rfft", "of 161", oto_power(oto_rfft(x, .n = 161)), x);
    agrees("oto_irfft", "even", oto_squared(oto_irfft(z)), parts);
    agrees("oto_irfft", "odd", oto_squared(oto_irfft(z, .length = 19)), parts);
    agrees("oto_fft", "of reals, cut", oto_power(oto_dft(oto_slice(x, 0, 0, 100))), x);
}

static OtoTensor *gradient_with(int threads) {
    int before = oto_set_threads(threads);
    OtoTensor *x = oto_parameter(golden_signal("chirp", 8000, 4));
    OtoTensor *gradient = oto_grad(oto_sum_all(oto_magnitude(oto_stft(sound(x), .n_fft = 512))), x);
    oto_set_threads(before);
    return gradient;
}
static void gradients_are_the_same_with_any_number_of_threads(void **state) {
    OtoTensor *one = gradient_with(1), *two = gradient_with(2);
    assert_memory_equal(one->data, two->data, (size_t)one->size * sizeof(float));
}

static void short_sounds_have_gradients(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(0.5));
    for (int mode = OTO_PAD_ZEROS; mode <= OTO_PAD_LINEAR_RAMP; mode++) {
        if (mode == OTO_PAD_WRAP) continue;
        OtoTensor *y = oto_power(oto_stft(sound(x), .n_fft = 8, .pad_mode = (OtoPad)mode));
        OtoTensor *slope = oto_grad(oto_sum_all(y), x); /* of a form of degree 2: twice the value over x */
        assert_float_equal(oto_item(slope), 2 * oto_sum(y) / 0.5, 1e-4 * oto_sum(y));
    }
}

static void the_inverse_agrees_with_torch(void **state) {
    OtoTensor *x = made_of(1, 160), *gains = made_of(12, 33, 1);
    agrees("oto_istft", "of filtered stft", oto_istft(oto_mul(short_stft(x), gains)), x, gains);
}

static void mel_and_decibels_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 160), *mel = oto_mel(sound(x), .n_fft = 64, .hop_length = 16, .n_mels = 8);
    agrees("oto_mel", "power", mel, x);
    agrees("oto_mel", "power", oto_mel(short_stft(x), .n_mels = 8), x);
    agrees("oto_db", "of mel, top_db 6", oto_db(mel, .top_db = 6), x);
    OtoTensor *level = oto_db(mel, .top_db = 0);
    agrees("oto_db", "of mel, no floor", level, x);
    OtoTensor *mfcc = oto_mfcc(sound(x), .n_fft = 64, .hop_length = 16, .n_mels = 8, .n_mfcc = 5);
    agrees("oto_mfcc", "5 of 8 bands", mfcc, x);
    agrees("oto_db_to_power", "of level / 10", oto_db_to_power(oto_mul(level, 0.1)), x);
}

static void what_is_recorded_has_the_same_numbers(void **state) {
    OtoTensor *x = golden_signal("melody", 8000, 0.5), *p = oto_as_audio(oto_parameter(x), 8000);
    assert_float_equal(oto_maximum(oto_abs(oto_sub(oto_detach(oto_mel(p)), oto_mel(x)))), 0, 1e-3);
    assert_float_equal(oto_maximum(oto_abs(oto_sub(oto_detach(oto_db(oto_mel(p))), oto_db(oto_mel(x))))), 0, 1e-3);
    OtoTensor *log = oto_log_spectrogram(x), *recorded = oto_log_spectrogram(p);
    assert_float_equal(oto_maximum(oto_abs(oto_sub(oto_detach(recorded), log))), 0, 1e-3);
    assert_string_equal(oto_shape_quoted(oto_mel(p)), oto_shape_quoted(oto_mel(x)));
    assert_true(recorded->quantity == OTO_DECIBEL && recorded->framing.n_fft == log->framing.n_fft);
}

static void spectral_losses_agree_with_torch(void **state) {
    OtoTensor *x = golden_numbers_of(23, 2, 160), *y = made_of(24, 2, 160);
    agrees("oto_spectral_loss", "sizes 64", oto_spectral_loss(x, y, .n_ffts = {64}), y);
    agrees("oto_spectral_loss", "sizes 128 64 32", oto_spectral_loss(x, y, .n_ffts = {128, 64, 32}), y);
}

static void convolutions_agree_with_torch(void **state) {
    OtoTensor *h = made_of(5, 7), *rows = made_of(6, 2, 20), *each = made_of(7, 2, 5);
    agrees("oto_convolve", "full, shared", oto_convolve(rows, h), rows, h);
    agrees("oto_convolve", "same, each its own", oto_convolve(rows, each, .mode = OTO_SAME), rows, each);
    agrees("oto_convolve", "valid", oto_convolve(rows, h, .mode = OTO_VALID), rows, h);
    agrees("oto_correlate", "full", oto_correlate(rows, h), rows, h);
}

static void recursive_filters_agree_with_torch(void **state) {
    OtoTensor *rows = made_of(6, 2, 20), *b = made_of(8, 3), *a = made_of(10, 3);
    OtoTensor *poles = oto_concatenate(oto_tensor(2), oto_mul(oto_slice(a, 0, 1, 3), 0.5));
    agrees("oto_lfilter", "two poles", oto_lfilter(b, poles, oto_row(rows, 0)), rows, b, a);
}

static OtoTensor *low_passed(OtoTensor *x) {
    return oto_sosfilt(oto_butter(4, 1000, .fs = 8000), x);
}
static void sections_go_back_to_the_sound(void **state) {
    OtoTensor *x = golden_numbers_of(1, 2, 20);
    assert_true(oto_gradcheck(low_passed, x).passed);
    OtoTensor *b = oto_parameter(oto_tensor(1)), *a = oto_tensor(1, -0.5);
    assert_refused(oto_lfilter(b, a, x, .state = oto_filter_state()), "a gradient cannot flow through .state");
}

static void frames_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 160), *frames = made_of(11, 4, 10);
    agrees("oto_overlap_add", "hop 4", oto_overlap_add(oto_squared(frames), 4), frames);
    agrees("oto_frame", "10, hop 7", oto_frame(sound(oto_squared(x)), 10, 7), x);
}

static void filters_by_their_gains_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 160), *gains = made_of(12, 4, 17);
    agrees("oto_impulse_response", "all taps", oto_impulse_response(oto_squared(gains)), gains);
    agrees("oto_frequency_filter", "16 taps", oto_frequency_filter(sound(x), oto_squared(gains), .taps = 16), x, gains);
    assert_refused(oto_impulse_response(oto_zeros(1)), "gains is (1), but must be (..., frequency) with at least 2");
    assert_refused(oto_frequency_filter(sound(x), gains, .taps = 33), "taps is 33, but 17 frequencies give 1 to 32");
}

static void flat_gains_let_everything_through(void **state) {
    OtoTensor *x = sound(golden_numbers_of(1, 160)), *y = oto_frequency_filter(x, oto_ones(7, 17));
    assert_float_equal(oto_maximum(oto_abs(oto_sub(x, y))), 0, 1e-6);
}

static OtoTensor *hertz(OtoTensor *f) {
    return oto_add(oto_mul(f, 400), 500);
}
static void oscillators_agree_with_torch(void **state) {
    OtoTensor *f = made_of(13, 3, 50), *a = made_of(14, 3, 50), *phases = made_of(15, 3);
    OtoTensor *moving = oto_additive(hertz(f), a, .sample_rate = 8000, .phases = phases);
    agrees_once("oto_additive", "moving", moving, f, a, phases);
    f = made_of(16, 3), a = made_of(17, 3);
    agrees_once("oto_additive", "constant", oto_additive(hertz(f), a, .sample_rate = 8000, .seconds = 0.01), f, a);
}

/* The way of DDSP: how loud each harmonic is, is found from a sound by its spectrogram alone. */
static void a_bank_of_oscillators_learns_its_amplitudes(void **state) {
    OtoTensor *frequencies = oto_tensor(220, 440, 660, 880), *wanted = oto_tensor(0.4, 0.05, 0.2, 0.1);
    OtoTensor *phases = oto_tensor(1, 2, 3, 4);
    OtoTensor *target = oto_additive(frequencies, wanted, .sample_rate = 8000, .seconds = 0.25, .phases = phases);
    OtoTensor *amplitudes = oto_parameter(oto_full(0.15, 4));
    double before = 0, after = 0;
    for (int step = 0; step < 200; step++) oto_scope {
            OtoTensor *y = oto_additive(frequencies, amplitudes, .sample_rate = 8000, .seconds = 0.25);
            OtoTensor *loss = oto_spectral_loss(y, target, .n_ffts = {512, 256});
            OtoTensor *slope = oto_grad(loss, amplitudes);
            if (step == 0) before = oto_item(loss);
            after = oto_item(loss);
            for (int k = 0; k < 4; k++) /* a step of fixed size, ever smaller, against the sign of the slope */
                oto_data(amplitudes)[k] -= 0.01f * powf(0.98f, (float)step) * copysignf(1, oto_data(slope)[k]);
        }
    assert_true(after < before / 2); /* at their ends, sounds of other phases stay unlike */
    for (int k = 0; k < 4; k++) assert_float_equal(oto_at(amplitudes, k), oto_at(wanted, k), 0.005);
}

static void losses_of_unlike_sounds_are_refused(void **state) {
    OtoTensor *x = oto_zeros(160);
    assert_refused(oto_spectral_loss(x, oto_zeros(200)), "(160)");
    assert_refused(oto_spectral_loss(oto_as_audio(x, 8000), oto_as_audio(x, 16000)), "8000 samples a second");
    assert_refused(oto_spectral_loss(x, x, .n_ffts = {0}), "n_ffts is empty");
    assert_refused(oto_spectral_loss(x, x, .eps = 0), "eps is 0");
    assert_refused(oto_spectral_loss(oto_zeros(0), oto_zeros(0)), "y is empty");
    assert_float_equal(oto_item(oto_spectral_loss(x, x)), 0, 0);
}

static void parts_are_put_together(void **state) {
    OtoTensor *z = oto_complex(oto_tensor(1, 2), oto_tensor(3, 4));
    assert_float_equal(cimagf(oto_complex_at(oto_conj(z), 1)), -4, 0);
    assert_float_equal(oto_at(oto_imag(z), 0), 3, 0);
    assert_refused(oto_complex(oto_zeros(2), oto_zeros(3)), "real is (2) and imag (3)");
    assert_refused(oto_conj(oto_zeros(2)), "oto_conj: X is float32, but must be complex64");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spectra_agree_with_torch),
        cmocka_unit_test(complex_numbers_agree_with_torch),
        cmocka_unit_test(transforms_agree_with_torch),
        cmocka_unit_test(gradients_are_the_same_with_any_number_of_threads),
        cmocka_unit_test(short_sounds_have_gradients),
        cmocka_unit_test(the_inverse_agrees_with_torch),
        cmocka_unit_test(mel_and_decibels_agree_with_torch),
        cmocka_unit_test(what_is_recorded_has_the_same_numbers),
        cmocka_unit_test(spectral_losses_agree_with_torch),
        cmocka_unit_test(convolutions_agree_with_torch),
        cmocka_unit_test(recursive_filters_agree_with_torch),
        cmocka_unit_test(sections_go_back_to_the_sound),
        cmocka_unit_test(frames_agree_with_torch),
        cmocka_unit_test(filters_by_their_gains_agree_with_torch),
        cmocka_unit_test(flat_gains_let_everything_through),
        cmocka_unit_test(oscillators_agree_with_torch),
        cmocka_unit_test(a_bank_of_oscillators_learns_its_amplitudes),
        cmocka_unit_test(losses_of_unlike_sounds_are_refused),
        cmocka_unit_test(parts_are_put_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
