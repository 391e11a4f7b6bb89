/* graph_picture: how a loss came about, as a picture: operations from the top to the loss at the bottom, with the
 * shapes of what flows between them; in the box of an operation stand its parameters, and what else it used.
 *
 *     oto_show_graph(loss, .net = net);
 *
 * Needs dot (Debian package graphviz); without it the graph is shown as text, one operation a line.
 */
#ifndef OTO_NN_GRAPH_PICTURE_H
#define OTO_NN_GRAPH_PICTURE_H

#include "layer.h"

/* y is a loss, or anything that a gradient flows through. net gives parameters their paths ("0.weight"). A graph of
 * more than `most` operations is folded: what belongs to one layer, as its parameters tell, becomes one box with the
 * number of its operations; operations without parameters stand with those before them. */
typedef struct OtoGraphOptions {
    OtoLayer *net;
    int most;
} OtoGraphOptions;
void oto_show_graph(OtoTensor *y, OtoGraphOptions options);
#define oto_show_graph(y, ...) oto_show_graph(y, OTO_OPTIONS(OtoGraphOptions, (.net = NULL, .most = 40), __VA_ARGS__))

/* The same as text, never folded; net may be NULL. free() it. */
char *oto_graph_text(OtoTensor *y, OtoLayer *net);

#endif
