/* Windows, transforms, spectra: agreement with SciPy and librosa 0.11.0 (tests/golden/make_dsp.py), and what must
 * hold by definition. Tolerances are relative to the largest reference value unless said otherwise. */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "golden.h"
#include "refusal.h"

#include "lib/dsp/convert.h"
#include "lib/dsp/decibel.h"
#include "lib/dsp/fourier.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/mel.h"
#include "lib/dsp/sampling.h"
#include "lib/dsp/spectrogram.h"
#include "lib/dsp/stft.h"
#include "lib/io/audio.h"
#include "lib/music/pitch.h"
#include "lib/music/sound.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementwise.h"
#include "lib/tensor/random.h"

enum { SAMPLE_RATE = 22050, LENGTH = 4000 };

/* A signal with something in every band. */
static OtoTensor *signal_of_golden(void) {
    return golden_signal("melody", SAMPLE_RATE, (double)LENGTH / SAMPLE_RATE);
}

static double largest_difference(OtoTensor *x, OtoTensor *y) {
    assert_int_equal(x->size, y->size);
    return oto_maximum(oto_magnitude(oto_sub(x, y)));
}

/* ---- agreement ---- */

static void windows_agree_with_scipy(void **state) {
    const char *names[] = {[OTO_HANN] = "hann", [OTO_HAMMING] = "hamming", [OTO_BLACKMAN] = "blackman"};
    for (int kind = OTO_HANN; kind <= OTO_BLACKMAN; kind++) {
        char name[40];
        snprintf(name, sizeof name, "%s periodic", names[kind]);
        assert_agrees("dsp", "oto_window", name, oto_window((OtoWindow)kind, 9), 1e-6);
        snprintf(name, sizeof name, "%s symmetric", names[kind]);
        assert_agrees("dsp", "oto_window", name, oto_window((OtoWindow)kind, 8, .symmetric = true), 1e-6);
    }
    assert_float_equal(oto_sum(oto_window(OTO_RECTANGULAR, 5)), 5, 0);
}

static void stft_agrees_with_librosa(void **state) {
    OtoTensor *y = signal_of_golden();
    assert_agrees("dsp", "oto_stft", "n_fft 256", oto_stft(y, .n_fft = 256), 1e-6);
    OtoTensor *odd = oto_stft(y, .n_fft = 256, .hop_length = 100, .win_length = 200);
    assert_agrees("dsp", "oto_stft", "odd hop, short window", odd, 1e-6);
    OtoTensor *left = oto_stft(y, .n_fft = 200, .center = false, .window = OTO_HAMMING);
    assert_agrees("dsp", "oto_stft", "not centred, hamming", left, 1e-6);
    assert_agrees("dsp", "oto_stft", "reflected ends", oto_stft(y, .n_fft = 512, .pad_mode = OTO_PAD_REFLECT), 1e-6);
}

static void istft_agrees_with_librosa(void **state) {
    OtoTensor *S = oto_stft(signal_of_golden(), .n_fft = 256, .hop_length = 128);
    /* librosa cuts the sound to whole hops when no length is given */
    OtoTensor *y = oto_istft(oto_mul(S, 0.5), .length = (S->cols - 1) * 128);
    assert_agrees("dsp", "oto_istft", "half overlap", y, 2e-6);
}

static void decibels_agree_with_librosa(void **state) {
    OtoTensor *S = oto_stft(signal_of_golden(), .n_fft = 256);
    assert_agrees("dsp", "oto_db", "amplitude", oto_db(oto_magnitude(S), .ref = OTO_MAX), 2e-5);
    assert_agrees("dsp", "oto_db", "power, top_db 60", oto_db(oto_power(S), .top_db = 60), 2e-5);
}

static void mel_agrees_with_librosa(void **state) {
    OtoTensor *filters = oto_mel_filters(SAMPLE_RATE, .n_fft = 512, .n_mels = 12);
    assert_agrees("dsp", "oto_mel_filters", "12 bands", filters, 1e-6);
    OtoTensor *band = oto_mel_filters(16000, .n_fft = 256, .n_mels = 6, .fmin = 200, .fmax = 5000);
    assert_agrees("dsp", "oto_mel_filters", "200 to 5000 Hz", band, 1e-6);
    assert_agrees("dsp", "oto_mel", "20 bands", oto_mel(signal_of_golden(), .n_mels = 20, .n_fft = 1024), 1e-5);
    OtoTensor *centres = golden_tensor("dsp", "mel frequencies");
    for (int m = 0; m < 12; m++) assert_float_equal(oto_axis_at(filters, 0, m), oto_at(centres, m + 1), 1e-2);
}

static void resampling_agrees_with_librosa(void **state) {
    OtoTensor *y = signal_of_golden();
    assert_agrees("dsp", "oto_resample", "to 16000 Hz", oto_resample(y, 16000), 1e-4);
    assert_agrees("dsp", "oto_resample", "to 44100 Hz", oto_resample(y, 44100), 1e-4);
}

static void clicks_frames_and_pitches_agree_with_librosa(void **state) {
    OtoTensor *clicks = oto_clicks(oto_tensor(0.01, 0.12), .click_seconds = 0.05);
    assert_agrees("dsp", "oto_clicks", "two", clicks, 1e-3);
    assert_agrees("dsp", "oto_frame", "500 by 300", oto_frame(signal_of_golden(), 500, 300), 1e-6);
    OtoTensor *hz = oto_zeros(6);
    const double midi[] = {0, 21, 60, 69, 69.5, 127};
    for (int i = 0; i < 6; i++) oto_at(hz, i) = (float)oto_midi_to_hz(midi[i]);
    assert_agrees("dsp", "oto_midi_to_hz", "six pitches", hz, 1e-6);
}

/* ---- what must hold by definition ---- */

static void the_fft_is_the_dft(void **state) {
    oto_seed(1);
    const int lengths[] = {1, 2, 3, 7, 8, 60, 97, 256};
    for (int i = 0; i < 8; i++) {
        OtoTensor *x = oto_zeros(lengths[i]);
        for (int n = 0; n < lengths[i]; n++) oto_at(x, n) = (float)oto_normal();
        OtoTensor *X = oto_dft(x);
        assert_true(largest_difference(X, oto_fft(x)) < 1e-4);
        assert_true(largest_difference(oto_slice(X, "frequency", 0, lengths[i] / 2 + 1), oto_rfft(x)) < 1e-4);
        assert_true(largest_difference(oto_ifft(X), oto_mul(x, oto_ifft(oto_fft(oto_div(x, x))))) < 1e-4);
        assert_true(largest_difference(oto_irfft(oto_rfft(x), .length = lengths[i]), x) < 1e-5);
    }
}

static void a_pure_tone_has_one_bin(void **state) {
    OtoTensor *x = oto_sine(1000, 0.1, .sample_rate = 8000), *X = oto_magnitude(oto_rfft(x));
    assert_int_equal(oto_argmax(X), 100);
    assert_float_equal(oto_axis_at(X, 0, 100), 1000, 1e-9);
    assert_float_equal(oto_at(X, 100), 400, 0.01);
    assert_true(oto_at(X, 101) < 0.01);
}

static void the_inverse_stft_gives_the_sound_back(void **state) {
    OtoTensor *y = signal_of_golden();
    assert_true(largest_difference(oto_istft(oto_stft(y)), y) < 2e-6);
    assert_true(largest_difference(oto_istft(oto_stft(y, .n_fft = 511, .hop_length = 100)), y) < 2e-6);
    assert_true(largest_difference(oto_istft(oto_stft(y, .n_fft = 256, .window = OTO_BLACKMAN)), y) < 2e-6);
    OtoTensor *two = oto_pan(y, 0.3);
    OtoTensor *S = oto_stft(two);
    assert_int_equal(S->rank, 3);
    assert_true(largest_difference(oto_istft(S), two) < 2e-6);
    OtoTensor *again = oto_polar(oto_magnitude(S), oto_phase(S));
    assert_true(largest_difference(oto_istft(again), two) < 1e-5);
}

static void spectra_know_where_they_lie(void **state) {
    OtoTensor *S = oto_stft(signal_of_golden(), .n_fft = 1024, .hop_length = 256);
    int frequency = oto_axis_find(S, "frequency"), time = oto_axis_find(S, "time");
    assert_float_equal(oto_axis_at(S, frequency, 512), 11025, 1e-6);
    assert_float_equal(oto_axis_at(S, time, 10), oto_frame_to_time(10, SAMPLE_RATE, 256), 1e-12);
    OtoTensor *mel = oto_db(oto_mel(S, .n_mels = 40));
    assert_string_equal(oto_shape_quoted(mel), "(mel 40, time 16)");
    assert_int_equal(mel->quantity, OTO_DECIBEL);
    assert_string_equal(mel->origin, "mel of power of stft");
    assert_int_equal(oto_hz_to_bin(440, SAMPLE_RATE, 1024), 20);
    assert_int_equal(oto_time_to_frame(0.5, SAMPLE_RATE, 256), 43);
    assert_float_equal(oto_mel_to_hz(oto_hz_to_mel(3210)), 3210, 1e-9);
}

static void log_spectrograms_end_at_0_db(void **state) {
    OtoTensor *L = oto_log_spectrogram(signal_of_golden());
    assert_float_equal(oto_maximum(L), 0, 1e-5);
    assert_float_equal(oto_minimum(L), -80, 1e-4);
}

static void decibels_go_there_and_back(void **state) {
    OtoTensor *power = oto_magnitude(oto_tensor(0.5, 1, 3));
    assert_true(largest_difference(oto_db_to_amplitude(oto_db(power)), power) < 1e-5);
    assert_float_equal(oto_decibels(10), 20, 1e-12);
    assert_float_equal(oto_ratio(-6.0205999), 0.5, 1e-6);
}

static void fewer_bits_cost_six_decibels_each(void **state) {
    OtoTensor *x = oto_sine(997, 1, .amplitude = 0.9);
    for (int bits = 6; bits <= 14; bits += 4) {
        double expected = 6.02 * bits + 1.76 + oto_decibels(0.9);
        assert_float_equal(oto_snr(x, oto_quantise(x, bits)), expected, 0.5);
    }
    OtoTensor *two_bits = oto_quantise(oto_tensor(-2, -0.3, 0.3, 0.9), 2);
    assert_float_equal(oto_at(two_bits, 0), -1, 0);
    assert_float_equal(oto_at(two_bits, 1), -0.5, 0);
    assert_float_equal(oto_at(two_bits, 3), 0.5, 0);
    /* A tone smaller than half a step is lost, but for dither. */
    OtoTensor *faint = oto_mul(x, 0.1 / 128);
    assert_float_equal(oto_peak(oto_quantise(faint, 8)), 0, 0);
    assert_true(oto_peak(oto_quantise(faint, 8, .dither = true)) > 0);
}

static void decimation_folds_what_resampling_removes(void **state) {
    OtoTensor *high = oto_sine(7000, 0.5, .sample_rate = 16000);
    OtoTensor *folded = oto_decimate(high, 2), *clean = oto_resample(high, 8000);
    assert_float_equal(folded->sample_rate, 8000, 0);
    OtoTensor *X = oto_magnitude(oto_rfft(folded));
    assert_float_equal(oto_axis_at(X, 0, oto_argmax(X)), 1000, 2);
    assert_true(oto_rms(clean) < 0.02 && oto_rms(folded) > 0.6);
}

static void misuse_is_refused(void **state) {
    OtoTensor *y = signal_of_golden(), *S = oto_stft(y);
    assert_refused(oto_stft(oto_zeros(100)), "audio is (100), not a sound");
    assert_refused(oto_stft(S), "audio is complex64");
    assert_refused(oto_stft(y, .n_fft = 0), "n_fft is 0");
    assert_refused(oto_stft(y, .n_fft = 64, .win_length = 65), "win_length is 65");
    assert_refused(oto_stft(y, .n_fft = 8192, .center = false), "audio has 4000 samples, fewer than one frame");
    assert_refused(oto_istft(oto_magnitude(S)), "S is float32 without phases");
    assert_refused(oto_istft(oto_transpose(S)), "does not come from oto_stft");
    assert_refused(oto_db(oto_db(S)), "x is in dB already");
    assert_refused(oto_mel(oto_db(S)), "x holds dB");
    assert_refused(oto_mel(y, .fmax = 20000), "fmax is 20000 Hz");
    assert_refused(oto_irfft(oto_rfft(y), .length = 4444), "2001 bins belong to a length of 4000 or 4001, not 4444");
    assert_refused(oto_quantise(y, 0), "bits is 0");
    assert_refused(oto_dft(oto_zeros(0)), "needs at least one element");
}

static void magnitudes_of_a_spectrum_times_magnitudes_are_a_power(void **state) {
    OtoTensor *sound = oto_as_audio(oto_linspace(-1, 1, 4096), 22050), *S = oto_magnitude(oto_stft(sound));
    OtoTensor *power = oto_mul(S, S), *filter = oto_magnitude(oto_rfft(sound));
    assert_int_equal(power->quantity, OTO_POWER);
    assert_int_equal(oto_mul(S, oto_mul(S, 1))->quantity, OTO_POWER);
    assert_int_equal(oto_squared(S)->quantity, OTO_POWER);
    assert_int_equal(oto_sqrt(power)->quantity, OTO_AMPLITUDE);
    assert_int_equal(oto_mul(power, power)->quantity, OTO_PLAIN);
    assert_float_equal(oto_maximum(oto_sub(oto_db(power, .top_db = 0), oto_db(S, .top_db = 0))), 0, 1e-3);
    assert_int_equal(oto_mul(filter, filter)->quantity, OTO_POWER);
    assert_int_equal(oto_mul(filter, oto_mul(filter, 2))->quantity, OTO_AMPLITUDE); /* one scales the other */
    assert_int_equal(oto_mul(oto_stft(sound), oto_stft(sound))->quantity, OTO_SPECTRUM);
    assert_int_equal(oto_mul(sound, sound)->quantity, OTO_AMPLITUDE);
    assert_int_equal(oto_squared(sound)->quantity, OTO_PLAIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_agree_with_scipy),
        cmocka_unit_test(stft_agrees_with_librosa),
        cmocka_unit_test(istft_agrees_with_librosa),
        cmocka_unit_test(decibels_agree_with_librosa),
        cmocka_unit_test(mel_agrees_with_librosa),
        cmocka_unit_test(resampling_agrees_with_librosa),
        cmocka_unit_test(clicks_frames_and_pitches_agree_with_librosa),
        cmocka_unit_test(the_fft_is_the_dft),
        cmocka_unit_test(a_pure_tone_has_one_bin),
        cmocka_unit_test(the_inverse_stft_gives_the_sound_back),
        cmocka_unit_test(spectra_know_where_they_lie),
        cmocka_unit_test(log_spectrograms_end_at_0_db),
        cmocka_unit_test(decibels_go_there_and_back),
        cmocka_unit_test(fewer_bits_cost_six_decibels_each),
        cmocka_unit_test(decimation_folds_what_resampling_removes),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(magnitudes_of_a_spectrum_times_magnitudes_are_a_power),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
