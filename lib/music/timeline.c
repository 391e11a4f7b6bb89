#include "lib/music/timeline.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double DEFAULT_BPM = 120;
static const double CLOSE = 1e-6; /* quarters; divisions by three do not come out exactly */
enum { BEATS_MAX = 10000000 };

/* The last entry whose number at `offset` is not behind `at` (the first, when all are). All entries are structures of
 * `stride` bytes that begin with quarter and seconds. */
static int64_t last_until(const void *entries, size_t stride, size_t offset, int64_t count, double at) {
    int64_t low = 0, high = count - 1;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        double value;
        memcpy(&value, (const char *)entries + (size_t)middle * stride + offset, sizeof value);
        if (value <= at)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}
#define LAST_UNTIL(entries, count, member, at)                                                                         \
    (&(entries)[last_until(entries, sizeof *(entries), offsetof(typeof(*(entries)), member), count, at)])

OtoTempo oto_tempo_at(const OtoTimeline *timeline, double quarter) {
    return *LAST_UNTIL(timeline->tempos, timeline->tempo_count, quarter, quarter);
}

OtoMeter oto_meter_at(const OtoTimeline *timeline, double quarter) {
    return *LAST_UNTIL(timeline->meters, timeline->meter_count, quarter, quarter + CLOSE);
}

OtoKey oto_key_at(const OtoTimeline *timeline, double quarter) {
    if (timeline->key_count == 0) return (OtoKey){};
    return LAST_UNTIL(timeline->keys, timeline->key_count, quarter, quarter + CLOSE)->key;
}

double oto_quarter_to_seconds(const OtoTimeline *timeline, double quarter) {
    OtoTempo tempo = oto_tempo_at(timeline, quarter);
    return tempo.seconds + (quarter - tempo.quarter) * 60 / tempo.bpm;
}

double oto_seconds_to_quarter(const OtoTimeline *timeline, double seconds) {
    const OtoTempo *tempo = LAST_UNTIL(timeline->tempos, timeline->tempo_count, seconds, seconds);
    return tempo->quarter + (seconds - tempo->seconds) * tempo->bpm / 60;
}

double oto_meter_bar(OtoMeter meter) {
    return 4.0 * meter.numerator / meter.denominator;
}

double oto_meter_beat(OtoMeter meter) {
    bool compound = meter.numerator % 3 == 0 && meter.numerator > 3;
    return (compound ? 12.0 : 4.0) / meter.denominator;
}

OtoBarBeat oto_quarter_to_bar_beat(const OtoTimeline *timeline, double quarter) {
    OtoMeter meter = oto_meter_at(timeline, quarter);
    double inside = meter.skipped + quarter - meter.quarter;
    double bars = floor((inside + CLOSE) / oto_meter_bar(meter));
    return (OtoBarBeat){.bar = meter.bar + (int64_t)bars,
                        .beat = 1 + (inside - bars * oto_meter_bar(meter)) / oto_meter_beat(meter)};
}

double oto_bar_beat_to_quarter(const OtoTimeline *timeline, OtoBarBeat place) {
    int64_t i = timeline->meter_count - 1;
    while (i > 0 && timeline->meters[i].bar > place.bar) i--;
    OtoMeter meter = timeline->meters[i];
    return meter.quarter - meter.skipped + (double)(place.bar - meter.bar) * oto_meter_bar(meter) +
           (place.beat - 1) * oto_meter_beat(meter);
}

/* Calls for every beat, or every bar, between one meter and the next. */
static int64_t list_beats(const OtoTimeline *timeline, bool bars, float *seconds) {
    int64_t count = 0;
    for (int64_t i = 0; i < timeline->meter_count; i++) {
        OtoMeter meter = timeline->meters[i];
        double end = i + 1 < timeline->meter_count ? timeline->meters[i + 1].quarter : timeline->quarters;
        double step = bars ? oto_meter_bar(meter) : oto_meter_beat(meter);
        double first = meter.quarter + fmod(ceil(meter.skipped / step - CLOSE) * step - meter.skipped, step);
        if ((end - first) / step > BEATS_MAX - (double)count)
            oto_refuse("oto_timeline_beats", "%g quarter notes of %d/%d have more beats than anybody wants",
                       timeline->quarters, meter.numerator, meter.denominator);
        for (int64_t k = 0; first + (double)k * step < end - CLOSE; k++, count++)
            if (seconds) seconds[count] = (float)oto_quarter_to_seconds(timeline, first + (double)k * step);
    }
    return count;
}

static OtoTensor *beats(const OtoTimeline *timeline, bool bars) {
    if (!timeline || !timeline->tempos)
        oto_refuse("oto_timeline_beats", "the timeline is empty; take &midi->timeline or &score->timeline");
    OtoTensor *seconds = oto_zeros(list_beats(timeline, bars, NULL));
    oto_name_axis(seconds, 0, "beat");
    seconds->quantity = OTO_TIME;
    list_beats(timeline, bars, seconds->data);
    oto_set_origin(seconds, bars ? "downbeats" : "beats", NULL);
    return seconds;
}

OtoTensor *oto_timeline_beats(const OtoTimeline *timeline) {
    return beats(timeline, false);
}
OtoTensor *oto_timeline_downbeats(const OtoTimeline *timeline) {
    return beats(timeline, true);
}

/* Room for one more entry; NULL when memory ran out. An entry at the same quarter is used again. */
static void *room(void **entries, size_t stride, int64_t *count, int64_t *capacity, double quarter) {
    char *last = *count > 0 ? (char *)*entries + (size_t)(*count - 1) * stride : NULL;
    double last_quarter;
    if (last && (memcpy(&last_quarter, last, sizeof last_quarter), last_quarter >= quarter)) return last;
    if (*count == *capacity) {
        int64_t grown_capacity = *capacity * 2 + 4;
        void *grown = realloc(*entries, (size_t)grown_capacity * stride);
        if (!grown) return NULL;
        *entries = grown;
        *capacity = grown_capacity;
    }
    return (char *)*entries + (size_t)(*count)++ * stride;
}

bool oto_timeline_add_tempo(OtoTimeline *timeline, double quarter, double bpm) {
    if (timeline->tempo_count == 0 && quarter > 0 && !oto_timeline_add_tempo(timeline, 0, DEFAULT_BPM)) return false;
    if (timeline->tempo_count > 0 && timeline->tempos[timeline->tempo_count - 1].bpm == bpm) return true;
    OtoTempo *tempo =
        room((void **)&timeline->tempos, sizeof *tempo, &timeline->tempo_count, &timeline->tempo_capacity, quarter);
    if (tempo) *tempo = (OtoTempo){.quarter = quarter, .bpm = bpm};
    return tempo;
}

bool oto_timeline_add_meter(OtoTimeline *timeline, OtoMeter meter) {
    OtoMeter common = {.numerator = 4, .denominator = 4};
    if (timeline->meter_count == 0 && meter.quarter > 0 && !oto_timeline_add_meter(timeline, common)) return false;
    OtoMeter *place = room((void **)&timeline->meters, sizeof *place, &timeline->meter_count, &timeline->meter_capacity,
                           meter.quarter);
    if (place) *place = meter;
    return place;
}

bool oto_timeline_add_key(OtoTimeline *timeline, double quarter, OtoKey key) {
    OtoKeyChange *change =
        room((void **)&timeline->keys, sizeof *change, &timeline->key_count, &timeline->key_capacity, quarter);
    if (change) *change = (OtoKeyChange){.quarter = quarter, .key = key};
    return change;
}

/* Bars are counted from 1, but from 0 when the piece begins with an upbeat. A change inside a bar begins a new one. */
static void number_bars(OtoTimeline *timeline) {
    OtoMeter *meters = timeline->meters;
    meters[0].bar = meters[0].skipped > CLOSE ? 0 : 1;
    for (int64_t i = 1; i < timeline->meter_count; i++) {
        double inside = meters[i - 1].skipped + meters[i].quarter - meters[i - 1].quarter;
        meters[i].bar = meters[i - 1].bar + (int64_t)ceil(inside / oto_meter_bar(meters[i - 1]) - CLOSE);
    }
}

bool oto_timeline_finish(OtoTimeline *timeline, double quarters) {
    if (timeline->tempo_count == 0 && !oto_timeline_add_tempo(timeline, 0, DEFAULT_BPM)) return false;
    if (timeline->meter_count == 0 && !oto_timeline_add_meter(timeline, (OtoMeter){.numerator = 4, .denominator = 4}))
        return false;
    OtoTempo *tempos = timeline->tempos;
    tempos[0].seconds = tempos[0].quarter * 60 / tempos[0].bpm;
    for (int64_t i = 1; i < timeline->tempo_count; i++)
        tempos[i].seconds =
            tempos[i - 1].seconds + (tempos[i].quarter - tempos[i - 1].quarter) * 60 / tempos[i - 1].bpm;
    for (int64_t i = 0; i < timeline->meter_count; i++)
        timeline->meters[i].seconds = oto_quarter_to_seconds(timeline, timeline->meters[i].quarter);
    for (int64_t i = 0; i < timeline->key_count; i++)
        timeline->keys[i].seconds = oto_quarter_to_seconds(timeline, timeline->keys[i].quarter);
    number_bars(timeline);
    timeline->quarters = quarters;
    return true;
}

void oto_timeline_release(OtoTimeline *timeline) {
    free(timeline->tempos);
    free(timeline->meters);
    free(timeline->keys);
}
