"""Novelty, agglomerative and Laplacian segmentation: what librosa, scikit-learn and SciPy compute, for
test_segmentation.c."""

import librosa
import numpy as np
import scipy.linalg
import scipy.ndimage
import scipy.sparse.csgraph

from golden import Golden, noise

raw = noise(6000)


def rounded(array):
    return np.array([float(f"{v:.8g}") for v in array.ravel()]).reshape(array.shape).astype(np.float32)


# A piece in the form A B A C: four numbers a frame.
places = raw[:12].reshape(4, 3)
form = np.repeat([0, 1, 0, 2], [25, 18, 25, 22])
data = rounded(places[:, form] * 2 + 0.3 * raw[100:460].reshape(4, 90))
ties = np.repeat(np.array([[0, 1, 0, 1, 3, 3, 0, 0]], np.float32), 3, axis=1)


def novelty(S, L, variance=1.0, exclude=False):
    """FMP's compute_novelty_ssm with its compute_kernel_checkerboard_gaussian, normalised."""
    axis = np.arange(-L, L + 1)
    gauss = np.exp(-((np.sqrt(1 / 2) / (L * variance)) ** 2) * axis**2)
    kernel = np.outer(np.sign(axis), np.sign(axis)) * np.outer(gauss, gauss)
    kernel /= np.abs(kernel).sum()
    padded = np.pad(S, L)
    N = len(S)
    out = np.array([(padded[t : t + 2 * L + 1, t : t + 2 * L + 1] * kernel).sum() for t in range(N)])
    if exclude:
        out[:L] = out[N - L :] = 0
    return kernel, out


with Golden("segmentation") as g:
    g.input("data", data)
    unit = data / np.linalg.norm(data, axis=0)
    S = (unit.T @ unit).astype(float)
    kernel, found = novelty(S, 10)
    g.write("oto_checkerboard", "10 frames", "numpy: FMP's compute_kernel_checkerboard_gaussian", kernel, (3, 3))
    g.write("oto_novelty", "10 frames", "numpy: FMP's compute_novelty_ssm", found)
    g.write("oto_novelty", "12 frames, narrow, without ends", "numpy: FMP's compute_novelty_ssm", novelty(S, 12, 0.6, True)[1])

    agglomerative, subsegment = librosa.segment.agglomerative, librosa.segment.subsegment
    for k in (1, 2, 4, 9, 40, 90):
        g.write("oto_agglomerative", f"{k} segments", f"librosa.segment.agglomerative(data, {k})", agglomerative(data, k))
    g.write("oto_agglomerative", "ties", "librosa.segment.agglomerative(data, 6)", agglomerative(ties, 6))
    frames = np.array([10, 30, 33, 70])
    g.write("oto_subsegment", "four each", "librosa.segment.subsegment(data, [10, 30, 33, 70])", subsegment(data, frames))
    g.write("oto_subsegment", "two each", "librosa.segment.subsegment(data, [10, 30, 33, 70], n_segments=2)",
            subsegment(data, frames, n_segments=2))

    # The gallery's "Laplacian segmentation", up to k-means; eigenvectors with sums that are not negative.
    R = librosa.segment.recurrence_matrix(data, width=3, mode="affinity", sym=True)
    g.input("R", R)
    R = rounded(R)
    Rf = librosa.segment.timelag_filter(scipy.ndimage.median_filter)(R, size=(1, 7))
    distance = np.sum(np.diff(data.astype(float), axis=1) ** 2, axis=0)
    path = np.exp(-distance / np.median(distance))
    R_path = np.diag(path, k=1) + np.diag(path, k=-1)
    deg_path, deg_rec = R_path.sum(axis=1), Rf.sum(axis=1)
    mu = deg_path.dot(deg_path + deg_rec) / np.sum((deg_path + deg_rec) ** 2)
    A = mu * Rf + (1 - mu) * R_path
    L = scipy.sparse.csgraph.laplacian(A, normed=True)
    _, vectors = scipy.linalg.eigh(L)
    vectors = vectors * np.where(vectors.sum(axis=0) < 0, -1, 1)
    vectors = scipy.ndimage.median_filter(vectors, size=(9, 1))
    k = 3
    length = np.cumsum(vectors**2, axis=1) ** 0.5
    g.write("oto_laplacian_embedding", "3 components", "librosa's gallery, Laplacian segmentation",
            vectors[:, :k] / length[:, k - 1 : k])
