/* settings: what layers keep as their settings where that is no option of theirs, for those who write a model down in
 * other words (onnx.c, pytorch.c), or computes several layers in one (fusion.c). For the library's own files. */
#ifndef OTO_NN_SETTINGS_H
#define OTO_NN_SETTINGS_H

#include "lib/nn/layers.h"

struct oto_group_norm_settings {
    int groups;
    double eps;
};

struct oto_instance_norm_settings {
    int channels;
    double eps;
};

struct oto_axis_settings {
    char name[64]; /* "": number counts */
    int64_t number;
};

struct oto_unflatten_settings {
    int rank; /* without the batch */
    int64_t shape[OTO_RANK_MAX];
};

struct oto_upsample_settings {
    int factor;
    OtoInterpolateOptions options;
};

struct oto_pool_settings {
    int kernel;
    OtoPoolOptions options;
};

/* Those of the operation. */
OtoConvOptions oto_conv_options(const OtoNnConvOptions *options);

struct oto_attention_settings {
    int heads;
    bool causal, bias;
    int64_t distances; /* of relative, or 0 */
    double dropout;
};

/* The parts of a transformer block; those of a decoder are one more. */
struct oto_transformer_settings {
    OtoLayer *self_attention, *memory_attention; /* NULL: an encoder's */
    OtoLayer *linear[2], *activation, *norm[3], *dropout[4];
    int parts;
    bool norm_first;
    double dropout_p, eps;
    int64_t feed_forward;
};

#endif
