/* Separated sources: agreement with mir_eval (tests/golden/make_sources.py), and what must hold by definition. */
#include "golden.h"
#include "interrupt.h"
#include "refusal.h"

#include "lib/metrics/separation.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"

enum { RATE = 8000, NAME_SIZE = 100 };

static const char *const cases[] = {"one source", "two sources", "nearly right", "three sources"};
enum { CASES = sizeof cases / sizeof *cases };

/* Sources and their estimates, mixed as the golden file says. */
struct scene {
    OtoTensor *sources, *estimates;
};

static struct scene scene_of(const char *name, double seconds) {
    static const char *const kinds[] = {"melody", "beats", "chirp"};
    OtoTensor *weights = golden_tensor("sources", name), *noise = golden_signal("noise", RATE, seconds);
    long long count = weights->shape[0], samples = noise->size;
    struct scene scene = {oto_zeros(count, samples), oto_zeros(count, samples)};
    for (int i = 0; i < count; i++)
        memcpy(oto_data(scene.sources) + i * samples, oto_data(golden_signal(kinds[i], RATE, seconds)),
               (size_t)samples * sizeof(float));
    for (int e = 0; e < count; e++)
        for (int64_t n = 0; n < samples; n++) {
            double sum = 0;
            for (int i = 0; i <= count; i++) {
                int64_t from = n - (int64_t)oto_at(weights, e, i, 1);
                const float *part = i < count ? oto_data(scene.sources) + i * samples : oto_data(noise);
                if (from >= 0) sum += (double)oto_at(weights, e, i, 0) * (double)part[from];
            }
            oto_data(scene.estimates)[e * samples + n] = (float)sum;
        }
    scene.sources = oto_as_audio(scene.sources, RATE);
    return scene;
}

/* (SDR SIR SAR permutation, source, ...) */
static OtoTensor *numbers_of(OtoSeparationScore score, int rows) {
    OtoTensor *numbers = oto_zeros(rows, score.sdr->size);
    OtoTensor *parts[] = {score.sdr, score.sir, score.sar};
    for (int64_t i = 0; i < score.sdr->size; i++) {
        for (int row = 0; row < 3; row++) oto_at(numbers, row, i) = oto_data(parts[row])[i];
        if (rows == 4) oto_at(numbers, 3, i) = (float)oto_int_data(score.permutation)[i];
    }
    if (score.sdr->rank == 1) return numbers;
    return oto_reshape(numbers, rows, score.sdr->rows, score.sdr->cols);
}

static void assert_score(const char *name, const char *detail, OtoSeparationScore score, int rows) {
    char whole[NAME_SIZE];
    snprintf(whole, sizeof whole, "%s%s", name, detail);
    assert_agrees("sources", "oto_separation_score", whole, numbers_of(score, rows), 1e-6);
}

/* ---- agreement ---- */

static void separation_scores_agree(void **state) {
    for (int i = 0; i < CASES; i++) {
        struct scene scene = scene_of(cases[i], 1.5);
        assert_score(cases[i], "", oto_separation_score(scene.sources, scene.estimates), 4);
        if (scene.sources->rows == 1) continue;
        OtoSeparationScore in_order = oto_separation_score(scene.sources, scene.estimates, .permute = false);
        assert_score(cases[i], ", in order", in_order, 4);
    }
}

static void other_filters_agree(void **state) {
    for (int i = 1; i < CASES; i++) {
        struct scene scene = scene_of(cases[i], 1.5);
        OtoSeparationScore one =
            oto_separation_score(scene.sources, scene.estimates, .filter_length = 1, .permute = false);
        OtoSeparationScore hundred =
            oto_separation_score(scene.sources, scene.estimates, .filter_length = 100, .permute = false);
        assert_score(cases[i], ", 1 taps", one, 3);
        assert_score(cases[i], ", 100 taps", hundred, 3);
    }
}

static void pieces_agree(void **state) {
    struct scene scene = scene_of("two sources", 3);
    for (int64_t n = RATE; n < 2 * RATE; n++) oto_at(scene.sources, 1, n) = oto_at(scene.estimates, 0, n) = 0;
    assert_score("pieces", ", hop 4000",
                 oto_separation_score(scene.sources, scene.estimates, .frame_length = 8000, .hop_length = 4000), 4);
    assert_score("pieces", ", hop 8000",
                 oto_separation_score(scene.sources, scene.estimates, .frame_length = 8000, .hop_length = 8000), 4);
}

static void scale_invariant_scores_agree(void **state) {
    for (int i = 0; i < CASES; i++) {
        struct scene scene = scene_of(cases[i], 1.5);
        char centred[NAME_SIZE];
        snprintf(centred, sizeof centred, "%s, zero mean", cases[i]);
        assert_agrees("sources", "oto_si_sdr", cases[i], oto_si_sdr(scene.sources, scene.estimates), 1e-6);
        assert_agrees("sources", "oto_si_sdr", centred, oto_si_sdr(scene.sources, scene.estimates, .zero_mean = true),
                      1e-6);
    }
}

/* ---- what must hold by definition ---- */

static void the_sources_themselves_are_perfect(void **state) {
    struct scene scene = scene_of("two sources", 1);
    OtoSeparationScore score = oto_separation_score(scene.sources, scene.sources);
    assert_true(oto_at(score.sdr, 0) > 150 && oto_at(score.sdr, 1) > 150);
    assert_int_equal(oto_int_at(score.permutation, 1), 1);
    OtoTensor *half = oto_mul(scene.sources, 0.5);
    assert_true(isinf(oto_at(oto_si_sdr(scene.sources, half), 0)));
}

static void a_filtered_source_is_no_distortion(void **state) {
    struct scene scene = scene_of("two sources", 1);
    OtoTensor *late = oto_zeros(2, scene.sources->cols);
    for (int i = 0; i < 2; i++)
        for (int64_t n = 100; n < late->cols; n++) oto_at(late, i, n) = oto_at(scene.sources, i, n - 100);
    assert_true(oto_at(oto_separation_score(scene.sources, late).sdr, 1) > 20);
    assert_true(oto_at(oto_separation_score(scene.sources, late, .filter_length = 100).sdr, 1) < 10);
}

/* A tone, and the same source twice: the equations of the filters have many solutions. */
static void sources_that_say_little_are_measured(void **state) {
    OtoTensor *sources = oto_zeros(2, RATE);
    for (int64_t n = 0; n < RATE; n++) oto_at(sources, 0, n) = oto_at(sources, 1, n) = (float)(n % 16 < 8 ? 0.5 : -0.5);
    OtoSeparationScore score = oto_separation_score(sources, sources);
    assert_true(oto_at(score.sdr, 0) > 60 && oto_at(score.sar, 1) > 60);
}

static void one_channel_may_be_a_plain_sound(void **state) {
    OtoTensor *source = golden_signal("melody", RATE, 1), *estimate = oto_add(source, golden_signal("noise", RATE, 1));
    OtoSeparationScore score = oto_separation_score(source, estimate);
    assert_int_equal(score.sdr->rank, 1);
    assert_string_equal(score.sdr->axes[0].name, "source");
    assert_int_equal(score.sdr->quantity, OTO_DECIBEL);
    assert_true(isinf(oto_at(score.sir, 0)));
}

static void a_short_sound_is_one_piece(void **state) {
    OtoTensor *source = golden_signal("melody", RATE, 1), *estimate = oto_add(source, golden_signal("noise", RATE, 1));
    OtoSeparationScore score = oto_separation_score(source, estimate, .frame_length = 6000);
    assert_int_equal(score.sdr->cols, 1);
    assert_float_equal(oto_at(score.sdr, 0, 0), oto_at(oto_separation_score(source, estimate).sdr, 0), 0);
}

static void threads_change_nothing(void **state) {
    struct scene scene = scene_of("two sources", 1.5);
    int before = oto_set_threads(1);
    OtoSeparationScore one = oto_separation_score(scene.sources, scene.estimates);
    oto_set_threads(3);
    OtoSeparationScore three = oto_separation_score(scene.sources, scene.estimates);
    oto_set_threads(before);
    assert_memory_equal(one.sdr->data, three.sdr->data, 2 * sizeof(float));
    assert_memory_equal(one.sar->data, three.sar->data, 2 * sizeof(float));
}

static void an_interrupt_ends_it_early(void **state) {
    struct scene scene = scene_of("two sources", 1);
    interrupt_after(3);
    OtoSeparationScore score = oto_separation_score(scene.sources, scene.estimates, .frame_length = 4000);
    interrupt_never();
    assert_float_equal(oto_at(score.sdr, 0, score.sdr->cols - 1), 0, 0);
}

static void misuse_is_refused(void **state) {
    OtoTensor *x = golden_signal("noise", RATE, 0.2), *silence = oto_zeros(1600), *broken = oto_copy(x);
    oto_at(broken, 7) = NAN;
    assert_refused(oto_separation_score(x, oto_zeros(1599)), "reference is (time 1600), but estimated (1599)");
    assert_refused(oto_separation_score(oto_zeros(0), oto_zeros(0)), "it must be (channels, time)");
    assert_refused(oto_separation_score(silence, x), "source 0 of reference is silent");
    assert_refused(oto_separation_score(x, silence), "source 0 of estimated is silent");
    assert_refused(oto_separation_score(x, broken), "element 7 of estimated is NaN");
    assert_refused(oto_separation_score(x, x, .filter_length = 0), "filter_length is 0");
    assert_refused(oto_separation_score(x, x, .filter_length = 1601), "filter_length is 1601");
    assert_refused(oto_separation_score(x, x, .frame_length = 100), "frame_length is 100");
    assert_refused(oto_separation_score(x, x, .hop_length = -1), "hop_length is -1");
    OtoTensor *many = oto_add(oto_zeros(9, 1600), 1);
    assert_refused(oto_separation_score(many, many), "at most 8 sources");
    assert_refused(oto_si_sdr(silence, x), "source 0 of reference is silent");
    assert_refused(oto_si_sdr(x, broken), "element 7 of estimated is NaN");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separation_scores_agree),
        cmocka_unit_test(other_filters_agree),
        cmocka_unit_test(pieces_agree),
        cmocka_unit_test(scale_invariant_scores_agree),
        cmocka_unit_test(the_sources_themselves_are_perfect),
        cmocka_unit_test(a_filtered_source_is_no_distortion),
        cmocka_unit_test(sources_that_say_little_are_measured),
        cmocka_unit_test(one_channel_may_be_a_plain_sound),
        cmocka_unit_test(a_short_sound_is_one_piece),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(an_interrupt_ends_it_early),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
