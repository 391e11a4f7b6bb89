/* The weights of attention by themselves, to be looked at. */
#include "lib/nn/attention_heads.h"
#include "lib/tensor/error.h"

/* p_ij = e^s_ij / sum over j of e^s_ij; 0 for what may not be seen. */
static void write_rows(const struct head *head, int64_t first, int64_t rows) {
    const struct attention *n = &head->work->sizes;
    float inverse[OTO_ATTENTION_ROWS];
    oto_attention_softmax(head, first, rows, inverse);
    for (int64_t r = 0; r < rows; r++) {
        const float *scores = head->scores + r * score_row(n->keys);
        float *to = head->work->weights + number_of(head, first + r) * n->keys;
        for (int64_t j = 0; j < n->keys; j++) to[j] = j < visible(n, first + r) ? scores[j] * inverse[r] : 0;
    }
}

static void write_heads(int64_t first, int64_t end, void *context) {
    const struct work *work = context;
    for (int64_t task = first; task < end && !oto_interrupt_pending(); task++) {
        struct head head = oto_attention_head(work, task, first, false);
        for (int64_t i = 0; i < work->sizes.queries; i += OTO_ATTENTION_ROWS) {
            int64_t left = work->sizes.queries - i;
            write_rows(&head, i, left < OTO_ATTENTION_ROWS ? left : OTO_ATTENTION_ROWS);
        }
    }
}

OtoTensor *(oto_attention_weights)(OtoTensor *q, OtoTensor *k, OtoAttentionOptions options) {
    const char *name = "oto_attention_weights";
    oto_attention_check_sequence(name, "q", q);
    oto_attention_check_keys(name, q, k);
    oto_attention_check_options(name, q, q->shape[2], &options);
    struct attention sizes = oto_attention_sizes(q, k, q->shape[2], options.heads);
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *mask = oto_attention_settle(name, &sizes, q, k, &options);
        struct work work = {.sizes = sizes, .mask = mask ? mask->data : NULL};
        y = oto_tensor_new(OTO_FLOAT32, 4, (const long long[]){sizes.batch, sizes.heads, sizes.queries, sizes.keys});
        static const char *const axes[] = {"batch", "head", "query", "key"};
        for (int i = 0; i < 4; i++) oto_name_axis(y, i, axes[i]);
        oto_attention_views(&work, q, k, NULL);
        work.relative = options.relative ? options.relative->data : NULL;
        work.weights = y->data;
        oto_attention_run(&work, write_heads);
        oto_keep(y);
    }
    return y;
}
