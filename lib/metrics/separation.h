/* separation: how well sources were separated from a mixture, against the sources themselves.
 *
 * Sources are sounds of one length, (channels, time) with a channel for each source, or (time) for a single one. */
#ifndef OTO_METRICS_SEPARATION_H
#define OTO_METRICS_SEPARATION_H

#include "../tensor/tensor.h"

/* BSS Eval, version 3. An estimate e is split into what it has of its own source, P_j e, what it has of the others, and
 * the rest, which no source explains. P_j e is the part of e that is its source through some filter of .filter_length
 * taps (512), P e the part that is the sum of all sources, each through a filter of its own: least squares.
 *     sdr    |P_j e|^2 / |e - P_j e|^2      source to distortion: everything that is not the source
 *     sir    |P_j e|^2 / |P e - P_j e|^2    source to interference: the other sources; infinite when there is only one
 *     sar    |P e|^2 / |e - P e|^2          sources to artifacts: what was never there
 * in dB, (source). Above about 200 dB they are rounding errors.
 *     .permute        order the estimates so that the mean SIR is largest (true); permutation[j], int64, is the
 *                     estimate that belongs to source j. false: estimate j belongs to source j
 *     .frame_length   measure pieces of so many samples (0: the whole), each .hop_length (left out: half of it) after
 * the last; the results are then (source, time), NaN (and permutation -1) where a source or an estimate is silent. A
 * sound of fewer than two pieces is measured as a whole
 *
 * At most 8 sources, and a filter_length to 4096 / sources: the work grows with the samples, and with (sources x
 * filter_length)^3 for the filters. Refuses shapes that differ, NaN, silent sources and estimates, and a filter_length
 * above the number of samples. As mir_eval.separation.bss_eval_sources, and with .frame_length as
 * bss_eval_sources_framewise, which does not permute unless it is asked to (Vincent, Gribonval and Fevotte 2006;
 * Vincent et al. 2012). */
typedef struct OtoSeparationScore {
    OtoTensor *sdr, *sir, *sar, *permutation;
} OtoSeparationScore;
typedef struct OtoSeparationScoring {
    int filter_length;
    int64_t frame_length, hop_length;
    bool permute;
} OtoSeparationScoring;
OtoSeparationScore oto_separation_score(OtoTensor *reference, OtoTensor *estimated, OtoSeparationScoring options);
#define oto_separation_score(reference, estimated, ...)                                                                \
    oto_separation_score(                                                                                              \
        reference, estimated,                                                                                          \
        OTO_OPTIONS(OtoSeparationScoring,                                                                              \
                    (.filter_length = 512, .frame_length = 0, .hop_length = OTO_DEFAULT, .permute = true),             \
                    __VA_ARGS__))

/* The scale-invariant SDR in dB, (source): |a s|^2 / |a s - e|^2 with a = <e, s> / <s, s>, the size at which the source
 * s is nearest to its estimate e; infinite when e is a multiple of s. .zero_mean takes the mean off both first (false).
 * Refuses shapes that differ, NaN, silent sources and estimates. Le Roux, Wisdom, Erdogan and Hershey 2019, "SDR -
 * half-baked or well done?", equation 4; as torchmetrics' scale_invariant_signal_distortion_ratio. */
typedef struct OtoSiSdr {
    bool zero_mean;
} OtoSiSdr;
OtoTensor *oto_si_sdr(OtoTensor *reference, OtoTensor *estimated, OtoSiSdr options);
#define oto_si_sdr(reference, estimated, ...)                                                                          \
    oto_si_sdr(reference, estimated, OTO_OPTIONS(OtoSiSdr, (.zero_mean = false), __VA_ARGS__))

#endif
