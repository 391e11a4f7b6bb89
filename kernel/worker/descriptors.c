#include "kernel/worker/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

enum { FIRST_KEPT = 500, KEPT_MOST = 16, FIRST_FREE = 3 };

static int kept[KEPT_MOST]; /* ascending */
static int kept_count;

static bool is_kept(int fd) {
    for (int i = 0; i < kept_count; i++)
        if (kept[i] == fd) return true;
    return false;
}

int descriptors_keep(int fd) {
    if (kept_count == KEPT_MOST) {
        errno = EMFILE;
        return -1;
    }
    int own = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_KEPT);
    if (own < 0) own = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE); /* where fewer may be open at once */
    if (own < 0) return -1;
    int at = kept_count++;
    for (; at > 0 && kept[at - 1] > own; at--) kept[at] = kept[at - 1];
    kept[at] = own;
    return own;
}

int descriptors_move(int fd) {
    int own = descriptors_keep(fd);
    if (own >= 0) close(fd);
    return own;
}

int descriptors_close(int fd) {
    if (!is_kept(fd)) return close(fd);
    errno = EBADF;
    return -1;
}

int descriptors_dup2(int from, int to) {
    if (!is_kept(from) && !is_kept(to)) return dup2(from, to);
    errno = EBADF;
    return -1;
}

int descriptors_dup3(int from, int to, int flags) {
    if (!is_kept(from) && !is_kept(to)) return dup3(from, to, flags);
    errno = EBADF;
    return -1;
}

int descriptors_close_range(unsigned first, unsigned last, int flags) {
    for (int i = 0; i < kept_count && first <= last; i++) {
        unsigned own = (unsigned)kept[i];
        if (own < first || own > last) continue;
        if (own > first && close_range(first, own - 1, flags) < 0) return -1;
        if (own == last) return 0;
        first = own + 1;
    }
    return close_range(first, last, flags);
}

void descriptors_closefrom(int first) {
    (void)descriptors_close_range(first > 0 ? (unsigned)first : 0, UINT_MAX, 0);
}
