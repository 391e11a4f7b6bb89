/* Paths: any valid one that costs no more than the solution's is as good. Costs are the expected record's alone. */
#include <inttypes.h>
#include <math.h>

#include "lib/check/compare.h"

/* An alignment walks through cells (i, j) and pays each; a path through a graph pays the edge from node to node. */
struct walk {
    const struct oto_observation *path, *costs;
    bool through_cells;
    int64_t steps;
};

static struct walk walk_of(const struct oto_observation *path, const struct oto_observation *costs) {
    return (struct walk){path, costs, path->rank == 2, path->shape[0]};
}

static int64_t place(const struct walk *walk, int64_t step, int axis) {
    return oto_observation_integer(walk->path, (size_t)(walk->through_cells ? 2 * step + axis : step));
}

static void write_step(FILE *out, const struct walk *walk, int64_t step) {
    if (walk->through_cells)
        fprintf(out, "(%" PRId64 ", %" PRId64 ")", place(walk, step, 0), place(walk, step, 1));
    else
        fprintf(out, "%" PRId64, place(walk, step, 0));
}

static bool is_inside(const struct walk *walk, int64_t step) {
    int64_t row = place(walk, step, 0), column = walk->through_cells ? place(walk, step, 1) : row;
    return row >= 0 && row < walk->costs->cost_shape[0] && column >= 0 && column < walk->costs->cost_shape[1];
}

/* May one go from the step before to this one? */
static bool is_allowed(const struct walk *walk, int64_t step) {
    if (!walk->through_cells) return true;
    int64_t down = place(walk, step, 0) - place(walk, step - 1, 0);
    int64_t right = place(walk, step, 1) - place(walk, step - 1, 1);
    return (down == 0 || down == 1) && (right == 0 || right == 1) && down + right > 0;
}

static double cost_of(const struct walk *walk, int64_t step) {
    if (walk->through_cells) return oto_observation_cost(walk->costs, place(walk, step, 0), place(walk, step, 1));
    return step ? oto_observation_cost(walk->costs, place(walk, step - 1, 0), place(walk, step, 0)) : 0;
}

/* The whole cost, or NaN with a sentence and *wrong, the step that cannot be. */
static double total(FILE *out, const struct walk *walk, int64_t *wrong) {
    double sum = 0;
    for (int64_t step = 0; step < walk->steps; step++) {
        const char *why = NULL;
        if (!is_inside(walk, step))
            why = "lies outside the table of costs";
        else if (step && !is_allowed(walk, step))
            why = "cannot be reached from the step before";
        else if (!isfinite(cost_of(walk, step)))
            why = walk->through_cells ? "may not be entered" : "has no edge from the step before";
        if (why) {
            *wrong = step;
            fprintf(out, "step %" PRId64 ", ", step);
            write_step(out, walk, step);
            fprintf(out, ", %s", why);
            return (double)NAN;
        }
        sum += cost_of(walk, step);
    }
    return sum;
}

static bool same_place(const struct walk *a, int64_t i, const struct walk *b, int64_t j) {
    return place(a, i, 0) == place(b, j, 0) && (!a->through_cells || place(a, i, 1) == place(b, j, 1));
}

double oto_compare_path(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                        int64_t *worst) {
    if (!expected->cost || expected->count == 0) {
        fputs("the exercise gives no path or no costs: tell your instructor", out);
        return 0;
    }
    if (expected->rank != observed->rank) return oto_compare_shape(out, expected, observed);
    struct walk want = walk_of(expected, expected), got = walk_of(observed, expected);
    int64_t longest = expected->cost_shape[0] + expected->cost_shape[1];
    if (got.steps == 0 || got.steps > longest + want.steps) {
        fprintf(out, "a path of %" PRId64 " steps cannot be", got.steps);
        return 0;
    }
    double best = total(out, &want, worst);
    if (isnan(best)) {
        fputs(" in the solution's own path: tell your instructor", out);
        return 0;
    }
    double cost = total(out, &got, worst);
    if (isnan(cost)) return 0;
    bool begins = same_place(&want, 0, &got, 0), ends = same_place(&want, want.steps - 1, &got, got.steps - 1);
    if (!begins || !ends) {
        int64_t w = begins ? want.steps - 1 : 0, g = begins ? got.steps - 1 : 0;
        *worst = g;
        fprintf(out, "the path must %s at ", begins ? "end" : "begin");
        write_step(out, &want, w);
        fputs(", but is at ", out);
        write_step(out, &got, g);
        return 0;
    }
    if (cost <= best + expected->atol + expected->rtol * fabs(best)) {
        fprintf(out, "a path of cost %.6g", cost);
        return 1;
    }
    fprintf(out, "a valid path, but of cost %.6g: one of %.6g exists", cost, best);
    return 0;
}
