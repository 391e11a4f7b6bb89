#include "autograder/heat_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/component.h"
#include "lib/show/palette.h"

enum {
    WIDTH = 640,
    TOP = 6,
    MARGIN = 34, /* left of each map, for the numbers of its rows */
    BOX_WIDTH = 178,
    BOX_HEIGHT = 150,
    CELL_MOST = 36,
    LINE = 14, /* the height of a line of numbers */
    BAR = 8,
    ROWS_SHOWN = 30,
    COLUMNS_SHOWN = 40,
    NEAR = 15, /* rows and columns around the worst place */
    LEVELS = 32,
    NO_NUMBER = LEVELS,
    ELEMENTS_LEAST = 9,
    VALUE_DIGITS = 3,
    INDEX_DIGITS = 9
};
static const double range_db = 80;

struct matrix {
    const struct oto_observation *seen;
    size_t rows, columns;
    double floor; /* of what is shown in dB; 0: the component is shown as it is */
    enum component component;
};

struct window {
    size_t row, column, rows, columns;
};

struct scale {
    double low, high;
};

/* ---- values ---- */

static double value(const struct matrix *matrix, size_t i) {
    if (matrix->floor > 0) return 20 * log10(fmax(component_of(matrix->seen, i, MAGNITUDES), matrix->floor));
    return component_of(matrix->seen, i, matrix->component);
}

static double distance(const struct matrix *wanted, const struct matrix *came, size_t i) {
    return wanted->floor > 0 ? fabs(value(wanted, i) - value(came, i))
                             : component_distance(wanted->seen, came->seen, i);
}

bool heat_map_suits(const struct oto_observation *seen) {
    bool drawn = seen->kind == OTO_CHECK_ARRAY || seen->kind == OTO_CHECK_SPECTRUM ||
                 seen->kind == OTO_CHECK_PERMUTATION || seen->kind == OTO_CHECK_DIRECTION;
    size_t long_axes = 0;
    for (size_t i = 0; i < seen->rank; i++) long_axes += seen->shape[i] > 1;
    return drawn && !seen->problem && seen->type < OTO_OBSERVED_TEXT && seen->count >= ELEMENTS_LEAST && long_axes == 2;
}

static struct matrix matrix_of(const struct oto_observation *seen) {
    struct matrix matrix = {.seen = seen};
    for (size_t i = 0; i < seen->rank; i++) {
        if (seen->shape[i] <= 1) continue;
        if (!matrix.rows)
            matrix.rows = (size_t)seen->shape[i];
        else
            matrix.columns = (size_t)seen->shape[i];
    }
    return matrix;
}

static double peak_of(const struct oto_observation *seen) {
    double peak = 0;
    for (size_t i = 0; i < seen->count; i++) {
        double here = component_of(seen, i, MAGNITUDES);
        if (isfinite(here)) peak = fmax(peak, here);
    }
    return peak;
}

static void widen(struct scale *scale, const struct matrix *matrix) {
    for (size_t i = 0; i < matrix->seen->count; i++) {
        double here = value(matrix, i);
        if (!isfinite(here)) continue;
        scale->low = fmin(scale->low, here);
        scale->high = fmax(scale->high, here);
    }
}

/* That of what was expected; where all of that is one number, of both. */
static struct scale scale_of(const struct matrix *wanted, const struct matrix *came) {
    struct scale scale = {INFINITY, -INFINITY};
    widen(&scale, wanted);
    if (!(scale.low < scale.high)) widen(&scale, came);
    if (scale.low > scale.high) scale = (struct scale){0, 0};
    if (!(scale.low < scale.high)) scale.high = scale.low + 1;
    return scale;
}

/* ---- what a cell stands for ---- */

struct pair {
    struct matrix wanted, came;
    bool comparable; /* element by element */
};

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static struct window shown_of(const struct window *window) {
    return (struct window){.rows = least(window->rows, ROWS_SHOWN), .columns = least(window->columns, COLUMNS_SHOWN)};
}

/* The flat index that stands for a cell: where the two differ most in its block; where they cannot be compared, the
 * largest. */
static size_t place_of(const struct pair *pair, const struct matrix *matrix, const struct window *window, size_t row,
                       size_t column) {
    const struct window shown = shown_of(window);
    size_t first_row = window->row + window->rows * row / shown.rows;
    size_t last_row = window->row + window->rows * (row + 1) / shown.rows;
    size_t first_column = window->column + window->columns * column / shown.columns;
    size_t last_column = window->column + window->columns * (column + 1) / shown.columns;
    size_t found = first_row * matrix->columns + first_column;
    double most = -1;
    for (size_t i = first_row; i < last_row; i++)
        for (size_t k = first_column; k < last_column; k++) {
            size_t here = i * matrix->columns + k;
            double size = pair->comparable ? distance(&pair->wanted, &pair->came, here)
                                           : component_of(matrix->seen, here, MAGNITUDES);
            if (!isfinite(size)) size = INFINITY;
            if (size <= most) continue;
            most = size;
            found = here;
        }
    return found;
}

static unsigned char level_of(const struct scale *scale, double value) {
    if (!isfinite(value)) return NO_NUMBER;
    double share = (value - scale->low) / (scale->high - scale->low);
    return (unsigned char)lrint((LEVELS - 1) * fmin(1, fmax(0, share)));
}

/* ---- drawing ---- */

/* A unit square a cell, neighbours in a row together, a path for each colour. */
static void draw_cells(struct text *out, const unsigned char *levels, size_t rows, size_t columns) {
    for (int level = 0; level <= NO_NUMBER; level++) {
        bool begun = false;
        for (size_t row = 0; row < rows; row++)
            for (size_t column = 0, end; column < columns; column = end) {
                for (end = column; end < columns && levels[row * columns + end] == level;) end++;
                size_t run = end - column;
                if (!run) {
                    end++;
                    continue;
                }
                unsigned colour = level == NO_NUMBER ? 0x808080 : oto_palette_at(OTO_VIRIDIS, level / (LEVELS - 1.0));
                if (!begun) text_format(out, "<path style=\"stroke:none;fill:#%06x\" d=\"", colour);
                text_format(out, "M%zu %zuh%zuv1h-%zuz", column, row, run, run);
                begun = true;
            }
        if (begun) text_add(out, "\"/>");
    }
}

static void begin_group(struct text *out, double x, double y, double wide, double tall) {
    text_format(out, "<g shape-rendering=\"crispEdges\" transform=\"translate(%.4g %.4g) scale(%.4g %.4g)\">", x, y,
                wide, tall);
}

static void number(struct text *out, double x, double y, const char *anchor, int precision, double value) {
    text_format(out, "<text x=\"%.4g\" y=\"%.4g\" text-anchor=\"%s\">%.*g</text>", x, y, anchor, precision, value);
}

struct box {
    double left, wide, tall; /* of the box; of a cell */
};

static struct box box_of(int place, const struct window *shown) {
    return (struct box){.left = MARGIN + place * (BOX_WIDTH + MARGIN),
                        .wide = fmin(CELL_MOST, (double)BOX_WIDTH / (double)shown->columns),
                        .tall = fmin(CELL_MOST, (double)BOX_HEIGHT / (double)shown->rows)};
}

/* White around black: seen on every colour. */
static void frame_worst(struct text *out, const struct box *box, const struct window *window, size_t row,
                        size_t column) {
    const struct window shown = shown_of(window);
    if (row < window->row || row >= window->row + window->rows || column < window->column ||
        column >= window->column + window->columns)
        return;
    /* The cell whose block has it: the last that does not begin behind it. */
    size_t y = ((row - window->row + 1) * shown.rows - 1) / window->rows;
    size_t x = ((column - window->column + 1) * shown.columns - 1) / window->columns;
    static const char *const strokes[] = {"stroke:#fff;stroke-width:4", "stroke:#000;stroke-width:2"};
    for (int i = 0; i < 2; i++)
        text_format(out,
                    "<rect class=\"mark\" style=\"fill:none;%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
                    "height=\"%.2f\"/>",
                    strokes[i], box->left + (double)x * box->wide - 1, TOP + (double)y * box->tall - 1, box->wide + 2,
                    box->tall + 2);
}

/* The numbers of the first and last row and column, the colours and what their ends are. */
static void draw_legend(struct text *out, const struct box *box, const struct window *window,
                        const struct scale *scale) {
    const struct window shown = shown_of(window);
    double width = box->wide * (double)shown.columns, bottom = TOP + box->tall * (double)shown.rows;
    number(out, box->left - 4, TOP + 9, "end", INDEX_DIGITS, (double)window->row);
    if (bottom - TOP > 2 * LINE)
        number(out, box->left - 4, bottom, "end", INDEX_DIGITS, (double)(window->row + window->rows - 1));
    number(out, box->left, bottom + LINE - 2, "start", INDEX_DIGITS, (double)window->column);
    number(out, box->left + width, bottom + LINE - 2, "end", INDEX_DIGITS,
           (double)(window->column + window->columns - 1));
    unsigned char ramp[LEVELS];
    for (int i = 0; i < LEVELS; i++) ramp[i] = (unsigned char)i;
    double bar = TOP + BOX_HEIGHT + LINE + 4;
    begin_group(out, box->left, bar, (double)BOX_WIDTH / LEVELS, BAR);
    draw_cells(out, ramp, 1, LEVELS);
    text_add(out, "</g>");
    number(out, box->left, bar + BAR + LINE - 2, "start", VALUE_DIGITS, scale->low);
    number(out, box->left + BOX_WIDTH, bar + BAR + LINE - 2, "end", VALUE_DIGITS, scale->high);
}

enum map { EXPECTED, GOT, DISTANCE };

static void draw_map(struct text *out, const struct pair *pair, enum map map, const struct window *window,
                     const struct scale *scale, int64_t worst) {
    const struct matrix *matrix = map == GOT ? &pair->came : &pair->wanted;
    const struct window shown = shown_of(window);
    const struct box box = box_of(map, &shown);
    unsigned char levels[ROWS_SHOWN * COLUMNS_SHOWN];
    for (size_t row = 0; row < shown.rows; row++)
        for (size_t column = 0; column < shown.columns; column++) {
            size_t place = place_of(pair, matrix, window, row, column);
            double here = map == DISTANCE ? distance(&pair->wanted, &pair->came, place) : value(matrix, place);
            levels[row * shown.columns + column] = level_of(scale, here);
        }
    begin_group(out, box.left, TOP, box.wide, box.tall);
    draw_cells(out, levels, shown.rows, shown.columns);
    text_add(out, "</g>");
    draw_legend(out, &box, window, scale);
    if (worst >= 0) frame_worst(out, &box, window, (size_t)worst / matrix->columns, (size_t)worst % matrix->columns);
}

static double farthest(const struct pair *pair) {
    double most = 0;
    for (size_t i = 0; i < pair->wanted.seen->count; i++) {
        double far = distance(&pair->wanted, &pair->came, i);
        if (isfinite(far)) most = fmax(most, far);
    }
    return most;
}

static struct window whole_of(const struct matrix *matrix) {
    return (struct window){.rows = matrix->rows, .columns = matrix->columns};
}

static void draw(struct text *out, const struct pair *pair, const struct window *wanted, const struct window *came,
                 int64_t worst) {
    const struct scale scale = scale_of(&pair->wanted, &pair->came);
    text_format(out, "<svg class=\"heat-%d %s\" viewBox=\"0 0 %d %d\">", pair->comparable ? 3 : 2,
                pair->wanted.floor > 0 ? "decibels" : component_class(pair->wanted.component), WIDTH,
                TOP + BOX_HEIGHT + 2 * LINE + BAR + 6);
    draw_map(out, pair, EXPECTED, wanted, &scale, worst);
    draw_map(out, pair, GOT, came, &scale, pair->comparable ? worst : -1);
    if (pair->comparable) {
        double most = farthest(pair);
        draw_map(out, pair, DISTANCE, wanted, &(struct scale){0, most > 0 ? most : 1}, worst);
    }
    text_add(out, "</svg>");
}

/* NEAR of an axis, around a place of it. */
static void near(size_t place, size_t length, size_t *first, size_t *count) {
    *count = least(NEAR, length);
    *first = place < NEAR / 2 ? 0 : place - NEAR / 2;
    *first = least(*first, length - *count);
}

void heat_map(struct text *out, const struct oto_observation *wanted, const struct oto_observation *came,
              int64_t worst) {
    struct pair pair = {.wanted = matrix_of(wanted), .came = matrix_of(came)};
    bool one_shape = pair.wanted.rows == pair.came.rows && pair.wanted.columns == pair.came.columns;
    pair.comparable = one_shape && (wanted->kind == OTO_CHECK_ARRAY || wanted->kind == OTO_CHECK_SPECTRUM);
    if (wanted->kind == OTO_CHECK_SPECTRUM) {
        double peak = peak_of(wanted);
        pair.wanted.floor = pair.came.floor = peak > 0 ? peak * pow(10, -range_db / 20) : 1e-10;
    }
    pair.wanted.component = pair.came.component =
        wanted->kind == OTO_CHECK_SPECTRUM ? MAGNITUDES : component_for(wanted, came);
    const struct window all = whole_of(&pair.wanted), other = whole_of(&pair.came);
    draw(out, &pair, &all, &other, worst);
    if (!pair.comparable || worst < 0 || (all.rows <= ROWS_SHOWN && all.columns <= COLUMNS_SHOWN)) return;
    struct window close = {};
    near((size_t)worst / all.columns, all.rows, &close.row, &close.rows);
    near((size_t)worst % all.columns, all.columns, &close.column, &close.columns);
    draw(out, &pair, &close, &close, worst);
}
