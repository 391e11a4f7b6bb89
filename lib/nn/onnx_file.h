/* onnx_file: an ONNX model while it is written: nodes, their attributes, constants. Numbers of fields are those of
 * onnx.proto (onnx 1.16, IR version 10). For onnx.c.
 */
#ifndef OTO_NN_ONNX_FILE_H
#define OTO_NN_ONNX_FILE_H

#include <stdint.h>

#include "lib/nn/protobuf.h"
#include "lib/tensor/tensor.h"

enum { OTO_ONNX_OPSET = 21 };

struct oto_onnx {
    struct oto_message graph;
    struct oto_message node; /* the one in the making */
};

/* An operation: oto_onnx_begin(file, "Conv", "0"), its inputs and attributes in order, then oto_onnx_end(file, "0"),
 * whose name the result has. */
void oto_onnx_begin(struct oto_onnx *file, const char *type, const char *name);
void oto_onnx_input(struct oto_onnx *file, const char *name);
void oto_onnx_integer(struct oto_onnx *file, const char *name, int64_t value);
void oto_onnx_integers(struct oto_onnx *file, const char *name, int count, const int64_t values[]);
void oto_onnx_float(struct oto_onnx *file, const char *name, double value);
void oto_onnx_text(struct oto_onnx *file, const char *name, const char *value);
void oto_onnx_texts(struct oto_onnx *file, const char *name, int count, const char *value);
void oto_onnx_end(struct oto_onnx *file, const char *result);

/* A constant that operations have as input: float or int64_t numbers of this shape. */
void oto_onnx_constant(struct oto_onnx *file, const char *name, OtoType type, int rank, const int64_t shape[],
                       const void *data);
/* What goes in and comes out; of both, the first axis is of any length. */
void oto_onnx_argument(struct oto_onnx *file, const char *name, OtoType type, int rank, const int64_t shape[]);
void oto_onnx_result(struct oto_onnx *file, const char *name, OtoType type, int rank, const int64_t shape[]);

/* The model; the file is empty afterwards. */
struct oto_message oto_onnx_finish(struct oto_onnx *file, const char *name);
void oto_onnx_free(struct oto_onnx *file);

#endif
