/* value_table: a few values side by side, for what is too short to be drawn. */
#ifndef GRADER_VALUE_TABLE_H
#define GRADER_VALUE_TABLE_H

#include "kernel/engine/text.h"
#include "lib/check/observation.h"

/* Arrays of at most so many elements are shown as they are. */
enum { VALUE_TABLE_MOST = 8 };

/* What the text begins with. */
#define VALUE_TABLE_OPENING "values\n"

/* Adds "values" and a line "EXPECTED\tGOT\tDIFFERS" for each element of the longer of the two; "" is a value that is
 * not there, DIFFERS 0 or 1. */
void value_table(struct text *out, const struct oto_observation *wanted, const struct oto_observation *came);

#endif
