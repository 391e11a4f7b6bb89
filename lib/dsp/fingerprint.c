#include "lib/dsp/fingerprint.h"
#include "lib/dsp/spectrogram.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BINS_A_PIECE = 16, N_FFT_MAX = 1 << 23, TIME_BITS = 16, BIN_BITS = 24 };

/* A list of pairs or triples of numbers that grows. */
struct list {
    int64_t (*items)[3];
    int64_t count, capacity;
};

static void append(const char *operation, struct list *list, int64_t a, int64_t b, int64_t c) {
    if (list->count == list->capacity) {
        int64_t capacity = 2 * list->capacity + 256;
        void *grown = realloc(list->items, (size_t)capacity * sizeof *list->items);
        if (!grown) {
            free(list->items);
            oto_refuse(operation, "no memory for %" PRId64 " landmarks", capacity);
        }
        list->items = grown;
        list->capacity = capacity;
    }
    int64_t *item = list->items[list->count++];
    item[0] = a;
    item[1] = b;
    item[2] = c;
}

static int by_all(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    for (int i = 0; i < 3; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

/* The list as a tensor (name n, parts), and freed. */
static OtoTensor *tensor_of(struct list *list, const char *name, int parts, OtoTensor *source) {
    OtoTensor *x = oto_zeros_of(OTO_INT64, 2, (long long[]){list->count, parts});
    for (int64_t i = 0; i < list->count; i++)
        memcpy((int64_t *)x->data + i * parts, list->items[i], (size_t)parts * sizeof(int64_t));
    free(list->items);
    oto_name_axis(x, 0, name);
    oto_name_axis(x, 1, "part");
    x->sample_rate = source->sample_rate;
    x->framing = source->framing;
    return x;
}

/* ---- peaks ---- */

struct maxima {
    const float *S; /* (frequency, time) */
    float *largest; /* over the frames around each */
    int64_t bins, frames;
    int reach;
};

/* The maximum over the frames around each; of neighbouring frames, most see the same one. */
static void maxima_of_rows(int64_t from, int64_t to, void *context) {
    const struct maxima *m = context;
    for (int64_t k = from; k < to; k++) {
        const float *row = m->S + k * m->frames;
        float *largest = m->largest + k * m->frames;
        int64_t at = -1; /* where the maximum of the frames around t is */
        for (int64_t t = 0; t < m->frames; t++) {
            int64_t first = t > m->reach ? t - m->reach : 0;
            int64_t last = t + m->reach < m->frames ? t + m->reach : m->frames - 1;
            if (at >= first) {
                if (row[last] > row[at]) at = last;
            } else {
                at = first;
                for (int64_t i = first + 1; i <= last; i++)
                    if (row[i] > row[at]) at = i;
            }
            largest[t] = row[at];
        }
    }
}

static bool is_peak(const struct maxima *m, int64_t k, int64_t t, int reach) {
    float value = m->S[k * m->frames + t];
    int64_t first = k > reach ? k - reach : 0, last = k + reach < m->bins ? k + reach : m->bins - 1;
    if (m->largest[k * m->frames + t] > value) return false;
    for (int64_t i = first; i <= last; i++)
        if (m->largest[i * m->frames + t] > value) return false;
    return true;
}

static void check(const char *operation, OtoTensor *audio, const OtoFingerprint *o) {
    oto_need_audio(operation, "audio", audio);
    if (audio->rank != 1)
        oto_refuse(operation, "audio is %s; oto_mono or oto_row makes it (time)", oto_shape_quoted(audio));
    oto_check_range(operation, "n_fft", o->n_fft, 2, N_FFT_MAX);
    oto_check_range(operation, "hop_length", o->hop_length, 1, INT32_MAX);
    oto_check_range(operation, "bins", o->bins, 0, N_FFT_MAX);
    oto_check_range(operation, "frames", o->frames, 0, 1e6);
    oto_check_range(operation, "threshold", o->threshold, 0, 1);
    oto_check_range(operation, "fan_out", o->fan_out, 1, 1e6);
    oto_check_range(operation, "from", o->from, 0, (1 << TIME_BITS) - 1);
    oto_check_range(operation, "to", o->to, o->from, (1 << TIME_BITS) - 1);
    oto_check_range(operation, "reach", o->reach, 0, N_FFT_MAX);
}

OtoTensor *(oto_constellation)(OtoTensor *audio, OtoFingerprint options) {
    const char *operation = "oto_constellation";
    check(operation, audio, &options);
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *S = oto_spectrogram(audio, .n_fft = options.n_fft, .hop_length = options.hop_length);
        OtoTensor *largest = oto_like(S, OTO_FLOAT32, NULL);
        struct maxima m = {
            .S = S->data, .largest = largest->data, .bins = S->rows, .frames = S->cols, .reach = options.frames};
        oto_parallel(m.bins, BINS_A_PIECE, maxima_of_rows, &m);
        float loudest = 0;
        for (int64_t i = 0; i < S->size; i++) loudest = m.S[i] > loudest ? m.S[i] : loudest;
        float threshold = loudest * (float)options.threshold;
        struct list peaks = {};
        for (int64_t t = 0; t < m.frames && !oto_interrupt_pending(); t++)
            for (int64_t k = 0; k < m.bins; k++)
                if (m.S[k * m.frames + t] > threshold && is_peak(&m, k, t, options.bins))
                    append(operation, &peaks, t, k, 0);
        OtoTensor *map = tensor_of(&peaks, "peak", 2, S);
        oto_set_origin(map, "constellation", audio);
        result = oto_keep(map);
    }
    return result;
}

/* ---- landmarks ---- */

OtoTensor *(oto_fingerprint)(OtoTensor *audio, OtoFingerprint options) {
    check("oto_fingerprint", audio, &options);
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *map = (oto_constellation)(audio, options);
        const int64_t(*peaks)[2] = map->data;
        struct list landmarks = {};
        for (int64_t i = 0; i < map->rows; i++) {
            int found = 0;
            for (int64_t j = i + 1; j < map->rows && found < options.fan_out; j++) {
                int64_t later = peaks[j][0] - peaks[i][0], higher = peaks[j][1] - peaks[i][1];
                if (later > options.to) break;
                if (later < options.from || higher > options.reach || -higher > options.reach) continue;
                int64_t hash = (peaks[i][1] << (TIME_BITS + BIN_BITS)) + (peaks[j][1] << TIME_BITS) + later;
                append("oto_fingerprint", &landmarks, hash, peaks[i][0], 0);
                found++;
            }
        }
        OtoTensor *fingerprint = tensor_of(&landmarks, "landmark", 2, map);
        oto_set_origin(fingerprint, "fingerprint", audio);
        result = oto_keep(fingerprint);
    }
    return result;
}

static void need_landmarks(const char *operation, const char *argument, OtoTensor *x, int parts) {
    oto_need(operation, argument, x);
    if (x->type != OTO_INT64 || x->rank != 2 || x->cols != parts)
        oto_refuse(operation, "%s is %s %s, but must be int64 (landmark, part %d), as %s makes it", argument,
                   oto_type_name(x->type), oto_shape_quoted(x), parts,
                   parts == 2 ? "oto_fingerprint" : "oto_fingerprint_index");
}

static void need_same_hop(const char *operation, OtoTensor *a, OtoTensor *b) {
    if (a->framing.hop_length != b->framing.hop_length || a->sample_rate != b->sample_rate)
        oto_refuse(operation,
                   "fingerprints with hops of %d samples at %g Hz and of %d at %g Hz cannot be compared; resample, and "
                   "use the same .hop_length",
                   a->framing.hop_length, a->sample_rate, b->framing.hop_length, b->sample_rate);
}

OtoTensor *oto_fingerprint_index_of(int count, OtoTensor *fingerprints[]) {
    const char *operation = "oto_fingerprint_index";
    oto_check_buffer(operation, "fingerprints", fingerprints, (size_t)count * sizeof(OtoTensor *));
    if (count < 1) oto_refuse(operation, "no fingerprint is given");
    for (int r = 0; r < count; r++) {
        need_landmarks(operation, "a fingerprint", fingerprints[r], 2);
        need_same_hop(operation, fingerprints[0], fingerprints[r]);
    }
    struct list entries = {};
    for (int r = 0; r < count; r++) {
        const int64_t(*landmarks)[2] = fingerprints[r]->data;
        for (int64_t i = 0; i < fingerprints[r]->rows; i++)
            append(operation, &entries, landmarks[i][0], r, landmarks[i][1]);
    }
    if (entries.count) qsort(entries.items, (size_t)entries.count, sizeof *entries.items, by_all);
    OtoTensor *index = tensor_of(&entries, "landmark", 3, fingerprints[0]);
    oto_set_origin(index, "index", fingerprints[0]);
    return index;
}

/* ---- matching ---- */

/* The first entry of the index whose hash is not below this one. */
static int64_t first_of(const int64_t (*entries)[3], int64_t count, int64_t hash) {
    int64_t low = 0, high = count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (entries[middle][0] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The longest run of the same recording and offset in the list, which is in order. */
static OtoMatch best_run(const struct list *hits, OtoTensor *index) {
    OtoMatch best = {.recording = -1};
    for (int64_t i = 0, end; i < hits->count; i = end) {
        for (end = i; end < hits->count && !by_all(hits->items[i], hits->items[end]); end++) {
        }
        int64_t recording = hits->items[i][0], count = end - i;
        if (count > best.hits) {
            if (recording != best.recording) best.runner_up = best.hits;
            best.recording = recording;
            best.hits = count;
            best.offset = (double)hits->items[i][1] * index->framing.hop_length / index->sample_rate;
        } else if (recording != best.recording && count > best.runner_up) {
            best.runner_up = count;
        }
    }
    return best;
}

OtoMatch oto_fingerprint_match(OtoTensor *index, OtoTensor *fingerprint) {
    const char *operation = "oto_fingerprint_match";
    need_landmarks(operation, "index", index, 3);
    need_landmarks(operation, "fingerprint", fingerprint, 2);
    need_same_hop(operation, index, fingerprint);
    const int64_t(*entries)[3] = index->data, (*landmarks)[2] = fingerprint->data;
    struct list hits = {};
    for (int64_t i = 0; i < fingerprint->rows; i++)
        for (int64_t at = first_of(entries, index->rows, landmarks[i][0]);
             at < index->rows && entries[at][0] == landmarks[i][0]; at++)
            append(operation, &hits, entries[at][1], entries[at][2] - landmarks[i][1], 0);
    if (hits.count) qsort(hits.items, (size_t)hits.count, sizeof *hits.items, by_all);
    OtoMatch match = best_run(&hits, index);
    match.landmarks = fingerprint->rows;
    free(hits.items);
    return match;
}
