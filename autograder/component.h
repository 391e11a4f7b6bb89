/* component: the real number that a picture shows of each element. Of complex ones that is the magnitude, unless the
 * two that are compared differ in their phase rather than in that. */
#ifndef GRADER_COMPONENT_H
#define GRADER_COMPONENT_H

#include "lib/check/observation.h"

enum component { NUMBERS, MAGNITUDES, REAL_PARTS, IMAGINARY_PARTS };

/* Which shows best how the two differ. */
enum component component_for(const struct oto_observation *wanted, const struct oto_observation *came);
double component_of(const struct oto_observation *seen, size_t i, enum component component);
/* |wanted - came| of element i, as complex numbers. */
double component_distance(const struct oto_observation *wanted, const struct oto_observation *came, size_t i);
/* The class of an <svg> by which whoever describes it knows what it shows: "magnitudes"; NUMBERS have "numbers". */
const char *component_class(enum component component);

#endif
