/* error: how the library refuses.
 *
 * A function that cannot do what it was asked ends in oto_refuse. The message names the operation, the offending value
 * (or both shapes with their axis names), and what to try:
 *
 *     oto_add: (time 5) and (time 6) do not fit together; cut the longer one, as in oto_slice(y, "time", 0, 5)
 *     oto_mfcc: oto_mel: x is empty: (time 0)         (oto_mfcc was called, and has called oto_mel, which refuses)
 *
 * In a notebook the cell ends there with an OtoError, and every variable is what it was before the cell. In a program
 * of its own, `oto: message` goes to stderr and the program ends with status 1, unless oto_on_error has named a
 * function that handles it (by longjmp, or by ending the program in its own way). No library function returns an error
 * code.
 */
#ifndef OTO_ERROR_H
#define OTO_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Called with the whole message (valid during the call). A handler that returns is followed by the default behaviour.
 */
typedef void (*OtoErrorHandler)(const char *message, void *context);

/* From now on errors go to handler (NULL: back to the default). Returns the handler before. One for all threads. */
OtoErrorHandler oto_on_error(OtoErrorHandler handler, void *context);

/* Refuses: "operation: formatted text". For functions of the library, and for a student's own that are used alike. */
void oto_refuse(const char *operation, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* Does work(context), which may refuse: NULL, or what it refused with, malloc'd ("" when memory ran out). For hosts
 * that hand the library data which they do not trust; only the calling thread's refusals are caught. Values that work
 * has made live until the end of the scope around the call, but what it took by malloc is lost when it refuses. */
char *oto_refusal_of(void (*work)(void *context), void *context);

/* Refuses unless size bytes at buffer may be read: not NULL and, in checked mode, inside one block of the student's. */
void oto_check_buffer(const char *operation, const char *argument, const void *buffer, size_t size);
/* Refuses unless text is a string that ends inside its block. */
void oto_check_text(const char *operation, const char *argument, const char *text);
/* Refuses unless lowest <= value <= highest (a NaN is outside). */
void oto_check_range(const char *operation, const char *argument, double value, double lowest, double highest);

/* Whether the user has interrupted. Long calls ask now and then and return early with what they have: the host ends the
 * cell as soon as control is back in it. Always false in a program of its own. */
bool oto_interrupt_pending(void);

/* From now on this thread's refusals begin with "place(): ", where in a larger whole they happen (the layer of a
 * network); NULL: no more. place gives an allocated text, or NULL, and is asked once: a refusal does not come back.
 * Whether there was such a place before. */
bool oto_refuse_at(char *(*place)(void));

/* A cell begins, and the one before may have been left by a jump (an interrupt). Whatever blocks of the library that
 * was in are over: scopes end, operations are written down again, refusals have no place. */
void oto_left_by_jump(void);

/* Given by the host that the library is linked into; absent in a program of its own. The first never returns. */
extern void oto_refuse_host(const char *message) __attribute__((weak, noreturn));
extern bool oto_interrupted(void) __attribute__((weak));

#endif
