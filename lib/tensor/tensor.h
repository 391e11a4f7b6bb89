/* tensor: the one array type. Numbers in rows, axes that know their names and units, and a memory of where they came
 * from.
 *
 *     OtoTensor *a = oto_tensor(1, 2, 3);                float32 (3) [1, 3] mean 2, 0 NaN
 *     OtoTensor *b = oto_zeros(2, 3);                    float32 (2, 3)
 *     OtoTensor *c = oto_from(samples, n);               a copy of n numbers of a C array
 *     OtoTensor *d = oto_audio(samples, n, 22050);       the same as sound: axis time in seconds
 *
 *     oto_at(b, 1, 2) = 0.5f;                            one element; the index is checked
 *     float *x = oto_data(a);                            all elements, row after row
 *     float (*X)[b->cols] = oto_rows(b);                 X[i][j]
 */
#ifndef OTO_TENSOR_H
#define OTO_TENSOR_H

#include "options.h"
#include "lifetime.h"

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum OtoType { OTO_FLOAT32, OTO_COMPLEX64, OTO_INT64 } OtoType;

/* What the numbers measure. */
typedef enum OtoQuantity {
    OTO_PLAIN,     /* just numbers */
    OTO_AMPLITUDE, /* sound pressure as a fraction of full scale, or the magnitude of a spectrum */
    OTO_POWER,     /* amplitude squared */
    OTO_DECIBEL,   /* dB */
    OTO_SPECTRUM,  /* complex amplitudes */
    OTO_PHASE,     /* rad */
    OTO_FREQUENCY, /* Hz */
    OTO_TIME,      /* s */
    OTO_FRAMES,    /* numbers of frames, at the sample_rate and hop that the tensor knows */
    OTO_SAMPLES    /* numbers of samples */
} OtoQuantity;

enum { OTO_RANK_MAX = 6 };

/* Index i of an axis lies at start + i * step, in unit; or at values[i] where they are not evenly spaced (mel bands).
 */
typedef struct OtoAxis {
    const char *name; /* "time", "frequency", "mel", "pitch", "channels", ... or "" */
    const char *unit; /* "s", "Hz", ... or "" when an index is just an index */
    double start, step;
    double *values; /* NULL, or one for each index (owned by the tensor) */
} OtoAxis;

/* How frames were cut from a sound: filled in by oto_stft and oto_frame, used by their inverses and by axes in s. */
typedef struct OtoFraming {
    int n_fft, win_length, hop_length;
    bool center;
    int window; /* OtoWindow */
    double window_parameter;
    int64_t samples; /* of the sound it came from */
} OtoFraming;

/* Read what you like; write only through data. */
typedef struct OtoTensor {
    OtoType type;
    OtoQuantity quantity;
    int rank;                    /* number of axes */
    int64_t shape[OTO_RANK_MAX]; /* length of each axis */
    int64_t size;                /* number of elements: the product of shape */
    int64_t rows, cols;          /* seen as a matrix: cols is the last axis, rows all the others together */
    void *data;                  /* row-major: float, float _Complex or int64_t */
    double sample_rate;          /* Hz, of the sound this is or came from; 0: not from a sound */
    OtoFraming framing;
    char *origin; /* "mel of stft of trio.flac", or NULL */
    OtoAxis axes[OTO_RANK_MAX];
    struct OtoNode *node; /* how gradients flow back from it (graph.h), or NULL */
} OtoTensor;

/* ---- making tensors; every one is new and lives by the rule of lifetime.h ---- */

/* Zeros of this shape: oto_zeros(2, 3). oto_zeros_of takes the type too. Axes have no names yet. */
#define oto_zeros(...) oto_zeros_of(OTO_FLOAT32, OTO_INDICES(__VA_ARGS__))
OtoTensor *oto_zeros_of(OtoType type, int rank, const long long shape[]);

/* Ones, and another number: oto_full(0.5, 2, 3). */
#define oto_ones(...) oto_full_of(1, OTO_INDICES(__VA_ARGS__))
#define oto_full(value, ...) oto_full_of(value, OTO_INDICES(__VA_ARGS__))
OtoTensor *oto_full_of(double value, int rank, const long long shape[]);
/* The identity: (n, n) with ones on the diagonal. */
OtoTensor *oto_eye(int64_t n);

/* The numbers listed: oto_tensor(1, 0.5, 2) has shape (3). */
#define oto_tensor(...)                                                                                                \
    oto_from_doubles((const double[]){__VA_ARGS__}, 1, (const long long[]){(long long)OTO_COUNT(__VA_ARGS__)})

/* Copies a C array: oto_from(x, n), oto_from(&a[0][0], rows, cols). float and double give float32, whole numbers give
 * int64, float _Complex gives complex64. Refuses a buffer that is NULL or shorter than the shape says. */
#define oto_from(array, ...)                                                                                           \
    _Generic(&*(array),                                                                                                \
        float *: oto_from_floats,                                                                                      \
        const float *: oto_from_floats,                                                                                \
        double *: oto_from_doubles,                                                                                    \
        const double *: oto_from_doubles,                                                                              \
        int *: oto_from_ints,                                                                                          \
        const int *: oto_from_ints,                                                                                    \
        short *: oto_from_shorts,                                                                                      \
        const short *: oto_from_shorts,                                                                                \
        int64_t *: oto_from_int64s,                                                                                    \
        const int64_t *: oto_from_int64s,                                                                              \
        float _Complex *: oto_from_complexes,                                                                          \
        const float _Complex *: oto_from_complexes)(array, OTO_INDICES(__VA_ARGS__))
OtoTensor *oto_from_floats(const float *array, int rank, const long long shape[]);
OtoTensor *oto_from_doubles(const double *array, int rank, const long long shape[]);
OtoTensor *oto_from_ints(const int *array, int rank, const long long shape[]);
OtoTensor *oto_from_shorts(const short *array, int rank, const long long shape[]);
OtoTensor *oto_from_int64s(const int64_t *array, int rank, const long long shape[]);
OtoTensor *oto_from_complexes(const float _Complex *array, int rank, const long long shape[]);

/* A sound from n samples of a C array of float (double, short as +-32767): axis time, s; amplitude. */
#define oto_audio(array, n, sample_rate) oto_as_audio(oto_from(array, n), sample_rate)
/* The same numbers as a sound of this sample rate: shape (time) or (channels, time). */
OtoTensor *oto_as_audio(OtoTensor *x, double sample_rate);

/* n numbers evenly from start to stop, both included. */
OtoTensor *oto_linspace(double start, double stop, int64_t n);
/* start, start + step, ... below stop. */
OtoTensor *oto_arange(double start, double stop, double step);
OtoTensor *oto_copy(OtoTensor *x);

/* ---- elements ---- */

/* Element (i, j, ...): read it or assign to it. Refuses an index outside the shape, or a tensor that is not float32. */
#define oto_at(x, ...) (*oto_element(x, OTO_INDICES(__VA_ARGS__)))
float *oto_element(OtoTensor *x, int rank, const long long index[]);
/* The same for complex64 and int64. */
#define oto_complex_at(x, ...) (*oto_complex_element(x, OTO_INDICES(__VA_ARGS__)))
float _Complex *oto_complex_element(OtoTensor *x, int rank, const long long index[]);
#define oto_int_at(x, ...) (*oto_int_element(x, OTO_INDICES(__VA_ARGS__)))
int64_t *oto_int_element(OtoTensor *x, int rank, const long long index[]);

/* All elements, row after row; x keeps them. oto_data is for float32, the others for complex64 and int64. */
float *oto_data(OtoTensor *x);
float _Complex *oto_complex_data(OtoTensor *x);
int64_t *oto_int_data(OtoTensor *x);
/* The elements as rows: float (*X)[x->cols] = oto_rows(x); for any type of element. */
void *oto_rows(OtoTensor *x);
/* The only element of a tensor of size 1, as a number. */
double oto_item(OtoTensor *x);

/* ---- axes ---- */

/* Position of the axis of that name, or -1. */
int oto_axis_find(OtoTensor *x, const char *name);
/* Names an axis (counted from 0) in place; unit and spacing may be left out. Returns x.
 *     oto_name_axis(x, 0, "time", .unit = "s", .step = 1 / 22050.0) */
typedef struct OtoAxisOptions {
    const char *unit;
    double start, step;
} OtoAxisOptions;
OtoTensor *oto_name_axis(OtoTensor *x, int axis, const char *name, OtoAxisOptions options);
#define oto_name_axis(x, axis, name, ...)                                                                              \
    oto_name_axis(x, axis, name, OTO_OPTIONS(OtoAxisOptions, (.unit = "", .start = 0, .step = 1), __VA_ARGS__))
/* Where index i of an axis lies, in its unit (s, Hz, ...). */
double oto_axis_at(OtoTensor *x, int axis, int64_t i);
/* All of them, as a tensor: oto_axis_values(S, "frequency") has shape (frequency). */
OtoTensor *oto_axis_values(OtoTensor *x, const char *name);

/* ---- as text ---- */

/* "float32 (mel 128, time 1292) dB [-80, 0] mean -41.2, 0 NaN, from mel of stft of trio.flac"; free() it. */
char *oto_describe(OtoTensor *x);
/* The line above and the numbers, of large tensors the corners; free() it. */
char *oto_text(OtoTensor *x);
/* Prints oto_text to stdout. */
void oto_print(OtoTensor *x);

/* "float32", "dB", ...: the words that oto_describe uses. */
const char *oto_type_name(OtoType type);
const char *oto_quantity_name(OtoQuantity quantity);
/* "(mel 128, time 1292)"; free() it. */
char *oto_shape_text(OtoTensor *x);
/* The same for the message of an error, after which nobody is left to free it: the library keeps the text until this
 * thread has asked for four more. */
const char *oto_shape_quoted(OtoTensor *x);

/* ---- for the library's own files, and a student's own operations ---- */

/* Refuses unless x is a tensor that is alive; oto_need_float also unless it is float32; the last, unless it is a sound
 * (time) or (channels, time) with a sample rate and at least one sample. */
void oto_need(const char *operation, const char *argument, OtoTensor *x);
void oto_need_float(const char *operation, const char *argument, OtoTensor *x);
void oto_need_audio(const char *operation, const char *argument, OtoTensor *x);
/* A new tensor of x's shape, axes, sample rate and framing, with zeros of a type; origin "operation of <x's origin>".
 */
OtoTensor *oto_like(OtoTensor *x, OtoType type, const char *operation);
/* oto_zeros_of without the zeros: every element must be written. */
OtoTensor *oto_tensor_new(OtoType type, int rank, const long long shape[]);
/* The same for an operation whose name a refusal shall have: where there is no memory. */
OtoTensor *oto_tensor_new_for(const char *operation, OtoType type, int rank, const long long shape[]);
/* oto_like without the zeros. */
OtoTensor *oto_like_new(OtoTensor *x, OtoType type, const char *operation);
/* Gives x the axis of another tensor. Lengths must agree. */
void oto_axis_copy(OtoTensor *x, int axis, OtoTensor *from, int from_axis);
/* Sets origin to "operation of <source's origin>"; source may be NULL. */
void oto_set_origin(OtoTensor *x, const char *operation, OtoTensor *source);
/* Uneven places of an axis: values has as many as the axis is long. They are copied. */
void oto_axis_place(OtoTensor *x, int axis, const double *values);

#endif
