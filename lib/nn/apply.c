/* x on its way through the layers: each knows its place, and a refusal tells it. */
#include "lib/nn/cache.h"
#include "lib/tensor/error.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local OtoInside *innermost;
static _Thread_local OtoLayerWatch *watcher;
static _Thread_local void *watcher_context;

OtoLayerWatch *oto_watch_layers(OtoLayerWatch *watch, void *context) {
    OtoLayerWatch *before = watcher;
    watcher = watch;
    watcher_context = context;
    return before;
}

bool oto_layers_watched(void) {
    return watcher;
}

/* The expression that a layer was applied by is its name when it is one: net, model->encoder. */
static bool is_name(const char *called) {
    if (!called || strlen(called) > 40) return false;
    for (const char *at = called; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("_.>-[]", *at)) return false;
    return true;
}

static const char *root_name(OtoLayer *root) {
    for (OtoInside *at = innermost; at; at = at->outer)
        if (at->layer == root && is_name(at->called)) return at->called;
    return root->type;
}

char *oto_layer_path(OtoLayer *layer) {
    if (!layer->parent) return strdup(root_name(layer));
    char *above = oto_layer_path(layer->parent), *path = NULL;
    if (!above || asprintf(&path, "%s.%s", above, layer->name) < 0) path = NULL;
    free(above);
    return path;
}

/* The beginning of a refusal. After it nobody is inside any more: it does not come back. */
static char *place(void) {
    char *path = oto_layer_path(innermost->layer), *text = NULL;
    if (!path || asprintf(&text, "%s (%s)", path, innermost->layer->type) < 0) text = NULL;
    free(path);
    innermost = NULL;
    return text;
}

void oto_inside_begin(OtoInside *block, OtoLayer *layer, const char *called) {
    oto_need_layer("oto_apply", layer, NULL);
    /* where refusals have no place, a jump has left the layers that x was in */
    OtoInside *outer = oto_refuse_at(place) ? innermost : NULL;
    *block = (OtoInside){.layer = layer, .outer = outer, .called = called, .open = true};
    innermost = block;
}

void oto_inside_end(OtoInside *block) {
    if (!block->layer) return;
    innermost = block->outer;
    if (!innermost) oto_refuse_at(NULL);
}

OtoLayer *oto_layer_now(void) {
    bool inside = oto_refuse_at(place);
    if (!inside) oto_refuse_at(NULL);
    return inside ? innermost->layer : NULL;
}

OtoCache *oto_cache_now(void) {
    if (!oto_layer_now()) return NULL;
    for (OtoInside *at = innermost; at; at = at->outer)
        if (at->cache) return at->cache;
    return NULL;
}

void oto_layer_gave(OtoLayer *layer, OtoTensor *x, OtoTensor *y) {
    if (watcher) watcher(layer, x, y, watcher_context);
}

/* ---- a mode that was forgotten ---- */

static bool differs_in_training(OtoLayer *layer) {
    if (layer->kind && (strstr(layer->type, "dropout") || strstr(layer->type, "batch_norm"))) return true;
    for (int i = 0; i < layer->child_count; i++)
        if (differs_in_training(layer->children[i])) return true;
    return false;
}

static void say_mode(OtoLayer *layer) {
    static _Thread_local bool said;
    if (said || !differs_in_training(layer)) return;
    said = true;
    fprintf(
        stderr,
        "oto_apply: %s is in training mode inside oto_no_grad: dropout sets numbers to 0, and batch norm goes by this "
        "batch and learns from it; to evaluate, write oto_evaluating(%s) in the place of oto_no_grad. (Said once.)\n",
        root_name(layer), root_name(layer));
}

/* ---- through a layer ---- */

OtoTensor *oto_apply_called(OtoLayer *layer, OtoTensor *x, const char *called) {
    OtoInside inside __attribute__((cleanup(oto_inside_end))) = {};
    oto_inside_begin(&inside, layer, called);
    oto_need("oto_apply", "x", x);
    if (!layer->forward)
        oto_refuse("oto_apply", "a %s is not applied to x alone%s%s", layer->type,
                   layer->kind && layer->kind->use ? "; call " : "",
                   layer->kind && layer->kind->use ? layer->kind->use : "");
    if (!inside.outer && layer->training && oto_no_grad_now()) say_mode(layer);
    OtoTensor *y = NULL;
    oto_scope {
        y = layer->forward(layer, x);
        oto_need("oto_apply", "what the forward function returned", y);
        oto_layer_gave(layer, x, y);
        if (y != x) oto_keep(y);
    }
    return y;
}

OtoTensor *(oto_apply)(OtoLayer *layer, OtoTensor *x) {
    return oto_apply_called(layer, x, NULL);
}
