/* nmf: a spectrogram as a few spectra, each switched on and off. */
#ifndef OTO_NMF_H
#define OTO_NMF_H

#include "../tensor/tensor.h"

/* Non-negative matrix factorisation: S (frequency, time), without negative numbers, is nearly W H with W (frequency,
 * component) and H (component, time) without negative numbers either. Multiplicative updates, of H first, then of W,
 * never make the loss larger:
 *     EUCLIDEAN         sum (S - W H)^2              H <- H (W' S) / (W' W H)        W <- W (S H') / (W H H')
 *     KULLBACK_LEIBLER  sum S log(S / W H) - S + W H H <- H (W' (S / W H)) / (W' 1)  W alike
 *     .max_iter 200
 *     .tol 1e-4    done when ten updates improve the root of the loss by less than this share of the first
 *     .beta_loss OTO_EUCLIDEAN
 *     .components, .activations   W and H to start from (NULL: random, oto_seed's generator)
 *     .fit true    false keeps W as it is given, for the activations of known spectra
 *     .sort false  true orders components by the frequency that they are loudest at
 * As scikit-learn's NMF(solver="mu"), which librosa.decompose.decompose takes as transformer (Lee and Seung 2001). */
typedef enum OtoBetaLoss { OTO_EUCLIDEAN, OTO_KULLBACK_LEIBLER } OtoBetaLoss;
typedef struct OtoNmf {
    int max_iter;
    double tol;
    OtoBetaLoss beta_loss;
    OtoTensor *components, *activations;
    bool fit, sort;
} OtoNmf;
typedef struct OtoFactors {
    OtoTensor *components;  /* W (frequency, component) */
    OtoTensor *activations; /* H (component, time) */
    int iterations;
    double error; /* |S - W H|, or the root of twice the divergence */
} OtoFactors;
OtoFactors oto_nmf(OtoTensor *S, int n_components, OtoNmf options);
#define oto_nmf(S, n_components, ...)                                                                                  \
    oto_nmf(S, n_components, OTO_OPTIONS(OtoNmf, (.max_iter = 200, .tol = 1e-4, .fit = true), __VA_ARGS__))

#endif
