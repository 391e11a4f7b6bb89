/* filter: sounds through filters: forwards as they come, or without delay when they are known as a whole.
 *
 *     OtoFilterState *state = oto_filter_state();
 *     oto_audio_blocks(block, "hour.flac", .frame_length = 512) {
 *         OtoTensor *y = oto_sosfilt(low, block, .state = state);      // goes on where the block before ended
 *     }
 */
#ifndef OTO_FILTER_H
#define OTO_FILTER_H

#include "filter_design.h"

/* What a filter remembers from one block of a signal to the next, of each channel. It is new (as after silence) until a
 * filter is given it, belongs to that filter from then on, and lives by the rule of lifetime.h. */
typedef struct OtoFilterState {
    int64_t channels, numbers;
    double *memory; /* channels rows of numbers: the last inputs and outputs (recursion.h) */
} OtoFilterState;
OtoFilterState *oto_filter_state(void);

/* y[n] = (b[0] x[n] + b[1] x[n - 1] + ... - a[1] y[n - 1] - a[2] y[n - 2] - ...) / a[0], along the last axis of x, of
 * each row alike; as after silence, or from .state on, which it brings up to date. Shape, axes and sample rate of x.
 * b (taps) and a (taps) are float32: enough for impulse responses (a of oto_tensor(1); long ones go by FFT) and gentle
 * filters; what is narrow or of high order is better off as sections. Computed in double, FIR in float32. Refuses NaN,
 * and filters with a pole outside the unit circle, whose output would grow without end.
 * Gradients flow to x, b and a, again too; not together with .state. As scipy.signal.lfilter (zi, zf: .state). */
typedef struct OtoFilter {
    OtoFilterState *state;
} OtoFilter;
OtoTensor *oto_lfilter(OtoTensor *b, OtoTensor *a, OtoTensor *x, OtoFilter options);
#define oto_lfilter(b, a, x, ...) oto_lfilter(b, a, x, OTO_OPTIONS(OtoFilter, (.state = NULL), __VA_ARGS__))
/* The same through all sections. Refuses a sound of another sample rate than the filter was designed for, and unstable
 * sections. A gradient flows to x. As scipy.signal.sosfilt. */
OtoTensor *oto_sosfilt(OtoSos sos, OtoTensor *x, OtoFilter options);
#define oto_sosfilt(sos, x, ...) oto_sosfilt(sos, x, OTO_OPTIONS(OtoFilter, (.state = NULL), __VA_ARGS__))

/* What x is taken to be beyond its ends: ODD turned around its end sample, EVEN mirrored at it, CONSTANT that sample.
 */
typedef enum OtoPadType { OTO_PADTYPE_ODD, OTO_PADTYPE_EVEN, OTO_PADTYPE_CONSTANT, OTO_PADTYPE_NONE } OtoPadType;
/* Filtered forwards, and the result backwards: no frequency is delayed, each is weakened twice: |H|^2. Before it
 * begins, x has been what its first sample is for ever. .padtype OTO_PADTYPE_ODD   .padlen -1: three times as many
 * samples as the filter has coefficients Refuses a sound that is not longer than padlen, and what oto_lfilter refuses.
 * As scipy.signal.filtfilt (b, a) and sosfiltfilt. */
typedef struct OtoFiltfilt {
    OtoPadType padtype;
    int64_t padlen;
} OtoFiltfilt;
#define OTO_FILTFILT(...) OTO_OPTIONS(OtoFiltfilt, (.padtype = OTO_PADTYPE_ODD, .padlen = -1), __VA_ARGS__)
OtoTensor *oto_filtfilt(OtoTensor *b, OtoTensor *a, OtoTensor *x, OtoFiltfilt options);
#define oto_filtfilt(b, a, x, ...) oto_filtfilt(b, a, x, OTO_FILTFILT(__VA_ARGS__))
OtoTensor *oto_sosfiltfilt(OtoSos sos, OtoTensor *x, OtoFiltfilt options);
#define oto_sosfiltfilt(sos, x, ...) oto_sosfiltfilt(sos, x, OTO_FILTFILT(__VA_ARGS__))

/* The median of each sample and its (kernel_size - 1) / 2 neighbours on both sides, along the last axis, zeros beyond
 * the ends: takes out clicks and leaves edges. kernel_size is odd. As scipy.signal.medfilt. */
OtoTensor *oto_medfilt(OtoTensor *x, int kernel_size);

/* ---- for the library's own files ---- */

/* Refuse what cannot filter x: wrong shapes and types, NaN, another sample rate, instability. */
void oto_check_polynomials(const char *operation, OtoTensor *b, OtoTensor *a);
void oto_check_filtered(const char *operation, OtoTensor *x, double fs);
/* Refuses y unless every number is finite: what a filter gives that grows where no test of its poles has seen it. */
void oto_check_bounded(const char *operation, OtoTensor *y);

#endif
