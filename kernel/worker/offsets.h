/* offsets: where every open regular file stands, so that a dead cell's reading and writing of shared descriptors can be
 * undone. Contents of files are not part of the snapshot. */
#ifndef OTO_WORKER_OFFSETS_H
#define OTO_WORKER_OFFSETS_H

#include "kernel/worker/worker.h"

struct offsets {
    struct offset {
        int fd;
        off_t at;
    } *files;
    size_t count;
};

#pragma GCC visibility push(hidden)

/* Files that cannot be asked are left out. Release by restoring or forgetting. */
struct offsets offsets_take(void);
void offsets_restore(struct offsets *offsets);
void offsets_forget(struct offsets *offsets);

#pragma GCC visibility pop
#endif
