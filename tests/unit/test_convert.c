/* Conversions and weightings: agreement with librosa 0.11.0 (tests/golden/make_convert.py), and what must be refused.
 */
#include "golden.h"
#include "refusal.h"

#include "lib/dsp/convert.h"
#include "lib/dsp/decibel.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/spectrogram.h"
#include "lib/dsp/weighting.h"

static OtoTensor *hz, *mels, *octs, *frames, *samples, *times, *blocks, *S;

static int make_inputs(void **state) {
    hz = oto_tensor(20, 100, 440, 999, 1000, 1001, 5000, 11025);
    mels = oto_tensor(0, 5.5, 14.9, 15, 15.1, 40);
    octs = oto_tensor(0, 1.5, 4, 6.25);
    frames = oto_from(((int[]){0, 1, 7, 100, 12345}), 5);
    samples = oto_from(((int[]){0, 511, 512, 1024, 100000}), 5);
    times = oto_tensor(0, 0.01, 0.5, 3.25, 100.125);
    blocks = oto_from(((int[]){0, 1, 17}), 3);
    S = oto_spectrogram(golden_signal("melody", 22050, 0.2), .n_fft = 512, .power = 2);
    return 0;
}

#define ASSERT_AGREES(name, case, x, tolerance) assert_agrees("convert", name, case, x, tolerance)

static void mel_scales_agree_with_librosa(void **state) {
    ASSERT_AGREES("oto_hz_to_mel", "Slaney", oto_hz_to_mel(hz), 1e-6);
    ASSERT_AGREES("oto_hz_to_mel", "HTK", oto_hz_to_mel(hz, .htk = true), 1e-6);
    assert_agrees_number("convert", "oto_hz_to_mel", "440", oto_hz_to_mel(440), 1e-7);
    ASSERT_AGREES("oto_mel_to_hz", "Slaney", oto_mel_to_hz(mels), 1e-6);
    ASSERT_AGREES("oto_mel_to_hz", "HTK", oto_mel_to_hz(mels, .htk = true), 1e-6);
    ASSERT_AGREES("oto_mel_frequencies", "12 bands", oto_mel_frequencies(12, 100, 8000), 1e-6);
    ASSERT_AGREES("oto_mel_frequencies", "HTK", oto_mel_frequencies(12, 0, 11025, .htk = true), 1e-6);
}

static void octaves_and_tunings_agree_with_librosa(void **state) {
    ASSERT_AGREES("oto_hz_to_octs", "defaults", oto_hz_to_octs(hz), 1e-6);
    ASSERT_AGREES("oto_hz_to_octs", "tuning -0.5, 24 bins", oto_hz_to_octs(hz, .tuning = -0.5, .bins_per_octave = 24),
                  1e-6);
    ASSERT_AGREES("oto_octs_to_hz", "defaults", oto_octs_to_hz(octs), 1e-6);
    ASSERT_AGREES("oto_octs_to_hz", "tuning 0.2", oto_octs_to_hz(octs, .tuning = 0.2), 1e-6);
    assert_agrees_number("convert", "oto_a4_to_tuning", "445", oto_a4_to_tuning(445, 12), 1e-6);
    assert_agrees_number("convert", "oto_tuning_to_a4", "-0.3", oto_tuning_to_a4(-0.3, 12), 1e-6);
}

static void lists_of_frequencies_agree_with_librosa(void **state) {
    ASSERT_AGREES("oto_fft_frequencies", "512", oto_fft_frequencies(22050, 51), 1e-6);
    ASSERT_AGREES("oto_tempo_frequencies", "20 lags", oto_tempo_frequencies(20, 11025, 256), 1e-6);
    ASSERT_AGREES("oto_fourier_tempo_frequencies", "32", oto_fourier_tempo_frequencies(22050, 32, 512), 1e-6);
}

static void places_agree_with_librosa(void **state) {
    ASSERT_AGREES("oto_frames_to_samples", "defaults", oto_frames_to_samples(frames), 0);
    ASSERT_AGREES("oto_frames_to_samples", "n_fft, hop 100",
                  oto_frames_to_samples(frames, .hop_length = 100, .n_fft = 2048), 0);
    ASSERT_AGREES("oto_samples_to_frames", "defaults", oto_samples_to_frames(samples), 0);
    ASSERT_AGREES("oto_samples_to_frames", "n_fft", oto_samples_to_frames(samples, .hop_length = 100, .n_fft = 2048),
                  0);
    ASSERT_AGREES("oto_frames_to_time", "defaults", oto_frames_to_time(frames), 1e-6);
    ASSERT_AGREES("oto_frames_to_time", "44100",
                  oto_frames_to_time(frames, .sample_rate = 44100, .hop_length = 256, .n_fft = 1024), 1e-6);
    assert_agrees_number("convert", "oto_frames_to_time", "one", oto_frames_to_time(43), 1e-7);
    ASSERT_AGREES("oto_time_to_frames", "defaults", oto_time_to_frames(times), 0);
    ASSERT_AGREES("oto_time_to_frames", "44100",
                  oto_time_to_frames(times, .sample_rate = 44100, .hop_length = 256, .n_fft = 1024), 0);
    ASSERT_AGREES("oto_samples_to_time", "8000", oto_samples_to_time(samples, .sample_rate = 8000), 1e-6);
    ASSERT_AGREES("oto_time_to_samples", "8000", oto_time_to_samples(times, .sample_rate = 8000), 0);
    ASSERT_AGREES("oto_blocks_to_frames", "16", oto_blocks_to_frames(blocks, .block_length = 16), 0);
    ASSERT_AGREES("oto_blocks_to_samples", "16 of 512", oto_blocks_to_samples(blocks, .block_length = 16), 0);
    ASSERT_AGREES("oto_blocks_to_time", "16 of 512", oto_blocks_to_time(blocks, .block_length = 16), 1e-6);
}

static void frames_go_there_and_back(void **state) {
    OtoTensor *back = oto_time_to_frames(oto_frames_to_time(frames));
    for (int i = 0; i < 5; i++) assert_int_equal(oto_int_at(back, i), oto_int_at(frames, i));
}

static void a_tensor_remembers_its_hop(void **state) {
    ASSERT_AGREES("oto_samples_like", "a spectrogram", oto_samples_like(S), 0);
    ASSERT_AGREES("oto_times_like", "a spectrogram", oto_times_like(S, .n_fft = 512), 1e-6);
}

static void weightings_agree_with_librosa(void **state) {
    const char *kinds[] = {"A", "B", "C", "D", "Z"};
    for (int i = 0; i < 5; i++)
        ASSERT_AGREES("oto_frequency_weighting", kinds[i], oto_frequency_weighting(hz, .kind = kinds[i][0]), 1e-6);
    ASSERT_AGREES("oto_frequency_weighting", "no floor", oto_frequency_weighting(hz, .min_db = -INFINITY), 1e-6);
    assert_agrees_number("convert", "oto_frequency_weighting", "440 Hz", oto_frequency_weighting(440), 1e-6);
}

/* Every 16th frequency from the second on; the first lies at 0 Hz. */
static OtoTensor *some_rows(OtoTensor *x) {
    OtoTensor *rows = oto_zeros(16, x->cols);
    for (int row = 0; row < 16; row++)
        for (int64_t t = 0; t < x->cols; t++) oto_at(rows, row, t) = oto_at(x, 1 + 16 * row, t);
    return rows;
}

static void perceptual_weighting_agrees_with_librosa(void **state) {
    ASSERT_AGREES("oto_perceptual_weighting", "A", some_rows(oto_perceptual_weighting(S)), 1e-4);
    ASSERT_AGREES("oto_perceptual_weighting", "C, max",
                  some_rows(oto_perceptual_weighting(S, .kind = 'C', .ref = OTO_MAX)), 1e-4);
}

static void misuse_is_refused(void **state) {
    assert_refused(oto_frames_to_time(1, .hop_length = -1), "hop_length is -1");
    assert_refused(oto_frames_to_time(1, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_time_to_samples(times, .sample_rate = -8000), "sample_rate is -8000");
    assert_refused(oto_blocks_to_frames(blocks), "block_length is 0");
    assert_refused(oto_hz_to_mel(oto_stft(golden_signal("noise", 8000, 0.1), .n_fft = 256)), "complex64");
    assert_refused(oto_hz_to_octs(hz, .bins_per_octave = 0), "bins_per_octave is 0");
    assert_refused(oto_fft_frequencies(22050, 0), "n_fft is 0");
    assert_refused(oto_mel_frequencies(0, 0, 8000), "n_mels is 0");
    assert_refused(oto_mel_frequencies(4, 500, 100), "fmax is 100");
    assert_refused(oto_frequency_weighting(hz, .kind = 'X'), "kind is 'X'");
    assert_refused(oto_perceptual_weighting(oto_magnitude(oto_stft(golden_signal("noise", 8000, 0.1)))), "amplitude");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mel_scales_agree_with_librosa),
        cmocka_unit_test(octaves_and_tunings_agree_with_librosa),
        cmocka_unit_test(lists_of_frequencies_agree_with_librosa),
        cmocka_unit_test(places_agree_with_librosa),
        cmocka_unit_test(frames_go_there_and_back),
        cmocka_unit_test(a_tensor_remembers_its_hop),
        cmocka_unit_test(weightings_agree_with_librosa),
        cmocka_unit_test(perceptual_weighting_agrees_with_librosa),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, make_inputs, NULL);
}
