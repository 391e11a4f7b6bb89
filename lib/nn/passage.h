/* passage: what each layer of a net gets and gives while x goes through once. For the library's own files. */
#ifndef OTO_NN_PASSAGE_H
#define OTO_NN_PASSAGE_H

#include "layer.h"

/* The shape of a tensor that need not be there any more. */
struct oto_form {
    OtoType type;
    int rank;
    int64_t shape[OTO_RANK_MAX];
};

struct oto_stop {
    OtoLayer *layer;
    int depth;            /* 0: the net itself */
    int calls;            /* how often x came through; what follows is of the last time, or of all */
    struct oto_form x, y; /* last */
    char *result;         /* last: "(batch 16, 10)"; NULL: never */
    int64_t operations;   /* all: floating point operations, as its type counts them */
    int64_t bytes;        /* all: of the results */
};

/* Called for each result while it is there, parts before wholes. */
typedef void oto_look(OtoLayer *layer, OtoTensor *x, OtoTensor *y, void *context);

struct oto_passage {
    int count;
    struct oto_stop *stops;   /* wholes before their parts */
    OtoEvaluating evaluating; /* while x is on its way */
    oto_look *look;           /* NULL: nobody looks */
    void *context;
};

/* x goes through in evaluation mode and without gradients. Lives until the innermost scope ends. */
struct oto_passage *oto_pass(const char *operation, OtoLayer *net, OtoTensor *x);
struct oto_passage *oto_pass_watched(const char *operation, OtoLayer *net, OtoTensor *x, oto_look *look, void *context);
const struct oto_stop *oto_stop_of(const struct oto_passage *passage, OtoLayer *layer);

#endif
