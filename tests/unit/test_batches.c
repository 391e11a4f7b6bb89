#include "lib/nn/batches.h"
#include "lib/oto.h"
#include "refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static OtoExamples ten(void) {
    static int64_t y[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
    return oto_examples(oto_reshape(oto_arange(0, 20, 1), 10, 2), oto_from(y, 10),
                        .groups = oto_from(((int64_t[]){0, 0, 1, 1, 2, 2, 3, 3, 4, 4}), 10));
}

static void each_epoch_has_every_example_once_in_a_new_order(void **state) {
    int seen[2][10] = {}, passes = 0;
    bool moved = false;
    int64_t first[10];
    for (OtoBatches b = oto_batches(ten(), .batch_size = 4, .epochs = 2, .shuffle = true, .quiet = true);
         oto_next(&b);) {
        assert_int_equal(b.x->shape[0], b.batch == 2 ? 2 : 4);
        assert_int_equal(b.last, b.batch == 2);
        passes++;
        for (int64_t i = 0; i < b.indices->size; i++) {
            int64_t e = oto_int_at(b.indices, i);
            seen[b.epoch][e]++;
            assert_float_equal(oto_at(b.x, i, 1), (double)(2 * e + 1), 0);
            assert_int_equal(oto_int_at(b.y, i), e >= 8);
            if (b.epoch == 0)
                first[b.batch * 4 + i] = e;
            else
                moved |= first[b.batch * 4 + i] != e;
        }
    }
    assert_int_equal(passes, 6);
    assert_true(moved);
    for (int e = 0; e < 10; e++) assert_true(seen[0][e] == 1 && seen[1][e] == 1);
}

static void batches_and_examples_are_lines_of_text(void **state) {
    OtoBatches b = oto_batches(ten(), .batch_size = 4, .epochs = 2, .shuffle = true, .quiet = true);
    for (int i = 0; i < 4; i++) oto_next(&b);
    char *text = oto_batches_text(&b);
    assert_string_equal(text,
                        "batches of 4 of 10 examples, shuffled: 3 an epoch, 2 epochs; next is batch 2 of epoch 2\n");
    free(text);
    while (oto_next(&b)) continue;
    text = oto_batches_text(&b);
    assert_string_equal(text, "batches: the loop over them has ended\n");
    free(text);
    OtoExamples examples = ten();
    text = oto_examples_text(examples);
    assert_non_null(strstr(text, "10 examples; x float32 (10, 2)"));
    free(text);
    oto_free(examples.x);
    text = oto_examples_text(examples);
    assert_string_equal(text, "examples: what they were of has been freed\n");
    free(text);
}

static void what_a_pass_makes_dies_with_the_next_but_for_what_is_kept(void **state) {
    OtoExamples examples = ten();
    int64_t values = oto_values_alive();
    OtoTensor *kept = NULL;
    for (OtoBatches b = oto_batches(examples, .batch_size = 3, .quiet = true); oto_next(&b);) {
        OtoTensor *y = oto_add(b.x, 1);
        if (b.batch == 1) kept = oto_keep(y);
        if (b.batch == 2) break;
    }
    assert_int_equal(oto_values_alive(), values + 1);
    assert_int_equal(oto_scope_depth(), 0);
    assert_float_equal(oto_at(kept, 0, 0), 7, 0);
}

static OtoTensor *jitter(OtoTensor *x) {
    return oto_add(x, oto_uniform());
}

static void augmentation_never_repeats_and_comes_again_with_the_seed(void **state) {
    float seen[2][20];
    for (int run = 0; run < 2; run++) {
        int count = 0;
        oto_seed(3);
        for (OtoBatches b = oto_batches(ten(), .batch_size = 5, .epochs = 2, .augment = jitter, .quiet = true);
             oto_next(&b);)
            for (int64_t i = 0; i < 5; i++)
                seen[run][count++] = oto_at(b.x, i, 0) - 2 * (float)oto_int_at(b.indices, i);
    }
    assert_memory_equal(seen[0], seen[1], sizeof seen[0]);
    for (int i = 0; i < 20; i++)
        for (int k = 0; k < i; k++) assert_true(seen[0][i] != seen[0][k]);
}

static void random_numbers_belong_to_the_example_whatever_the_batches_and_threads(void **state) {
    float noise[2][2][10];
    for (int run = 0; run < 2; run++) {
        int before = oto_set_threads(run + 1);
        oto_seed(3);
        for (OtoBatches b = oto_batches(ten(), .batch_size = run ? 3 : 10, .shuffle = run, .epochs = 2,
                                        .augment = jitter, .quiet = true);
             oto_next(&b);)
            for (int64_t i = 0; i < b.indices->size; i++) {
                int64_t e = oto_int_at(b.indices, i);
                noise[run][b.epoch][e] = oto_at(b.x, i, 0) - 2 * (float)e;
            }
        oto_set_threads(before);
    }
    assert_memory_equal(noise[0], noise[1], sizeof noise[0]);
}

static void batches_can_have_the_shares_of_the_classes(void **state) {
    for (OtoBatches b = oto_batches(ten(), .batch_size = 5, .stratify = true, .shuffle = true, .quiet = true);
         oto_next(&b);) {
        int64_t ones = 0;
        for (int64_t i = 0; i < 5; i++) ones += oto_int_at(b.y, i);
        assert_int_equal(ones, 1);
    }
}

static void examples_can_be_drawn_by_weight_or_one_of_each_group(void **state) {
    OtoTensor *weights = oto_zeros(10);
    oto_at(weights, 7) = 2;
    for (OtoBatches b = oto_batches(ten(), .weights = weights, .quiet = true); oto_next(&b);) {
        assert_int_equal(b.indices->size, 10);
        for (int64_t i = 0; i < 10; i++) assert_int_equal(oto_int_at(b.indices, i), 7);
    }
    int groups[5] = {};
    for (OtoBatches b = oto_batches(ten(), .one_per_group = true, .quiet = true); oto_next(&b);)
        for (int64_t i = 0; i < b.indices->size; i++) groups[oto_int_at(b.indices, i) / 2]++;
    for (int g = 0; g < 5; g++) assert_int_equal(groups[g], 1);
}

static void a_split_that_leaks_is_refused(void **state) {
    OtoExamples all = ten();
    oto_check_split(oto_examples_at(all, oto_from(((int64_t[]){0, 1, 2}), 3)),
                    oto_examples_at(all, oto_from(((int64_t[]){4, 5}), 2)));
    assert_refused(oto_check_split(oto_examples_at(all, oto_from(((int64_t[]){0, 1, 2}), 3)),
                                   oto_examples_at(all, oto_from(((int64_t[]){3, 4}), 2))),
                   "group 1 stands on both sides of the split");
}

static void bad_options_are_refused(void **state) {
    assert_refused(oto_examples(oto_zeros(3, 2), oto_zeros(4)), "x is (3, 2) and y is (4), but both must have as many");
    assert_refused(oto_batches(ten(), .batch_size = 0), "batch_size is 0");
    assert_refused(oto_batches(ten(), .batch_size = 20, .drop_last = true), "with drop_last none is left");
    assert_refused(oto_batches(ten(), .weights = oto_zeros(3)), "weights is (3), but there are 10 examples");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_epoch_has_every_example_once_in_a_new_order),
        cmocka_unit_test(batches_and_examples_are_lines_of_text),
        cmocka_unit_test(what_a_pass_makes_dies_with_the_next_but_for_what_is_kept),
        cmocka_unit_test(augmentation_never_repeats_and_comes_again_with_the_seed),
        cmocka_unit_test(random_numbers_belong_to_the_example_whatever_the_batches_and_threads),
        cmocka_unit_test(batches_can_have_the_shares_of_the_classes),
        cmocka_unit_test(examples_can_be_drawn_by_weight_or_one_of_each_group),
        cmocka_unit_test(a_split_that_leaks_is_refused),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
