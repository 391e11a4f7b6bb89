#include "lib/show/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/record/record.h"
#include "lib/show/bundle.h"
#include "lib/tensor/error.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- bars in bars ---- */

enum { LEVELS = 6 };

/* The bars that run in this thread, outermost first. Below level 0 a display is used again by the next bar there. */
static _Thread_local struct {
    int running;
    bool drawn[LEVELS];
    char id[LEVELS][sizeof((OtoProgress *)0)->id];
    OtoProgress undrawn[LEVELS]; /* as they are since their last drawing; id[0] is NUL when that is what they are */
    char *below[LEVELS];         /* HTML below the bar, or NULL */
} bars;

static void set_below(int level, char *html) {
    free(bars.below[level]);
    bars.below[level] = html;
}

void oto_progress_cell_begin(void) {
    bars.running = 0;
    memset(bars.undrawn, 0, sizeof bars.undrawn);
    for (int level = 0; level < LEVELS; level++) set_below(level, NULL);
}

/* Gives a new bar its level and the id of its display; true when that display is on the page already. */
static bool enter(OtoProgress *bar) {
    static unsigned count;
    bar->level = bars.running < LEVELS ? bars.running : LEVELS - 1;
    bars.running = bar->level + 1;
    if (bar->level == 0) memset(bars.drawn, 0, sizeof bars.drawn);
    bool again = bars.drawn[bar->level];
    if (!again)
        snprintf(bars.id[bar->level], sizeof bar->id, "oto-progress-%u-%llx",
                 __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED), (unsigned long long)(bar->started * 1e6));
    bars.drawn[bar->level] = true;
    set_below(bar->level, NULL);
    memcpy(bar->id, bars.id[bar->level], sizeof bar->id);
    return again;
}

/* ---- what a bar looks like ---- */

/* 75 as "1:15", 4000 as "1:06:40". */
static void write_duration(FILE *out, double seconds) {
    long total = lround(fmin(seconds, 1e9));
    if (total >= 3600)
        fprintf(out, "%ld:%02ld:%02ld", total / 3600, total / 60 % 60, total % 60);
    else
        fprintf(out, "%ld:%02ld", total / 60, total % 60);
}

/* "training 34 of 100, 12.3 it/s, 0:05 left, loss 0.12", or as the bar would say it when nothing follows any more. */
static char *line_of(const OtoProgress *bar, const char *text, bool stopped) {
    char *line = NULL;
    size_t size;
    FILE *out = open_memstream(&line, &size);
    if (!out) return NULL;
    double elapsed = now() - bar->started, rate = elapsed > 0 ? (double)bar->done / elapsed : 0;
    if (bar->label) fprintf(out, "%s ", bar->label);
    fprintf(out, "%lld", (long long)bar->done);
    if (bar->total != OTO_UNKNOWN) fprintf(out, " of %lld", (long long)bar->total);
    if (bar->done > 0) fprintf(out, rate >= 1 ? ", %.3g it/s" : ", %.3g s/it", rate >= 1 ? rate : 1 / rate);
    if (stopped || bar->ended || bar->total == OTO_UNKNOWN) {
        fputs(stopped ? ", stopped after " : ", ", out);
        write_duration(out, elapsed);
        if (bar->ended) fputs(" in all", out);
    } else if (bar->done > 0) {
        fputs(", ", out);
        write_duration(out, (double)(bar->total - bar->done) / rate);
        fputs(" left", out);
    }
    while (*text == ' ') text++;
    if (*text) fprintf(out, ", %s", text);
    if (fclose(out) == 0) return line;
    free(line);
    return NULL;
}

static char *page_of(const OtoProgress *bar, const char *line, bool stopped) {
    char *page = NULL;
    size_t size;
    FILE *out = open_memstream(&page, &size);
    if (!out) return NULL;
    fprintf(out, "<div class=\"oto-progress\" style=\"margin-left:%dem\"><progress", 2 * bar->level);
    if (bar->total != OTO_UNKNOWN)
        fprintf(out, " max=\"%lld\" value=\"%lld\"", (long long)bar->total, (long long)bar->done);
    else if (stopped || bar->ended)
        fputs(" max=\"1\" value=\"1\"", out); /* without a value it would go on moving */
    fprintf(out, " style=\"width:16em;vertical-align:middle%s\"></progress> <code>", stopped ? ";opacity:0.5" : "");
    oto_html_write(out, line ? line : "");
    fprintf(out, "</code>%s</div>", bars.below[bar->level] ? bars.below[bar->level] : "");
    if (fclose(out) == 0) return page;
    free(page);
    return NULL;
}

static void draw(OtoProgress *bar, const char *text, bool update) {
    struct oto_bundle bundle = {.id = bar->id, .update = update, .text = line_of(bar, text, false)};
    bundle.html = page_of(bar, bundle.text, false);
    if (!bar->ended) {
        bundle.stopped_text = line_of(bar, text, true);
        bundle.stopped_html = page_of(bar, bundle.stopped_text, true);
    }
    oto_bundle_send(&bundle, OTO_RECORD_DISPLAY);
    bar->drawn = now();
    bars.undrawn[bar->level].id[0] = '\0';
}

void oto_progress_cell_end(void) {
    for (int level = 0; level < LEVELS; level++)
        if (bars.undrawn[level].id[0]) draw(&bars.undrawn[level], "", true);
}

/* ---- in a terminal ---- */

/* Whether a step from printed to done passed a tenth of the way or, when that is unknown, one of 1, 2, 5, 10, ... */
static bool is_worth_a_line(const OtoProgress *bar) {
    if (bar->total != OTO_UNKNOWN)
        return 10 * (double)bar->done / (double)bar->total >= 1 + floor(10 * (double)bar->printed / (double)bar->total);
    static const int steps[] = {1, 2, 5};
    for (int64_t power = 1; power <= bar->done; power *= 10) {
        for (int i = 0; i < 3; i++)
            if (bar->printed < steps[i] * power && steps[i] * power <= bar->done) return true;
        if (power > INT64_MAX / 50) break;
    }
    return false;
}

static void print(OtoProgress *bar, const char *text) {
    char *line = line_of(bar, text, false);
    if (line) printf("%*s%s\n", 2 * bar->level, "", line);
    free(line);
    bar->printed = bar->done;
}

/* ---- the public names ---- */

OtoProgress oto_progress(int64_t total, const char *label) {
    if (total != OTO_UNKNOWN) oto_check_range("oto_progress", "total (or OTO_UNKNOWN)", (double)total, 1, 9e15);
    if (label) oto_check_text("oto_progress", "label", label);
    OtoProgress bar = {.total = total, .label = label, .started = now()};
    bool again = enter(&bar);
    if (oto_host() >= 0) draw(&bar, "", again);
    return bar;
}

/* Whether the page can wait: what stands below a bar is sent with it, and may be large. */
static bool is_fresh(const OtoProgress *bar) {
    return !bar->ended && now() - bar->drawn < (bars.below[bar->level] ? 0.5 : 0.1);
}

static void show(OtoProgress *bar, const char *text) {
    if (oto_host() >= 0) {
        if (!is_fresh(bar)) draw(bar, text, true);
    } else if ((bar->ended && bar->printed < bar->done) || is_worth_a_line(bar))
        print(bar, text);
}

static void need(const char *operation, const OtoProgress *bar) {
    if (!bar || !bar->id[0]) oto_refuse(operation, "this is no progress bar; make one with oto_progress(total, label)");
}

/* Where the bar stands now, with the text that the format makes. */
static void show_text(OtoProgress *bar, const char *format, va_list arguments) {
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) text = NULL;
    show(bar, text ? text : "");
    free(text);
}

void oto_progress_to(OtoProgress *bar, int64_t done, const char *format, ...) {
    need("oto_progress_to", bar);
    bar->done = done < 0 ? 0 : bar->total != OTO_UNKNOWN && done > bar->total ? bar->total : done;
    bar->ended = bar->done == bar->total;
    bars.running = bar->ended ? bar->level : bar->level + 1;
    if (oto_host() >= 0 && is_fresh(bar)) { /* before the text is made: loops are hot */
        bars.undrawn[bar->level] = *bar;
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    show_text(bar, format, arguments);
    va_end(arguments);
}

void oto_progress_below(OtoProgress *bar, char *html) {
    need("oto_progress_below", bar);
    set_below(bar->level, html);
}

void oto_progress_end(OtoProgress *bar, const char *format, ...) {
    need("oto_progress_done", bar);
    if (bar->ended) return;
    bar->ended = true;
    bars.running = bar->level;
    va_list arguments;
    va_start(arguments, format);
    show_text(bar, format, arguments);
    va_end(arguments);
}
