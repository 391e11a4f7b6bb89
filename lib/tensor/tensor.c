#include "lib/tensor/tensor.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/error.h"
#include "lib/tensor/node.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORIGIN_MAX = 200 }; /* bytes */

static const size_t type_sizes[] = {
    [OTO_FLOAT32] = sizeof(float), [OTO_COMPLEX64] = sizeof(float _Complex), [OTO_INT64] = sizeof(int64_t)};

static_assert(sizeof(OtoTensor) <= OTO_VALUE_SIZE_MAX, "a tensor fits into the cell of a value");

static void release(void *value) {
    OtoTensor *x = value;
    oto_buffer_release(x->data);
    oto_node_release(x->node);
    free(x->origin);
    for (int i = 0; i < x->rank; i++) free(x->axes[i].values);
}

OtoTensor *oto_tensor_bare(void) {
    return oto_value_new(OTO_TENSOR, sizeof(OtoTensor), release);
}

/* Axis names and units are few and short-lived callers may pass text of their own, so one copy of each is kept. */
static const char *intern(const char *text) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static struct word {
        struct word *next;
        char text[];
    } *words;
    if (!*text) return "";
    pthread_mutex_lock(&mutex);
    struct word *word = words;
    while (word && strcmp(word->text, text)) word = word->next;
    if (!word) {
        size_t size = strlen(text) + 1;
        word = malloc(sizeof *word + size);
        if (word) {
            memcpy(word->text, text, size);
            word->next = words;
            words = word;
        }
    }
    pthread_mutex_unlock(&mutex);
    return word ? word->text : "";
}

/* ---- making ---- */

static OtoTensor *make_with(const char *operation, OtoType type, int rank, const long long shape[],
                            void *(*allocate)(size_t bytes)) {
    if (rank < 1 || rank > OTO_RANK_MAX) oto_refuse(operation, "a tensor has 1 to %d axes, not %d", OTO_RANK_MAX, rank);
    if ((unsigned)type > OTO_INT64) oto_refuse(operation, "%d is not a type; use OTO_FLOAT32", (int)type);
    int64_t size = 1;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0) oto_refuse(operation, "axis %d cannot have the length %lld", i, shape[i]);
        if (__builtin_mul_overflow(size, shape[i], &size) || size > INT64_MAX / 16)
            oto_refuse(operation, "a shape this large has more elements than can be counted");
    }
    size_t bytes = (size_t)size * type_sizes[type];
    void *data = allocate(bytes);
    if (!data)
        oto_refuse(operation, "no memory for %" PRId64 " elements of %s (%.1f MB)", size, oto_type_name(type),
                   (double)bytes / 1e6);
    OtoTensor *x = oto_value_new(OTO_TENSOR, sizeof *x, release);
    x->type = type;
    x->rank = rank;
    x->size = size;
    x->data = data;
    x->cols = shape[rank - 1];
    x->rows = 1;
    for (int i = 0; i < rank; i++) {
        x->shape[i] = shape[i];
        if (i < rank - 1) x->rows *= shape[i];
        x->axes[i] = (OtoAxis){.name = "", .unit = "", .step = 1};
    }
    oto_value_owns(x, (int64_t)bytes);
    return x;
}

static OtoTensor *make(const char *operation, OtoType type, int rank, const long long shape[]) {
    return make_with(operation, type, rank, shape, oto_buffer_zeroed);
}

OtoTensor *oto_tensor_new_for(const char *operation, OtoType type, int rank, const long long shape[]) {
    return make_with(operation, type, rank, shape, oto_buffer_new);
}
OtoTensor *oto_tensor_new(OtoType type, int rank, const long long shape[]) {
    return oto_tensor_new_for("oto_tensor_new", type, rank, shape);
}

OtoTensor *oto_zeros_of(OtoType type, int rank, const long long shape[]) {
    return make("oto_zeros", type, rank, shape);
}

OtoTensor *oto_full_of(double value, int rank, const long long shape[]) {
    OtoTensor *x = make_with("oto_full", OTO_FLOAT32, rank, shape, oto_buffer_new);
    for (int64_t i = 0; i < x->size; i++) ((float *)x->data)[i] = (float)value;
    return x;
}

OtoTensor *oto_eye(int64_t n) {
    OtoTensor *x = make("oto_eye", OTO_FLOAT32, 2, (long long[]){n, n});
    for (int64_t i = 0; i < n; i++) ((float *)x->data)[i * n + i] = 1;
    return x;
}

/* The tensor for a copy, once the shape and the buffer are known to be good. */
static OtoTensor *receive(const void *array, size_t element, OtoType type, int rank, const long long shape[]) {
    OtoTensor *x = make("oto_from", type, rank, shape);
    oto_check_buffer("oto_from", "array", array, (size_t)x->size * element);
    return x;
}

#define OTO_DEFINE_FROM(name, from, type, to)                                                                          \
    OtoTensor *name(const from *array, int rank, const long long shape[]) {                                            \
        OtoTensor *x = receive(array, sizeof *array, type, rank, shape);                                               \
        to *data = x->data;                                                                                            \
        for (int64_t i = 0; i < x->size; i++) data[i] = (to)array[i];                                                  \
        return x;                                                                                                      \
    }
OTO_DEFINE_FROM(oto_from_floats, float, OTO_FLOAT32, float)
OTO_DEFINE_FROM(oto_from_doubles, double, OTO_FLOAT32, float)
OTO_DEFINE_FROM(oto_from_ints, int, OTO_INT64, int64_t)
OTO_DEFINE_FROM(oto_from_shorts, short, OTO_INT64, int64_t)
OTO_DEFINE_FROM(oto_from_int64s, int64_t, OTO_INT64, int64_t)
OTO_DEFINE_FROM(oto_from_complexes, float _Complex, OTO_COMPLEX64, float _Complex)

/* y = x, as a sound:  dL/dx = dL/dy */
static void as_audio_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, gradient);
}

OtoTensor *oto_as_audio(OtoTensor *x, double sample_rate) {
    static const OtoOperation as_audio = {.name = "oto_as_audio", .backward = as_audio_backward};
    oto_need("oto_audio", "x", x);
    if (x->rank > 2) {
        const char *shape = oto_shape_quoted(x);
        oto_refuse("oto_audio", "a sound is (time) or (channels, time), not %s", shape);
    }
    if (x->type == OTO_COMPLEX64) oto_refuse("oto_audio", "a sound has real samples; take oto_real(x) first");
    oto_check_range("oto_audio", "sample_rate", sample_rate, 1, 10e6);
    OtoTensor *audio = oto_like(x, OTO_FLOAT32, NULL);
    float *to = audio->data;
    if (x->type == OTO_INT64)
        for (int64_t i = 0; i < x->size; i++) to[i] = (float)((int64_t *)x->data)[i] / 32768.0f;
    else
        memcpy(to, x->data, (size_t)x->size * sizeof(float));
    audio->sample_rate = sample_rate;
    audio->quantity = OTO_AMPLITUDE;
    audio->framing = (OtoFraming){};
    if (audio->rank == 2) oto_name_axis(audio, 0, "channels");
    oto_name_axis(audio, audio->rank - 1, "time", .unit = "s", .step = 1 / sample_rate);
    return oto_record(&as_audio, audio, NULL, 0, x);
}

OtoTensor *oto_linspace(double start, double stop, int64_t n) {
    if (n < 1) oto_refuse("oto_linspace", "n is %" PRId64 ", but must be at least 1", n);
    OtoTensor *x = make("oto_linspace", OTO_FLOAT32, 1, (long long[]){n});
    float *data = x->data;
    for (int64_t i = 0; i < n; i++)
        data[i] = (float)(n > 1 ? start + (stop - start) * (double)i / (double)(n - 1) : start);
    return x;
}

OtoTensor *oto_arange(double start, double stop, double step) {
    double count = ceil((stop - start) / step);
    if (step == 0 || !(count < 1e12))
        oto_refuse("oto_arange", "from %g to %g in steps of %g never ends", start, stop, step);
    OtoTensor *x = make("oto_arange", OTO_FLOAT32, 1, (long long[]){count > 0 ? (long long)count : 0});
    float *data = x->data;
    for (int64_t i = 0; i < x->size; i++) data[i] = (float)(start + (double)i * step);
    return x;
}

static OtoTensor *like(OtoTensor *x, OtoType type, const char *operation, void *(*allocate)(size_t bytes)) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
    OtoTensor *y = make_with(operation ? operation : "oto_copy", type, x->rank, shape, allocate);
    for (int i = 0; i < x->rank; i++) oto_axis_copy(y, i, x, i);
    y->quantity = x->quantity;
    y->sample_rate = x->sample_rate;
    y->framing = x->framing;
    oto_set_origin(y, operation, x);
    return y;
}

OtoTensor *oto_like(OtoTensor *x, OtoType type, const char *operation) {
    return like(x, type, operation, oto_buffer_zeroed);
}
OtoTensor *oto_like_new(OtoTensor *x, OtoType type, const char *operation) {
    return like(x, type, operation, oto_buffer_new);
}

OtoTensor *oto_copy(OtoTensor *x) {
    oto_need("oto_copy", "x", x);
    OtoTensor *y = oto_like_new(x, x->type, NULL);
    memcpy(y->data, x->data, (size_t)x->size * type_sizes[x->type]);
    return y;
}

void oto_set_origin(OtoTensor *x, const char *operation, OtoTensor *source) {
    char *before = x->origin, *origin = NULL;
    const char *from = source ? source->origin : NULL;
    if (operation && from) {
        /* Of a long history, the last step and the source are told. */
        size_t length = strlen(from);
        const char *end = length > ORIGIN_MAX ? strstr(from + length - ORIGIN_MAX / 2, " of ") : NULL;
        if (length > ORIGIN_MAX && !end) end = "";
        if (asprintf(&origin, end ? "%s of ...%s" : "%s of %s", operation, end ? end : from) < 0) origin = NULL;
    } else if (operation || from) {
        origin = strdup(operation ? operation : from);
    }
    x->origin = origin;
    free(before);
}

/* ---- elements ---- */

/* Why an element is refused: by its type, by the number of indices, or by one of them. */
__attribute__((noreturn)) static void refuse_element(const char *operation, OtoTensor *x, OtoType type, int rank,
                                                     const long long index[]) {
    if (x->type != type)
        oto_refuse(operation, "x is %s; use %s", oto_type_name(x->type),
                   x->type == OTO_FLOAT32     ? "oto_at"
                   : x->type == OTO_COMPLEX64 ? "oto_complex_at"
                                              : "oto_int_at");
    if (rank != x->rank) {
        const char *shape = oto_shape_quoted(x);
        oto_refuse(operation, "%d %s given, but x has %d axes: %s", rank, rank == 1 ? "index is" : "indices are",
                   x->rank, shape);
    }
    int i = 0;
    while (index[i] >= 0 && index[i] < x->shape[i]) i++;
    oto_refuse(operation, "index %lld is outside axis %d%s%s%s, which goes from 0 to %" PRId64, index[i], i,
               *x->axes[i].name ? " (" : "", x->axes[i].name, *x->axes[i].name ? ")" : "", x->shape[i] - 1);
}

/* Offset of an element; the index has been checked against type, rank and shape. Students ask for millions of elements
 * one by one, so what refuses stands apart. */
static inline int64_t offset(const char *operation, OtoTensor *x, OtoType type, int rank, const long long index[]) {
    oto_need(operation, "x", x);
    if (x->type != type || rank != x->rank) refuse_element(operation, x, type, rank, index);
    int64_t at = 0;
    for (int i = 0; i < rank; i++) {
        if (index[i] < 0 || index[i] >= x->shape[i]) refuse_element(operation, x, type, rank, index);
        at = at * x->shape[i] + index[i];
    }
    return at;
}

float *oto_element(OtoTensor *x, int rank, const long long index[]) {
    int64_t at = offset("oto_at", x, OTO_FLOAT32, rank, index);
    return (float *)x->data + at;
}
float _Complex *oto_complex_element(OtoTensor *x, int rank, const long long index[]) {
    int64_t at = offset("oto_complex_at", x, OTO_COMPLEX64, rank, index);
    return (float _Complex *)x->data + at;
}
int64_t *oto_int_element(OtoTensor *x, int rank, const long long index[]) {
    int64_t at = offset("oto_int_at", x, OTO_INT64, rank, index);
    return (int64_t *)x->data + at;
}

static void *data_of(const char *operation, OtoTensor *x, OtoType type) {
    oto_need(operation, "x", x);
    if (x->type != type)
        oto_refuse(operation, "x is %s, not %s; use %s", oto_type_name(x->type), oto_type_name(type),
                   x->type == OTO_FLOAT32     ? "oto_data"
                   : x->type == OTO_COMPLEX64 ? "oto_complex_data"
                                              : "oto_int_data");
    return x->data;
}
float *oto_data(OtoTensor *x) {
    return data_of("oto_data", x, OTO_FLOAT32);
}
float _Complex *oto_complex_data(OtoTensor *x) {
    return data_of("oto_complex_data", x, OTO_COMPLEX64);
}
int64_t *oto_int_data(OtoTensor *x) {
    return data_of("oto_int_data", x, OTO_INT64);
}

void *oto_rows(OtoTensor *x) {
    oto_need("oto_rows", "x", x);
    return x->data;
}

double oto_item(OtoTensor *x) {
    oto_need("oto_item", "x", x);
    if (x->size != 1) {
        const char *shape = oto_shape_quoted(x);
        oto_refuse("oto_item", "x has %" PRId64 " elements, %s, not one; use oto_at", x->size, shape);
    }
    if (x->type == OTO_COMPLEX64) oto_refuse("oto_item", "x is complex64; use oto_complex_at");
    return x->type == OTO_INT64 ? (double)*(int64_t *)x->data : (double)*(float *)x->data;
}

/* ---- axes ---- */

int oto_axis_find(OtoTensor *x, const char *name) {
    oto_need("oto_axis_find", "x", x);
    oto_check_text("oto_axis_find", "name", name);
    for (int i = 0; i < x->rank; i++)
        if (!strcmp(x->axes[i].name, name)) return i;
    return -1;
}

static void check_axis(const char *operation, OtoTensor *x, int axis) {
    oto_need(operation, "x", x);
    if (axis >= 0 && axis < x->rank) return;
    const char *shape = oto_shape_quoted(x);
    oto_refuse(operation, "there is no axis %d; %s has the axes 0 to %d", axis, shape, x->rank - 1);
}

OtoTensor *(oto_name_axis)(OtoTensor *x, int axis, const char *name, OtoAxisOptions options) {
    check_axis("oto_name_axis", x, axis);
    oto_check_text("oto_name_axis", "name", name);
    OtoAxis *named = &x->axes[axis];
    named->name = intern(name);
    named->unit = intern(options.unit ? options.unit : "");
    named->start = options.start;
    named->step = options.step;
    free(named->values);
    named->values = NULL;
    return x;
}

void oto_axis_place(OtoTensor *x, int axis, const double *values) {
    check_axis("oto_axis_place", x, axis);
    size_t bytes = (size_t)x->shape[axis] * sizeof *values;
    oto_check_buffer("oto_axis_place", "values", values, bytes);
    double *copy = malloc(bytes ? bytes : 1);
    if (!copy) oto_refuse("oto_axis_place", "no memory for %zu bytes", bytes);
    memcpy(copy, values, bytes);
    free(x->axes[axis].values);
    x->axes[axis].values = copy;
}

void oto_axis_copy(OtoTensor *x, int axis, OtoTensor *from, int from_axis) {
    check_axis("oto_axis_copy", x, axis);
    check_axis("oto_axis_copy", from, from_axis);
    free(x->axes[axis].values);
    x->axes[axis] = from->axes[from_axis];
    x->axes[axis].values = NULL;
    if (from->axes[from_axis].values && x->shape[axis] == from->shape[from_axis])
        oto_axis_place(x, axis, from->axes[from_axis].values);
}

double oto_axis_at(OtoTensor *x, int axis, int64_t i) {
    check_axis("oto_axis_at", x, axis);
    OtoAxis *a = &x->axes[axis];
    if (!a->values) return a->start + (double)i * a->step;
    if (i < 0 || i >= x->shape[axis])
        oto_refuse("oto_axis_at", "index %" PRId64 " is outside axis %d, which goes from 0 to %" PRId64, i, axis,
                   x->shape[axis] - 1);
    return a->values[i];
}

OtoTensor *oto_axis_values(OtoTensor *x, const char *name) {
    int axis = oto_axis_find(x, name);
    if (axis < 0) {
        const char *shape = oto_shape_quoted(x);
        oto_refuse("oto_axis_values", "no axis is called \"%s\" in %s", name, shape);
    }
    OtoTensor *y = make("oto_axis_values", OTO_FLOAT32, 1, (long long[]){x->shape[axis]});
    for (int64_t i = 0; i < y->size; i++) ((float *)y->data)[i] = (float)oto_axis_at(x, axis, i);
    oto_axis_copy(y, 0, x, axis);
    if (!strcmp(x->axes[axis].unit, "Hz")) y->quantity = OTO_FREQUENCY;
    return y;
}

/* ---- checking arguments ---- */

void oto_need(const char *operation, const char *argument, OtoTensor *x) {
    oto_check_value(operation, argument, x, OTO_TENSOR);
}

void oto_need_float(const char *operation, const char *argument, OtoTensor *x) {
    oto_need(operation, argument, x);
    if (x->type == OTO_COMPLEX64)
        oto_refuse(operation, "%s is complex64; take oto_magnitude or oto_real of it first", argument);
    if (x->type == OTO_INT64) oto_refuse(operation, "%s is int64; oto_mul(x, 1.0) makes it float32", argument);
}

void oto_need_audio(const char *operation, const char *argument, OtoTensor *x) {
    oto_need_float(operation, argument, x);
    if (x->rank > 2 || strcmp(x->axes[x->rank - 1].name, "time"))
        oto_refuse(operation,
                   "%s is %s, not a sound (time) or (channels, time); oto_as_audio(x, sample_rate) makes one", argument,
                   oto_shape_quoted(x));
    if (x->sample_rate <= 0)
        oto_refuse(operation, "%s has no sample rate; oto_as_audio(x, sample_rate) gives it one", argument);
    if (x->size == 0) oto_refuse(operation, "%s is empty: %s", argument, oto_shape_quoted(x));
}
