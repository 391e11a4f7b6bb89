/* batches: examples in portions, in a new order in every epoch.
 *
 *     OtoExamples train = oto_examples(X, y);                          (example, ...) and (example) or (example, ...)
 *     for (OtoBatches b = oto_batches(train, .batch_size = 16, .epochs = 5, .shuffle = true); oto_next(&b);)
 *         oto_step(adam, oto_cross_entropy(oto_apply(net, b.x), b.y));
 *
 * What a pass of the loop makes dies with the next oto_next, or when the loop is left in any way, unless it is handed
 * out by oto_keep: each pass is a scope. One bar shows how far it is, with the loss of oto_step.
 *
 * Every example has random numbers of its own in every epoch, from one number that oto_batches draws: an augmentation
 * never repeats itself, and the same oto_seed gives the same training, whatever the order, the size of the batches and
 * the number of threads. A batch is made by the thread that asks for it, when it asks: what load and augment make are
 * values, which belong to a thread, and what takes time in them (reading, resampling, spectra, convolutions) uses all
 * threads by itself.
 */
#ifndef OTO_NN_BATCHES_H
#define OTO_NN_BATCHES_H

#include "../dataset/dataset.h"
#include "../show/progress.h"
#include "../tensor/tensor.h"

/* What there is to learn from; it owns nothing. */
typedef struct OtoExamples {
    OtoTensor *x, *y;                  /* (example, ...); y may be NULL, as for an autoencoder */
    OtoTensor *groups;                 /* (example): what must not stand on both sides of a split; or NULL */
    OtoDataset *set;                   /* instead of x: items, */
    OtoTensor *(*load)(OtoItem *item); /* and how one becomes x. y is then the classes */
} OtoExamples;

typedef struct OtoExamplesOptions {
    OtoTensor *groups;
} OtoExamplesOptions;
/* Refuses lengths that differ. */
OtoExamples oto_examples(OtoTensor *x, OtoTensor *y, OtoExamplesOptions options);
#define oto_examples(x, y, ...) oto_examples(x, y, OTO_OPTIONS(OtoExamplesOptions, (.groups = NULL), __VA_ARGS__))
/* The items of a data set, each made x by load when its turn comes; y are their classes. Groups are the set's. */
OtoExamples oto_examples_from(OtoDataset *set, OtoTensor *(*load)(OtoItem *item));
int64_t oto_examples_count(OtoExamples examples);
/* Those at these indices (int64): one side of oto_train_test_split, or of oto_fold. */
OtoExamples oto_examples_at(OtoExamples examples, OtoTensor *indices);
/* Refuses when a group stands on both sides: what a network has heard of it, it would only have to remember. */
void oto_check_split(OtoExamples train, OtoExamples validate);

/* One pass: read what you like. */
struct OtoPass {
    OtoTensor *x, *y;              /* (batch, ...); y is NULL where the examples have none */
    OtoTensor *indices;            /* int64 (batch): which examples they are */
    int64_t epoch, batch, batches; /* counted from 0; batches are those of an epoch */
    bool last;                     /* of its epoch */
    struct loader *loader;
    OtoScope scope;
    OtoProgress bar;
};
void oto_batches_end(struct OtoPass *batches);
/* Declared so, it is taken down when the loop is left, by break, return and goto too. */
#define OtoBatches __attribute__((cleanup(oto_batches_end))) struct OtoPass

/*     .batch_size      32
 *     .epochs          1
 *     .shuffle         false: in their order; true: in a new one in each epoch
 *     .drop_last       false: the last batch of an epoch may be smaller
 *     .stratify        false; true: each batch has about the classes' shares of the whole (y: whole numbers)
 *     .weights         NULL, or (example): each is drawn with this probability (times a constant), with repetition
 *     .one_per_group   false; true: each epoch has one example of each group, drawn anew
 *     .augment         NULL, or what is done with each x (without its first axis) before it goes into the batch
 *     .quiet           false: with a bar
 * As torch.utils.data.DataLoader, with RandomSampler and WeightedRandomSampler. */
typedef struct OtoBatchOptions {
    int64_t batch_size, epochs;
    bool shuffle, drop_last, stratify, one_per_group, quiet;
    OtoTensor *weights;
    OtoTensor *(*augment)(OtoTensor *x);
} OtoBatchOptions;
struct OtoPass oto_batches(OtoExamples examples, OtoBatchOptions options);
#define oto_batches(examples, ...)                                                                                     \
    oto_batches(examples, OTO_OPTIONS(OtoBatchOptions, (.batch_size = 32, .epochs = 1), __VA_ARGS__))
/* The next batch; false when there is none, or the user has interrupted. */
bool oto_next(struct OtoPass *batches);

/* "batches of 16 of 96 examples, shuffled: 6 an epoch, 5 epochs; next is batch 1 of epoch 1", and "96 examples; x
 * float32 (96, 40), ...; y ...". free() them. */
char *oto_batches_text(const struct OtoPass *batches);
char *oto_examples_text(OtoExamples examples);

/* ---- for the library's own files ---- */

/* Where a loop stands: what its random numbers come from, and how many batches it has handed out in all. Another loop
 * over the same examples with the same options goes on from there as this one would. */
typedef struct OtoBatchesPlace {
    uint64_t key;
    int64_t batches;
} OtoBatchesPlace;
OtoBatchesPlace oto_batches_place(const struct OtoPass *batches);
void oto_batches_go_to(struct OtoPass *batches, OtoBatchesPlace place);

#endif
