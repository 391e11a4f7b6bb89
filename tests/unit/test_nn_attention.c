/* Attention: agreement with PyTorch 2.13 (tests/golden/make_nn_attention.py), dropout, threads, refusals. */
#include "golden.h"
#include "refusal.h"

#include "lib/nn/attention.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/random.h"

static const double TOLERANCE = 1e-5;

struct triple {
    OtoTensor *q, *k, *v;
};

static struct triple drawn(int batch, int queries, int keys, int features) {
    return (struct triple){oto_parameter(golden_numbers_of(1, batch, queries, features)),
                           oto_parameter(golden_numbers_of(2, batch, keys, features)),
                           oto_parameter(golden_numbers_of(3, batch, keys, features))};
}

static void agrees(const char *name, const char *what, OtoTensor *x) {
    char entry[200];
    snprintf(entry, sizeof entry, "%s: %s", name, what);
    assert_agrees("nn_attention", "oto_attention", entry, x, TOLERANCE);
}

static void back(OtoTensor *y) {
    oto_backward(oto_sum_all(oto_mul(y, golden_fill(oto_like(y, OTO_FLOAT32, NULL), 4))));
}

static void case_agrees(const char *name, struct triple x, OtoTensor *y) {
    back(y);
    agrees(name, "y", y);
    agrees(name, "gradient of q", oto_gradient(x.q));
    agrees(name, "gradient of k", oto_gradient(x.k));
    agrees(name, "gradient of v", oto_gradient(x.v));
}

/* allowed() of make_nn_attention.py. */
static OtoTensor *allowed(OtoTensor *shape) {
    OtoTensor *x = golden_fill(shape, 20), *mask = oto_like(x, OTO_INT64, NULL);
    for (int64_t i = 0; i < x->size; i++)
        ((int64_t *)mask->data)[i] = ((float *)x->data)[i] > -0.3f || i % x->cols == 0;
    return mask;
}

static void attention_agrees_with_pytorch(void **state) {
    struct triple x = drawn(2, 7, 7, 32);
    case_agrees("plain", x, oto_attention(x.q, x.k, x.v, .heads = 2));
    x = drawn(2, 5, 21, 15);
    case_agrees("other keys, odd width", x, oto_attention(x.q, x.k, x.v, .heads = 3));
    x = drawn(1, 101, 101, 32);
    case_agrees("causal, several blocks", x, oto_attention(x.q, x.k, x.v, .heads = 2, .causal = true));
    x = drawn(2, 6, 6, 8);
    case_agrees("scale", x, oto_attention(x.q, x.k, x.v, .scale = 0.7));
}

static void masks_agree_with_pytorch(void **state) {
    struct triple x = drawn(2, 9, 18, 12);
    case_agrees("mask of one for all", x, oto_attention(x.q, x.k, x.v, .heads = 2, .mask = allowed(oto_zeros(9, 18))));
    x = drawn(3, 9, 9, 12);
    case_agrees("mask for each batch", x,
                oto_attention(x.q, x.k, x.v, .heads = 2, .mask = allowed(oto_zeros(3, 1, 9))));
    x = drawn(2, 9, 9, 12);
    case_agrees("added mask for each head", x,
                oto_attention(x.q, x.k, x.v, .heads = 2, .mask = golden_numbers_of(21, 1, 2, 9, 9)));
}

static void relative_places_agree_with_their_definition(void **state) {
    static const struct {
        const char *name;
        int time, distances;
    } cases[] = {{"relative", 21, 21}, {"relative, several blocks", 60, 70}};
    for (int i = 0; i < 2; i++) {
        struct triple x = drawn(2, cases[i].time, cases[i].time, 12);
        OtoTensor *relative = oto_parameter(golden_numbers_of(5, 2, cases[i].distances, 6));
        case_agrees(cases[i].name, x, oto_attention(x.q, x.k, x.v, .heads = 2, .causal = true, .relative = relative));
        agrees(cases[i].name, "gradient of relative", oto_gradient(relative));
    }
}

static double largest_difference(OtoTensor *a, OtoTensor *b) {
    assert_int_equal(a->size, b->size);
    double largest = 0;
    for (int64_t i = 0; i < a->size; i++)
        largest = fmax(largest, fabs((double)((float *)a->data)[i] - (double)((float *)b->data)[i]));
    return largest;
}

static void one_tensor_of_three_is_the_same(void **state) {
    struct triple x = drawn(2, 20, 20, 12);
    OtoTensor *all = oto_parameter(oto_cat(2, x.q, x.k, x.v));
    OtoTensor *together = oto_self_attention(all, .heads = 3, .causal = true);
    OtoTensor *apart = oto_attention(x.q, x.k, x.v, .heads = 3, .causal = true);
    assert_true(largest_difference(together, apart) == 0);
    back(together);
    back(apart);
    OtoTensor *gradients = oto_cat(2, oto_gradient(x.q), oto_gradient(x.k), oto_gradient(x.v));
    assert_true(largest_difference(oto_gradient(all), gradients) == 0);
}

static void the_last_queries_alone_are_the_end_of_all(void **state) {
    struct triple x = drawn(2, 30, 30, 8);
    OtoTensor *all = oto_attention(x.q, x.k, x.v, .heads = 2, .causal = true);
    OtoTensor *last = oto_attention(oto_slice(x.q, 1, 27, 30), x.k, x.v, .heads = 2, .causal = true);
    assert_true(largest_difference(oto_slice(all, 1, 27, 30), last) < 1e-6);
}

static void a_query_that_may_look_nowhere_gets_zeros(void **state) {
    struct triple x = drawn(1, 4, 4, 8);
    OtoTensor *y = oto_attention(x.q, x.k, x.v, .mask = oto_zeros_of(OTO_INT64, 2, (const long long[]){4, 4}));
    back(y);
    assert_float_equal(oto_sum(oto_mul(y, y)), 0, 0);
    assert_float_equal(oto_sum(oto_gradient(x.q)), 0, 0);
    assert_float_equal(oto_sum(oto_gradient(x.v)), 0, 0);
}

/* With values of one, each result is the sum of the weights that are left. */
static void dropout_keeps_the_mean(void **state) {
    OtoTensor *q = oto_zeros(4, 200, 16), *ones = oto_add(q, 1);
    OtoTensor *y = oto_attention(q, q, ones, .heads = 2, .dropout = 0.25);
    assert_float_equal(oto_mean(y), 1, 0.01);
    assert_true(oto_maximum(y) > 1.01 && oto_minimum(y) < 0.99);
}

/* Along v, of which attention is a linear function whatever is dropped. */
static void dropout_goes_back_as_it_came(void **state) {
    struct triple x = drawn(2, 20, 20, 8);
    oto_seed(3);
    OtoTensor *y = oto_attention(x.q, x.k, x.v, .heads = 2, .dropout = 0.5);
    oto_backward(oto_sum_all(y));
    assert_float_equal(oto_sum(oto_mul(oto_gradient(x.v), oto_detach(x.v))), oto_sum(y), 1e-3);
    double along = oto_sum(oto_mul(oto_gradient(x.q), golden_numbers_of(9, 2, 20, 8))), losses[2];
    for (int side = 0; side < 2; side++) {
        OtoTensor *moved = oto_add(oto_detach(x.q), oto_mul(golden_numbers_of(9, 2, 20, 8), side ? 1e-2 : -1e-2));
        oto_seed(3);
        losses[side] = oto_sum(oto_attention(moved, x.k, x.v, .heads = 2, .dropout = 0.5));
    }
    assert_float_equal((losses[1] - losses[0]) / 2e-2, along, 2e-2);
}

static void threads_do_not_show_in_the_bits(void **state) {
    OtoTensor *gradients[2];
    for (int threads = 1; threads <= 2; threads++) {
        int before = oto_set_threads(threads);
        OtoTensor *x = oto_parameter(golden_numbers_of(1, 3, 70, 48));
        oto_seed(1);
        back(oto_self_attention(x, .heads = 4, .causal = true, .dropout = 0.1));
        gradients[threads - 1] = oto_gradient(x);
        oto_set_threads(before);
    }
    assert_memory_equal(gradients[0]->data, gradients[1]->data, (size_t)gradients[0]->size * sizeof(float));
}

static void what_does_not_fit_is_refused(void **state) {
    OtoTensor *x = oto_zeros(2, 5, 12), *other = oto_zeros(2, 7, 12);
    assert_refused(oto_attention(x, x, x, .heads = 5), "12 features of q (2, 5, 12) do not divide into 5 heads");
    assert_refused(oto_attention(x, other, x), "k is (2, 7, 12) and v is (2, 5, 12)");
    assert_refused(oto_attention(oto_zeros(3, 5, 12), x, x), "q is (3, 5, 12) and k is (2, 5, 12)");
    assert_refused(oto_attention(x, x, x, .mask = oto_zeros(4, 5)), "mask is (4, 5), but must be (query 5, key 5)");
    assert_refused(oto_attention(x, x, x, .mask = oto_from((int[]){2}, 1, 1)), "element 0 of mask is 2");
    assert_refused(oto_attention(other, x, x, .causal = true), "at least as many keys as queries");
    assert_refused(oto_attention(x, x, x, .relative = oto_zeros(1, 5, 12)), "needs .causal = true");
    assert_refused(oto_attention(x, x, x, .causal = true, .relative = oto_zeros(1, 4, 12)),
                   "with at least 5 distances");
    assert_refused(oto_attention(oto_zeros(2, 12), x, x), "q is (2, 12), but must be (batch, time, features)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_agrees_with_pytorch),
        cmocka_unit_test(masks_agree_with_pytorch),
        cmocka_unit_test(relative_places_agree_with_their_definition),
        cmocka_unit_test(one_tensor_of_three_is_the_same),
        cmocka_unit_test(the_last_queries_alone_are_the_end_of_all),
        cmocka_unit_test(a_query_that_may_look_nowhere_gets_zeros),
        cmocka_unit_test(dropout_keeps_the_mean),
        cmocka_unit_test(dropout_goes_back_as_it_came),
        cmocka_unit_test(threads_do_not_show_in_the_bits),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
