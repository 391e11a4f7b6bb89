/* picture: what was expected and what came, drawn as small SVGs for the feedback. */
#ifndef GRADER_PICTURE_H
#define GRADER_PICTURE_H

#include <stdint.h>

#include "lib/record/record.h"

/* Malloc'd: an <svg> of all elements and, where these are too many to be told apart, another of those around the worst.
 * NULL where a picture would say nothing: single values, text, arrays of more than one axis (unless
 * all but one have length 1). worst is the index to mark, or -1. Holds numbers only, no words. Classes: expected, got,
 * axis, zero, worst. */
char *picture_of(const struct oto_record *expected, const struct oto_record *got, int64_t worst);

#endif
