#include "file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void out_of_memory(void) {
    fprintf(stderr, "data: out of memory\n");
    exit(1);
}

void *need_memory(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) out_of_memory();
    return memory;
}

char *text_of(const char *format, ...) {
    char *text;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) out_of_memory();
    va_end(arguments);
    return text;
}

bool is_there(const char *path) {
    return access(path, R_OK) == 0;
}

/* Makes the folders that path lies in. What fails here is told when the file is opened. */
static void make_folders(const char *path) {
    char *folder = text_of("%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0777);
        *slash = '/';
    }
    free(folder);
}

char *path_beside(const char *path) {
    make_folders(path);
    return text_of("%s.new", path);
}

bool put_in_place(char *beside, const char *path, bool written) {
    if (written && rename(beside, path) != 0) {
        fprintf(stderr, "data: %s: %s\n", path, strerror(errno));
        written = false;
    }
    if (!written) unlink(beside);
    free(beside);
    return written;
}

bool write_text(const char *path, const char *text, size_t size) {
    char *beside = path_beside(path);
    FILE *file = fopen(beside, "wb");
    bool written = file && fwrite(text, 1, size, file) == size;
    if (file && fclose(file) != 0) written = false;
    if (!written) fprintf(stderr, "data: %s: %s\n", path, strerror(errno));
    return put_in_place(beside, path, written);
}
