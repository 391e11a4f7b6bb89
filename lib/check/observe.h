/* observe: how a check makes an observation of a value. For lib/check only. */
#ifndef OTO_OBSERVE_H
#define OTO_OBSERVE_H

#include "lib/check/check.h"
#include "lib/check/observation.h"

/* An observation without its value: refuses a name or options that cannot be, and fills in what was left out. operation
 * is the check's name in C. */
struct oto_observed oto_observe_begin(const char *operation, enum oto_check_kind kind, const char *name,
                                      enum oto_observed_type type, const OtoCheck *options);
/* Sends it, and outside the grader judges it. */
void oto_observe_end(const struct oto_observed *observed);

/* Both end it: with the first count elements of an array, or why they cannot be looked at; with a tensor as it is, its
 * data too unless only the shape counts. */
void oto_observe_elements(struct oto_observed *observed, const void *array, int64_t count, OtoElement element);
void oto_observe_tensor(struct oto_observed *observed, OtoTensor *x, bool with_data);

enum oto_observed_type oto_element_type(OtoElement element);
enum oto_observed_type oto_tensor_type(OtoTensor *x);
/* How many bytes of these may be read: an answer that is too short fails its check, and not the whole cell. */
size_t oto_readable(const void *data, size_t size);

#endif
