/* interrupt: the user who interrupts, for tests of long calls. */
#ifndef OTO_TESTS_INTERRUPT_H
#define OTO_TESTS_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "lib/tensor/error.h"

static atomic_int questions_left = -1;

/* What the host answers: from now on the next `questions` are told that there is none. */
static inline void interrupt_after(int questions) {
    questions_left = questions;
}
static inline void interrupt_never(void) {
    questions_left = -1;
}

bool oto_interrupted(void) {
    if (questions_left < 0) return false;
    if (questions_left > 0) questions_left--;
    return questions_left == 0;
}

#endif
