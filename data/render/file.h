/* file: files that are complete or not there at all, so that work can be broken off and gone on with. */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed; ends the program with a message when there is none. */
void *need_memory(size_t count, size_t size);
void out_of_memory(void) __attribute__((noreturn));

/* "folder/name.new" for "folder/name" (the folder is made); free() it by put_in_place. */
char *path_beside(const char *path);
/* Moves the file from beside to its path when it was written whole, otherwise removes it. Frees beside. Returns whether
 * the file is in place; says on stderr why not. */
bool put_in_place(char *beside, const char *path, bool written);

/* Text as a file, complete or not at all. */
bool write_text(const char *path, const char *text, size_t size);

bool is_there(const char *path);
/* printf into a new string; free() it. */
char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
