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
    const char *type; /* of the layer that it belongs to, or NULL */
    int group;        /* when folded; -1: none yet */
};

struct group {
    char *path;       /* "block.conv", or an operation's name where no parameter says more */
    const char *type; /* of the layer, or NULL */
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

static void name_parameter(const struct graph *graph, struct place *place) {
    for (int i = 0; i < graph->named.count; i++) {
        const OtoNamedTensor *named = &graph->named.items[i];
        if (oto_node_of(named->tensor) != place->node) continue;
        place->path = named->path;
        place->type = named->layer->type;
    }
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
        if (oto_node_is_parameter(graph->places[i].node)) name_parameter(graph, &graph->places[i]);
    return graph;
}

/* Inputs come before: the search begins there. */
static int place_of(const struct graph *graph, OtoNode *node, int before) {
    while (before-- > 0)
        if (graph->places[before].node == node) return before;
    return -1;
}

/* An input of an operation; NULL where there is none, or nothing in it. */
static OtoTensor *input_of(OtoNode *node, int i) {
    OtoTensor *input = &node->inputs[i].tensor;
    return input->size ? input : NULL;
}

static void write_shape(FILE *out, const OtoTensor *x) {
    fputc('(', out);
    for (int i = 0; i < x->rank; i++)
        fprintf(out, "%s%s%s%lld", i ? ", " : "", x->axes[i].name, *x->axes[i].name ? " " : "", (long long)x->shape[i]);
    fputc(')', out);
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
static int group_of_layer(struct graph *graph, const char *path, const char *type) {
    const char *end = strrchr(path, '.');
    size_t length = end ? (size_t)(end - path) : strlen(path);
    for (int i = 0; i < graph->group_count; i++)
        if (strlen(graph->groups[i].path) == length && !strncmp(graph->groups[i].path, path, length)) return i;
    int group = new_group(graph, path, length);
    graph->groups[group].type = type;
    return group;
}

static int group_of(struct graph *graph, int at) {
    OtoNode *node = graph->places[at].node;
    int before = -1;
    for (int i = 0; i < oto_node_inputs(node); i++) {
        int from = place_of(graph, oto_node_before(node, i), at);
        if (from < 0) continue;
        const struct place *parameter = &graph->places[from];
        if (parameter->path) return group_of_layer(graph, parameter->path, parameter->type);
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

/* Inside the box of an operation: a parameter, or what no gradient flows through, with its shape. */
static void write_line(FILE *out, const char *colour, const char *name, const OtoTensor *x) {
    fprintf(out, "<br/><font point-size=\"9\" color=\"%s\">", colour);
    oto_html_write(out, name);
    write_shape(out, x);
    fputs("</font>", out);
}

/* The box of an operation, and the arrows that lead to it. Where x comes in, nothing stands before: it is shown by
 * itself. */
static void write_operation(FILE *out, const struct graph *graph, int at) {
    OtoNode *node = graph->places[at].node;
    bool first = true; /* nothing that was computed leads here */
    for (int i = 0; i < oto_node_inputs(node); i++) {
        int from = place_of(graph, oto_node_before(node, i), at);
        if (from < 0 || oto_node_is_parameter(graph->places[from].node)) continue;
        fprintf(out, "n%d -> n%d;\n", from, at);
        first = false;
    }
    fprintf(out, "n%d [label=<", at);
    oto_html_write(out, name_of(&graph->places[at]));
    fputs("<br/>", out);
    write_shape(out, &node->output.tensor);
    OtoTensor *leaf = NULL;
    for (int i = 0; i < oto_node_inputs(node); i++) {
        int from = place_of(graph, oto_node_before(node, i), at);
        if (!input_of(node, i) || (from >= 0 && !oto_node_is_parameter(graph->places[from].node))) continue;
        if (from >= 0) {
            char *name;
            if (asprintf(&name, "%s ", name_of(&graph->places[from])) < 0)
                oto_refuse(graph->operation, "no memory for a graph");
            write_line(out, "#a35200", name, input_of(node, i));
            free(name);
        } else if (first && !leaf) {
            leaf = input_of(node, i);
        } else {
            write_line(out, "#666666", "", input_of(node, i));
        }
    }
    fputs(">];\n", out);
    if (!leaf) return;
    fprintf(out, "x%d [shape=plaintext style=\"\" label=\"", at);
    write_shape(out, leaf);
    fprintf(out, "\"];\nx%d -> n%d;\n", at, at);
}

static void write_plain(FILE *out, const struct graph *graph) {
    for (int at = 0; at < graph->count; at++)
        if (!oto_node_is_parameter(graph->places[at].node)) write_operation(out, graph, at);
}

static void write_groups(FILE *out, const struct graph *graph) {
    for (int i = 0; i < graph->group_count; i++) {
        const struct group *group = &graph->groups[i];
        fprintf(out, "g%d [label=<", i);
        oto_html_write(out, group->path);
        fprintf(out, "%s%s<br/>%d operation%s<br/>", group->type ? " " : "", group->type ? group->type : "",
                group->operations, group->operations == 1 ? "" : "s");
        write_shape(out, &graph->places[group->last].node->output.tensor);
        fputs(">];\n", out);
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
          "fontsize=10 margin=\"0.15,0.05\" height=0.3];\nedge [color=\"#808080\" arrowsize=0.6];\n",
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
