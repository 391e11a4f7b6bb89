#include "lib/nn/pytorch_attention.h"

#include <string.h>

#include "lib/nn/settings.h"
#include "lib/tensor/error.h"

static const char operation[] = "oto_to_pytorch";

/* PyTorch's attention takes three tensors and gives (y, weights), and is told each time that it is causal. */
#define MASK "        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])\n"
static const char attention_class[] = "class SelfAttention(nn.MultiheadAttention):\n"
                                      "    def forward(self, x):\n"
                                      "        return super().forward(x, x, x, need_weights=False)[0]\n";
static const char causal_attention_class[] =
    "class CausalSelfAttention(nn.MultiheadAttention):\n"
    "    def forward(self, x):\n" MASK
    "        return super().forward(x, x, x, need_weights=False, attn_mask=mask)[0]\n";
static const char causal_block_class[] =
    "class CausalTransformerBlock(nn.TransformerEncoderLayer):\n"
    "    def forward(self, x):\n" MASK "        return super().forward(x, src_mask=mask, is_causal=True)\n";
/* With running means, or learned. */
#define QUANTIZER_CLASS(name, tensors)                                                                                 \
    "class " name "(nn.Module):\n"                                                                                     \
    "    def __init__(self, codes, features):\n"                                                                       \
    "        super().__init__()\n" tensors "\n"                                                                        \
    "    def forward(self, x):\n"                                                                                      \
    "        return self.weight[torch.cdist(x, self.weight).argmin(-1)]\n"
static const char quantizer_class[] =
    QUANTIZER_CLASS("VectorQuantizer", "        self.weight = nn.Buffer(torch.zeros(codes, features))\n"
                                       "        self.usage = nn.Buffer(torch.zeros(codes))\n"
                                       "        self.sums = nn.Buffer(torch.zeros(codes, features))\n");
static const char learned_quantizer_class[] =
    QUANTIZER_CLASS("LearnedVectorQuantizer", "        self.weight = nn.Parameter(torch.zeros(codes, features))\n");

static const struct oto_attention_settings *attention_of(OtoLayer *layer) {
    const struct oto_attention_settings *s = oto_layer_settings(layer, struct oto_attention_settings);
    if (s->distances)
        oto_refuse(operation,
                   "a %s with .relative cannot be written in PyTorch, which has no distances in its attention; save "
                   "the net with oto_save_onnx",
                   layer->type);
    return s;
}

static bool is(const OtoLayer *layer, const char *type) {
    return !strcmp(layer->type, type);
}

const char *oto_pytorch_class_of(OtoLayer *layer) {
    if (is(layer, "multi_head_attention"))
        return attention_of(layer)->causal ? causal_attention_class : attention_class;
    if (is(layer, "transformer_block")) {
        OtoLayer *attention = oto_layer_settings(layer, struct oto_transformer_settings)->self_attention;
        return attention_of(attention)->causal ? causal_block_class : NULL;
    }
    if (is(layer, "vector_quantizer")) return layer->tensors[0].buffer ? quantizer_class : learned_quantizer_class;
    return NULL;
}

void oto_pytorch_attention(FILE *out, OtoLayer *layer) {
    const struct oto_attention_settings *s = attention_of(layer);
    fprintf(out, "%sSelfAttention(%lld, %d", s->causal ? "Causal" : "", (long long)layer->tensors[0].tensor->cols,
            s->heads);
    if (s->dropout > 0) fprintf(out, ", dropout=%.15g", s->dropout);
    fprintf(out, "%s, batch_first=True)", s->bias ? "" : ", bias=False");
}

void oto_pytorch_block(FILE *out, OtoLayer *layer) {
    const struct oto_transformer_settings *s = oto_layer_settings(layer, struct oto_transformer_settings);
    const struct oto_attention_settings *attention = attention_of(s->self_attention);
    bool gelu = is(s->activation, "gelu");
    if (!gelu && !is(s->activation, "relu"))
        oto_refuse(operation, "a %s with %s cannot be written in PyTorch, whose blocks have relu or gelu", layer->type,
                   s->activation->type);
    fprintf(out, "%s(%lld, %d, dim_feedforward=%lld, dropout=%.15g%s",
            s->memory_attention ? "nn.TransformerDecoderLayer"
            : attention->causal ? "CausalTransformerBlock"
                                : "nn.TransformerEncoderLayer",
            (long long)s->norm[0]->tensors[0].tensor->size, attention->heads, (long long)s->feed_forward, s->dropout_p,
            gelu ? ", activation=\"gelu\"" : "");
    if (s->eps != 1e-5) fprintf(out, ", layer_norm_eps=%.15g", s->eps);
    fprintf(out, ", batch_first=True%s)", s->norm_first ? ", norm_first=True" : "");
}

void oto_pytorch_quantizer(FILE *out, OtoLayer *layer) {
    const OtoTensor *weight = layer->tensors[0].tensor;
    fprintf(out, "%sVectorQuantizer(%lld, %lld)", layer->tensors[0].buffer ? "" : "Learned", (long long)weight->rows,
            (long long)weight->cols);
}
