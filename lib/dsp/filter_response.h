/* filter_response: what a filter does to each frequency. */
#ifndef OTO_FILTER_RESPONSE_H
#define OTO_FILTER_RESPONSE_H

#include "filter_design.h"

/* H(f) = (sum b[j] exp(-2 pi i j f / fs)) / (sum a[j] exp(-2 pi i j f / fs)) at worN frequencies from 0 to below
 * fs / 2: complex64 (frequency worN), axis in Hz; oto_magnitude and oto_phase take it apart, oto_db shows it.
 *     .worN 512   .include_nyquist false: true ends at fs / 2   .whole false: true goes on to below fs
 *     .fs 0: that of b (oto_firwin), or of the sections, or else 2 pi: in rad a sample
 * As scipy.signal.freqz and freqz_sos. */
typedef struct OtoFreqz {
    int worN;
    bool include_nyquist, whole;
    double fs;
} OtoFreqz;
#define OTO_FREQZ(...) OTO_OPTIONS(OtoFreqz, (.worN = 512), __VA_ARGS__)
OtoTensor *oto_freqz(OtoTensor *b, OtoTensor *a, OtoFreqz options);
#define oto_freqz(b, a, ...) oto_freqz(b, a, OTO_FREQZ(__VA_ARGS__))
OtoTensor *oto_freqz_sos(OtoSos sos, OtoFreqz options);
#define oto_freqz_sos(sos, ...) oto_freqz_sos(sos, OTO_FREQZ(__VA_ARGS__))

/* By how many samples each frequency comes later: - d phase / d omega; float32 (frequency). Where a frequency does not
 * pass at all it has no delay: NaN. As scipy.signal.group_delay (which gives 0 there). */
OtoTensor *oto_group_delay(OtoTensor *b, OtoTensor *a, OtoFreqz options);
#define oto_group_delay(b, a, ...) oto_group_delay(b, a, OTO_FREQZ(__VA_ARGS__))
OtoTensor *oto_group_delay_sos(OtoSos sos, OtoFreqz options);
#define oto_group_delay_sos(sos, ...) oto_group_delay_sos(sos, OTO_FREQZ(__VA_ARGS__))

#endif
