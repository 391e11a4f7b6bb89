#include "kernel/worker/offsets.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/worker/heap.h"

/* As the system call writes it; opendir would take its buffer from the watched heap, once a cell. */
struct entry {
    uint64_t inode, next;
    uint16_t size;
    uint8_t type;
    char name[];
};

static bool add(struct offsets *offsets, int fd) {
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) return true;
    struct offset *grown = heap_resize(offsets->files, (offsets->count + 1) * sizeof *grown);
    if (!grown) return false;
    offsets->files = grown;
    offsets->files[offsets->count++] = (struct offset){.fd = fd, .at = lseek(fd, 0, SEEK_CUR)};
    return true;
}

struct offsets offsets_take(void) {
    struct offsets offsets = {0};
    alignas(struct entry) char bytes[2048];
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return offsets;
    bool going = true;
    for (long size; going && (size = syscall(SYS_getdents64, directory, bytes, sizeof bytes)) > 0;) {
        for (long at = 0; going && at < size;) {
            const struct entry *entry = (const struct entry *)(bytes + at);
            int fd = atoi(entry->name);
            if (entry->name[0] != '.' && fd != directory) going = add(&offsets, fd);
            at += entry->size;
        }
    }
    close(directory);
    return offsets;
}

void offsets_restore(struct offsets *offsets) {
    for (size_t i = 0; i < offsets->count; i++)
        if (offsets->files[i].at >= 0) (void)lseek(offsets->files[i].fd, offsets->files[i].at, SEEK_SET);
    offsets_forget(offsets);
}

void offsets_forget(struct offsets *offsets) {
    heap_free(offsets->files);
    *offsets = (struct offsets){0};
}
