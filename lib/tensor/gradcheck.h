/* gradcheck: is a backward right? The gradient that it gives is compared, element by element, with what the definition
 * of the derivative says: how much the result changes when one number of an input is moved up and down a little.
 *
 *     OtoGradcheck check = oto_gradcheck(oto_exp, x);           a function of one, two or three tensors, and these
 *     if (!check.passed) oto_gradcheck_print(check);
 *     oto_gradcheck_again(cube, x)                              of the second derivative
 */
#ifndef OTO_GRADCHECK_H
#define OTO_GRADCHECK_H

#include "tensor.h"

enum { OTO_GRADCHECK_WORST = 5 };
typedef struct OtoGradcheckElement {
    int input; /* 0: the first tensor */
    int rank;
    int64_t index[OTO_RANK_MAX];
    double backward, difference; /* the gradient by backward, and by the quotient of differences */
} OtoGradcheckElement;
typedef struct OtoGradcheck {
    bool passed;
    int64_t checked, wrong; /* elements */
    int64_t kinks;          /* not compared: the function bends there (as |x| at 0), so it has no derivative */
    double largest;         /* difference, over what it may be: passed up to 1 */
    int worst_count;
    OtoGradcheckElement worst[OTO_GRADCHECK_WORST]; /* the largest differences, the largest first */
} OtoGradcheck;

/* f is called 4 times for each number of each float32 tensor (others are handed over as they are, such as class
 * numbers), so take small ones. Inputs into which f lets no gradient flow (targets) are left out. Its result may have
 * any shape: a sum with different weights is differentiated. Differences are central, at two distances (powers of two)
 * from which the error of the smaller is taken away; they may be off by 1 % of the gradient and by what float32 rounds
 * away. Refused: an f whose result no input leads to, or that gives another result for the same numbers. As
 * torch.autograd.gradcheck and gradgradcheck. */
#define oto_gradcheck(f, ...) oto_gradcheck_of(OTO_CHECKED_FUNCTION(f), false, OTO_TENSORS(__VA_ARGS__))
#define oto_gradcheck_again(f, ...) oto_gradcheck_of(OTO_CHECKED_FUNCTION(f), true, OTO_TENSORS(__VA_ARGS__))
/* Prints the verdict and the largest differences. */
void oto_gradcheck_print(OtoGradcheck check);

typedef struct OtoCheckedFunction {
    int inputs;
    union {
        OtoTensor *(*of_one)(OtoTensor *);
        OtoTensor *(*of_two)(OtoTensor *, OtoTensor *);
        OtoTensor *(*of_three)(OtoTensor *, OtoTensor *, OtoTensor *);
    };
} OtoCheckedFunction;
#define OTO_CHECKED_FUNCTION(f)                                                                                        \
    _Generic((f),                                                                                                      \
        OtoTensor * (*)(OtoTensor *): oto_checked_one,                                                                 \
        OtoTensor * (*)(OtoTensor *, OtoTensor *): oto_checked_two,                                                    \
        OtoTensor * (*)(OtoTensor *, OtoTensor *, OtoTensor *): oto_checked_three)(f)
OtoCheckedFunction oto_checked_one(OtoTensor *(*f)(OtoTensor *));
OtoCheckedFunction oto_checked_two(OtoTensor *(*f)(OtoTensor *, OtoTensor *));
OtoCheckedFunction oto_checked_three(OtoTensor *(*f)(OtoTensor *, OtoTensor *, OtoTensor *));
OtoGradcheck oto_gradcheck_of(OtoCheckedFunction f, bool again, int count, OtoTensor *inputs[]);

#endif
