#include "lib/tensor/arithmetic.h"
#include "lib/tensor/broadcast.h"
#include "lib/tensor/complex.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/sum.h"

#include <math.h>
#include <string.h>

enum operation { ADD, SUB, MUL, DIV };
static const char *const names[] = {"oto_add", "oto_sub", "oto_mul", "oto_div"};
static const char *const origins[] = {"sum", "difference", "product", "quotient"};

OTO_DEFINE_PAIR_ROW(add_row, float, a + b)
OTO_DEFINE_PAIR_ROW(sub_row, float, a - b)
OTO_DEFINE_PAIR_ROW(mul_row, float, (a) * (b))
OTO_DEFINE_PAIR_ROW(div_row, float, a / b)
OTO_DEFINE_PAIR_ROW(complex_add_row, float _Complex, a + b)
OTO_DEFINE_PAIR_ROW(complex_sub_row, float _Complex, a - b)
OTO_DEFINE_PAIR_ROW(complex_mul_row, float _Complex, (a) * (b))
OTO_DEFINE_PAIR_ROW(complex_div_row, float _Complex, a / b)
static OtoRow *const rows[] = {add_row, sub_row, mul_row, div_row};
static OtoRow *const complex_rows[] = {complex_add_row, complex_sub_row, complex_mul_row, complex_div_row};

static void run(enum operation operation, const OtoBroadcast *plan, OtoTensor *z, OtoTensor *x, OtoTensor *y) {
    bool is_complex = z->type == OTO_COMPLEX64;
    oto_scope {
        OtoTensor *operands[] = {oto_as_type(x, z->type), oto_as_type(y, z->type)};
        oto_broadcast_run(plan, z->data, operands, is_complex ? sizeof(float _Complex) : sizeof(float),
                          is_complex ? complex_rows[operation] : rows[operation]);
    }
}

bool oto_is_magnitude_spectrum(const OtoTensor *x) {
    bool has_hertz = false;
    for (int i = 0; i < x->rank; i++) has_hertz |= !strcmp(x->axes[i].unit, "Hz");
    return has_hertz && x->quantity == OTO_AMPLITUDE;
}

static bool is_count(OtoQuantity quantity) {
    return quantity == OTO_FRAMES || quantity == OTO_SAMPLES;
}

/* Of two factors that measure the same. A sound times a sound is heard as one (a tone and its envelope), as a spectrum
 * times a spectrum is (a filter's); magnitudes of a sound's spectrum times such are a power. But those of a filter,
 * which know no frames, only scale others. Levels multiplied by levels are no levels, and so on. */
static OtoQuantity quantity_of_product(OtoTensor *x, OtoTensor *y) {
    if (x->quantity == OTO_SPECTRUM) return OTO_SPECTRUM;
    if (x->quantity != OTO_AMPLITUDE) return OTO_PLAIN;
    bool both = oto_is_magnitude_spectrum(x) && oto_is_magnitude_spectrum(y);
    bool of_frames = x->framing.hop_length > 0 && y->framing.hop_length > 0;
    return both && (x == y || of_frames) ? OTO_POWER : OTO_AMPLITUDE;
}

/* What the result measures: sums keep what both measure; a product with plain numbers is scaled, not another quantity.
 * But frames and samples are counted: what they are multiplied with makes them something else, as 1 / sample_rate does.
 */
static OtoQuantity quantity_of(enum operation operation, OtoTensor *x, OtoTensor *y) {
    bool scales = operation == MUL || operation == DIV;
    if (scales && (is_count(x->quantity) || is_count(y->quantity))) return OTO_PLAIN;
    if (x->quantity == y->quantity) {
        if (operation == MUL) return quantity_of_product(x, y);
        return operation == DIV ? OTO_PLAIN : x->quantity;
    }
    if (y->quantity == OTO_PLAIN) return x->quantity;
    if (x->quantity == OTO_PLAIN && operation != DIV) return y->quantity;
    return OTO_PLAIN;
}

/* ---- backward; where an operand repeated, its gradient is the sum over the places it was at ---- */

/* What operand i gets of a gradient in the result's shape: complex numbers (complex.h) if it has such, or their real
 * parts. */
static void give_operand(OtoNode *node, int i, OtoTensor *gradient) {
    OtoTensor *x = oto_node_input(node, i);
    if (gradient->type == OTO_COMPLEX64 && x->type != OTO_COMPLEX64) gradient = oto_real(gradient);
    oto_give(node, i, oto_sum_to(gradient, x));
}
static OtoTensor *conjugate(OtoTensor *x) {
    return x->type == OTO_COMPLEX64 ? oto_conj(x) : x;
}

/* z = x + y:  dL/dx = dL/dz,  dL/dy = dL/dz */
static void add_backward(OtoNode *node, OtoTensor *gradient) {
    for (int i = 0; i < 2; i++)
        if (oto_node_wants(node, i)) give_operand(node, i, gradient);
}

/* z = x - y:  dL/dx = dL/dz,  dL/dy = -dL/dz */
static void sub_backward(OtoNode *node, OtoTensor *gradient) {
    if (oto_node_wants(node, 0)) give_operand(node, 0, gradient);
    if (oto_node_wants(node, 1)) give_operand(node, 1, oto_mul(gradient, -1));
}

/* z = x y:  dL/dx = conj(y) dL/dz,  dL/dy = conj(x) dL/dz */
static void mul_backward(OtoNode *node, OtoTensor *gradient) {
    for (int i = 0; i < 2; i++)
        if (oto_node_wants(node, i)) give_operand(node, i, oto_mul(gradient, conjugate(oto_node_input(node, 1 - i))));
}

/* z = x / y:  dL/dx = dL/dz / conj(y),  dL/dy = -conj(x / y) dL/dz / conj(y) */
static void div_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *y = conjugate(oto_node_input(node, 1)), *part = oto_div(gradient, y);
    if (oto_node_wants(node, 0)) give_operand(node, 0, part);
    if (oto_node_wants(node, 1))
        give_operand(node, 1, oto_div(oto_mul(part, oto_mul(conjugate(oto_node_input(node, 0)), -1)), y));
}

/* Of a product, an operand is kept when the other's gradient will be asked for: index 1 for x's, 2 for y's. */
static const OtoOperation products[] = {
    [1] = {.name = "oto_mul", .backward = mul_backward, .saves = OTO_SAVES_INPUT(1)},
    [2] = {.name = "oto_mul", .backward = mul_backward, .saves = OTO_SAVES_INPUT(0)},
    [3] = {.name = "oto_mul", .backward = mul_backward, .saves = OTO_SAVES_INPUTS}};
static const OtoOperation others[] = {[ADD] = {.name = "oto_add", .backward = add_backward},
                                      [SUB] = {.name = "oto_sub", .backward = sub_backward},
                                      [DIV] = {.name = "oto_div", .backward = div_backward, .saves = OTO_SAVES_INPUTS}};

static OtoTensor *combine(enum operation operation, OtoTensor *x, OtoTensor *y) {
    oto_need(names[operation], "x", x);
    oto_need(names[operation], "y", y);
    if (x->sample_rate > 0 && y->sample_rate > 0 && x->sample_rate != y->sample_rate)
        oto_refuse(names[operation], "x has %.10g samples a second and y %.10g; oto_resample one of them",
                   x->sample_rate, y->sample_rate);
    OtoTensor *operands[] = {x, y};
    OtoBroadcast plan = oto_broadcast_plan(names[operation], 2, operands);
    OtoType type = x->type == OTO_COMPLEX64 || y->type == OTO_COMPLEX64 ? OTO_COMPLEX64 : OTO_FLOAT32;
    OtoTensor *z = oto_broadcast_result(&plan, type, operands);
    OtoTensor *sounding = x->sample_rate > 0 ? x : y;
    z->sample_rate = sounding->sample_rate;
    z->framing = sounding->framing;
    z->quantity = quantity_of(operation, x, y);
    run(operation, &plan, z, x, y);
    if (oto_records(x, y)) {
        const OtoOperation *product = &products[(oto_records(x) ? 1 : 0) + (oto_records(y) ? 2 : 0)];
        return oto_record(operation == MUL ? product : &others[operation], z, NULL, 0, x, y);
    }
    oto_set_origin(z, origins[operation], x->origin ? x : y);
    return z;
}

OtoTensor *oto_add_tensor(OtoTensor *x, OtoTensor *y) {
    return combine(ADD, x, y);
}
OtoTensor *oto_sub_tensor(OtoTensor *x, OtoTensor *y) {
    return combine(SUB, x, y);
}
OtoTensor *oto_mul_tensor(OtoTensor *x, OtoTensor *y) {
    return combine(MUL, x, y);
}
OtoTensor *oto_div_tensor(OtoTensor *x, OtoTensor *y) {
    return combine(DIV, x, y);
}

/* ---- with a number ---- */

/* z = x + c, x - c:  dL/dx = dL/dz */
static void shift_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, gradient);
}
/* z = x c:  dL/dx = c dL/dz */
static void scale_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_mul(gradient, *(const double *)oto_node_settings(node)));
}
/* z = x / c:  dL/dx = dL/dz / c */
static void divide_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_div(gradient, *(const double *)oto_node_settings(node)));
}
static const OtoOperation with_numbers[] = {[ADD] = {.name = "oto_add", .backward = shift_backward},
                                            [SUB] = {.name = "oto_sub", .backward = shift_backward},
                                            [MUL] = {.name = "oto_mul", .backward = scale_backward},
                                            [DIV] = {.name = "oto_div", .backward = divide_backward}};

static OtoTensor *with_number(enum operation operation, OtoTensor *x, double number) {
    oto_need(names[operation], "x", x);
    OtoTensor *z = oto_like_new(x, x->type == OTO_COMPLEX64 ? OTO_COMPLEX64 : OTO_FLOAT32, NULL);
    if ((operation == MUL || operation == DIV) && is_count(x->quantity)) z->quantity = OTO_PLAIN;
    float _Complex value = (float)number; /* its first half is the float */
    OtoTensor y = {.type = z->type, .rank = 1, .shape = {1}, .size = 1, .rows = 1, .cols = 1, .data = &value};
    y.axes[0].name = "";
    OtoBroadcast plan = oto_broadcast_plan(names[operation], 2, (OtoTensor *[]){x, &y});
    run(operation, &plan, z, x, &y);
    return oto_record(&with_numbers[operation], z, &number, sizeof number, x);
}

OtoTensor *oto_add_number(OtoTensor *x, double y) {
    return with_number(ADD, x, y);
}
OtoTensor *oto_sub_number(OtoTensor *x, double y) {
    return with_number(SUB, x, y);
}
OtoTensor *oto_mul_number(OtoTensor *x, double y) {
    return with_number(MUL, x, y);
}
OtoTensor *oto_div_number(OtoTensor *x, double y) {
    return with_number(DIV, x, y);
}

OtoTensor *oto_map(OtoTensor *x, float (*function)(float)) {
    oto_need_float("oto_map", "x", x);
    if (!function) oto_refuse("oto_map", "function is NULL");
    OtoTensor *z = oto_like_new(x, OTO_FLOAT32, "map");
    if (is_count(x->quantity)) z->quantity = OTO_PLAIN;
    for (int64_t i = 0; i < x->size; i++) ((float *)z->data)[i] = function(((float *)x->data)[i]);
    return z;
}
