/* pick: places of an axis taken in any order, and put back: what flipping, padding, repeating and selecting have in
 * common. The two are each other's backward. For the library's own files.
 *
 *     places (2, 0, -1, 0) of x (a, b, c)     gives (c, a, fill, a)
 */
#ifndef OTO_PICK_H
#define OTO_PICK_H

#include "axis.h"
#include "graph.h"

/* y[..., j, ...] = x[..., places[j], ...] along an axis, or fill where places[j] is below 0. places: int64 (n), not to
 * be written to any more. The other axes keep their names, and the axis its own. Written down under the operation's
 * name, which is an OTO_PICKING. */
OtoTensor *oto_pick(const OtoOperation *operation, OtoTensor *x, int axis, OtoTensor *places, double fill);
#define OTO_PICKING(called)                                                                                            \
    (OtoOperation) {                                                                                                   \
        .name = called, .backward = oto_pick_backward, .saves = OTO_SAVES_INPUT(1)                                     \
    }
void oto_pick_backward(OtoNode *node, OtoTensor *gradient);
/* z[..., places[j], ...] += x[..., j, ...], from zeros: an axis that becomes `length` long. In the order of j. */
OtoTensor *oto_put(OtoTensor *x, int axis, OtoTensor *places, int64_t length);
/* Room for n places. */
OtoTensor *oto_places_new(int64_t n);

#endif
