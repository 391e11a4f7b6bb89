/* progress: a bar that says how far a long loop is and when it will be done.
 *
 *     OtoProgress bar = oto_progress(epochs, "training");
 *     for (int i = 0; i < epochs; i++) {
 *         ...
 *         oto_progress_step(&bar, "loss %.3f", loss);       // one further; the text is optional
 *     }
 *
 * The bar is one output that is drawn at most ten times a second and is complete at the last step. A loop whose length
 * nobody knows has the total OTO_UNKNOWN and ends with oto_progress_done, as does one that is left early. A bar made
 * while another one runs (a loop in a loop) is drawn below it, and the next one in the same place. A bar whose cell
 * ends before it does, by an interrupt, an error or break, says that it stopped.
 *
 * In a program without a notebook each tenth of the way prints a line, with OTO_UNKNOWN at 1, 2, 5, 10, 20, 50, ...
 */
#ifndef OTO_PROGRESS_H
#define OTO_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum { OTO_UNKNOWN = -1 };

typedef struct OtoProgress {
    int64_t done, total;   /* steps */
    const char *label;     /* must outlive the bar */
    double started, drawn; /* s, of a clock that never jumps */
    char id[40];           /* of the display */
    int level;             /* bars around it */
    bool ended;
    int64_t printed; /* the last step that a line was printed for */
} OtoProgress;

/* A bar of total steps: at least 1, or OTO_UNKNOWN. label may be NULL. */
OtoProgress oto_progress(int64_t total, const char *label);
/* One step further, with a text behind the numbers (printf's way), or without: oto_progress_step(&bar). */
#define oto_progress_step(bar, ...) oto_progress_to(bar, (bar)->done + 1, " " __VA_ARGS__)
/* To a number of steps that are done, of at most total. */
void oto_progress_to(OtoProgress *bar, int64_t done, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What stands below the bar from its next drawing on, in a notebook: HTML of malloc, taken over. */
void oto_progress_below(OtoProgress *bar, char *html);
/* The loop is over, wherever it stands; with a text behind the numbers, or without. A bar that is complete needs no
 * such call. */
#define oto_progress_done(bar, ...) oto_progress_end(bar, " " __VA_ARGS__)
void oto_progress_end(OtoProgress *bar, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Called by the host around a cell. Before: no bar of an earlier cell is around the bars of this one. After: a bar that
 * was left between two drawings shows how far it came. */
void oto_progress_cell_begin(void);
void oto_progress_cell_end(void);

#endif
