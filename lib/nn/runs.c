/* All runs of a name as a table. */
#include "lib/nn/run.h"
#include "lib/nn/run_file.h"
#include "lib/tensor/error.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void oto_run_check_name(const char *operation, const char *name) {
    oto_check_text(operation, "name", name);
    bool good = *name && *name != '.' && strlen(name) <= 200;
    for (const char *at = name; *at; at++) good = good && (isalnum((unsigned char)*at) || strchr(" -_.+", *at));
    if (!good)
        oto_refuse(operation,
                   "\"%.40s\" is no name for runs: take letters, digits, spaces and -_.+, as it becomes a file's",
                   name);
}

char *oto_run_file(const char *name) {
    char *file;
    return asprintf(&file, OTO_RUNS_FOLDER "/%s" OTO_RUNS_ENDING, name) < 0 ? NULL : file;
}

/* ---- reading ---- */

/* Runs with the same settings. */
struct setting_group {
    char *key; /* the settings as text */
    json_t *settings;
    int64_t runs;
};
struct run {
    char *id;
    int64_t group;
    json_t *logged; /* name: last value */
};
struct reading {
    struct setting_group *groups;
    struct run *runs;
    int64_t group_count, group_room, run_count, run_room, broken;
    json_t *setting_names, *logged_names; /* objects, for their keys in order */
};

static void release_reading(void *thing) {
    struct reading *r = thing;
    for (int64_t i = 0; i < r->group_count; i++) {
        free(r->groups[i].key);
        json_decref(r->groups[i].settings);
    }
    for (int64_t i = 0; i < r->run_count; i++) {
        free(r->runs[i].id);
        json_decref(r->runs[i].logged);
    }
    free(r->groups);
    free(r->runs);
    json_decref(r->setting_names);
    json_decref(r->logged_names);
    free(r);
}

static void *grown(void *array, int64_t count, int64_t *room, size_t size) {
    if (count < *room) return array;
    int64_t more = *room * 2 + 16;
    void *larger = realloc(array, (size_t)more * size);
    if (!larger) oto_refuse("oto_runs", "no memory for %" PRId64 " runs", more);
    *room = more;
    return larger;
}

static void note_names(json_t *names, json_t *of) {
    const char *name;
    json_t *value;
    json_object_foreach(of, name, value) if (!json_object_get(names, name))
        json_object_set_new(names, name, json_true());
}

static int64_t group_of(struct reading *r, json_t *settings) {
    char *key = json_dumps(settings, JSON_COMPACT | JSON_SORT_KEYS);
    if (!key) oto_refuse("oto_runs", "no memory for settings");
    for (int64_t i = 0; i < r->group_count; i++)
        if (!strcmp(r->groups[i].key, key)) {
            free(key);
            return i;
        }
    r->groups = grown(r->groups, r->group_count, &r->group_room, sizeof *r->groups);
    r->groups[r->group_count] = (struct setting_group){.key = key, .settings = json_incref(settings)};
    note_names(r->setting_names, settings);
    return r->group_count++;
}

static struct run *run_of(struct reading *r, const char *id) {
    for (int64_t i = r->run_count; i-- > 0;) /* the last one is the likeliest */
        if (!strcmp(r->runs[i].id, id)) return &r->runs[i];
    return NULL;
}

/* A line of the file; false when it is none that oto_run or oto_log writes. */
static bool take_line(struct reading *r, json_t *line) {
    const char *id = json_string_value(json_object_get(line, "run"));
    json_t *settings = json_object_get(line, "settings"), *log = json_object_get(line, "log");
    if (!id || !(json_is_object(settings) || json_is_object(log))) return false;
    struct run *run = run_of(r, id);
    if (json_is_object(settings)) {
        if (run) return false;
        int64_t group = group_of(r, settings);
        r->runs = grown(r->runs, r->run_count, &r->run_room, sizeof *r->runs);
        struct run new = {.id = strdup(id), .group = group, .logged = json_object()};
        if (!new.id || !new.logged) oto_refuse("oto_runs", "no memory for a run");
        r->runs[r->run_count++] = new;
        r->groups[group].runs++;
        return true;
    }
    if (!run) return false;
    json_object_update(run->logged, log);
    note_names(r->logged_names, log);
    return true;
}

static void read_lines(struct reading *r, FILE *in) {
    char *text = NULL;
    size_t room = 0;
    for (ssize_t length; (length = getline(&text, &room, in)) >= 0 && !oto_interrupt_pending();) {
        json_t *line = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, NULL);
        if (!take_line(r, line)) r->broken++;
        json_decref(line);
    }
    free(text);
}

/* ---- the table ---- */

/* A cell, in quotes, behind a separator unless it is the first. */
static void write_cell(FILE *out, bool first, const char *text) {
    fputs(first ? "\"" : "\t\"", out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void write_setting(FILE *out, bool first, const json_t *value) {
    char number[40] = "";
    if (json_is_integer(value)) snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value)) snprintf(number, sizeof number, "%.6g", json_real_value(value));
    if (json_is_boolean(value)) snprintf(number, sizeof number, json_is_true(value) ? "true" : "false");
    write_cell(out, first, json_is_string(value) ? json_string_value(value) : number);
}

/* Mean and standard deviation of what the runs of a group have logged last. */
static void write_logged(FILE *out, const struct reading *r, int64_t group, const char *name) {
    double sum = 0, squares = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < r->run_count; i++) {
        json_t *value = r->runs[i].group == group ? json_object_get(r->runs[i].logged, name) : NULL;
        if (!json_is_number(value)) continue;
        sum += json_number_value(value);
        count++;
    }
    double mean = sum / (double)count;
    for (int64_t i = 0; i < r->run_count; i++) {
        json_t *value = r->runs[i].group == group ? json_object_get(r->runs[i].logged, name) : NULL;
        if (json_is_number(value)) squares += (json_number_value(value) - mean) * (json_number_value(value) - mean);
    }
    char text[40] = "";
    if (count > 0) snprintf(text, sizeof text, "%.4g", mean);
    write_cell(out, false, text);
    text[0] = '\0';
    if (count > 1) snprintf(text, sizeof text, "%.3g", sqrt(squares / (double)(count - 1)));
    write_cell(out, false, text);
}

static void write_header(FILE *out, const struct reading *r) {
    const char *name;
    json_t *value;
    bool first = true;
    json_object_foreach(r->setting_names, name, value) {
        write_cell(out, first, name);
        first = false;
    }
    write_cell(out, first, "runs");
    json_object_foreach(r->logged_names, name, value) {
        char *mean;
        if (asprintf(&mean, "%s mean", name) < 0) oto_refuse("oto_runs", "no memory for a table");
        write_cell(out, false, mean);
        free(mean);
        if (asprintf(&mean, "%s sd", name) < 0) oto_refuse("oto_runs", "no memory for a table");
        write_cell(out, false, mean);
        free(mean);
    }
    fputc('\n', out);
}

static void write_group(FILE *out, const struct reading *r, int64_t group) {
    const char *name;
    json_t *value;
    bool first = true;
    json_object_foreach(r->setting_names, name, value) {
        write_setting(out, first, json_object_get(r->groups[group].settings, name));
        first = false;
    }
    char runs[32];
    snprintf(runs, sizeof runs, "%" PRId64, r->groups[group].runs);
    write_cell(out, first, runs);
    json_object_foreach(r->logged_names, name, value) write_logged(out, r, group, name);
    fputc('\n', out);
}

static OtoTable *table_of(const struct reading *r, const char *file) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) oto_refuse("oto_runs", "no memory for a table");
    write_header(out, r);
    for (int64_t group = 0; group < r->group_count; group++) write_group(out, r, group);
    bool good = fclose(out) == 0;
    oto_hold(text, free);
    if (!good) oto_refuse("oto_runs", "no memory for a table");
    return oto_table_parse(text, size, file, (OtoTableLoad){.separator = '\t', .header = true});
}

/* "tagger, vae": what there is instead; kept until the innermost scope ends. */
static const char *known_names(void) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    DIR *folder = opendir(OTO_RUNS_FOLDER);
    if (out && folder)
        for (struct dirent *entry; (entry = readdir(folder));) {
            char *ending = strstr(entry->d_name, OTO_RUNS_ENDING);
            if (ending && !ending[strlen(OTO_RUNS_ENDING)])
                fprintf(out, "%s%.*s", ftell(out) > 0 ? ", " : "", (int)(ending - entry->d_name), entry->d_name);
        }
    if (folder) closedir(folder);
    if (out) fclose(out);
    if (!text || !*text) {
        free(text);
        return "none yet";
    }
    return oto_hold(text, free);
}

OtoTable *oto_runs(const char *name) {
    oto_run_check_name("oto_runs", name);
    OtoTable *table = NULL;
    oto_scope {
        char *file = oto_hold(oto_run_file(name), free);
        struct reading *r = calloc(1, sizeof *r);
        if (!file || !r) oto_refuse("oto_runs", "no memory for a table");
        oto_hold(r, release_reading);
        r->setting_names = json_object();
        r->logged_names = json_object();
        FILE *in = fopen(file, "rbe");
        if (!in)
            oto_refuse("oto_runs", "there are no runs of \"%s\" in the folder " OTO_RUNS_FOLDER " here; there are: %s",
                       name, known_names());
        read_lines(r, in);
        fclose(in);
        if (r->broken)
            fprintf(stderr, "oto_runs: %" PRId64 " line%s of %s could not be read and %s left out.\n", r->broken,
                    r->broken == 1 ? "" : "s", file, r->broken == 1 ? "is" : "are");
        if (r->group_count == 0) oto_refuse("oto_runs", "%s holds no run that could be read", file);
        table = oto_keep(table_of(r, file));
    }
    return table;
}
