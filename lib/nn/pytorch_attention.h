/* pytorch_attention: attention, transformer blocks and codebooks as PyTorch source. For pytorch.c. */
#ifndef OTO_NN_PYTORCH_ATTENTION_H
#define OTO_NN_PYTORCH_ATTENTION_H

#include <stdio.h>

#include "lib/nn/layer.h"

void oto_pytorch_attention(FILE *out, OtoLayer *layer);
void oto_pytorch_block(FILE *out, OtoLayer *layer);
void oto_pytorch_quantizer(FILE *out, OtoLayer *layer);
/* The class that must stand before such a layer, or NULL. */
const char *oto_pytorch_class_of(OtoLayer *layer);

#endif
