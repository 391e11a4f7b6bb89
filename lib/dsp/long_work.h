/* long_work: a progress bar that appears only when the work turns out to be long. For the library's own files.
 *
 *     OtoLongWork work = oto_long_work(n_iter, "Griffin-Lim");
 *     for (...) {
 *         ...
 *         oto_long_work_step(&work);
 *     }
 *     oto_long_work_done(&work);
 */
#ifndef OTO_LONG_WORK_H
#define OTO_LONG_WORK_H

#include "lib/show/progress.h"

typedef struct OtoLongWork {
    int64_t total, done;
    const char *label;
    double began; /* s */
    bool shown;
    OtoProgress bar; /* once it is shown: after about a second, when there is as much to come */
} OtoLongWork;

OtoLongWork oto_long_work(int64_t total, const char *label);
void oto_long_work_step(OtoLongWork *work);
/* Always, at the end, an early one too. */
void oto_long_work_done(OtoLongWork *work);

/* oto_parallel (tensor/parallel.h), with such a bar. */
void oto_long_parallel(int64_t count, int64_t grain, void (*body)(int64_t from, int64_t to, void *context),
                       void *context, const char *label);

#endif
