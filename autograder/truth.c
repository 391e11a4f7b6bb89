#include "autograder/truth.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/files.h"
#include "kernel/engine/text.h"
#include "lib/check/observation.h"
#include "lib/io/audio.h"
#include "lib/labels/labels.h"
#include "lib/tensor/error.h"
#include "lib/tensor/lifetime.h"

enum { TRUTH_MAX_BYTES = 256 << 20 };
static const char ending[] = ".truth";

char *truth_folder(const char *notebook_path) {
    size_t length = strlen(notebook_path), notebook = strlen(".ipynb");
    if (length > notebook && !strcmp(notebook_path + length - notebook, ".ipynb")) length -= notebook;
    return must_format("%.*s%s", (int)length, notebook_path, ending);
}

bool is_truth_folder(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && !strcmp(dot, ending);
}

/* ---- a table of numbers ---- */

struct table {
    double *numbers;
    size_t count, capacity;
    int64_t rows, columns;
};

static void table_free(struct table *table) {
    free(table->numbers);
    *table = (struct table){};
}

/* A row has ended that began at number `first`. Rows are of one length. */
static bool end_row(struct table *table, size_t first, size_t line, char **error) {
    int64_t columns = (int64_t)(table->count - first);
    if (columns == 0) return true;
    if (table->rows && columns != table->columns) {
        *error = must_format("row %zu has %lld numbers, the rows before it have %lld", line, (long long)columns,
                             (long long)table->columns);
        return false;
    }
    table->columns = columns;
    table->rows++;
    return true;
}

static bool read_text(struct table *table, const char *text, char **error) {
    static const char separators[] = " \t\r\n,;";
    size_t line = 1, first = 0;
    for (const char *at = text; *at;) {
        char *end;
        if (*at == '#') at += strcspn(at, "\n");
        if (*at == '\n') {
            if (!end_row(table, first, line, error)) return false;
            first = table->count;
            line++;
        }
        if (*at && strchr(separators, *at)) {
            at++;
            continue;
        }
        if (!*at) break;
        double number = strtod(at, &end);
        bool ends = !*end || *end == '#' || strchr(separators, *end);
        if (end == at || !ends || !isfinite(number)) {
            size_t shown = strcspn(at, "\r\n");
            *error = must_format("line %zu: \"%.*s\" is no number", line, (int)(shown < 20 ? shown : 20), at);
            return false;
        }
        ARRAY_ADD(table->numbers, table->count, table->capacity) = number;
        at = end;
    }
    return end_row(table, first, line, error);
}

static bool read_json_row(struct table *table, const json_t *row, size_t index, char **error) {
    size_t first = table->count, i;
    const json_t *item;
    if (json_is_number(row)) ARRAY_ADD(table->numbers, table->count, table->capacity) = json_number_value(row);
    json_array_foreach(row, i, item) {
        if (!json_is_number(item)) {
            *error = must_format("element [%zu, %zu] is no number", index, i);
            return false;
        }
        ARRAY_ADD(table->numbers, table->count, table->capacity) = json_number_value(item);
    }
    if (table->count == first) {
        *error = must_format("element [%zu] is neither a number nor a row of numbers", index);
        return false;
    }
    return end_row(table, first, index, error);
}

static bool read_json(struct table *table, const char *text, size_t size, char **error) {
    json_error_t wrong;
    json_t *json = json_loadb(text, size, 0, &wrong);
    size_t i;
    json_t *row;
    bool read = json_is_array(json);
    if (!json)
        *error = must_format("line %d: %s", wrong.line, wrong.text);
    else if (!read)
        *error = must_copy("it is no array");
    json_array_foreach(json, i, row) if (read) read = read_json_row(table, row, i, error);
    json_decref(json);
    return read;
}

/* ---- a truth in the place of an observation ---- */

/* The kind's columns; 0: any number. */
static int64_t columns_of(enum oto_check_kind kind) {
    switch (kind) {
    case OTO_CHECK_NOTES:
        return 3;
    case OTO_CHECK_MELODY:
        return 2;
    default:
        return 0;
    }
}

/* All terms of the check as the solution sent them; the value is still to come. */
static struct oto_observed terms_of(const struct oto_observation *view) {
    return (struct oto_observed){.kind = view->kind,
                                 .type = OTO_OBSERVED_FLOAT64,
                                 .name = view->name,
                                 .hint = view->hint,
                                 .metric = view->metric,
                                 .truth = view->truth,
                                 .forbid = view->forbid,
                                 .require = view->require,
                                 .weight = view->weight,
                                 .hidden = view->hidden,
                                 .window = view->window,
                                 .at_least = view->at_least,
                                 .at_most = view->at_most,
                                 .full_at = view->full_at,
                                 .sample_rate = view->sample_rate};
}

static void replace(struct oto_record *record, const struct oto_observed *truth) {
    struct oto_record new;
    oto_observation_write(&new, truth);
    oto_record_free(record);
    *record = new;
}

static const char nothing[] = "it holds nothing, so that no answer could be right";

struct chords {
    const char *text, *path;
    OtoLabels *labels;
};

static void parse_chords(void *context) {
    struct chords *chords = context;
    const char *name = strrchr(chords->path, '/') + 1;
    chords->labels = oto_labels_parse(chords->text, strlen(chords->text), name, (OtoLabelsLoad){.kind = OTO_CHORDS});
}

static bool put_chords(struct oto_record *record, const struct oto_observation *view, struct chords *chords,
                       char **error) {
    oto_scope {
        *error = oto_refusal_of(parse_chords, chords);
        if (!*error && chords->labels->count == 0) *error = must_copy(nothing);
    }
    if (*error) return false;
    struct oto_observed truth = terms_of(view);
    const int64_t length = (int64_t)strlen(chords->text);
    truth.type = OTO_OBSERVED_TEXT;
    truth.rank = 1;
    truth.shape = &length;
    truth.data = chords->text;
    replace(record, &truth);
    return true;
}

/* Classes and marks are whole numbers; *wholes is malloc'd then. */
static bool all_whole(const struct table *table, int64_t **wholes) {
    for (size_t i = 0; i < table->count; i++)
        if (table->numbers[i] != nearbyint(table->numbers[i]) || fabs(table->numbers[i]) > 0x1p53) return false;
    *wholes = must_allocate(table->count * sizeof **wholes + 1);
    for (size_t i = 0; i < table->count; i++) (*wholes)[i] = (int64_t)table->numbers[i];
    return true;
}

static bool put_table(struct oto_record *record, const struct oto_observation *view, struct table *table,
                      char **error) {
    struct oto_observed truth = terms_of(view);
    int64_t wanted = columns_of(view->kind), *wholes = NULL;
    bool first_column = view->kind == OTO_CHECK_ONSETS || view->kind == OTO_CHECK_BEATS;
    if (!table->rows) {
        *error = must_copy(nothing);
        return false;
    }
    if (wanted && table->columns != wanted) {
        *error = must_format("it has %lld columns, a check of %s needs %lld", (long long)table->columns,
                             oto_check_kind_name(view->kind), (long long)wanted);
        return false;
    }
    if (first_column && table->columns > 1) {
        for (int64_t i = 0; i < table->rows; i++) table->numbers[i] = table->numbers[i * table->columns];
        table->columns = 1;
    }
    bool one_channel = view->kind == OTO_CHECK_SEPARATION && view->rank == 1 && table->rows == 1;
    const int64_t shape[] = {one_channel ? table->columns : table->rows, wanted ? wanted : table->columns};
    truth.rank = !wanted && (table->columns <= 1 || one_channel) ? 1 : 2;
    truth.shape = shape;
    truth.data = table->numbers;
    if (view->kind == OTO_CHECK_PREDICTIONS && all_whole(table, &wholes)) {
        truth.type = OTO_OBSERVED_INT64;
        truth.data = wholes;
    }
    replace(record, &truth);
    free(wholes);
    return true;
}

/* A file's bytes as a sound. */
struct sound {
    const char *bytes, *name;
    size_t size;
    OtoTensor *tensor;
};

static void parse_sound(void *context) {
    struct sound *sound = context;
    sound->tensor = oto_audio_parse(sound->bytes, sound->size, sound->name);
}

/* Sources of another length or sample rate than the solution's could not be compared with anybody's. */
static bool put_sources(struct oto_record *record, const struct oto_observation *view, const OtoTensor *sound,
                        char **error) {
    struct oto_observed truth = terms_of(view);
    const int64_t shape[] = {sound->rank == 2 ? sound->shape[0] : 1, sound->shape[sound->rank - 1]};
    const int64_t wanted[] = {view->rank == 2 ? view->shape[0] : 1, view->rank ? view->shape[view->rank - 1] : 1};
    if (shape[0] != wanted[0] || shape[1] != wanted[1])
        *error = must_format("it has %lld channels of %lld samples, the solution found %lld sources of %lld",
                             (long long)shape[0], (long long)shape[1], (long long)wanted[0], (long long)wanted[1]);
    else if (view->sample_rate > 0 && view->sample_rate != sound->sample_rate)
        *error = must_format("its sample rate is %g Hz, that of the solution's sources %g Hz", sound->sample_rate,
                             view->sample_rate);
    if (*error) return false;
    truth.type = OTO_OBSERVED_FLOAT32;
    truth.rank = view->rank;
    truth.shape = view->rank == 1 ? &shape[1] : shape;
    truth.data = sound->data;
    truth.sample_rate = sound->sample_rate;
    replace(record, &truth);
    return true;
}

static bool put_sound(struct oto_record *record, const struct oto_observation *view, struct sound *sound,
                      char **error) {
    if (view->kind != OTO_CHECK_SEPARATION) {
        *error = must_format("it is a sound, which is no truth for a check of %s", oto_check_kind_name(view->kind));
        return false;
    }
    oto_scope {
        *error = oto_refusal_of(parse_sound, sound);
        if (!*error) put_sources(record, view, sound->tensor, error);
    }
    return !*error;
}

static bool is_sound(const char *ending) {
    return ending && (!strcmp(ending, ".flac") || !strcmp(ending, ".wav"));
}

/* The path of the truth, malloc'd: the first that is there of the endings a kind may have; NULL. */
static char *find(const char *folder, const char *name) {
    static const char *const endings[] = {".txt", ".csv", ".json", ".lab", ".flac", ".wav", ""};
    if (!name_is_safe(name)) return NULL;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char *path = must_format("%s/%s%s", folder, name, endings[i]);
        if (access(path, R_OK) == 0) return path;
        free(path);
    }
    return NULL;
}

static bool put(struct oto_record *record, const struct oto_observation *view, const char *path, char **why) {
    size_t size = 0;
    char *text = file_read(path, TRUTH_MAX_BYTES, &size, why);
    if (!text) return false;
    struct table table = {};
    const char *dot = strrchr(path, '.');
    if (is_sound(dot)) {
        struct sound sound = {text, strrchr(path, '/') + 1, size, NULL};
        bool heard = put_sound(record, view, &sound, why);
        free(text);
        return heard;
    }
    const char *start = file_text(text, size, why);
    bool done = start != NULL;
    if (done && view->kind == OTO_CHECK_CHORDS)
        done = put_chords(record, view, &(struct chords){start, path, NULL}, why);
    else if (done) {
        done =
            dot && !strcmp(dot, ".json") ? read_json(&table, start, strlen(start), why) : read_text(&table, start, why);
        done = done && put_table(record, view, &table, why);
    }
    table_free(&table);
    free(text);
    return done;
}

static bool put_one(struct oto_record *record, const char *folder, char **error) {
    struct oto_observation view;
    const char *unreadable;
    if (!oto_observation_read(&view, record, &unreadable) || !view.truth) return true;
    char *name = must_copy(view.name), *truth = must_copy(view.truth), *why = NULL;
    char *path = find(folder, truth);
    if (!path)
        *error = must_format("the check \"%s\" names the truth \"%s\", which is not in %s", name, truth, folder);
    else if (!put(record, &view, path, &why))
        *error = must_format("the truth of the check \"%s\", %s: %s", name, path, why);
    free(path);
    free(why);
    free(name);
    free(truth);
    return !*error;
}

bool truth_put(struct observed *observed, const char *notebook_path, char **error) {
    char *folder = truth_folder(notebook_path);
    *error = NULL;
    for (size_t i = 0; i < observed->count && !*error; i++)
        for (size_t k = 0; k < observed->cells[i].count && !*error; k++)
            put_one(&observed->cells[i].observations[k], folder, error);
    free(folder);
    return !*error;
}
