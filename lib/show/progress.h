/* progress: a bar that says how far a long loop is and when it will be done.
 *
 *     OtoProgress bar = oto_progress(epochs, "training");
 *     for (int i = 0; i < epochs; i++) {
 *         ...
 *         oto_progress_step(&bar, "loss %.3f", loss);       // one further; the text is optional
 *     }
 *
 * The bar is one output that is drawn at most ten times a second and is complete at the last step. In a program without
 * a notebook each tenth of the way prints a line.
 */
#ifndef OTO_PROGRESS_H
#define OTO_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct OtoProgress {
    int64_t done, total;
    const char *label;     /* must outlive the bar */
    double started, drawn; /* s, of a clock that never jumps */
    char id[40];           /* of the display */
    int tenths;            /* printed so far */
} OtoProgress;

/* A bar of total steps (at least 1). label may be NULL. */
OtoProgress oto_progress(int64_t total, const char *label);
/* One step further, with a text behind the numbers (printf's way), or without: oto_progress_step(&bar). */
#define oto_progress_step(bar, ...) oto_progress_to(bar, (bar)->done + 1, " " __VA_ARGS__)
void oto_progress_to(OtoProgress *bar, int64_t done, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
