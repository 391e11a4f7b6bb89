/* sync: features by beat or by segment instead of by frame. */
#ifndef OTO_SYNC_H
#define OTO_SYNC_H

#include "../tensor/tensor.h"

/* Many numbers made one: the mean, the median (of an even count: halfway between the middle two), the smallest, the
 * largest. */
typedef enum OtoAggregate {
    OTO_AGGREGATE_MEAN,
    OTO_AGGREGATE_MEDIAN,
    OTO_AGGREGATE_MINIMUM,
    OTO_AGGREGATE_MAXIMUM
} OtoAggregate;

/* In what places in time are told: frame numbers (int64), sample numbers (int64) or seconds (float32). */
typedef enum OtoUnits { OTO_UNITS_FRAMES, OTO_UNITS_SAMPLES, OTO_UNITS_TIME } OtoUnits;

/* Frames between successive boundaries made one: data (..., time n) and boundaries (b), frame numbers such as those of
 * oto_beat_track, give (..., segment b - 1), placed where each segment starts.
 *     .aggregate OTO_AGGREGATE_MEAN
 *     .pad true: the frames before the first and behind the last boundary are segments too
 * Refuses negative boundaries. As librosa.util.sync 0.11. */
typedef struct OtoSync {
    OtoAggregate aggregate;
    bool pad;
} OtoSync;
OtoTensor *oto_sync(OtoTensor *data, OtoTensor *boundaries, OtoSync options);
#define oto_sync(data, boundaries, ...) oto_sync(data, boundaries, OTO_OPTIONS(OtoSync, (.pad = true), __VA_ARGS__))

/* Boundaries put in order, each once. .x_min (default 0) and .x_max (OTO_END: none) are added to them, and what lies
 * beyond is moved there; .pad false: neither, and what lies beyond is left out. int64 (boundary). As
 * librosa.util.fix_frames 0.11. */
typedef struct OtoFixFrames {
    int64_t x_min, x_max;
    bool pad;
} OtoFixFrames;
OtoTensor *oto_fix_frames(OtoTensor *boundaries, OtoFixFrames options);
#define oto_fix_frames(boundaries, ...)                                                                                \
    oto_fix_frames(boundaries, OTO_OPTIONS(OtoFixFrames, (.x_max = INT64_MAX, .pad = true), __VA_ARGS__))

/* ---- for the library's own files ---- */

/* count numbers made one; a median puts them in another order. count >= 1. */
float oto_aggregate(OtoAggregate aggregate, float *values, int64_t count);
void oto_check_aggregate(const char *operation, OtoAggregate aggregate);

/* fix_frames in place: the new count. frames has room for two more. */
int64_t oto_frames_fix(int64_t *frames, int64_t count, OtoFixFrames options);

#endif
