#include "kernel/worker/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "kernel/worker/descriptors.h"
#include "kernel/worker/input.h"

enum { STANDARD = 3 };

static struct {
    int kept; /* another descriptor for the same */
    dev_t device;
    ino_t file;
} descriptors[STANDARD];

/* The streams of the start, and which of them the cell closed. */
static FILE *streams[STANDARD];
static bool closed[STANDARD];

bool output_open(void) {
    for (int fd = 0; fd < STANDARD; fd++) {
        struct stat status;
        int kept = descriptors_keep(fd);
        if (kept < 0 || fstat(fd, &status) < 0) return false;
        descriptors[fd].kept = kept;
        descriptors[fd].device = status.st_dev;
        descriptors[fd].file = status.st_ino;
    }
    streams[1] = stdout;
    streams[2] = stderr;
    return true;
}

static bool is_original(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_dev == descriptors[fd].device && status.st_ino == descriptors[fd].file;
}

bool output_input_is_host(void) {
    return is_original(STDIN_FILENO);
}

/* The stream as it was, or a new one where that is closed or has turned to wide characters for good. */
static FILE *restored(int fd) {
    FILE *stream = streams[fd];
    if (closed[fd] || fwide(stream, 0) > 0) {
        FILE *fresh = fdopen(fd, "w");
        if (fresh) streams[fd] = stream = fresh;
        if (fresh) closed[fd] = false;
    }
    if (fwide(stream, 0) < 0) stream->_mode = 0; /* neither is decided again: the C library has no other way back */
    clearerr(stream);
    setvbuf(stream, NULL, _IONBF, 0);
    return stream;
}

void output_begin(void) {
    for (int fd = 0; fd < STANDARD; fd++)
        if (!is_original(fd)) dup2(descriptors[fd].kept, fd);
    stdout = restored(STDOUT_FILENO);
    stderr = restored(STDERR_FILENO);
}

int output_close(FILE *stream) {
    if (stream == stdin && input_is_host(stream)) {
        input_end();
        return 0;
    }
    for (int fd = 1; fd < STANDARD; fd++)
        if (stream == streams[fd]) closed[fd] = true;
    return fclose(stream);
}

FILE *output_reopen(const char *path, const char *mode, FILE *stream) {
    if (stream != stdin || !input_is_host(stream)) return freopen(path, mode, stream);
    /* stdin is no file, but reads descriptor 0 when that leads elsewhere */
    int file = path ? open(path, strchr(mode, '+') ? O_RDWR : O_RDONLY) : -1;
    if (file < 0) return NULL;
    if (dup2(file, STDIN_FILENO) < 0) stream = NULL;
    close(file);
    input_reset();
    return stream;
}
