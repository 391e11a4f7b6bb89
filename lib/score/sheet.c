#include "lib/score/sheet.h"
#include "lib/tensor/error.h"

#include <stdlib.h>
#include <string.h>

enum { MEASURES_MAX = 1 << 20 };

static void release(void *thing) {
    struct oto_sheet *sheet = thing;
    for (int64_t i = 0; i < sheet->part_count; i++) free(sheet->parts[i].name);
    free(sheet->notes);
    free(sheet->marks);
    free(sheet->measures);
    free(sheet->parts);
    free(sheet->title);
    free(sheet->composer);
    free(sheet);
}

struct oto_sheet *oto_sheet_new(const char *name) {
    struct oto_sheet *sheet = calloc(1, sizeof *sheet);
    if (!sheet) oto_refuse("oto_score_load", "no memory for a score");
    sheet->name = name;
    return oto_hold(sheet, release);
}

/* Room for element number `count`; what is new is zero. */
static void *grow(void *array, int64_t count, int64_t *capacity, size_t size) {
    if (count < *capacity) return array;
    int64_t grown_capacity = *capacity + *capacity / 2 + 64;
    if (grown_capacity <= count) grown_capacity = count + 1;
    char *grown = realloc(array, (size_t)grown_capacity * size);
    if (!grown) oto_refuse("oto_score_load", "no memory for a score of this length");
    memset(grown + (size_t)*capacity * size, 0, (size_t)(grown_capacity - *capacity) * size);
    *capacity = grown_capacity;
    return grown;
}

void oto_sheet_add_note(struct oto_sheet *sheet, struct oto_sheet_note note) {
    sheet->notes = grow(sheet->notes, sheet->note_count, &sheet->note_capacity, sizeof note);
    sheet->notes[sheet->note_count++] = note;
}

void oto_sheet_add_mark(struct oto_sheet *sheet, struct oto_sheet_mark mark) {
    sheet->marks = grow(sheet->marks, sheet->mark_count, &sheet->mark_capacity, sizeof mark);
    mark.sequence = sheet->mark_count;
    sheet->marks[sheet->mark_count++] = mark;
}

struct oto_sheet_measure *oto_sheet_measure_at(struct oto_sheet *sheet, int64_t index) {
    if (index >= MEASURES_MAX)
        oto_refuse("oto_score_load", "%s has more than %d measures, as no piece has", sheet->name, MEASURES_MAX);
    sheet->measures = grow(sheet->measures, index, &sheet->measure_capacity, sizeof *sheet->measures);
    if (index >= sheet->measure_count) sheet->measure_count = index + 1;
    return &sheet->measures[index];
}

OtoPart *oto_sheet_add_part(struct oto_sheet *sheet) {
    sheet->parts = grow(sheet->parts, sheet->part_count, &sheet->part_capacity, sizeof *sheet->parts);
    return &sheet->parts[sheet->part_count++];
}
