/* optimal_window: windows that are the best of their length in some sense, and are found as a whole. For window.c. */
#ifndef OTO_OPTIMAL_WINDOW_H
#define OTO_OPTIMAL_WINDOW_H

#include <stdint.h>

/* Both write the `length` samples of a symmetric window. False when memory has run out. */

/* The narrowest main lobe whose side lobes all lie `attenuation` dB below it (Dolph 1946). */
bool oto_chebyshev_window(double *window, int64_t length, double attenuation);
/* The largest share of energy within half_bandwidth / length cycles a sample of 0 (Slepian 1978). */
bool oto_dpss_window(double *window, int64_t length, double half_bandwidth);

#endif
