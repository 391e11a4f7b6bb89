#include "lib/nn/hash.h"
#include "lib/nn/run.h"
#include "lib/nn/run_file.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void release_run(void *value) {
    OtoRun *run = value;
    free(run->name);
    free(run->id);
    free(run->file);
}

static void release_json(void *json) {
    json_decref(json);
}

/* ---- hashes ---- */

enum { HASH_DIGITS = 8 };

static uint64_t hash_of_tensor(uint64_t hash, OtoTensor *x) {
    return oto_hash(hash, x->data, (size_t)x->size * (x->type == OTO_FLOAT32 ? sizeof(float) : 8));
}

/* "3f2a91c4 (600, 40)" */
static OtoSetting data_setting(uint64_t hash, const char *shape) {
    OtoSetting setting = {.kind = OTO_SETTING_DATA};
    if (asprintf(&setting.text, "%0*" PRIx64 " %s", HASH_DIGITS, (hash ^ hash >> 32) & 0xffffffffu, shape) < 0)
        oto_refuse("oto_run", "no memory for a setting");
    return setting;
}

/* ---- settings ---- */

OtoSetting oto_setting_number(double value) {
    return (OtoSetting){.kind = OTO_SETTING_NUMBER, .number = value};
}
OtoSetting oto_setting_truth(bool value) {
    return (OtoSetting){.kind = OTO_SETTING_TRUTH, .number = value};
}
OtoSetting oto_setting_text(const char *value) {
    oto_check_text("oto_run", "a setting", value);
    return (OtoSetting){.kind = OTO_SETTING_TEXT, .text = strdup(value)};
}
OtoSetting oto_setting_tensor(OtoTensor *x) {
    oto_need("oto_run", "a setting", x);
    return data_setting(hash_of_tensor(OTO_HASH_START, x), oto_shape_quoted(x));
}
OtoSetting oto_setting_dataset(OtoDataset *set) {
    oto_check_value("oto_run", "a setting", set, OTO_DATASET);
    uint64_t hash = OTO_HASH_START;
    for (int64_t i = 0; i < set->count; i++) hash = oto_hash(hash, set->items[i].name, strlen(set->items[i].name) + 1);
    char count[40];
    snprintf(count, sizeof count, "(%" PRId64 " items)", set->count);
    return data_setting(hash, count);
}
OtoSetting oto_setting_examples(OtoExamples examples) {
    if (examples.set) return oto_setting_dataset(examples.set);
    oto_need("oto_run", "the examples' x", examples.x);
    uint64_t hash = hash_of_tensor(OTO_HASH_START, examples.x);
    if (examples.y) hash = hash_of_tensor(hash, examples.y);
    return data_setting(hash, oto_shape_quoted(examples.x));
}

static json_t *json_of(const OtoSetting *setting) {
    if (setting->kind == OTO_SETTING_TRUTH) return json_boolean(setting->number != 0);
    if (setting->kind != OTO_SETTING_NUMBER) return json_string(setting->text);
    if (!isfinite(setting->number)) return json_string(isnan(setting->number) ? "nan" : "inf");
    if (setting->number == floor(setting->number) && fabs(setting->number) < 1e15)
        return json_integer((json_int_t)setting->number);
    return json_real(setting->number);
}

/* The next name of a list as it is written, "lr, f(a, b), width": without the spaces around it; to be freed. Moves the
 * list on. */
static char *next_name(const char **list) {
    const char *from = *list + strspn(*list, " \t\n"), *at = from;
    int depth = 0;
    for (char quote = 0; *at && (quote || depth > 0 || *at != ','); at++) {
        if (quote && *at == '\\' && at[1])
            at++;
        else if (quote)
            quote = *at == quote ? 0 : quote;
        else if (*at == '"' || *at == '\'')
            quote = *at;
        else
            depth += (strchr("([{", *at) != NULL) - (strchr(")]}", *at) != NULL);
    }
    *list = *at ? at + 1 : at;
    while (at > from && strchr(" \t\n", at[-1])) at--;
    return strndup(from, (size_t)(at - from));
}

static json_t *settings_of(const char *names, const OtoSetting settings[]) {
    json_t *object = json_object();
    for (int i = 0; object && settings[i].kind != OTO_SETTING_END; i++) {
        char *name = next_name(&names);
        json_object_set_new(object, name ? name : "?", json_of(&settings[i]));
        free(name);
        free(settings[i].text);
    }
    return object;
}

/* ---- a run ---- */

/* The hash of a source file, where it is one. */
static json_t *hash_of_file(const char *path) {
    FILE *in = fopen(path, "rbe");
    if (!in) return json_null();
    uint64_t hash = OTO_HASH_START;
    unsigned char part[4096];
    for (size_t count; (count = fread(part, 1, sizeof part, in)) > 0;) hash = oto_hash(hash, part, count);
    fclose(in);
    char text[20];
    snprintf(text, sizeof text, "%016" PRIx64, hash);
    return json_string(text);
}

static void write_time(char text[static 32]) {
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* An id that no other run has: when, which process, which of its runs. */
static char *new_id(void) {
    static _Thread_local unsigned count;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char *id;
    return asprintf(&id, "%" PRIx64 "-%x-%x", (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
                    (unsigned)getpid(), count++) < 0
               ? NULL
               : id;
}

/* One line, written as a whole: lines of several programs never mix. */
static void append(const char *operation, const char *file, json_t *line) {
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL, *whole = NULL;
    if (!text || asprintf(&whole, "%s\n", text) < 0) whole = NULL;
    free(text);
    if (!whole) oto_refuse(operation, "no memory for a line of %s", file);
    oto_hold(whole, free);
    int out = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    size_t size = strlen(whole);
    errno = 0;
    bool good = out >= 0 && write(out, whole, size) == (ssize_t)size;
    int error = errno;
    if (out >= 0) close(out);
    if (!good) oto_refuse(operation, "%s cannot be written: %s", file, error ? strerror(error) : "the disk is full");
}

OtoRun *oto_run_begin(const char *name, const char *file, int line, const char *names, const OtoSetting settings[]) {
    oto_run_check_name("oto_run", name);
    if (mkdir(OTO_RUNS_FOLDER, 0777) != 0 && errno != EEXIST)
        oto_refuse("oto_run", "the folder " OTO_RUNS_FOLDER " cannot be made: %s", strerror(errno));
    OtoRun *run = oto_value_new(OTO_RUN, sizeof *run, release_run);
    run->name = strdup(name);
    run->id = new_id();
    run->file = oto_run_file(name);
    if (!run->name || !run->id || !run->file) oto_refuse("oto_run", "no memory for a run");
    char began[32];
    write_time(began);
    oto_scope {
        json_t *entry = json_pack("{s:s, s:s, s:o, s:I, s:s, s:i, s:o}", "run", run->id, "began", began, "settings",
                                  settings_of(names, settings), "seed", (json_int_t)oto_random_now().seed, "file", file,
                                  "line", line, "source", hash_of_file(file));
        append("oto_run", run->file, oto_hold(entry, release_json));
    }
    return run;
}

void oto_run_log(OtoRun *run, const char *what, double value) {
    oto_check_value("oto_log", "run", run, OTO_RUN);
    oto_check_text("oto_log", "what", what);
    oto_scope {
        json_t *number = isfinite(value) ? json_real(value) : json_null();
        append("oto_log", run->file,
               oto_hold(json_pack("{s:s, s:{s:o}}", "run", run->id, "log", what, number), release_json));
    }
}
