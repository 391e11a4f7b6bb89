/* graph: how gradients are found. Every operation on a tensor that wants a gradient writes down a node: which operation
 * it was, its inputs, and the function that carries a gradient from its output back to its inputs. oto_backward walks
 * these nodes from the last to the first, by the chain rule:
 *
 *     x ---> [mul] ---> [sum_all] ---> loss        dloss/dx = sum over the ways from x to loss
 *     w --'                                                   of the products of the derivatives along the way
 *
 *     OtoTensor *w = oto_parameter(oto_tensor(1, 2));       a leaf: a gradient is wanted of it
 *     OtoTensor *loss = oto_sum_all(oto_mul(x, w));
 *     oto_backward(loss);
 *     oto_gradient(w)                                       dloss/dw = x
 *
 * An operation of one's own is a function that computes y and ends in oto_op, and one that goes back:
 *
 *     static void cube_backward(OtoNode *node, OtoTensor *gradient) {            // dL/dx = dL/dy * 3 x^2
 *         OtoTensor *x = oto_node_input(node, 0);
 *         oto_give(node, 0, oto_mul(gradient, oto_mul(oto_mul(x, x), 3)));
 *     }
 *     OtoTensor *cube(OtoTensor *x) {
 *         OtoTensor *y = oto_map(x, cube_of_number);
 *         return oto_op(y, cube_backward, x);
 *     }
 *
 * What was written down lives as long as a value that came from it; oto_step, oto_next and oto_scope see to it that
 * this is not long. The numbers of a tensor are not to be changed between its use and oto_backward.
 */
#ifndef OTO_GRAPH_H
#define OTO_GRAPH_H

#include "tensor.h"

typedef struct OtoNode OtoNode;

/* ---- for everyone ---- */

/* A new tensor with x's numbers, of which a gradient is wanted. float32. */
OtoTensor *oto_parameter(OtoTensor *x);
/* Whether a gradient flows through x: it is a parameter, or came from one. */
bool oto_wants_gradient(OtoTensor *x);
/* From now on a gradient is wanted of x itself, or (false) none: x is a parameter, or not. For the parameters of
 * layers; refuses an x that came from a parameter. */
void oto_want_gradient(OtoTensor *x, bool wanted);
/* The same numbers, cut off: no gradient flows back from the new tensor, which stays until its scope ends. */
OtoTensor *oto_detach(OtoTensor *x);
/* Nothing is written down inside: oto_no_grad { double f = oto_item(loss_of(net, x)); } Left by its end, break, return
 * and goto. */
typedef struct OtoNoGrad {
    bool before, open;
} OtoNoGrad;
OtoNoGrad oto_no_grad_begin(void);
void oto_no_grad_end(OtoNoGrad *block);
#define oto_no_grad                                                                                                    \
    for (OtoNoGrad oto_this_block __attribute__((cleanup(oto_no_grad_end))) = oto_no_grad_begin();                     \
         oto_this_block.open; oto_this_block.open = false)

/* Whether such a block is open. */
bool oto_no_grad_now(void);

/* A jump has left such blocks (a refusal does): things are written down again. */
void oto_no_grad_left(void);

/* Adds dloss/dw to the gradient of every parameter w that loss came from. loss is one number, and can be walked back
 * from once: refused are a loss of several numbers, a loss that no parameter leads to, and a second call. As
 * loss.backward() in PyTorch. */
void oto_backward(OtoTensor *loss);
/* The gradient that oto_backward left in a parameter: a copy, of x's shape. Refuses when there is none, and says why.
 */
OtoTensor *oto_gradient(OtoTensor *x);
bool oto_has_gradient(OtoTensor *x);
/* Forgets it. */
void oto_zero_gradient(OtoTensor *x);

/* dy/dx as a new tensor, of x's shape; what is in the parameters stays as it is. y of several numbers stands for their
 * sum. With .again = true a gradient flows through the result (second derivatives, as a gradient penalty needs);
 * operations that cannot do that say so. As torch.autograd.grad(y.sum(), x, create_graph=again). */
typedef struct OtoGradOptions {
    bool again;
} OtoGradOptions;
OtoTensor *oto_grad(OtoTensor *y, OtoTensor *x, OtoGradOptions options);
#define oto_grad(y, x, ...) oto_grad(y, x, OTO_OPTIONS(OtoGradOptions, (.again = false), __VA_ARGS__))

/* ---- operations of one's own ---- */

/* Carries the gradient of the output (of the output's shape) to the inputs: calls oto_give for each wanted one. */
typedef void OtoBackward(OtoNode *node, OtoTensor *gradient);

/* Writes down that y came from the inputs by an operation that this backward belongs to; returns y. All inputs and y
 * are there in backward. y is new and its backward is a function's name: messages call the operation by it. */
#define oto_op(y, backward, ...) oto_op_of(y, backward, #backward, OTO_TENSORS(__VA_ARGS__))
OtoTensor *oto_op_of(OtoTensor *y, OtoBackward *backward, const char *name, int count, OtoTensor *inputs[]);

/* Input i, as it was. Its data is NULL when the operation said that it does not need it (below). */
OtoTensor *oto_node_input(OtoNode *node, int i);
OtoTensor *oto_node_output(OtoNode *node);
int oto_node_inputs(OtoNode *node);
/* Whether the gradient of input i is asked for; what is not need not be computed. */
bool oto_node_wants(OtoNode *node, int i);
/* Hands over the gradient of input i, which has the shape of the input; given twice, it is added. */
void oto_give(OtoNode *node, int i, OtoTensor *gradient);

/* ---- for the library's own operations ---- */

/* What an operation is; one static const for each. saves says what its backward reads: bit i for input i, and
 * OTO_SAVES_OUTPUT. What is not saved costs no memory. Where backward computes with raw loops (and not with operations
 * that write themselves down), `once` is set, and second derivatives are refused. */
typedef struct OtoOperation {
    const char *name; /* "oto_conv2d" */
    OtoBackward *backward;
    uint64_t saves;
    bool once;
} OtoOperation;
#define OTO_SAVES_INPUT(i) (UINT64_C(1) << (i))
#define OTO_SAVES_INPUTS (UINT64_C(0x7fffffffffffffff))
#define OTO_SAVES_OUTPUT (UINT64_C(1) << 63)
#define OTO_SAVES_NOTHING UINT64_C(0)

/* The same as oto_op for one of these. settings: size bytes that backward reads by oto_node_settings, copied; or NULL.
 */
#define oto_record(operation, y, settings, size, ...)                                                                  \
    oto_record_of(operation, y, settings, size, OTO_TENSORS(__VA_ARGS__))
OtoTensor *oto_record_of(const OtoOperation *operation, OtoTensor *y, const void *settings, size_t size, int count,
                         OtoTensor *inputs[]);
const void *oto_node_settings(OtoNode *node);
const char *oto_node_name(OtoNode *node);
/* Whether an operation on these inputs would be written down now: where not, nothing has to be kept for backward. */
#define oto_records(...) oto_records_any(OTO_TENSORS(__VA_ARGS__))
bool oto_records_any(int count, OtoTensor *inputs[]);

/* oto_backward, into these parameters alone. */
void oto_backward_into(const char *operation, OtoTensor *loss, int count, OtoTensor *parameters[]);
/* The gradient itself (not a copy), or NULL. It is the node's: valid until it is forgotten or added to. */
const float *oto_gradient_data(OtoTensor *x);
/* A parameter was changed by its gradient: to add another to it is refused until it is set to zero. */
void oto_gradient_used(OtoTensor *x);
bool oto_gradient_is_used(OtoTensor *x);
/* Goes the way of a walk once more, from a loss that has been walked back from, and calls watch after each operation's
 * backward, when the gradients of its inputs are there: to find what went wrong. */
typedef void OtoWalkWatch(OtoNode *node, void *context);
void oto_backward_again(OtoTensor *loss, int count, OtoTensor *parameters[], OtoWalkWatch *watch, void *context);
/* The numbers of a parameter were changed in place: what was computed before has no gradient any more. */
void oto_changed(OtoTensor *x);

/* Every value that was written down and that the innermost scope has got since the mark `from` and before the mark
 * `to` ends now, but for what oto_keep has kept. A mark is oto_mark() of then. */
uint64_t oto_mark(void);
void oto_forget_between(uint64_t from, uint64_t to);

/* Calls visit for each node that x came from, each once, the last written down first. */
void oto_visit(OtoTensor *x, void (*visit)(OtoNode *node, void *context), void *context);
OtoNode *oto_node_of(OtoTensor *x);
/* The node that made input i, or NULL for what no gradient flows through. */
OtoNode *oto_node_before(OtoNode *node, int i);
bool oto_node_is_parameter(OtoNode *node);
/* Whether oto_grad has been asked for dy/dx at this x: a place to look from, and nothing to learn. */
bool oto_node_is_asked(OtoNode *node);

#endif
