/* segmentation: where a piece changes. */
#ifndef OTO_SEGMENTATION_H
#define OTO_SEGMENTATION_H

#include "../tensor/tensor.h"

/* Novelty along the diagonal of a self-similarity matrix S (time, time): frame t gets
 *     sum over i, j = -L ... L of K[i, j] S[t + i, t + j],  K[i, j] = sign(i) sign(j) exp(-((a i)^2 + (a j)^2)),
 * a = sqrt(0.5) / (L .variance), divided by the sum of |K|: both sides alike in themselves and unlike each other give a
 * peak. Beyond its edges S is 0. (time).
 *     .kernel_size 16  L, in frames   .variance 1
 *     .exclude false   true: 0 for the L frames at both ends, where the kernel sticks out
 * (Foote, ICME 2000; FMP 4.4, as its compute_novelty_ssm with an odd kernel.) */
typedef struct OtoNovelty {
    int kernel_size;
    double variance;
    bool exclude;
} OtoNovelty;
OtoTensor *oto_novelty(OtoTensor *S, OtoNovelty options);
#define oto_novelty(S, ...) oto_novelty(S, OTO_OPTIONS(OtoNovelty, (.kernel_size = 16, .variance = 1), __VA_ARGS__))
/* The kernel itself: (2 L + 1, 2 L + 1), normalised. */
OtoTensor *oto_checkerboard(OtoNovelty options);
#define oto_checkerboard(...) oto_checkerboard(OTO_OPTIONS(OtoNovelty, (.kernel_size = 16, .variance = 1), __VA_ARGS__))

/* First frames of k segments of data (feature, time): int64 (segment k), the first is 0. Starting with each frame
 * alone, the two neighbouring segments are joined whose union adds least to the sum of squared distances from the
 * segments' means (Ward), until k are left. All axes but the last make up a frame's vector. As
 * librosa.segment.agglomerative 0.11 (McFee and Ellis, ICASSP 2014). */
OtoTensor *oto_agglomerative(OtoTensor *data, int64_t k);

/* The same within each part between successive boundaries (frame numbers; 0 and the end are added): int64 (segment).
 *     .n_segments 4   in each part, at most
 * As librosa.segment.subsegment 0.11. */
typedef struct OtoSubsegment {
    int64_t n_segments;
} OtoSubsegment;
OtoTensor *oto_subsegment(OtoTensor *data, OtoTensor *frames, OtoSubsegment options);
#define oto_subsegment(data, frames, ...)                                                                              \
    oto_subsegment(data, frames, OTO_OPTIONS(OtoSubsegment, (.n_segments = 4), __VA_ARGS__))

/* Coordinates in which frames of the same section lie together: (time, component k). Repetition, from the affinities R
 * (time, time) of e.g. chroma by beat, and closeness in time, from features (feature, time) of e.g. MFCC, make a graph
 * A = mu R' + (1 - mu) P: R' is R with its diagonals smoothed by a median of .width 7, P links neighbours by
 * exp(-d^2 / median d^2), and mu balances the two. The first k eigenvectors of its normalised Laplacian
 * I - D^(-1/2) A D^(-1/2), smoothed by a median of .smooth 9 frames, are scaled to rows of length 1. Signs are such
 * that each eigenvector's sum is not negative. Clusters of rows (oto_kmeans) are sections. As librosa's gallery,
 * "Laplacian segmentation" (McFee and Ellis, ISMIR 2014). */
typedef struct OtoLaplacian {
    int width, smooth;
} OtoLaplacian;
OtoTensor *oto_laplacian_embedding(OtoTensor *R, OtoTensor *features, int k, OtoLaplacian options);
#define oto_laplacian_embedding(R, features, k, ...)                                                                   \
    oto_laplacian_embedding(R, features, k, OTO_OPTIONS(OtoLaplacian, (.width = 7, .smooth = 9), __VA_ARGS__))

#endif
