/* Einstein's sums as products of matrices. For two operands the letters fall into four groups: those of both that stay
 * (batch), those of x alone (rows), of y alone (columns), and those of both that go (summed over):
 *
 *     x (batch, rows, summed) y (batch, summed, columns) -> (batch, rows, columns)
 *
 * Letters of one operand alone that go are summed over before. Everything is written with operations that record. */
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/matmul.h"
#include "lib/tensor/sum.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const name = "oto_einsum";

enum { LETTERS = 128 };
/* A tensor whose axes have letters. */
struct lettered {
    OtoTensor *x;
    char letters[OTO_RANK_MAX + 1];
};
struct equation {
    const char *text;
    int64_t length[LETTERS]; /* of the axis of each letter; -1: not seen */
    char result[OTO_RANK_MAX + 1];
};

static void add_letter(const struct equation *e, char *letters, char letter) {
    size_t count = strlen(letters);
    if (strchr(letters, letter))
        oto_refuse(name, "\"%s\": the letter %c comes twice in one place; a diagonal cannot be written so", e->text,
                   letter);
    if (count == OTO_RANK_MAX) oto_refuse(name, "\"%s\": a tensor has at most %d axes", e->text, OTO_RANK_MAX);
    letters[count] = letter;
}

/* The letters up to the next , or - or the end; returns what stands there. */
static const char *read_letters(const struct equation *e, const char *at, char *letters) {
    for (; *at && *at != ',' && *at != '-'; at++) {
        if (*at == ' ') continue;
        if (!isascii(*at) || !isalpha((unsigned char)*at))
            oto_refuse(name, "\"%s\": '%c' is no letter; write it as \"ij,jk->ik\"", e->text, *at);
        add_letter(e, letters, *at);
    }
    return at;
}

static void parse(struct equation *e, int count, OtoTensor *operands[], struct lettered parts[]) {
    memset(e->length, -1, sizeof e->length);
    const char *at = e->text;
    for (int p = 0; p < count; p++) {
        parts[p].x = operands[p];
        at = read_letters(e, at, parts[p].letters);
        if ((int)strlen(parts[p].letters) != operands[p]->rank)
            oto_refuse(name, "\"%s\" names %zu axes of operand %d, which is %s", e->text, strlen(parts[p].letters), p,
                       oto_shape_quoted(operands[p]));
        for (int i = 0; i < operands[p]->rank; i++) {
            int64_t *length = &e->length[(int)parts[p].letters[i]], own = operands[p]->shape[i];
            if (*length >= 0 && *length != own)
                oto_refuse(name, "\"%s\": %c is %" PRId64 " in one operand and %" PRId64 " in operand %d, %s", e->text,
                           parts[p].letters[i], *length, own, p, oto_shape_quoted(operands[p]));
            *length = own;
        }
        if (p < count - 1 && *at++ != ',')
            oto_refuse(name, "\"%s\" names %d operand%s, but %d are given", e->text, p + 1, p ? "s" : "", count);
    }
    if (strncmp(at, "->", 2) != 0)
        oto_refuse(name, "\"%s\" %s; write it as \"ij,jk->ik\"", e->text,
                   *at == ',' ? "names more operands than are given" : "does not say what the result is");
    at = read_letters(e, at + 2, e->result);
    if (*at) oto_refuse(name, "\"%s\" goes on behind the result", e->text);
    for (const char *c = e->result; *c; c++)
        if (e->length[(int)*c] < 0) oto_refuse(name, "\"%s\": %c of the result is in no operand", e->text, *c);
}

/* Sums over the letters that are not in `wanted`. */
static struct lettered without(struct lettered part, const char *wanted) {
    struct lettered left = {};
    unsigned axes = 0;
    long long shape[OTO_RANK_MAX] = {1};
    int rank = 0;
    for (int i = 0; i < part.x->rank && part.letters[i]; i++) {
        if (strchr(wanted, part.letters[i])) {
            left.letters[rank] = part.letters[i];
            shape[rank++] = part.x->shape[i];
        } else {
            axes |= 1u << i;
        }
    }
    left.x = axes ? oto_sum_axes(part.x, axes, 1, rank ? rank : 1, shape) : part.x;
    return left;
}

/* The axes in the order of these letters, which are all of part's; then the shape (batch, rows, columns). */
static OtoTensor *ordered(struct lettered part, const char *letters) {
    if (!*letters) return part.x;
    long long order[OTO_RANK_MAX];
    bool same = true;
    for (int i = 0; letters[i]; i++) {
        order[i] = strchr(part.letters, letters[i]) - part.letters;
        same &= order[i] == i;
    }
    return same ? part.x : oto_permute_axes(part.x, part.x->rank, order);
}

static int64_t product_of(const struct equation *e, const char *letters) {
    int64_t product = 1;
    for (; *letters; letters++) product *= e->length[(int)*letters];
    return product;
}

/* later: the letters that are still needed afterwards. */
static struct lettered contracted(const struct equation *e, struct lettered x, struct lettered y, const char *later) {
    char needed[LETTERS];
    snprintf(needed, sizeof needed, "%s%s", y.letters, later);
    x = without(x, needed);
    snprintf(needed, sizeof needed, "%s%s", x.letters, later);
    y = without(y, needed);
    char batch[OTO_RANK_MAX + 1] = "", rows[OTO_RANK_MAX + 1] = "", columns[OTO_RANK_MAX + 1] = "",
                              summed[OTO_RANK_MAX + 1] = "";
    for (const char *c = x.letters; *c; c++)
        add_letter(e, !strchr(y.letters, *c) ? rows : strchr(later, *c) ? batch : summed, *c);
    for (const char *c = y.letters; *c; c++)
        if (!strchr(x.letters, *c)) add_letter(e, columns, *c);
    char order_x[3 * LETTERS], order_y[3 * LETTERS];
    snprintf(order_x, sizeof order_x, "%s%s%s", batch, rows, summed);
    snprintf(order_y, sizeof order_y, "%s%s%s", batch, summed, columns);
    int64_t b = product_of(e, batch), m = product_of(e, rows), n = product_of(e, columns), k = product_of(e, summed);
    OtoTensor *a = oto_reshape(ordered(x, order_x), b, m, k), *c = oto_reshape(ordered(y, order_y), b, k, n);
    struct lettered result = {};
    if (strlen(batch) + strlen(rows) + strlen(columns) > OTO_RANK_MAX)
        oto_refuse(name, "\"%s\": on the way there would be more than %d axes", e->text, OTO_RANK_MAX);
    strcat(strcat(strcat(result.letters, batch), rows), columns);
    long long shape[OTO_RANK_MAX] = {1};
    int rank = 0;
    for (; result.letters[rank]; rank++) shape[rank] = e->length[(int)result.letters[rank]];
    result.x = oto_reshape_to(oto_matmul(a, c), rank ? rank : 1, shape);
    return result;
}

OtoTensor *oto_einsum_of(const char *text, int count, OtoTensor *operands[]) {
    oto_check_text(name, "equation", text);
    struct equation e = {.text = text};
    enum { OPERANDS_MAX = 8 };
    struct lettered parts[OPERANDS_MAX] = {};
    if (count > OPERANDS_MAX) oto_refuse(name, "%d operands are given, but at most %d can be", count, OPERANDS_MAX);
    for (int p = 0; p < count; p++) oto_need_float(name, "an operand", operands[p]);
    parse(&e, count, operands, parts);
    OtoTensor *result = NULL;
    oto_scope {
        struct lettered so_far = parts[0];
        for (int p = 1; p < count; p++) {
            char later[OPERANDS_MAX * OTO_RANK_MAX + 1] = "";
            strcat(later, e.result);
            for (int q = p + 1; q < count; q++) strcat(later, parts[q].letters);
            so_far = contracted(&e, so_far, parts[p], later);
        }
        OtoTensor *ready = ordered(without(so_far, e.result), e.result);
        result = oto_keep(ready == operands[0] ? oto_mul(ready, 1) : ready);
    }
    return result;
}
