/* mel_bank: mel filters without the zeros around them. For the library's own files. */
#ifndef OTO_MEL_BANK_H
#define OTO_MEL_BANK_H

#include "mel.h"

/* Filter m weighs the bins first[m] ... first[m] + count[m] - 1 with the numbers from weights + start[m] on. Its arrays
 * are values of the caller's scope. */
typedef struct OtoMelBank {
    int n_mels, bins;
    double *centre; /* n_mels, Hz */
    int64_t *first, *count, *start;
    float *weights;
} OtoMelBank;
OtoMelBank oto_mel_bank(const char *operation, double sample_rate, const OtoMel *options);

#endif
