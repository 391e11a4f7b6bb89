/* The seven models of the course in C, as models.py has them in PyTorch: for the benchmark, and for the test that their
 * losses fall as PyTorch's do. */
#ifndef OTO_BENCH_MODELS_H
#define OTO_BENCH_MODELS_H

#include "lib/oto.h"

#include <string.h>

/* ---- layers of several parts ---- */

typedef struct {
    OtoLayer *conv, *narrow, *lstm, *keys;
} Crnn;

static inline OtoTensor *crnn_forward(OtoLayer *layer, OtoTensor *x) { /* (batch, time, mel) */
    Crnn *crnn = oto_self(layer, Crnn);
    int64_t batch = x->shape[0], time = x->shape[1];
    OtoTensor *h = oto_apply(crnn->conv, oto_reshape(x, batch, 1, time, -1)); /* (batch, channels, time, mel) */
    h = oto_reshape(oto_permute(h, 0, 2, 1, 3), batch, time, -1);
    h = oto_relu(oto_apply(crnn->narrow, h));
    return oto_apply(crnn->keys, oto_apply(crnn->lstm, h));
}

typedef struct {
    OtoLayer *down[4], *up[4];
} UNet;

static inline OtoTensor *unet_forward(OtoLayer *layer, OtoTensor *x) { /* (batch, 1, frequency, time) */
    UNet *unet = oto_self(layer, UNet);
    OtoTensor *skips[4], *h = x;
    for (int i = 0; i < 4; i++) skips[i] = h = oto_apply(unet->down[i], h);
    for (int i = 0; i < 4; i++) {
        h = oto_apply(unet->up[i], i == 0 ? h : oto_cat(1, h, skips[3 - i]));
        h = i < 3 ? oto_relu(h) : oto_sigmoid(h);
    }
    return oto_mul(h, x);
}

/* As torch.nn.TransformerEncoderLayer with norm_first and a causal mask. */
typedef struct {
    OtoLayer *norm, *qkv, *out, *feed;
} Block;

static inline OtoTensor *block_forward(OtoLayer *layer, OtoTensor *x) { /* (batch, time, features) */
    Block *block = oto_self(layer, Block);
    OtoTensor *qkv = oto_apply(block->qkv, oto_apply(block->norm, x));
    OtoTensor *h = oto_add(x, oto_apply(block->out, oto_self_attention(qkv, .heads = 4, .causal = true)));
    return oto_add(h, oto_apply(block->feed, h));
}

typedef struct {
    OtoLayer *embed, *place, *blocks[4], *norm, *head;
} Gpt;

static inline OtoTensor *gpt_forward(OtoLayer *layer, OtoTensor *x) { /* (batch, time) */
    Gpt *gpt = oto_self(layer, Gpt);
    OtoTensor *places = oto_zeros_of(OTO_INT64, 1, (long long[]){x->cols});
    for (int64_t i = 0; i < x->cols; i++) oto_int_at(places, i) = i;
    OtoTensor *h = oto_add(oto_apply(gpt->embed, x), oto_apply(gpt->place, places));
    for (int i = 0; i < 4; i++) h = oto_apply(gpt->blocks[i], h);
    return oto_apply(gpt->head, oto_apply(gpt->norm, h));
}

typedef struct {
    OtoLayer *encode, *decode;
} Vae;

static inline OtoTensor *vae_forward(OtoLayer *layer, OtoTensor *x) {
    Vae *vae = oto_self(layer, Vae);
    OtoTensor *h = oto_apply(vae->encode, x);
    OtoTensor *mean = oto_slice(h, 1, 0, 32), *log_variance = oto_slice(h, 1, 32, 64);
    OtoTensor *noise = oto_like(mean, OTO_FLOAT32, NULL);
    for (int64_t i = 0; i < noise->size; i++) oto_data(noise)[i] = (float)oto_normal();
    return oto_apply(vae->decode, oto_add(mean, oto_mul(noise, oto_exp(oto_div(log_variance, 2)))));
}

/* ---- the models ---- */

static inline OtoLayer *make_mlp(void) {
    return oto_sequential(oto_nn_linear(40, 256), oto_nn_relu(), oto_nn_linear(256, 128), oto_nn_relu(),
                          oto_nn_linear(128, 10));
}

static inline OtoLayer *cnn_block(int in, int out) {
    return oto_sequential(oto_nn_conv2d(in, out, 3, .padding = 1), oto_nn_batch_norm2d(out), oto_nn_relu(),
                          oto_nn_max_pool2d(2));
}
static inline OtoLayer *make_cnn(void) {
    return oto_sequential(cnn_block(1, 16), cnn_block(16, 32), cnn_block(32, 64), cnn_block(64, 64),
                          oto_nn_adaptive_avg_pool2d(1), oto_nn_flatten(), oto_nn_linear(64, 10));
}

static inline OtoLayer *make_crnn(void) {
    OtoLayer *conv = oto_sequential(oto_nn_conv2d(1, 16, 3, .padding = 1), oto_nn_batch_norm2d(16), oto_nn_relu(),
                                    oto_nn_conv2d(16, 16, 3, .padding = 1), oto_nn_batch_norm2d(16), oto_nn_relu(),
                                    oto_nn_max_pool2d(2, .kernels = {1, 2}), oto_nn_conv2d(16, 32, 3, .padding = 1),
                                    oto_nn_batch_norm2d(32), oto_nn_relu(), oto_nn_max_pool2d(2, .kernels = {1, 2}));
    return oto_layer(Crnn, crnn_forward, .conv = conv, .narrow = oto_nn_linear(32 * 57, 128),
                     .lstm = oto_nn_lstm(128, 64, .bidirectional = true), .keys = oto_nn_linear(128, 88));
}

static inline OtoLayer *unet_down(int in, int out) {
    return oto_sequential(oto_nn_conv2d(in, out, 5, .stride = 2, .padding = 2), oto_nn_batch_norm2d(out),
                          oto_nn_leaky_relu(0.2));
}
static inline OtoLayer *unet_up(int in, int out) {
    return oto_nn_conv_transpose2d(in, out, 5, .stride = 2, .padding = 2, .output_padding = 1);
}
static inline OtoLayer *make_unet(void) {
    return oto_layer(UNet, unet_forward,
                     .down = {unet_down(1, 16), unet_down(16, 32), unet_down(32, 64), unet_down(64, 128)},
                     .up = {unet_up(128, 64), unet_up(128, 32), unet_up(64, 16), unet_up(32, 1)});
}

static inline OtoLayer *make_lstm(void) {
    return oto_sequential(oto_nn_embedding(388, 128), oto_nn_lstm(128, 256, .num_layers = 2), oto_nn_linear(256, 388));
}

static inline OtoLayer *gpt_block(void) {
    return oto_layer(Block, block_forward, .norm = oto_nn_layer_norm(128), .qkv = oto_nn_linear(128, 3 * 128),
                     .out = oto_nn_linear(128, 128),
                     .feed = oto_sequential(oto_nn_layer_norm(128), oto_nn_linear(128, 512), oto_nn_gelu(),
                                            oto_nn_linear(512, 128)));
}
static inline OtoLayer *make_gpt(void) {
    return oto_layer(Gpt, gpt_forward, .embed = oto_nn_embedding(388, 128), .place = oto_nn_embedding(256, 128),
                     .blocks = {gpt_block(), gpt_block(), gpt_block(), gpt_block()}, .norm = oto_nn_layer_norm(128),
                     .head = oto_nn_linear(128, 388));
}

static inline OtoLayer *make_vae(void) {
    return oto_layer(Vae, vae_forward,
                     .encode = oto_sequential(oto_nn_linear(1024, 512), oto_nn_relu(), oto_nn_linear(512, 64)),
                     .decode = oto_sequential(oto_nn_linear(32, 512), oto_nn_relu(), oto_nn_linear(512, 1024)));
}

/* ---- their losses ---- */

static inline OtoTensor *class_loss(OtoTensor *y, OtoTensor *labels) {
    return oto_cross_entropy(oto_reshape(y, -1, y->cols), oto_reshape(labels, -1));
}
static inline OtoTensor *l1_loss(OtoTensor *y, OtoTensor *target) {
    return oto_l1_loss(y, target);
}
static inline OtoTensor *bce_loss(OtoTensor *y, OtoTensor *target) {
    return oto_binary_cross_entropy(y, target);
}

/* ---- the data of one step ---- */

static inline OtoTensor *classes(int count, int rank, const long long shape[]) {
    OtoTensor *x = oto_zeros_of(OTO_INT64, rank, shape);
    for (int64_t i = 0; i < x->size; i++) oto_int_data(x)[i] = oto_random_below(count);
    return x;
}

struct model {
    const char *name;
    OtoLayer *(*make)(void);
    OtoTensor *(*loss)(OtoTensor *y, OtoTensor *target);
    int vocabulary, classes; /* x, or the target, is whole numbers below; 0: it is uniform in [0, 1) */
    int x_rank, y_rank;
    long long x[4], y[4];
};

static const struct model models[] = {
    {"mlp", make_mlp, class_loss, 0, 10, 2, 1, {64, 40}, {64}},
    {"cnn", make_cnn, class_loss, 0, 10, 4, 1, {16, 1, 128, 128}, {16}},
    {"crnn", make_crnn, bce_loss, 0, 0, 3, 3, {8, 100, 229}, {8, 100, 88}},
    {"unet", make_unet, l1_loss, 0, 0, 4, 4, {4, 1, 512, 128}, {4, 1, 512, 128}},
    {"lstm", make_lstm, class_loss, 388, 388, 2, 2, {16, 128}, {16, 128}},
    {"gpt", make_gpt, class_loss, 388, 388, 2, 2, {8, 256}, {8, 256}},
    {"vae", make_vae, bce_loss, 0, 0, 2, 2, {64, 1024}, {64, 1024}},
};
enum { MODELS = sizeof models / sizeof models[0] };

static inline OtoTensor *uniform(int rank, const long long shape[]) {
    OtoTensor *x = oto_zeros_of(OTO_FLOAT32, rank, shape);
    for (int64_t i = 0; i < x->size; i++) oto_data(x)[i] = (float)oto_uniform();
    return x;
}
static inline OtoTensor *model_x(const struct model *model) {
    return model->vocabulary ? classes(model->vocabulary, model->x_rank, model->x) : uniform(model->x_rank, model->x);
}
static inline OtoTensor *model_y(const struct model *model) {
    return model->classes ? classes(model->classes, model->y_rank, model->y) : uniform(model->y_rank, model->y);
}

#endif
