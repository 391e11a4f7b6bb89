/* picture: what was expected and what came, drawn as one small SVG for the feedback page. */
#ifndef GRADER_PICTURE_H
#define GRADER_PICTURE_H

#include <stdint.h>

#include "lib/record/record.h"

/* Malloc'd SVG, or NULL where a picture would say nothing: single values, text, arrays of more than one axis (unless
 * all but one have length 1). worst is the index to mark, or -1. Holds numbers only, no text of the student's. */
char *picture_of(const struct oto_record *expected, const struct oto_record *got, int64_t worst);

#endif
