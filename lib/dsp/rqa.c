#include "lib/dsp/recurrence.h"
#include "lib/dsp/envelope.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdlib.h>

/* How a score came about: by a move, or as a start, with a positive similarity or without. */
enum { DIAGONAL, KNIGHT_LEFT, KNIGHT_UP, MOVES, NOTHING, START };
static const int64_t move_rows[MOVES] = {1, 1, 2}, move_cols[MOVES] = {1, 2, 1};

struct table {
    const float *sim;
    int64_t n, m;
    double gap_onset, gap_extend;
    int moves;
    float *score;
    uint8_t *came;
};

/* The score of (i, j) from those before it. Beside the two first rows and columns not all moves have a place to come
 * from. Of equally good moves the first counts. */
static void fill_cell(const struct table *t, int64_t i, int64_t j) {
    int64_t at = i * t->m + j;
    bool grows = t->sim[at] > 0;
    double best = 0;
    int chosen = -1;
    for (int move = 0; move < t->moves; move++) {
        if (i < move_rows[move] || j < move_cols[move]) continue;
        int64_t from = (i - move_rows[move]) * t->m + j - move_cols[move];
        double gap = t->sim[from] > 0 ? t->gap_onset : t->gap_extend;
        double score = (double)t->score[from] + (grows ? (double)t->sim[at] : -gap);
        if (chosen >= 0 && score <= best) continue;
        best = score;
        chosen = move;
    }
    if (chosen < 0) { /* the first row and column: paths begin here */
        t->score[at] = t->sim[at];
        t->came[at] = t->sim[at] != 0 ? START : NOTHING;
        return;
    }
    t->score[at] = best > 0 ? (float)best : 0;
    t->came[at] = grows || best > 0 ? (uint8_t)chosen : NOTHING;
}

/* From the highest score back to where it began; pairs may be NULL. How many. */
static int64_t follow(const struct table *t, int64_t *pairs, int64_t count) {
    int64_t best = 0, length = 0;
    for (int64_t at = 1; at < t->n * t->m; at++)
        if (t->score[at] > t->score[best]) best = at;
    int64_t i = best / t->m, j = best % t->m;
    for (;;) {
        int came = t->came[i * t->m + j];
        if (came == NOTHING) return length;
        length++;
        if (pairs) {
            pairs[2 * (count - length)] = i;
            pairs[2 * (count - length) + 1] = j;
        }
        if (came == START) return length;
        i -= move_rows[came];
        j -= move_cols[came];
    }
}

OtoTensor *(oto_rqa)(OtoTensor *sim, OtoRqa options) {
    oto_need_float("oto_rqa", "sim", sim);
    if (sim->rank != 2 || sim->size == 0)
        oto_refuse("oto_rqa", "sim is %s, but must be a matrix (n, m), not empty", oto_shape_quoted(sim));
    oto_need_no_nan("oto_rqa", "sim", sim);
    oto_check_range("oto_rqa", "gap_onset", options.gap_onset, 0, 1e300);
    oto_check_range("oto_rqa", "gap_extend", options.gap_extend, 0, 1e300);
    if (options.path) oto_check_buffer("oto_rqa", "path", options.path, sizeof(OtoTensor *));
    OtoTensor *score = oto_like(sim, OTO_FLOAT32, "alignment scores");
    struct table t = {.sim = sim->data,
                      .n = sim->rows,
                      .m = sim->cols,
                      .gap_onset = options.gap_onset,
                      .gap_extend = options.gap_extend,
                      .moves = options.knight_moves ? MOVES : 1,
                      .score = score->data,
                      .came = malloc((size_t)sim->size)};
    if (!t.came) oto_refuse("oto_rqa", "no memory for %" PRId64 " moves", sim->size);
    for (int64_t i = 0; i < t.n && !oto_interrupt_pending(); i++)
        for (int64_t j = 0; j < t.m; j++) fill_cell(&t, i, j);
    if (options.path) {
        int64_t count = follow(&t, NULL, 0);
        *options.path = oto_zeros_of(OTO_INT64, 2, (long long[]){count, 2});
        oto_name_axis(*options.path, 0, "step");
        oto_name_axis(*options.path, 1, "side");
        follow(&t, (*options.path)->data, count);
    }
    free(t.came);
    return score;
}
