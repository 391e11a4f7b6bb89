/* sources: what the measures of separation need of the signals that they compare. Not for students. */
#ifndef OTO_METRICS_SOURCES_H
#define OTO_METRICS_SOURCES_H

#include "lib/tensor/tensor.h"

bool oto_is_silent(const float *x, int64_t count);
/* Refuses unless both are finite float32 sounds of one shape, (channels, time) or (time), and none is silent. */
void oto_need_sources(const char *operation, OtoTensor *reference, OtoTensor *estimated);

#endif
