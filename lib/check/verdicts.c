#include "lib/check/verdicts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/record/record.h"
#include "lib/show/bundle.h"
#include "lib/show/figure.h"
#include "lib/show/view.h"
#include "lib/tensor/lifetime.h"
#include "lib/tensor/tensor.h"

enum { PICTURES_MOST = 4, ELEMENTS_WORTH_A_PICTURE = 9, SECONDS_MOST = 120 };

/* Middle tones, told apart on a white and on a black page. */
static const struct {
    const char *sign, *colour, *name;
} looks[] = {
    [OTO_CHECK_PASSED] = {"✓", "#2da44e", "passed"},
    [OTO_CHECK_FAILED] = {"✗", "#e5534b", "failed"},
    [OTO_CHECK_UNKNOWN] = {"○", "#8b949e", "unknown"},
};

static void write_plain(FILE *out, const struct oto_line_of_check *line) {
    fprintf(out, "%s %s", looks[line->state].sign, line->name);
    if (line->state != OTO_CHECK_PASSED) fprintf(out, ": %s", line->message);
    if (line->hint && line->state == OTO_CHECK_FAILED) fprintf(out, "\n  hint: %s", line->hint);
    fputc('\n', out);
}

static void write_html(FILE *out, const struct oto_line_of_check *line) {
    bool failed = line->state == OTO_CHECK_FAILED;
    fprintf(out, "<div class=\"oto-check oto-check-%s\"><span style=\"color:%s;font-weight:700\">%s ",
            looks[line->state].name, looks[line->state].colour, looks[line->state].sign);
    oto_html_write(out, line->name);
    fputs("</span>", out);
    if (*line->message) {
        fprintf(out, "<span style=\"opacity:%s\">%s ", failed ? "1" : ".65", failed ? ":" : " &middot;");
        oto_html_write(out, line->message);
        fputs("</span>", out);
    }
    if (line->hint && failed) {
        fputs("<div style=\"padding-left:1.4em;font-style:italic\">hint: ", out);
        oto_html_write(out, line->hint);
        fputs("</div>", out);
    }
    fputs("</div>", out);
}

/* "all 4 checks passed" or "3 of 4 checks passed"; nothing for a single one or when any is unknown. */
static char *summary(const struct oto_cell_checks *checks) {
    size_t passed = 0, known = 0;
    char *text = NULL;
    for (size_t i = 0; i < checks->count; i++) {
        passed += checks->lines[i].state == OTO_CHECK_PASSED;
        known += checks->lines[i].state != OTO_CHECK_UNKNOWN;
    }
    if (known < 2 || known < checks->count) return NULL;
    int length = passed == known ? asprintf(&text, "all %zu checks passed", known)
                                 : asprintf(&text, "%zu of %zu checks passed", passed, known);
    return length < 0 ? NULL : text;
}

static char *all_plain(const struct oto_cell_checks *checks, const char *sum) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    for (size_t i = 0; i < checks->count; i++) write_plain(out, &checks->lines[i]);
    if (sum) fprintf(out, "%s\n", sum);
    if (fclose(out)) return NULL;
    if (size && text[size - 1] == '\n') text[size - 1] = '\0';
    return text;
}

static char *all_html(const struct oto_cell_checks *checks, const char *sum) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    fputs("<div class=\"oto-checks\" style=\"line-height:1.6\">", out);
    for (size_t i = 0; i < checks->count; i++) write_html(out, &checks->lines[i]);
    if (sum) fprintf(out, "<div style=\"opacity:.65\">%s</div>", sum);
    fputs("</div>", out);
    return fclose(out) ? NULL : text;
}

static void display(struct oto_cell_checks *checks) {
    if (!checks->displayed) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(checks->id, sizeof checks->id, "oto-checks-%llx-%lx", (unsigned long long)now.tv_sec, now.tv_nsec);
    }
    char *sum = summary(checks);
    struct oto_bundle bundle = {
        .id = checks->id, .update = checks->displayed, .text = all_plain(checks, sum), .html = all_html(checks, sum)};
    oto_bundle_send(&bundle, OTO_RECORD_DISPLAY);
    checks->displayed = true;
    free(sum);
}

void oto_verdicts_add(struct oto_cell_checks *checks, struct oto_line_of_check line) {
    struct oto_line_of_check *grown = realloc(checks->lines, (checks->count + 1) * sizeof *grown);
    if (!grown) return;
    checks->lines = grown;
    struct oto_line_of_check *kept = &grown[checks->count];
    *kept = line;
    kept->name = strdup(line.name);
    kept->message = strdup(line.message ? line.message : "");
    kept->hint = line.hint ? strdup(line.hint) : NULL;
    if (!kept->name || !kept->message) {
        free(kept->name);
        free(kept->message);
        free(kept->hint);
        return;
    }
    checks->count++;
    if (oto_host() >= 0)
        display(checks);
    else
        write_plain(stdout, kept);
}

void oto_verdicts_clear(struct oto_cell_checks *checks) {
    for (size_t i = 0; i < checks->count; i++) {
        free(checks->lines[i].name);
        free(checks->lines[i].message);
        free(checks->lines[i].hint);
    }
    free(checks->lines);
    *checks = (struct oto_cell_checks){0};
}

/* An observed signal as a sound tensor of the scope it is called in, or NULL. */
static OtoTensor *sound_of(const struct oto_observation *o, double sample_rate) {
    int64_t channels = o->rank == 2 ? o->shape[0] : 1, samples = o->shape[o->rank - 1];
    if (o->count == 0 || channels > 8 || (double)samples > sample_rate * SECONDS_MOST) return NULL;
    OtoTensor *x = o->rank == 2 ? oto_zeros(channels, samples) : oto_zeros(samples);
    float *data = oto_data(x);
    for (size_t i = 0; i < o->count; i++) data[i] = (float)oto_observation_real(o, i);
    return oto_as_audio(x, sample_rate);
}

static void play_both(const struct oto_observation *expected, const struct oto_observation *observed) {
    double sample_rate = expected->sample_rate;
    if (!(sample_rate >= 1000 && sample_rate <= 384000)) return;
    oto_scope {
        OtoTensor *target = sound_of(expected, sample_rate), *yours = sound_of(observed, sample_rate);
        if (target && yours) {
            OtoShow options = {.with = {yours}, .labels = {"target", "yours"}};
            struct oto_bundle bundle = {0};
            if (asprintf(&bundle.text, "%s: players of target and yours", expected->name) < 0) bundle.text = NULL;
            options.title = expected->name;
            oto_view_sound(&bundle, target, &options, false);
            oto_bundle_send(&bundle, OTO_RECORD_DISPLAY);
        }
    }
}

static float *magnitudes(const struct oto_observation *o) {
    float *values = malloc(o->count * sizeof *values);
    for (size_t i = 0; values && i < o->count; i++) {
        double real = oto_observation_real(o, i);
        values[i] = (float)(o->type == OTO_OBSERVED_COMPLEX64 ? hypot(real, oto_observation_imaginary(o, i)) : real);
    }
    return values;
}

static void draw_both(const struct oto_observation *expected, const struct oto_observation *observed) {
    float *want = magnitudes(expected), *got = magnitudes(observed);
    if (want && got) {
        struct oto_line lines[] = {
            {.label = "expected", .y = want, .step = 1, .count = expected->count},
            {.label = "yours", .y = got, .step = 1, .count = observed->count, .dashed = true},
        };
        struct oto_frame frame = {.title = expected->name, .x_label = "index", .width = 640, .height = 240};
        struct oto_bundle bundle = {0};
        char *why = NULL;
        bundle.png = oto_figure_lines(&frame, lines, 2, OTO_LINES, &bundle.png_size, &why);
        free(why);
        if (asprintf(&bundle.text, "%s: a plot of expected and yours", expected->name) < 0) bundle.text = NULL;
        if (bundle.png)
            oto_bundle_send(&bundle, OTO_RECORD_DISPLAY);
        else
            free(bundle.text);
    }
    free(want);
    free(got);
}

void oto_verdicts_illustrate(struct oto_cell_checks *checks, const struct oto_observation *expected,
                             const struct oto_record *observed_record) {
    struct oto_observation observed;
    const char *why;
    if (oto_host() < 0 || oto_show_is_blind() || checks->pictures >= PICTURES_MOST) return;
    if (!oto_observation_read(&observed, observed_record, &why) || observed.kind != expected->kind) return;
    if (observed.problem || observed.count == 0) return;
    checks->pictures++;
    bool curve = expected->kind == OTO_CHECK_ARRAY || expected->kind == OTO_CHECK_TRAJECTORY ||
                 (expected->kind == OTO_CHECK_SPECTRUM && expected->rank == 1);
    if (expected->kind == OTO_CHECK_AUDIO || (expected->kind == OTO_CHECK_SEPARATION && expected->rank == 1))
        play_both(expected, &observed);
    else if (curve && expected->count >= ELEMENTS_WORTH_A_PICTURE && observed.count > 1)
        draw_both(expected, &observed);
}
