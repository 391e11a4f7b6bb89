#include "lib/dsp/sync.h"
#include "lib/dsp/envelope.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void oto_check_aggregate(const char *operation, OtoAggregate aggregate) {
    if ((unsigned)aggregate > OTO_AGGREGATE_MAXIMUM)
        oto_refuse(operation, "aggregate is %d; use OTO_AGGREGATE_MEAN, _MEDIAN, _MINIMUM or _MAXIMUM", (int)aggregate);
}

/* Hoare's selection: values[k] becomes the k-th smallest, nothing before it is larger, nothing behind it smaller. */
static void select_kth(float *values, int64_t count, int64_t k) {
    int64_t low = 0, high = count - 1;
    while (low < high) {
        float pivot = values[(low + high) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot) i++;
            while (values[j] > pivot) j--;
            if (i > j) break;
            float swapped = values[i];
            values[i++] = values[j];
            values[j--] = swapped;
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            return;
    }
}

static float median(float *values, int64_t count) {
    int64_t middle = count / 2;
    select_kth(values, count, middle);
    if (count % 2) return values[middle];
    float below = values[0];
    for (int64_t i = 1; i < middle; i++) below = values[i] > below ? values[i] : below;
    return (below + values[middle]) / 2;
}

float oto_aggregate(OtoAggregate aggregate, float *values, int64_t count) {
    double sum = 0;
    float extreme = values[0];
    switch (aggregate) {
    case OTO_AGGREGATE_MEAN:
        for (int64_t i = 0; i < count; i++) sum += (double)values[i];
        return (float)(sum / (double)count);
    case OTO_AGGREGATE_MEDIAN:
        return median(values, count);
    case OTO_AGGREGATE_MINIMUM:
        for (int64_t i = 1; i < count; i++) extreme = values[i] < extreme ? values[i] : extreme;
        return extreme;
    case OTO_AGGREGATE_MAXIMUM:
        for (int64_t i = 1; i < count; i++) extreme = values[i] > extreme ? values[i] : extreme;
        return extreme;
    }
    return 0;
}

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t oto_frames_fix(int64_t *frames, int64_t count, OtoFixFrames options) {
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t frame = frames[i];
        bool inside = frame >= options.x_min && frame <= options.x_max;
        if (options.pad)
            frames[kept++] = frame < options.x_min ? options.x_min : frame > options.x_max ? options.x_max : frame;
        else if (inside)
            frames[kept++] = frame;
    }
    if (options.pad) frames[kept++] = options.x_min;
    if (options.pad && options.x_max != INT64_MAX) frames[kept++] = options.x_max;
    qsort(frames, (size_t)kept, sizeof *frames, by_number);
    int64_t unique = 0;
    for (int64_t i = 0; i < kept; i++)
        if (unique == 0 || frames[i] != frames[unique - 1]) frames[unique++] = frames[i];
    return unique;
}

OtoTensor *(oto_fix_frames)(OtoTensor *boundaries, OtoFixFrames options) {
    if (options.x_min > options.x_max)
        oto_refuse("oto_fix_frames", "x_min is %" PRId64 ", but must not lie above x_max = %" PRId64, options.x_min,
                   options.x_max);
    int64_t count, *frames = oto_indices_of("oto_fix_frames", "boundaries", boundaries, &count);
    count = oto_frames_fix(frames, count, options);
    OtoTensor *fixed = oto_zeros_of(OTO_INT64, 1, (long long[]){count});
    memcpy(fixed->data, frames, (size_t)count * sizeof *frames);
    free(frames);
    oto_name_axis(fixed, 0, "boundary");
    fixed->quantity = OTO_FRAMES;
    fixed->sample_rate = boundaries->sample_rate;
    fixed->framing = boundaries->framing;
    return fixed;
}

/* The axis of segments lies where the first frame of each does. */
static void place_segments(OtoTensor *synced, OtoTensor *data, const int64_t *frames) {
    const OtoAxis *time = &data->axes[data->rank - 1];
    double *starts = malloc((size_t)(synced->cols + 1) * sizeof *starts);
    if (!starts) oto_refuse("oto_sync", "no memory for %" PRId64 " places", synced->cols);
    for (int64_t s = 0; s < synced->cols; s++) starts[s] = oto_axis_at(data, data->rank - 1, frames[s]);
    oto_name_axis(synced, synced->rank - 1, "segment", .unit = time->unit);
    oto_axis_place(synced, synced->rank - 1, starts);
    free(starts);
}

OtoTensor *(oto_sync)(OtoTensor *data, OtoTensor *boundaries, OtoSync options) {
    oto_need_float("oto_sync", "data", data);
    oto_check_aggregate("oto_sync", options.aggregate);
    if (data->size == 0) oto_refuse("oto_sync", "data is empty: %s", oto_shape_quoted(data));
    int64_t count, *frames = oto_indices_of("oto_sync", "boundaries", boundaries, &count);
    count = oto_frames_fix(frames, count, (OtoFixFrames){.x_max = data->cols, .pad = options.pad});
    if (count < 2) {
        free(frames);
        oto_refuse("oto_sync", "boundaries leave no segment within the %" PRId64 " frames of data; give at least two",
                   data->cols);
    }
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < data->rank; i++) shape[i] = data->shape[i];
    shape[data->rank - 1] = count - 1;
    OtoTensor *synced = oto_zeros_of(OTO_FLOAT32, data->rank, shape);
    float *values = malloc((size_t)data->cols * sizeof *values);
    if (!values) oto_refuse("oto_sync", "no memory for %" PRId64 " numbers", data->cols);
    for (int64_t row = 0; row < data->rows; row++) {
        memcpy(values, (float *)data->data + row * data->cols, (size_t)data->cols * sizeof *values);
        float *to = (float *)synced->data + row * (count - 1);
        for (int64_t s = 0; s < count - 1; s++)
            to[s] = oto_aggregate(options.aggregate, values + frames[s], frames[s + 1] - frames[s]);
    }
    free(values);
    for (int i = 0; i < data->rank - 1; i++) oto_axis_copy(synced, i, data, i);
    place_segments(synced, data, frames);
    free(frames);
    synced->quantity = data->quantity;
    synced->sample_rate = data->sample_rate;
    oto_set_origin(synced, "sync", data);
    return synced;
}
