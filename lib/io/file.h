/* file: whole files into memory. Not for students, who have fopen. */
#ifndef OTO_FILE_H
#define OTO_FILE_H

#include <stddef.h>

/* The bytes of a file and a '\0' behind them, in the keeping of the innermost scope. Refuses, in the operation's name,
 * a file that is missing, a folder, empty, larger than limit bytes, or that cannot be read. */
char *oto_file_read(const char *operation, const char *path, size_t limit, size_t *size);
/* The part of a path behind its last slash. */
const char *oto_file_name(const char *path);
/* Whether a path ends in .ending, whatever the case. */
bool oto_file_ends_in(const char *path, const char *ending);

#endif
