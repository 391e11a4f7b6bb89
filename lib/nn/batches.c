#include "lib/nn/batches.h"
#include "lib/learn/examples.h"
#include "lib/nn/loader.h"
#include "lib/nn/training.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release_loader(void *value) {
    struct loader *loader = value;
    free(loader->order);
    if (oto_kind(loader->labels) == OTO_TENSOR) oto_free(loader->labels);
}

/* ---- examples ---- */

int64_t oto_examples_count(OtoExamples examples) {
    if (examples.set)
        oto_check_value("oto_batches", "the data set", examples.set, OTO_DATASET);
    else
        oto_need("oto_batches", "x", examples.x);
    return examples.set ? examples.set->count : examples.x->shape[0];
}

OtoExamples(oto_examples)(OtoTensor *x, OtoTensor *y, OtoExamplesOptions options) {
    oto_need("oto_examples", "x", x);
    if (x->rank < 1) oto_refuse("oto_examples", "x is a single number; its first axis must count the examples");
    OtoTensor *others[] = {y, options.groups};
    static const char *const names[] = {"y", "groups"};
    for (int i = 0; i < 2; i++) {
        if (!others[i]) continue;
        oto_need("oto_examples", names[i], others[i]);
        if (others[i]->rank < 1 || others[i]->shape[0] != x->shape[0])
            oto_refuse("oto_examples",
                       "x is %s and %s is %s, but both must have as many examples along their first axis",
                       oto_shape_quoted(x), names[i], oto_shape_quoted(others[i]));
    }
    return (OtoExamples){.x = x, .y = y, .groups = options.groups};
}

OtoExamples oto_examples_from(OtoDataset *set, OtoTensor *(*load)(OtoItem *item)) {
    oto_check_value("oto_examples_from", "set", set, OTO_DATASET);
    if (!load) oto_refuse("oto_examples_from", "load is NULL; give the function that makes a tensor of an item");
    return (OtoExamples){.set = set, .load = load};
}

OtoExamples oto_examples_at(OtoExamples examples, OtoTensor *indices) {
    if (examples.set) return (OtoExamples){.set = oto_dataset_select(examples.set, indices), .load = examples.load};
    return (OtoExamples){.x = oto_take(examples.x, indices),
                         .y = examples.y ? oto_take(examples.y, indices) : NULL,
                         .groups = examples.groups ? oto_take(examples.groups, indices) : NULL};
}

static int64_t number_at(OtoTensor *x, int64_t i) {
    return x->type == OTO_INT64 ? ((int64_t *)x->data)[i] : (int64_t)((float *)x->data)[i];
}

static int64_t group_of(OtoExamples examples, int64_t i) {
    return examples.set ? examples.set->items[i].group : number_at(examples.groups, i);
}

static bool has_groups(OtoExamples examples) {
    return examples.groups || (examples.set && examples.set->group_count > 0);
}

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void oto_check_split(OtoExamples train, OtoExamples validate) {
    if (!has_groups(train) || !has_groups(validate)) return;
    int64_t count = oto_examples_count(train);
    int64_t *groups = malloc((size_t)(count + 1) * sizeof *groups);
    if (!groups) oto_refuse("oto_check_split", "no memory for the groups of %" PRId64 " examples", count);
    for (int64_t i = 0; i < count; i++) groups[i] = group_of(train, i);
    qsort(groups, (size_t)count, sizeof *groups, by_number);
    int64_t shared = -1;
    for (int64_t i = 0; i < oto_examples_count(validate) && shared < 0; i++) {
        int64_t group = group_of(validate, i);
        if (group >= 0 && bsearch(&group, groups, (size_t)count, sizeof *groups, by_number)) shared = group;
    }
    free(groups);
    if (shared < 0) return;
    oto_refuse("oto_check_split",
               "group %" PRId64
               "%s%s%s stands on both sides of the split, so what is learned of it by heart looks like "
               "skill; split by group: oto_train_test_split(n, .groups = ...)",
               shared, train.set ? " (" : "", train.set ? train.set->groups[shared] : "", train.set ? ")" : "");
}

/* ---- the order of an epoch ---- */

/* Keys that are sorted by, then taken in that order. */
struct keyed {
    double key;
    int64_t example;
};
static int by_key(const void *a, const void *b) {
    const struct keyed *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->example > y->example) - (x->example < y->example);
}

static int64_t *room(int64_t count) {
    int64_t *numbers = calloc((size_t)count + 1, sizeof *numbers);
    if (!numbers) oto_refuse("oto_batches", "no memory for an order of %" PRId64 " examples", count);
    return oto_hold(numbers, free);
}

/* Example i of the n of its class lies at (i + u) / n of the epoch, so every stretch has the classes' shares. */
static void order_by_class(struct loader *loader, OtoTensor *y) {
    struct keyed *keyed = oto_hold(calloc((size_t)loader->count + 1, sizeof *keyed), free);
    if (!keyed) oto_refuse("oto_batches", "no memory for an order of %" PRId64 " examples", loader->count);
    for (int64_t i = 0; i < loader->count; i++)
        keyed[i] = (struct keyed){(double)number_at(y, loader->order[i]), loader->order[i]};
    int64_t *shuffled = room(loader->count);
    memcpy(shuffled, loader->order, (size_t)loader->count * sizeof *shuffled);
    qsort(keyed, (size_t)loader->count, sizeof *keyed, by_key);
    for (int64_t from = 0, to; from < loader->count; from = to) {
        for (to = from; to < loader->count && keyed[to].key == keyed[from].key;) to++;
        for (int64_t i = from; i < to; i++) shuffled[i] = keyed[i].example;
        if (loader->options.shuffle) oto_shuffle(shuffled + from, to - from);
        double offset = loader->options.shuffle ? oto_uniform() : 0.5;
        for (int64_t i = from; i < to; i++)
            keyed[i] = (struct keyed){((double)(i - from) + offset) / (double)(to - from), shuffled[i]};
    }
    qsort(keyed, (size_t)loader->count, sizeof *keyed, by_key);
    for (int64_t i = 0; i < loader->count; i++) loader->order[i] = keyed[i].example;
}

static void draw_by_weight(struct loader *loader) {
    const float *weights = loader->options.weights->data;
    double *below = oto_hold(calloc((size_t)loader->count + 1, sizeof *below), free), sum = 0;
    if (!below) oto_refuse("oto_batches", "no memory for the weights of %" PRId64 " examples", loader->count);
    for (int64_t i = 0; i < loader->count; i++) below[i] = sum += (double)weights[i];
    for (int64_t i = 0; i < loader->length; i++) {
        double draw = oto_uniform() * sum;
        int64_t low = 0, high = loader->count - 1;
        while (low < high) {
            int64_t middle = (low + high) / 2;
            if (below[middle] > draw)
                high = middle;
            else
                low = middle + 1;
        }
        loader->order[i] = low;
    }
}

/* The first example of each group in the shuffled order. Returns how many. */
static int64_t one_of_each_group(struct loader *loader) {
    struct keyed *keyed = oto_hold(calloc((size_t)loader->count + 1, sizeof *keyed), free);
    int64_t *place = room(loader->count), kept = 0;
    if (!keyed) oto_refuse("oto_batches", "no memory for an order of %" PRId64 " examples", loader->count);
    oto_shuffle(loader->order, loader->count);
    for (int64_t i = 0; i < loader->count; i++)
        keyed[i] = (struct keyed){(double)group_of(loader->examples, loader->order[i]), i};
    qsort(keyed, (size_t)loader->count, sizeof *keyed, by_key);
    for (int64_t i = 0; i < loader->count; i++)
        if (i == 0 || keyed[i].key != keyed[i - 1].key) place[kept++] = keyed[i].example;
    qsort(place, (size_t)kept, sizeof *place, by_number);
    for (int64_t i = 0; i < kept; i++) loader->order[i] = loader->order[place[i]];
    return kept;
}

static OtoTensor *labels_of(struct loader *loader) {
    return loader->labels ? loader->labels : loader->examples.y;
}

/* A generator's seed for something that is counted: the same whatever was drawn before. */
static uint64_t mixed(uint64_t key, uint64_t epoch, uint64_t example) {
    uint64_t z = key ^ (epoch * 0x9e3779b97f4a7c15u) ^ (example * 0xbf58476d1ce4e5b9u + 0x94d049bb133111ebu);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void order_epoch(struct loader *loader, int64_t epoch) {
    OtoRandom before = oto_random_now();
    oto_seed(mixed(loader->key, (uint64_t)epoch, UINT64_MAX));
    for (int64_t i = 0; i < loader->count; i++) loader->order[i] = i;
    oto_scope {
        if (loader->options.weights)
            draw_by_weight(loader);
        else if (loader->options.one_per_group)
            one_of_each_group(loader);
        else if (loader->options.stratify)
            order_by_class(loader, labels_of(loader));
        else if (loader->options.shuffle)
            oto_shuffle(loader->order, loader->count);
    }
    oto_random_again(before);
    loader->ordered = epoch;
}

/* ---- a loader ---- */

static void check_options(OtoExamples examples, const OtoBatchOptions *options, OtoTensor *labels, int64_t count) {
    if (count == 0) oto_refuse("oto_batches", "there are no examples");
    oto_check_range("oto_batches", "batch_size", (double)options->batch_size, 1, 1e12);
    oto_check_range("oto_batches", "epochs", (double)options->epochs, 1, 1e9);
    if (options->drop_last && count < options->batch_size)
        oto_refuse("oto_batches",
                   "batch_size is %" PRId64 ", there are %" PRId64 " examples, and with drop_last none is left; take a "
                   "smaller batch_size",
                   options->batch_size, count);
    if (options->stratify + options->one_per_group + (options->weights != NULL) > 1)
        oto_refuse("oto_batches", "only one of stratify, weights and one_per_group can say which examples come");
    if (options->stratify && (!labels || labels->size != count))
        oto_refuse("oto_batches", "stratify needs y with one class for each example");
    if (options->one_per_group && !has_groups(examples))
        oto_refuse("oto_batches", "one_per_group needs groups: oto_examples(x, y, .groups = ...)");
    if (!options->weights) return;
    oto_need_float("oto_batches", "weights", options->weights);
    if (options->weights->size != count)
        oto_refuse("oto_batches", "weights is %s, but there are %" PRId64 " examples",
                   oto_shape_quoted(options->weights), count);
    for (int64_t i = 0; i < count; i++)
        oto_check_range("oto_batches", "a weight", (double)((float *)options->weights->data)[i], 0, 1e30);
    if (!(oto_sum(options->weights) > 0)) oto_refuse("oto_batches", "all weights are 0, so nothing can be drawn");
}

/* Whether the labels stand class by class: sorted, with more than one class. */
static bool stand_by_class(OtoTensor *labels) {
    if (!labels || labels->type != OTO_INT64 || labels->rank != 1 || labels->size < 4) return false;
    const int64_t *y = labels->data;
    for (int64_t i = 1; i < labels->size; i++)
        if (y[i] < y[i - 1]) return false;
    return y[0] != y[labels->size - 1];
}

struct OtoPass(oto_batches)(OtoExamples examples, OtoBatchOptions options) {
    int64_t count = oto_examples_count(examples);
    struct loader *loader = oto_value_new(OTO_HELD, sizeof *loader, release_loader);
    loader->examples = examples;
    loader->options = options;
    loader->count = loader->length = count;
    if (examples.set && examples.set->class_count > 0)
        loader->labels = oto_value_adopt(oto_dataset_labels(examples.set));
    check_options(examples, &options, labels_of(loader), loader->count);
    loader->order = calloc((size_t)loader->count + 1, sizeof *loader->order);
    if (!loader->order) oto_refuse("oto_batches", "no memory for an order of %" PRId64 " examples", loader->count);
    loader->key = (uint64_t)oto_random_below(INT64_MAX);
    loader->ordered = -1;
    if (options.one_per_group) oto_scope {
            for (int64_t i = 0; i < loader->count; i++) loader->order[i] = i;
            OtoRandom before = oto_random_now();
            loader->length = one_of_each_group(loader);
            oto_random_again(before);
        }
    int64_t over = loader->length % options.batch_size;
    int64_t batches = loader->length / options.batch_size + (over && !options.drop_last);
    loader->end = batches * options.epochs;
    loader->steps_before = oto_steps_made();
    loader->by_class = !options.shuffle && !options.stratify && !options.weights && !options.one_per_group &&
                       batches > 1 && stand_by_class(labels_of(loader));
    struct OtoPass made = {.batches = batches, .loader = loader};
    if (!options.quiet) made.bar = oto_progress(loader->end > 0 ? loader->end : OTO_UNKNOWN, NULL);
    return made;
}

/* ---- a batch ---- */

static OtoTensor *example(struct loader *loader, int64_t i) {
    OtoTensor *x =
        loader->examples.set ? loader->examples.load(&loader->examples.set->items[i]) : oto_row(loader->examples.x, i);
    oto_need("oto_batches", "what load returned", x);
    if (loader->options.augment) x = loader->options.augment(x);
    oto_need("oto_batches", "what augment returned", x);
    return x;
}

/* Copies x into place `at` of a batch, which the first example makes. */
static OtoTensor *put(OtoTensor *batch, int64_t at, OtoTensor *x, int64_t count) {
    if (!batch) {
        long long shape[OTO_RANK_MAX] = {count};
        if (x->rank == OTO_RANK_MAX)
            oto_refuse("oto_batches", "an example is %s; with the batch's it would have too many axes",
                       oto_shape_quoted(x));
        for (int axis = 0; axis < x->rank; axis++) shape[axis + 1] = x->shape[axis];
        batch = oto_tensor_new(x->type, x->rank + 1, shape);
        oto_name_axis(batch, 0, "batch");
        for (int axis = 0; axis < x->rank; axis++) oto_axis_copy(batch, axis + 1, x, axis);
    }
    bool fits = x->type == batch->type && x->rank == batch->rank - 1;
    for (int axis = 0; fits && axis < x->rank; axis++) fits = x->shape[axis] == batch->shape[axis + 1];
    if (!fits)
        oto_refuse("oto_batches",
                   "an example is %s %s, but the first of its batch makes it %s %s; cut or pad them to one length",
                   oto_type_name(x->type), oto_shape_quoted(x), oto_type_name(batch->type), oto_shape_quoted(batch));
    size_t bytes = (size_t)x->size * (x->type == OTO_FLOAT32 ? sizeof(float) : 8);
    memcpy((char *)batch->data + (size_t)at * bytes, x->data, bytes);
    return batch;
}

static OtoTensor *made_one_by_one(struct loader *loader, const int64_t *examples, int64_t count, int64_t epoch) {
    OtoTensor *batch = NULL;
    OtoRandom before = oto_random_now();
    for (int64_t i = 0; i < count; i++) {
        oto_scope {
            oto_seed(mixed(loader->key, (uint64_t)epoch, (uint64_t)examples[i]));
            OtoTensor *into = put(batch, i, example(loader, examples[i]), count);
            if (!batch) batch = oto_keep(into);
        }
    }
    oto_random_again(before);
    return batch;
}

static void make_batch(struct OtoPass *b) {
    struct loader *loader = b->loader;
    int64_t from = b->batch * loader->options.batch_size, left = loader->length - from;
    int64_t count = left < loader->options.batch_size ? left : loader->options.batch_size;
    const int64_t *examples = loader->order + from;
    b->indices = oto_from(examples, count);
    bool rows = !loader->examples.set && !loader->options.augment;
    b->x = rows ? oto_take(loader->examples.x, b->indices) : made_one_by_one(loader, examples, count, b->epoch);
    OtoTensor *y = labels_of(loader);
    b->y = y ? oto_take(y, b->indices) : NULL;
    oto_name_axis(b->x, 0, "batch");
    if (b->y) oto_name_axis(b->y, 0, "batch");
}

static void show_step(struct OtoPass *b) {
    struct loader *loader = b->loader;
    bool stepped = oto_steps_made() != loader->steps_before;
    loader->steps_before = oto_steps_made();
    if (stepped && loader->by_class && !loader->said) {
        loader->said = true;
        fprintf(stderr, "oto_batches: the examples stand class by class, and each batch shows few of them; train with "
                        ".shuffle = true. (Said once.)\n");
    }
    if (loader->options.quiet) return;
    char loss[40] = "";
    if (stepped) snprintf(loss, sizeof loss, ", loss %.4g", oto_last_loss());
    oto_progress_to(&b->bar, loader->next, "epoch %" PRId64 " of %" PRId64 "%s", b->epoch + 1, loader->options.epochs,
                    loss);
}

void oto_batches_end(struct OtoPass *b) {
    if (!b->loader) return;
    if (b->scope.open) oto_scope_end(&b->scope);
    if (!b->loader->options.quiet && !b->bar.ended) oto_progress_done(&b->bar);
    struct loader *loader = b->loader;
    b->loader = NULL;
    b->x = b->y = b->indices = NULL;
    if (oto_kind(loader) == OTO_HELD) oto_free(loader);
}

OtoBatchesPlace oto_batches_place(const struct OtoPass *b) {
    return (OtoBatchesPlace){.key = b->loader->key, .batches = b->loader->next};
}

void oto_batches_go_to(struct OtoPass *b, OtoBatchesPlace place) {
    b->loader->key = place.key;
    b->loader->next = place.batches < b->loader->end ? place.batches : b->loader->end;
}

bool oto_next(struct OtoPass *b) {
    struct loader *loader = b->loader;
    if (!loader) return false;
    if (b->scope.open) {
        show_step(b);
        oto_scope_end(&b->scope);
        b->scope.open = false;
    }
    if (loader->next == loader->end || oto_interrupt_pending()) {
        oto_batches_end(b);
        return false;
    }
    b->epoch = loader->next / b->batches;
    b->batch = loader->next % b->batches;
    b->last = b->batch == b->batches - 1;
    loader->next++;
    if (loader->ordered != b->epoch) order_epoch(loader, b->epoch);
    b->scope = oto_scope_begin();
    make_batch(b);
    return true;
}
