/* heat_map: two matrices side by side in colours, and how far they are apart. */
#ifndef GRADER_HEAT_MAP_H
#define GRADER_HEAT_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/engine/text.h"
#include "lib/check/observation.h"

/* Numbers along two axes (others have length 1), in a check that compares them element by element or row by row. */
bool heat_map_suits(const struct oto_observation *seen);

/* Adds an <svg class="heat-3">: expected, got and their distance; or "heat-2" without the last, where it would say
 * nothing: shapes that differ, rows in any order, signs that are forgiven. Row 0 is above. Of a matrix with too many
 * elements, each cell stands for the place of its block where the two differ most, and another <svg> shows what lies
 * around worst, the flat index to be framed (-1: none). Colours are viridis over the range of what was expected, beyond
 * it those of its ends; grey is no number. Spectra are in dB; of complex numbers a component is shown, and said by
 * another class (component.h; "decibels"). Holds numbers only, no words. */
void heat_map(struct text *out, const struct oto_observation *wanted, const struct oto_observation *came,
              int64_t worst);

#endif
