/* libclang: the questions of parse.h, asked of libclang in this process. Only oto-parser does so: a cell can keep
 * libclang busy without end, or make it fill the memory. */
#ifndef OTO_LIBCLANG_H
#define OTO_LIBCLANG_H

#include "kernel/engine/facts.h"

struct libclang;

/* Lives as long as the process. */
struct libclang *libclang_open(void);

void libclang_parse_text(struct libclang *libclang, const char *const *flags, const char *text, size_t length,
                         size_t from, const char *part_prefix, struct facts *facts);
void libclang_complete(struct libclang *libclang, const char *const *flags, const char *text, size_t length,
                       size_t offset, const char *prefix, size_t prefix_length,
                       void (*visit)(void *, const char *name, const char *type, const char *signature), void *context);
void libclang_scope(struct libclang *libclang, const char *const *flags, const char *text, size_t length, size_t offset,
                    void (*visit)(void *, const char *name, const char *type, const char *signature), void *context);
char *libclang_declaration_at(struct libclang *libclang, const char *const *flags, const char *text, size_t length,
                              size_t offset, char **comment);
char *libclang_print(struct libclang *libclang, const char *const *flags, const char *text, size_t length, size_t from,
                     size_t to);
void libclang_header_names(struct libclang *libclang, const char *const *flags,
                           void (*visit)(void *, const char *name, char space), void *context);

#endif
