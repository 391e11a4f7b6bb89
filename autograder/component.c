#include "autograder/component.h"

#include <math.h>

double component_of(const struct oto_observation *seen, size_t i, enum component component) {
    double real = oto_observation_real(seen, i), imaginary = oto_observation_imaginary(seen, i);
    switch (component) {
    case MAGNITUDES:
        return hypot(real, imaginary);
    case IMAGINARY_PARTS:
        return imaginary;
    default:
        return real;
    }
}

double component_distance(const struct oto_observation *wanted, const struct oto_observation *came, size_t i) {
    return hypot(oto_observation_real(wanted, i) - oto_observation_real(came, i),
                 oto_observation_imaginary(wanted, i) - oto_observation_imaginary(came, i));
}

enum component component_for(const struct oto_observation *wanted, const struct oto_observation *came) {
    if (wanted->type != OTO_OBSERVED_COMPLEX64 && came->type != OTO_OBSERVED_COMPLEX64) return NUMBERS;
    double apart = 0, farthest[IMAGINARY_PARTS + 1] = {};
    for (size_t i = 0; wanted->count == came->count && i < wanted->count; i++) {
        double far = component_distance(wanted, came, i);
        if (!isfinite(far)) continue;
        apart = fmax(apart, far);
        for (int k = MAGNITUDES; k <= IMAGINARY_PARTS; k++)
            farthest[k] = fmax(farthest[k], fabs(component_of(wanted, i, (enum component)k) -
                                                 component_of(came, i, (enum component)k)));
    }
    if (farthest[MAGNITUDES] >= apart / 2) return MAGNITUDES;
    return farthest[REAL_PARTS] > farthest[IMAGINARY_PARTS] ? REAL_PARTS : IMAGINARY_PARTS;
}

const char *component_class(enum component component) {
    static const char *const classes[] = {"numbers", "magnitudes", "real-parts", "imaginary-parts"};
    return classes[component];
}
