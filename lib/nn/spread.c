#include "lib/nn/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nn/passage.h"
#include "lib/record/record.h"
#include "lib/show/bins.h"
#include "lib/show/bundle.h"
#include "lib/tensor/error.h"

enum { BINS = 40, PANELS_MOST = 24, PANEL_COLUMNS = 4 };

/* The numbers of one tensor. */
struct spread {
    char *name;  /* "0.weight (16, 1, 3, 3)" */
    bool absent; /* there are no numbers: a parameter without gradient */
    bool vector; /* of one axis: a bias */
    int64_t count, zero, not_finite;
    double mean, deviation, ratio; /* ratio: its root mean square over the parameter's; NaN: none */
    double least, greatest;
    struct oto_bins range; /* of the bins */
    size_t bins[BINS];
};

struct spreads {
    const char *operation;
    struct spread *items;
    int count, capacity;
};

static void release_spreads(void *thing) {
    struct spreads *spreads = thing;
    for (int i = 0; i < spreads->count; i++) free(spreads->items[i].name);
    free(spreads->items);
    free(spreads);
}

/* Lives until the innermost scope ends. */
static struct spreads *new_spreads(const char *operation) {
    struct spreads *spreads = calloc(1, sizeof *spreads);
    if (!spreads) oto_refuse(operation, "no memory is left for numbers");
    spreads->operation = operation;
    return oto_hold(spreads, release_spreads);
}

static double root_mean_square(const float *values, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)values[i] * (double)values[i];
    return count ? sqrt(sum / (double)count) : 0;
}

static void measure(struct spread *spread, const float *values, int64_t count) {
    double sum = 0, squares = 0;
    spread->count = count;
    for (int64_t i = 0; i < count; i++) {
        double value = (double)values[i];
        spread->zero += value == 0;
        spread->not_finite += !isfinite(value);
        if (isfinite(value)) sum += value;
    }
    int64_t finite = count - spread->not_finite;
    spread->mean = finite ? sum / (double)finite : 0;
    for (int64_t i = 0; i < count; i++) {
        double from_mean = (double)values[i] - spread->mean;
        if (isfinite(from_mean)) squares += from_mean * from_mean;
    }
    spread->deviation = finite ? sqrt(squares / (double)finite) : 0;
    struct oto_bins range = oto_bins_widened(oto_bins_none, values, (size_t)count);
    spread->least = finite ? range.low : 0;
    spread->greatest = finite ? range.high : 0;
    spread->range = oto_bins_with_room(range);
    oto_bins_count(values, (size_t)count, spread->range, BINS, spread->bins);
}

/* values NULL: there are none. The name is taken over. */
static struct spread *add_spread(struct spreads *spreads, char *name, const float *values, int64_t count) {
    if (spreads->count == spreads->capacity) {
        int capacity = 2 * spreads->capacity + 16;
        struct spread *grown = realloc(spreads->items, (size_t)capacity * sizeof *grown);
        if (grown) spreads->items = grown;
        if (grown) spreads->capacity = capacity;
    }
    if (!name || spreads->count == spreads->capacity) {
        free(name);
        oto_refuse(spreads->operation, "no memory is left for numbers");
    }
    struct spread *spread = &spreads->items[spreads->count++];
    *spread = (struct spread){.name = name, .absent = !values, .ratio = (double)NAN};
    if (values) measure(spread, values, count);
    return spread;
}

static char *name_of(const char *path, OtoTensor *x) {
    char *name;
    return asprintf(&name, "%s %s", path, oto_shape_quoted(x)) < 0 ? NULL : name;
}

/* ---- gradients ---- */

static struct spreads *gradients_of(const char *operation, OtoLayer *net) {
    oto_need_layer(operation, net, NULL);
    struct spreads *spreads = new_spreads(operation);
    OtoTensorList list = oto_layer_tensors(net);
    bool any = false;
    for (int i = 0; i < list.count; i++) {
        OtoTensor *x = list.items[i].tensor;
        if (list.items[i].buffer || !oto_wants_gradient(x)) continue;
        const float *gradient = oto_gradient_data(x);
        any |= gradient != NULL;
        struct spread *spread = add_spread(spreads, name_of(list.items[i].path, x), gradient, x->size);
        spread->vector = x->rank < 2;
        double size = root_mean_square(x->data, x->size);
        if (gradient && size > 0) spread->ratio = root_mean_square(gradient, x->size) / size;
    }
    if (!any)
        oto_refuse(operation, "no parameter of the %s has a gradient; call oto_backward(loss) or oto_step before",
                   net->type);
    return spreads;
}

/* ---- activations ---- */

static void look(OtoLayer *layer, OtoTensor *x, OtoTensor *y, void *context) {
    struct spreads *spreads = context;
    if (layer->child_count || y->type != OTO_FLOAT32) return;
    char *path = oto_layer_path(layer), *place = NULL;
    const char *below = path ? strchr(path, '.') : NULL; /* without the name of the net */
    int length = asprintf(&place, "%s %s", below ? below + 1 : "net", layer->type);
    char *name = length < 0 ? NULL : name_of(place, y);
    if (length >= 0) free(place);
    free(path);
    add_spread(spreads, name, y->data, y->size);
}

static struct spreads *activations_of(const char *operation, OtoLayer *net, OtoTensor *x) {
    struct spreads *spreads = new_spreads(operation);
    oto_pass_watched(operation, net, x, look, spreads);
    return spreads;
}

/* ---- as text ---- */

static void write_spread(FILE *out, const struct spread *spread) {
    fprintf(out, "%s: ", spread->name);
    if (spread->absent) {
        fputs("no gradient\n", out);
        return;
    }
    fprintf(out, "mean %.3g, deviation %.3g, %.3g to %.3g", spread->mean, spread->deviation, spread->least,
            spread->greatest);
    if (spread->zero && spread->count)
        fprintf(out, ", %.3g %% zero", 100 * (double)spread->zero / (double)spread->count);
    if (!isnan(spread->ratio)) fprintf(out, ", %.3g of the parameter", spread->ratio);
    if (spread->not_finite) fprintf(out, ", %lld not finite", (long long)spread->not_finite);
    fputc('\n', out);
}

static char *text_of(const struct spreads *spreads) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) oto_refuse(spreads->operation, "no memory is left for a text");
    for (int i = 0; i < spreads->count; i++) write_spread(out, &spreads->items[i]);
    if (fclose(out)) oto_refuse(spreads->operation, "no memory is left for a text");
    return text;
}

/* ---- as a picture ---- */

/* Steps for one panel: where each begins, and the end of the last. */
struct steps {
    double x[BINS + 1];
    float y[BINS + 1];
};

static void fill_steps(struct steps *steps, const struct spread *spread) {
    double width = (spread->range.high - spread->range.low) / BINS;
    for (int b = 0; b <= BINS; b++) {
        steps->x[b] = spread->range.low + b * width;
        steps->y[b] = (float)spread->bins[b < BINS ? b : BINS - 1];
    }
}

/* Refuses, or does nothing where nobody looks. */
static void draw(struct oto_bundle *bundle, const struct spreads *spreads) {
    struct steps *steps = calloc(PANELS_MOST, sizeof *steps);
    if (!steps) oto_refuse(spreads->operation, "no memory is left for a picture");
    struct oto_line lines[PANELS_MOST];
    struct oto_panel panels[PANELS_MOST];
    size_t count = 0;
    for (int i = 0; i < spreads->count && count < PANELS_MOST; i++) {
        const struct spread *spread = &spreads->items[i];
        if (spread->absent || (spread->vector && spreads->count > PANELS_MOST)) continue;
        fill_steps(&steps[count], spread);
        lines[count] = (struct oto_line){.x = steps[count].x, .y = steps[count].y, .count = BINS + 1};
        panels[count] = (struct oto_panel){.title = spread->name, .lines = &lines[count], .count = 1, .filled = true};
        count++;
    }
    char *why = NULL;
    if (count)
        bundle->png = oto_figure_panels(&(struct oto_frame){}, panels, count, PANEL_COLUMNS, &bundle->png_size, &why);
    free(steps);
    if (!bundle->png && why) fprintf(stderr, "%s: no picture: %s\n", spreads->operation, why);
    free(why);
}

static void show(const struct spreads *spreads) {
    struct oto_bundle bundle = {.text = text_of(spreads)};
    if (!oto_show_is_blind()) draw(&bundle, spreads);
    oto_bundle_send(&bundle, OTO_RECORD_DISPLAY);
}

void oto_show_gradients(OtoLayer *net) {
    oto_scope show(gradients_of("oto_show_gradients", net));
}
void oto_show_activations(OtoLayer *net, OtoTensor *x) {
    oto_scope show(activations_of("oto_show_activations", net, x));
}
char *oto_gradients_text(OtoLayer *net) {
    char *text = NULL;
    oto_scope text = text_of(gradients_of("oto_gradients_text", net));
    return text;
}
char *oto_activations_text(OtoLayer *net, OtoTensor *x) {
    char *text = NULL;
    oto_scope text = text_of(activations_of("oto_activations_text", net, x));
    return text;
}
