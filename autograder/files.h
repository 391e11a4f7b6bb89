/* files: reading what a student handed in and writing what the grader makes, without being led elsewhere. */
#ifndef GRADER_FILES_H
#define GRADER_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of a regular file of at most max bytes, NUL behind them (caller frees). A symlink, directory, FIFO, socket
 * or device is refused. NULL with a malloc'd one-line *error. */
char *file_read(const char *path, size_t max, size_t *size, char **error);
/* Where the text in a file's bytes begins: behind the mark that some editors put before UTF-8. NULL with a malloc'd
 * *why that names the line when the bytes are not UTF-8 or hold a NUL. A NUL stands behind the bytes. */
const char *file_text(const char *bytes, size_t size, char **why);
/* False with *error when path is there and no file: renamed to /dev/null, a file would be in the device's place. */
bool file_may_replace(const char *path, char **error);
/* Writes the whole file or nothing: a temporary file in the same folder, renamed. Missing folders are made. */
bool file_write(const char *path, const char *bytes, size_t size, char **error);
/* The same; without a path, to standard output. */
bool file_write_or_print(const char *path, const char *bytes, size_t size, char **error);
/* Whatever was printed has arrived. False with *error, as where a disk is full. */
bool output_flush(char **error);
/* Makes a folder and its parents. */
bool folder_make(const char *path, char **error);
/* The names in a folder, sorted, without "." "..", hidden ones and those of another type than wanted ('d' folder, 'f'
 * regular file, 'l' symlink, 'x' anything); symlinks are never followed. *count is 0 when there is no such folder.
 * errno says why the folder could not be read, or is 0. */
char **folder_list(const char *path, char type, size_t *count);
void names_free(char **names, size_t count);
/* A student or assignment name that is safe as one path component: not empty, no '/', no leading '.' or '-', no control
 * characters, at most 120 bytes. */
bool name_is_safe(const char *name);
/* SHA-256 of the bytes as 64 hexadecimal digits. */
void content_hash(const void *bytes, size_t size, char hash[65]);

#endif
