#include "autograder/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/engine/text.h"
#include "lib/record/utf8.h"

static const char *kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a FIFO";
    if (S_ISSOCK(mode)) return "a socket";
    if (S_ISLNK(mode)) return "a symbolic link";
    return "a device";
}

char *file_read(const char *path, size_t max, size_t *size, char **error) {
    *error = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        *error = errno == ELOOP ? must_format("%s: is a symbolic link; a file of its own is wanted", path)
                                : must_format("%s: %s", path, strerror(errno));
        return NULL;
    }
    struct stat status;
    struct text bytes = {};
    if (fstat(fd, &status) < 0)
        *error = must_format("%s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        *error = must_format("%s: is %s, not a file", path, kind_of(status.st_mode));
    else if ((size_t)status.st_size > max)
        *error = must_format("%s: %lld bytes; at most %zu are read", path, (long long)status.st_size, max);
    while (!*error) {
        char block[1 << 16];
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) *error = must_format("%s: %s", path, strerror(errno));
        if (n <= 0) break;
        text_add_n(&bytes, block, (size_t)n);
        if (bytes.length > max) *error = must_format("%s: more than %zu bytes", path, max);
    }
    close(fd);
    if (*error) {
        text_free(&bytes);
        return NULL;
    }
    *size = bytes.length;
    return text_take(&bytes);
}

const char *file_text(const char *bytes, size_t size, char **why) {
    static const char mark[] = "\xef\xbb\xbf";
    const char *start = strncmp(bytes, mark, 3) == 0 ? bytes + 3 : bytes, *end = bytes + size;
    size_t line = 1, length;
    for (const char *at = start; at < end; at += length) {
        length = *at ? oto_utf8_length(at, (size_t)(end - at)) : 0;
        line += *at == '\n';
        if (length) continue;
        *why = must_format("line %zu: is not text in UTF-8 (save the file as UTF-8)", line);
        return NULL;
    }
    return start;
}

bool folder_make(const char *path, char **error) {
    char *partial = must_copy(path);
    bool made = true;
    for (char *at = partial + 1; made && *at; at++) {
        if (*at != '/') continue;
        *at = '\0';
        made = mkdir(partial, 0777) == 0 || errno == EEXIST;
        *at = '/';
    }
    made = made && (mkdir(partial, 0777) == 0 || errno == EEXIST);
    if (!made) *error = must_format("%s: cannot make this folder: %s", path, strerror(errno));
    free(partial);
    return made;
}

/* A new file beside path, open to whom the umask says: scores are not for everybody. *name is its name; free it. */
static int open_beside(const char *path, char **name) {
    int fd = -1;
    *name = NULL;
    do {
        unsigned long long number;
        if (getrandom(&number, sizeof number, 0) != sizeof number) break;
        free(*name);
        *name = must_format("%s.%016llx", path, number);
        fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (fd < 0 && errno == EEXIST);
    return fd;
}

bool file_may_replace(const char *path, char **error) {
    struct stat status;
    if (lstat(path, &status) < 0 || S_ISREG(status.st_mode)) return true;
    *error = must_format("%s: is %s, and nothing but a file is replaced", path, kind_of(status.st_mode));
    return false;
}

bool file_write(const char *path, const char *bytes, size_t size, char **error) {
    *error = NULL;
    if (!file_may_replace(path, error)) return false;
    const char *slash = strrchr(path, '/');
    if (slash && slash != path) {
        char *folder = must_copy_n(path, (size_t)(slash - path));
        bool made = folder_make(folder, error);
        free(folder);
        if (!made) return false;
    }
    char *temporary;
    int fd = open_beside(path, &temporary);
    bool written = fd >= 0;
    for (size_t done = 0; written && done < size;) {
        ssize_t n = write(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        written = n >= 0;
        if (written) done += (size_t)n;
    }
    if (fd >= 0 && close(fd) < 0) written = false;
    if (written) written = rename(temporary, path) == 0;
    if (!written) {
        *error = must_format("%s: cannot be written: %s", path, strerror(errno));
        if (fd >= 0) unlink(temporary);
    }
    free(temporary);
    return written;
}

bool output_flush(char **error) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return true;
    *error = must_format("standard output: cannot be written: %s", strerror(errno));
    return false;
}

bool file_write_or_print(const char *path, const char *bytes, size_t size, char **error) {
    *error = NULL;
    if (path) return file_write(path, bytes, size, error);
    (void)fwrite(bytes, 1, size, stdout); /* output_flush finds whatever could not be written */
    return output_flush(error);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **folder_list(const char *path, char type, size_t *count) {
    char **names = NULL;
    *count = 0;
    DIR *folder = opendir(path);
    if (!folder) return NULL;
    for (struct dirent *entry; errno = 0, (entry = readdir(folder));) {
        struct stat status;
        if (entry->d_name[0] == '.') continue;
        if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) continue;
        char found = S_ISDIR(status.st_mode)   ? 'd'
                     : S_ISREG(status.st_mode) ? 'f'
                     : S_ISLNK(status.st_mode) ? 'l'
                                               : '?';
        if (type != 'x' && found != type) continue;
        names = must_grow(names, (*count + 1) * sizeof *names);
        names[(*count)++] = must_copy(entry->d_name);
    }
    int error = errno;
    closedir(folder);
    if (names) qsort(names, *count, sizeof *names, by_name);
    errno = error;
    return names;
}

void names_free(char **names, size_t count) {
    for (size_t i = 0; i < count; i++) free(names[i]);
    free(names);
}

bool name_is_safe(const char *name) {
    size_t length = strlen(name);
    if (!length || length > 120 || name[0] == '.' || name[0] == '-') return false;
    for (const char *at = name; *at; at++)
        if (*at == '/' || (unsigned char)*at < 0x20 || *at == 0x7f) return false;
    return true;
}

void content_hash(const void *bytes, size_t size, char hash[65]) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    if (!EVP_Digest(bytes, size, digest, &length, EVP_sha256(), NULL)) length = 0;
    hash[0] = '\0';
    for (unsigned int i = 0; i < length && i < 32; i++) snprintf(hash + 2 * i, 3, "%02x", digest[i]);
}
