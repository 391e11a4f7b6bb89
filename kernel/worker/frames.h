/* frames: the chain of calls that led to a place, read without trusting the stack. */
#ifndef OTO_WORKER_FRAMES_H
#define OTO_WORKER_FRAMES_H

#include "kernel/worker/worker.h"

enum { FRAMES_MAX = 256, FRAMES_KEPT_AT_EACH_END = 64 };

struct frame {
    uint64_t pc, fp;
};

#pragma GCC visibility push(hidden)

/* Walks from a place (sp may be 0 when it is not known); link is the return address of a frame that was never set up,
 * or 0. Returns how many frames were written, innermost first: all when they are at most FRAMES_MAX, else the first
 * and the last FRAMES_KEPT_AT_EACH_END. Safe in signal handlers. */
size_t frames_walk(struct frame frames[FRAMES_MAX], uintptr_t pc, uintptr_t fp, uintptr_t sp, uintptr_t link);

#pragma GCC visibility pop
#endif
