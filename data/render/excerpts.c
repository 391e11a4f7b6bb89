#include "excerpts.h"
#include "file.h"
#include "studio.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 12, LINE_MAX_SIZE = 1000 };

/* A line of labels.csv in its fields. */
struct row {
    char line[LINE_MAX_SIZE], *fields[FIELDS_MAX];
    int count;
};

static void split_row(struct row *row, const char *line) {
    snprintf(row->line, sizeof row->line, "%s", line);
    row->count = 0;
    for (char *at = row->line; at && row->count < FIELDS_MAX;) {
        row->fields[row->count++] = at;
        at = strchr(at, ',');
        if (at) *at++ = '\0';
    }
}

/* Every second pitch, the louder velocity. */
static bool is_note_wanted(const struct row *row) {
    enum { PITCH = 3, VELOCITY = 4 };
    return atoi(row->fields[VELOCITY]) > 100 && atoi(row->fields[PITCH]) / 3 % 2 == 0;
}

/* Three songs to train with; one to test with, from both soundfonts. */
static bool is_style_wanted(const struct row *row) {
    enum { SONG = 2, VARIANT = 6 };
    static const char *const songs[] = {"ode_to_joy", "canon", "blues_in_c", "saints"};
    if (strcmp(row->fields[VARIANT], "clean") != 0) return false;
    for (size_t i = 0; i < sizeof songs / sizeof *songs; i++)
        if (strcmp(row->fields[SONG], songs[i]) == 0) return true;
    return false;
}

static const struct excerpt {
    const char *set;
    bool (*is_wanted)(const struct row *row);
    double seconds;
} excerpts[] = {{"notes", is_note_wanted, 1}, {"styles", is_style_wanted, 5}};

/* The beginning of a sound, with a short fade where it was cut. */
static bool copy_sound(const char *from, const char *to, double seconds) {
    SF_INFO info = {};
    SNDFILE *file = sf_open(from, SFM_READ, &info);
    if (!file) {
        fprintf(stderr, "data: %s: %s; make the sets first\n", from, sf_strerror(NULL));
        return false;
    }
    int64_t n = (int64_t)fmin((double)info.frames, seconds * SAMPLE_RATE),
            fade = n < info.frames ? SAMPLE_RATE / 20 : 0;
    int16_t *samples = need_memory((size_t)n + 1, sizeof *samples);
    bool copied = sf_readf_short(file, samples, n) == n;
    sf_close(file);
    for (int64_t t = n - fade; t < n; t++) samples[t] = (int16_t)(samples[t] * (n - t) / fade);
    copied = copied && write_flac(to, samples, n);
    free(samples);
    return copied;
}

static bool copy_rows(const struct excerpt *excerpt, FILE *labels, FILE *kept, const char *from, const char *to) {
    char line[LINE_MAX_SIZE];
    struct row row;
    bool copied = true;
    for (int64_t number = 0; copied && fgets(line, sizeof line, labels); number++) {
        split_row(&row, line);
        if (number > 0 && !excerpt->is_wanted(&row)) continue;
        fputs(line, kept);
        if (number == 0) continue;
        char *source = text_of("%s/%s/%s", from, excerpt->set, row.fields[0]);
        char *target = text_of("%s/%s/%s", to, excerpt->set, row.fields[0]);
        copied = copy_sound(source, target, excerpt->seconds);
        free(source);
        free(target);
    }
    return copied;
}

static bool copy_excerpt(const struct excerpt *excerpt, const char *from, const char *to) {
    char *path = text_of("%s/%s/labels.csv", from, excerpt->set),
         *kept_path = text_of("%s/%s/labels.csv", to, excerpt->set);
    char *text = NULL;
    size_t size;
    FILE *labels = fopen(path, "r"), *kept = open_memstream(&text, &size);
    if (!kept) out_of_memory();
    if (!labels) fprintf(stderr, "data: %s is not there; make the sets first\n", path);
    bool copied = labels && copy_rows(excerpt, labels, kept, from, to);
    if (labels) fclose(labels);
    if (fclose(kept) != 0) out_of_memory();
    copied = copied && write_text(kept_path, text, size);
    free(text);
    free(path);
    free(kept_path);
    return copied;
}

bool copy_excerpts(const char *from, const char *to) {
    bool copied = true;
    for (size_t i = 0; i < sizeof excerpts / sizeof *excerpts && copied; i++)
        copied = copy_excerpt(&excerpts[i], from, to);
    return copied;
}
