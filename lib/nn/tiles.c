#include "lib/nn/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nn/passage.h"
#include "lib/record/record.h"
#include "lib/show/bundle.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

enum { SIDE_MOST = 16, PICTURE_MOST = 640, CELL_MOST = 24, BESIDE = 130, ABOVE = 90 };

/* rows x columns tiles of height x width numbers; tile (r, c) is the (r * columns_there + c)-th of the tensor. */
struct tiles {
    const char *operation;
    const float *values;
    int64_t rows, columns, height, width;
    int64_t count, columns_there;
    bool matrix; /* rows and columns have meanings of their own */
    const char *title, *x_label, *y_label;
};

static int64_t at_most(int64_t value, int64_t most) {
    return value < most ? value : most;
}

/* As a square, or nearly. */
static void arrange(struct tiles *tiles, int64_t count) {
    tiles->count = at_most(count, SIDE_MOST * SIDE_MOST);
    tiles->columns = tiles->columns_there = (int64_t)ceil(sqrt((double)tiles->count));
    tiles->rows = (tiles->count + tiles->columns - 1) / tiles->columns;
}

static void arrange_matrix(struct tiles *tiles, int64_t rows, int64_t columns) {
    tiles->matrix = true;
    tiles->rows = at_most(rows, SIDE_MOST);
    tiles->columns = at_most(columns, SIDE_MOST);
    tiles->columns_there = columns;
    tiles->count = rows * columns;
}

/* The tiles with gaps of NaN between them, which stay white; free() it. */
static float *put_together(const struct tiles *tiles, int64_t high, int64_t wide) {
    float *image = malloc((size_t)(high * wide) * sizeof *image);
    if (!image)
        oto_refuse(tiles->operation, "no memory is left for a picture of %lld numbers", (long long)(high * wide));
    for (int64_t i = 0; i < high * wide; i++) image[i] = NAN;
    for (int64_t r = 0; r < tiles->rows; r++)
        for (int64_t c = 0; c < tiles->columns; c++) {
            int64_t tile = r * tiles->columns_there + c;
            if (tile >= tiles->count) continue;
            for (int64_t y = 0; y < tiles->height; y++)
                memcpy(image + (r * (tiles->height + 1) + y) * wide + c * (tiles->width + 1),
                       tiles->values + (tile * tiles->height + y) * tiles->width, (size_t)tiles->width * sizeof *image);
        }
    return image;
}

/* Numbers of tiles beside an axis, at the middle of each. */
struct numbers {
    char texts[SIDE_MOST][8];
    const char **names; /* one for each number of the image, most of them NULL */
};

/* Tile t of the axis is number t times so many; free its names. */
static struct oto_places places_of(struct numbers *numbers, const char *operation, int64_t tiles, int64_t length,
                                   int64_t times) {
    numbers->names = calloc((size_t)(tiles * (length + 1)), sizeof *numbers->names);
    if (!numbers->names) oto_refuse(operation, "no memory is left for a picture");
    for (int64_t t = 0; t < tiles; t++) {
        snprintf(numbers->texts[t], sizeof numbers->texts[t], "%lld", (long long)(t * times));
        numbers->names[t * (length + 1) + length / 2] = numbers->texts[t];
    }
    return (struct oto_places){.step = 1, .ticks = OTO_TICKS_NAMES, .names = numbers->names};
}

/* text is taken over. */
static void show(const struct tiles *tiles, char *text) {
    struct oto_bundle bundle = {.text = text};
    int64_t high = tiles->rows * (tiles->height + 1) - 1, wide = tiles->columns * (tiles->width + 1) - 1;
    if (!oto_show_is_blind()) {
        float *values = put_together(tiles, high, wide);
        int64_t longest = high > wide ? high : wide;
        int cell = (int)at_most(longest < PICTURE_MOST ? PICTURE_MOST / longest : 1, CELL_MOST);
        struct numbers across, down;
        struct oto_image image = {
            .values = values,
            .rows = (size_t)high,
            .columns = (size_t)wide,
            .x = places_of(&across, tiles->operation, tiles->columns, tiles->width, 1),
            .y = places_of(&down, tiles->operation, tiles->rows, tiles->height, tiles->matrix ? 1 : tiles->columns),
            .from_top = true,
            .palette = oto_palette_for(values, (size_t)(high * wide), OTO_VIRIDIS),
            .low = (double)NAN,
            .high = (double)NAN};
        struct oto_frame frame = {.title = tiles->title,
                                  .x_label = tiles->x_label,
                                  .y_label = tiles->y_label,
                                  .width = BESIDE + (int)at_most(wide, PICTURE_MOST) * cell,
                                  .height = ABOVE + (int)at_most(high, PICTURE_MOST) * cell};
        char *why = NULL;
        bundle.png = oto_figure_image(&frame, &image, &bundle.png_size, &why);
        free(values);
        free(across.names);
        free(down.names);
        if (!bundle.png) fprintf(stderr, "%s: no picture: %s\n", tiles->operation, why ? why : "no memory is left");
        free(why);
    }
    oto_bundle_send(&bundle, OTO_RECORD_DISPLAY);
}

static char *text_of(const char *operation, const char *path, OtoTensor *x) {
    char *described = oto_describe(x), *text = NULL;
    int length = asprintf(&text, "%s: %s", *path ? path : "net", described);
    free(described);
    if (length < 0) oto_refuse(operation, "no memory is left for a text");
    return text;
}

void oto_show_filters(OtoLayer *net, const char *path) {
    static const char operation[] = "oto_show_filters";
    oto_need_layer(operation, net, NULL);
    oto_check_text(operation, "path", path);
    OtoLayer *layer = oto_layer_at(net, path);
    OtoTensor *w = NULL;
    for (int i = 0; i < layer->tensor_count; i++)
        if (!strcmp(layer->tensors[i].name, "weight")) w = layer->tensors[i].tensor;
    if (!w || (w->rank != 3 && w->rank != 4))
        oto_refuse(operation, "%s is a %s, which has no filters; give the path of a convolution: oto_layer_print(net)",
                   *path ? path : "the net", layer->type);
    char title[200];
    snprintf(title, sizeof title, "%.100s %s: weights", path, layer->type);
    struct tiles tiles = {
        .operation = operation, .title = title, .values = w->data, .width = w->cols, .height = w->shape[w->rank - 2]};
    if (w->rank == 4 && w->shape[1] > 1) {
        arrange_matrix(&tiles, w->shape[0], w->shape[1]);
        tiles.x_label = "channel in";
        tiles.y_label = "channel out";
    } else {
        arrange(&tiles, w->shape[0]);
        tiles.y_label = "channel out";
    }
    show(&tiles, text_of(operation, path, w));
}

struct search {
    OtoLayer *layer;
    OtoTensor *y; /* kept for the scope around the passage */
};

static void find(OtoLayer *layer, OtoTensor *x, OtoTensor *y, void *context) {
    struct search *search = context;
    if (layer == search->layer)
        memcpy(search->y->data, y->data, (size_t)at_most(y->size, search->y->size) * sizeof(float));
}

/* The first example of what the layer gives, of this shape. */
static OtoTensor *first_example(const char *operation, OtoLayer *net, OtoTensor *x, const char *path) {
    OtoLayer *layer = oto_layer_at(net, path);
    const struct oto_stop *stop = oto_stop_of(oto_pass(operation, net, x), layer);
    const char *name = *path ? path : "the net";
    if (!stop->calls) oto_refuse(operation, "x does not come through %s, a %s", name, layer->type);
    if (stop->y.type != OTO_FLOAT32 || (stop->y.rank != 3 && stop->y.rank != 4) || !stop->y.shape[0])
        oto_refuse(operation,
                   "%s, a %s, gives %s, which are no maps; give the path of a layer that gives (batch, channels, "
                   "height, width) or (batch, channels, time)",
                   name, layer->type, stop->result);
    long long shape[OTO_RANK_MAX];
    for (int i = 1; i < stop->y.rank; i++) shape[i - 1] = stop->y.shape[i];
    struct search search = {layer, oto_zeros_of(OTO_FLOAT32, stop->y.rank - 1, shape)};
    oto_pass_watched(operation, net, x, find, &search);
    return search.y;
}

void oto_show_feature_maps(OtoLayer *net, OtoTensor *x, const char *path) {
    static const char operation[] = "oto_show_feature_maps";
    oto_need_layer(operation, net, NULL);
    oto_check_text(operation, "path", path);
    oto_scope {
        OtoTensor *maps = first_example(operation, net, x, path);
        char title[200];
        snprintf(title, sizeof title, "%.100s %s: what it gives", path, oto_layer_at(net, path)->type);
        struct tiles tiles = {.operation = operation, .title = title, .values = maps->data, .width = maps->cols};
        if (maps->rank == 2) { /* (channels, time): one tile */
            tiles.height = maps->shape[0];
            arrange(&tiles, 1);
        } else {
            tiles.height = maps->shape[1];
            arrange(&tiles, maps->shape[0]);
        }
        tiles.y_label = "channel";
        show(&tiles, text_of(operation, path, maps));
    }
}
