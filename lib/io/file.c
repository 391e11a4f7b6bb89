#include "lib/io/file.h"
#include "lib/tensor/error.h"
#include "lib/tensor/lifetime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

const char *oto_file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool oto_file_ends_in(const char *path, const char *ending) {
    const char *dot = strrchr(oto_file_name(path), '.');
    return dot && !strcasecmp(dot + 1, ending);
}

static void close_file(void *file) {
    fclose(file);
}

char *oto_file_read(const char *operation, const char *path, size_t limit, size_t *size) {
    char *bytes = NULL;
    oto_scope {
        struct stat status;
        FILE *file = fopen(path, "rb");
        if (!file) oto_refuse(operation, "%s: %s", path, strerror(errno));
        oto_hold(file, close_file);
        if (fstat(fileno(file), &status) != 0) oto_refuse(operation, "%s: %s", path, strerror(errno));
        if (S_ISDIR(status.st_mode)) oto_refuse(operation, "%s is a folder, not a file", path);
        if (!S_ISREG(status.st_mode) || status.st_size == 0) oto_refuse(operation, "%s is empty (0 bytes)", path);
        if ((size_t)status.st_size > limit)
            oto_refuse(operation, "%s has %lld bytes, which is too large for what it should be", path,
                       (long long)status.st_size);
        *size = (size_t)status.st_size;
        bytes = malloc(*size + 1);
        if (!bytes) oto_refuse(operation, "no memory for %s (%zu bytes)", path, *size);
        size_t got = fread(bytes, 1, *size, file);
        bytes[got] = '\0';
        if (got != *size) {
            free(bytes);
            oto_refuse(operation, "%s could not be read: %zu of %zu bytes came", path, got, *size);
        }
    }
    return oto_hold(bytes, free);
}
