#include "lib/dsp/pitch_path.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* States 0 ... bins - 1 are voiced, bins ... 2 bins - 1 unvoiced. Targets are taken in blocks, whose best predecessors
 * stay in registers or nearby. */
enum { BLOCK = 32 };

struct pitch_model {
    int bins, width, first; /* a target's sources are bins first ... first + width - 1 from it */
    int blocks;
    /* Log probabilities of coming from source first + o to target b * BLOCK + lane, without and with a switch of
     * voicing: [switched][b][o][lane]; minus infinity where there is no such source. */
    double *stay, *change;
};

/* A weight of the triangle: 1 in the middle, or beside it when width is even. */
static double triangle(int i, int width) {
    double distance = fabs(i - (width - 1) / 2.0), half = width % 2 ? (width + 1) / 2.0 : width / 2.0;
    return 1 - distance / half;
}

/* The sum of the weights that a source's moves have within the bins. */
static double sum_of_moves(int source, int bins, int width, int first) {
    double sum = 0;
    for (int i = 0; i < width; i++) {
        int target = source - first - i;
        if (target >= 0 && target < bins) sum += triangle(i, width);
    }
    return sum;
}

static void fill(struct pitch_model *model, double switch_prob) {
    double remain = 1 - switch_prob, leave = 1 - remain;
    for (int b = 0; b < model->blocks; b++)
        for (int o = 0; o < model->width; o++)
            for (int lane = 0; lane < BLOCK; lane++) {
                int target = b * BLOCK + lane, source = target + model->first + o;
                int64_t at = ((int64_t)b * model->width + o) * BLOCK + lane;
                model->stay[at] = model->change[at] = -INFINITY;
                if (target >= model->bins || source < 0 || source >= model->bins) continue;
                double move = triangle(o, model->width) / sum_of_moves(source, model->bins, model->width, model->first);
                model->stay[at] = log(remain * move + DBL_MIN);
                model->change[at] = log(leave * move + DBL_MIN);
            }
}

struct pitch_model *pitch_model_new(const char *operation, int bins, int width, double switch_prob) {
    struct pitch_model *model = calloc(1, sizeof *model);
    int blocks = (bins + BLOCK - 1) / BLOCK;
    size_t size = (size_t)blocks * (size_t)width * BLOCK;
    if (model) {
        /* A triangle of even width has no middle; which side it leans to is librosa's choice. */
        *model = (struct pitch_model){.bins = bins,
                                      .width = width,
                                      .first = width % 2 || bins % 2 == 0 ? -(width / 2) : 1 - width / 2,
                                      .blocks = blocks,
                                      .stay = malloc(size * sizeof(double)),
                                      .change = malloc(size * sizeof(double))};
        if (!model->stay || !model->change) {
            pitch_model_free(model);
            model = NULL;
        }
    }
    if (!model) oto_refuse(operation, "no memory for %d pitches", bins);
    fill(model, switch_prob);
    return model;
}

void pitch_model_free(struct pitch_model *model) {
    if (!model) return;
    free(model->stay);
    free(model->change);
    free(model);
}

/* A value for each state, with as much of nothing on both sides as a block may reach beyond the bins. */
struct values {
    double *voiced, *unvoiced, *memory;
};

struct pitch_path {
    const struct pitch_model *model;
    int64_t frames, done;
    struct values now, next;
    uint16_t *before; /* [frame][state]: the state before on the best path to this one */
};

static bool make_values(struct values *values, const struct pitch_model *model) {
    int64_t margin = model->width + BLOCK, row = model->bins + 2 * margin;
    values->memory = malloc((size_t)(2 * row) * sizeof(double));
    if (!values->memory) return false;
    for (int64_t i = 0; i < 2 * row; i++) values->memory[i] = -INFINITY;
    values->voiced = values->memory + margin;
    values->unvoiced = values->memory + row + margin;
    return true;
}

struct pitch_path *pitch_path_new(const char *operation, const struct pitch_model *model, int64_t frames) {
    struct pitch_path *path = calloc(1, sizeof *path);
    if (path) {
        path->model = model;
        path->frames = frames;
        path->before = malloc((size_t)frames * 2 * (size_t)model->bins * sizeof *path->before);
        if (path->before && make_values(&path->now, model) && make_values(&path->next, model)) return path;
        pitch_path_free(path);
    }
    oto_refuse(operation, "no memory for the paths of %lld frames through %d pitches", (long long)frames, model->bins);
}

void pitch_path_free(struct pitch_path *path) {
    if (!path) return;
    free(path->now.memory);
    free(path->next.memory);
    free(path->before);
    free(path);
}

/* Sources o = 0 ... width - 1 of one voicing for a block of targets: where one is better than the best so far, that is
 * remembered, and its number. Numbers are kept as double, as wide as what is compared. */
OTO_VECTORISED static void improve(double *restrict best, double *restrict number, const double *restrict values,
                                   const double *restrict log_moves, int width, double first_number) {
    double b[BLOCK], n[BLOCK];
    for (int lane = 0; lane < BLOCK; lane++) {
        b[lane] = best[lane];
        n[lane] = number[lane];
    }
    for (int o = 0; o < width; o++)
        for (int lane = 0; lane < BLOCK; lane++) {
            double value = values[o + lane] + log_moves[o * BLOCK + lane], here = first_number + o + lane;
            bool better = value > b[lane];
            b[lane] = better ? value : b[lane];
            n[lane] = better ? here : n[lane];
        }
    for (int lane = 0; lane < BLOCK; lane++) {
        best[lane] = b[lane];
        number[lane] = n[lane];
    }
}

/* The best state of all, the first of equals. */
static int best_state(const struct pitch_path *path) {
    int bins = path->model->bins, best = 0;
    double largest = -INFINITY;
    for (int state = 0; state < 2 * bins; state++) {
        double value = state < bins ? path->now.voiced[state] : path->now.unvoiced[state - bins];
        if (value > largest) {
            largest = value;
            best = state;
        }
    }
    return best;
}

/* A block of targets of one voicing, whose sources of the same voicing stay and whose others change. A jump from
 * anywhere is not impossible, but only as likely as the smallest number. */
static void advance(struct pitch_path *path, int b, bool voiced, double jump, int jump_from,
                    const double *log_observed) {
    const struct pitch_model *model = path->model;
    int64_t at = (int64_t)b * model->width * BLOCK;
    int target = b * BLOCK, source = target + model->first, bins = model->bins;
    double best[BLOCK], number[BLOCK];
    for (int lane = 0; lane < BLOCK; lane++) best[lane] = -INFINITY;
    memset(number, 0, sizeof number);
    improve(best, number, path->now.voiced + source, (voiced ? model->stay : model->change) + at, model->width, source);
    improve(best, number, path->now.unvoiced + source, (voiced ? model->change : model->stay) + at, model->width,
            bins + source);
    double *next = voiced ? path->next.voiced : path->next.unvoiced;
    uint16_t *before = path->before + path->done * 2 * bins + (voiced ? 0 : bins);
    for (int lane = 0; lane < BLOCK && target + lane < bins; lane++) {
        bool jumped = jump > best[lane];
        next[target + lane] = log_observed[target + lane] + (jumped ? jump : best[lane]);
        before[target + lane] = (uint16_t)(jumped ? jump_from : (int)number[lane]);
    }
}

void pitch_path_add(struct pitch_path *path, const double *voiced, double unvoiced) {
    const struct pitch_model *model = path->model;
    int bins = model->bins;
    double log_voiced[bins], log_unvoiced[bins], nothing = log(DBL_MIN), constant = log(unvoiced + DBL_MIN);
    for (int bin = 0; bin < bins; bin++) {
        log_voiced[bin] = voiced[bin] == 0 ? nothing : log(voiced[bin] + DBL_MIN);
        log_unvoiced[bin] = constant;
    }
    if (path->done == 0) {
        double start = log(1.0 / (2 * bins) + DBL_MIN);
        for (int bin = 0; bin < bins; bin++) {
            path->next.voiced[bin] = log_voiced[bin] + start;
            path->next.unvoiced[bin] = log_unvoiced[bin] + start;
        }
    } else {
        int from = best_state(path);
        double jump = (from < bins ? path->now.voiced[from] : path->now.unvoiced[from - bins]) + nothing;
        for (int b = 0; b < model->blocks; b++) {
            advance(path, b, true, jump, from, log_voiced);
            advance(path, b, false, jump, from, log_unvoiced);
        }
    }
    struct values before = path->now;
    path->now = path->next;
    path->next = before;
    path->done++;
}

void pitch_path_trace(const struct pitch_path *path, int *states) {
    if (path->done == 0) return;
    int state = best_state(path), bins = path->model->bins;
    for (int64_t t = path->done - 1; t >= 0; t--) {
        states[t] = state;
        if (t > 0) state = path->before[t * 2 * bins + state];
    }
}
