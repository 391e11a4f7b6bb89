#include "autograder/observed.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/job.h"

static char *copy_field(const struct oto_record *record, const char *name, size_t limit) {
    const struct oto_field *field = oto_record_find(record, name);
    if (!field || field->type != 's' || !field->size) return NULL;
    return must_copy_n(field->data, strnlen(field->data, field->size < limit ? field->size : limit));
}

void observed_cell_free(struct observed_cell *cell) {
    for (size_t i = 0; i < cell->count; i++) oto_record_free(&cell->observations[i]);
    free(cell->observations);
    free(cell->ename);
    free(cell->evalue);
    free(cell->traceback);
    free(cell->output);
    free(cell->uses);
    free(cell->learned);
}

void observed_fail(struct observed_cell *cell, const char *ename, char *evalue) {
    cell->ran = cell->failed = true;
    free(cell->ename);
    free(cell->evalue);
    cell->ename = must_copy(ename);
    cell->evalue = evalue;
}

void observed_end(struct observed_cell *cell, const struct oto_record *done, size_t output_limit) {
    cell->ran = true;
    cell->failed = oto_record_get_integer(done, "error", 1) != 0;
    cell->exited = oto_record_get_integer(done, "exited", 0) != 0;
    cell->ename = copy_field(done, "ename", 100);
    cell->evalue = copy_field(done, "evalue", 4000);
    cell->traceback = copy_field(done, "traceback", 1 << 16);
    cell->output = copy_field(done, "output", output_limit);
    cell->uses = copy_field(done, "uses", USES_MAX + 1024);
}

void observed_learn(struct observed_cell *cell, const struct oto_record *done) {
    size_t size = 0;
    const void *learned = oto_record_get_bytes(done, "learned", &size);
    if (!size) return;
    cell->learned = must_allocate(size);
    memcpy(cell->learned, learned, size);
    cell->learned_size = size;
}

bool observed_keep(struct observed_cell *cell, struct oto_record *record) {
    size_t bytes = record->storage_size;
    if (cell->count >= JOB_CELL_RECORDS_MAX || cell->bytes + bytes > JOB_CELL_BYTES_MAX) return false;
    cell->bytes += bytes;
    ARRAY_ADD(cell->observations, cell->count, cell->capacity) = *record;
    return true;
}

bool observed_any_use(const char *uses, bool (*visit)(void *context, const char *name, size_t length, long from),
                      void *context) {
    for (const char *at = uses ? uses : ""; *at;) {
        at += strspn(at, "\n");
        size_t length = strcspn(at, "\n");
        const char *sign = memchr(at, '@', length);
        size_t name = sign ? (size_t)(sign - at) : length;
        if (length && visit(context, at, name, sign ? strtol(sign + 1, NULL, 10) - 1 : -1)) return true;
        at += length;
    }
    return false;
}

void observed_free(struct observed *observed) {
    for (size_t i = 0; i < observed->count; i++) observed_cell_free(&observed->cells[i]);
    free(observed->cells);
    *observed = (struct observed){};
}

/* ---- as bytes: for each cell its observations, then a DONE with its number ---- */

void record_add_to(struct text *bytes, const struct oto_record *record) {
    size_t size;
    unsigned char *packed = oto_record_pack(record, &size);
    if (packed) text_add_n(bytes, (const char *)packed, size);
    free(packed);
}

char *observed_pack(const struct observed *observed, size_t *size) {
    struct text out = {};
    for (size_t i = 0; i < observed->count; i++) {
        const struct observed_cell *cell = &observed->cells[i];
        struct oto_record done;
        for (size_t k = 0; k < cell->count; k++) record_add_to(&out, &cell->observations[k]);
        oto_record_begin(&done, JOB_DONE);
        oto_record_integer(&done, "ran", cell->ran);
        oto_record_integer(&done, "error", cell->failed);
        oto_record_integer(&done, "exited", cell->exited);
        if (cell->uses) oto_record_text(&done, "uses", cell->uses);
        if (cell->ename) oto_record_text(&done, "ename", cell->ename);
        if (cell->evalue) oto_record_text(&done, "evalue", cell->evalue);
        if (cell->learned) oto_record_bytes(&done, "learned", cell->learned, cell->learned_size);
        record_add_to(&out, &done);
        oto_record_free(&done);
    }
    *size = out.length;
    return out.length ? text_take(&out) : must_copy("");
}

bool observed_unpack(struct observed *observed, const void *bytes, size_t size) {
    const unsigned char *at = bytes, *end = at + size;
    size_t capacity = 0;
    struct observed_cell cell = {};
    *observed = (struct observed){};
    while (at < end) {
        struct oto_record record;
        const char *why;
        long used = oto_record_parse(&record, at, (size_t)(end - at), &why);
        if (used <= 0) break;
        at += used;
        if (record.kind == OTO_RECORD_OBSERVATION) {
            if (!observed_keep(&cell, &record)) oto_record_free(&record);
            continue;
        }
        observed_end(&cell, &record, 0);
        observed_learn(&cell, &record);
        cell.ran = oto_record_get_integer(&record, "ran", 0) != 0;
        oto_record_free(&record);
        ARRAY_ADD(observed->cells, observed->count, capacity) = cell;
        cell = (struct observed_cell){};
    }
    observed_cell_free(&cell);
    if (at < end) observed_free(observed);
    return observed->count > 0;
}
