/* mime: what the library knows of MIME types. */
#ifndef OTO_MIME_H
#define OTO_MIME_H

#include <stdbool.h>
#include <stddef.h>

struct oto_mime {
    const char *type;                             /* a '*' at an end stands for the rest */
    bool text;                                    /* travels as UTF-8; otherwise as bytes */
    const char *ending;                           /* of a file; NULL: printed */
    const char *word;                             /* text/plain beside it; NULL: the data itself */
    char *(*flaw)(const char *data, size_t size); /* flaw.h; NULL: anything goes */
};

/* What is known of a type; unknown ones are bytes. */
const struct oto_mime *oto_mime_of(const char *type);
/* type/subtype in the characters of RFC 6838, without parameters. */
bool oto_mime_is_type(const char *text);

#endif
