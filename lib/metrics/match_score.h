/* match_score: precision, recall and their harmonic mean, as the metrics of events, notes and boundaries give them. */
#ifndef OTO_MATCH_SCORE_H
#define OTO_MATCH_SCORE_H

#include <stdint.h>

/* precision = matched / estimated, recall = matched / reference, f = 2 precision recall / (precision + recall); all 0
 * when nothing matches. */
typedef struct OtoMatchScore {
    double precision, recall, f;
    int64_t matched;
} OtoMatchScore;
OtoMatchScore oto_score_of(int64_t matched, int64_t reference, int64_t estimated);

#endif
