#include "kernel/engine/loaded.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

/* How many of the last units keep their lines though they define no function: a block that one of them allocated or
 * freed may still be in use. */
enum { UNITS_RECENT = 256 };

void loaded_open(struct loaded *loaded) {
    *loaded = (struct loaded){.objects = store_open()};
}

static void forget_object(struct loaded *loaded, struct loaded_unit *unit) {
    if (unit->known) store_drop(&loaded->objects, &unit->object);
    unit->known = false;
}

void loaded_drop(struct loaded *loaded, int first) {
    while (loaded->count && loaded->list[loaded->count - 1].number >= first) {
        struct loaded_unit *unit = &loaded->list[--loaded->count];
        forget_object(loaded, unit);
        free(unit->sections);
    }
    if (loaded->recent > loaded->count) loaded->recent = loaded->count;
}

void loaded_close(struct loaded *loaded) {
    loaded_drop(loaded, 0);
    store_close(&loaded->objects);
    free(loaded->list);
    *loaded = (struct loaded){.objects.file = -1};
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

void loaded_add(struct loaded *loaded, int number, int cell, bool stays, bool fast, const struct object *object,
                const struct oto_record *record) {
    struct loaded_unit *unit = &ARRAY_ADD(loaded->list, loaded->count, loaded->capacity);
    *unit = (struct loaded_unit){.number = number,
                                 .cell = cell,
                                 .stays = stays,
                                 .fast = fast,
                                 .known = true,
                                 .object = store_put(&loaded->objects, object->bytes, object->size)};
    add_sections(unit, record);
    if (loaded->count - loaded->recent <= UNITS_RECENT) return;
    struct loaded_unit *oldest = &loaded->list[loaded->recent++];
    if (!oldest->stays) forget_object(loaded, oldest);
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
    if (!unit->known) return false;
    *object = (struct object){must_allocate(unit->object.size), unit->object.size};
    if (store_get(&loaded->objects, &unit->object, object->bytes)) return true;
    free(object->bytes);
    return false;
}
