/* whereabouts: what AddressSanitizer's report says of the place of an address, taken out of its text. Pure; uses no
 * heap. */
#ifndef OTO_WORKER_WHEREABOUTS_H
#define OTO_WORKER_WHEREABOUTS_H

#include <stdbool.h>
#include <stdint.h>

struct whereabouts {
    const char *object;   /* "heap", "stack", "global", "literal", or "" when nothing is known */
    const char *relation; /* "before", "after" or "inside" of the object, "" when the object's bounds are not known */
    long long distance;   /* bytes from the object's start (inside), start (before) or end (after) */
    long long extent;     /* bytes of the object */
    char name[128];       /* of a variable, as the source spells it; "f.x" of a static local; or empty */
    uintptr_t owner;      /* stack: an address in the function whose variable it is, or 0 */
};

#pragma GCC visibility push(hidden)

/* False, with everything empty, when the report does not say. Of several objects the nearest counts. */
bool whereabouts_read(const char *report, struct whereabouts *place);

#pragma GCC visibility pop
#endif
