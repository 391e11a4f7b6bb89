#include "lib/oto.h"
#include "refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static OtoTensor *shift_forward(OtoLayer *layer, OtoTensor *x) {
    return oto_add(x, *oto_layer_settings(layer, double));
}
static const OtoLayerType shift_type = {.name = "shift", .forward = shift_forward};
static OtoLayer *shift(double by) {
    OtoLayer *layer = oto_layer_new(&shift_type, &by, sizeof by);
    oto_layer_say(layer, "%g", by);
    oto_add_parameter(layer, "weight", oto_zeros(2, 3));
    oto_add_buffer(layer, "mean", oto_zeros(2));
    return layer;
}
static const OtoLayerType states = {.name = "states", .use = "oto_states(layer, x, &state)"};

typedef struct {
    OtoLayer *first, *second;
    OtoLayer *blocks[2];
    OtoTensor *scale, *table;
    int width;
} Pair;
static OtoTensor *pair(OtoLayer *l, OtoTensor *x) {
    Pair *p = oto_self(l, Pair);
    return oto_apply(p->second, oto_apply(p->first, x));
}
static OtoTensor *nothing(OtoLayer *l, OtoTensor *x) {
    return NULL;
}
static OtoLayer *new_pair(void) {
    return oto_layer(Pair, pair, .first = shift(1), .second = shift(2), .blocks = {shift(3), shift(4)},
                     .scale = oto_parameter(oto_tensor(1)), .table = oto_tensor(5, 6), .width = 7);
}

static void a_sequence_applies_its_layers_in_order(void **state) {
    OtoLayer *net = oto_sequential(shift(1), oto_sequential(shift(2)), shift(4));
    assert_float_equal(oto_item(oto_apply(net, oto_tensor(1))), 8, 0);
    assert_float_equal(oto_item((oto_apply)(oto_sequential(), oto_tensor(1))), 1, 0);
}

static void a_layer_of_ones_own_names_its_parts_by_their_fields(void **state) {
    OtoLayer *own = new_pair();
    assert_float_equal(oto_item(oto_apply(own, oto_tensor(1))), 4, 0);
    assert_int_equal(oto_self(own, Pair)->width, 7);
    assert_ptr_equal(oto_layer_at(own, "second"), oto_self(own, Pair)->second);
    assert_ptr_equal(oto_layer_at(own, "blocks.1"), oto_self(own, Pair)->blocks[1]);
    assert_int_equal(oto_parameter_count(own), 4 * 6 + 1);
    oto_scope {
        OtoTensorList list = oto_layer_tensors(own);
        assert_int_equal(list.count, 10);
        assert_string_equal(list.items[0].path, "scale");
        assert_false(list.items[0].buffer);
        assert_true(list.items[1].buffer);
        assert_string_equal(list.items[8].path, "blocks.1.weight");
    }
    assert_refused(oto_self(oto_sequential(), Pair), "oto_self: the layer is a sequential, not a Pair");
}

static void paths_that_lead_nowhere_are_refused_with_what_there_is(void **state) {
    OtoLayer *net = oto_sequential(shift(1), oto_sequential(shift(2)));
    assert_ptr_equal(oto_layer_tensor(net, "1.0.weight"), net->children[1]->children[0]->tensors[0].tensor);
    assert_refused(oto_layer_at(net, "1.3"), "there is no part \"1.3\"; at \"3\" the parts of the sequential are 0");
    assert_refused(oto_layer_tensor(net, "0.bias"), "the tensors of the shift are weight, mean");
}

static void a_refusal_inside_tells_the_path(void **state) {
    OtoLayer *net = oto_sequential(shift(1), oto_layer(Pair, nothing));
    assert_refused(oto_apply(net, oto_tensor(1)),
                   "net.1 (Pair): oto_apply: what the forward function returned is NULL");
    assert_refused(oto_add(oto_tensor(1, 2), oto_tensor(1, 2, 3)), "oto_add: ");
    assert_int_equal(strncmp(refusal_text, "oto_add", 7), 0); /* the place is left */
    assert_refused(oto_apply(oto_sequential(oto_layer_new(&states, NULL, 0)), oto_tensor(1)),
                   "sequential.0 (states): oto_apply: a states is not applied to x alone; call oto_states(layer, x,");
    assert_refused(oto_apply((OtoLayer *)oto_tensor(1), oto_tensor(1)), "layer is a tensor");
}

static void a_part_has_one_owner(void **state) {
    OtoLayer *part = shift(1);
    oto_sequential(part);
    assert_refused(oto_sequential(part), "0 is a part of a sequential already");
}

static void no_layer_is_inside_itself(void **state) {
    OtoLayer *inner = oto_sequential(shift(1)), *middle = oto_sequential(inner), *outer = oto_sequential(middle);
    assert_refused(oto_add_layer(inner, "again", outer),
                   "again would be the sequential that this sequential is inside of");
    assert_refused(oto_add_layer(inner, "again", middle),
                   "again would be the sequential that this sequential is inside");
    assert_refused(oto_add_layer(outer, "again", outer), "again would be the sequential itself");
    assert_int_equal(outer->child_count + inner->child_count, 2);
    assert_ptr_equal(outer->parent, NULL);
}

static void parts_and_tensors_end_with_their_layer(void **state) {
    int64_t values = oto_values_alive();
    OtoLayer *net = NULL;
    oto_scope {
        oto_scope net = oto_keep(oto_sequential(new_pair(), shift(1)));
        assert_int_equal(oto_kind(oto_layer_tensor(net, "0.scale")), OTO_TENSOR);
    }
    assert_int_equal(oto_values_alive(), values);
    assert_refused(oto_apply(net, oto_tensor(1)), "layer was a layer (OtoLayer *) that has been freed");
}

static void what_a_forward_makes_ends_with_it(void **state) {
    OtoLayer *net = oto_sequential(shift(1), shift(1), shift(1));
    OtoTensor *x = oto_tensor(1);
    int64_t values = oto_values_alive();
    oto_apply(net, x);
    assert_int_equal(oto_values_alive(), values + 1);
}

static void modes_reach_all_parts_and_a_block_restores_them(void **state) {
    OtoLayer *net = oto_sequential(shift(1), oto_sequential(shift(2)));
    OtoLayer *inner = oto_layer_at(net, "1.0");
    assert_true(inner->training);
    oto_evaluate(oto_layer_at(net, "1"));
    oto_evaluating(net) {
        assert_false(oto_layer_at(net, "0")->training);
        assert_false(oto_records(oto_layer_tensor(net, "0.weight")));
    }
    assert_true(oto_layer_at(net, "0")->training);
    assert_false(inner->training);
    assert_true(oto_records(oto_layer_tensor(net, "0.weight")));
    oto_train(net);
    assert_true(inner->training);
}

static void frozen_parameters_want_no_gradient(void **state) {
    OtoLayer *net = oto_sequential(shift(1));
    oto_freeze(net);
    assert_false(oto_wants_gradient(oto_layer_tensor(net, "0.weight")));
    oto_unfreeze(net);
    assert_true(oto_wants_gradient(oto_layer_tensor(net, "0.weight")));
    assert_false(oto_wants_gradient(oto_layer_tensor(net, "0.mean")));
}

static void a_layer_is_text(void **state) {
    OtoLayer *net = oto_sequential(shift(1), oto_sequential(shift(2.5)));
    oto_freeze(oto_layer_at(net, "0"));
    char *text = oto_layer_text(net);
    assert_string_equal(text, "sequential\n"
                              "  0  shift(1)  weight (2, 3), mean (2): 6, frozen\n"
                              "  1  sequential\n"
                              "    0  shift(2.5)  weight (2, 3), mean (2): 6\n"
                              "12 parameters, in training mode\n");
    free(text);
}

static void note(OtoLayer *layer, OtoTensor *x, OtoTensor *y, void *context) {
    char *path = oto_layer_path(layer);
    strcat(context, path);
    strcat(context, " ");
    free(path);
}
static void applications_can_be_watched(void **state) {
    OtoLayer *net = oto_sequential(shift(1), shift(2));
    char seen[100] = "";
    oto_watch_layers(note, seen);
    oto_apply(net, oto_tensor(1));
    oto_watch_layers(NULL, NULL);
    assert_string_equal(seen, "net.0 net.1 net ");
}

static void a_refusal_in_an_evaluation_leaves_the_modes_as_they_were(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_linear(2, 2), oto_nn_dropout(0.5)), *other = oto_nn_linear(2, 2);
    oto_evaluate(other);
    assert_refused(({
                       oto_evaluating(net) oto_evaluating(other) oto_apply(net, oto_tensor(1, 2, 3));
                       0;
                   }),
                   "net.0 (linear)");
    assert_true(net->training && net->children[1]->training);
    assert_false(other->training);
    oto_evaluating(net) assert_false(net->training);
    assert_true(net->training);
}

static void an_evaluation_that_is_left_ends_those_inside_it(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_dropout(0.5)), *inner = oto_nn_dropout(0.5);
    OtoEvaluating outer = oto_evaluating_begin(net);
    oto_evaluating_begin(inner); /* and a jump over its end */
    oto_evaluating_end(&outer);
    assert_true(net->training && inner->training);
    assert_true(oto_records(oto_parameter(oto_tensor(1))));
}

static void a_part_that_comes_during_an_evaluation_keeps_its_mode(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_dropout(0.5)), *late = oto_nn_dropout(0.5);
    oto_evaluate(late);
    oto_evaluating(net) oto_add_layer(net, "late", late);
    assert_true(net->training && net->children[0]->training);
    assert_false(late->training);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_that_comes_during_an_evaluation_keeps_its_mode),
        cmocka_unit_test(a_refusal_in_an_evaluation_leaves_the_modes_as_they_were),
        cmocka_unit_test(an_evaluation_that_is_left_ends_those_inside_it),
        cmocka_unit_test(a_sequence_applies_its_layers_in_order),
        cmocka_unit_test(a_layer_of_ones_own_names_its_parts_by_their_fields),
        cmocka_unit_test(paths_that_lead_nowhere_are_refused_with_what_there_is),
        cmocka_unit_test(a_refusal_inside_tells_the_path),
        cmocka_unit_test(a_part_has_one_owner),
        cmocka_unit_test(no_layer_is_inside_itself),
        cmocka_unit_test(parts_and_tensors_end_with_their_layer),
        cmocka_unit_test(what_a_forward_makes_ends_with_it),
        cmocka_unit_test(modes_reach_all_parts_and_a_block_restores_them),
        cmocka_unit_test(frozen_parameters_want_no_gradient),
        cmocka_unit_test(a_layer_is_text),
        cmocka_unit_test(applications_can_be_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
