#include "lib/dataset/dataset.h"
#include "lib/dataset/value.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 12, CLASSES_SHOWN = 20 };

static char *copy_text(const char *text) {
    if (!text) return NULL;
    char *copy = strdup(text);
    if (!copy) oto_refuse("oto_dataset", "no memory for a data set");
    return copy;
}

OtoItem oto_item_copy(const OtoItem *item, size_t tag_count) {
    OtoItem copy = *item;
    copy.name = copy_text(item->name);
    copy.audio = copy_text(item->audio);
    copy.midi = copy_text(item->midi);
    copy.labels = copy_text(item->labels);
    for (int i = 0; i < OTO_STEMS_MAX; i++) copy.stems[i] = copy_text(item->stems[i]);
    if (item->tags) {
        uint8_t *tags = malloc(tag_count + 1);
        if (!tags) oto_refuse("oto_dataset", "no memory for a data set");
        memcpy(tags, item->tags, tag_count);
        copy.tags = tags;
    }
    return copy;
}

void oto_item_release(OtoItem *item) {
    free((char *)(size_t)item->name);
    free((char *)(size_t)item->audio);
    free((char *)(size_t)item->midi);
    free((char *)(size_t)item->labels);
    for (int i = 0; i < OTO_STEMS_MAX; i++) free((char *)(size_t)item->stems[i]);
    free((uint8_t *)(size_t)item->tags);
}

static void free_names(const char **names, int64_t count) {
    for (int64_t i = 0; names && i < count; i++) free((char *)(size_t)names[i]);
    free(names);
}

static void release(void *value) {
    OtoDataset *set = value;
    for (int64_t i = 0; i < set->count; i++) oto_item_release(&set->items[i]);
    free(set->items);
    free_names(set->classes, set->class_count);
    free_names(set->groups, set->group_count);
    free(set->name);
    free(set->grouping);
}

OtoDataset *oto_dataset_new(const char *name, const char *grouping, int64_t room) {
    OtoDataset *set = oto_value_new(OTO_DATASET, sizeof *set, release);
    set->items = calloc((size_t)room + 1, sizeof *set->items);
    if (!set->items) oto_refuse("oto_dataset", "no memory for %" PRId64 " items", room);
    set->name = copy_text(name);
    set->grouping = copy_text(grouping);
    oto_value_owns(set, room * (int64_t)sizeof *set->items);
    return set;
}

static const char **copy_names(const char *const *names, int64_t count) {
    const char **copies = calloc((size_t)count + 1, sizeof *copies);
    if (!copies) oto_refuse("oto_dataset", "no memory for %" PRId64 " names", count);
    for (int64_t i = 0; i < count; i++) copies[i] = copy_text(names[i]);
    return copies;
}

void oto_dataset_set_names(OtoDataset *set, const char *const *classes, int64_t class_count, const char *const *groups,
                           int64_t group_count) {
    set->classes = copy_names(classes, class_count);
    set->class_count = class_count;
    set->groups = copy_names(groups, group_count);
    set->group_count = group_count;
}

static void need(const char *operation, OtoDataset *set) {
    oto_check_value(operation, "set", set, OTO_DATASET);
}

static OtoDataset *empty_like(const OtoDataset *set, int64_t room) {
    OtoDataset *part = oto_dataset_new(set->name, set->grouping, room);
    oto_dataset_set_names(part, set->classes, set->class_count, set->groups, set->group_count);
    return part;
}

OtoDataset *oto_dataset_partition(OtoDataset *set, OtoPartition partition) {
    static const char *const names[] = {"no", "the train", "the validation", "the test"};
    need("oto_dataset_partition", set);
    oto_check_range("oto_dataset_partition", "partition", partition, OTO_NO_PARTITION, OTO_TEST);
    OtoDataset *part = empty_like(set, set->count);
    for (int64_t i = 0; i < set->count; i++)
        if (set->items[i].partition == partition)
            part->items[part->count++] = oto_item_copy(&set->items[i], (size_t)set->class_count);
    if (part->count == 0)
        oto_refuse("oto_dataset_partition",
                   "no item of %s is in %s partition; oto_train_test_split makes splits of one's own", set->name,
                   names[partition]);
    return part;
}

OtoDataset *oto_dataset_select(OtoDataset *set, OtoTensor *indices) {
    need("oto_dataset_select", set);
    oto_need("oto_dataset_select", "indices", indices);
    if (indices->type != OTO_INT64 || indices->rank != 1)
        oto_refuse("oto_dataset_select", "indices is %s of %s, but must be int64 (item)", oto_shape_quoted(indices),
                   oto_type_name(indices->type));
    const int64_t *index = indices->data;
    for (int64_t i = 0; i < indices->size; i++)
        if (index[i] < 0 || index[i] >= set->count)
            oto_refuse("oto_dataset_select", "index %" PRId64 " is %" PRId64 ", but the set has items 0 to %" PRId64, i,
                       index[i], set->count - 1);
    OtoDataset *part = empty_like(set, indices->size);
    for (int64_t i = 0; i < indices->size; i++)
        part->items[part->count++] = oto_item_copy(&set->items[index[i]], (size_t)set->class_count);
    return part;
}

static OtoTensor *numbers(const char *operation, OtoDataset *set, bool groups) {
    need(operation, set);
    OtoTensor *x = oto_zeros_of(OTO_INT64, 1, (long long[]){set->count});
    oto_name_axis(x, 0, "item");
    for (int64_t i = 0; i < set->count; i++) {
        int number = groups ? set->items[i].group : set->items[i].label;
        if (number < 0)
            oto_refuse(operation, "item %" PRId64 " of %s, %s, has no %s", i, set->name, set->items[i].name,
                       groups ? "group" : "class");
        ((int64_t *)x->data)[i] = number;
    }
    oto_set_origin(x, set->name, NULL);
    return x;
}

OtoTensor *oto_dataset_labels(OtoDataset *set) {
    return numbers("oto_dataset_labels", set, false);
}
OtoTensor *oto_dataset_groups(OtoDataset *set) {
    return numbers("oto_dataset_groups", set, true);
}

OtoTensor *oto_dataset_tags(OtoDataset *set) {
    need("oto_dataset_tags", set);
    OtoTensor *x = oto_zeros(set->count, set->class_count);
    oto_name_axis(x, 0, "item");
    oto_name_axis(x, 1, "class");
    for (int64_t i = 0; i < set->count; i++) {
        const OtoItem *item = &set->items[i];
        float *row = (float *)x->data + i * set->class_count;
        if (item->label >= 0) row[item->label] = 1;
        for (int64_t c = 0; item->tags && c < set->class_count; c++) row[c] = item->tags[c];
    }
    oto_set_origin(x, set->name, NULL);
    return x;
}

/* ---- as text ---- */

static void write_description(FILE *to, const OtoDataset *set) {
    static const char *const names[] = {NULL, "train", "validation", "test"};
    int64_t counts[OTO_TEST + 1] = {};
    for (int64_t i = 0; i < set->count; i++) counts[set->items[i].partition]++;
    fprintf(to, "%s: %" PRId64 " %s", set->name, set->count, set->count == 1 ? "item" : "items");
    if (set->class_count) fprintf(to, ", %" PRId64 " classes", set->class_count);
    if (set->group_count)
        fprintf(to, ", %" PRId64 " groups (%s)", set->group_count, set->grouping ? set->grouping : "group");
    for (int p = OTO_TRAIN; p <= OTO_TEST; p++)
        if (counts[p]) fprintf(to, ", %" PRId64 " %s", counts[p], names[p]);
    if (set->missing) fprintf(to, ", %" PRId64 " missing", set->missing);
}

static void write_classes(FILE *to, const OtoDataset *set, int64_t *counts) {
    for (int64_t i = 0; i < set->count; i++) {
        const OtoItem *item = &set->items[i];
        if (item->label >= 0) counts[item->label]++;
        for (int64_t c = 0; item->tags && c < set->class_count; c++) counts[c] += item->tags[c];
    }
    for (int64_t c = 0; c < set->class_count && c < CLASSES_SHOWN; c++)
        fprintf(to, "\n%8" PRId64 "  %s", counts[c], set->classes[c]);
    if (set->class_count > CLASSES_SHOWN)
        fprintf(to, "\n          ... and %" PRId64 " more classes", set->class_count - CLASSES_SHOWN);
    fputc('\n', to);
}

static char *text_of(const char *operation, OtoDataset *set, bool whole) {
    need(operation, set);
    char *text = NULL;
    size_t size;
    oto_scope {
        int64_t *counts = calloc((size_t)set->class_count + 1, sizeof *counts);
        FILE *to = counts ? open_memstream(&text, &size) : NULL;
        if (counts) oto_hold(counts, free);
        if (!to) oto_refuse(operation, "no memory for a text");
        write_description(to, set);
        if (whole) {
            write_classes(to, set, counts);
            for (int64_t i = 0; i < set->count && i < LINES_MAX; i++) {
                const OtoItem *item = &set->items[i];
                fprintf(to, "  %-30s %-16s %s\n", item->name, item->label >= 0 ? set->classes[item->label] : "",
                        item->group >= 0 ? set->groups[item->group] : "");
            }
            if (set->count > LINES_MAX) fprintf(to, "  ... and %" PRId64 " more\n", set->count - LINES_MAX);
        }
        if (fclose(to) != 0) oto_refuse(operation, "no memory for a text");
    }
    return text;
}

char *oto_dataset_describe(OtoDataset *set) {
    return text_of("oto_dataset_describe", set, false);
}
char *oto_dataset_text(OtoDataset *set) {
    return text_of("oto_dataset_text", set, true);
}

void oto_dataset_print(OtoDataset *set) {
    char *text = oto_dataset_text(set);
    fputs(text, stdout);
    free(text);
}
