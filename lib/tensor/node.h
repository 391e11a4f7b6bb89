/* node: what graph.h writes down. For graph.c, backward.c, and the tensor that lets go of its node. */
#ifndef OTO_NODE_H
#define OTO_NODE_H

#include "graph.h"

#include <stdatomic.h>

/* What a node keeps of an input or of its output: a tensor that is no value of the library, so nobody else can see or
 * free it; data is NULL, or held. */
struct kept {
    OtoTensor tensor; /* tensor.node: the node that made it, held; NULL in what is kept of the output */
    unsigned version;
};

struct OtoNode {
    const OtoOperation *operation; /* NULL: a parameter */
    atomic_int holders;            /* the tensors and nodes that refer to it */
    uint64_t serial;               /* later nodes have larger ones: an order in which they can be walked */
    bool own;                      /* operation is the node's: of oto_op */
    void *settings;
    OtoTensor gradient; /* data is NULL, or held; gradient.node when it can be differentiated again */
    bool wanted;        /* in the walk that goes on */
    bool walked;        /* a loss: oto_backward has been here */
    bool used;          /* a parameter: an optimizer has changed it by this gradient */
    bool asked;         /* oto_grad has been asked for the slope here */
    uint64_t visit;     /* the last walk that came here */
    OtoNode *next;      /* of those to let go */
    struct kept output;
    int count;
    struct kept inputs[]; /* count */
};

void oto_node_release(OtoNode *node);
static inline OtoNode *oto_node_hold(OtoNode *node) {
    if (node) atomic_fetch_add(&node->holders, 1);
    return node;
}

/* A tensor without anything, to be filled. */
OtoTensor *oto_tensor_bare(void);
/* A view of kept numbers as a value in the innermost scope, holding buffer and node. */
OtoTensor *oto_view_of(const OtoTensor *kept, OtoNode *node);
/* Lets go of what a tensor that is no value holds. */
void oto_let_go(OtoTensor *kept);

#endif
