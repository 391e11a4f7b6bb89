/* hmm: hidden Markov models: the sequence of states behind observations. */
#ifndef OTO_HMM_H
#define OTO_HMM_H

#include "../tensor/arithmetic.h"
#include "../tensor/tensor.h"
#include "window.h"

/* Transition matrices (from n, to n), rows sum to 1: A[i, j] is the probability that state j follows state i.
 * uniform: 1 / n everywhere. loop: prob to stay, the rest spread over all others. cycle: prob to stay, the rest to the
 * next state, from the last to the first. As librosa.sequence.transition_uniform, _loop and _cycle 0.11. */
OtoTensor *oto_transition_uniform(int64_t n_states);
/* prob: one number for all states, or a tensor with one for each. Refuses numbers outside [0, 1]. */
#define oto_transition_loop(n_states, prob)                                                                            \
    OTO_WITH_TENSOR_OR_NUMBER(prob, oto_transition_loop_each, oto_transition_loop_all)(n_states, prob)
OtoTensor *oto_transition_loop_all(int64_t n_states, double prob);
OtoTensor *oto_transition_loop_each(int64_t n_states, OtoTensor *prob);
#define oto_transition_cycle(n_states, prob)                                                                           \
    OTO_WITH_TENSOR_OR_NUMBER(prob, oto_transition_cycle_each, oto_transition_cycle_all)(n_states, prob)
OtoTensor *oto_transition_cycle_all(int64_t n_states, double prob);
OtoTensor *oto_transition_cycle_each(int64_t n_states, OtoTensor *prob);
/* Only to states near by: row i is a window of width states around i.
 *     .window OTO_TRIANGULAR  .wrap false (true: the last state is beside the first)
 *     .widths NULL, or one width for each state, instead of width
 * As librosa.sequence.transition_local 0.11. */
typedef struct OtoTransitionLocal {
    OtoWindow window;
    bool wrap;
    OtoTensor *widths;
} OtoTransitionLocal;
OtoTensor *oto_transition_local(int64_t n_states, int64_t width, OtoTransitionLocal options);
#define oto_transition_local(n_states, width, ...)                                                                     \
    oto_transition_local(n_states, width, OTO_OPTIONS(OtoTransitionLocal, (.window = OTO_TRIANGULAR), __VA_ARGS__))

/* The most likely sequence of states, int64 (time) or (channels, time), given
 *     prob (state, time) or (channels, state, time)   p(observation at t | state), within [0, 1]
 *     transition (from, to)                           rows sum to 1
 *     .p_init NULL (equal), or (state), sums to 1     the first state
 *     .logp NULL, or where the logarithm of its probability is written to, one number for each channel
 * States that are equally likely: the first. Probabilities of 0 count as 1.2e-38. As librosa.sequence.viterbi 0.11
 * (Rabiner, Proc. IEEE 77, 1989). Where most transitions are 0, it takes as many steps as there are others. */
typedef struct OtoViterbi {
    OtoTensor *p_init, *p_state;
    double *logp;
} OtoViterbi;
OtoTensor *oto_viterbi(OtoTensor *prob, OtoTensor *transition, OtoViterbi options);
#define oto_viterbi(prob, transition, ...)                                                                             \
    oto_viterbi(prob, transition, OTO_OPTIONS(OtoViterbi, (.logp = NULL), __VA_ARGS__))
/* The same from a classifier: prob is p(state | observation at t), columns sum to 1, which Bayes' rule divides by
 * .p_state NULL (equal), or (state): how common each state is. As librosa.sequence.viterbi_discriminative 0.11. */
OtoTensor *oto_viterbi_discriminative(OtoTensor *prob, OtoTensor *transition, OtoViterbi options);
#define oto_viterbi_discriminative(prob, transition, ...)                                                              \
    oto_viterbi_discriminative(prob, transition, OTO_OPTIONS(OtoViterbi, (.logp = NULL), __VA_ARGS__))
/* Several labels that are each on or off on their own: prob (label, time) is p(label on | observation). Gives int64
 * (label, time), 0 or 1. transition is (2, 2) for all labels, or (label, 2, 2); .p_state and .p_init (label) are the
 * probabilities of on, NULL: 0.5; .logp gets one number for each label. As librosa.sequence.viterbi_binary 0.11. */
OtoTensor *oto_viterbi_binary(OtoTensor *prob, OtoTensor *transition, OtoViterbi options);
#define oto_viterbi_binary(prob, transition, ...)                                                                      \
    oto_viterbi_binary(prob, transition, OTO_OPTIONS(OtoViterbi, (.logp = NULL), __VA_ARGS__))

/* p(state at t | all observations), (state, time), columns sum to 1: with
 *     alpha[t, j] = prob[j, t] sum_i alpha[t - 1, i] A[i, j],  beta[t, i] = sum_j A[i, j] prob[j, t + 1] beta[t + 1, j]
 * it is alpha beta, normalised. prob, transition and .p_init as oto_viterbi.
 *     .log_likelihood NULL, or where log p(all observations) is written to
 *     .transitions NULL, or where expected numbers of transitions are written to, a new tensor (from, to): what
 *                       Baum and Welch estimate A from
 * Refuses observations that are impossible. (Rabiner, Proc. IEEE 77, 1989, III.B, scaled as in V.A.) */
typedef struct OtoForwardBackward {
    OtoTensor *p_init;
    double *log_likelihood;
    OtoTensor **transitions;
} OtoForwardBackward;
OtoTensor *oto_forward_backward(OtoTensor *prob, OtoTensor *transition, OtoForwardBackward options);
#define oto_forward_backward(prob, transition, ...)                                                                    \
    oto_forward_backward(prob, transition, OTO_OPTIONS(OtoForwardBackward, (.p_init = NULL), __VA_ARGS__))

/* ---- for the library's own files ---- */

/* Refuses unless x has numbers within [0, 1], and its last axis (by_column: its last but one) sums to 1. */
void oto_need_probabilities(const char *operation, const char *argument, OtoTensor *x);
void oto_need_distribution(const char *operation, const char *argument, OtoTensor *x, bool by_column);

#endif
