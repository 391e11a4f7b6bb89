#include "lib/nn/passage.h"

#include <stdlib.h>
#include <string.h>

#include "lib/tensor/error.h"

static int count_layers(OtoLayer *layer) {
    int count = 1;
    for (int i = 0; i < layer->child_count; i++) count += count_layers(layer->children[i]);
    return count;
}

static void list_layers(struct oto_passage *passage, OtoLayer *layer, int depth) {
    passage->stops[passage->count++] = (struct oto_stop){.layer = layer, .depth = depth};
    for (int i = 0; i < layer->child_count; i++) list_layers(passage, layer->children[i], depth + 1);
}

static void leave(struct oto_passage *passage) {
    oto_watch_layers(NULL, NULL);
    if (passage->evaluating.open) oto_evaluating_end(&passage->evaluating);
    passage->evaluating.open = false;
}

/* Also when a refusal has left the forward. */
static void release_passage(void *thing) {
    struct oto_passage *passage = thing;
    leave(passage);
    for (int i = 0; i < passage->count; i++) free(passage->stops[i].result);
    free(passage->stops);
    free(passage);
}

static struct oto_form form_of(const OtoTensor *x) {
    struct oto_form form = {.type = x->type, .rank = x->rank};
    memcpy(form.shape, x->shape, sizeof form.shape);
    return form;
}

static void note(OtoLayer *layer, OtoTensor *x, OtoTensor *y, void *context) {
    struct oto_passage *passage = context;
    struct oto_stop *stop = (struct oto_stop *)oto_stop_of(passage, layer);
    if (!stop) return;
    if (passage->look) passage->look(layer, x, y, passage->context);
    stop->calls++;
    stop->x = form_of(x);
    stop->y = form_of(y);
    free(stop->result);
    stop->result = oto_shape_text(y);
    if (layer->kind && layer->kind->operations) stop->operations += layer->kind->operations(layer, x, y);
    stop->bytes += y->size * (int64_t)(y->type == OTO_FLOAT32 ? sizeof(float) : sizeof(int64_t));
}

const struct oto_stop *oto_stop_of(const struct oto_passage *passage, OtoLayer *layer) {
    for (int i = 0; i < passage->count; i++)
        if (passage->stops[i].layer == layer) return &passage->stops[i];
    return NULL;
}

struct oto_passage *oto_pass(const char *operation, OtoLayer *net, OtoTensor *x) {
    return oto_pass_watched(operation, net, x, NULL, NULL);
}

struct oto_passage *oto_pass_watched(const char *operation, OtoLayer *net, OtoTensor *x, oto_look *look,
                                     void *context) {
    oto_need_layer(operation, net, NULL);
    oto_need(operation, "x", x);
    struct oto_passage *passage = calloc(1, sizeof *passage);
    if (passage) passage->stops = calloc((size_t)count_layers(net), sizeof *passage->stops);
    if (!passage || !passage->stops) {
        free(passage);
        oto_refuse(operation, "no memory for a list of %d layers", count_layers(net));
    }
    oto_hold(passage, release_passage);
    list_layers(passage, net, 0);
    passage->look = look;
    passage->context = context;
    oto_watch_layers(note, passage);
    passage->evaluating = oto_evaluating_begin(net);
    oto_scope oto_apply_called(net, x, "net");
    leave(passage);
    return passage;
}
