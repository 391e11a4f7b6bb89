/* Distances, time warping, recurrence, lag, path enhancement, recurrence quantification: agreement with SciPy and
 * librosa 0.11.0 (tests/golden/make_dtw.py), and what must hold by definition. */
#include "golden.h"
#include "refusal.h"

#include "lib/dsp/distance.h"
#include "lib/dsp/dtw.h"
#include "lib/dsp/recurrence.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"

static void agrees(const char *function, const char *name, OtoTensor *x, double tolerance) {
    assert_agrees("dtw", function, name, x, tolerance);
}
static OtoTensor *input(const char *name) {
    return golden_tensor("dtw", name);
}
/* Columns from ... to - 1 of a matrix. */
static OtoTensor *columns(OtoTensor *x, int64_t from, int64_t to) {
    return oto_slice(oto_name_axis(oto_copy(x), 1, "time"), "time", from, to);
}

static const char *const metrics[] = {"euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "correlation"};

static void distances_agree_with_scipy(void **state) {
    for (OtoMetric metric = OTO_METRIC_EUCLIDEAN; metric <= OTO_METRIC_CORRELATION; metric++)
        agrees("oto_cdist", metrics[metric], oto_cdist(input("X"), input("Y"), .metric = metric), 1e-6);
}

/* Costs to rounding, the path exactly. */
#define ASSERT_DTW(name, call, ...)                                                                                    \
    do {                                                                                                               \
        OtoTensor *path = NULL;                                                                                        \
        agrees("oto_dtw", name ": cost", call(__VA_ARGS__, .path = &path), 1e-6);                                      \
        agrees("oto_dtw", name ": path", path, 0);                                                                     \
    } while (0)

static void alignments_are_those_of_librosa(void **state) {
    OtoTensor *X = input("X"), *Y = input("Y");
    ASSERT_DTW("euclidean", oto_dtw, X, Y);
    ASSERT_DTW("sqeuclidean", oto_dtw, X, Y, .metric = OTO_METRIC_SQEUCLIDEAN);
    ASSERT_DTW("cityblock", oto_dtw, X, Y, .metric = OTO_METRIC_CITYBLOCK);
    ASSERT_DTW("chebyshev", oto_dtw, X, Y, .metric = OTO_METRIC_CHEBYSHEV);
    ASSERT_DTW("cosine", oto_dtw, X, Y, .metric = OTO_METRIC_COSINE);
    ASSERT_DTW("correlation", oto_dtw, X, Y, .metric = OTO_METRIC_CORRELATION);
    ASSERT_DTW("ties", oto_dtw, input("whole"), input("whole2"));
    ASSERT_DTW("band", oto_dtw, X, Y, .global_constraints = true, .band_rad = 0.2);
    ASSERT_DTW("band, longer first", oto_dtw, Y, X, .global_constraints = true, .band_rad = 0.1);
}

static void parts_are_found_where_librosa_finds_them(void **state) {
    OtoTensor *part = columns(input("X"), 10, 25), *Y = input("Y");
    OtoTensor *steps = oto_reshape(oto_tensor(1, 1, 1, 2, 2, 1), 3, 2);
    ASSERT_DTW("part", oto_dtw, part, Y, .subseq = true);
    ASSERT_DTW("part, longer first", oto_dtw, Y, part, .subseq = true);
    ASSERT_DTW("part, steps", oto_dtw, part, Y, .subseq = true, .step_sizes_sigma = steps);
}

static void steps_and_weights_count_as_in_librosa(void **state) {
    OtoTensor *X = input("X"), *Y = input("Y");
    ASSERT_DTW("steps", oto_dtw, X, Y, .step_sizes_sigma = oto_reshape(oto_tensor(1, 1, 1, 2, 2, 1), 3, 2));
    ASSERT_DTW("weighted steps", oto_dtw, X, Y, .step_sizes_sigma = oto_reshape(oto_tensor(1, 1, 0, 1, 1, 0), 3, 2),
               .weights_mul = oto_tensor(2, 1, 1), .weights_add = oto_tensor(0, 0.5, 1));
    ASSERT_DTW("weights", oto_dtw, X, Y, .weights_mul = oto_tensor(1, 1.5, 1.5));
    ASSERT_DTW("costs", oto_dtw_cost, input("C"));
    ASSERT_DTW("costs, part", oto_dtw_cost, input("C"), .subseq = true);
}

static void recurrences_agree_with_librosa(void **state) {
    const char *f = "oto_recurrence_matrix";
    OtoTensor *x = input("repeated");
    agrees(f, "links", oto_recurrence_matrix(x), 0);
    agrees(f, "links, width 5, k 7, sym", oto_recurrence_matrix(x, .k = 7, .width = 5, .sym = true), 0);
    agrees(f, "links, self", oto_recurrence_matrix(x, .k = 200, .self = true), 0);
    agrees(f, "distance", oto_recurrence_matrix(x, .mode = OTO_DISTANCE), 1e-6);
    agrees(f, "distance, full", oto_recurrence_matrix(x, .mode = OTO_DISTANCE, .full = true), 1e-6);
    agrees(f, "distance, cityblock, sym",
           oto_recurrence_matrix(x, .mode = OTO_DISTANCE, .metric = OTO_METRIC_CITYBLOCK, .sym = true, .k = 10), 1e-6);
    agrees(f, "distance, cosine",
           oto_recurrence_matrix(x, .mode = OTO_DISTANCE, .metric = OTO_METRIC_COSINE, .k = 10, .width = 3), 1e-5);
    agrees(f, "affinity", oto_recurrence_matrix(x, .mode = OTO_AFFINITY), 1e-6);
    agrees(f, "affinity, self, sym, width 3",
           oto_recurrence_matrix(x, .mode = OTO_AFFINITY, .self = true, .sym = true, .width = 3), 1e-6);
    agrees(f, "affinity, bandwidth 2", oto_recurrence_matrix(x, .mode = OTO_AFFINITY, .bandwidth = 2), 1e-6);
    const char *names[] = {"mean_k", "gmean_k", "mean_k_avg", "gmean_k_avg", "mean_k_avg_and_pair"};
    for (OtoBandwidthMode mode = OTO_MEAN_K; mode <= OTO_MEAN_K_AVG_AND_PAIR; mode++) {
        char name[50];
        snprintf(name, sizeof name, "affinity, %s", names[mode - OTO_MEAN_K]);
        agrees(f, name, oto_recurrence_matrix(x, .mode = OTO_AFFINITY, .bandwidth_mode = mode, .k = 9), 1e-6);
    }
    agrees(f, "affinity, full", oto_recurrence_matrix(x, .mode = OTO_AFFINITY, .full = true, .k = 5), 1e-6);
}

static void cross_similarities_agree_with_librosa(void **state) {
    const char *f = "oto_cross_similarity";
    OtoTensor *X = input("X"), *Y = input("Y");
    agrees(f, "connectivity", oto_cross_similarity(X, Y), 0);
    agrees(f, "distance", oto_cross_similarity(X, Y, .mode = OTO_DISTANCE), 1e-6);
    agrees(f, "affinity", oto_cross_similarity(X, Y, .mode = OTO_AFFINITY), 1e-6);
    agrees(f, "k 5, cosine", oto_cross_similarity(X, Y, .k = 5, .metric = OTO_METRIC_COSINE, .mode = OTO_DISTANCE),
           1e-5);
    agrees(f, "full", oto_cross_similarity(Y, X, .full = true, .mode = OTO_AFFINITY), 1e-6);
    agrees("oto_self_similarity", "cosine", oto_self_similarity(input("repeated")), 1e-6);
}

static OtoTensor *square(void) {
    return columns(input("C"), 0, 40);
}
static OtoTensor *root(OtoTensor *x) {
    return oto_map(oto_map(x, fabsf), sqrtf);
}

static void lags_agree_with_librosa(void **state) {
    OtoTensor *R = square(), *by_column = oto_recurrence_to_lag(R, .axis = 0);
    agrees("oto_recurrence_to_lag", "padded", oto_recurrence_to_lag(R), 1e-7);
    agrees("oto_recurrence_to_lag", "not padded", oto_recurrence_to_lag(R, .pad = false), 1e-7);
    agrees("oto_recurrence_to_lag", "axis 0", by_column, 1e-7);
    agrees("oto_lag_to_recurrence", "square", oto_lag_to_recurrence(R), 1e-7);
    agrees("oto_lag_to_recurrence", "axis 0", oto_lag_to_recurrence(by_column, .axis = 0), 1e-7);
    agrees("oto_timelag_filter", "square root", oto_timelag_filter(R, root), 1e-6);
}

static void diagonal_filters_agree_with_librosa(void **state) {
    const char *f = "oto_diagonal_filter";
    agrees(f, "9 frames, slope 1, sum 1", oto_diagonal_filter(9), 1e-6);
    agrees(f, "9 frames, slope 2, sum 1", oto_diagonal_filter(9, .slope = 2), 1e-6);
    agrees(f, "16 frames, slope 0.6, zero mean", oto_diagonal_filter(16, .slope = 0.6, .zero_mean = true), 1e-6);
    agrees(f, "5 frames, slope 1.3, sum 1", oto_diagonal_filter(5, .slope = 1.3), 1e-6);
    agrees(f, "8 frames, slope 1, zero mean", oto_diagonal_filter(8, .zero_mean = true), 1e-6);
}

static void enhanced_paths_agree_with_librosa(void **state) {
    OtoTensor *A = oto_recurrence_matrix(input("repeated"), .mode = OTO_AFFINITY, .k = 10);
    agrees("oto_path_enhance", "defaults", oto_path_enhance(A, 15), 1e-5);
    agrees("oto_path_enhance", "zero mean, not clipped",
           oto_path_enhance(A, 8, .zero_mean = true, .clip = false, .max_ratio = 1.5, .n_filters = 4), 1e-5);
    agrees("oto_path_enhance", "larger than the matrix", oto_path_enhance(square(), 61, .max_ratio = 1, .n_filters = 1),
           1e-5);
}

static void recurrence_quantification_agrees_with_librosa(void **state) {
    OtoTensor *X = input("X"), *Y = input("Y"), *path;
    OtoTensor *links = oto_cross_similarity(Y, X), *affinity = oto_cross_similarity(Y, X, .mode = OTO_AFFINITY);
    agrees("oto_rqa", "links: score", oto_rqa(links, .path = &path), 1e-6);
    agrees("oto_rqa", "links: path", path, 0);
    agrees("oto_rqa", "links, no knight moves: score", oto_rqa(links, .path = &path, .knight_moves = false), 1e-6);
    agrees("oto_rqa", "links, no knight moves: path", path, 0);
    agrees("oto_rqa", "affinity, wide gaps: score",
           oto_rqa(affinity, .path = &path, .gap_onset = 0.1, .gap_extend = 0.05), 1e-5);
    agrees("oto_rqa", "affinity, wide gaps: path", path, 0);
}

/* ---- by definition ---- */

static void a_sequence_is_aligned_with_itself_on_the_diagonal(void **state) {
    OtoTensor *path, *X = input("X"), *D = oto_dtw(X, X, .path = &path);
    assert_float_equal(oto_at(D, 59, 59), 0, 0);
    assert_int_equal(path->rows, 60);
    for (int64_t i = 0; i < 60; i++) assert_int_equal(oto_int_at(path, i, 0), oto_int_at(path, i, 1));
}

static void one_frame_is_aligned_with_all(void **state) {
    OtoTensor *path, *D = oto_dtw(oto_zeros(1, 1), oto_reshape(oto_tensor(1, 2, 3), 1, 3), .path = &path);
    assert_float_equal(oto_at(D, 0, 2), 6, 0);
    assert_int_equal(path->rows, 3);
}

static void a_silent_frame_resembles_none(void **state) {
    OtoTensor *x = oto_copy(input("X"));
    for (int64_t k = 0; k < 4; k++) oto_at(x, k, 5) = 0;
    OtoTensor *S = oto_self_similarity(x);
    assert_float_equal(oto_at(S, 5, 7), 0, 0);
    assert_int_equal(oto_count_nan(S), 0);
    assert_true(isnan(oto_at(oto_cdist(x, x, .metric = OTO_METRIC_COSINE), 5, 7)));
    assert_refused(oto_dtw(x, x, .metric = OTO_METRIC_COSINE), "frame 5 of X has no direction");
}

static void lag_and_back_is_the_same(void **state) {
    OtoTensor *R = square(), *back = oto_lag_to_recurrence(oto_recurrence_to_lag(R));
    assert_memory_equal(R->data, back->data, (size_t)R->size * sizeof(float));
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
    OtoTensor *x = input("repeated");
    OtoTensor *results[2][4];
    int before = oto_set_threads(1);
    for (int i = 0; i < 2; i++) {
        oto_set_threads(i ? 3 : 1);
        results[i][0] = oto_recurrence_matrix(x, .mode = OTO_AFFINITY);
        results[i][1] = oto_path_enhance(results[i][0], 9);
        results[i][2] = oto_dtw(x, input("long"));
        results[i][3] = oto_self_similarity(x);
    }
    oto_set_threads(before);
    for (int k = 0; k < 4; k++)
        assert_memory_equal(results[0][k]->data, results[1][k]->data, (size_t)results[0][k]->size * sizeof(float));
}

static void wrong_parameters_are_named(void **state) {
    OtoTensor *X = input("X"), *Y = input("Y"), *path;
    assert_refused(oto_cdist(X, input("long")), "vectors of 4 and of 3 numbers");
    assert_refused(oto_cdist(X, oto_mul(Y, NAN)), "element 0 of Y is NaN");
    assert_refused(oto_cdist(X, Y, .metric = 77), "metric is 77");
    assert_refused(oto_dtw(X, oto_zeros(4, 0)), "both need at least one frame");
    assert_refused(oto_dtw(X, Y, .step_sizes_sigma = oto_tensor(1, 1)), "must be (step, side 2)");
    assert_refused(oto_dtw(X, Y, .step_sizes_sigma = oto_zeros(1, 2)), "is (0, 0) and never moves");
    assert_refused(oto_dtw(X, Y, .step_sizes_sigma = oto_reshape(oto_tensor(-1, 1), 1, 2)), "has -1 in step 0");
    assert_refused(oto_dtw(X, Y, .weights_mul = oto_tensor(1, 2)), "one number for each of the 3 steps");
    assert_refused(oto_dtw(X, Y, .step_sizes_sigma = oto_reshape(oto_tensor(1, 1), 1, 2), .path = &path),
                   "no path leads to the end");
    assert_refused(oto_dtw(X, Y, .global_constraints = true, .band_rad = -1), "band_rad is -1");
    assert_refused(oto_dtw(X, Y, .global_constraints = true, .band_rad = 0, .path = &path), "within the band");
    assert_refused(oto_recurrence_matrix(X, .width = 0), "width is 0, but must be at least 1 and below");
    assert_refused(oto_recurrence_matrix(X, .width = 29), "width is 29");
    assert_refused(oto_recurrence_matrix(X, .k = -2), "k is -2");
    assert_refused(oto_recurrence_matrix(X, .mode = 8), "mode is 8");
    assert_refused(oto_recurrence_matrix(oto_zeros(2, 50), .mode = OTO_AFFINITY), "no two frames are linked");
    assert_refused(oto_cross_similarity(X, Y, .bandwidth_mode = OTO_MEAN_K), "use OTO_MED_K_SCALAR");
    assert_refused(oto_recurrence_to_lag(X), "must be square");
    assert_refused(oto_lag_to_recurrence(oto_zeros(3, 5)), "needs as many lags as frames");
    assert_refused(oto_recurrence_to_lag(square(), .axis = 2), "axis is 2");
    assert_refused(oto_timelag_filter(square(), NULL), "filter is NULL");
    assert_refused(oto_path_enhance(X, 0), "n is 0");
    assert_refused(oto_path_enhance(X, 5, .min_ratio = 3), "min_ratio is 3, but must lie within [0.001, 2]");
    assert_refused(oto_diagonal_filter(5, .slope = -1), "slope is -1");
    assert_refused(oto_rqa(X, .gap_onset = -1), "gap_onset is -1");
    assert_refused(oto_rqa(oto_zeros(0, 3)), "not empty");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_agree_with_scipy),
        cmocka_unit_test(alignments_are_those_of_librosa),
        cmocka_unit_test(parts_are_found_where_librosa_finds_them),
        cmocka_unit_test(steps_and_weights_count_as_in_librosa),
        cmocka_unit_test(recurrences_agree_with_librosa),
        cmocka_unit_test(cross_similarities_agree_with_librosa),
        cmocka_unit_test(lags_agree_with_librosa),
        cmocka_unit_test(diagonal_filters_agree_with_librosa),
        cmocka_unit_test(enhanced_paths_agree_with_librosa),
        cmocka_unit_test(recurrence_quantification_agrees_with_librosa),
        cmocka_unit_test(a_sequence_is_aligned_with_itself_on_the_diagonal),
        cmocka_unit_test(one_frame_is_aligned_with_all),
        cmocka_unit_test(a_silent_frame_resembles_none),
        cmocka_unit_test(lag_and_back_is_the_same),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(wrong_parameters_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
