#include "kernel/engine/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/engine/text.h"

struct store store_open(void) {
    const char *folder = getenv("TMPDIR");
    if (!folder || !*folder) folder = "/tmp";
    struct store store = {.file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    if (store.file >= 0) return store;
    char *path = must_format("%s/oto-store-XXXXXX", folder);
    store.file = mkostemp(path, O_CLOEXEC);
    if (store.file >= 0) unlink(path);
    free(path);
    return store;
}

void store_close(struct store *store) {
    if (store->file >= 0) close(store->file);
    *store = (struct store){.file = -1};
}

static bool write_all(const struct store *store, const unsigned char *bytes, size_t size) {
    size_t done = 0;
    while (store->file >= 0 && done < size) {
        ssize_t n = pwrite(store->file, bytes + done, size - done, store->end + (off_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (size_t)n;
    }
    return done == size;
}

struct stored store_put(struct store *store, const void *bytes, size_t size) {
    struct stored stored = {.size = size, .offset = store->end};
    if (write_all(store, bytes, size)) {
        store->end += (int64_t)size;
    } else {
        stored.bytes = must_allocate(size);
        memcpy(stored.bytes, bytes, size);
    }
    return stored;
}

bool store_get(const struct store *store, const struct stored *stored, void *bytes) {
    if (stored->bytes) {
        memcpy(bytes, stored->bytes, stored->size);
        return true;
    }
    for (size_t done = 0; done < stored->size;) {
        ssize_t n = pread(store->file, (char *)bytes + done, stored->size - done, stored->offset + (off_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}

void store_drop(struct store *store, struct stored *stored) {
    if (stored->bytes)
        free(stored->bytes);
    else if (stored->offset + (int64_t)stored->size == store->end)
        store->end = stored->offset; /* written over by what comes next */
    else                             /* a file system without holes keeps the bytes */
        (void)fallocate(store->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, stored->offset, (off_t)stored->size);
    *stored = (struct stored){};
}
