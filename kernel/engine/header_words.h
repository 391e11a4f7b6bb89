/* header_words: what the headers offer the editor. Reading it takes the parser a tenth of a second, so it is kept until
 * the session includes something else. */
#ifndef OTO_HEADER_WORDS_H
#define OTO_HEADER_WORDS_H

#include "kernel/engine/cursor.h"

typedef void word_visitor(void *context, const char *name, const char *type, const char *signature);

/* Calls back for each name of the headers (tags: for each tag of struct, union and enum) that begins with the
 * prefix. cursor: whose #include lines count. */
void header_words_visit(struct session *session, const struct cursor *cursor, bool tags, const char *prefix,
                        size_t length, word_visitor *visit, void *context);
/* Calls back for each header in a folder ("sys/", "") of those that #include <...> looks into. */
void header_files_visit(struct session *session, const char *folder, size_t length, word_visitor *visit, void *context);
void header_words_free(struct session *session);

#endif
