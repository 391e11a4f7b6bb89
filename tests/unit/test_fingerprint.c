/* Fingerprints: recordings are recognised from parts of them, with noise, and others are not. There is no peer whose
 * numbers could be compared. */
#include "golden.h"
#include "refusal.h"

#include "lib/dsp/fingerprint.h"
#include "lib/music/sound.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/random.h"

enum { SR = 22050 };

/* Twenty seconds of random tones, another piece for each seed. */
static OtoTensor *piece(uint64_t seed) {
    OtoTensor *x = oto_as_audio(oto_zeros(20 * SR), SR);
    float *to = oto_data(x);
    oto_seed(seed);
    for (int note = 0; note < 80; note++) {
        double hz = 200 * pow(2, (double)oto_random_below(40) / 12);
        for (int n = 0; n < SR / 2 && note * SR / 4 + n < 20 * SR; n++)
            for (int k = 1; k <= 4; k++)
                to[note * SR / 4 + n] += (float)(0.1 / k * sin(2 * M_PI * hz * k * n / SR) * exp(-4.0 * n / SR));
    }
    return x;
}

static OtoTensor *index_of_three(void) {
    return oto_fingerprint_index(oto_fingerprint(piece(1)), oto_fingerprint(piece(2)), oto_fingerprint(piece(3)));
}

/* Seconds 7 to 12 of the second piece, with as much noise as signal. */
static OtoTensor *noisy_excerpt(void) {
    OtoTensor *x = oto_slice(piece(2), "time", 7 * SR, 12 * SR);
    double power = 0;
    for (int64_t i = 0; i < x->size; i++) power += pow((double)oto_data(x)[i], 2) / (double)x->size;
    for (int64_t i = 0; i < x->size; i++) oto_data(x)[i] += (float)(sqrt(power) * oto_normal());
    return x;
}

static void a_noisy_excerpt_is_recognised_where_it_lies(void **state) {
    OtoMatch match = oto_fingerprint_match(index_of_three(), oto_fingerprint(noisy_excerpt()));
    assert_int_equal(match.recording, 1);
    assert_float_equal(match.offset, 7, 0.06);
    assert_true(match.hits > 10 && match.hits > 3 * match.runner_up);
}

static void a_recording_matches_itself_with_every_landmark(void **state) {
    OtoTensor *fingerprint = oto_fingerprint(piece(3));
    OtoMatch match = oto_fingerprint_match(index_of_three(), fingerprint);
    assert_int_equal(match.recording, 2);
    assert_float_equal(match.offset, 0, 0);
    assert_true(match.hits >= fingerprint->rows);
    assert_int_equal(match.landmarks, fingerprint->rows);
}

static void an_unknown_recording_has_few_hits(void **state) {
    OtoMatch match = oto_fingerprint_match(index_of_three(), oto_fingerprint(oto_slice(piece(9), "time", 0, 5 * SR)));
    OtoMatch known = oto_fingerprint_match(index_of_three(), oto_fingerprint(noisy_excerpt()));
    assert_true(4 * match.hits < known.hits);
}

static void silence_has_no_landmarks(void **state) {
    OtoTensor *silence = oto_fingerprint(golden_signal("silence", SR, 2));
    assert_int_equal(silence->rows, 0);
    OtoMatch match = oto_fingerprint_match(index_of_three(), silence);
    assert_int_equal(match.recording, -1);
    assert_int_equal(match.hits, 0);
    assert_int_equal(oto_fingerprint_index(silence, silence)->rows, 0);
}

static void peaks_are_the_largest_of_their_neighbourhood(void **state) {
    /* a tone that lasts: one bin, and not two peaks within seven frames unless they are equal */
    OtoTensor *map = oto_constellation(golden_signal("chirp", SR, 2));
    assert_true(map->rows > 3);
    for (int64_t i = 0; i + 1 < map->rows; i++) {
        assert_true(oto_int_at(map, i, 0) <= oto_int_at(map, i + 1, 0));
        bool near = oto_int_at(map, i + 1, 0) - oto_int_at(map, i, 0) <= 7 &&
                    llabs((long long)(oto_int_at(map, i + 1, 1) - oto_int_at(map, i, 1))) <= 15;
        assert_false(near);
    }
}

static void landmarks_hold_two_bins_and_a_distance(void **state) {
    OtoTensor *landmarks = oto_fingerprint(piece(1), .from = 3, .to = 20, .reach = 50, .fan_out = 4);
    assert_true(landmarks->rows > 100);
    for (int64_t i = 0; i < landmarks->rows; i++) {
        int64_t hash = oto_int_at(landmarks, i, 0), first = hash >> 40, second = hash >> 16 & 0xffffff;
        assert_in_range(hash & 0xffff, 3, 20);
        assert_true(first - second <= 50 && second - first <= 50);
    }
}

static void any_number_of_threads_gives_the_same_landmarks(void **state) {
    int before = oto_set_threads(1);
    OtoTensor *one = oto_fingerprint(piece(1));
    oto_set_threads(3);
    OtoTensor *three = oto_fingerprint(piece(1));
    oto_set_threads(before);
    assert_int_equal(one->size, three->size);
    assert_memory_equal(one->data, three->data, (size_t)one->size * sizeof(int64_t));
}

static void wrong_parameters_are_named(void **state) {
    OtoTensor *x = golden_signal("melody", SR, 1), *fingerprint = oto_fingerprint(x);
    assert_refused(oto_constellation(x, .n_fft = 0), "n_fft is 0");
    assert_refused(oto_constellation(x, .hop_length = 0), "hop_length is 0");
    assert_refused(oto_constellation(x, .threshold = 2), "threshold is 2, but must lie within [0, 1]");
    assert_refused(oto_fingerprint(x, .fan_out = 0), "fan_out is 0");
    assert_refused(oto_fingerprint(x, .from = 9, .to = 3), "to is 3, but must lie within [9");
    assert_refused(oto_fingerprint(oto_zeros(5)), "not a sound");
    assert_refused(oto_fingerprint_index(x), "must be int64 (landmark, part 2)");
    assert_refused(oto_fingerprint_index(fingerprint, oto_fingerprint(x, .hop_length = 256)), "cannot be compared");
    assert_refused(oto_fingerprint_match(fingerprint, fingerprint), "part 3), as oto_fingerprint_index makes it");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_noisy_excerpt_is_recognised_where_it_lies),
        cmocka_unit_test(a_recording_matches_itself_with_every_landmark),
        cmocka_unit_test(an_unknown_recording_has_few_hits),
        cmocka_unit_test(silence_has_no_landmarks),
        cmocka_unit_test(peaks_are_the_largest_of_their_neighbourhood),
        cmocka_unit_test(landmarks_hold_two_bins_and_a_distance),
        cmocka_unit_test(any_number_of_threads_gives_the_same_landmarks),
        cmocka_unit_test(wrong_parameters_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
