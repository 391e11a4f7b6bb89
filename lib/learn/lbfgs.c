#include "lib/learn/lbfgs.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY = 10, HALVINGS = 40 };

static double dot(const double *x, const double *y, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += x[i] * y[i];
    return sum;
}

static double largest(const double *x, int64_t count) {
    double found = 0;
    for (int64_t i = 0; i < count; i++) found = fmax(found, fabs(x[i]));
    return found;
}

/* The last steps s and the changes y of the gradient that they made, in a ring; from them the two-loop recursion
 * guesses the inverse of the matrix of second derivatives. */
struct memory {
    int64_t count;
    double *s[MEMORY], *y[MEMORY], curvature[MEMORY]; /* curvature: s.y */
    int used, next;
};

/* direction = -H gradient. */
static void guess_direction(const struct memory *m, const double *gradient, double *direction) {
    double alpha[MEMORY];
    for (int64_t i = 0; i < m->count; i++) direction[i] = -gradient[i];
    for (int back = 1; back <= m->used; back++) {
        int k = (m->next - back + MEMORY) % MEMORY;
        alpha[k] = dot(m->s[k], direction, m->count) / m->curvature[k];
        for (int64_t i = 0; i < m->count; i++) direction[i] -= alpha[k] * m->y[k][i];
    }
    if (m->used) {
        int last = (m->next - 1 + MEMORY) % MEMORY;
        double scale = m->curvature[last] / dot(m->y[last], m->y[last], m->count);
        for (int64_t i = 0; i < m->count; i++) direction[i] *= scale;
    }
    for (int back = m->used; back >= 1; back--) {
        int k = (m->next - back + MEMORY) % MEMORY;
        double beta = dot(m->y[k], direction, m->count) / m->curvature[k];
        for (int64_t i = 0; i < m->count; i++) direction[i] += (alpha[k] - beta) * m->s[k][i];
    }
}

/* A step is remembered only where the function curves upwards along it. */
static void remember(struct memory *m, const double *step, const double *change) {
    double curvature = dot(step, change, m->count);
    if (!(curvature > 1e-300)) return;
    memcpy(m->s[m->next], step, (size_t)m->count * sizeof *step);
    memcpy(m->y[m->next], change, (size_t)m->count * sizeof *change);
    m->curvature[m->next] = curvature;
    m->next = (m->next + 1) % MEMORY;
    if (m->used < MEMORY) m->used++;
}

bool oto_lbfgs(const char *operation, int64_t count, double *x, OtoObjective *objective, void *context,
               double tolerance, int max_iterations, int *iterations) {
    double *room = oto_room(operation, count * (2 * MEMORY + 5), sizeof *room), *at = room;
    struct memory memory = {.count = count};
    for (int k = 0; k < MEMORY; k++, at += 2 * count) {
        memory.s[k] = at;
        memory.y[k] = at + count;
    }
    double *gradient = at, *direction = at + count, *new_x = at + 2 * count, *new_gradient = at + 3 * count;
    double *change = at + 4 * count;
    double value = objective(x, gradient, context);
    bool stuck = false;
    for (*iterations = 0; *iterations < max_iterations && !stuck && largest(gradient, count) > tolerance;) {
        if (oto_interrupt_pending()) break;
        guess_direction(&memory, gradient, direction);
        double slope = dot(gradient, direction, count), length = 1;
        if (*iterations == 0) length = fmin(1, 1 / sqrt(dot(gradient, gradient, count)));
        double new_value = INFINITY;
        stuck = true;
        for (int halving = 0; halving < HALVINGS && stuck; halving++, length /= 2) {
            for (int64_t i = 0; i < count; i++) new_x[i] = x[i] + length * direction[i];
            new_value = objective(new_x, new_gradient, context);
            stuck = !(new_value <= value + 1e-4 * length * slope);
        }
        if (stuck) break;
        for (int64_t i = 0; i < count; i++) {
            direction[i] = new_x[i] - x[i];
            change[i] = new_gradient[i] - gradient[i];
        }
        remember(&memory, direction, change);
        memcpy(x, new_x, (size_t)count * sizeof *x);
        memcpy(gradient, new_gradient, (size_t)count * sizeof *gradient);
        value = new_value;
        ++*iterations;
    }
    bool there = largest(gradient, count) <= tolerance;
    free(room);
    return there;
}
