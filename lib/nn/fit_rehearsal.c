/* What oto_fit looks at before it begins: the split, and one batch on its whole way. */
#include "lib/learn/examples.h"
#include "lib/nn/fit_state.h"
#include "lib/nn/hash.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the split ---- */

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The hash of each example. Lives until the innermost scope ends; NULL when there is no memory. */
static uint64_t *hashes_of(OtoTensor *x) {
    int64_t count = x->shape[0];
    size_t row = count ? (size_t)(x->size / count) * (x->type == OTO_FLOAT32 ? sizeof(float) : 8) : 0;
    uint64_t *hashes = malloc((size_t)(count + 1) * sizeof *hashes);
    if (!hashes) return NULL;
    for (int64_t i = 0; i < count && !oto_interrupt_pending(); i++)
        hashes[i] = oto_hash(OTO_HASH_START, (unsigned char *)x->data + (size_t)i * row, row);
    return oto_hold(hashes, free);
}

/* Copies are no group that is known, but the same mistake. */
static void note_copies(OtoTensor *train, OtoTensor *validate) {
    int64_t found = 0, count = validate->shape[0];
    oto_scope {
        uint64_t *known = hashes_of(train), *asked = hashes_of(validate);
        if (!known || !asked || oto_interrupt_pending()) continue;
        qsort(known, (size_t)train->shape[0], sizeof *known, by_number);
        for (int64_t i = 0; i < count; i++)
            found += bsearch(&asked[i], known, (size_t)train->shape[0], sizeof *known, by_number) != NULL;
    }
    if (found)
        fprintf(stderr,
                "oto_fit: %" PRId64 " of %" PRId64 " validation examples are also among those to learn from, number "
                "for number; what is learned of them by heart looks like skill.\n",
                found, count);
}

void oto_fit_check_split(OtoExamples train, OtoExamples validate) {
    int64_t count = oto_examples_count(validate);
    if (count == 0) oto_refuse("oto_fit", ".validate has no examples");
    if (train.x && train.x == validate.x)
        oto_refuse("oto_fit", "the validation examples are those to learn from, so what is learned by heart looks like "
                              "skill; split them with oto_train_test_split, or leave out .validate");
    oto_check_split(train, validate);
    if (train.x && validate.x && train.x->rank > 0 && oto_examples_count(train) > 0) note_copies(train.x, validate.x);
}

/* ---- one batch ---- */

/* Adds to what was seen. */
static void see(struct course *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void see(struct course *c, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *more = NULL, *both = NULL;
    if (vasprintf(&more, format, arguments) < 0) more = NULL;
    va_end(arguments);
    if (!more || asprintf(&both, "%s%s", c->seen ? c->seen : "", more) < 0) both = NULL;
    free(more);
    if (!both) oto_refuse("oto_fit", "no memory for a text");
    free(c->seen);
    c->seen = both;
}

/* The fewest examples that a batch of an epoch will have: batch norm refuses one alone. */
static int64_t fewest(const struct course *c) {
    int64_t count = oto_examples_count(c->train), size = c->options.batch_size, over = count % size;
    if (count < size) return count > 0 ? count : 1;
    bool every = !c->options.one_per_group && !c->options.drop_last;
    return every && over ? over : size;
}

static OtoTensor *targets_of(OtoExamples examples) {
    if (examples.set) return examples.set->class_count > 0 ? oto_dataset_labels(examples.set) : NULL;
    return examples.y;
}

/* A metric wants all targets; the outputs of the batch stand for the others. */
static void try_metric(struct course *c, OtoTensor *output) {
    OtoTensor *targets = targets_of(c->options.validate);
    if (!targets || output->rank < 1 || output->shape[0] == 0) return;
    int64_t *places = oto_hold(malloc((size_t)(targets->shape[0] + 1) * sizeof *places), free);
    if (!places) return;
    for (int64_t i = 0; i < targets->shape[0]; i++) places[i] = i % output->shape[0];
    c->options.metric(targets, oto_take(output, oto_from(places, targets->shape[0])));
    see(c, ", %s", c->fit->metric);
}

static void try_validation(struct course *c) {
    const OtoFitOptions *o = &c->options;
    oto_evaluating(c->net) for (OtoBatches b = oto_batches(o->validate, .batch_size = o->batch_size, .quiet = true);
                                oto_next(&b);) {
        OtoTensor *output, *loss = oto_loss_of_batch(c->net, b.x, b.y, o->loss, o->objective, &output);
        see(c, "; validation: loss %.4g", oto_item(loss));
        if (!o->metric || oto_interrupt_pending()) break;
        try_metric(c, output ? output : oto_apply_called(c->net, b.x, "net"));
        break;
    }
}

static void try_training(struct course *c) {
    const OtoFitOptions *o = &c->options;
    for (OtoBatches b = oto_batches(c->train, .batch_size = fewest(c), .augment = o->augment, .quiet = true);
         oto_next(&b);) {
        OtoTensor *output, *loss = oto_loss_of_batch(c->net, b.x, b.y, o->loss, o->objective, &output);
        if (loss->size != 1)
            oto_refuse("oto_fit", "the loss is %s, but must be one number; take its mean", oto_shape_quoted(loss));
        see(c, "dry run: x %s", oto_shape_quoted(b.x));
        if (output) see(c, " gives %s", oto_shape_quoted(output));
        see(c, ", loss %.4g", oto_item(loss));
        break;
    }
}

void oto_fit_rehearse(struct course *c) {
    OtoRandom before = oto_random_now();
    oto_fit_step_begin(c);
    if (!c->net->training) oto_train(c->net);
    oto_scope {
        try_training(c);
        if (c->has_validation && !oto_interrupt_pending()) try_validation(c);
    }
    oto_snapshot_put_back(&c->buffers);
    c->in_step = false;
    oto_random_again(before);
}
