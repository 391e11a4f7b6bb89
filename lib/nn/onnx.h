/* onnx: a trained net for other programs.
 *
 *     oto_save_onnx(net, x, "tagger.onnx");
 *
 * The file computes what oto_apply(net, x) does in evaluation mode; its input is called "x", its result "y". Programs
 * that read ONNX (onnxruntime, on servers, telephones and in browsers) run it.
 */
#ifndef OTO_NN_ONNX_H
#define OTO_NN_ONNX_H

#include "layer.h"

/* net: a layer of the library, or a sequence of them. x: an example of what goes in; the batch (its first axis) may
 * have any length later, its other axes the lengths they have here. float32 or, for an embedding, int64. Operators are
 * those of opset 21. Refuses a layer that ONNX has no operator for, and one of one's own, with its path; an existing
 * file of that name is replaced once the new one is complete. */
void oto_save_onnx(OtoLayer *net, OtoTensor *x, const char *path);

#endif
