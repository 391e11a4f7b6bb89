/* recurrence: what RNN, GRU and LSTM have in common. Each is a cell, a rule for one time step of one sequence; this
 * runs it over all steps of a batch, in one direction or both, and carries the gradients back. For the library's own
 * files.
 *
 * What x contributes to the gates does not depend on the step before, so it is one product for all steps at once:
 *
 *     gates (batch, time, gate * hidden) = x (batch, time, features) W_ih^T
 *
 * What h contributes does, and goes step by step: recurrent = h_(t-1) W_hh^T. The batch is cut into pieces of a few
 * sequences; a piece runs through all its time steps on one thread, with W_hh packed for its product. Backward is the
 * same in the other order, and leaves the gradients of all gates; those of the weights are one product over all steps
 * then.
 */
#ifndef OTO_NN_RECURRENCE_H
#define OTO_NN_RECURRENCE_H

#include "lib/tensor/graph.h"

/* One time step of one sequence. Arrays are (hidden) or (gate, hidden). */
struct step {
    int64_t hidden;
    float *gates;           /* what x contributes, without bias; becomes the values of the gates */
    const float *recurrent; /* what h contributes, without bias */
    const float *bias;      /* of x, then of h */
    float *kept;            /* what backward needs beside the gates: the LSTM's c_t */
    float *h, *c;           /* before the step; become those after it */
};

/* The same, backwards. */
struct step_back {
    int64_t hidden;
    const float *gates, *kept;
    const float *kept_before, *h_before; /* of the step before */
    float *dh, *dc;    /* gradient of h_t, c_t; becomes the part of that of h_(t-1), c_(t-1) which does
                          not go through W_hh */
    float *dgates;     /* becomes the gradient of the gates before their nonlinearity */
    float *drecurrent; /* the same of `recurrent`, where the cell has `apart` */
};

struct recurrent_cell {
    const OtoOperation *operation;
    int gates;
    bool apart; /* the gradient of what h contributes is another one than that of what x contributes */
    void (*forward)(const struct step *step);
    void (*backward)(const struct step_back *step);
};

extern const struct recurrent_cell oto_lstm_cell, oto_gru_cell, oto_rnn_tanh_cell, oto_rnn_relu_cell;

/* What a layer of recurrent.h is. */
struct oto_recurrent_settings {
    const struct recurrent_cell *cell;
    int64_t features, hidden;
    int layers, directions;
    double dropout; /* between layers */
    bool bias, has_c;
};

/* Of one direction. b_ih, b_hh, h0 and c0 may be NULL (zeros). */
struct recurrent_weights {
    OtoTensor *w_ih, *w_hh; /* (gate * hidden, features), (gate * hidden, hidden) */
    OtoTensor *b_ih, *b_hh; /* (gate * hidden) */
    OtoTensor *h0, *c0;     /* (batch, hidden) */
};

/* x (batch, time, features) through a layer of 1 or 2 directions: (batch, time, directions * hidden). With final_cell
 * there is one row more in time, behind the last: c after the last step of each direction. */
OtoTensor *oto_recurrent_layer(const struct recurrent_cell *cell, OtoTensor *x, int directions,
                               const struct recurrent_weights weights[], bool final_cell);
/* Refuses weights, states and an x that do not fit together. */
void oto_recurrence_check(const struct recurrent_cell *cell, OtoTensor *x, int directions,
                          const struct recurrent_weights weights[]);
/* The backward of a cell's operation. */
void oto_recurrent_backward(const struct recurrent_cell *cell, OtoNode *node, OtoTensor *gradient);

#endif
