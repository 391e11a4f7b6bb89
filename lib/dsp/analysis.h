/* analysis: the frames of a sound as spectra, some frames at a time, so that what is made of them (mel bands, a
 * centroid) never needs a whole spectrogram in memory. For the library's own files.
 *
 * A feature is a function of one block. It gets OTO_LANES frames side by side, power[bin * OTO_LANES + lane], so its
 * loops over lanes use wide registers, and writes its result for those frames. Blocks come on several threads, in any
 * order.
 *
 *     OTO_VECTORISED static void sum(const OtoBlock *block, void *context) {
 *         const OtoLanes *power = (const OtoLanes *)block->power;
 *         OtoLanes total = {};
 *         for (int k = 0; k < block->bins; k++) total += power[k];
 *         oto_block_write(block, context, 1, 0, &total);
 *     }
 *
 *     oto_scope {
 *         OtoSource source = oto_source("oto_sum", "x", x, OTO_STFT_OF(options), 1);
 *         OtoTensor *y = oto_source_result(&source, 0, "sum");
 *         oto_source_visit(&source, sum, y);
 *     }
 */
#ifndef OTO_ANALYSIS_H
#define OTO_ANALYSIS_H

#include "stft.h"
#include "transform.h"

enum { OTO_LANES = 16 };
/* One number of each of the frames; arithmetic is lane by lane. */
typedef float OtoLanes __attribute__((vector_size(16 * sizeof(float)), aligned(4)));
/* The outcome of a comparison of lanes, and a where it holds, else b. */
typedef int OtoMask __attribute__((vector_size(16 * sizeof(int)), aligned(4)));
#define OTO_CHOOSE(mask, a, b) ((OtoLanes)(((mask) & (OtoMask)(a)) | (~(mask) & (OtoMask)(b))))

/* ---- the frames of a sound ---- */

typedef struct OtoAnalysis {
    const char *operation;
    OtoFraming framing;
    OtoPad pad_mode;
    int bins;
    int64_t frames, channels;
    const float *samples; /* of the first channel; the others follow */
    const float *window;  /* n_fft, zeros around it */
    const OtoPlan *plan;
} OtoAnalysis;

/* What options mean for a sound; refuses what cannot be. The window is a value of the caller's scope. */
OtoAnalysis oto_analysis(const char *operation, OtoTensor *audio, OtoStft options);
/* The same for numbers x (..., time) that need not be a sound, by a framing that is known, in so many frames. */
OtoAnalysis oto_analysis_by(const char *operation, OtoTensor *x, const OtoFraming *framing, OtoPad pad_mode,
                            int64_t frames);
/* The window of a framing, (n_fft), with zeros on both sides. */
OtoTensor *oto_framing_window(const char *operation, const OtoFraming *framing);
/* The spectrum of frame t of a channel, into `bins` numbers of `spectrum`, by way of n_fft numbers in `frame`; both
 * aligned as transform.h says. */
void oto_analysis_frame(const OtoAnalysis *analysis, int64_t channel, int64_t t, float *frame,
                        float _Complex *spectrum);

/* ---- power or magnitude, from a sound or from a spectrogram ---- */

typedef struct OtoSource {
    OtoTensor *x;
    OtoAnalysis analysis; /* of a sound */
    bool is_sound;
    float exponent; /* of the magnitude: 1 or 2; 0 for numbers that are taken as they are */
    int bins;
    int64_t frames, channels;
} OtoSource;

typedef struct OtoBlock {
    int64_t channel, first; /* frames first ... first + count - 1 */
    int count, bins;
    const float *power; /* [bin * OTO_LANES + lane]; lanes from count on are 0 */
} OtoBlock;

/* x is a sound, its STFT or a spectrogram: (channels, frequency, time) or without channels. Of a sound or complex
 * numbers, blocks hold magnitude^exponent (1 or 2); a real spectrogram is taken as it is, negative numbers are refused.
 */
OtoSource oto_source(const char *operation, const char *argument, OtoTensor *x, OtoStft options, int exponent);
/* Calls visit for every block. */
void oto_source_visit(const OtoSource *source, void (*visit)(const OtoBlock *block, void *context), void *context);
/* Zeros for a result with `rows` numbers a frame, axis "feature": (channels, rows, time); rows 0: (channels, time). */
OtoTensor *oto_source_result(const OtoSource *source, int64_t rows, const char *origin);
/* Writes the lanes of a block into row `row` of `rows` of such a result. */
void oto_block_write(const OtoBlock *block, OtoTensor *result, int64_t rows, int64_t row, const OtoLanes *lanes);
/* Where each bin lies, in Hz; a value of the caller's scope. */
const float *oto_source_frequencies(const OtoSource *source);

#endif
