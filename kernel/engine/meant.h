/* meant: which known name was probably meant by one that the compiler does not know. */
#ifndef OTO_MEANT_H
#define OTO_MEANT_H

#include "kernel/engine/parse.h"
#include "kernel/engine/session.h"

/* The unknown name in a message of the compiler, malloc'd, or NULL when the message is about something else. */
char *meant_unknown(const char *message);
/* The nearest of: what the compiler suggests (or NULL), the words of the cell itself that no diagnostic calls unknown,
 * C's own words, and the session's names. malloc'd; NULL when none is near enough. */
char *meant_name(const struct session *session, const char *source, const struct diagnostic *diagnostics, size_t count,
                 const char *name, const char *suggestion);

#endif
