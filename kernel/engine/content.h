/* content: what a text is known by in the caches of this folder. */
#ifndef OTO_CONTENT_H
#define OTO_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

/* Of flags and text: for memory, never for trust. */
struct content_key {
    unsigned long long words[2];
};

/* flags: NULL-terminated. */
struct content_key content_key(const char *const *flags, const char *text, size_t length);
/* The key of that content and a number beside it. */
struct content_key content_key_with(struct content_key key, size_t number);
bool content_keys_equal(struct content_key a, struct content_key b);

/* Does the text include or embed a file that is none of the system's headers? What only looks as if it did counts too.
 */
bool content_reads_files(const char *text, size_t length);
/* May the text mean something else tomorrow? It may when it reads files, or when one of the flags (NULL-terminated) may
 * name a file or folder of the user's, where <...> finds headers too. */
bool content_may_change(const char *const *flags, const char *text, size_t length);

#endif
