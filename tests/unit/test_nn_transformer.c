/* Multi-head attention, its cache and transformer blocks: agreement with PyTorch 2.13
 * (tests/golden/make_nn_transformer.py), continued sequences, refusals. */
#include "golden.h"
#include "refusal.h"
#include "weights.h"

#include "bench/nn/models.h"
#include "lib/oto.h"

static const char topic[] = "nn_transformer";
static const double TOLERANCE = 1e-5;
enum { BATCH = 2, TIME = 6, KEYS = 5, FEATURES = 8, HEADS = 2 };

static OtoTensor *input(int seed, int time) {
    return oto_parameter(golden_numbers_of(seed, BATCH, time, FEATURES));
}
static OtoTensor *present(int time) {
    return oto_length_mask(oto_from(((int[]){time, 4}), BATCH), time);
}

static void agrees(const char *function, const char *name, const char *what, OtoTensor *x) {
    char entry[200];
    snprintf(entry, sizeof entry, "%s: %s", name, what);
    assert_agrees(topic, function, entry, x, TOLERANCE);
}

/* y and the gradients of all parameters of the layer; those of the inputs are the caller's. */
static void layer_agrees(const char *function, const char *name, OtoLayer *layer, OtoTensor *y) {
    oto_backward(oto_sum_all(oto_mul(y, golden_fill(oto_like(y, OTO_FLOAT32, NULL), 9))));
    agrees(function, name, "y", y);
    OtoTensorList list = oto_layer_tensors(layer);
    for (int i = 0; i < list.count; i++) {
        char what[200];
        snprintf(what, sizeof what, "gradient of %s", list.items[i].path);
        agrees(function, name, what, oto_gradient(list.items[i].tensor));
    }
}

/* hidden() of make_nn_transformer.py, the other way round. */
static OtoTensor *seen(int seed, OtoTensor *shape) {
    OtoTensor *x = golden_fill(shape, (uint32_t)seed), *mask = oto_like(x, OTO_INT64, NULL);
    for (int64_t i = 0; i < x->size; i++) oto_int_data(mask)[i] = oto_data(x)[i] >= -0.3f || i % x->cols == 0;
    return mask;
}

static OtoLayer *attention_layer(bool causal) {
    OtoLayer *layer = oto_nn_multi_head_attention(FEATURES, HEADS, .causal = causal);
    fill_weights(layer);
    return layer;
}

static void attention_case(const char *name, OtoLayer *layer, OtoTensor *mask, OtoTensor *key_mask) {
    OtoTensor *x = input(1, TIME), *weights = NULL;
    layer_agrees("oto_nn_multi_head_attention", name, layer,
                 oto_apply_attention(layer, x, x, x, .mask = mask, .key_mask = key_mask));
    agrees("oto_nn_multi_head_attention", name, "gradient of x", oto_gradient(x));
    OtoTensor *y = oto_apply_attention(layer, x, x, x, .mask = mask, .key_mask = key_mask, .weights = &weights);
    agrees("oto_nn_multi_head_attention", name, "y", y);
    assert_agrees(topic, "oto_attention_weights", name, weights, TOLERANCE);
}

static void attention_layers_agree_with_pytorch(void **state) {
    attention_case("plain", attention_layer(false), NULL, NULL);
    OtoLayer *bare = oto_nn_multi_head_attention(FEATURES, HEADS, .no_bias = true);
    fill_weights(bare);
    attention_case("without bias", bare, NULL, NULL);
    attention_case("causal", attention_layer(true), NULL, NULL);
}

static void masks_agree_with_pytorch(void **state) {
    attention_case("padding", attention_layer(false), NULL, present(TIME));
    attention_case("causal and padding", attention_layer(true), NULL, present(TIME));
    attention_case("mask and padding", attention_layer(false), seen(20, oto_zeros(TIME, TIME)), present(TIME));
    attention_case("mask of each head", attention_layer(false), seen(21, oto_zeros(BATCH, HEADS, TIME, TIME)), NULL);
}

static void asking_another_sequence_agrees_with_pytorch(void **state) {
    OtoLayer *layer = attention_layer(false);
    OtoTensor *query = input(1, TIME), *key = input(2, KEYS), *value = input(3, KEYS), *weights = NULL;
    layer_agrees("oto_apply_attention", "cross", layer,
                 oto_apply_attention(layer, query, key, value, .key_mask = present(KEYS), .weights = &weights));
    agrees("oto_apply_attention", "cross", "gradient of query", oto_gradient(query));
    agrees("oto_apply_attention", "cross", "gradient of key", oto_gradient(key));
    agrees("oto_apply_attention", "cross", "gradient of value", oto_gradient(value));
    assert_agrees(topic, "oto_attention_weights", "cross", weights, TOLERANCE);
}

static void blocks_agree_with_pytorch(void **state) {
    const char *function = "oto_nn_transformer_block";
    OtoLayer *last = oto_nn_transformer_block(FEATURES, HEADS, .feed_forward = 12, .dropout = 0);
    fill_weights(last);
    OtoTensor *x = input(1, TIME);
    layer_agrees(function, "norm last", last, oto_apply(last, x));
    agrees(function, "norm last", "gradient of x", oto_gradient(x));
    OtoLayer *first = oto_nn_transformer_block(FEATURES, HEADS, .feed_forward = 12, .dropout = 0, .causal = true,
                                               .norm_first = true, .activation = oto_nn_gelu());
    fill_weights(first);
    x = input(1, TIME);
    layer_agrees(function, "norm first, gelu, causal", first, oto_apply(first, x));
    agrees(function, "norm first, gelu, causal", "gradient of x", oto_gradient(x));
    OtoLayer *padded = oto_nn_transformer_block(FEATURES, HEADS, .feed_forward = 12, .dropout = 0);
    fill_weights(padded);
    x = input(1, TIME);
    layer_agrees(function, "padding", padded, oto_apply_transformer(padded, x, .key_mask = present(TIME)));
    agrees(function, "padding", "gradient of x", oto_gradient(x));
}

static void decoder_blocks_agree_with_pytorch(void **state) {
    const char *function = "oto_nn_transformer_decoder_block";
    for (int norm_first = 0; norm_first < 2; norm_first++) {
        const char *name = norm_first ? "norm first" : "norm last";
        OtoLayer *block = oto_nn_transformer_decoder_block(FEATURES, HEADS, .feed_forward = 12, .dropout = 0,
                                                           .norm_first = norm_first);
        fill_weights(block);
        OtoTensor *x = input(1, TIME), *memory = input(2, KEYS);
        layer_agrees(function, name, block,
                     oto_apply_transformer(block, x, .memory = memory, .memory_key_mask = present(KEYS)));
        agrees(function, name, "gradient of x", oto_gradient(x));
        agrees(function, name, "gradient of memory", oto_gradient(memory));
    }
}

static OtoLayer *causal_block(void) {
    return oto_nn_transformer_block(FEATURES, HEADS, .feed_forward = 12, .causal = true, .norm_first = true);
}

/* The portions' results, behind one another. */
static OtoTensor *in_portions(OtoLayer *net, OtoTensor *x, int count, const int ends[]) {
    OtoCache *cache = oto_cache();
    OtoTensor *y = NULL;
    for (int i = 0, from = 0; i < count; from = ends[i++]) {
        OtoTensor *part = oto_apply_cached(net, oto_slice(x, 1, from, ends[i]), cache);
        y = y ? oto_cat(1, y, part) : part;
    }
    assert_int_equal(cache->length, ends[count - 1]);
    oto_free(cache);
    return y;
}

static void portions_with_a_cache_agree_with_pytorch_of_the_whole(void **state) {
    OtoLayer *net = oto_sequential(causal_block(), causal_block());
    fill_weights(net);
    OtoTensor *x = golden_numbers_of(1, BATCH, TIME, FEATURES);
    assert_agrees(topic, "oto_apply_cached", "two blocks", in_portions(net, x, 3, (int[]){3, 4, TIME}), TOLERANCE);
}

static double largest_difference(OtoTensor *a, OtoTensor *b) {
    assert_int_equal(a->size, b->size);
    double largest = 0;
    for (int64_t i = 0; i < a->size; i++)
        largest = fmax(largest, fabs((double)oto_data(a)[i] - (double)oto_data(b)[i]));
    return largest;
}

static OtoTensor *tokens(void) {
    static const int numbers[] = {3, 1, 4, 1, 5, 2, 2, 6, 0, 6};
    return oto_from(numbers, 2, 5);
}

static OtoTensor *evaluated(OtoLayer *net, OtoTensor *x) {
    OtoTensor *y = NULL;
    oto_evaluating(net) y = oto_apply(net, x);
    return y;
}

static void assert_continues(OtoLayer *net) {
    OtoTensor *steps = in_portions(net, tokens(), 5, (int[]){1, 2, 3, 4, 5});
    assert_true(largest_difference(steps, evaluated(net, tokens())) < 1e-5);
    assert_true(net->training);
}

static void step_by_step_is_the_whole(void **state) {
    assert_continues(oto_sequential(oto_nn_embedding(7, FEATURES), oto_nn_positions(FEATURES), causal_block(),
                                    causal_block(), oto_nn_layer_norm(FEATURES), oto_nn_linear(FEATURES, 7)));
    OtoLayer *relative =
        oto_sequential(oto_nn_embedding(7, FEATURES),
                       oto_nn_transformer_block(FEATURES, HEADS, .causal = true, .relative = 9), oto_nn_linear(8, 7));
    golden_fill(oto_layer_tensor(relative, "1.self_attn.relative"), 4);
    assert_continues(relative);
    assert_continues(oto_sequential(oto_nn_embedding(7, FEATURES), oto_nn_lstm(FEATURES, 6, .num_layers = 2),
                                    oto_nn_gru(6, 5), oto_nn_linear(5, 7)));
}

static void a_cache_holds_to_one_net_and_batch(void **state) {
    OtoLayer *net = causal_block();
    OtoCache *cache = oto_cache();
    oto_apply_cached(net, oto_zeros(2, 3, FEATURES), cache);
    assert_refused(oto_apply_cached(net, oto_zeros(1, 1, FEATURES), cache), "the cache holds 2 sequences");
    assert_refused(oto_apply_cached(causal_block(), oto_zeros(2, 1, FEATURES), cache), "belongs to another net");
    assert_refused(oto_apply_cached(net, oto_zeros(2, 1, FEATURES + 1), cache),
                   "w must have the lengths of x's last axes");
    assert_int_equal(cache->length, 3);
    oto_apply_cached(net, oto_zeros(2, 1, FEATURES), cache);
    assert_int_equal(cache->length, 4);
}

static void what_cannot_go_on_step_by_step_is_refused(void **state) {
    OtoTensor *x = oto_zeros(2, 3, FEATURES);
    OtoLayer *net = oto_sequential(oto_nn_relu(), oto_nn_multi_head_attention(FEATURES, HEADS));
    assert_refused(oto_apply_cached(net, x, oto_cache()),
                   "net.1 (multi_head_attention): multi_head_attention: attention that is not causal");
    assert_refused(oto_apply_cached(oto_nn_gru(FEATURES, 3, .bidirectional = true), x, oto_cache()), "goes back from");
    assert_refused(oto_apply_cached(oto_nn_conv1d(3, 3, 3), x, oto_cache()), "(conv1d) looks at other time steps too");
}

static void the_benchs_gpt_is_put_together_of_layers(void **state) {
    oto_scope {
        OtoLayer *gpt = make_gpt(), *blocks[4];
        for (int i = 0; i < 4; i++)
            blocks[i] = oto_nn_transformer_block(128, 4, .feed_forward = 512, .dropout = 0, .causal = true,
                                                 .norm_first = true, .activation = oto_nn_gelu());
        OtoLayer *net =
            oto_sequential(oto_nn_embedding(388, 128), oto_nn_positions(128, .max_length = 256, .learned = true),
                           blocks[0], blocks[1], blocks[2], blocks[3], oto_nn_layer_norm(128), oto_nn_linear(128, 388));
        static const char *const parts[][2] = {
            {"norm", "norm1"},     {"qkv.weight", "self_attn.in_proj_weight"},
            {"feed.0", "norm2"},   {"qkv.bias", "self_attn.in_proj_bias"},
            {"feed.1", "linear1"}, {"out", "self_attn.out_proj"},
            {"feed.3", "linear2"},
        };
        OtoTensorList list = oto_layer_tensors(gpt);
        for (int i = 0; i < list.count; i++) {
            char path[100], *rest = list.items[i].path, *end;
            if (!strncmp(rest, "blocks.", 7)) {
                long block = strtol(rest + 7, &end, 10);
                for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
                    if (!strncmp(end + 1, parts[k][0], strlen(parts[k][0])))
                        snprintf(path, sizeof path, "%ld.%s%s", 2 + block, parts[k][1], end + 1 + strlen(parts[k][0]));
            } else {
                static const char *const names[] = {"embed", "place", "norm", "head"}, *const places[] = {"0", "1", "6",
                                                                                                          "7"};
                for (int k = 0; k < 4; k++)
                    if (!strncmp(rest, names[k], strlen(names[k])))
                        snprintf(path, sizeof path, "%s%s", places[k], rest + strlen(names[k]));
            }
            memcpy(oto_layer_tensor(net, path)->data, list.items[i].tensor->data,
                   (size_t)list.items[i].tensor->size * sizeof(float));
        }
        OtoTensor *x = oto_zeros_of(OTO_INT64, 2, (const long long[]){2, 20});
        for (int64_t i = 0; i < x->size; i++) oto_int_data(x)[i] = (i * 37) % 388;
        assert_true(largest_difference(oto_apply(net, x), oto_apply(gpt, x)) < 1e-5);
        assert_int_equal(oto_parameter_count(net), oto_parameter_count(gpt));
    }
}

static void what_a_net_looks_at_can_be_seen(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_relu(), causal_block(), causal_block());
    OtoTensor *x = golden_numbers_of(1, BATCH, TIME, FEATURES);
    OtoTensor *weights = oto_attention_at(net, x, "2.self_attn");
    assert_int_equal(weights->shape[1], HEADS);
    for (int64_t i = 0; i < weights->rows; i++) {
        double sum = 0;
        for (int64_t j = 0; j < weights->cols; j++) sum += (double)oto_data(weights)[i * weights->cols + j];
        assert_float_equal(sum, 1, 1e-5);
    }
    assert_float_equal(oto_at(weights, 0, 0, 2, 3), 0, 0);
    assert_refused(oto_attention_at(net, x, "2.linear1"), "\"2.linear1\" is a linear");
}

static void a_summary_counts_what_attention_costs(void **state) {
    oto_scope {
        char *text = oto_summary_text(oto_sequential(causal_block()), oto_zeros(BATCH, TIME, FEATURES));
        assert_null(strstr(text, "not used"));
        assert_non_null(strstr(text, "self_attn  multi_head_attention(8, 2, causal)"));
        assert_non_null(strstr(text, "5.76 k")); /* three products of 96 x 8, and half of two of 96 x 6 */
        free(text);
    }
}

static void dropout_acts_in_training_only(void **state) {
    OtoLayer *block = oto_nn_transformer_block(FEATURES, HEADS, .dropout = 0.5);
    OtoTensor *x = golden_numbers_of(1, BATCH, TIME, FEATURES);
    assert_true(largest_difference(oto_apply(block, x), oto_apply(block, x)) > 0.01);
    oto_evaluate(block);
    assert_true(largest_difference(oto_apply(block, x), oto_apply(block, x)) == 0);
}

static void what_does_not_fit_is_refused(void **state) {
    OtoLayer *layer = oto_nn_multi_head_attention(12, 3), *block = oto_nn_transformer_block(12, 3);
    OtoTensor *x = oto_zeros(2, 5, 12);
    assert_refused(oto_nn_multi_head_attention(12, 5), "12 features do not divide into 5 heads; heads must be one of");
    assert_refused(oto_nn_multi_head_attention(12, 3, .relative = 8), "needs .causal = true");
    assert_refused(oto_apply(layer, oto_zeros(2, 5, 11)), "x is (2, 5, 11), but the layer was made for");
    assert_refused(oto_apply(layer, oto_name_axis(oto_zeros(5, 2, 12), 0, "time")), "time comes first");
    assert_refused(oto_apply_attention(layer, x, x, x, .key_mask = oto_zeros(2, 5)), "key_mask is float32");
    assert_refused(oto_apply_attention(layer, x, x, x, .key_mask = oto_zeros_of(OTO_INT64, 2, (long long[]){5, 2})),
                   "but must be (batch 2, key 5); its axes are exchanged, oto_transpose(key_mask) puts them right");
    assert_refused(oto_apply_attention(layer, x, x, x, .mask = oto_zeros(4, 5)), "mask is (4, 5), but must be");
    assert_refused(oto_apply_attention(layer, x, oto_zeros(2, 4, 12), x), "each key belongs to one value");
    assert_refused(oto_apply_transformer(block, x, .memory = x), "does not look at a memory");
    assert_refused(oto_apply(oto_nn_transformer_decoder_block(12, 3), x),
                   "call oto_apply_transformer(block, x, .memory = m)");
    assert_refused(oto_length_mask(oto_from(((int[]){3, 6}), 2), 5), "lengths[1] is 6, but must be in [0, 5]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_layers_agree_with_pytorch),
        cmocka_unit_test(masks_agree_with_pytorch),
        cmocka_unit_test(asking_another_sequence_agrees_with_pytorch),
        cmocka_unit_test(blocks_agree_with_pytorch),
        cmocka_unit_test(decoder_blocks_agree_with_pytorch),
        cmocka_unit_test(portions_with_a_cache_agree_with_pytorch_of_the_whole),
        cmocka_unit_test(step_by_step_is_the_whole),
        cmocka_unit_test(a_cache_holds_to_one_net_and_batch),
        cmocka_unit_test(what_cannot_go_on_step_by_step_is_refused),
        cmocka_unit_test(the_benchs_gpt_is_put_together_of_layers),
        cmocka_unit_test(what_a_net_looks_at_can_be_seen),
        cmocka_unit_test(a_summary_counts_what_attention_costs),
        cmocka_unit_test(dropout_acts_in_training_only),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
