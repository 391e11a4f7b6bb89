#include "kernel/worker/offsets.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct offsets offsets_take(void) {
    struct offsets offsets = {0};
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) return offsets;
    for (struct dirent *entry; (entry = readdir(directory));) {
        int fd = atoi(entry->d_name);
        struct stat status;
        if (entry->d_name[0] == '.' || fd == dirfd(directory)) continue;
        if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) continue;
        struct offset *grown = realloc(offsets.files, (offsets.count + 1) * sizeof *grown);
        if (!grown) break;
        offsets.files = grown;
        offsets.files[offsets.count++] = (struct offset){.fd = fd, .at = lseek(fd, 0, SEEK_CUR)};
    }
    closedir(directory);
    return offsets;
}

void offsets_restore(struct offsets *offsets) {
    for (size_t i = 0; i < offsets->count; i++)
        if (offsets->files[i].at >= 0) (void)lseek(offsets->files[i].fd, offsets->files[i].at, SEEK_SET);
    offsets_forget(offsets);
}

void offsets_forget(struct offsets *offsets) {
    free(offsets->files);
    *offsets = (struct offsets){0};
}
