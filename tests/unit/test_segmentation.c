/* Novelty and segmentation: agreement with librosa 0.11.0 and SciPy (tests/golden/make_segmentation.py), and what must
 * hold by definition. */
#include "golden.h"
#include "refusal.h"

#include "lib/dsp/recurrence.h"
#include "lib/dsp/segmentation.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"

static void agrees(const char *function, const char *name, OtoTensor *x, double tolerance) {
    assert_agrees("segmentation", function, name, x, tolerance);
}
static OtoTensor *data(void) {
    return golden_tensor("segmentation", "data");
}

static void novelty_is_that_of_the_definition(void **state) {
    OtoTensor *S = oto_self_similarity(data());
    agrees("oto_checkerboard", "10 frames", oto_checkerboard(.kernel_size = 10), 1e-6);
    agrees("oto_novelty", "10 frames", oto_novelty(S, .kernel_size = 10), 1e-5);
    agrees("oto_novelty", "12 frames, narrow, without ends",
           oto_novelty(S, .kernel_size = 12, .variance = 0.6, .exclude = true), 1e-5);
}

static void segments_are_those_of_librosa(void **state) {
    const int counts[] = {1, 2, 4, 9, 40, 90};
    for (int i = 0; i < 6; i++) {
        char name[30];
        snprintf(name, sizeof name, "%d segments", counts[i]);
        agrees("oto_agglomerative", name, oto_agglomerative(data(), counts[i]), 0);
    }
    const float levels[] = {0, 1, 0, 1, 3, 3, 0, 0};
    OtoTensor *ties = oto_zeros(24);
    for (int i = 0; i < 24; i++) oto_at(ties, i) = levels[i / 3];
    agrees("oto_agglomerative", "ties", oto_agglomerative(ties, 6), 0);
    OtoTensor *frames = oto_tensor(10, 30, 33, 70);
    agrees("oto_subsegment", "four each", oto_subsegment(data(), frames), 0);
    agrees("oto_subsegment", "two each", oto_subsegment(data(), frames, .n_segments = 2), 0);
}

static void the_laplacian_embedding_is_that_of_the_gallery(void **state) {
    OtoTensor *R = golden_tensor("segmentation", "R");
    agrees("oto_laplacian_embedding", "3 components", oto_laplacian_embedding(R, data(), 3), 1e-4);
}

static void sections_lie_apart_in_the_embedding(void **state) {
    OtoTensor *X = oto_laplacian_embedding(golden_tensor("segmentation", "R"), data(), 3);
    /* A B A C with borders at 25, 43, 68: frame 10 and frame 55 are both A */
    double same = 0, other = 0;
    for (int k = 0; k < 3; k++) {
        same += pow((double)(oto_at(X, 10, k) - oto_at(X, 55, k)), 2);
        other += pow((double)(oto_at(X, 10, k) - oto_at(X, 34, k)), 2);
    }
    assert_true(same < 0.1 * other);
}

static void novelty_peaks_at_a_border(void **state) {
    OtoTensor *S = oto_zeros(40, 40);
    for (int i = 0; i < 40; i++)
        for (int j = 0; j < 40; j++) oto_at(S, i, j) = (i < 22) == (j < 22);
    int64_t peak = oto_argmax(oto_novelty(S, .kernel_size = 6, .exclude = true));
    assert_in_range(peak, 21, 22);
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
    OtoTensor *S = oto_self_similarity(data());
    int before = oto_set_threads(1);
    OtoTensor *one = oto_novelty(S);
    oto_set_threads(3);
    OtoTensor *three = oto_novelty(S);
    oto_set_threads(before);
    assert_memory_equal(one->data, three->data, (size_t)one->size * sizeof(float));
}

static void wrong_parameters_are_named(void **state) {
    OtoTensor *x = data(), *S = oto_self_similarity(x);
    assert_refused(oto_novelty(x), "must be a square matrix");
    assert_refused(oto_novelty(S, .kernel_size = 0), "kernel_size is 0");
    assert_refused(oto_novelty(S, .variance = -1), "variance is -1");
    assert_refused(oto_agglomerative(x, 0), "k is 0, but must lie within [1, 90]");
    assert_refused(oto_agglomerative(x, 91), "k is 91");
    assert_refused(oto_agglomerative(oto_mul(x, NAN), 3), "of data is NaN");
    assert_refused(oto_subsegment(x, oto_tensor(1), .n_segments = 0), "n_segments is 0");
    assert_refused(oto_subsegment(x, oto_tensor(-4)), "frames has -4");
    assert_refused(oto_laplacian_embedding(x, x, 3), "must be square");
    assert_refused(oto_laplacian_embedding(S, oto_zeros(2, 5), 3), "but R has 90 frames");
    assert_refused(oto_laplacian_embedding(S, x, 0), "k is 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(novelty_is_that_of_the_definition),
        cmocka_unit_test(segments_are_those_of_librosa),
        cmocka_unit_test(the_laplacian_embedding_is_that_of_the_gallery),
        cmocka_unit_test(sections_lie_apart_in_the_embedding),
        cmocka_unit_test(novelty_peaks_at_a_border),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(wrong_parameters_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
