/* filtered_sources: what of estimates is made of sources, each through a short filter. Not for students.
 *
 * With s_i(n - t) the source i later by t samples, 0 <= t < taps, and e an estimate, the filters c that make the sum of
 * c_it s_i(n - t) nearest to e solve G c = d: G holds the products <s_i(n - a), s_j(n - b)>, which depend on a - b
 * only, and d the products <s_i(n - a), e>. All are products at lags 0 ... taps - 1, computed in double precision by
 * Fourier transforms of blocks that overlap. What the filters make of the sources is computed likewise, and measured.
 */
#ifndef OTO_FILTERED_SOURCES_H
#define OTO_FILTERED_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

/* Row i of both lies i * stride floats behind the first. */
typedef struct OtoSources {
    const float *reference, *estimated;
    int count, taps;
    int64_t samples, stride;
} OtoSources;

/* Where the energy of an estimate e lies, P_j e made of its own source and P e of all. */
typedef struct OtoEnergies {
    double own;        /* |P_j e|^2 */
    double others;     /* |P e - P_j e|^2 */
    double all;        /* |P e|^2 */
    double distortion; /* |e - P_j e|^2 */
    double rest;       /* |e - P e|^2 */
} OtoEnergies;

typedef struct OtoFilteredSources OtoFilteredSources;
/* Finds the filters of each estimate from all sources, and from each alone; step is called sources + 2 times on the
 * way. Refuses when there is no memory. Stops early, with numbers that mean nothing, when the user interrupts. */
OtoFilteredSources *oto_filtered_sources_new(const char *operation, const OtoSources *sources,
                                             void (*step)(void *context), void *context);
void oto_filtered_sources_free(OtoFilteredSources *filtered);
/* |P_j e|^2 / |P e - P_j e|^2 from the equations alone: good enough to choose between estimates. */
double oto_interference_ratio(const OtoFilteredSources *filtered, int source, int estimate);
/* The energies for each source j and the estimate that belongs to it, through the signals themselves, because
 * differences of nearly equal energies would be lost. */
void oto_filtered_energies(const OtoFilteredSources *filtered, const int *estimate_of, OtoEnergies *energies);

#endif
