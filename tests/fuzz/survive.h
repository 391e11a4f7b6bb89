/* survive: the library over bytes that somebody else wrote. It may refuse them; nothing else may happen. */
#ifndef OTO_FUZZ_SURVIVE_H
#define OTO_FUZZ_SURVIVE_H

#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/labels/labels.h"
#include "lib/score/score.h"
#include "lib/tensor/error.h"

static jmp_buf survive_jump;
static inline void survive_refusal(const char *message, void *context) {
    longjmp(survive_jump, 1);
}

/* Calls use(data, size), and frees what it made, also when it was refused in the middle. */
static inline int survive(void (*use)(const uint8_t *data, size_t size), const uint8_t *data, size_t size) {
    OtoScope scope = oto_scope_begin();
    oto_on_error(survive_refusal, NULL);
    if (setjmp(survive_jump) == 0) use(data, size);
    oto_scope_end(&scope);
    return 0;
}

/* A score that was read is in order, and can be played and counted. */
static inline void survive_score(OtoScore *score) {
    for (int64_t i = 1; i < score->count; i++)
        if (score->notes[i].quarter < score->notes[i - 1].quarter) abort();
    OtoNotes *notes = oto_score_notes(score);
    for (int64_t i = 0; i < notes->count; i++)
        if (!isfinite(notes->notes[i].onset) || notes->notes[i].duration < 0) abort();
    oto_timeline_beats(&score->timeline);
    oto_timeline_downbeats(&score->timeline);
    free(oto_score_text(score));
}

/* Labels that were read are in order. */
static inline void survive_labels(OtoLabels *labels) {
    for (int64_t i = 0; i < labels->count; i++)
        if (labels->labels[i].duration < 0 || (i && labels->labels[i].time < labels->labels[i - 1].time)) abort();
    oto_label_intervals(labels);
    free(oto_labels_text(labels));
}

#endif
