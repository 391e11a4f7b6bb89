#include "lib/metrics/matching.h"
#include "lib/learn/matrix.h"
#include "lib/metrics/match_score.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The search for an augmenting path, breadth first: from i over an allowed j to that j's present partner, and on, until
 * a free j is found; then every j on the way changes hands. */
struct matcher {
    int64_t count, other_count;
    OtoMayPair *may_pair;
    const void *context;
    int64_t *partner, *holder; /* of i, of j */
    int64_t *came_from;        /* of j: the i that reached it in this search, or -1 */
    int64_t *queue;
};

static void hand_over(struct matcher *m, int64_t j) {
    while (j >= 0) {
        int64_t i = m->came_from[j], next = m->partner[i];
        m->partner[i] = j;
        m->holder[j] = i;
        j = next;
    }
}

static bool find_partner(struct matcher *m, int64_t start) {
    int64_t head = 0, tail = 0;
    for (int64_t j = 0; j < m->other_count; j++) m->came_from[j] = -1;
    m->queue[tail++] = start;
    while (head < tail) {
        int64_t i = m->queue[head++];
        for (int64_t j = 0; j < m->other_count; j++) {
            if (m->came_from[j] >= 0 || !m->may_pair(i, j, m->context)) continue;
            m->came_from[j] = i;
            if (m->holder[j] < 0) {
                hand_over(m, j);
                return true;
            }
            m->queue[tail++] = m->holder[j];
        }
    }
    return false;
}

int64_t *oto_match(const char *operation, int64_t count, int64_t other_count, OtoMayPair *may_pair, const void *context,
                   int64_t *matched) {
    struct matcher m = {.count = count, .other_count = other_count, .may_pair = may_pair, .context = context};
    m.partner = oto_room(operation, count, sizeof *m.partner);
    m.holder = oto_room(operation, other_count, sizeof *m.holder);
    m.came_from = oto_room(operation, other_count, sizeof *m.came_from);
    m.queue = oto_room(operation, count + 1, sizeof *m.queue);
    memset(m.partner, -1, (size_t)count * sizeof *m.partner);
    memset(m.holder, -1, (size_t)other_count * sizeof *m.holder);
    *matched = 0;
    for (int64_t i = 0; i < count; i++) *matched += find_partner(&m, i);
    free(m.holder);
    free(m.came_from);
    free(m.queue);
    return m.partner;
}

int64_t oto_count_within(const double *reference, int64_t n, const double *estimated, int64_t m, double window) {
    int64_t matched = 0;
    for (int64_t i = 0, j = 0; i < n && j < m;) { /* the earliest partner that is left is as good as any */
        if (reference[i] < estimated[j] - window)
            i++;
        else if (reference[i] > estimated[j] + window)
            j++;
        else
            i++, j++, matched++;
    }
    return matched;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double oto_median(double *numbers, int64_t count) {
    qsort(numbers, (size_t)count, sizeof *numbers, ascending);
    return (numbers[(count - 1) / 2] + numbers[count / 2]) / 2;
}

OtoMatchScore oto_score_of(int64_t matched, int64_t reference, int64_t estimated) {
    OtoMatchScore score = {.matched = matched};
    if (matched == 0) return score;
    score.precision = (double)matched / (double)estimated;
    score.recall = (double)matched / (double)reference;
    score.f = 2 * score.precision * score.recall / (score.precision + score.recall);
    return score;
}

void oto_need_events(const char *operation, const char *argument, OtoTensor *times) {
    oto_need(operation, argument, times);
    if (times->quantity == OTO_FRAMES || times->quantity == OTO_SAMPLES)
        oto_refuse(operation, "%s holds numbers of %s, but must hold times in s; %s makes them", argument,
                   times->quantity == OTO_FRAMES ? "frames" : "samples",
                   times->quantity == OTO_FRAMES ? "oto_frames_to_time" : "oto_samples_to_time");
    oto_need_float(operation, argument, times);
    if (times->rank != 1)
        oto_refuse(operation, "%s is %s; it must be times (event n) in s", argument, oto_shape_quoted(times));
    const float *time = times->data;
    for (int64_t i = 0; i < times->size; i++)
        if (!(time[i] >= 0 && isfinite(time[i]) && (i == 0 || time[i] >= time[i - 1])))
            oto_refuse(operation, "%s has %g s at %" PRId64 "%s; times must be ascending and not negative", argument,
                       (double)time[i], i, i && time[i] < time[i - 1] ? ", less than the one before" : "");
}

double *oto_event_times(const char *operation, OtoTensor *times) {
    double *copy = oto_room(operation, times->size, sizeof *copy);
    for (int64_t i = 0; i < times->size; i++) copy[i] = (double)((float *)times->data)[i];
    return copy;
}
