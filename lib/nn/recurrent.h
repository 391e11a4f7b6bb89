/* recurrent: layers that go through a sequence step by step and remember in h (the LSTM also in c) what came before.
 *
 *     OtoLayer *lstm = oto_nn_lstm(128, 64, .num_layers = 2, .bidirectional = true);
 *     OtoTensor *y = oto_apply(lstm, x);                (batch, time, 128) -> (batch, time, 2 * 64)
 *
 *     OtoState state = {};                              zeros before the first step
 *     y = oto_apply_state(lstm, x, &state);             state.h, state.c: after the last step
 *     y = oto_apply_state(lstm, next, &state);          goes on from there
 *
 * Sequences are always (batch, time, features), PyTorch's batch_first = True. The result holds h of every step of the
 * last layer; with both directions, those of the way back stand behind those of the way forward. Formulas: rnn.c,
 * gru.c, lstm.c.
 */
#ifndef OTO_NN_RECURRENT_H
#define OTO_NN_RECURRENT_H

#include "layer.h"

typedef struct OtoRecurrentOptions {
    int num_layers; /* each goes through what the one before it has made */
    bool bidirectional;
    bool no_bias;
    bool relu;      /* oto_nn_rnn: instead of tanh */
    double dropout; /* in training, the share of numbers set to 0 on their way from one layer to the next */
} OtoRecurrentOptions;
#define OTO_RECURRENT_OPTIONS(...)                                                                                     \
    OTO_OPTIONS(OtoRecurrentOptions, (.num_layers = 1, .bidirectional = false, .no_bias = false, .relu = false),       \
                __VA_ARGS__)

/* features: of x at each step; hidden: numbers in h. As torch.nn.LSTM, GRU and RNN, with their names of parameters
 * (weight_ih_l0, ..., bias_hh_l1_reverse) and first values (uniform within 1 / sqrt hidden). */
OtoLayer *oto_nn_lstm(int64_t features, int64_t hidden, OtoRecurrentOptions options);
#define oto_nn_lstm(features, hidden, ...) oto_nn_lstm(features, hidden, OTO_RECURRENT_OPTIONS(__VA_ARGS__))
OtoLayer *oto_nn_gru(int64_t features, int64_t hidden, OtoRecurrentOptions options);
#define oto_nn_gru(features, hidden, ...) oto_nn_gru(features, hidden, OTO_RECURRENT_OPTIONS(__VA_ARGS__))
OtoLayer *oto_nn_rnn(int64_t features, int64_t hidden, OtoRecurrentOptions options);
#define oto_nn_rnn(features, hidden, ...) oto_nn_rnn(features, hidden, OTO_RECURRENT_OPTIONS(__VA_ARGS__))

/* What a recurrent layer remembers: (layers * directions, batch, hidden) each; NULL stands for zeros. c: LSTM only. */
typedef struct OtoState {
    OtoTensor *h, *c;
} OtoState;
/* x through a recurrent layer that starts from *state, which becomes the state after the last step. Gradients flow
 * through states too; oto_detach cuts them off. */
OtoTensor *oto_apply_state(OtoLayer *layer, OtoTensor *x, OtoState *state);

/* A single step, for loops of one's own: x (batch, features), state.h and .c (batch, hidden) or NULL. Returns the new
 * h. As torch.nn.LSTMCell, GRUCell, RNNCell; the layer is one of oto_nn_lstm(...) with one layer and direction. */
OtoTensor *oto_apply_cell(OtoLayer *layer, OtoTensor *x, OtoState *state);

#endif
