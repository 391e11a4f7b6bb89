#include "lib/oto.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/graph.h"
#include "refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* y = x^3, an operation of one's own. */
static float cube_of(float x) {
    return x * x * x;
}
static void cube_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *x = oto_node_input(node, 0);
    oto_give(node, 0, oto_mul(gradient, oto_mul(oto_mul(x, x), 3)));
}
static OtoTensor *cube(OtoTensor *x) {
    return oto_op(oto_map(x, cube_of), cube_backward, x);
}

/* a + b, of one shape. */
static void sum_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, gradient);
    oto_give(node, 1, gradient);
}
static OtoTensor *sum(OtoTensor *a, OtoTensor *b) {
    return oto_op(oto_add(oto_detach(a), oto_detach(b)), sum_backward, a, b);
}

static void a_gradient_goes_through_a_chain(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(2));
    oto_backward(cube(cube(x))); /* d x^9 = 9 x^8 */
    assert_float_equal(oto_item(oto_gradient(x)), 9 * 256, 1e-2);
}

static void ways_from_a_value_add_up(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(2));
    OtoTensor *y = cube(x);
    oto_backward(sum(y, sum(y, x))); /* 2 x^3 + x */
    assert_float_equal(oto_item(oto_gradient(x)), 25, 1e-4);
}

static void a_second_loss_is_added(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(2));
    oto_backward(cube(x));
    oto_backward(cube(x));
    assert_float_equal(oto_item(oto_gradient(x)), 24, 1e-4);
    oto_zero_gradient(x);
    assert_refused(oto_gradient(x), "oto_gradient: there is no gradient in x");
}

static void a_loss_is_walked_back_from_once(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(2)), *loss = cube(x);
    oto_backward(loss);
    assert_refused(oto_backward(loss), "oto_backward: this loss has been walked back from before");
}

static void a_loss_is_one_number_with_a_parameter_behind_it(void **state) {
    assert_refused(oto_backward(cube(oto_parameter(oto_tensor(1, 2)))), "oto_backward: loss is (2), but");
    assert_refused(oto_backward(cube(oto_tensor(1))), "oto_backward: no parameter leads to this loss");
    OtoTensor *x = oto_parameter(oto_tensor(2)), *y = NULL;
    oto_no_grad y = cube(x);
    assert_false(oto_wants_gradient(y));
    assert_true(oto_wants_gradient(cube(x)));
}

static void grad_leaves_parameters_as_they_are(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(2)), *y = cube(x);
    oto_backward(cube(x));
    assert_float_equal(oto_item(oto_grad(cube(y), y)), 3 * 64, 1e-3);
    assert_float_equal(oto_item(oto_grad(cube(y), x)), 3 * 64 * 12, 1e-1);
    assert_float_equal(oto_item(oto_gradient(x)), 12, 1e-4);
    assert_refused(oto_grad(y, cube(x)), "oto_grad: y does not come from x");
}

static void values_may_end_before_the_walk(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(2)), *loss = NULL;
    oto_scope loss = oto_keep(cube(cube(x)));
    oto_backward(loss);
    assert_float_equal(oto_item(oto_gradient(x)), 9 * 256, 1e-2);
}

static void a_long_chain_needs_no_deep_stack(void **state) {
    oto_scope {
        OtoTensor *x = oto_parameter(oto_tensor(1)), *y = x;
        for (int i = 0; i < 100000; i++) oto_scope y = oto_keep(sum(y, x));
        oto_backward(y);
        assert_float_equal(oto_item(oto_gradient(x)), 100001, 0);
    }
}

static void a_changed_parameter_makes_old_gradients_wrong(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(2)), *loss = cube(x);
    oto_changed(x);
    assert_refused(oto_backward(loss), "cube: its input 0 was changed in place");
}

static void wrong_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_tensor(1, 2, 3));
}
static void a_gradient_of_the_wrong_shape_names_the_operation(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(2));
    OtoTensor *y = oto_op(oto_copy(oto_detach(x)), wrong_backward, x);
    assert_refused(oto_backward(y), "wrong: its backward gave float32 (3) as the gradient of input 0");
}

static void what_was_written_down_ends_between_marks(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(2));
    uint64_t first = oto_mark();
    OtoTensor *y = cube(x), *kept = oto_keep(cube(x)), *plain = oto_tensor(1);
    uint64_t second = oto_mark();
    OtoTensor *later = cube(x);
    oto_forget_between(first, second);
    assert_int_equal(oto_kind(y), OTO_FREED);
    assert_int_equal(oto_kind(kept), OTO_TENSOR);
    assert_int_equal(oto_kind(plain), OTO_TENSOR);
    assert_int_equal(oto_kind(later), OTO_TENSOR);
    assert_int_equal(oto_kind(x), OTO_TENSOR);
}

static void large_buffers_are_used_again(void **state) {
    oto_buffers_trim();
    void *before = NULL;
    oto_scope before = oto_zeros(1000, 1000)->data;
    assert_true(oto_buffer_bytes_waiting() >= 4000000);
    OtoTensor *x = oto_zeros(999, 1000);
    assert_ptr_equal(x->data, before);
    assert_float_equal(oto_sum(x), 0, 0);
    oto_free(x);
    oto_buffers_trim();
    assert_int_equal(oto_buffer_bytes_waiting(), 0);
}

static void smaller_buffers_wait_before_they_are_used_again(void **state) {
    enum { SIZE = 16 << 10, OTHERS = (128 << 10) / SIZE };
    oto_buffers_trim();
    void *first = oto_buffer_new(SIZE), *others[OTHERS];
    oto_buffer_release(first);
    others[0] = oto_buffer_new(SIZE);
    assert_ptr_not_equal(others[0], first);
    for (int i = 1; i < OTHERS; i++) others[i] = oto_buffer_new(SIZE);
    for (int i = 0; i < OTHERS; i++) oto_buffer_release(others[i]);
    void *second = oto_buffer_new(SIZE);
    assert_ptr_equal(second, first);
    oto_buffer_release(second);
    oto_buffers_trim();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gradient_goes_through_a_chain),
        cmocka_unit_test(ways_from_a_value_add_up),
        cmocka_unit_test(a_second_loss_is_added),
        cmocka_unit_test(a_loss_is_walked_back_from_once),
        cmocka_unit_test(a_loss_is_one_number_with_a_parameter_behind_it),
        cmocka_unit_test(grad_leaves_parameters_as_they_are),
        cmocka_unit_test(values_may_end_before_the_walk),
        cmocka_unit_test(a_long_chain_needs_no_deep_stack),
        cmocka_unit_test(a_changed_parameter_makes_old_gradients_wrong),
        cmocka_unit_test(a_gradient_of_the_wrong_shape_names_the_operation),
        cmocka_unit_test(what_was_written_down_ends_between_marks),
        cmocka_unit_test(large_buffers_are_used_again),
        cmocka_unit_test(smaller_buffers_wait_before_they_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
