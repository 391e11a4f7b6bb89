/* sources: the cells' texts as files, under names that the client works out too: folder/hash.c, with the Murmur2 hash
 * (32 bits, https://github.com/aappleby/smhasher) of the text. From any thread. */
#ifndef OTO_SOURCES_H
#define OTO_SOURCES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct sources;

struct sources *sources_new(void);
/* Removes the folder and what is in it. */
void sources_free(struct sources *sources);
/* Makes the folder, once. False with errno. */
bool sources_open(struct sources *sources);

uint32_t sources_seed(void);
/* What stands before and behind the hash. */
const char *sources_prefix(const struct sources *sources);
const char *sources_suffix(void);

/* The file of a text, whether it is stored or not; malloc'd, NULL when memory ran out. */
char *sources_file(const struct sources *sources, const char *text);
/* Writes the text to its file; its name, malloc'd, or NULL. */
char *sources_store(struct sources *sources, const char *text);
/* The text of such a file, malloc'd; NULL when it is none. */
char *sources_read(const struct sources *sources, const char *file);
/* Whether a stack frame lies in one of the files. */
bool sources_has_frame(const struct sources *sources, const json_t *frame);

#endif
