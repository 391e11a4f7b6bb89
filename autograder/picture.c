#include "autograder/picture.h"

#include <math.h>
#include <string.h>

#include "autograder/component.h"
#include "autograder/heat_map.h"
#include "autograder/value_table.h"
#include "kernel/engine/text.h"
#include "lib/check/observation.h"

enum {
    WIDTH = 640,
    HEIGHT = 180,
    LEFT = 56,
    RIGHT = 8,
    TOP = 10,
    BOTTOM = 26,
    COLUMNS = 288,
    POINTS_SHOWN = 64,
    ZOOM = 48
};

struct frame {
    double low, high;    /* of the value axis */
    size_t first, count; /* of the index axis */
    enum component component;
};

static bool is_curve(const struct oto_observation *seen) {
    if (seen->problem || seen->count < 2 || seen->type >= OTO_OBSERVED_TEXT) return false;
    bool drawn = seen->kind == OTO_CHECK_ARRAY || seen->kind == OTO_CHECK_AUDIO || seen->kind == OTO_CHECK_CLOSE ||
                 seen->kind == OTO_CHECK_SPECTRUM || seen->kind == OTO_CHECK_TRAJECTORY;
    if (!drawn) return false;
    int long_axes = 0;
    for (size_t i = 0; i < seen->rank; i++) long_axes += seen->shape[i] > 1;
    return long_axes == 1;
}

/* Behind the last element of both the frame and the curve. */
static size_t end_in(const struct frame *frame, const struct oto_observation *seen) {
    size_t end = frame->first + frame->count;
    return end < seen->count ? end : seen->count;
}

static void widen(struct frame *frame, const struct oto_observation *seen) {
    for (size_t i = frame->first; i < end_in(frame, seen); i++) {
        double value = component_of(seen, i, frame->component);
        if (!isfinite(value)) continue;
        frame->low = fmin(frame->low, value);
        frame->high = fmax(frame->high, value);
    }
}

static double across(const struct frame *frame, double index) {
    return LEFT + (WIDTH - LEFT - RIGHT) * (index - (double)frame->first) / (double)(frame->count - 1);
}

static double down(const struct frame *frame, double value) {
    double share = (value - frame->low) / (frame->high - frame->low);
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - fmin(1, fmax(0, share)));
}

/* A place in the drawing, to a tenth. A curve has a thousand of them, and printf takes its time with a double. */
static void add_place(struct text *out, char before, double at) {
    char written[32];
    size_t first = sizeof written;
    unsigned long tenths = (unsigned long)lrint(10 * at);
    written[--first] = (char)('0' + tenths % 10);
    written[--first] = '.';
    tenths /= 10;
    do {
        written[--first] = (char)('0' + tenths % 10);
        tenths /= 10;
    } while (tenths);
    written[--first] = before;
    text_add_n(out, written + first, sizeof written - first);
}

/* A few elements are joined by a line; many are drawn as the span of each column, as a wave editor does. */
static void draw_curve(struct text *out, const struct frame *frame, const struct oto_observation *seen,
                       const char *class) {
    bool pen_down = false;
    text_format(out, "<path class=\"%s\" d=\"", class);
    size_t last = end_in(frame, seen), count = last > frame->first ? last - frame->first : 0;
    size_t columns = count < COLUMNS ? count : COLUMNS;
    for (size_t c = 0; c < columns; c++) {
        size_t first = frame->first + count * c / columns, end = frame->first + count * (c + 1) / columns;
        double low = INFINITY, high = -INFINITY;
        for (size_t i = first; i < end; i++) {
            double value = component_of(seen, i, frame->component);
            if (!isfinite(value)) continue;
            low = fmin(low, value);
            high = fmax(high, value);
        }
        if (low > high) {
            pen_down = false;
            continue;
        }
        double x = across(frame, (double)(first + end - 1) / 2);
        add_place(out, pen_down ? 'L' : 'M', x);
        add_place(out, ' ', down(frame, high));
        if (high > low) add_place(out, 'L', x);
        if (high > low) add_place(out, ' ', down(frame, low));
        pen_down = true;
    }
    text_add(out, "\"/>");
    for (size_t i = frame->first; count <= POINTS_SHOWN && i < last; i++)
        if (isfinite(component_of(seen, i, frame->component)))
            text_format(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>", class,
                        across(frame, (double)i), down(frame, component_of(seen, i, frame->component)));
}

static void draw_axes(struct text *out, const struct frame *frame) {
    text_format(out, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>", LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT);
    if (frame->low < 0 && frame->high > 0)
        text_format(out, "<path class=\"zero\" d=\"M%d %.1fH%d\"/>", LEFT, down(frame, 0), WIDTH - RIGHT);
    text_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.3g</text>", LEFT - 4, TOP + 8, frame->high);
    text_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.3g</text>", LEFT - 4, HEIGHT - BOTTOM, frame->low);
    text_format(out, "<text x=\"%d\" y=\"%d\">%zu</text>", LEFT, HEIGHT - 8, frame->first);
    text_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%zu</text>", WIDTH - RIGHT, HEIGHT - 8,
                frame->first + frame->count - 1);
    text_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">i</text>", (WIDTH + LEFT) / 2, HEIGHT - 8);
}

/* One drawing of the indices that frame names; its value axis is chosen here. */
static void draw(struct text *out, struct frame frame, const struct oto_observation *wanted,
                 const struct oto_observation *came, int64_t worst) {
    widen(&frame, wanted);
    if (frame.low > frame.high) return;
    /* Values far outside what was expected run along the edge: the expected curve stays readable. */
    struct frame both = frame;
    widen(&both, came);
    double least = 1e-12 + 1e-6 * fabs(frame.high);
    double span = frame.high - frame.low > least ? frame.high - frame.low : fmax(both.high - both.low, least);
    frame.low = fmax(both.low, frame.low - 2 * span) - 0.05 * span;
    frame.high = fmin(both.high, frame.high + 2 * span) + 0.05 * span;
    text_format(out, "<svg class=\"%s\" viewBox=\"0 0 %d %d\">", component_class(frame.component), WIDTH, HEIGHT);
    draw_axes(out, &frame);
    if (worst >= (int64_t)frame.first && worst < (int64_t)(frame.first + frame.count))
        text_format(out, "<path class=\"worst\" d=\"M%.1f %dV%d\"/>", across(&frame, (double)worst), TOP,
                    HEIGHT - BOTTOM);
    draw_curve(out, &frame, wanted, "expected");
    draw_curve(out, &frame, came, "got");
    text_add(out, "</svg>");
}

char *picture_of(const struct oto_record *expected, const struct oto_record *got, int64_t worst) {
    struct oto_observation wanted, came;
    const char *why;
    if (!oto_observation_read(&wanted, expected, &why) || !oto_observation_read(&came, got, &why)) return NULL;
    struct text out = {};
    if (heat_map_suits(&wanted) && heat_map_suits(&came) && wanted.kind == came.kind) {
        heat_map(&out, &wanted, &came, worst);
        return text_take(&out);
    }
    if (!is_curve(&wanted) || !is_curve(&came)) return NULL;
    if (wanted.count <= VALUE_TABLE_MOST && came.count <= VALUE_TABLE_MOST) {
        value_table(&out, &wanted, &came);
        return text_take(&out);
    }
    struct frame whole = {.low = INFINITY,
                          .high = -INFINITY,
                          .component = component_for(&wanted, &came),
                          .count = wanted.count > came.count ? wanted.count : came.count};
    draw(&out, whole, &wanted, &came, worst);
    if (out.length && worst >= 0 && whole.count > COLUMNS) {
        struct frame near = whole;
        near.count = ZOOM;
        near.first = worst < ZOOM / 2 ? 0 : (size_t)worst - ZOOM / 2;
        if (near.first > whole.count - ZOOM) near.first = whole.count - ZOOM;
        draw(&out, near, &wanted, &came, worst);
    }
    return out.length ? text_take(&out) : NULL;
}
