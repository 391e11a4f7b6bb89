/* Chroma and tuning: agreement with librosa 0.11 (tests/golden/make_tonal.py), and what must hold whatever it says. */
#include "tonal_signals.h"

#include "lib/dsp/chroma.h"
#include "lib/dsp/constant_q.h"
#include "lib/dsp/decibel.h"
#include "lib/dsp/magnitude.h"
#include "lib/music/sound.h"
#include "lib/tensor/parallel.h"

static void agrees(const char *function, const char *name, OtoTensor *x) {
    assert_agrees("chroma", function, name, x, 2e-5);
}

static void filters_agree_with_librosa(void **state) {
    agrees("oto_chroma_filters", "defaults", oto_chroma_filters(22050, 512));
    agrees("oto_chroma_filters", "quarter tones from A",
           oto_chroma_filters(16000, 400, .n_chroma = 24, .tuning = 0.3, .octwidth = 0, .norm = 1, .base_c = false));
}

static void chroma_of_spectra_agrees_with_librosa(void **state) {
    OtoTensor *y = melody();
    agrees("oto_chroma_stft", "defaults", oto_chroma_stft(y));
    agrees("oto_chroma_stft", "long frames, quarter tones",
           oto_chroma_stft(y, .tuning = 0.2, .norm = 2, .n_fft = 4096, .hop_length = 1000, .n_chroma = 24));
    agrees("oto_chroma_stft", "of magnitudes",
           oto_chroma_stft(oto_magnitude(oto_stft(white_noise())), .tuning = 0, .norm = 0));
    agrees("oto_chroma_stft", "silence", oto_chroma_stft(silence()));
    agrees("oto_chroma_stft", "stereo", oto_chroma_stft(stereo(), .tuning = 0));
}

static void chroma_of_cqt_agrees_with_librosa(void **state) {
    OtoTensor *y = melody();
    agrees("oto_chroma_cqt", "defaults", oto_chroma_cqt(y));
    agrees("oto_chroma_cqt", "from A1, threshold",
           oto_chroma_cqt(y, .bins_per_octave = 12, .fmin = 55, .n_octaves = 6, .norm = 1, .threshold = 0.5));
    agrees("oto_chroma_cqt", "silence", oto_chroma_cqt(silence()));
}

static void cens_agree_with_librosa(void **state) {
    OtoTensor *y = melody();
    agrees("oto_chroma_cens", "defaults", oto_chroma_cens(y));
    agrees("oto_chroma_cens", "short window", oto_chroma_cens(y, .win_len_smooth = 10, .tuning = 0, .n_octaves = 5));
    agrees("oto_chroma_cens", "not smoothed", oto_chroma_cens(y, .win_len_smooth = 0, .norm = 1));
}

static void peaks_agree_with_librosa(void **state) {
    OtoPeaks peaks = oto_piptrack(melody());
    agrees("oto_piptrack", "pitches", peaks.pitches);
    agrees("oto_piptrack", "magnitudes", peaks.magnitudes);
    OtoTensor *S = oto_magnitude(oto_stft(white_noise(), .n_fft = 512));
    agrees("oto_piptrack", "up to the top", oto_piptrack(S, .fmin = 0, .fmax = 20000, .threshold = 0.02).pitches);
}

static void tunings_agree_with_librosa(void **state) {
    double tuning = oto_estimate_tuning(melody());
    assert_agrees_number("chroma", "oto_estimate_tuning", "melody", tuning, 1e-9);
    tuning = oto_estimate_tuning(chirp(), .bins_per_octave = 36);
    assert_agrees_number("chroma", "oto_estimate_tuning", "chirp, 36 bins", tuning, 1e-9);
    assert_agrees_number("chroma", "oto_estimate_tuning", "silence", oto_estimate_tuning(silence()), 0);
    tuning = oto_pitch_tuning(oto_tensor(445, 890, 0, -3, 441), .resolution = 0.02);
    assert_agrees_number("chroma", "oto_pitch_tuning", "three tones", tuning, 1e-9);
}

static void chroma_of_a_cqt_is_that_of_its_sound(void **state) {
    OtoTensor *y = melody(), *C = oto_cqt(y, .n_bins = 252, .bins_per_octave = 36);
    OtoTensor *of_cqt = oto_chroma_cqt(C), *of_sound = oto_chroma_cqt(y, .tuning = 0);
    assert_memory_equal(of_cqt->data, of_sound->data, (size_t)of_cqt->size * sizeof(float));
}

static void a_note_is_its_class(void **state) {
    OtoTensor *g = oto_sine(392, 1);
    assert_int_equal(oto_argmax(oto_mean_over(oto_chroma_stft(g), "time")), 7);
    assert_int_equal(oto_argmax(oto_mean_over(oto_chroma_cqt(g), "time")), 7);
    assert_int_equal(oto_argmax(oto_mean_over(oto_chroma_cens(g), "time")), 7);
    assert_string_equal(oto_shape_quoted(oto_chroma_stft(g)), "(pitch 12, time 44)");
}

static void a_sharp_recording_is_sharp(void **state) {
    OtoTensor *sharp = oto_sine(440 * pow(2, 0.3 / 12), 1);
    assert_float_equal(oto_estimate_tuning(sharp), 0.3, 0.0151);
}

static void threads_change_nothing(void **state) {
    OtoTensor *y = melody(), *results[3];
    for (int i = 0; i < 3; i++) {
        oto_set_threads(i + 1);
        results[i] = oto_chroma_stft(y);
    }
    oto_set_threads(0);
    for (int i = 1; i < 3; i++)
        assert_memory_equal(results[0]->data, results[i]->data, (size_t)results[0]->size * sizeof(float));
}

static void misuse_is_refused(void **state) {
    OtoTensor *y = melody(), *S = oto_stft(y);
    assert_refused(oto_chroma_stft(with_nan(), .tuning = 0), "element 77 of x is NaN");
    assert_refused(oto_chroma_stft(y, .n_chroma = 0), "n_chroma is 0");
    assert_refused(oto_chroma_stft(y, .n_fft = 0), "n_fft is 0");
    assert_refused(oto_chroma_stft(y, .norm = -2), "norm is -2");
    assert_refused(oto_chroma_stft(oto_db(S)), "x holds dB");
    assert_refused(oto_chroma_cqt(y, .bins_per_octave = 13), "bins_per_octave is 13, but must be a multiple");
    assert_refused(oto_chroma_cqt(y, .n_octaves = 0), "n_octaves is 0");
    assert_refused(oto_chroma_cens(y, .win_len_smooth = -1), "win_len_smooth is -1");
    assert_refused(oto_chroma_filters(22050, 2048, .ctroct = NAN), "ctroct is nan");
    assert_refused(oto_chroma_filters(22050, 0), "n_fft is 0");
    assert_refused(oto_piptrack(y, .fmin = 500, .fmax = 100), "fmin is 500 Hz");
    assert_refused(oto_piptrack(oto_db(S)), "x is in dB");
    assert_refused(oto_piptrack(oto_cqt(y)), "no spectrogram with evenly spaced frequencies");
    assert_refused(oto_pitch_tuning(oto_tensor(440), .resolution = 0), "resolution is 0");
    assert_refused(oto_estimate_tuning(y, .bins_per_octave = 0), "bins_per_octave is 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_agree_with_librosa),
        cmocka_unit_test(chroma_of_spectra_agrees_with_librosa),
        cmocka_unit_test(chroma_of_cqt_agrees_with_librosa),
        cmocka_unit_test(cens_agree_with_librosa),
        cmocka_unit_test(peaks_agree_with_librosa),
        cmocka_unit_test(tunings_agree_with_librosa),
        cmocka_unit_test(chroma_of_a_cqt_is_that_of_its_sound),
        cmocka_unit_test(a_note_is_its_class),
        cmocka_unit_test(a_sharp_recording_is_sharp),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
