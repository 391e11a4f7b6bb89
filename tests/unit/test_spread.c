/* What oto_show_gradients, oto_show_activations, oto_show_filters and oto_show_feature_maps say and draw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/oto.h"
#include "refusal.h"
#include "show_host.h"

/* The next record is a picture, and its text holds this. */
static void assert_picture(const char *text) {
    struct oto_record record = sent();
    size_t size = 0;
    const unsigned char *png = oto_record_get_bytes(&record, "image/png", &size);
    assert_non_null(png);
    assert_true(size > 1000);
    assert_memory_equal(png, "\x89PNG", 4);
    if (!strstr(oto_record_get_text(&record, "text/plain", ""), text))
        fail_msg("%s", oto_record_get_text(&record, "text/plain", ""));
    oto_record_free(&record);
}

static void gradients_are_described_by_their_paths(void **state) {
    oto_scope {
        OtoLayer *net = oto_sequential(oto_nn_linear(2, 1));
        OtoTensor *w = oto_layer_tensor(net, "0.weight");
        oto_at(w, 0, 0) = 2;
        oto_at(w, 0, 1) = 2;
        OtoTensor *x = oto_reshape(oto_tensor(4, 0), 1, 2); /* dy/dw = x */
        oto_backward(oto_sum_all(oto_apply(net, x)));
        char *text = oto_gradients_text(net);
        assert_non_null(
            strstr(text, "0.weight (1, 2): mean 2, deviation 2, 0 to 4, 50 % zero, 1.41 of the parameter\n"));
        assert_non_null(strstr(text, "0.bias (1): mean 1, deviation 0, 1 to 1"));
        free(text);
    }
}

static void a_parameter_without_a_gradient_says_so(void **state) {
    oto_scope {
        OtoLayer *net = oto_sequential(oto_nn_linear(2, 2), oto_nn_linear(2, 2));
        oto_backward(oto_sum_all(oto_apply(oto_layer_at(net, "1"), oto_zeros(1, 2))));
        char *text = oto_gradients_text(net);
        assert_non_null(strstr(text, "0.weight (2, 2): no gradient\n"));
        free(text);
    }
}

static void a_net_without_gradients_is_refused(void **state) {
    oto_scope assert_refused(oto_show_gradients(oto_nn_linear(2, 2)), "call oto_backward(loss) or oto_step before");
}

static void gradients_that_are_not_finite_are_counted(void **state) {
    oto_scope {
        OtoLayer *net = oto_nn_linear(2, 1);
        OtoTensor *x = oto_reshape(oto_tensor(4, __builtin_inf()), 1, 2);
        oto_backward(oto_sum_all(oto_apply(net, x)));
        char *text = oto_gradients_text(net);
        assert_non_null(strstr(text, "weight (1, 2): mean 4, deviation 0, 4 to 4"));
        assert_non_null(strstr(text, "1 not finite"));
        free(text);
    }
}

static void gradients_of_many_parameters_are_a_picture(void **state) {
    oto_scope {
        OtoLayer *layers[20];
        for (int i = 0; i < 20; i++) layers[i] = oto_nn_linear(3, 3);
        OtoLayer *net = oto_sequential_of(20, layers);
        oto_backward(oto_sum_all(oto_apply(net, oto_add(oto_zeros(2, 3), 1))));
        oto_show_gradients(net);
        assert_picture("19.bias (3): ");
    }
}

static void activations_are_those_of_the_parts(void **state) {
    oto_scope {
        OtoLayer *net = oto_sequential(oto_sequential(oto_nn_relu()), oto_nn_flatten());
        OtoTensor *x = oto_reshape(oto_tensor(-1, -2, 3, -4), 1, 4);
        char *text = oto_activations_text(net, x);
        assert_non_null(strstr(text, "0.0 relu (1, 4): mean 0.75, deviation 1.3, 0 to 3, 75 % zero\n"));
        assert_non_null(strstr(text, "1 flatten (1, 4): "));
        assert_null(strstr(text, "sequential"));
        free(text);
        oto_show_activations(net, x);
        assert_picture("0.0 relu");
        assert_true(net->training);
    }
}

static OtoLayer *images(void) {
    return oto_sequential(oto_nn_conv2d(1, 8, 3), oto_nn_relu(), oto_nn_conv2d(8, 4, 3), oto_nn_flatten(),
                          oto_nn_linear(4, 2));
}

static void filters_are_a_picture(void **state) {
    oto_scope {
        OtoLayer *net = images();
        oto_show_filters(net, "0");
        assert_picture("0: float32 (8, 1, 3, 3)");
        oto_show_filters(net, "2");
        assert_picture("2: float32 (4, 8, 3, 3)");
        oto_show_filters(oto_nn_conv1d(2, 5, 7), "");
        assert_picture("net: float32 (5, 2, 7)");
        assert_refused(oto_show_filters(net, "1"), "1 is a relu, which has no filters");
        assert_refused(oto_show_filters(net, "4"), "4 is a linear, which has no filters");
        assert_refused(oto_show_filters(net, "9"), "there is no part \"9\"");
    }
}

static void feature_maps_are_those_of_the_first_example(void **state) {
    oto_scope {
        OtoLayer *net = oto_sequential(oto_nn_relu(), oto_nn_flatten());
        OtoTensor *x = oto_zeros(2, 3, 4, 5);
        for (int64_t i = 0; i < x->size; i++) oto_data(x)[i] = i < x->size / 2 ? 7.0f : 9.0f;
        oto_show_feature_maps(net, x, "0");
        assert_picture("0: float32 (3, 4, 5) [7, 7]");
        oto_show_feature_maps(oto_sequential(oto_nn_conv1d(2, 5, 3)), oto_zeros(1, 2, 9), "0");
        assert_picture("0: float32 (5, 7)");
        assert_refused(oto_show_feature_maps(net, x, "1"), "gives (2, 60), which are no maps");
        assert_refused(oto_show_feature_maps(net, oto_zeros(0, 3, 4, 5), "0"), "no maps");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_described_by_their_paths),
        cmocka_unit_test(a_parameter_without_a_gradient_says_so),
        cmocka_unit_test(a_net_without_gradients_is_refused),
        cmocka_unit_test(gradients_that_are_not_finite_are_counted),
        cmocka_unit_test_setup_teardown(gradients_of_many_parameters_are_a_picture, attach, detach),
        cmocka_unit_test_setup_teardown(activations_are_those_of_the_parts, attach, detach),
        cmocka_unit_test_setup_teardown(filters_are_a_picture, attach, detach),
        cmocka_unit_test_setup_teardown(feature_maps_are_those_of_the_first_example, attach, detach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
