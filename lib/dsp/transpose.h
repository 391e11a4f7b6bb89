/* transpose: rows into columns, through registers. A spectrum is computed frame after frame, but kept frequency after
 * frequency; turned around a square of registers at a time, that costs little more than the copy. For the library's own
 * files. */
#ifndef OTO_TRANSPOSE_H
#define OTO_TRANSPOSE_H

#include <complex.h>

/* to[j * to_stride + i] = from[i * from_stride + j] for i < rows, j < cols; strides count elements. */
void oto_transpose_floats(const float *from, long from_stride, float *to, long to_stride, long rows, long cols);
void oto_transpose_complexes(const float _Complex *from, long from_stride, float _Complex *to, long to_stride,
                             long rows, long cols);

#endif
