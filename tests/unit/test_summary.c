/* What oto_summary and oto_show_graph say of a net and of a loss. */
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

static OtoLayer *tagger(void) {
    return oto_sequential(oto_nn_conv2d(1, 8, 3, .padding = 1), oto_nn_batch_norm2d(8), oto_nn_relu(),
                          oto_nn_max_pool2d(2), oto_nn_flatten(), oto_nn_linear(8 * 4 * 4, 10));
}

static void a_summary_has_shapes_parameters_and_operations(void **state) {
    oto_scope {
        char *text = oto_summary_text(tagger(), oto_zeros(2, 1, 8, 8));
        assert_non_null(strstr(text, "0  conv2d(1, 8, 3)"));
        assert_non_null(strstr(text, "(2, 8, 8, 8)"));
        assert_non_null(strstr(text, "18.4 k")); /* 2 * (2 * 8 * 8 * 8) numbers * 9 products */
        assert_non_null(strstr(text, "5.12 k")); /* 2 * 2 * 10 * 128 */
        assert_non_null(strstr(text, "1,290"));  /* 128 * 10 + 10 */
        assert_non_null(strstr(text, "1,386 parameters (5.54 kB)"));
        assert_non_null(strstr(text, "one forward: 23.6 kFLOP"));
        free(text);
    }
}

static void a_summary_changes_nothing(void **state) {
    oto_scope {
        OtoLayer *net = tagger();
        free(oto_summary_text(net, oto_add(oto_zeros(2, 1, 8, 8), 5)));
        assert_true(net->training && net->children[1]->training);
        assert_float_equal(oto_at(oto_layer_tensor(net, "1.running_mean"), 0), 0, 0);
        assert_null(oto_watch_layers(NULL, NULL));
    }
}

static OtoTensor *twice_forward(OtoLayer *layer, OtoTensor *x);
typedef struct Twice {
    OtoLayer *used, *spare;
} Twice;
static OtoTensor *twice_forward(OtoLayer *layer, OtoTensor *x) {
    Twice *twice = oto_self(layer, Twice);
    return oto_apply(twice->used, oto_apply(twice->used, x));
}

static void a_summary_tells_of_parts_used_twice_and_never_and_frozen(void **state) {
    oto_scope {
        OtoLayer *net = oto_layer(Twice, twice_forward, .used = oto_nn_linear(4, 4), .spare = oto_nn_linear(4, 4));
        oto_freeze(net->children[1]);
        char *text = oto_summary_text(net, oto_zeros(3, 4));
        assert_non_null(strstr(text, "used  linear(4, 4) (2 times)"));
        assert_non_null(strstr(text, "spare  linear(4, 4) (not used)"));
        assert_non_null(strstr(text, "20 frozen"));
        assert_non_null(strstr(text, "40 parameters, of which 20 are learned"));
        free(text);
    }
}

static void a_summary_in_a_notebook_is_a_table(void **state) {
    oto_scope {
        oto_summary(tagger(), oto_zeros(2, 1, 8, 8));
        struct oto_record record = sent();
        assert_non_null(strstr(oto_record_get_text(&record, "text/plain", ""), "1,386 parameters"));
        const char *html = oto_record_get_text(&record, "text/html", "");
        assert_non_null(strstr(html, "<table"));
        assert_non_null(strstr(html, ">1,290</td>"));
        oto_record_free(&record);
    }
}

static void a_summary_of_a_wrong_input_names_the_layer_and_changes_nothing(void **state) {
    oto_scope {
        OtoLayer *net = tagger();
        oto_scope {
            assert_refused(oto_summary_text(net, oto_zeros(2, 3, 8, 8)), "net.0 (conv2d)");
            assert_refused(oto_summary_text(NULL, oto_zeros(1)), "oto_summary_text");
        }
        assert_true(net->training);
    }
    assert_null(oto_watch_layers(NULL, NULL));
}

/* ---- graphs ---- */

static OtoTensor *loss_of(OtoLayer *net) {
    return oto_mean_all(oto_apply(net, oto_zeros(2, 1, 8, 8)));
}

static void a_graph_names_operations_shapes_and_parameters(void **state) {
    oto_scope {
        OtoLayer *net = oto_sequential(oto_nn_linear(4, 3), oto_nn_relu(), oto_nn_linear(3, 2));
        OtoTensor *y = oto_apply(net, oto_zeros(5, 4));
        char *text = oto_graph_text(y, net);
        assert_non_null(strstr(text, "linear (5, 3) from (5, 4), 0.weight (3, 4), 0.bias (3)\n"));
        assert_non_null(strstr(text, "relu (5, 3) from #"));
        assert_non_null(strstr(text, "2.weight (2, 3), 2.bias (2)\n"));
        free(text);
        text = oto_graph_text(y, NULL);
        assert_non_null(strstr(text, "parameter (3, 4)"));
        free(text);
    }
}

static void a_graph_is_an_svg_picture_with_its_text(void **state) {
    oto_scope {
        OtoLayer *net = tagger();
        oto_show_graph(loss_of(net), .net = net);
        struct oto_record record = sent();
        const char *svg = oto_record_get_text(&record, "image/svg+xml", "");
        assert_int_equal(strncmp(svg, "<svg", 4), 0);
        assert_non_null(strstr(svg, ">5.weight (10, 128)<"));
        assert_non_null(strstr(oto_record_get_text(&record, "text/plain", ""), "0.weight (8, 1, 3, 3)"));
        oto_record_free(&record);
    }
}

static void a_large_graph_is_folded_by_layer(void **state) {
    oto_scope {
        OtoLayer *net = tagger();
        oto_show_graph(loss_of(net), .net = net, .most = 3);
        struct oto_record record = sent();
        const char *svg = oto_record_get_text(&record, "image/svg+xml", "");
        assert_null(strstr(svg, ">5.weight"));
        assert_non_null(strstr(svg, ">1 batch_norm2d<")); /* and what stands behind it */
        assert_non_null(strstr(svg, ">3 operations<"));   /* norm with its relu, pooling, flatten */
        oto_record_free(&record);
    }
}

static void without_dot_a_graph_is_text(void **state) {
    setenv("OTO_DOT", "/nowhere/dot", 1);
    oto_scope {
        OtoLayer *net = tagger();
        oto_show_graph(loss_of(net), .net = net);
        struct oto_record record = sent();
        assert_non_null(strstr(oto_record_get_text(&record, "text/plain", ""), "0.weight (8, 1, 3, 3)"));
        assert_null(oto_record_find(&record, "image/svg+xml"));
        oto_record_free(&record);
    }
    unsetenv("OTO_DOT");
}

static void a_graph_of_nothing_is_refused(void **state) {
    oto_scope {
        assert_refused(oto_show_graph(oto_zeros(1)), "no parameter leads to it");
        OtoLayer *net = tagger();
        OtoTensor *loss = NULL;
        oto_no_grad loss = loss_of(net);
        assert_refused(oto_graph_text(loss, net), "oto_no_grad");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_has_shapes_parameters_and_operations),
        cmocka_unit_test(a_summary_changes_nothing),
        cmocka_unit_test(a_summary_tells_of_parts_used_twice_and_never_and_frozen),
        cmocka_unit_test_setup_teardown(a_summary_in_a_notebook_is_a_table, attach, detach),
        cmocka_unit_test(a_summary_of_a_wrong_input_names_the_layer_and_changes_nothing),
        cmocka_unit_test(a_graph_names_operations_shapes_and_parameters),
        cmocka_unit_test_setup_teardown(a_graph_is_an_svg_picture_with_its_text, attach, detach),
        cmocka_unit_test_setup_teardown(a_large_graph_is_folded_by_layer, attach, detach),
        cmocka_unit_test_setup_teardown(without_dot_a_graph_is_text, attach, detach),
        cmocka_unit_test(a_graph_of_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
