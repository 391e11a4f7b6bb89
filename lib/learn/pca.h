/* pca: principal components: the directions in which the examples vary most, each at right angles to the others.
 *
 * With X centred, X = U S V^T (singular value decomposition): the rows of V^T are the components, S^2 / (n - 1) the
 * variance along each. Signs are chosen so that a component's largest element is positive. Source: Jolliffe, Principal
 * Component Analysis, 2002. Agrees with scikit-learn's PCA. */
#ifndef OTO_PCA_H
#define OTO_PCA_H

#include "../tensor/tensor.h"

typedef struct OtoPca {
    OtoTensor *mean;           /* (feature d) */
    OtoTensor *components;     /* (component c, feature d), rows of length 1, most variance first */
    OtoTensor *variance;       /* (component c) */
    OtoTensor *variance_ratio; /* (component c): the share of the whole variance */
    bool whiten;
} OtoPca;

/*     .n_components   0: as many as there can be, min(n, d)
 *     .whiten         true: transformed examples have variance 1 along each component
 * Refuses fewer than 2 examples and more components than min(n, d). */
typedef struct OtoPcaOptions {
    int n_components;
    bool whiten;
} OtoPcaOptions;
OtoPca oto_pca(OtoTensor *X, OtoPcaOptions options);
#define oto_pca(X, ...) oto_pca(X, OTO_OPTIONS(OtoPcaOptions, (.n_components = 0), __VA_ARGS__))

/* (X - mean) components^T: (example n, component c); and back, (example n, feature d), but for what the components left
 * out lack. */
OtoTensor *oto_pca_transform(OtoPca pca, OtoTensor *X);
OtoTensor *oto_pca_inverse(OtoPca pca, OtoTensor *Z);

#endif
