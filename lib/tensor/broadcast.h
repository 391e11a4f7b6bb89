/* broadcast: loops over operands whose axes repeat. For the library's own files.
 *
 *     (batch, channels, time)        shapes are compared from the last axis backwards; a missing axis, or one of
 *            (channels,    1)        length 1, repeats
 *
 * A plan merges neighbouring axes that all operands walk through alike, so that most calls become one long row. A row
 * is the innermost loop: to[i] from from[k][i * step[k]], where a step is 1 or 0.
 */
#ifndef OTO_BROADCAST_H
#define OTO_BROADCAST_H

#include "simd.h"
#include "tensor.h"

enum { OTO_OPERANDS_MAX = 3 };

typedef struct OtoBroadcast {
    int rank, operands;
    long long shape[OTO_RANK_MAX]; /* of the result */
    int axes;                      /* after merging; at least 1 */
    int64_t length[OTO_RANK_MAX], stride[OTO_OPERANDS_MAX][OTO_RANK_MAX];
} OtoBroadcast;

/* Refuses shapes that do not fit together, and axes of different names that would meet. */
OtoBroadcast oto_broadcast_plan(const char *operation, int count, OtoTensor *operands[]);
/* A new tensor of the plan's shape, with the names of the operands' axes; not zeroed. */
OtoTensor *oto_broadcast_result(const OtoBroadcast *plan, OtoType type, OtoTensor *operands[]);

typedef void OtoRow(void *to, const void *const from[], const int64_t step[], int64_t count);
/* Walks through to, which has the plan's shape, and the operands; all have elements of `element` bytes. In parallel. */
void oto_broadcast_run(const OtoBroadcast *plan, void *to, OtoTensor *operands[], size_t element, OtoRow *row);

/* x itself, or its numbers as float32 or complex64 in a new tensor. */
OtoTensor *oto_as_type(OtoTensor *x, OtoType type);

/* Defines a row of two operands: OTO_DEFINE_PAIR_ROW(add_row, float, a + b) */
#define OTO_DEFINE_PAIR_ROW(name, type, expression)                                                                    \
    OTO_VECTORISED static void name(void *z, const void *const from[], const int64_t step[], int64_t count) {          \
        type *restrict to = z;                                                                                         \
        const type *restrict x = from[0], *restrict y = from[1];                                                       \
        if (step[0] && step[1]) {                                                                                      \
            for (int64_t i = 0; i < count; i++) {                                                                      \
                type a = x[i], b = y[i];                                                                               \
                to[i] = (expression);                                                                                  \
            }                                                                                                          \
        } else if (step[0]) {                                                                                          \
            type b = *y;                                                                                               \
            for (int64_t i = 0; i < count; i++) {                                                                      \
                type a = x[i];                                                                                         \
                to[i] = (expression);                                                                                  \
            }                                                                                                          \
        } else if (step[1]) {                                                                                          \
            type a = *x;                                                                                               \
            for (int64_t i = 0; i < count; i++) {                                                                      \
                type b = y[i];                                                                                         \
                to[i] = (expression);                                                                                  \
            }                                                                                                          \
        } else {                                                                                                       \
            type a = *x, b = *y;                                                                                       \
            for (int64_t i = 0; i < count; i++) to[i] = (expression);                                                  \
        }                                                                                                              \
    }

#endif
