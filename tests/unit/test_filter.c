/* Filters, their design and response, convolution: agreement with SciPy (tests/golden/make_filter.py), and what must
 * hold by definition. */
#include "golden.h"
#include "refusal.h"

#include "lib/oto.h"

#include <complex.h>

static const double fs = 22050;
static OtoTensor *y, *noise, *stereo, *few, *b, *a, *one;

static int make_inputs(void **state) {
    y = golden_signal("melody", fs, 0.6);
    noise = golden_signal("noise", fs, 0.6);
    stereo = oto_as_audio(oto_stack(y, noise), fs);
    few = oto_slice(noise, "time", 0, 40);
    b = oto_tensor(0.2, 0.3, 0.1, -0.05);
    a = oto_tensor(2, -1.5, 0.8);
    one = oto_tensor(1);
    return 0;
}

static void design_agrees(const char *name, OtoSos sos) {
    assert_agrees("filter", "oto_freqz_sos", name, oto_freqz_sos(sos, .worN = 256), 1e-6);
    assert_agrees("filter", "oto_sosfilt", name, oto_sosfilt(sos, noise), 1e-6);
    assert_agrees("filter", "oto_sosfiltfilt", name, oto_sosfiltfilt(sos, noise), 1e-6);
}

static void designs_agree_with_scipy(void **state) {
    design_agrees("low 4", oto_butter(4, 1000, .fs = fs));
    design_agrees("low 5", oto_butter(5, 30, .fs = fs));
    design_agrees("high 3", oto_butter(3, 2000, .btype = OTO_HIGHPASS, .fs = fs));
    design_agrees("high 8", oto_butter(8, 100, .btype = OTO_HIGHPASS, .fs = fs));
    design_agrees("band 4", oto_butter(4, 300, .upper = 3000, .btype = OTO_BANDPASS, .fs = fs));
    design_agrees("wide band 3", oto_butter(3, 20, .upper = 10000, .btype = OTO_BANDPASS, .fs = fs));
    design_agrees("stop 3", oto_butter(3, 900, .upper = 1100, .btype = OTO_BANDSTOP, .fs = fs));
    design_agrees("half of any rate", oto_butter(2, 0.25));
    design_agrees("ripple low 4", oto_cheby1(4, 1, 1000, .fs = fs));
    design_agrees("ripple high 5", oto_cheby1(5, 0.5, 4000, .btype = OTO_HIGHPASS, .fs = fs));
    design_agrees("ripple band 2", oto_cheby1(2, 3, 500, .upper = 700, .btype = OTO_BANDPASS, .fs = fs));
    design_agrees("ripple stop 2", oto_cheby1(2, 1, 500, .upper = 700, .btype = OTO_BANDSTOP, .fs = fs));
}

static void biquads_agree_with_the_cookbook(void **state) {
    static const char *names[] = {"lowpass", "highpass",  "bandpass",   "notch",
                                  "peak",    "low shelf", "high shelf", "allpass"};
    for (int kind = OTO_BIQUAD_LOWPASS; kind <= OTO_BIQUAD_ALLPASS; kind++) {
        OtoSos sos = oto_biquad((OtoBiquadKind)kind, 1000, .Q = 2, .gain = 6, .fs = fs);
        assert_agrees("filter", "oto_biquad", names[kind], oto_sosfilt(sos, noise), 1e-6);
    }
}

static void filtering_agrees_with_scipy(void **state) {
    OtoSos low = oto_butter(4, 1000, .fs = fs);
    assert_agrees("filter", "oto_sosfilt", "stereo", oto_sosfilt(low, stereo), 1e-6);
    assert_agrees("filter", "oto_sosfiltfilt", "even", oto_sosfiltfilt(low, few, .padtype = OTO_PADTYPE_EVEN), 1e-6);
    assert_agrees("filter", "oto_sosfiltfilt", "constant", oto_sosfiltfilt(low, few, .padtype = OTO_PADTYPE_CONSTANT),
                  1e-6);
    assert_agrees("filter", "oto_sosfiltfilt", "no padding", oto_sosfiltfilt(low, few, .padtype = OTO_PADTYPE_NONE),
                  1e-6);
    assert_agrees("filter", "oto_sosfiltfilt", "padlen 3", oto_sosfiltfilt(low, few, .padlen = 3), 1e-6);
    OtoTensor *comb = oto_zeros(11);
    oto_at(comb, 0) = 1;
    oto_at(comb, 10) = -0.5f;
    assert_agrees("filter", "oto_lfilter", "b 4, a 3", oto_lfilter(b, a, noise), 1e-6);
    assert_agrees("filter", "oto_lfilter", "comb", oto_lfilter(one, comb, stereo), 1e-6);
    assert_agrees("filter", "oto_lfilter", "integrator", oto_lfilter(one, oto_tensor(1, -1), noise), 1e-6);
    assert_agrees("filter", "oto_lfilter", "average of 8",
                  oto_lfilter(oto_div(oto_add(oto_zeros(8), 1), 8), one, stereo), 1e-6);
    assert_agrees("filter", "oto_lfilter", "500 taps", oto_lfilter(oto_firwin(500, 1000, .fs = fs), one, noise), 1e-6);
    assert_agrees("filter", "oto_lfilter", "one sample", oto_lfilter(b, a, one), 1e-6);
    assert_agrees("filter", "oto_filtfilt", "b 4, a 3", oto_filtfilt(b, a, noise), 1e-6);
    assert_agrees("filter", "oto_filtfilt", "stereo", oto_filtfilt(b, a, stereo), 1e-6);
}

static void responses_agree_with_scipy(void **state) {
    assert_agrees("filter", "oto_freqz", "b 4, a 3", oto_freqz(b, a), 1e-6);
    assert_agrees("filter", "oto_freqz", "nyquist", oto_freqz(b, a, .worN = 33, .include_nyquist = true), 1e-6);
    assert_agrees("filter", "oto_freqz", "whole", oto_freqz(b, a, .worN = 64, .whole = true), 1e-6);
    assert_agrees("filter", "oto_group_delay", "b 4, a 3", oto_group_delay(b, a, .worN = 64), 1e-5);
    assert_agrees("filter", "oto_group_delay", "sections",
                  oto_group_delay_sos(oto_butter(3, 1000, .fs = fs), .worN = 64), 1e-5);
}

static void impulse_responses_agree_with_scipy(void **state) {
    assert_agrees("filter", "oto_firwin", "low", oto_firwin(101, 1000, .fs = fs), 1e-6);
    assert_agrees("filter", "oto_firwin", "even", oto_firwin(64, 1000, .fs = fs), 1e-6);
    assert_agrees("filter", "oto_firwin", "high", oto_firwin(101, 1000, .fs = fs, .pass_zero = OTO_HIGHPASS), 1e-6);
    assert_agrees("filter", "oto_firwin", "band",
                  oto_firwin(101, 1000, .upper = 3000, .fs = fs, .pass_zero = OTO_BANDPASS), 1e-6);
    assert_agrees("filter", "oto_firwin", "stop",
                  oto_firwin(101, 1000, .upper = 3000, .fs = fs, .pass_zero = OTO_BANDSTOP), 1e-6);
    assert_agrees("filter", "oto_firwin", "kaiser", oto_firwin(51, 0.3, .window = OTO_KAISER, .parameter = 8.6), 1e-6);
    assert_agrees("filter", "oto_firwin", "not scaled", oto_firwin(51, 0.3, .window = OTO_HANN, .scale = false), 1e-6);
}

static void convolutions_agree_with_scipy(void **state) {
    static const char *modes[] = {"full", "same", "valid"};
    OtoTensor *part = oto_slice(y, "time", 0, 5000), *other = oto_slice(noise, "time", 0, 5000);
    struct {
        const char *name;
        OtoTensor *in1, *in2;
    } cases[] = {{"short", few, oto_slice(noise, "time", 0, 7)},
                 {"even", few, oto_slice(noise, "time", 0, 8)},
                 {"swapped", oto_slice(noise, "time", 0, 7), few},
                 {"long", y, oto_slice(noise, "time", 0, 3001)},
                 {"equal", part, other}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int mode = OTO_FULL; mode <= OTO_VALID; mode++) {
            char name[40];
            snprintf(name, sizeof name, "%s, %s", cases[i].name, modes[mode]);
            OtoConvolveMode m = (OtoConvolveMode)mode;
            assert_agrees("filter", "oto_convolve", name, oto_convolve(cases[i].in1, cases[i].in2, .mode = m), 5e-6);
            assert_agrees("filter", "oto_correlate", name, oto_correlate(cases[i].in1, cases[i].in2, .mode = m), 5e-6);
        }
}

static void medians_agree_with_scipy(void **state) {
    assert_agrees("filter", "oto_medfilt", "1", oto_medfilt(noise, 1), 1e-8);
    assert_agrees("filter", "oto_medfilt", "3", oto_medfilt(noise, 3), 1e-8);
    assert_agrees("filter", "oto_medfilt", "9", oto_medfilt(noise, 9), 1e-8);
    assert_agrees("filter", "oto_medfilt", "101", oto_medfilt(noise, 101), 1e-8);
    assert_agrees("filter", "oto_medfilt", "longer than the sound", oto_medfilt(oto_slice(noise, "time", 0, 5), 9),
                  1e-8);
}

/* ---- what must hold by definition ---- */

static double largest_difference(OtoTensor *x, OtoTensor *z) {
    assert_int_equal(x->size, z->size);
    return oto_maximum(oto_magnitude(oto_sub(x, z)));
}

static OtoTensor *block_of(OtoTensor *x, int64_t from, int64_t to) {
    return oto_slice(x, "time", from, to);
}

static void blocks_with_their_state_are_the_whole(void **state) {
    OtoSos low = oto_butter(5, 200, .fs = fs);
    OtoTensor *taps = oto_firwin(333, 1000, .fs = fs), *whole = oto_sosfilt(low, stereo);
    OtoTensor *whole_recursive = oto_lfilter(b, a, stereo), *whole_finite = oto_lfilter(taps, one, stereo);
    OtoFilterState *sections = oto_filter_state(), *recursive = oto_filter_state(), *finite = oto_filter_state();
    for (int64_t at = 0, n = 1; at < stereo->cols; at += n, n = n * 3 % 1000 + 1) {
        int64_t end = at + n < stereo->cols ? at + n : stereo->cols;
        OtoTensor *block = block_of(stereo, at, end);
        assert_true(largest_difference(oto_sosfilt(low, block, .state = sections), block_of(whole, at, end)) < 1e-7);
        assert_true(largest_difference(oto_lfilter(b, a, block, .state = recursive),
                                       block_of(whole_recursive, at, end)) < 1e-7);
        assert_true(
            largest_difference(oto_lfilter(taps, one, block, .state = finite), block_of(whole_finite, at, end)) < 1e-6);
    }
}

static void a_chain_of_seven_sections_in_any_blocks_is_its_sections_one_after_the_other(void **state) {
    OtoSos long_chain = oto_butter(13, 3000, .fs = fs);
    assert_int_equal(long_chain.sections, 7);
    OtoTensor *singly = noise;
    for (int i = 0; i < long_chain.sections; i++)
        singly = oto_sosfilt(((OtoSos){.sections = 1, .section = {long_chain.section[i]}, .fs = fs}), singly);
    OtoFilterState *memory = oto_filter_state();
    for (int64_t at = 0, n = 1; at < noise->cols; at += n, n = n * 3 % 1000 + 1) {
        int64_t end = at + n < noise->cols ? at + n : noise->cols;
        OtoTensor *block = oto_sosfilt(long_chain, block_of(noise, at, end), .state = memory);
        assert_true(largest_difference(block, block_of(singly, at, end)) < 1e-6);
    }
}

static void a_filter_keeps_what_a_sound_knows(void **state) {
    OtoTensor *low = oto_sosfilt(oto_butter(2, 500, .fs = fs), block_of(stereo, 2205, 4410));
    assert_float_equal(low->sample_rate, fs, 0);
    assert_string_equal(low->axes[1].name, "time");
    assert_float_equal(oto_axis_at(low, 1, 0), 0.1, 1e-9);
    assert_int_equal(low->quantity, OTO_AMPLITUDE);
}

static void a_response_knows_its_frequencies_in_hertz(void **state) {
    OtoTensor *H = oto_freqz_sos(oto_butter(4, 1000, .fs = fs), .worN = 11025);
    assert_string_equal(H->axes[0].unit, "Hz");
    assert_float_equal(oto_axis_at(H, 0, 1000), 1000, 1e-9);
    assert_float_equal(cabsf(oto_complex_at(H, 1000)), sqrt(0.5), 1e-6);
    assert_string_equal(oto_freqz(b, a)->axes[0].unit, "rad/sample");
}

static void a_correlation_finds_the_delay(void **state) {
    OtoTensor *late = oto_concatenate(oto_as_audio(oto_zeros(441), fs), noise);
    OtoTensor *z = oto_correlate(late, noise);
    assert_string_equal(z->axes[0].name, "lag");
    assert_float_equal(oto_axis_at(z, 0, oto_argmax(z)), 0.02, 1e-9);
}

static void convolution_is_the_same_either_way(void **state) {
    OtoTensor *h = oto_slice(noise, "time", 0, 300);
    OtoTensor *direct = oto_convolve(stereo, h, .method = OTO_FIR_DIRECT);
    OtoTensor *fast = oto_convolve(stereo, h, .method = OTO_FIR_FFT);
    assert_true(largest_difference(direct, fast) < 1e-5);
}

static void filters_are_the_same_with_any_number_of_threads(void **state) {
    OtoTensor *h = oto_slice(noise, "time", 0, 300);
    oto_set_threads(1);
    OtoTensor *first = oto_convolve(stereo, h), *low = oto_sosfiltfilt(oto_butter(4, 0.1), stereo);
    oto_set_threads(3);
    assert_true(largest_difference(first, oto_convolve(stereo, h)) == 0);
    assert_true(largest_difference(low, oto_sosfiltfilt(oto_butter(4, 0.1), stereo)) == 0);
    oto_set_threads(0);
}

static void a_cascade_is_one_filter_behind_the_other(void **state) {
    OtoSos low = oto_butter(3, 3000, .fs = fs), peak = oto_biquad(OTO_BIQUAD_PEAK, 500, .gain = 12, .fs = fs);
    OtoTensor *both = oto_sosfilt(oto_cascade(low, peak), y);
    assert_true(largest_difference(both, oto_sosfilt(peak, oto_sosfilt(low, y))) < 1e-6);
}

static void silence_and_constants_stay(void **state) {
    OtoSos low = oto_butter(4, 20, .fs = fs);
    OtoTensor *silence = oto_as_audio(oto_zeros(2000), fs), *constant = oto_add(silence, 0.25);
    assert_true(largest_difference(oto_sosfilt(low, silence), silence) == 0);
    assert_true(largest_difference(oto_sosfiltfilt(low, constant), constant) < 1e-6);
}

static void misuse_is_refused(void **state) {
    OtoSos low = oto_butter(4, 1000, .fs = fs), unstable = {.sections = 1, .section = {{.b0 = 1, .a1 = -2.1, .a2 = 1}}};
    OtoTensor *broken = oto_copy(y), *empty = oto_as_audio(oto_zeros(0), fs);
    oto_at(broken, 17) = NAN;
    assert_refused(oto_butter(4, 1000), "give .fs, the sample rate");
    assert_refused(oto_butter(4, 12000, .fs = fs), "Wn is 12000, but must lie between 0 and 11025");
    assert_refused(oto_butter(0, 100, .fs = fs), "N is 0");
    assert_refused(oto_butter(17, 100, .upper = 200, .btype = OTO_BANDPASS, .fs = fs), "N is 17");
    assert_refused(oto_butter(2, 300, .btype = OTO_BANDPASS, .fs = fs), "upper is 0");
    assert_refused(oto_butter(2, 300, .upper = 500, .fs = fs), "has one edge");
    assert_refused(oto_cheby1(2, 0, 300, .fs = fs), "rp is 0");
    assert_refused(oto_biquad(OTO_BIQUAD_PEAK, 300, .Q = 0, .fs = fs), "Q is 0");
    assert_refused(oto_biquad((OtoBiquadKind)20, 300, .fs = fs), "20 is no kind of biquad");
    assert_refused(oto_firwin(100, 1000, .fs = fs, .pass_zero = OTO_HIGHPASS), "numtaps is 100, but must be odd");
    assert_refused(oto_firwin(0, 1000, .fs = fs), "numtaps is 0");
    assert_refused(oto_cascade(low, oto_butter(4, 1000, .fs = 44100)), "22050 and 44100 Hz");
    assert_refused(oto_sosfilt(low, oto_as_audio(oto_zeros(10), 44100)), "designed for 22050 Hz, but x has 44100 Hz");
    assert_refused(oto_sosfilt(unstable, y), "section 0 is unstable");
    assert_refused(oto_sosfilt((OtoSos){}, y), "the number of sections is 0");
    assert_refused(oto_sosfilt(low, broken), "element 17 of x is NaN");
    assert_refused(oto_sosfilt(low, empty), "x is empty");
    assert_refused(oto_lfilter(one, oto_tensor(1, -2), y), "the filter is unstable");
    assert_refused(oto_lfilter(one, oto_tensor(1, -3, 1), y), "has grown beyond float32");
    assert_refused(oto_lfilter(one, oto_tensor(0, 1), y), "a[0] is 0");
    assert_refused(oto_lfilter(stereo, one, y), "must be one row of coefficients");
    assert_refused(oto_sosfiltfilt(low, oto_slice(y, "time", 0, 15)), "x has 15 samples, and padlen is 15");
    assert_refused(oto_filtfilt(one, oto_tensor(1, -1), y), "a pole at 0 Hz");
    assert_refused(oto_filtfilt(b, a, oto_slice(y, "time", 0, 1)),
                   "x has 1 samples, and padlen is 12, but must be less");
    assert_refused(oto_filtfilt(b, a, y, .padlen = -2), "padlen is -2, but must be at least 0");
    assert_refused(oto_convolve(empty, y), "in1 is empty");
    assert_refused(oto_convolve(y, broken), "element 17 of in2 is NaN");
    assert_refused(oto_convolve(y, oto_zeros(3, 4)), "in2 must be one row");
    assert_refused(oto_convolve(y, oto_as_audio(oto_zeros(10), 8000)), "oto_resample one of them");
    assert_refused(oto_medfilt(y, 4), "kernel_size is 4, but must be odd");
    assert_refused(oto_freqz(b, a, .worN = 0), "worN is 0");
    OtoFilterState *state_of_one = oto_filter_state();
    oto_sosfilt(low, y, .state = state_of_one);
    assert_refused(oto_sosfilt(low, stereo, .state = state_of_one), "state is that of another filter");
    oto_free(state_of_one);
    assert_refused(oto_sosfilt(low, y, .state = state_of_one), "state");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(designs_agree_with_scipy),
        cmocka_unit_test(biquads_agree_with_the_cookbook),
        cmocka_unit_test(filtering_agrees_with_scipy),
        cmocka_unit_test(responses_agree_with_scipy),
        cmocka_unit_test(impulse_responses_agree_with_scipy),
        cmocka_unit_test(convolutions_agree_with_scipy),
        cmocka_unit_test(medians_agree_with_scipy),
        cmocka_unit_test(blocks_with_their_state_are_the_whole),
        cmocka_unit_test(a_chain_of_seven_sections_in_any_blocks_is_its_sections_one_after_the_other),
        cmocka_unit_test(a_filter_keeps_what_a_sound_knows),
        cmocka_unit_test(a_response_knows_its_frequencies_in_hertz),
        cmocka_unit_test(a_correlation_finds_the_delay),
        cmocka_unit_test(convolution_is_the_same_either_way),
        cmocka_unit_test(filters_are_the_same_with_any_number_of_threads),
        cmocka_unit_test(a_cascade_is_one_filter_behind_the_other),
        cmocka_unit_test(silence_and_constants_stay),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, make_inputs, NULL);
}
