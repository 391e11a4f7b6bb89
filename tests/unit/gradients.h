/* gradients: agreement with what tests/golden/gradients.py has written of an operation: its result, its gradients, and
 * second derivatives. */
#ifndef OTO_TESTS_GRADIENTS_H
#define OTO_TESTS_GRADIENTS_H

#include "golden.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementwise.h"
#include "lib/tensor/graph.h"

/* y, first and second derivatives, as entry() in tests/golden/gradients.py. second: whether that has written some.
 * tolerance: of y, over its largest number; gradients may be off by 2.5 times as much, and their gradients by 5. */
static inline void assert_gradients_agree(const char *topic, double tolerance, const char *function, const char *name,
                                          bool second, OtoTensor *y, int count, OtoTensor *inputs[]) {
    char text[100];
    assert_agrees(topic, function, name, y, tolerance);
    OtoTensor *sum = oto_sum_all(oto_mul(y, golden_fill(oto_like(y, OTO_FLOAT32, NULL), 9))), *squares = NULL;
    for (int i = 0; i < count; i++) {
        OtoTensor *gradient = oto_grad(sum, inputs[i], .again = second);
        snprintf(text, sizeof text, "%s: d/d%c", name, 'a' + i);
        assert_agrees(topic, function, text, gradient, 2.5 * tolerance);
        OtoTensor *square = oto_sum_all(oto_squared(gradient));
        squares = squares ? oto_add(squares, square) : square;
    }
    if (!second) return;
    for (int i = 0; i < count; i++) oto_zero_gradient(inputs[i]);
    oto_backward(squares);
    for (int i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%s: d2/d%c", name, 'a' + i);
        OtoTensor *zero = oto_like(inputs[i], OTO_FLOAT32, NULL);
        assert_agrees(topic, function, text, oto_has_gradient(inputs[i]) ? oto_gradient(inputs[i]) : zero,
                      5 * tolerance);
    }
}

#endif
