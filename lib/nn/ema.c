/* The moving average of the parameters, and the block in which they are it. */
#include "lib/nn/optimizer.h"
#include "lib/nn/training.h"
#include "lib/tensor/open_blocks.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>

void oto_ema(OtoOptimizer *optimizer, double decay) {
    oto_need_optimizer("oto_ema", optimizer);
    oto_check_range("oto_ema", "decay", decay, 0, 1);
    OtoTraining *training = optimizer->training;
    for (int i = 0; i < training->owned_count; i++) {
        struct owned *owned = &training->owned[i];
        if (!owned->average) owned->average = calloc((size_t)owned->tensor->size + 1, sizeof(float));
        if (!owned->average) oto_refuse("oto_ema", "no memory for the average of %s", owned->name);
    }
    training->ema_decay = decay;
    training->averaged = false;
}

/* Parameters and averages change places; done twice, all is as it was. */
static void swap_all(OtoOptimizer *optimizer) {
    OtoTraining *training = optimizer->training;
    for (int i = 0; i < training->owned_count; i++) {
        struct owned *owned = &training->owned[i];
        if (!owned->average || oto_kind(owned->tensor) != OTO_TENSOR || owned->updates == 0) continue;
        float *p = owned->tensor->data;
        for (int64_t k = 0; k < owned->tensor->size; k++) {
            float kept = p[k];
            p[k] = owned->average[k];
            owned->average[k] = kept;
        }
        oto_changed(owned->tensor);
    }
}

struct averaged {
    OtoOptimizer *optimizer;
};

static void end_averaged(void *what) {
    struct averaged *averaged = what;
    if (oto_kind(averaged->optimizer) == OTO_OPTIMIZER) swap_all(averaged->optimizer);
}

OtoWithEma oto_with_ema_begin(OtoOptimizer *optimizer) {
    oto_need_optimizer("oto_with_ema", optimizer);
    if (!optimizer->training->averaged)
        oto_refuse("oto_with_ema", "there is no average yet: call oto_ema(optimizer, 0.999) before the training");
    struct averaged *averaged = malloc(sizeof *averaged);
    if (averaged) averaged->optimizer = optimizer;
    uint64_t block = averaged ? oto_block_begin(end_averaged, averaged) : 0;
    if (!block) {
        free(averaged);
        oto_refuse("oto_with_ema", "no memory to note the weights' change of places");
    }
    swap_all(optimizer);
    return (OtoWithEma){.serial = block, .open = true};
}

void oto_with_ema_end(OtoWithEma *block) {
    oto_block_end(block->serial);
}
