/* checkpoint_optimizer: what an optimizer remembers, as tensors and texts of a checkpoint. For checkpoint.c. */
#ifndef OTO_NN_CHECKPOINT_OPTIMIZER_H
#define OTO_NN_CHECKPOINT_OPTIMIZER_H

#include "optimizer.h"
#include "safetensors.h"

/* Tensors of a checkpoint that begin with this are an optimizer's. */
#define OTO_OPTIMIZER_PREFIX "optimizer."

/* How many tensors it has to save. */
size_t oto_optimizer_tensor_count(OtoOptimizer *optimizer);
/* Fills them in; their names are allocated, also where it ends with NULL because memory has run out. */
bool oto_optimizer_tensors(OtoOptimizer *optimizer, struct oto_named *tensors);
/* Its numbers, and where the random numbers stand, as texts added to metadata. */
bool oto_optimizer_metadata(OtoOptimizer *optimizer, json_t *metadata);

/* Refuses a document that is not of such an optimizer. With apply, takes everything over; it was looked at before. */
void oto_optimizer_restore(const char *operation, const char *file, OtoOptimizer *optimizer,
                           const struct oto_safetensors *document, bool apply);

#endif
