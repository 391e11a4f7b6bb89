#include "lib/check/expected.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 30 };

__attribute__((format(printf, 2, 3))) static int fail(char **why, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(why, format, arguments) < 0) *why = NULL;
    va_end(arguments);
    return -1;
}

/* The whole file in one malloc'd block, or NULL with *why. */
static unsigned char *read_file(const char *path, size_t *size, char **why) {
    FILE *file = fopen(path, "rbe");
    struct stat status;
    unsigned char *bytes = NULL;
    if (!file || fstat(fileno(file), &status))
        fail(why, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX)
        fail(why, "%s: not a file of expected observations", path);
    else if (!(bytes = malloc((size_t)status.st_size + 1)))
        fail(why, "%s: no memory for %lld bytes", path, (long long)status.st_size);
    else if ((*size = fread(bytes, 1, (size_t)status.st_size, file)) != (size_t)status.st_size) {
        fail(why, "%s: cannot be read whole", path);
        free(bytes);
        bytes = NULL;
    }
    if (file) fclose(file);
    return bytes;
}

static int read_header(struct oto_expected *expected, const struct oto_record *record, const char *path, char **why) {
    if (record->kind != OTO_RECORD_EXERCISE) return fail(why, "%s: not a file of expected observations", path);
    int64_t format = oto_record_get_integer(record, "format", 0);
    if (format != OTO_EXPECTED_FORMAT)
        return fail(why, "%s: format %lld is not %d, the one that this library reads", path, (long long)format,
                    OTO_EXPECTED_FORMAT);
    expected->seed = oto_record_get_integer(record, "seed", 0);
    expected->exercise = strdup(oto_record_get_text(record, "exercise", ""));
    return expected->exercise ? 0 : fail(why, "%s: no memory", path);
}

/* Takes the record over. */
static int read_check(struct oto_expected *expected, struct oto_record *record, const char *path, char **why) {
    struct oto_expectation *grown = realloc(expected->checks, (expected->count + 1) * sizeof *grown);
    if (!grown) return fail(why, "%s: no memory", path);
    expected->checks = grown;
    struct oto_expectation *check = &grown[expected->count];
    const char *because;
    *check = (struct oto_expectation){.record = *record};
    if (!oto_observation_read(&check->view, &check->record, &because))
        return fail(why, "%s: check %zu: %s", path, expected->count + 1, because);
    check->grade_id = oto_record_get_text(&check->record, "grade_id", "");
    check->points = oto_record_get_real(&check->record, "points", 0);
    if (!isfinite(check->points) || check->points < 0)
        return fail(why, "%s: check \"%s\": its points are not a number", path, check->view.name);
    if (oto_expected_find(expected, check->view.name))
        return fail(why, "%s: the check \"%s\" appears twice", path, check->view.name);
    expected->count++;
    memset(record, 0, sizeof *record);
    return 0;
}

int oto_expected_read(struct oto_expected *expected, const char *path, char **why) {
    *expected = (struct oto_expected){0};
    *why = NULL;
    size_t size = 0;
    unsigned char *bytes = read_file(path, &size, why);
    if (!bytes) return -1;
    int status = size ? 0 : fail(why, "%s: the file is empty", path);
    for (size_t at = 0; status == 0 && at < size;) {
        struct oto_record record = {0};
        const char *because = NULL;
        long used = oto_record_parse(&record, bytes + at, size - at, &because);
        if (used <= 0) {
            status = fail(why, "%s: byte %zu: %s", path, at, used ? because : "the file is cut short");
            break;
        }
        status = at == 0 ? read_header(expected, &record, path, why) : read_check(expected, &record, path, why);
        oto_record_free(&record);
        at += (size_t)used;
    }
    free(bytes);
    if (status) oto_expected_free(expected);
    return status;
}

void oto_expected_free(struct oto_expected *expected) {
    for (size_t i = 0; i < expected->count; i++) oto_record_free(&expected->checks[i].record);
    free(expected->checks);
    free(expected->exercise);
    *expected = (struct oto_expected){0};
}

const struct oto_expectation *oto_expected_find(const struct oto_expected *expected, const char *name) {
    for (size_t i = 0; i < expected->count; i++)
        if (!strcmp(expected->checks[i].view.name, name)) return &expected->checks[i];
    return NULL;
}

static int write_record(FILE *file, const struct oto_record *record) {
    size_t size;
    unsigned char *bytes = oto_record_pack(record, &size);
    int status = bytes && fwrite(bytes, 1, size, file) == size ? 0 : -1;
    free(bytes);
    return status;
}

static int write_header(FILE *file, const char *exercise, int64_t seed) {
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_EXERCISE);
    oto_record_integer(&record, "format", OTO_EXPECTED_FORMAT);
    oto_record_text(&record, "exercise", exercise);
    oto_record_integer(&record, "seed", seed);
    int status = write_record(file, &record);
    oto_record_free(&record);
    return status;
}

/* Copies the observation's fields and adds the cell's. */
static int write_check(FILE *file, const struct oto_expected_entry *entry) {
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_OBSERVATION);
    for (size_t i = 0; i < entry->observation->count; i++) {
        const struct oto_field *field = &entry->observation->fields[i];
        if (!strcmp(field->name, "grade_id") || !strcmp(field->name, "points")) continue;
        switch (field->type) {
        case 's':
            oto_record_text_n(&record, field->name, field->data, field->size);
            break;
        case 'b':
            oto_record_bytes(&record, field->name, field->data, field->size);
            break;
        case 'i':
            oto_record_integer(&record, field->name, field->integer);
            break;
        default:
            oto_record_real(&record, field->name, field->real);
            break;
        }
    }
    oto_record_text(&record, "grade_id", entry->grade_id ? entry->grade_id : "");
    oto_record_real(&record, "points", entry->points);
    int status = write_record(file, &record);
    oto_record_free(&record);
    return status;
}

int oto_expected_write(const char *path, const char *exercise, int64_t seed, const struct oto_expected_entry *entries,
                       size_t count, char **why) {
    *why = NULL;
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) return fail(why, "%s: no memory", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!file) {
        int status = fail(why, "%s: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
            unlink(temporary);
        }
        free(temporary);
        return status;
    }
    int status = write_header(file, exercise, seed);
    for (size_t i = 0; status == 0 && i < count; i++) status = write_check(file, &entries[i]);
    if (fchmod(fd, 0644)) status = -1;
    if (fclose(file) || status || rename(temporary, path)) {
        status = fail(why, "%s: cannot be written: %s", path, strerror(errno));
        unlink(temporary);
    }
    free(temporary);
    return status;
}
