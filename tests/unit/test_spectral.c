/* Windows, transforms, STFT and back, reassignment, dB, mel bands: agreement with SciPy, numpy and librosa 0.11.0
 * (tests/golden/make_spectral.py), and what must be refused. */
#include "golden.h"
#include "refusal.h"

#include "lib/dsp/decibel.h"
#include "lib/dsp/fourier.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/mel.h"
#include "lib/dsp/reassigned.h"
#include "lib/dsp/spectrogram.h"
#include "lib/dsp/stft.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"

enum { SAMPLE_RATE = 22050 };

static OtoTensor *y, *noise, *stereo, *odd, *one, *silence, *dc, *D, *P, *cube, *cube_complex;

/* The signals of make_spectral.py. */
static int make_signals(void **state) {
    y = golden_signal("melody", SAMPLE_RATE, 0.5);
    noise = golden_signal("noise", SAMPLE_RATE, 0.5);
    stereo = oto_as_audio(oto_stack(y, noise), SAMPLE_RATE);
    odd = oto_as_audio(oto_slice(y, "time", 2000, 4501), SAMPLE_RATE); /* begins at 0 s */
    one = oto_slice(y, "time", 100, 101);
    silence = golden_signal("silence", SAMPLE_RATE, 0.1);
    dc = oto_as_audio(oto_add(oto_zeros(1500), 0.5), SAMPLE_RATE);
    D = oto_stft(y, .n_fft = 512);
    P = oto_power(D);
    float _Complex z[210];
    for (int i = 0; i < 210; i++) z[i] = __builtin_complex(oto_at(noise, i), oto_at(y, i));
    cube = oto_from(oto_data(noise), 5, 6, 7);
    cube_complex = oto_from(z, 5, 6, 7);
    return 0;
}

static double largest_difference(OtoTensor *a, OtoTensor *b) {
    assert_int_equal(a->size, b->size);
    return oto_maximum(oto_magnitude(oto_sub(a, b)));
}

/* ---- agreement ---- */

static void windows_agree_with_scipy(void **state) {
    static const struct {
        const char *name;
        OtoWindow kind;
        double parameter;
    } windows[] = {
        {"hann", OTO_HANN, NAN},
        {"hamming", OTO_HAMMING, NAN},
        {"blackman", OTO_BLACKMAN, NAN},
        {"bartlett", OTO_BARTLETT, NAN},
        {"triang", OTO_TRIANGULAR, NAN},
        {"cosine", OTO_COSINE, NAN},
        {"nuttall", OTO_NUTTALL, NAN},
        {"blackmanharris", OTO_BLACKMAN_HARRIS, NAN},
        {"flattop", OTO_FLAT_TOP, NAN},
        {"bohman", OTO_BOHMAN, NAN},
        {"parzen", OTO_PARZEN, NAN},
        {"barthann", OTO_BARTLETT_HANN, NAN},
        {"lanczos", OTO_LANCZOS, NAN},
        {"boxcar", OTO_RECTANGULAR, NAN},
        {"('kaiser', 8.0)", OTO_KAISER, 8},
        {"('gaussian', 3.0)", OTO_GAUSSIAN, 3},
        {"('tukey', 0.3)", OTO_TUKEY, 0.3},
        {"('exponential', None, 2.0)", OTO_EXPONENTIAL, 2},
        {"('general_hamming', 0.6)", OTO_GENERAL_HAMMING, 0.6},
        {"('chebwin', 100.0)", OTO_CHEBYSHEV, 100},
        {"('dpss', 2.5)", OTO_DPSS, 2.5},
        {"('taylor', 4, 40.0)", OTO_TAYLOR, 40},
        {"taylor", OTO_TAYLOR, NAN},
        {"tukey", OTO_TUKEY, NAN},
        {"exponential", OTO_EXPONENTIAL, NAN},
    };
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        char name[60];
        for (int n = 16; n <= 17; n++) {
            snprintf(name, sizeof name, "%s %d", windows[i].name, n);
            assert_agrees("spectral", "oto_window", name,
                          oto_window(windows[i].kind, n, .parameter = windows[i].parameter), 1e-6);
        }
        snprintf(name, sizeof name, "%s symmetric", windows[i].name);
        assert_agrees("spectral", "oto_window", name,
                      oto_window(windows[i].kind, 12, .symmetric = true, .parameter = windows[i].parameter), 1e-6);
    }
}

#define ASSERT_STFT_AGREES(name, audio, ...)                                                                           \
    assert_agrees("spectral", "oto_stft", name, oto_stft(audio __VA_OPT__(, ) __VA_ARGS__), 1e-6)

static void stft_agrees_with_librosa(void **state) {
    ASSERT_STFT_AGREES("defaults", y);
    ASSERT_STFT_AGREES("stereo", stereo, .n_fft = 1024);
    ASSERT_STFT_AGREES("hop 300, window 700", y, .n_fft = 1024, .hop_length = 300, .win_length = 700);
    ASSERT_STFT_AGREES("not centred", y, .n_fft = 1024, .center = false);
    ASSERT_STFT_AGREES("Kaiser", y, .n_fft = 512, .window = OTO_KAISER, .window_parameter = 8);
    ASSERT_STFT_AGREES("hop longer than a frame", y, .n_fft = 256, .hop_length = 1000);
}

static void stft_of_every_padding_agrees_with_librosa(void **state) {
    ASSERT_STFT_AGREES("edge", y, .n_fft = 1024, .pad_mode = OTO_PAD_EDGE);
    ASSERT_STFT_AGREES("reflect", y, .n_fft = 1024, .pad_mode = OTO_PAD_REFLECT);
    ASSERT_STFT_AGREES("symmetric", y, .n_fft = 1024, .pad_mode = OTO_PAD_SYMMETRIC);
    ASSERT_STFT_AGREES("ramp", y, .n_fft = 1024, .pad_mode = OTO_PAD_LINEAR_RAMP);
    ASSERT_STFT_AGREES("shorter than a frame, reflected", oto_slice(odd, "time", 0, 100), .n_fft = 512,
                       .pad_mode = OTO_PAD_REFLECT);
}

static void stft_of_odd_and_tiny_sounds_agrees_with_librosa(void **state) {
    ASSERT_STFT_AGREES("odd n_fft", odd, .n_fft = 501, .hop_length = 77);
    ASSERT_STFT_AGREES("odd window", odd, .n_fft = 512, .win_length = 333);
    ASSERT_STFT_AGREES("one sample", one, .n_fft = 64);
    ASSERT_STFT_AGREES("silence", silence);
    ASSERT_STFT_AGREES("DC", dc, .n_fft = 512);
    ASSERT_STFT_AGREES("n_fft 2", odd, .n_fft = 2, .hop_length = 50);
    ASSERT_STFT_AGREES("n_fft 1", odd, .n_fft = 1, .hop_length = 50);
}

static void inverse_stft_agrees_with_librosa(void **state) {
    OtoTensor *half = oto_mul(D, 0.5);
    assert_agrees("spectral", "oto_istft", "halved", oto_istft(half, .length = (D->cols - 1) * 128), 2e-6);
    assert_agrees("spectral", "oto_istft", "length 9000", oto_istft(half, .length = 9000), 2e-6);
    OtoTensor *longer = oto_istft(half, .length = 20000);
    assert_agrees("spectral", "oto_istft", "length 20000", longer, 2e-6);
    OtoTensor *two = oto_stft(stereo, .n_fft = 1024);
    assert_agrees("spectral", "oto_istft", "stereo", oto_istft(two, .length = (two->cols - 1) * 256), 2e-6);
    OtoTensor *narrow = oto_stft(y, .n_fft = 512, .win_length = 300);
    assert_agrees("spectral", "oto_istft", "window 300", oto_istft(narrow, .length = (narrow->cols - 1) * 75), 2e-6);
    OtoTensor *left = oto_stft(y, .n_fft = 512, .center = false);
    int64_t reach = (left->cols - 1) * 128 + 512;
    assert_agrees("spectral", "oto_istft", "not centred", oto_istft(left, .length = reach), 2e-6);
    OtoTensor *sparse = oto_stft(y, .n_fft = 512, .hop_length = 400);
    assert_agrees("spectral", "oto_istft", "sparse frames", oto_istft(sparse, .length = (sparse->cols - 1) * 400),
                  2e-6);
}

static void assert_reassigned_agrees(const char *arguments, OtoReassigned r) {
    OtoTensor *parts[] = {r.frequencies, r.times, r.magnitudes};
    const char *names[] = {"frequencies", "times", "magnitudes"};
    for (int part = 0; part < 3; part++) {
        char name[80];
        snprintf(name, sizeof name, "%s, %s", names[part], arguments);
        assert_agrees("spectral", "oto_reassigned_spectrogram", name, parts[part], 1e-4);
    }
}

static void reassignment_agrees_with_librosa(void **state) {
    assert_reassigned_agrees("defaults", oto_reassigned_spectrogram(y, .n_fft = 512));
    assert_reassigned_agrees("filled, not clipped",
                             oto_reassigned_spectrogram(y, .n_fft = 512, .fill_nan = true, .clip = false));
    assert_reassigned_agrees("not centred",
                             oto_reassigned_spectrogram(y, .n_fft = 512, .center = false, .ref_power = 0.1));
    assert_reassigned_agrees("frequencies only", oto_reassigned_spectrogram(y, .n_fft = 512, .reassign_times = false));
    assert_reassigned_agrees("odd n_fft", oto_reassigned_spectrogram(odd, .n_fft = 301, .hop_length = 100));
}

static void transforms_agree_with_numpy(void **state) {
    assert_agrees("spectral", "oto_fft", "axis 0", oto_fft(cube, .axis = 0), 1e-6);
    assert_agrees("spectral", "oto_fft", "axis 1, n 9", oto_fft(cube_complex, .n = 9, .axis = 1), 1e-6);
    assert_agrees("spectral", "oto_fft", "last, n 4", oto_fft(cube_complex, .n = 4), 1e-6);
    assert_agrees("spectral", "oto_fft", "prime", oto_fft(oto_slice(noise, "time", 0, 1009)), 1e-6);
    assert_agrees("spectral", "oto_ifft", "axis 1", oto_ifft(cube_complex, .axis = 1), 1e-6);
    assert_agrees("spectral", "oto_ifft", "n 8", oto_ifft(cube_complex, .n = 8), 1e-6);
    assert_agrees("spectral", "oto_rfft", "axis -2", oto_rfft(cube, .axis = -2), 1e-6);
    assert_agrees("spectral", "oto_rfft", "n 20", oto_rfft(cube, .n = 20), 1e-6);
    OtoTensor *back = oto_irfft(oto_rfft(cube, .n = 11, .axis = 1), .length = 11, .axis = 1);
    assert_agrees("spectral", "oto_irfft", "axis 1, 11", back, 1e-6);
}

static void decibels_agree_with_librosa(void **state) {
    assert_agrees("spectral", "oto_db", "power, max", oto_db(P, .ref = OTO_MAX), 1e-5);
    assert_agrees("spectral", "oto_db", "power, no floor", oto_db(P, .top_db = 0, .amin = 1e-6), 1e-4);
    assert_agrees("spectral", "oto_db", "magnitude", oto_db(oto_magnitude(D), .ref = 0.5), 1e-4);
    assert_agrees("spectral", "oto_db", "complex", oto_db(D, .top_db = 40), 1e-5);
    OtoTensor *nothing = oto_power(oto_zeros(3, 4));
    assert_agrees("spectral", "oto_db", "silence", oto_db(nothing), 1e-6);
    OtoTensor *levels = oto_db(P);
    assert_agrees("spectral", "oto_db_to_power", "ref 2", oto_db_to_power(levels, .ref = 2), 1e-5);
    assert_agrees("spectral", "oto_db_to_amplitude", "ref 2", oto_db_to_amplitude(levels, .ref = 2), 1e-5);
}

static void mel_filters_agree_with_librosa(void **state) {
    const char *name = "oto_mel_filters";
    assert_agrees("spectral", name, "n_fft 1024, 40 HTK bands",
                  oto_mel_filters(SAMPLE_RATE, .n_fft = 1024, .n_mels = 40, .htk = true), 1e-6);
    assert_agrees("spectral", name, "L1",
                  oto_mel_filters(SAMPLE_RATE, .n_fft = 512, .n_mels = 10, .norm = OTO_MEL_NORM_L1), 1e-6);
    assert_agrees("spectral", name, "L2",
                  oto_mel_filters(SAMPLE_RATE, .n_fft = 512, .n_mels = 10, .norm = OTO_MEL_NORM_L2), 1e-6);
    assert_agrees("spectral", name, "maximum",
                  oto_mel_filters(SAMPLE_RATE, .n_fft = 512, .n_mels = 10, .norm = OTO_MEL_NORM_MAX, .fmin = 300),
                  1e-6);
    assert_agrees("spectral", name, "no norm",
                  oto_mel_filters(SAMPLE_RATE, .n_fft = 512, .n_mels = 10, .norm = OTO_MEL_NORM_NONE, .fmax = 4000),
                  1e-6);
    assert_agrees("spectral", name, "empty bands", oto_mel_filters(SAMPLE_RATE, .n_fft = 64, .n_mels = 40), 1e-6);
    assert_agrees("spectral", name, "odd n_fft", oto_mel_filters(8000, .n_fft = 301, .n_mels = 8), 1e-6);
}

static void mel_bands_agree_with_librosa(void **state) {
    assert_agrees("spectral", "oto_mel", "defaults", oto_mel(y), 1e-6);
    assert_agrees("spectral", "oto_mel", "stereo", oto_mel(stereo, .n_mels = 30), 1e-6);
    assert_agrees("spectral", "oto_mel", "magnitudes", oto_mel(y, .n_mels = 30, .power = 1), 1e-6);
    assert_agrees("spectral", "oto_mel", "of a power spectrogram", oto_mel(P, .n_mels = 20), 1e-6);
    assert_agrees("spectral", "oto_mel", "of a power spectrogram", oto_mel(D, .n_mels = 20), 1e-6);
    assert_agrees("spectral", "oto_mel", "HTK, L2, hop 200",
                  oto_mel(y, .n_fft = 1024, .hop_length = 200, .n_mels = 30, .htk = true, .norm = OTO_MEL_NORM_L2),
                  1e-6);
    assert_agrees("spectral", "oto_mel", "silence", oto_mel(silence), 1e-6);
    assert_agrees("spectral", "oto_mel", "one sample", oto_mel(one), 1e-6);
}

/* ---- what must hold by definition ---- */

static void the_inverse_stft_gives_every_sound_back(void **state) {
    OtoTensor *sound = golden_signal("beats", SAMPLE_RATE, 5.3); /* longer than one piece of work */
    assert_true(largest_difference(oto_istft(oto_stft(sound)), sound) < 1e-6);
    assert_true(largest_difference(oto_istft(oto_stft(sound, .n_fft = 64)), sound) < 1e-6);
    assert_true(largest_difference(oto_istft(oto_stft(sound, .n_fft = 999, .hop_length = 333)), sound) < 1e-6);
    assert_true(largest_difference(oto_istft(oto_stft(sound, .n_fft = 4096, .hop_length = 100)), sound) < 1e-6);
    assert_true(largest_difference(oto_istft(oto_stft(stereo, .pad_mode = OTO_PAD_REFLECT)), stereo) < 1e-6);
    assert_true(largest_difference(oto_istft(oto_stft(one)), one) < 1e-6);
    OtoTensor *kaiser = oto_stft(y, .n_fft = 512, .window = OTO_KAISER, .window_parameter = 8);
    assert_true(largest_difference(oto_istft(kaiser), y) < 1e-6);
}

static void spectra_are_the_same_with_any_number_of_threads(void **state) {
    OtoTensor *sound = golden_signal("beats", SAMPLE_RATE, 12);
    int before = oto_set_threads(1);
    OtoTensor *S = oto_stft(sound), *alone[] = {S, oto_istft(S), oto_mel(sound), oto_db(oto_power(S))};
    oto_set_threads(3);
    OtoTensor *T = oto_stft(sound), *together[] = {T, oto_istft(T), oto_mel(sound), oto_db(oto_power(T))};
    oto_set_threads(before);
    for (int i = 0; i < 4; i++) {
        size_t element = alone[i]->type == OTO_COMPLEX64 ? sizeof(float _Complex) : sizeof(float);
        assert_memory_equal(alone[i]->data, together[i]->data, (size_t)alone[i]->size * element);
    }
}

static void transforms_of_every_length_agree_with_the_definition(void **state) {
    for (int n = 1; n <= 40; n++) {
        OtoTensor *x = oto_slice(noise, "time", 0, n), *X = oto_dft(x);
        assert_true(largest_difference(oto_rfft(x), oto_slice(X, "frequency", 0, n / 2 + 1)) < 1e-5);
        assert_true(largest_difference(oto_irfft(oto_rfft(x), .length = n), x) < 1e-6);
        assert_true(largest_difference(oto_fft(x), X) < 1e-5);
    }
}

static void a_pure_tone_is_reassigned_to_its_frequency(void **state) {
    float x[8192];
    for (int i = 0; i < 8192; i++) x[i] = (float)(0.5 * sin(2 * M_PI * 1234.5 * i / SAMPLE_RATE));
    OtoReassigned r = oto_reassigned_spectrogram(oto_audio(x, 8192, SAMPLE_RATE), .n_fft = 1024);
    assert_float_equal(oto_at(r.frequencies, 57, 10), 1234.5, 0.5);
    assert_float_equal(oto_at(r.frequencies, 58, 10), 1234.5, 0.5);
}

static void misuse_is_refused(void **state) {
    OtoTensor *spoilt = oto_copy(y);
    oto_at(spoilt, 1234) = NAN;
    assert_refused(oto_stft(spoilt), "element 1234 of audio is NaN");
    assert_refused(oto_mel(spoilt), "element 1234 of x is NaN");
    assert_refused(oto_stft(y, .hop_length = 0), "hop_length is 0, but must be at least 1 sample");
    assert_refused(oto_stft(y, .pad_mode = OTO_PAD_WRAP), "pad_mode is OTO_PAD_WRAP");
    assert_refused(oto_mel(y, .fmax = NAN), "fmax is nan Hz");
    assert_refused(oto_mel(y, .fmax = -5), "fmax is -5 Hz");
    assert_refused(oto_stft(y, .pad_mode = (OtoPad)9), "pad_mode is 9");
    assert_refused(oto_stft(y, .hop_length = -5), "hop_length is -5, but must be at least 1 sample");
    assert_refused(oto_stft(y, .n_fft = -1), "n_fft is -1");
    assert_refused(oto_stft(y, .window = OTO_KAISER), "OTO_KAISER needs a parameter");
    assert_refused(oto_stft(y, .window = (OtoWindow)99), "99 is not a window");
    assert_refused(oto_window(OTO_DPSS, 8, .parameter = 6),
                   "parameter is 6, but must lie between 0 and half the length");
    assert_refused(oto_window(OTO_CHEBYSHEV, 8), "OTO_CHEBYSHEV needs a parameter");
    assert_refused(oto_window(OTO_TUKEY, 8, .parameter = 2), "parameter is 2, but must lie within [0, 1]");
    assert_refused(oto_window(OTO_HANN, 0), "n is 0");
    assert_refused(oto_istft(D, .length = -1), "length is -1");
    assert_refused(oto_istft(D, .length = 1LL << 62), "oto_istft: length is 4.6");
    assert_refused(oto_fft(cube, .axis = 3), "axis is 3, but (5, 6, 7) has the axes 0 to 2");
    assert_refused(oto_fft(cube, .n = -2), "with n = -2");
    assert_refused(oto_rfft(cube_complex), "x is complex64");
    assert_refused(oto_db(P, .amin = -1), "amin is -1");
    assert_refused(oto_db(P, .amin = 0), "amin is 0, but must be positive");
    assert_refused(oto_db(P, .top_db = -1), "top_db is -1");
    assert_refused(oto_db(P, .ref = 0), "ref is 0");
    assert_refused(oto_db_to_power(oto_db(P), .ref = -3), "ref is -3");
    assert_refused(oto_mel(y, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_mel(y, .n_mels = 0), "n_mels is 0");
    assert_refused(oto_mel(y, .fmin = 5000, .fmax = 4000), "fmax is 4000 Hz, but must lie above fmin = 5000 Hz");
    assert_refused(oto_mel(y, .fmin = -1), "fmin is -1");
    assert_refused(oto_mel(y, .power = 3), "power is 3");
    assert_refused(oto_mel(y, .norm = (OtoMelNorm)7), "norm is 7");
    assert_refused(oto_spectrogram(y, .power = 0), "power is 0");
    assert_refused(oto_reassigned_spectrogram(y, .ref_power = -1), "ref_power is -1");
    assert_refused(oto_reassigned_spectrogram(y, .reassign_frequencies = false, .reassign_times = false), "both false");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_agree_with_scipy),
        cmocka_unit_test(stft_agrees_with_librosa),
        cmocka_unit_test(stft_of_every_padding_agrees_with_librosa),
        cmocka_unit_test(stft_of_odd_and_tiny_sounds_agrees_with_librosa),
        cmocka_unit_test(inverse_stft_agrees_with_librosa),
        cmocka_unit_test(reassignment_agrees_with_librosa),
        cmocka_unit_test(transforms_agree_with_numpy),
        cmocka_unit_test(decibels_agree_with_librosa),
        cmocka_unit_test(mel_filters_agree_with_librosa),
        cmocka_unit_test(mel_bands_agree_with_librosa),
        cmocka_unit_test(the_inverse_stft_gives_every_sound_back),
        cmocka_unit_test(spectra_are_the_same_with_any_number_of_threads),
        cmocka_unit_test(transforms_of_every_length_agree_with_the_definition),
        cmocka_unit_test(a_pure_tone_is_reassigned_to_its_frequency),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, make_signals, NULL);
}
