#include "kernel/engine/loaded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/engine/text.h"

/* How many of the last units keep their lines though they define no function: a block that one of them allocated or
 * freed may still be in use. */
enum { UNITS_RECENT = 256 };

void loaded_open(struct loaded *loaded, const char *folder) {
    *loaded = (struct loaded){.file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    if (loaded->file >= 0) return;
    char *path = must_format("%s/units-XXXXXX", folder);
    loaded->file = mkostemp(path, O_CLOEXEC);
    if (loaded->file >= 0) unlink(path);
    free(path);
}

static void free_unit(struct loaded_unit *unit) {
    free(unit->bytes);
    free(unit->sections);
}

void loaded_drop(struct loaded *loaded, int first) {
    while (loaded->count && loaded->list[loaded->count - 1].number >= first) {
        struct loaded_unit *unit = &loaded->list[--loaded->count];
        if (unit->offset >= 0 && !unit->bytes) loaded->end = unit->offset;
        free_unit(unit);
    }
    if (loaded->recent > loaded->count) loaded->recent = loaded->count;
}

void loaded_clear(struct loaded *loaded) {
    loaded_drop(loaded, 0);
    loaded->end = 0;
    if (loaded->file >= 0 && ftruncate(loaded->file, 0) < 0) return; /* it only keeps its size */
}

void loaded_close(struct loaded *loaded) {
    loaded_clear(loaded);
    if (loaded->file >= 0) close(loaded->file);
    free(loaded->list);
    *loaded = (struct loaded){.file = -1};
}

static bool put(struct loaded *loaded, const struct object *object) {
    size_t done = 0;
    while (loaded->file >= 0 && done < object->size) {
        ssize_t n = pwrite(loaded->file, object->bytes + done, object->size - done, loaded->end + (off_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (size_t)n;
    }
    return done == object->size;
}

static void add_sections(struct loaded_unit *unit, const struct oto_record *record) {
    uint64_t low = (uint64_t)oto_record_get_integer(record, "text_low", 0);
    uint64_t high = (uint64_t)oto_record_get_integer(record, "text_high", 0);
    size_t capacity = 0;
    for (size_t i = 0; i < record->count; i++) {
        const struct oto_field *field = &record->fields[i];
        const unsigned char *bytes = field->data;
        struct loaded_section section;
        if (field->type != 'b' || field->size != 20 || strcmp(field->name, "section")) continue;
        memcpy(&section.index, bytes, 4);
        memcpy(&section.address, bytes + 4, 8);
        memcpy(&section.size, bytes + 12, 8);
        if (section.address < low || section.address >= high || section.size > high - section.address) continue;
        ARRAY_ADD(unit->sections, unit->section_count, capacity) = section;
    }
    unit->sections =
        unit->section_count ? must_grow(unit->sections, unit->section_count * sizeof *unit->sections) : NULL;
}

/* The oldest of the recent units keeps its object only when it defines functions. */
static void forget_oldest(struct loaded *loaded) {
    struct loaded_unit *unit = &loaded->list[loaded->recent++];
    if (unit->stays) return;
    if (!unit->bytes) /* a file system without holes keeps the bytes */
        (void)fallocate(loaded->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, unit->offset, (off_t)unit->size);
    free(unit->bytes);
    unit->bytes = NULL;
    unit->offset = -1;
}

void loaded_add(struct loaded *loaded, int number, int cell, bool stays, bool fast, struct object *object,
                const struct oto_record *record) {
    struct loaded_unit *unit = &ARRAY_ADD(loaded->list, loaded->count, loaded->capacity);
    *unit = (struct loaded_unit){.number = number, .cell = cell, .stays = stays, .fast = fast, .size = object->size};
    add_sections(unit, record);
    if (put(loaded, object)) {
        unit->offset = loaded->end;
        loaded->end += (int64_t)object->size;
        free(object->bytes);
    } else {
        unit->bytes = object->bytes;
    }
    object->bytes = NULL;
    if (loaded->count - loaded->recent > UNITS_RECENT) forget_oldest(loaded);
}

const struct loaded_unit *loaded_find(const struct loaded *loaded, int number) {
    size_t low = 0, high = loaded->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (loaded->list[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < loaded->count && loaded->list[low].number == number ? &loaded->list[low] : NULL;
}

const struct loaded_unit *loaded_at(const struct loaded *loaded, uint64_t address, uint32_t *section,
                                    uint64_t *offset) {
    for (size_t i = loaded->count; i-- > 0;) {
        const struct loaded_unit *unit = &loaded->list[i];
        for (size_t k = 0; k < unit->section_count; k++) {
            const struct loaded_section *s = &unit->sections[k];
            if (address < s->address || address - s->address >= s->size) continue;
            *section = s->index;
            *offset = address - s->address;
            return unit;
        }
    }
    return NULL;
}

bool loaded_object(const struct loaded *loaded, const struct loaded_unit *unit, struct object *object) {
    if (unit->offset < 0) return false;
    *object = (struct object){must_allocate(unit->size), unit->size};
    if (unit->bytes) {
        memcpy(object->bytes, unit->bytes, unit->size);
        return true;
    }
    for (size_t done = 0; done < unit->size;) {
        ssize_t n = pread(loaded->file, object->bytes + done, unit->size - done, unit->offset + (off_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            free(object->bytes);
            return false;
        }
        done += (size_t)n;
    }
    return true;
}
