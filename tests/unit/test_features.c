/* Features of frames: agreement with librosa 0.11.0 (tests/golden/make_features.py), and what must be refused. */
#include "golden.h"
#include "refusal.h"

#include "lib/dsp/decibel.h"
#include "lib/dsp/features.h"
#include "lib/dsp/mel.h"
#include "lib/dsp/mfcc.h"
#include "lib/dsp/silence.h"
#include "lib/dsp/spectrogram.h"
#include "lib/dsp/waveform.h"
#include "lib/dsp/stft.h"
#include "lib/music/pitch.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"

enum { SAMPLE_RATE = 22050 };

static OtoTensor *y, *noise, *silence, *odd, *dc, *one, *stereo, *quiet, *S;

/* The signals of make_features.py. */
static int make_signals(void **state) {
    y = golden_signal("melody", SAMPLE_RATE, 1.5);
    noise = golden_signal("noise", SAMPLE_RATE, 1.5);
    silence = golden_signal("silence", SAMPLE_RATE, 0.2);
    odd = oto_slice(y, "time", 4000, 8001);
    dc = oto_as_audio(oto_add(oto_zeros(4096), 0.5), SAMPLE_RATE);
    one = oto_slice(y, "time", 0, 1);
    stereo = oto_as_audio(oto_stack(y, noise), SAMPLE_RATE);
    quiet =
        oto_concatenate(silence, oto_slice(y, "time", 0, 11025), silence, oto_slice(noise, "time", 0, 5000), silence);
    S = oto_spectrogram(y, .n_fft = 1024, .hop_length = 512);
    return 0;
}

/* The cases that every feature of a spectrum has. `weak` is the tolerance for pure tones and silence, whose features
 * hang on bins 140 dB below the others: there librosa, which transforms in double, has other digits than a transform in
 * single precision. */
#define ASSERT_SHAPES_AGREE(function, tolerance, weak, ...)                                                            \
    do {                                                                                                               \
        const char *name = #function;                                                                                  \
        assert_agrees("features", name, "defaults", function(y), tolerance);                                           \
        assert_agrees("features", name, "stereo", function(stereo), tolerance);                                        \
        assert_agrees(                                                                                                 \
            "features", name, "n_fft 1024, hop 300, Hamming, reflected",                                               \
            function(y, .n_fft = 1024, .hop_length = 300, .window = OTO_HAMMING, .pad_mode = OTO_PAD_REFLECT),         \
            tolerance);                                                                                                \
        assert_agrees("features", name, "short window, not centred",                                                   \
                      function(y, .n_fft = 1024, .win_length = 700, .center = false), tolerance);                      \
        assert_agrees("features", name, "odd length and n_fft",                                                        \
                      function(odd, .n_fft = 1001, .hop_length = 257 __VA_OPT__(, ) __VA_ARGS__), weak);               \
        assert_agrees("features", name, "silence", function(silence), weak);                                           \
        assert_agrees("features", name, "DC", function(dc), weak);                                                     \
        assert_agrees("features", name, "one sample", function(one), tolerance);                                       \
    } while (0)

static void centroids_agree_with_librosa(void **state) {
    ASSERT_SHAPES_AGREE(oto_spectral_centroid, 1e-5, 1e-5);
    assert_agrees("features", "oto_spectral_centroid", "a spectrogram", oto_spectral_centroid(S), 1e-5);
}

static void bandwidths_agree_with_librosa(void **state) {
    ASSERT_SHAPES_AGREE(oto_spectral_bandwidth, 1e-5, 1e-3);
    assert_agrees("features", "oto_spectral_bandwidth", "a spectrogram", oto_spectral_bandwidth(S), 1e-5);
    assert_agrees("features", "oto_spectral_bandwidth", "p 1.5, not normalised",
                  oto_spectral_bandwidth(y, .p = 1.5, .norm = false), 1e-5);
    assert_agrees("features", "oto_spectral_bandwidth", "p 1", oto_spectral_bandwidth(y, .p = 1), 1e-5);
    OtoTensor *around = oto_spectral_bandwidth(y, .centroid = oto_spectral_centroid(y));
    assert_float_equal(oto_at(around, 5), oto_at(oto_spectral_bandwidth(y), 5), 1e-2);
}

static void rolloffs_agree_with_librosa(void **state) {
    ASSERT_SHAPES_AGREE(oto_spectral_rolloff, 1e-6, 1e-6);
    assert_agrees("features", "oto_spectral_rolloff", "a spectrogram", oto_spectral_rolloff(S), 1e-6);
    assert_agrees("features", "oto_spectral_rolloff", "half", oto_spectral_rolloff(y, .roll_percent = 0.5), 1e-6);
    assert_agrees("features", "oto_spectral_rolloff", "0.99", oto_spectral_rolloff(y, .roll_percent = 0.99), 1e-6);
}

static void flatness_agrees_with_librosa(void **state) {
    ASSERT_SHAPES_AGREE(oto_spectral_flatness, 1e-5, 1e-4);
    assert_agrees("features", "oto_spectral_flatness", "a spectrogram", oto_spectral_flatness(S), 1e-5);
    assert_agrees("features", "oto_spectral_flatness", "power 1, amin 1e-3",
                  oto_spectral_flatness(y, .power = 1, .amin = 1e-3), 1e-5);
    assert_agrees("features", "oto_spectral_flatness", "power 0.5", oto_spectral_flatness(y, .power = 0.5), 1e-5);
}

static void contrast_agrees_with_librosa(void **state) {
    ASSERT_SHAPES_AGREE(oto_spectral_contrast, 1e-3, 1e-2, .n_bands = 5);
    assert_agrees("features", "oto_spectral_contrast", "a spectrogram", oto_spectral_contrast(S), 1e-3);
    assert_agrees("features", "oto_spectral_contrast", "4 bands from 100 Hz",
                  oto_spectral_contrast(y, .n_bands = 4, .fmin = 100), 1e-3);
    assert_agrees("features", "oto_spectral_contrast", "a third, linear",
                  oto_spectral_contrast(y, .quantile = 0.33, .linear = true), 1e-3);
}

static void polynomials_agree_with_librosa(void **state) {
    ASSERT_SHAPES_AGREE(oto_poly_features, 1e-5, 1e-5);
    assert_agrees("features", "oto_poly_features", "a spectrogram", oto_poly_features(S), 1e-5);
    assert_agrees("features", "oto_poly_features", "order 0", oto_poly_features(y, .order = 0), 1e-5);
    assert_agrees("features", "oto_poly_features", "order 3", oto_poly_features(y, .order = 3), 1e-5);
}

static void mfcc_agree_with_librosa(void **state) {
    ASSERT_SHAPES_AGREE(oto_mfcc, 1e-5, 1e-5);
    assert_agrees("features", "oto_mfcc", "13, lifter 22", oto_mfcc(y, .n_mfcc = 13, .lifter = 22), 1e-5);
    assert_agrees("features", "oto_mfcc", "DCT 1", oto_mfcc(y, .dct_type = 1), 1e-5);
    assert_agrees("features", "oto_mfcc", "DCT 3, unscaled", oto_mfcc(y, .dct_type = 3, .norm = OTO_DCT_UNSCALED),
                  1e-5);
    assert_agrees("features", "oto_mfcc", "DCT 2, unscaled", oto_mfcc(y, .norm = OTO_DCT_UNSCALED), 1e-5);
    assert_agrees("features", "oto_mfcc", "DCT 1, unscaled", oto_mfcc(y, .norm = OTO_DCT_UNSCALED, .dct_type = 1),
                  1e-5);
    assert_agrees("features", "oto_mfcc", "40 HTK bands, 100 to 8000 Hz",
                  oto_mfcc(y, .n_mels = 40, .htk = true, .fmin = 100, .fmax = 8000, .mel_norm = OTO_MEL_NORM_NONE),
                  1e-5);
    assert_agrees("features", "oto_mfcc", "of mel bands in dB", oto_mfcc(oto_db(oto_mel(y, .n_mels = 40))), 1e-5);
}

static void mel_bands_out_of_mfcc_agree_with_librosa(void **state) {
    OtoTensor *mfcc = oto_mfcc(y);
    assert_agrees("features", "oto_mfcc_to_mel", "defaults", oto_mfcc_to_mel(mfcc), 2e-5);
    assert_agrees("features", "oto_mfcc_to_mel", "lifter 22", oto_mfcc_to_mel(mfcc, .lifter = 22), 2e-5);
    assert_agrees("features", "oto_mfcc_to_mel", "DCT 3, unscaled, 40 bands",
                  oto_mfcc_to_mel(mfcc, .n_mels = 40, .dct_type = 3, .norm = OTO_DCT_UNSCALED), 2e-5);
    assert_agrees("features", "oto_mfcc_to_mel", "DCT 1, ref 2", oto_mfcc_to_mel(mfcc, .dct_type = 1, .ref = 2), 2e-5);
}

static void rms_agrees_with_librosa(void **state) {
    assert_agrees("features", "oto_frame_rms", "defaults", oto_frame_rms(y), 1e-6);
    assert_agrees("features", "oto_frame_rms", "stereo", oto_frame_rms(stereo), 1e-6);
    assert_agrees("features", "oto_frame_rms", "reflected, 1000 by 300",
                  oto_frame_rms(y, .frame_length = 1000, .hop_length = 300, .pad_mode = OTO_PAD_REFLECT), 1e-6);
    assert_agrees("features", "oto_frame_rms", "not centred", oto_frame_rms(y, .center = false), 1e-6);
    assert_agrees("features", "oto_frame_rms", "odd frames, edge",
                  oto_frame_rms(odd, .frame_length = 333, .hop_length = 100, .pad_mode = OTO_PAD_EDGE), 1e-6);
    assert_agrees("features", "oto_frame_rms", "one sample", oto_frame_rms(one), 1e-6);
    assert_agrees("features", "oto_frame_rms", "DC", oto_frame_rms(dc), 1e-6);
    assert_agrees("features", "oto_frame_rms", "a spectrogram", oto_frame_rms(S, .frame_length = 1024), 5e-6);
}

static void zero_crossings_agree_with_librosa(void **state) {
    const char *name = "oto_zero_crossing_rate";
    assert_agrees("features", name, "defaults", oto_zero_crossing_rate(y), 1e-6);
    assert_agrees("features", name, "noise", oto_zero_crossing_rate(noise), 1e-6);
    assert_agrees("features", name, "stereo", oto_zero_crossing_rate(stereo), 1e-6);
    assert_agrees("features", name, "1000 by 300", oto_zero_crossing_rate(y, .frame_length = 1000, .hop_length = 300),
                  1e-6);
    assert_agrees("features", name, "not centred", oto_zero_crossing_rate(y, .center = false), 1e-6);
    assert_agrees("features", name, "threshold 0.01", oto_zero_crossing_rate(y, .threshold = 0.01), 1e-6);
    assert_agrees("features", name, "zeros of their own",
                  oto_zero_crossing_rate(y, .threshold = 0.01, .zero_pos = false), 1e-6);
    assert_agrees("features", name, "first sample counts", oto_zero_crossing_rate(y, .pad = true), 1e-6);
    assert_agrees("features", name, "one sample", oto_zero_crossing_rate(one), 1e-6);
    assert_agrees("features", name, "silence", oto_zero_crossing_rate(silence), 1e-6);
    assert_agrees("features", "oto_zero_crossings", "defaults", oto_zero_crossings(y), 0);
    assert_agrees("features", "oto_zero_crossings", "no pad, threshold",
                  oto_zero_crossings(y, .pad = false, .threshold = 0.05, .zero_pos = false), 0);
}

/* The interval that a trimmed sound was, in samples. */
static OtoTensor *interval_of(OtoTensor *trimmed) {
    int time = trimmed->rank - 1;
    int64_t from = llrint(trimmed->axes[time].start * SAMPLE_RATE);
    return oto_from(((int64_t[]){from, from + trimmed->cols}), 2);
}

static void silence_agrees_with_librosa(void **state) {
    assert_agrees("features", "oto_trim", "defaults", interval_of(oto_trim(quiet)), 0);
    assert_agrees("features", "oto_split", "defaults", oto_split(quiet), 0);
    assert_agrees("features", "oto_trim", "30 dB, 512 by 128",
                  interval_of(oto_trim(quiet, .top_db = 30, .frame_length = 512, .hop_length = 128)), 0);
    assert_agrees("features", "oto_split", "30 dB, 512 by 128",
                  oto_split(quiet, .top_db = 30, .frame_length = 512, .hop_length = 128), 0);
    assert_agrees("features", "oto_trim", "below 1", interval_of(oto_trim(quiet, .ref = 1, .top_db = 20)), 0);
    assert_agrees("features", "oto_split", "below 1", oto_split(quiet, .ref = 1, .top_db = 20), 0);
    assert_agrees("features", "oto_trim", "silence", interval_of(oto_trim(silence)), 0);
    assert_agrees("features", "oto_split", "silence", oto_split(silence), 0);
    OtoTensor *backwards = oto_copy(quiet);
    for (int64_t i = 0; i < quiet->size; i++) oto_at(backwards, i) = oto_at(quiet, quiet->size - 1 - i);
    OtoTensor *both = oto_as_audio(oto_stack(quiet, backwards), SAMPLE_RATE);
    assert_agrees("features", "oto_trim", "stereo", interval_of(oto_trim(both)), 0);
    assert_agrees("features", "oto_split", "stereo", oto_split(both), 0);
}

/* ---- what must hold by definition ---- */

static void flux_is_what_rises(void **state) {
    OtoTensor *flux = oto_spectral_flux(S, .lag = 2);
    double expected = 0;
    for (int k = 0; k < 513; k++) expected += fmax(0, (double)oto_at(S, k, 20) - (double)oto_at(S, k, 18));
    assert_float_equal(oto_at(flux, 20), expected, 1e-4 * expected);
    assert_float_equal(oto_at(flux, 1), 0, 0);
    assert_float_equal(oto_maximum(oto_spectral_flux(silence)), 0, 0);
    assert_float_equal(oto_at(oto_spectral_flux(stereo), 0, 40), oto_at(oto_spectral_flux(y), 40), 1e-6);
}

static void features_are_the_same_with_any_number_of_threads(void **state) {
    OtoTensor *long_sound = golden_signal("beats", SAMPLE_RATE, 9);
    int before = oto_set_threads(1);
    OtoTensor *alone[] = {oto_mfcc(long_sound), oto_spectral_contrast(long_sound), oto_spectral_flux(long_sound),
                          oto_frame_rms(long_sound)};
    oto_set_threads(3);
    OtoTensor *together[] = {oto_mfcc(long_sound), oto_spectral_contrast(long_sound), oto_spectral_flux(long_sound),
                             oto_frame_rms(long_sound)};
    oto_set_threads(before);
    for (int i = 0; i < 4; i++)
        assert_memory_equal(alone[i]->data, together[i]->data, (size_t)alone[i]->size * sizeof(float));
}

static void features_know_their_times(void **state) {
    OtoTensor *centroid = oto_spectral_centroid(y, .hop_length = 441);
    assert_string_equal(oto_shape_quoted(centroid), "(time 76)");
    assert_float_equal(oto_axis_at(centroid, 0, 50), 1, 1e-9);
    assert_int_equal(centroid->quantity, OTO_FREQUENCY);
    assert_string_equal(oto_shape_quoted(oto_mfcc(stereo)), "(channels 2, mfcc 20, time 65)");
    assert_float_equal(oto_trim(quiet)->axes[0].start, 7 * 512.0 / SAMPLE_RATE, 1e-6);
}

static void a_nan_stays_in_its_frames(void **state) {
    OtoTensor *spoilt = oto_copy(S);
    oto_at(spoilt, 100, 3) = NAN;
    OtoTensor *centroid = oto_spectral_centroid(spoilt);
    assert_int_equal(oto_count_nan(centroid), 1);
    assert_true(isnan(oto_at(centroid, 3)));
}

static void a_refusal_begins_with_the_function_that_was_called(void **state) {
    OtoTensor *nothing = oto_as_audio(oto_zeros(0), 22050);
    assert_refused(oto_mfcc(nothing), "x is empty: (time 0)");
    assert_int_equal(strncmp(refusal_text, "oto_mfcc: oto_mel: ", 19), 0);
    assert_refused(oto_mel(nothing), "x is empty: (time 0)");
    assert_int_equal(strncmp(refusal_text, "oto_mel: x is", 13), 0);
    assert_refused(oto_trim(y, .frame_length = 0), "frame_length is 0");
    assert_int_equal(strncmp(refusal_text, "oto_trim: oto_frame_rms: ", 25), 0);
    assert_refused(oto_stft(y, .window = 99), "99 is not a window");
    assert_int_equal(strncmp(refusal_text, "oto_stft: ", 10), 0);
    assert_refused(oto_hz_to_note(-1), "hz is -1");
    assert_int_equal(strncmp(refusal_text, "oto_hz_to_note: ", 16), 0);
    assert_refused(oto_zeros(-1), "-1");
    assert_int_equal(strncmp(refusal_text, "oto_zeros: ", 11), 0);
}

static void misuse_is_refused(void **state) {
    assert_refused(oto_spectral_centroid(oto_zeros(10)), "x is (10), not a sound");
    assert_refused(oto_spectral_centroid(oto_db(S)), "x holds dB");
    assert_refused(oto_spectral_centroid(oto_mul(S, -1)), "x has negative numbers");
    assert_refused(oto_spectral_centroid(y, .hop_length = -1), "hop_length is -1");
    assert_refused(oto_spectral_centroid(y, .hop_length = 0), "hop_length is 0, but must lie within [1, ");
    assert_refused(oto_spectral_contrast(y, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_spectral_flux(y, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_mfcc(y, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_spectral_centroid(one, .center = false), "x has 1 samples, fewer than one frame");
    assert_refused(oto_spectral_bandwidth(y, .p = 0), "p is 0");
    assert_refused(oto_spectral_bandwidth(y, .centroid = oto_tensor(1, 2)),
                   "centroid is (2), but x has frames (time 65)");
    assert_refused(oto_spectral_rolloff(y, .roll_percent = 1), "roll_percent is 1");
    assert_refused(oto_spectral_flatness(y, .amin = 0), "amin is 0");
    assert_refused(oto_spectral_contrast(y, .n_bands = 0), "n_bands is 0");
    assert_refused(oto_spectral_contrast(y, .n_bands = 8), "band 8 begins at 25600 Hz");
    assert_refused(oto_spectral_contrast(y, .n_fft = 64), "has a single frequency");
    assert_refused(oto_spectral_contrast(y, .quantile = 1.5), "quantile is 1.5");
    assert_refused(oto_spectral_contrast(y, .fmin = -1), "fmin is -1 Hz");
    assert_refused(oto_spectral_flux(y, .lag = 0), "lag is 0");
    assert_refused(oto_poly_features(y, .order = -1), "order is -1");
    assert_refused(oto_mfcc(y, .n_mfcc = 200), "n_mfcc is 200, but must lie within [1, 128]");
    assert_refused(oto_mfcc(y, .dct_type = 4), "dct_type is 4");
    assert_refused(oto_mfcc(y, .lifter = -1), "lifter is -1");
    assert_refused(oto_mfcc(y, .fmax = 12000), "fmax is 12000 Hz");
    assert_refused(oto_mfcc_to_mel(oto_mfcc(y), .n_mels = 10), "n_mels is 10, but mfcc has 20 coefficients");
    assert_refused(oto_frame_rms(y, .frame_length = 0), "frame_length is 0");
    assert_refused(oto_frame_rms(S), "x has 513 frequencies, which a frame_length of 1024 or 1025 has, not 2048");
    assert_refused(oto_zero_crossing_rate(y, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_zero_crossing_rate(one, .center = false), "audio has 1 samples, fewer than one frame");
    assert_refused(oto_trim(y, .top_db = -1), "top_db is -1");
    assert_refused(oto_split(y, .ref = 0), "ref is 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(centroids_agree_with_librosa),
        cmocka_unit_test(bandwidths_agree_with_librosa),
        cmocka_unit_test(rolloffs_agree_with_librosa),
        cmocka_unit_test(flatness_agrees_with_librosa),
        cmocka_unit_test(contrast_agrees_with_librosa),
        cmocka_unit_test(polynomials_agree_with_librosa),
        cmocka_unit_test(mfcc_agree_with_librosa),
        cmocka_unit_test(mel_bands_out_of_mfcc_agree_with_librosa),
        cmocka_unit_test(rms_agrees_with_librosa),
        cmocka_unit_test(zero_crossings_agree_with_librosa),
        cmocka_unit_test(silence_agrees_with_librosa),
        cmocka_unit_test(flux_is_what_rises),
        cmocka_unit_test(features_are_the_same_with_any_number_of_threads),
        cmocka_unit_test(features_know_their_times),
        cmocka_unit_test(a_nan_stays_in_its_frames),
        cmocka_unit_test(a_refusal_begins_with_the_function_that_was_called),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, make_signals, NULL);
}
