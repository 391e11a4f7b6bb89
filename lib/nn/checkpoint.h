/* checkpoint: what a net has learned, in a file.
 *
 *     oto_save(net, "tagger.safetensors");
 *     oto_load(net, "tagger.safetensors");                into a net of the same layers
 *
 *     oto_save(net, "half.safetensors", .optimizer = adam);          to go on with the training another time:
 *     oto_load(net, "half.safetensors", .optimizer = adam);          its losses are the same to the bit
 *
 * The format is safetensors: what is written here, PyTorch reads (safetensors.torch.load_file), and the other way
 * round. Tensors are called by their paths, "0.weight", as PyTorch calls them: parameters, and buffers as running
 * means.
 */
#ifndef OTO_NN_CHECKPOINT_H
#define OTO_NN_CHECKPOINT_H

#include "layer.h"
#include "optimizer.h"
#include "../tensor/options.h"

/* Writes all parameters and buffers of net. The file is there as a whole or not at all: what stood there before stays
 * until the new one is complete, and when the disk is full. Refuses when the file cannot be written.
 *     .optimizer   NULL; also what it remembers (moments, steps, schedule, averages) and where the random numbers stand
 */
typedef struct OtoSaveOptions {
    OtoOptimizer *optimizer;
} OtoSaveOptions;
void oto_save(OtoLayer *net, const char *file, OtoSaveOptions options);
#define oto_save(net, file, ...) oto_save(net, file, OTO_OPTIONS(OtoSaveOptions, (.optimizer = NULL), __VA_ARGS__))

/* Gives the tensors of net the numbers of the file. F16, BF16 and F64 become float32; whole numbers int64. Counters of
 * batches that PyTorch's batch norm keeps (num_batches_tracked) are left out.
 *     .optimizer   NULL; one of the same kind for the same net, to go on as the one that was saved: so do the random
 *                  numbers
 * Refuses a file that is damaged, and one of another net: it says the first tensors that are missing, too many or of
 * another shape. Then nothing is changed. */
typedef struct OtoLoadOptions {
    OtoOptimizer *optimizer;
} OtoLoadOptions;
void oto_load(OtoLayer *net, const char *file, OtoLoadOptions options);
#define oto_load(net, file, ...) oto_load(net, file, OTO_OPTIONS(OtoLoadOptions, (.optimizer = NULL), __VA_ARGS__))

/* The same to and from bytes in memory; free() them; file is what messages call them. */
unsigned char *oto_save_bytes(OtoLayer *net, size_t *size, OtoSaveOptions options);
void oto_load_bytes(OtoLayer *net, const char *file, const unsigned char *bytes, size_t size, OtoLoadOptions options);

#endif
