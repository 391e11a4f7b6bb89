#include "lib/nn/graph_picture.h"

#include <stdlib.h>
#include <string.h>

#include "lib/show/bundle.h"
#include "lib/show/child.h"
#include "lib/show/display.h"
#include "lib/tensor/error.h"
#include "lib/tensor/node.h"

/* An operation or a parameter. */
struct place {
    OtoNode *node;
    const char *path; /* of a parameter in the net, or NULL */
    int group;        /* when folded; -1: none yet */
};

struct group {
    char *path; /* "block.conv", or an operation's name where no parameter says more */
    int operations;
    int last; /* the place whose output leaves it */
};

struct graph {
    const char *operation;
    struct place *places; /* in the order in which they were written down */
    int count, capacity;
    OtoTensorList named;
    struct group *groups; /* as many as places, group_count in use */
    int group_count;
};

static void free_graph(void *thing) {
    struct graph *graph = thing;
    for (int i = 0; i < graph->group_count; i++) free(graph->groups[i].path);
    free(graph->places);
    free(graph->groups);
    free(graph);
}

/* ---- what the graph is ---- */

static const char *path_of(const struct graph *graph, OtoNode *node) {
    for (int i = 0; i < graph->named.count; i++)
        if (oto_node_of(graph->named.items[i].tensor) == node) return graph->named.items[i].path;
    return NULL;
}

static void add_place(OtoNode *node, void *context) {
    struct graph *graph = context;
    if (graph->count == graph->capacity) {
        int capacity = graph->capacity * 2 + 64;
        struct place *grown = realloc(graph->places, (size_t)capacity * sizeof *grown);
        if (!grown) oto_refuse(graph->operation, "no memory for a graph of %d operations", capacity);
        graph->places = grown;
        graph->capacity = capacity;
    }
    graph->places[graph->count++] = (struct place){.node = node, .group = -1};
}

static void reverse(struct graph *graph) {
    for (int i = 0, j = graph->count - 1; i < j; i++, j--) {
        struct place place = graph->places[i];
        graph->places[i] = graph->places[j];
        graph->places[j] = place;
    }
}

/* Lives until the innermost scope ends. */
static struct graph *graph_of(const char *operation, OtoTensor *y, OtoLayer *net) {
    oto_need(operation, "y", y);
    if (net) oto_need_layer(operation, net, NULL);
    if (!oto_wants_gradient(y))
        oto_refuse(operation, "nothing was written down on the way to y, because no parameter leads to it or it was "
                              "computed in oto_no_grad; compute it outside");
    struct graph *graph = calloc(1, sizeof *graph);
    if (!graph) oto_refuse(operation, "no memory for a graph");
    oto_hold(graph, free_graph);
    graph->operation = operation;
    if (net) graph->named = oto_layer_tensors(net);
    oto_visit(y, add_place, graph);
    reverse(graph);
    for (int i = 0; i < graph->count; i++)
        if (oto_node_is_parameter(graph->places[i].node)) graph->places[i].path = path_of(graph, graph->places[i].node);
    return graph;
}

/* Inputs come before: the search begins there. */
static int place_of(const struct graph *graph, OtoNode *node, int before) {
    while (before-- > 0)
        if (graph->places[before].node == node) return before;
    return -1;
}

/* An input that is there, of an operation. */
static OtoTensor *input_of(OtoNode *node, int i) {
    OtoTensor *input = &node->inputs[i].tensor;
    return input->rank || input->size ? input : NULL;
}

static void write_shape(FILE *out, const OtoTensor *x) {
    fputc('(', out);
    for (int i = 0; i < x->rank; i++)
        fprintf(out, "%s%s%s%lld", i ? ", " : "", x->axes[i].name, *x->axes[i].name ? " " : "", (long long)x->shape[i]);
    fputc(')', out);
}

/* A parameter knows no shape; those that use it do. */
static void write_parameter_shape(FILE *out, const struct graph *graph, OtoNode *node) {
    for (int i = 0; i < graph->count; i++)
        for (int k = 0; k < graph->places[i].node->count; k++)
            if (oto_node_before(graph->places[i].node, k) == node) {
                write_shape(out, &graph->places[i].node->inputs[k].tensor);
                return;
            }
}

static const char *name_of(const struct place *place) {
    if (oto_node_is_parameter(place->node)) return place->path ? place->path : "parameter";
    const char *name = oto_node_name(place->node);
    return !strncmp(name, "oto_", 4) ? name + 4 : name;
}

/* ---- as text ---- */

static void write_input(FILE *out, const struct graph *graph, OtoNode *node, int i, int before) {
    int from = place_of(graph, oto_node_before(node, i), before);
    if (from >= 0 && !oto_node_is_parameter(graph->places[from].node))
        fprintf(out, "#%d", from);
    else if (from >= 0)
        fprintf(out, "%s ", name_of(&graph->places[from]));
    if (from < 0 || oto_node_is_parameter(graph->places[from].node)) write_shape(out, input_of(node, i));
}

/* "#4 linear (batch 8, 10) from #3, 2.weight (10, 64), 2.bias (10)" */
static void write_graph_text(FILE *out, const struct graph *graph) {
    for (int at = 0; at < graph->count; at++) {
        OtoNode *node = graph->places[at].node;
        if (oto_node_is_parameter(node)) continue;
        fprintf(out, "#%d %s ", at, name_of(&graph->places[at]));
        write_shape(out, &node->output.tensor);
        const char *before = " from ";
        for (int i = 0; i < oto_node_inputs(node); i++) {
            if (!input_of(node, i)) continue;
            fputs(before, out);
            before = ", ";
            write_input(out, graph, node, i, at);
        }
        fputc('\n', out);
    }
}

/* ---- folded ---- */

/* A group that no layer named has its first operation's name, and is not found again. */
static int new_group(struct graph *graph, const char *path, size_t length) {
    struct group *group = &graph->groups[graph->group_count];
    *group = (struct group){.path = strndup(path, length)};
    if (!group->path) oto_refuse(graph->operation, "no memory for a graph");
    return graph->group_count++;
}

/* The group of the layer that a parameter belongs to. Of parts used again later (a recurrence), each use in a row
 * stays one box. */
static int group_of_layer(struct graph *graph, const char *path) {
    const char *end = strrchr(path, '.');
    size_t length = end ? (size_t)(end - path) : strlen(path);
    for (int i = 0; i < graph->group_count; i++)
        if (strlen(graph->groups[i].path) == length && !strncmp(graph->groups[i].path, path, length)) return i;
    return new_group(graph, path, length);
}

static int group_of(struct graph *graph, int at) {
    OtoNode *node = graph->places[at].node;
    int before = -1;
    for (int i = 0; i < oto_node_inputs(node); i++) {
        int from = place_of(graph, oto_node_before(node, i), at);
        if (from < 0) continue;
        if (graph->places[from].path) return group_of_layer(graph, graph->places[from].path);
        if (graph->places[from].group > before) before = graph->places[from].group;
    }
    const char *name = name_of(&graph->places[at]);
    return before >= 0 ? before : new_group(graph, name, strlen(name));
}

static void fold(struct graph *graph) {
    graph->groups = calloc((size_t)graph->count + 1, sizeof *graph->groups);
    if (!graph->groups) oto_refuse(graph->operation, "no memory for a graph");
    for (int at = 0; at < graph->count; at++) {
        if (oto_node_is_parameter(graph->places[at].node)) continue;
        int group = graph->places[at].group = group_of(graph, at);
        graph->groups[group].operations++;
        graph->groups[group].last = at;
    }
}

/* ---- as dot's language ---- */

static void write_escaped(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', out);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
}

static void write_node(FILE *out, const struct graph *graph, int at) {
    const struct place *place = &graph->places[at];
    bool parameter = oto_node_is_parameter(place->node);
    fprintf(out, "n%d [label=\"", at);
    write_escaped(out, name_of(place));
    fputs("\\n", out);
    if (parameter)
        write_parameter_shape(out, graph, place->node);
    else
        write_shape(out, &place->node->output.tensor);
    fprintf(out, "\"%s];\n", parameter ? " shape=box style=\"filled\" fillcolor=\"#fde9c8\" color=\"#e69f00\"" : "");
}

static void write_plain(FILE *out, const struct graph *graph) {
    int leaves = 0;
    for (int at = 0; at < graph->count; at++) {
        OtoNode *node = graph->places[at].node;
        write_node(out, graph, at);
        for (int i = 0; i < oto_node_inputs(node); i++) {
            if (!input_of(node, i)) continue;
            int from = place_of(graph, oto_node_before(node, i), at);
            if (from >= 0) {
                fprintf(out, "n%d -> n%d;\n", from, at);
                continue;
            }
            fprintf(out, "x%d [shape=plaintext style=\"\" label=\"", leaves);
            write_shape(out, input_of(node, i));
            fprintf(out, "\"];\nx%d -> n%d;\n", leaves++, at);
        }
    }
}

static void write_groups(FILE *out, const struct graph *graph) {
    for (int i = 0; i < graph->group_count; i++) {
        const struct group *group = &graph->groups[i];
        fprintf(out, "g%d [label=\"", i);
        write_escaped(out, group->path);
        fprintf(out, "\\n%d operation%s\\n", group->operations, group->operations == 1 ? "" : "s");
        write_shape(out, &graph->places[group->last].node->output.tensor);
        fputs("\"];\n", out);
    }
    fputs("edge [dir=forward];\n", out);
    for (int at = 0; at < graph->count; at++) {
        OtoNode *node = graph->places[at].node;
        for (int i = 0; i < oto_node_inputs(node); i++) {
            int from = place_of(graph, oto_node_before(node, i), at);
            if (from < 0 || graph->places[from].group < 0 || graph->places[from].group == graph->places[at].group)
                continue;
            fprintf(out, "g%d -> g%d;\n", graph->places[from].group, graph->places[at].group);
        }
    }
}

/* `strict` draws an arrow between two boxes once. */
static void write_dot(FILE *out, const struct graph *graph) {
    fputs("strict digraph {\nbgcolor=\"white\"; ranksep=0.3; nodesep=0.2;\n"
          "node [shape=box style=\"rounded,filled\" fillcolor=\"#dcebf7\" color=\"#0072b2\" fontname=\"DejaVu Sans\" "
          "fontsize=10 margin=\"0.1,0.04\" height=0.3];\nedge [color=\"#808080\" arrowsize=0.6];\n",
          out);
    if (graph->groups)
        write_groups(out, graph);
    else
        write_plain(out, graph);
    fputs("}\n", out);
}

static char *written(const struct graph *graph, void (*write)(FILE *out, const struct graph *graph)) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) oto_refuse(graph->operation, "no memory for a graph");
    write(out, graph);
    if (fclose(out)) oto_refuse(graph->operation, "no memory for a graph");
    return text;
}

/* The picture without what stands before <svg, or NULL. free() it. */
static char *svg_of(const char *dot, bool *missing) {
    static const char *const arguments[] = {"dot", "-Tsvg", NULL};
    struct oto_child child = oto_child(getenv("OTO_DOT"), arguments, dot, strlen(dot));
    *missing = child.missing;
    char *svg = child.out ? strstr((char *)child.out, "<svg") : NULL;
    char *picture = svg ? strdup(svg) : NULL;
    free(child.out);
    free(child.said);
    free(child.why);
    return picture;
}

char *oto_graph_text(OtoTensor *y, OtoLayer *net) {
    char *text = NULL;
    oto_scope text = written(graph_of("oto_graph_text", y, net), write_graph_text);
    return text;
}

static void count_operation(OtoNode *node, void *count) {
    *(int *)count += !oto_node_is_parameter(node);
}

void(oto_show_graph)(OtoTensor *y, OtoGraphOptions options) {
    static const char operation[] = "oto_show_graph";
    oto_check_range(operation, "most", options.most, 1, 10000);
    oto_scope {
        struct graph *graph = graph_of(operation, y, options.net);
        char *text = written(graph, write_graph_text);
        int operations = 0;
        oto_visit(y, count_operation, &operations);
        if (operations > options.most) fold(graph);
        bool missing = false;
        char *dot = written(graph, write_dot), *svg = oto_show_is_blind() ? NULL : svg_of(dot, &missing);
        free(dot);
        if (svg)
            oto_display_svg(svg, .text = text);
        else
            oto_display("text/plain", text);
        if (missing) fputs("oto_show_graph: for a picture, install dot: apt install graphviz\n", stderr);
        free(svg);
        free(text);
    }
}
