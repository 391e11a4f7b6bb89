/* Classifiers, clusters, components, splits: agreement with scikit-learn (tests/golden/make_learn.py), and what must
 * hold by definition. */
#include "golden.h"
#include "refusal.h"

#include "lib/learn/examples.h"
#include "lib/learn/predict.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/random.h"

static OtoTensor *input(const char *name) {
    return golden_tensor("learn", name);
}

/* ---- agreement ---- */

static void neighbours_agree(void **state) {
    OtoTensor *X = input("X"), *labels = input("labels"), *Y = input("Y");
    assert_agrees("learn", "oto_knn", "1 euclidean uniform", oto_predict(oto_knn(X, labels, .k = 1), Y), 0);
    OtoKnn five = oto_knn(X, labels, .k = 5, .metric = OTO_METRIC_CITYBLOCK);
    assert_agrees("learn", "oto_knn", "5 manhattan uniform", oto_predict(five, Y), 0);
    OtoKnn four = oto_knn(X, labels, .k = 4, .metric = OTO_METRIC_COSINE, .distance_weights = true);
    assert_agrees("learn", "oto_knn", "4 cosine distance", oto_predict(four, Y), 0);
}

static void clusters_agree(void **state) {
    OtoTensor *X = input("X");
    OtoKMeans means = oto_kmeans(X, 3, .centres = oto_slice(oto_name_axis(X, 0, "example"), "example", 0, 3));
    assert_agrees("learn", "oto_kmeans", "centres", means.centres, 1e-6);
    assert_agrees("learn", "oto_kmeans", "labels", means.labels, 0);
    assert_agrees_number("learn", "oto_kmeans", "inertia", means.inertia, 1e-6);
    assert_agrees("learn", "oto_kmeans", "labels", oto_predict(means, X), 0);
}

static void components_agree(void **state) {
    OtoTensor *X = input("X"), *Y = input("Y");
    OtoPca pca = oto_pca(X);
    assert_agrees("learn", "oto_pca", "components", pca.components, 1e-5);
    assert_agrees("learn", "oto_pca", "variance", pca.variance, 1e-6);
    assert_agrees("learn", "oto_pca", "variance_ratio", pca.variance_ratio, 1e-6);
    OtoPca white = oto_pca(X, .n_components = 2, .whiten = true);
    OtoTensor *Z = oto_pca_transform(white, Y);
    assert_agrees("learn", "oto_pca_transform", "2, whitened", Z, 1e-5);
    assert_agrees("learn", "oto_pca_inverse", "2, whitened", oto_pca_inverse(white, Z), 1e-5);
    OtoPca wide = oto_pca(oto_take(X, oto_arange(0, 4, 1)));
    assert_agrees("learn", "oto_pca", "fewer examples than features", wide.variance, 1e-5);
}

static void planes_agree(void **state) {
    const char *names[] = {"three classes", "two classes"};
    for (int two = 0; two < 2; two++)
        for (int weak = 0; weak < 2; weak++) {
            OtoTensor *X = input(two ? "X2" : "X"), *labels = input(two ? "labels2" : "labels");
            char name[80];
            double C = weak ? 0.05 : 1;
            OtoLinear svm = oto_svm(X, labels, .C = C, .tolerance = 1e-10, .max_iterations = 100000);
            assert_true(svm.converged);
            snprintf(name, sizeof name, "%s, C %g: weights", names[two], C);
            assert_agrees("learn", "oto_svm", name, svm.weights, 1e-4);
            snprintf(name, sizeof name, "%s, C %g: bias", names[two], C);
            assert_agrees("learn", "oto_svm", name, svm.bias, 1e-4);
            OtoLinear logistic = oto_logistic(X, labels, .C = C, .tolerance = 1e-9, .max_iterations = 1000);
            assert_true(logistic.converged);
            snprintf(name, sizeof name, "%s, C %g: weights", names[two], C);
            assert_agrees("learn", "oto_logistic", name, logistic.weights, 1e-5);
            snprintf(name, sizeof name, "%s, C %g: probabilities", names[two], C);
            OtoTensor *p = oto_linear_probabilities(logistic, oto_take(X, oto_arange(0, 9, 1)));
            assert_agrees("learn", "oto_logistic", name, p, 1e-5);
        }
}

static void scales_and_folds_agree(void **state) {
    OtoTensor *X = input("X"), *Y = input("Y");
    assert_agrees("learn", "oto_scale", "training mean and deviation", oto_scale(oto_scaling(X), Y), 1e-6);
    assert_agrees("learn", "oto_folds", "plain", oto_folds(45, 4), 0);
    assert_agrees("learn", "oto_folds", "stratified", oto_folds(45, 4, .stratify = input("labels")), 0);
    assert_agrees("learn", "oto_folds", "groups", oto_folds(15, 3, .groups = input("groups")), 0);
}

/* ---- what must hold by definition ---- */

static int64_t at(OtoTensor *x, int64_t i) {
    return ((int64_t *)x->data)[i];
}

static void a_split_takes_every_example_once(void **state) {
    OtoSplit split = oto_train_test_split(10);
    assert_int_equal(split.test->size, 3);
    int seen[10] = {0};
    for (int i = 0; i < 3; i++) seen[at(split.test, i)]++;
    for (int i = 0; i < 7; i++) seen[at(split.train, i)]++;
    for (int i = 0; i < 10; i++) assert_int_equal(seen[i], 1);
}

static void a_split_is_the_seeds(void **state) {
    oto_seed(3);
    OtoSplit one = oto_train_test_split(100);
    oto_seed(3);
    OtoSplit two = oto_train_test_split(100);
    oto_seed(4);
    OtoSplit other = oto_train_test_split(100);
    assert_memory_equal(one.test->data, two.test->data, 25 * sizeof(int64_t));
    assert_memory_not_equal(one.test->data, other.test->data, 25 * sizeof(int64_t));
}

static void a_group_stays_on_one_side(void **state) {
    OtoTensor *groups = input("groups");
    for (int seed = 0; seed < 20; seed++) {
        oto_seed((uint64_t)seed);
        OtoSplit split = oto_train_test_split(15, .groups = groups, .test_size = 0.3);
        for (int64_t i = 0; i < split.test->size; i++)
            for (int64_t j = 0; j < split.train->size; j++)
                assert_true(oto_at(groups, at(split.test, i)) != oto_at(groups, at(split.train, j)));
    }
}

static void classes_keep_their_shares(void **state) {
    OtoTensor *labels = oto_zeros(40);
    for (int i = 0; i < 8; i++) oto_at(labels, 5 * i) = 1;
    OtoSplit split = oto_train_test_split(40, .stratify = labels, .test_size = 0.25);
    int ones = 0;
    for (int64_t i = 0; i < split.test->size; i++) ones += oto_at(labels, at(split.test, i)) == 1;
    assert_int_equal(split.test->size, 10);
    assert_int_equal(ones, 2);
}

static void a_fold_is_a_split(void **state) {
    OtoTensor *folds = oto_folds(10, 3, .shuffle = true);
    int64_t tested = 0;
    for (int i = 0; i < 3; i++) {
        OtoSplit split = oto_fold(folds, i);
        tested += split.test->size;
        assert_int_equal(split.train->size + split.test->size, 10);
    }
    assert_int_equal(tested, 10);
    assert_refused(oto_fold(folds, 3), "no example is in that fold");
}

static void drawn_centres_find_clear_clusters(void **state) {
    OtoTensor *X = oto_zeros(60, 2);
    for (int i = 0; i < 60; i++)
        for (int j = 0; j < 2; j++) oto_at(X, i, j) = (float)(10 * (i % 3) + oto_normal());
    OtoKMeans means = oto_kmeans(X, 3);
    for (int i = 3; i < 60; i++) assert_int_equal(at(means.labels, i), at(means.labels, i % 3));
    assert_true(means.inertia < 60 * 4);
}

static void as_many_clusters_as_examples_lie_on_them(void **state) {
    OtoTensor *X = oto_reshape(oto_tensor(1, 2, 4, 8), 4, 1);
    assert_float_equal(oto_kmeans(X, 4).inertia, 0, 0);
    OtoTensor *same = oto_reshape(oto_tensor(1, 1, 1, 1), 4, 1);
    assert_float_equal(oto_kmeans(same, 2).inertia, 0, 0);
}

static void nearest_are_sorted_and_the_same_with_any_threads(void **state) {
    OtoTensor *X = input("X"), *Y = input("Y");
    OtoKnn model = oto_knn(X, input("labels"), .k = 3);
    int before = oto_set_threads(1);
    OtoTensor *one = oto_knn_indices(model, Y);
    oto_set_threads(4);
    OtoTensor *four = oto_knn_indices(model, Y);
    oto_set_threads(before);
    assert_memory_equal(one->data, four->data, (size_t)one->size * sizeof(int64_t));
    for (int i = 0; i < 45; i++) assert_int_equal(at(oto_knn_indices(model, X), 3 * i), i);
}

static void a_constant_feature_is_scaled_to_nothing(void **state) {
    OtoTensor *X = oto_reshape(oto_tensor(0.1, 1, 0.1, 2, 0.1, 3), 3, 2);
    OtoTensor *scaled = oto_scale(oto_scaling(X), X);
    for (int i = 0; i < 3; i++) assert_float_equal(oto_at(scaled, i, 0), 0, 1e-5);
}

static void misuse_is_refused(void **state) {
    OtoTensor *X = input("X"), *labels = input("labels"), *Y = input("Y");
    assert_refused(oto_knn(X, labels, .k = 0), "k is 0");
    assert_refused(oto_knn(X, labels, .k = 46), "k is 46");
    assert_refused(oto_knn(X, oto_zeros(44)), "labels is (44)");
    assert_refused(oto_knn(X, oto_add(labels, 0.5)), "must be a whole number");
    assert_refused(oto_predict(oto_knn(X, labels), oto_zeros(3, 4)), "4 features an example, but it was learnt with 5");
    OtoTensor *broken = oto_copy(X);
    oto_at(broken, 3, 2) = NAN;
    assert_refused(oto_svm(broken, labels), "X has NaN at example 3, feature 2");
    assert_refused(oto_svm(X, oto_zeros(45)), "all labels are 0");
    assert_refused(oto_svm(X, labels, .C = 0), "C is 0");
    assert_refused(oto_linear_probabilities(oto_svm(X, labels), X), "no probabilities");
    assert_refused(oto_kmeans(X, 46), "k is 46");
    assert_refused(oto_kmeans(X, 2, .centres = Y), "but k is 2");
    assert_refused(oto_pca(X, .n_components = 6), "n_components is 6");
    assert_refused(oto_pca(oto_zeros(1, 5)), "one example has no variance");
    assert_refused(oto_pca(oto_zeros(5)), "one row an example");
    assert_refused(oto_train_test_split(1), "n is 1");
    assert_refused(oto_train_test_split(10, .test_size = 0), "nothing to test on");
    assert_refused(oto_train_test_split(10, .test_size = 1), "nothing to learn from");
    assert_refused(oto_train_test_split(45, .groups = labels, .stratify = labels), "groups and stratify");
    assert_refused(oto_folds(3, 4), "k is 4");
    assert_refused(oto_take(X, oto_tensor(45)), "the numbers 0 to 44");
    assert_refused(oto_shuffle(NULL, 3), "numbers");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_agree),
        cmocka_unit_test(clusters_agree),
        cmocka_unit_test(components_agree),
        cmocka_unit_test(planes_agree),
        cmocka_unit_test(scales_and_folds_agree),
        cmocka_unit_test(a_split_takes_every_example_once),
        cmocka_unit_test(a_split_is_the_seeds),
        cmocka_unit_test(a_group_stays_on_one_side),
        cmocka_unit_test(classes_keep_their_shares),
        cmocka_unit_test(a_fold_is_a_split),
        cmocka_unit_test(drawn_centres_find_clear_clusters),
        cmocka_unit_test(as_many_clusters_as_examples_lie_on_them),
        cmocka_unit_test(nearest_are_sorted_and_the_same_with_any_threads),
        cmocka_unit_test(a_constant_feature_is_scaled_to_nothing),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
