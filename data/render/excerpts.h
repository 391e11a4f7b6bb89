/* excerpts: the part of the data sets that is committed, so that the first weeks need nothing else. */
#ifndef EXCERPTS_H
#define EXCERPTS_H

#include <stdbool.h>

/* Copies from the sets below `from` (made before) to the folder `to`, with a labels.csv of what was copied. False after
 * a message. */
bool copy_excerpts(const char *from, const char *to);

#endif
