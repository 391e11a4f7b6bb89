#include "lib/nn/onnx_file.h"

#include <string.h>

/* Fields of onnx.proto. */
enum model { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_GRAPH = 7, MODEL_OPSET = 8 };
enum opset { OPSET_VERSION = 2 };
enum graph { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_CONSTANT = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum node { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_TYPE = 4, NODE_ATTRIBUTE = 5 };
enum attribute {
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_FLOAT = 2,
    ATTRIBUTE_INTEGER = 3,
    ATTRIBUTE_TEXT = 4,
    ATTRIBUTE_INTEGERS = 8,
    ATTRIBUTE_TEXTS = 9,
    ATTRIBUTE_TYPE = 20
};
enum attribute_type { FLOAT_TYPE = 1, INTEGER_TYPE = 2, TEXT_TYPE = 3, INTEGERS_TYPE = 7, TEXTS_TYPE = 8 };
enum tensor { TENSOR_DIMS = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9 };
enum value { VALUE_NAME = 1, VALUE_TYPE = 2 };
enum type { TYPE_TENSOR = 1, TYPE_ELEMENT = 1, TYPE_SHAPE = 2, SHAPE_DIM = 1, DIM_VALUE = 1, DIM_NAME = 2 };
enum element { FLOAT_ELEMENT = 1, INT64_ELEMENT = 7 };
enum { IR_VERSION = 10 };

void oto_onnx_begin(struct oto_onnx *file, const char *type, const char *name) {
    oto_put_text(&file->node, NODE_NAME, name);
    oto_put_text(&file->node, NODE_TYPE, type);
}

void oto_onnx_input(struct oto_onnx *file, const char *name) {
    oto_put_text(&file->node, NODE_INPUT, name);
}

static void put_attribute(struct oto_onnx *file, struct oto_message *attribute, const char *name,
                          enum attribute_type type) {
    oto_put_text(attribute, ATTRIBUTE_NAME, name);
    oto_put_integer(attribute, ATTRIBUTE_TYPE, type);
    oto_put_message(&file->node, NODE_ATTRIBUTE, attribute);
}

void oto_onnx_integer(struct oto_onnx *file, const char *name, int64_t value) {
    struct oto_message attribute = {};
    oto_put_integer(&attribute, ATTRIBUTE_INTEGER, value);
    put_attribute(file, &attribute, name, INTEGER_TYPE);
}

void oto_onnx_integers(struct oto_onnx *file, const char *name, int count, const int64_t values[]) {
    struct oto_message attribute = {};
    for (int i = 0; i < count; i++) oto_put_integer(&attribute, ATTRIBUTE_INTEGERS, values[i]);
    put_attribute(file, &attribute, name, INTEGERS_TYPE);
}

void oto_onnx_float(struct oto_onnx *file, const char *name, double value) {
    struct oto_message attribute = {};
    oto_put_float(&attribute, ATTRIBUTE_FLOAT, (float)value);
    put_attribute(file, &attribute, name, FLOAT_TYPE);
}

void oto_onnx_text(struct oto_onnx *file, const char *name, const char *value) {
    struct oto_message attribute = {};
    oto_put_text(&attribute, ATTRIBUTE_TEXT, value);
    put_attribute(file, &attribute, name, TEXT_TYPE);
}

void oto_onnx_texts(struct oto_onnx *file, const char *name, int count, const char *value) {
    struct oto_message attribute = {};
    for (int i = 0; i < count; i++) oto_put_text(&attribute, ATTRIBUTE_TEXTS, value);
    put_attribute(file, &attribute, name, TEXTS_TYPE);
}

void oto_onnx_end(struct oto_onnx *file, const char *result) {
    oto_put_text(&file->node, NODE_OUTPUT, result);
    oto_put_message(&file->graph, GRAPH_NODE, &file->node);
}

static enum element element_of(OtoType type) {
    return type == OTO_INT64 ? INT64_ELEMENT : FLOAT_ELEMENT;
}

void oto_onnx_constant(struct oto_onnx *file, const char *name, OtoType type, int rank, const int64_t shape[],
                       const void *data) {
    struct oto_message tensor = {};
    size_t size = type == OTO_INT64 ? sizeof(int64_t) : sizeof(float);
    for (int i = 0; i < rank; i++) {
        oto_put_integer(&tensor, TENSOR_DIMS, shape[i]);
        size *= (size_t)shape[i];
    }
    oto_put_integer(&tensor, TENSOR_TYPE, element_of(type));
    oto_put_text(&tensor, TENSOR_NAME, name);
    oto_put_bytes(&tensor, TENSOR_RAW, data, size); /* little-endian, as this machine */
    oto_put_message(&file->graph, GRAPH_CONSTANT, &tensor);
}

static void put_value(struct oto_onnx *file, int field, const char *name, OtoType type, int rank,
                      const int64_t shape[]) {
    struct oto_message lengths = {}, tensor = {}, kind = {}, value = {};
    for (int i = 0; i < rank; i++) {
        struct oto_message length = {};
        if (i == 0)
            oto_put_text(&length, DIM_NAME, "batch");
        else
            oto_put_integer(&length, DIM_VALUE, shape[i]);
        oto_put_message(&lengths, SHAPE_DIM, &length);
    }
    oto_put_integer(&tensor, TYPE_ELEMENT, element_of(type));
    oto_put_message(&tensor, TYPE_SHAPE, &lengths);
    oto_put_message(&kind, TYPE_TENSOR, &tensor);
    oto_put_text(&value, VALUE_NAME, name);
    oto_put_message(&value, VALUE_TYPE, &kind);
    oto_put_message(&file->graph, field, &value);
}

void oto_onnx_argument(struct oto_onnx *file, const char *name, OtoType type, int rank, const int64_t shape[]) {
    put_value(file, GRAPH_INPUT, name, type, rank, shape);
}
void oto_onnx_result(struct oto_onnx *file, const char *name, OtoType type, int rank, const int64_t shape[]) {
    put_value(file, GRAPH_OUTPUT, name, type, rank, shape);
}

struct oto_message oto_onnx_finish(struct oto_onnx *file, const char *name) {
    struct oto_message model = {}, opset = {};
    oto_put_text(&file->graph, GRAPH_NAME, name);
    oto_put_integer(&opset, OPSET_VERSION, OTO_ONNX_OPSET);
    oto_put_integer(&model, MODEL_IR_VERSION, IR_VERSION);
    oto_put_text(&model, MODEL_PRODUCER, "oto");
    oto_put_message(&model, MODEL_OPSET, &opset);
    oto_put_message(&model, MODEL_GRAPH, &file->graph);
    oto_onnx_free(file);
    return model;
}

void oto_onnx_free(struct oto_onnx *file) {
    oto_message_free(&file->graph);
    oto_message_free(&file->node);
}
