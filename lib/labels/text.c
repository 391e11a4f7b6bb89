#include "lib/io/file.h"
#include "lib/labels/labels.h"
#include "lib/labels/reading.h"
#include "lib/music/pitch.h"
#include "lib/tensor/error.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_MAX = 256 << 20, NUMBERS_MAX = 3, POSITION_MAX = 64 };

/* A line: the numbers it begins with, at most two when a text follows, and what follows. */
struct line {
    double numbers[NUMBERS_MAX];
    int count;
    const char *text;
    int64_t number; /* of the line, from 1 */
};

struct lines {
    struct line *lines;
    int64_t count;
    int most; /* numbers in any line */
    int fewest;
    bool texts, chords, positions; /* all have a text; all texts are chords; all second numbers are beat positions */
};

static bool is_gap(char c) {
    return c == ' ' || c == '\t' || c == ',' || c == ';';
}

/* Splits one line in place. */
static void split(char *at, struct line *line) {
    char *start = at;
    line->text = "";
    while (line->count < NUMBERS_MAX) {
        while (is_gap(*start)) start++;
        char *end;
        double number = strtod(start, &end);
        if (end == start || (*end && !is_gap(*end))) break;
        line->numbers[line->count++] = number;
        start = end;
    }
    while (is_gap(*start)) start++;
    size_t length = strlen(start);
    while (length > 0 && (is_gap(start[length - 1]) || start[length - 1] == '\r')) start[--length] = '\0';
    line->text = start;
}

static void look_at(struct lines *all, const struct line *line, const char *name) {
    if (line->count == 0)
        oto_refuse("oto_labels_load", "%s, line %" PRId64 ": \"%.40s\" does not begin with a time", name, line->number,
                   line->text);
    for (int i = 0; i < line->count; i++)
        if (!isfinite(line->numbers[i]))
            oto_refuse("oto_labels_load", "%s, line %" PRId64 " has a number that is infinite or NaN", name,
                       line->number);
    if (line->count > all->most) all->most = line->count;
    if (line->count < all->fewest) all->fewest = line->count;
    all->texts &= *line->text != '\0';
    all->chords &= oto_is_chord(line->text);
    double position = line->numbers[1];
    all->positions &= line->count == 2 && position == floor(position) && position >= 0 && position <= POSITION_MAX;
}

static struct lines read_lines(char *text, size_t size, const char *name) {
    struct lines all = {.fewest = NUMBERS_MAX, .texts = true, .chords = true, .positions = true};
    int64_t room = 1;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\0') oto_refuse("oto_labels_load", "%s has a zero byte at %zu, so it is no text", name, i);
        room += text[i] == '\n';
    }
    all.lines = calloc((size_t)room, sizeof *all.lines);
    if (!all.lines) oto_refuse("oto_labels_load", "no memory for the %" PRId64 " lines of %s", room, name);
    oto_hold(all.lines, free);
    int64_t number = 0;
    for (char *at = text, *next; at; at = next) {
        next = strchr(at, '\n');
        if (next) *next++ = '\0';
        number++;
        while (*at == ' ' || *at == '\t' || *at == '\r') at++;
        if (*at == '\0' || *at == '#') continue;
        struct line line = {.number = number};
        split(at, &line);
        look_at(&all, &line, name);
        all.lines[all.count++] = line;
    }
    return all;
}

static OtoLabelKind looks_like(const struct lines *all, const char *name) {
    if (all->count == 0) oto_refuse("oto_labels_load", "%s has no labels in it", name);
    bool beats = strcasestr(name, "beat");
    if (all->most == 1 && !all->texts) return beats ? OTO_BEATS : OTO_ONSETS;
    if (all->most == 3) return OTO_NOTE_LABELS;
    if (all->most == 2 && all->positions && !all->texts) return OTO_BEATS;
    if (all->texts && all->chords) return OTO_CHORDS;
    return OTO_SECTIONS;
}

/* The label of a line; next is the one after it, or NULL. */
static OtoLabel label_of(OtoLabelKind kind, const struct line *line, const struct line *next, const char *name) {
    bool moment = kind == OTO_ONSETS || kind == OTO_BEATS;
    double end = line->numbers[0];
    if (!moment && line->count >= 2)
        end = line->numbers[1];
    else if (!moment && next)
        end = next->numbers[0];
    if (end < line->numbers[0])
        oto_refuse("oto_labels_load", "%s, line %" PRId64 ": the end, %g s, comes before the start, %g s", name,
                   line->number, end, line->numbers[0]);
    OtoLabel label = {.time = line->numbers[0], .duration = end - line->numbers[0], .text = line->text};
    if (kind == OTO_BEATS && line->count >= 2) label.value = line->numbers[1];
    if (kind == OTO_BEATS && line->count == 1) label.value = strtod(line->text, NULL); /* a word: 0, unknown */
    if (kind == OTO_NOTE_LABELS) {
        if (line->count < 3 || !(line->numbers[2] > 8 && line->numbers[2] < 12544))
            oto_refuse("oto_labels_load", "%s, line %" PRId64 ": a note has start, end and frequency (8 to 12544 Hz)",
                       name, line->number);
        label.value = oto_hz_to_midi(line->numbers[2]);
    }
    return label;
}

OtoLabels *oto_labels_parse(const char *text, size_t size, const char *name, OtoLabelsLoad options) {
    oto_check_text("oto_labels_load", "name", name);
    oto_check_buffer("oto_labels_load", "text", text, size);
    OtoLabels *list = NULL;
    oto_scope {
        char *copy = malloc(size + 1);
        if (!copy) oto_refuse("oto_labels_load", "no memory for %s", name);
        oto_hold(copy, free);
        memcpy(copy, text, size);
        copy[size] = '\0';
        struct lines all = read_lines(copy, size, name);
        OtoLabelKind kind = options.kind == OTO_ANY_LABELS ? looks_like(&all, name) : options.kind;
        OtoLabel *labels = calloc((size_t)all.count + 1, sizeof *labels);
        if (!labels) oto_refuse("oto_labels_load", "no memory for the labels of %s", name);
        oto_hold(labels, free);
        for (int64_t i = 0; i < all.count; i++) {
            labels[i] = label_of(kind, &all.lines[i], i + 1 < all.count ? &all.lines[i + 1] : NULL, name);
            oto_label_must_fit(kind, &labels[i], name, "line", all.lines[i].number);
        }
        list = oto_keep(oto_labels_from(kind, labels, all.count));
        list->origin = strdup(name);
    }
    return list;
}

OtoLabels *(oto_labels_load)(const char *path, OtoLabelsLoad options) {
    oto_check_text("oto_labels_load", "path", path);
    oto_check_range("oto_labels_load", "kind", options.kind, OTO_ANY_LABELS, OTO_TAGS);
    OtoLabels *list = NULL;
    oto_scope {
        size_t size;
        const char *text = oto_file_read("oto_labels_load", path, FILE_MAX, &size), *name = oto_file_name(path);
        bool jams = oto_file_ends_in(path, "jams") || oto_file_ends_in(path, "json");
        list = oto_keep(jams ? oto_jams_parse(text, size, name, options) : oto_labels_parse(text, size, name, options));
    }
    return list;
}

static void write_label(FILE *to, OtoLabelKind kind, const OtoLabel *label) {
    double end = label->time + label->duration;
    if (kind == OTO_ONSETS)
        fprintf(to, "%.9g\n", label->time);
    else if (kind == OTO_BEATS && label->value > 0)
        fprintf(to, "%.9g\t%g\n", label->time, label->value);
    else if (kind == OTO_BEATS)
        fprintf(to, "%.9g\n", label->time);
    else if (kind == OTO_NOTE_LABELS)
        fprintf(to, "%.9g\t%.9g\t%.9g\n", label->time, end, oto_midi_to_hz(label->value));
    else
        fprintf(to, "%.9g\t%.9g\t%s\n", label->time, end, label->text);
}

void oto_labels_save(OtoLabels *labels, const char *path) {
    oto_check_value("oto_labels_save", "labels", labels, OTO_LABELS);
    oto_check_text("oto_labels_save", "path", path);
    if (oto_file_ends_in(path, "jams")) {
        oto_jams_save_list(path, &labels, 1);
        return;
    }
    FILE *to = fopen(path, "w");
    if (!to) oto_refuse("oto_labels_save", "%s: %s", path, strerror(errno));
    for (int64_t i = 0; i < labels->count; i++) write_label(to, labels->kind, &labels->labels[i]);
    bool failed = ferror(to);
    if (fclose(to) != 0 || failed)
        oto_refuse("oto_labels_save", "%s was not written to its end: %s", path, strerror(errno));
}
