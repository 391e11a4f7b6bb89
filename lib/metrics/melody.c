#include "lib/learn/matrix.h"
#include "lib/metrics/matching.h"
#include "lib/metrics/pitch.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* A melody in cents above 10 Hz; 0 where there is no frequency. */
struct melody {
    double *times, *cents;
    bool *voiced;
    int64_t count;
};

static void melody_free(struct melody *melody) {
    free(melody->times);
    free(melody->cents);
    free(melody->voiced);
}

static void need_melody(const char *who, OtoTensor *times, OtoTensor *hz) {
    const char *me = "oto_melody_score";
    oto_need_events(me, who, times);
    oto_need_float(me, who, hz);
    if (hz->rank != 1 || hz->size != times->size)
        oto_refuse(me, "%s has times %s and frequencies %s; each time needs one frequency", who,
                   oto_shape_quoted(times), oto_shape_quoted(hz));
    const float *frequency = hz->data;
    for (int64_t i = 0; i < hz->size; i++)
        if (!isfinite(frequency[i]))
            oto_refuse(me, "%s has %g Hz at frame %" PRId64 "; write 0 for no pitch", who, (double)frequency[i], i);
}

/* A first frame after 0 s is taken to last from there. */
static struct melody melody_of(OtoTensor *times, OtoTensor *hz) {
    const char *me = "oto_melody_score";
    const float *at = times->data, *frequency = hz->data;
    int64_t lead = times->size > 0 && at[0] > 0;
    struct melody melody = {.count = times->size + lead};
    melody.times = oto_room(me, melody.count, sizeof *melody.times);
    melody.cents = oto_room(me, melody.count, sizeof *melody.cents);
    melody.voiced = oto_room(me, melody.count, sizeof *melody.voiced);
    for (int64_t i = 0; i < melody.count; i++) {
        int64_t from = i - lead > 0 ? i - lead : 0;
        double f = fabs((double)frequency[from]);
        melody.times[i] = i < lead ? 0 : (double)at[from];
        melody.voiced[i] = frequency[from] > 0;
        melody.cents[i] = f > 0 ? 1200 * log2(f / 10) : 0;
    }
    return melody;
}

/* The melody's cents and voicing at a time: straight between two frames with pitch; held before a gap, nothing in one.
 * Its last frame is held until the end of the reference. *from only moves forward. */
static double cents_at(const struct melody *m, double time, double end, int64_t *from, bool *voiced) {
    while (*from + 1 < m->count && m->times[*from + 1] <= time) ++*from;
    int64_t i = *from;
    *voiced = m->voiced[i];
    if (m->cents[i] == 0 || time == m->times[i]) return m->cents[i];
    if (i + 1 == m->count) {
        *voiced &= time < end;
        return time < end ? m->cents[i] : 0;
    }
    double next = m->cents[i + 1] != 0 ? m->cents[i + 1] : m->cents[i];
    double share = (time - m->times[i]) / (m->times[i + 1] - m->times[i]);
    return m->cents[i] + share * (next - m->cents[i]);
}

OtoMelodyScore oto_melody_score(OtoTensor *reference_times, OtoTensor *reference_hz, OtoTensor *estimated_times,
                                OtoTensor *estimated_hz) {
    need_melody("the reference", reference_times, reference_hz);
    need_melody("the estimate", estimated_times, estimated_hz);
    struct melody r = melody_of(reference_times, reference_hz), e = melody_of(estimated_times, estimated_hz);
    double voiced = 0, recalled = 0, alarms = 0, pitch = 0, chroma = 0, right = 0;
    int64_t from = 0;
    for (int64_t i = 0; i < r.count && e.count; i++) {
        bool called;
        double cents = cents_at(&e, r.times[i], r.times[r.count - 1], &from, &called);
        double away = fabs(cents - r.cents[i]), folded = fabs(away - 1200 * floor(away / 1200 + 0.5));
        bool both = cents != 0 && r.cents[i] != 0;
        voiced += r.voiced[i];
        recalled += r.voiced[i] && called;
        alarms += !r.voiced[i] && called;
        pitch += r.voiced[i] && both && away < 50;
        chroma += r.voiced[i] && both && folded < 50;
        right += r.voiced[i] ? called && both && away < 50 : !called;
    }
    OtoMelodyScore score = {0};
    if (r.count && e.count) {
        double unvoiced = (double)r.count - voiced;
        score = (OtoMelodyScore){
            .voicing_recall = voiced > 0 ? recalled / voiced : 1,
            .voicing_false_alarm = unvoiced > 0 ? alarms / unvoiced : 0,
            .raw_pitch = voiced > 0 ? pitch / voiced : 0,
            .raw_chroma = voiced > 0 ? chroma / voiced : 0,
            .overall = right / (double)r.count,
        };
    }
    melody_free(&r);
    melody_free(&e);
    return score;
}
