"""Classifiers, clusters, components: what scikit-learn computes, for tests/unit/test_learn.c."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from golden import Golden


def blobs(classes, each, features, seed):
    """Overlapping clouds, rounded so that the file holds them exactly."""
    random = np.random.default_rng(seed)
    centres = random.normal(0, 1.5, (classes, features))
    labels = random.permutation(np.repeat(np.arange(classes), each))
    X = centres[labels] + random.normal(0, 1, (classes * each, features)) * np.linspace(0.5, 2, features)
    return X.round(3).astype(np.float32), labels


X, labels = blobs(3, 15, 5, 1)
Y, _ = blobs(3, 7, 5, 2)
X2, labels2 = blobs(2, 20, 4, 3)
labels2 = labels2 * 5 + 2  # 2 and 7: labels need not count from 0
X64, X264 = X.astype(float), X2.astype(float)
groups = np.array([3, 3, 1, 1, 1, 2, 2, 5, 5, 5, 5, 4, 4, 9, 9])

with Golden("learn") as g:
    for name, array in {"X": X, "labels": labels, "Y": Y, "X2": X2, "labels2": labels2, "groups": groups}.items():
        g.input(name, array)

    for k, metric, weights in ((1, "euclidean", "uniform"), (5, "manhattan", "uniform"), (4, "cosine", "distance")):
        knn = KNeighborsClassifier(k, metric=metric, weights=weights, algorithm="brute").fit(X64, labels)
        call = f"sklearn.neighbors.KNeighborsClassifier({k}, metric='{metric}', weights='{weights}').predict"
        g.write("oto_knn", f"{k} {metric} {weights}", call, knn.predict(Y.astype(float)))

    means = KMeans(3, init=X64[:3], n_init=1, algorithm="lloyd", tol=1e-4).fit(X64)
    call = "sklearn.cluster.KMeans(3, init=X[:3], n_init=1)"
    g.write("oto_kmeans", "centres", call, means.cluster_centers_)
    g.write("oto_kmeans", "labels", call, means.labels_)
    g.write("oto_kmeans", "inertia", call, means.inertia_)

    pca = PCA().fit(X64)
    g.write("oto_pca", "components", "sklearn.decomposition.PCA()", pca.components_)
    g.write("oto_pca", "variance", "sklearn.decomposition.PCA()", pca.explained_variance_)
    g.write("oto_pca", "variance_ratio", "sklearn.decomposition.PCA()", pca.explained_variance_ratio_)
    white = PCA(2, whiten=True).fit(X64)
    g.write("oto_pca_transform", "2, whitened", "sklearn.decomposition.PCA(2, whiten=True).transform", white.transform(Y))
    back = white.inverse_transform(white.transform(Y))
    g.write("oto_pca_inverse", "2, whitened", "sklearn.decomposition.PCA(2, whiten=True).inverse_transform", back)
    wide = PCA().fit(X64[:4])
    g.write("oto_pca", "fewer examples than features", "sklearn.decomposition.PCA()", wide.explained_variance_)

    for name, data, target in (("three classes", X64, labels), ("two classes", X264, labels2)):
        for C in (1, 0.05):
            svm = LinearSVC(C=C, tol=1e-10, max_iter=1000000).fit(data, target)
            call = f"sklearn.svm.LinearSVC(C={C})"
            g.write("oto_svm", f"{name}, C {C}: weights", call, svm.coef_)
            g.write("oto_svm", f"{name}, C {C}: bias", call, svm.intercept_)
            logistic = LogisticRegression(C=C, tol=1e-12, max_iter=100000).fit(data, target)
            call = f"sklearn.linear_model.LogisticRegression(C={C})"
            g.write("oto_logistic", f"{name}, C {C}: weights", call, logistic.coef_)
            g.write("oto_logistic", f"{name}, C {C}: probabilities", call, logistic.predict_proba(data[:9]))

    scaler = StandardScaler().fit(X64)
    g.write("oto_scale", "training mean and deviation", "sklearn.preprocessing.StandardScaler().transform", scaler.transform(Y))

    def folds(splitter, n, y=None, groups=None):
        numbers = np.empty(n)
        for fold, (_, test) in enumerate(splitter.split(np.zeros(n), y, groups)):
            numbers[test] = fold
        return numbers

    g.write("oto_folds", "plain", "sklearn.model_selection.KFold(4)", folds(KFold(4), 45))
    g.write("oto_folds", "stratified", "sklearn.model_selection.StratifiedKFold(4)", folds(StratifiedKFold(4), 45, labels))
    g.write("oto_folds", "groups", "sklearn.model_selection.GroupKFold(3)", folds(GroupKFold(3), 15, None, groups))
