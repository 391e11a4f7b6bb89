/* pytorch: the same model in PyTorch, as source to read, to learn from, and to go on with there.
 *
 *     oto_save(net, "tagger.safetensors");
 *     oto_to_pytorch(net);
 *
 * prints a program that makes the net of torch.nn's modules and loads the weights: the paths of parameters are the
 * same.
 */
#ifndef OTO_NN_PYTORCH_H
#define OTO_NN_PYTORCH_H

#include "layer.h"

/* Layers of one's own become a class with the same parts and parameters, in whose forward stands what remains to be
 * written; layers that PyTorch does not have (positions), and those that give a pair there (lstm), a small class. */
void oto_to_pytorch(OtoLayer *net);
/* The same as text; free() it. */
char *oto_to_pytorch_text(OtoLayer *net);

#endif
