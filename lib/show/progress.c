#include "lib/show/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/record/record.h"
#include "lib/show/bundle.h"
#include "lib/tensor/error.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* 75 as "1:15", 4000 as "1:06:40". */
static void write_duration(FILE *out, double seconds) {
    long total = lround(fmin(seconds, 1e9));
    if (total >= 3600)
        fprintf(out, "%ld:%02ld:%02ld", total / 3600, total / 60 % 60, total % 60);
    else
        fprintf(out, "%ld:%02ld", total / 60, total % 60);
}

/* "training 34 of 100, 12.3 it/s, 0:05 left loss 0.12" */
static char *line_of(const OtoProgress *bar, const char *format, va_list arguments) {
    char *line = NULL;
    size_t size;
    FILE *out = open_memstream(&line, &size);
    if (!out) return NULL;
    double elapsed = now() - bar->started, rate = elapsed > 0 ? (double)bar->done / elapsed : 0;
    if (bar->label) fprintf(out, "%s ", bar->label);
    fprintf(out, "%lld of %lld", (long long)bar->done, (long long)bar->total);
    if (rate > 0) {
        fprintf(out, ", %.3g it/s, ", rate);
        write_duration(out, bar->done < bar->total ? (double)(bar->total - bar->done) / rate : elapsed);
        fputs(bar->done < bar->total ? " left" : " in all", out);
    }
    vfprintf(out, format, arguments);
    if (fclose(out)) {
        free(line);
        return NULL;
    }
    return line;
}

/* Takes the line over. */
static void draw(OtoProgress *bar, char *line, bool update) {
    struct oto_bundle bundle = {.id = bar->id, .update = update, .text = line};
    size_t size;
    FILE *out = open_memstream(&bundle.html, &size);
    if (out) {
        fprintf(out,
                "<progress max=\"%lld\" value=\"%lld\" style=\"width:16em;vertical-align:middle\"></progress> <code>",
                (long long)bar->total, (long long)bar->done);
        oto_html_write(out, line ? line : "");
        fputs("</code>", out);
        if (fclose(out)) {
            free(bundle.html);
            bundle.html = NULL;
        }
    }
    oto_bundle_send(&bundle, OTO_RECORD_DISPLAY);
}

OtoProgress oto_progress(int64_t total, const char *label) {
    static unsigned count;
    oto_check_range("oto_progress", "total", (double)total, 1, 9e15);
    OtoProgress bar = {.total = total, .label = label, .started = now()};
    snprintf(bar.id, sizeof bar.id, "oto-progress-%u-%llx", ++count, (unsigned long long)(bar.started * 1e6));
    return bar;
}

void oto_progress_to(OtoProgress *bar, int64_t done, const char *format, ...) {
    bar->done = done < 0 ? 0 : done > bar->total ? bar->total : done;
    bool complete = bar->done == bar->total, silent = oto_host() < 0;
    int tenths = (int)(10 * (double)bar->done / (double)bar->total);
    if (silent ? tenths <= bar->tenths : !complete && now() - bar->drawn < 0.1) return;
    va_list arguments;
    va_start(arguments, format);
    char *line = line_of(bar, format, arguments);
    va_end(arguments);
    if (silent) {
        if (line) printf("%s\n", line);
        free(line);
    } else
        draw(bar, line, bar->drawn > 0);
    bar->tenths = tenths;
    bar->drawn = now();
}
