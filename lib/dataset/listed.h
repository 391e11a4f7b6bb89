/* listed: data sets whose items a table lists. Not for students. */
#ifndef OTO_DATASET_LISTED_H
#define OTO_DATASET_LISTED_H

#include "../io/table.h"
#include "building.h"

/* FOLDER/name as a table. Refuses a folder without it, and a table without one of these columns (up to NULL). */
OtoTable *oto_list_load(struct oto_building *building, const char *name, const char *const *columns);
/* The cell of a row in the column of that name, which the table has. */
const char *oto_list_cell(OtoTable *table, int64_t row, const char *column);

#endif
