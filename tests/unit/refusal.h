/* refusal: how a test sees that the library refuses. */
#ifndef OTO_TESTS_REFUSAL_H
#define OTO_TESTS_REFUSAL_H

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "lib/tensor/error.h"

static jmp_buf refusal_jump;
static char refusal_text[1000];

static inline void refusal_taken(const char *message, void *context) {
    snprintf(refusal_text, sizeof refusal_text, "%s", message);
    longjmp(refusal_jump, 1);
}

/* The expression must be refused, with a message that holds the text. */
#define assert_refused(expression, text)                                                                               \
    do {                                                                                                               \
        OtoErrorHandler before = oto_on_error(refusal_taken, NULL);                                                    \
        if (setjmp(refusal_jump) == 0) {                                                                               \
            (void)(expression);                                                                                        \
            oto_on_error(before, NULL);                                                                                \
            fail_msg("%s was not refused", #expression);                                                               \
        }                                                                                                              \
        oto_on_error(before, NULL);                                                                                    \
        if (!strstr(refusal_text, text)) fail_msg("refused with \"%s\", not \"%s\"", refusal_text, text);              \
    } while (0)

#endif
