"""Hidden Markov models: what librosa computes, and forward-backward by its definition in NumPy, for test_hmm.c."""

import librosa
import numpy as np

from golden import Golden, noise

raw = (noise(9000) + 1) / 2


def rounded(array):
    return np.array([float(f"{v:.8g}") for v in array.ravel()]).reshape(array.shape).astype(np.float32)


def columns(states, frames, offset):
    """Columns that sum to 1, with one state clearly likelier for a while."""
    x = raw[offset : offset + states * frames].reshape(states, frames) + 0.05
    x[np.arange(frames) // 9 % states, np.arange(frames)] += 1.2
    return rounded(x / x.sum(axis=0))


sequence = librosa.sequence
prob = columns(6, 80, 0)
many = columns(40, 60, 600)
dense = rounded(raw[4000:4036].reshape(6, 6) + 0.01)
dense = rounded(dense / dense.sum(axis=1, keepdims=True))
each = rounded(np.array([0.5, 0.9, 0.2, 0.0, 1.0]))
p6 = rounded(np.array([0.1, 0.3, 0.05, 0.25, 0.2, 0.1]))
flat = np.full((6, 30), 0.25, np.float32)

with Golden("hmm") as g:
    for name, x in (("prob", prob), ("many", many), ("dense", dense), ("each", each), ("p6", p6)):
        g.input(name, x)
    g.write("oto_transition_uniform", "5", "librosa.sequence.transition_uniform(5)", sequence.transition_uniform(5))
    g.write("oto_transition_loop", "one", "librosa.sequence.transition_loop(5, 0.7)", sequence.transition_loop(5, 0.7))
    g.write("oto_transition_loop", "each", "librosa.sequence.transition_loop(5, probs)", sequence.transition_loop(5, each))
    g.write("oto_transition_cycle", "one", "librosa.sequence.transition_cycle(5, 0.7)", sequence.transition_cycle(5, 0.7))
    g.write("oto_transition_cycle", "each", "librosa.sequence.transition_cycle(5, probs)", sequence.transition_cycle(5, each))
    local = sequence.transition_local
    for case, call, A in (
        ("odd width", "librosa.sequence.transition_local(12, 5)", local(12, 5)),
        ("even width, wrapped", "librosa.sequence.transition_local(12, 4, wrap=True)", local(12, 4, wrap=True)),
        ("even width", "librosa.sequence.transition_local(11, 6)", local(11, 6)),
        ("ones", "librosa.sequence.transition_local(12, 7, window='ones')", local(12, 7, window="ones", wrap=True)),
        ("each", "librosa.sequence.transition_local(5, [1, 2, 3, 3, 5])", local(5, [1, 2, 3, 3, 5])),
    ):
        g.write("oto_transition_local", case, call, A)

    def write(function, case, call, result):
        states, logp = result
        g.write(function, case, call, states)
        g.write(function, f"{case}: logp", call, np.atleast_1d(logp))

    loop6, local40 = sequence.transition_loop(6, 0.8), local(40, 5)
    viterbi, discriminative, binary = sequence.viterbi, sequence.viterbi_discriminative, sequence.viterbi_binary
    write("oto_viterbi", "loop", "librosa.sequence.viterbi(prob, transition)", viterbi(prob, loop6, return_logp=True))
    write("oto_viterbi", "dense, p_init", "librosa.sequence.viterbi(prob, transition, p_init=p)",
          viterbi(prob, dense.astype(float), p_init=p6.astype(float), return_logp=True))
    write("oto_viterbi", "local, most transitions impossible", "librosa.sequence.viterbi(prob, transition)",
          viterbi(many, local40, return_logp=True))
    write("oto_viterbi", "cycle", "librosa.sequence.viterbi(prob, transition)",
          viterbi(prob, sequence.transition_cycle(6, 0.8), return_logp=True))
    write("oto_viterbi", "all alike", "librosa.sequence.viterbi(prob, transition)", viterbi(flat, loop6, return_logp=True))
    both = np.stack([prob, prob[::-1]])
    write("oto_viterbi", "two channels", "librosa.sequence.viterbi(prob, transition)", viterbi(both, loop6, return_logp=True))
    write("oto_viterbi_discriminative", "loop", "librosa.sequence.viterbi_discriminative(prob, transition)",
          discriminative(prob, loop6, return_logp=True))
    write("oto_viterbi_discriminative", "p_state, p_init",
          "librosa.sequence.viterbi_discriminative(prob, transition, p_state=p, p_init=q)",
          discriminative(prob, dense.astype(float), p_state=p6.astype(float), p_init=p6[::-1].astype(float), return_logp=True))
    loop2 = sequence.transition_loop(2, [0.7, 0.9])
    write("oto_viterbi_binary", "one transition", "librosa.sequence.viterbi_binary(prob, transition)",
          binary(prob * 0.8, loop2, return_logp=True))
    write("oto_viterbi_binary", "one transition each, p_state, p_init",
          "librosa.sequence.viterbi_binary(prob, transition, p_state=p, p_init=q)",
          binary(prob, np.stack([sequence.transition_loop(2, 0.5 + 0.07 * i) for i in range(6)]), p_state=p6.astype(float),
                 p_init=p6[::-1].astype(float), return_logp=True))

    A, b = dense.astype(float), prob.astype(float)
    frames = b.shape[1]
    alpha, beta = np.zeros((frames, 6)), np.ones((frames, 6))
    alpha[0] = p6 * b[:, 0]
    for t in range(1, frames):
        alpha[t] = (alpha[t - 1] @ A) * b[:, t]
    for t in range(frames - 2, -1, -1):
        beta[t] = A @ (b[:, t + 1] * beta[t + 1])
    total = alpha[-1].sum()
    call = "numpy: alpha * beta / p(observations)"
    g.write("oto_forward_backward", "posterior", call, (alpha * beta / total).T)
    g.write("oto_forward_backward", "log likelihood", call, np.log(total))
    xi = sum(alpha[t][:, None] * A * (b[:, t + 1] * beta[t + 1])[None] / total for t in range(frames - 1))
    g.write("oto_forward_backward", "transitions", call, xi)
