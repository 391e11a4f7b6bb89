/* editor: is the cell complete, how could it go on, what is this name. As in cell.h, with the session's lock held. */
#ifndef OTO_EDITOR_H
#define OTO_EDITOR_H

#include "kernel/engine/session.h"

enum completeness editor_is_complete(struct session *session, const char *source, size_t length, char **indent);
void editor_complete(struct session *session, const char *source, size_t length, size_t cursor,
                     struct completions *out);
/* Whether the text is nothing but name? (detail 0) or name?? (detail 1), as in IPython; *end is set behind the name. */
bool editor_is_question(const char *source, size_t length, size_t *end, int *detail);
/* While a cell's code runs, a variable is described without its value. */
char *editor_inspect(struct session *session, const char *source, size_t length, size_t cursor, int detail);
/* The same of a name alone: "struct note", "oto_stft". */
char *editor_describe(struct session *session, const char *name, int detail);

#endif
