#include "lib/dsp/transpose.h"
#include "lib/tensor/simd.h"

#include <string.h>

/* Eight floats, or four complex numbers moved as doubles; both fill one wide register. */
typedef float Floats __attribute__((vector_size(32)));
typedef double Complexes __attribute__((vector_size(32)));

/* A square of 8 x 8: pairs of rows are interleaved three times, in steps of 1, 2 and 4 elements. */
OTO_VECTORISED static void turn_floats(const float *from, long from_stride, float *to, long to_stride, long cols) {
    Floats r[8], s[8];
    for (long j = 0; j + 8 <= cols; j += 8) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i++) memcpy(&r[i], from + i * from_stride + j, sizeof r[i]);
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i += 2) {
            s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
            s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i += 4)
            for (int half = 0; half < 2; half++) {
                r[i + 2 * half] = __builtin_shufflevector(s[i + half], s[i + 2 + half], 0, 1, 8, 9, 4, 5, 12, 13);
                r[i + 2 * half + 1] = __builtin_shufflevector(s[i + half], s[i + 2 + half], 2, 3, 10, 11, 6, 7, 14, 15);
            }
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
            s[i] = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
            s[i + 4] = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < 8; i++) memcpy(to + (j + i) * to_stride, &s[i], sizeof s[i]);
    }
}

/* A square of 4 x 4. */
OTO_VECTORISED static void turn_complexes(const float _Complex *from, long from_stride, float _Complex *to,
                                          long to_stride, long cols) {
    Complexes r[4], s[4];
    for (long j = 0; j + 4 <= cols; j += 4) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) memcpy(&r[i], from + i * from_stride + j, sizeof r[i]);
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i += 2) {
            s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 4, 2, 6);
            s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 5, 3, 7);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < 2; i++) {
            r[i] = __builtin_shufflevector(s[i], s[i + 2], 0, 1, 4, 5);
            r[i + 2] = __builtin_shufflevector(s[i], s[i + 2], 2, 3, 6, 7);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) memcpy(to + (j + i) * to_stride, &r[i], sizeof r[i]);
    }
}

/* What fills no square is moved one by one: the columns behind the last square, and the rows below. */
#define OTO_DEFINE_TRANSPOSE(name, type, turn, side)                                                                   \
    void name(const type *from, long from_stride, type *to, long to_stride, long rows, long cols) {                    \
        long whole_rows = rows / side * side, whole_cols = cols / side * side;                                         \
        for (long i = 0; i < whole_rows; i += side)                                                                    \
            turn(from + i * from_stride, from_stride, to + i, to_stride, cols);                                        \
        for (long i = 0; i < rows; i++)                                                                                \
            for (long j = i < whole_rows ? whole_cols : 0; j < cols; j++)                                              \
                to[j * to_stride + i] = from[i * from_stride + j];                                                     \
    }
OTO_DEFINE_TRANSPOSE(oto_transpose_floats, float, turn_floats, 8)
OTO_DEFINE_TRANSPOSE(oto_transpose_complexes, float _Complex, turn_complexes, 4)
