"""Distances, time warping, recurrence, lag, path enhancement: what SciPy and librosa compute, for test_recurrence.c."""

import librosa
import numpy as np
import scipy.ndimage
import scipy.spatial.distance

from golden import Golden, noise

raw = noise(2000)


def walk(features, count, offset):
    """Features that drift, so that neighbours are alike."""
    steps = raw[offset:offset + features * count].reshape(features, count)
    x = np.cumsum(steps, axis=1)
    return np.array([[float(f"{v:.8g}") for v in row] for row in x], np.float32)


X, Y = walk(4, 60, 0), walk(4, 75, 500)
long = walk(3, 120, 900)
repeated = np.concatenate([long[:, :60], long[:, :60] + walk(3, 60, 300) * 0.02], axis=1).astype(np.float32)
repeated = np.array([[float(f"{v:.8g}") for v in row] for row in repeated], np.float32)
whole = np.round(X[:2, :40]).astype(np.float32)  # many exact ties
whole2 = np.round(Y[:2, :50]).astype(np.float32)
metrics = ("euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "correlation")

with Golden("dtw") as g:
    for name, x in (("X", X), ("Y", Y), ("long", long), ("repeated", repeated), ("whole", whole), ("whole2", whole2)):
        g.input(name, x)

    for metric in metrics:
        g.write("oto_cdist", metric, f"scipy.spatial.distance.cdist(X.T, Y.T, '{metric}')",
                scipy.spatial.distance.cdist(X.T.astype(float), Y.T.astype(float), metric), (7, 5))

    def write_dtw(case, call, *args, **options):
        D, path = librosa.sequence.dtw(*args, **options)
        g.write("oto_dtw", f"{case}: cost", call, D, (7, 5))
        g.write("oto_dtw", f"{case}: path", call, path)

    for metric in metrics:
        write_dtw(metric, f"librosa.sequence.dtw(X, Y, metric='{metric}')", X, Y, metric=metric)
    write_dtw("ties", "librosa.sequence.dtw(X, Y)", whole, whole2)
    write_dtw("band", "librosa.sequence.dtw(X, Y, global_constraints=True, band_rad=0.2)", X, Y, global_constraints=True, band_rad=0.2)
    write_dtw("band, longer first", "librosa.sequence.dtw(Y, X, global_constraints=True, band_rad=0.1)", Y, X, global_constraints=True, band_rad=0.1)
    write_dtw("part", "librosa.sequence.dtw(X[:, 10:25], Y, subseq=True)", X[:, 10:25], Y, subseq=True)
    write_dtw("part, longer first", "librosa.sequence.dtw(Y, X[:, 10:25], subseq=True)", Y, X[:, 10:25], subseq=True)
    steps = np.array([[1, 1], [1, 2], [2, 1]])
    write_dtw("steps", "librosa.sequence.dtw(X, Y, step_sizes_sigma=[[1, 1], [1, 2], [2, 1]])", X, Y, step_sizes_sigma=steps)
    write_dtw("weighted steps",
              "librosa.sequence.dtw(X, Y, step_sizes_sigma=[[1, 1], [0, 1], [1, 0]], weights_mul=[2, 1, 1], weights_add=[0, 0.5, 1])",
              X, Y, step_sizes_sigma=np.array([[1, 1], [0, 1], [1, 0]]), weights_mul=np.array([2.0, 1, 1]),
              weights_add=np.array([0.0, 0.5, 1]))
    write_dtw("weights", "librosa.sequence.dtw(X, Y, weights_mul=[1, 1.5, 1.5])", X, Y, weights_mul=np.array([1.0, 1.5, 1.5]),
              weights_add=np.zeros(3))
    write_dtw("part, steps", "librosa.sequence.dtw(X[:, 10:25], Y, subseq=True, step_sizes_sigma=[[1, 1], [1, 2], [2, 1]])",
              X[:, 10:25], Y, subseq=True, step_sizes_sigma=steps)
    C = np.abs(long[:, :40]).T @ np.abs(long[:, 60:110])
    C = np.array([[float(f"{v:.8g}") for v in row] for row in C], np.float32)
    g.input("C", C)
    write_dtw("costs", "librosa.sequence.dtw(C=C)", C=C.astype(float))
    write_dtw("costs, part", "librosa.sequence.dtw(C=C, subseq=True)", C=C.astype(float), subseq=True)

    recurrence = librosa.segment.recurrence_matrix

    def write_recurrence(case, **options):
        call = ", ".join(f"{name}={value!r}" for name, value in options.items())
        g.write("oto_recurrence_matrix", case, f"librosa.segment.recurrence_matrix(data, {call})",
                recurrence(repeated, **options), (23, 1))

    def links(**options):
        """librosa's connectivity keeps links in the order of frames; its other modes keep the nearest."""
        return recurrence(repeated, mode="distance", **options) > 0

    g.write("oto_recurrence_matrix", "links", "librosa.segment.recurrence_matrix(data, mode='distance') > 0", links(), (11, 1))
    g.write("oto_recurrence_matrix", "links, width 5, k 7, sym",
            "librosa.segment.recurrence_matrix(data, k=7, width=5, sym=True, mode='distance') > 0", links(k=7, width=5, sym=True), (11, 1))
    g.write("oto_recurrence_matrix", "links, self", "librosa.segment.recurrence_matrix(data, k=200, self=True)",
            recurrence(repeated, k=200, self=True), (11, 1))
    write_recurrence("distance", mode="distance")
    write_recurrence("distance, full", mode="distance", full=True)
    write_recurrence("distance, cityblock, sym", mode="distance", metric="cityblock", sym=True, k=10)
    write_recurrence("distance, cosine", mode="distance", metric="cosine", k=10, width=3)
    write_recurrence("affinity", mode="affinity")
    write_recurrence("affinity, self, sym, width 3", mode="affinity", self=True, sym=True, width=3)
    write_recurrence("affinity, bandwidth 2", mode="affinity", bandwidth=2.0)
    for bandwidth in ("mean_k", "gmean_k", "mean_k_avg", "gmean_k_avg", "mean_k_avg_and_pair"):
        write_recurrence(f"affinity, {bandwidth}", mode="affinity", bandwidth=bandwidth, k=9)
    write_recurrence("affinity, full", mode="affinity", full=True, k=5)

    cross = librosa.segment.cross_similarity
    for mode in ("connectivity", "distance", "affinity"):
        g.write("oto_cross_similarity", mode, f"librosa.segment.cross_similarity(X, Y, mode='{mode}')", cross(X, Y, mode=mode), (11, 1))
    g.write("oto_cross_similarity", "k 5, cosine", "librosa.segment.cross_similarity(X, Y, k=5, metric='cosine', mode='distance')",
            cross(X, Y, k=5, metric="cosine", mode="distance"), (11, 1))
    g.write("oto_cross_similarity", "full", "librosa.segment.cross_similarity(Y, X, full=True, mode='affinity')",
            cross(Y, X, full=True, mode="affinity"), (11, 1))
    unit = repeated / np.linalg.norm(repeated, axis=0)
    g.write("oto_self_similarity", "cosine", "numpy: unit.T @ unit", unit.T @ unit, (7, 5))

    R = C[:40, :40].copy()
    to_lag, from_lag = librosa.segment.recurrence_to_lag, librosa.segment.lag_to_recurrence
    g.write("oto_recurrence_to_lag", "padded", "librosa.segment.recurrence_to_lag(R)", to_lag(R), (11, 1))
    g.write("oto_recurrence_to_lag", "not padded", "librosa.segment.recurrence_to_lag(R, pad=False)", to_lag(R, pad=False), (11, 1))
    g.write("oto_recurrence_to_lag", "axis 0", "librosa.segment.recurrence_to_lag(R, axis=0)", to_lag(R, axis=0), (11, 1))
    g.write("oto_lag_to_recurrence", "square", "librosa.segment.lag_to_recurrence(R)", from_lag(R), (11, 1))
    g.write("oto_lag_to_recurrence", "axis 0", "librosa.segment.lag_to_recurrence(lag, axis=0)", from_lag(to_lag(R, axis=0), axis=0), (11, 1))
    halve = librosa.segment.timelag_filter(lambda x: np.sqrt(np.abs(x)))
    g.write("oto_timelag_filter", "square root", "librosa.segment.timelag_filter(np.sqrt)(R)", halve(R), (11, 1))

    diagonal = librosa.filters.diagonal_filter
    for n, slope, zero_mean in ((9, 1, False), (9, 2, False), (16, 0.6, True), (5, 1.3, False), (8, 1, True)):
        g.write("oto_diagonal_filter", f"{n} frames, slope {slope}, {'zero mean' if zero_mean else 'sum 1'}",
                f"librosa.filters.diagonal_filter('hann', {n}, slope={slope}, zero_mean={zero_mean})",
                diagonal("hann", n, slope=slope, zero_mean=zero_mean))
    enhance = librosa.segment.path_enhance
    A = recurrence(repeated, mode="affinity", k=10).astype(np.float32)
    g.write("oto_path_enhance", "defaults", "librosa.segment.path_enhance(R, 15)", enhance(A, 15), (11, 13))
    g.write("oto_path_enhance", "zero mean, not clipped",
            "librosa.segment.path_enhance(R, 8, zero_mean=True, clip=False, max_ratio=1.5, n_filters=4)",
            enhance(A, 8, zero_mean=True, clip=False, max_ratio=1.5, n_filters=4), (11, 13))
    g.write("oto_path_enhance", "larger than the matrix", "librosa.segment.path_enhance(R, 61, max_ratio=1, n_filters=1)",
            enhance(R, 61, max_ratio=1, n_filters=1), (11, 13))

    def write_rqa(case, call, sim, **options):
        score, path = librosa.sequence.rqa(sim, **options)
        g.write("oto_rqa", f"{case}: score", call, score, (11, 7))
        g.write("oto_rqa", f"{case}: path", call, path)

    binary = (cross(Y, X) > 0).astype(np.float32)
    write_rqa("links", "librosa.sequence.rqa(sim)", binary)
    write_rqa("links, no knight moves", "librosa.sequence.rqa(sim, knight_moves=False)", binary, knight_moves=False)
    affinity = cross(Y, X, mode="affinity").astype(np.float32)
    write_rqa("affinity, wide gaps", "librosa.sequence.rqa(sim, gap_onset=0.1, gap_extend=0.05)", affinity, gap_onset=0.1, gap_extend=0.05)
