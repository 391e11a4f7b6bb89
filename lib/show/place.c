#include "lib/show/place.h"

#include <math.h>

double oto_place_at(const struct oto_places *places, size_t count, double i) {
    if (!places->values) return places->start + i * places->step;
    if (count == 1) return places->values[0];
    size_t below = i > 0 ? (size_t)i : 0;
    if (below > count - 2) below = count - 2;
    double from = places->values[below], to = places->values[below + 1];
    return from + (i - (double)below) * (to - from);
}

double oto_place_find(const struct oto_places *places, size_t count, double place) {
    if (!places->values) return (place - places->start) / places->step;
    if (count == 1) return 0;
    const double *values = places->values;
    bool rises = values[count - 1] > values[0];
    size_t below = 0, above = count - 1;
    while (above - below > 1) {
        size_t middle = (below + above) / 2;
        if (rises ? values[middle] <= place : values[middle] >= place)
            below = middle;
        else
            above = middle;
    }
    double gap = values[above] - values[below];
    return isfinite(gap) && gap != 0 ? (double)below + (place - values[below]) / gap : (double)above;
}

double oto_place_drawn(const struct oto_places *places, size_t count, double place) {
    switch (places->scale) {
    case OTO_SCALE_LOGARITHMIC:
        return log2(place);
    case OTO_SCALE_STEPS:
        return oto_place_find(places, count, place);
    case OTO_SCALE_EVEN:
    case OTO_SCALE_SPANS:
        return place;
    }
    return place;
}

void oto_place_ends(const struct oto_places *places, size_t count, double *from, double *to) {
    switch (places->scale) {
    case OTO_SCALE_EVEN:
        *from = places->start - places->step / 2;
        *to = *from + places->step * (double)count;
        break;
    case OTO_SCALE_STEPS:
        *from = -0.5;
        *to = (double)count - 0.5;
        break;
    case OTO_SCALE_SPANS:
        *from = places->values[0];
        *to = oto_place_at(places, count, (double)count);
        break;
    case OTO_SCALE_LOGARITHMIC:
        *from = log2(places->low);
        *to = log2(places->high);
        break;
    }
}

/* The cell, with its fraction, at a fraction of the axis. Cell i begins at i. */
static double cell_at(const struct oto_places *places, size_t count, double fraction) {
    double from, to;
    switch (places->scale) {
    case OTO_SCALE_EVEN:
    case OTO_SCALE_STEPS:
        return (double)count * fraction;
    case OTO_SCALE_SPANS:
        oto_place_ends(places, count, &from, &to);
        return oto_place_find(places, count, from + (to - from) * fraction);
    case OTO_SCALE_LOGARITHMIC:
        return oto_place_find(places, count, places->low * pow(places->high / places->low, fraction)) + 0.5;
    }
    return 0;
}

void oto_place_cells(const struct oto_places *places, size_t count, size_t pixels, size_t i, size_t *from, size_t *to) {
    double one = cell_at(places, count, (double)i / (double)pixels);
    double other = cell_at(places, count, (double)(i + 1) / (double)pixels);
    double last = (double)(count - 1), first = fmin(fmax(floor(fmin(one, other) + 1e-9), 0), last);
    double end = fmin(fmax(floor(fmax(one, other) + 1e-9), first + 1), last + 1);
    *from = (size_t)first;
    *to = (size_t)end;
}
