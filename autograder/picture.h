/* picture: what was expected and what came, drawn as small SVGs for the feedback, or as a table of a few values. */
#ifndef GRADER_PICTURE_H
#define GRADER_PICTURE_H

#include <stdint.h>

#include "lib/record/record.h"

/* Malloc'd: an <svg> of all elements and, where these are too many to be told apart, another of those around the worst.
 * Matrices are heat maps (heat_map.h); of a few elements, no SVG but a value_table.h. NULL where a picture would say
 * nothing: single values, text, more than two axes that are longer than 1. worst is the index to mark, or -1. Holds
 * numbers only, no words. Its class says what of complex numbers it shows (component.h). Classes of curves: expected,
 * got, axis, zero, worst. */
char *picture_of(const struct oto_record *expected, const struct oto_record *got, int64_t worst);

#endif
