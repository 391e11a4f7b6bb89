/* safetensors: the file format of the package of that name (Hugging Face), read and written. For the files of this
 * folder; oto_save and oto_load are checkpoint.h.
 *
 *     8 bytes             N, little-endian
 *     N bytes             JSON: {"__metadata__": {"key": "text"},
 *                                "0.weight": {"dtype": "F32", "shape": [128, 40], "data_offsets": [0, 20480]}, ...}
 *     the rest            the numbers, little-endian, row after row; offsets count from here. Without holes or overlaps
 *
 * What is read may have been written by anybody: nothing in it is believed before it is looked at.
 */
#ifndef OTO_NN_SAFETENSORS_H
#define OTO_NN_SAFETENSORS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../tensor/tensor.h"

enum { OTO_SAFETENSORS_RANK = 16 };

/* "F32" and how its numbers are read. */
struct oto_dtype {
    const char *name;
    size_t bytes;
    /* One number; the one for whole numbers is NULL for those with fractions and the other way round. */
    double (*number)(const unsigned char *at);
    bool (*whole)(const unsigned char *at, int64_t *number); /* false: too large for int64 */
};

/* A tensor of a file; name and data belong to the document. */
struct oto_stored {
    const char *name;
    const struct oto_dtype *type;
    int rank;
    int64_t shape[OTO_SAFETENSORS_RANK];
    int64_t size;
    const unsigned char *data;
};

struct oto_safetensors {
    json_t *json;
    json_t *metadata; /* an object of texts, or NULL */
    struct oto_stored *tensors;
    int count;
};

/* Reads what `bytes` hold, which must live on. Refuses, as `operation` and with the name of the file, what is no such
 * file or is none as it stands in every detail. Lives until the innermost scope ends. */
struct oto_safetensors *oto_safetensors_parse(const char *operation, const char *file, const unsigned char *bytes,
                                              size_t size);
/* The tensor of this name, or NULL. */
const struct oto_stored *oto_safetensors_find(const struct oto_safetensors *document, const char *name);

/* Writes tensors (float32 and int64) and metadata (an object of texts, or NULL) as the package does: the widest numbers
 * first, then by name, the header padded to 8 bytes. False when memory or the file system fails, with errno. */
struct oto_named {
    const char *name;
    OtoType type;
    int rank;
    int64_t shape[OTO_RANK_MAX];
    int64_t size;
    const void *data;
};
bool oto_safetensors_write(FILE *out, struct oto_named *tensors, size_t count, json_t *metadata);

#endif
