#include "lib/tensor/blas.h"

#include <stddef.h>
#include <sys/mman.h>
#include <threads.h>

/* Bytes of the buffer that OpenBLAS takes for each thread that computes. */
enum { BUFFER = 128 << 20 };

bool oto_blas_has_room(void) {
    static thread_local bool has;
    if (has) return true;
    void *room = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return false;
    munmap(room, BUFFER);
    return has = true;
}
