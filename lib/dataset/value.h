/* value: data sets as values of the library. Not for students. */
#ifndef OTO_DATASET_VALUE_H
#define OTO_DATASET_VALUE_H

#include "dataset.h"

/* A set with room for so many items, and none in it yet. */
OtoDataset *oto_dataset_new(const char *name, const char *grouping, int64_t room);
/* Copies the names of its classes and groups. */
void oto_dataset_set_names(OtoDataset *set, const char *const *classes, int64_t class_count, const char *const *groups,
                           int64_t group_count);
/* An item with copies of all its texts, and of so many tags when it has some; and the end of one. */
OtoItem oto_item_copy(const OtoItem *item, size_t tag_count);
void oto_item_release(OtoItem *item);

#endif
