#include "kernel/worker/arena.h"

#include <sanitizer/lsan_interface.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Calls reach 128 MiB on arm64: stubs and text stay below that. The sum of all stays below 2 GiB. */
static const size_t sizes[AREA_COUNT] = {
    [AREA_STUBS] = 16ul << 20, [AREA_TEXT] = 80ul << 20,   [AREA_RODATA] = 160ul << 20,
    [AREA_SLOTS] = 32ul << 20, [AREA_DATA] = 1700ul << 20, [AREA_MISSING] = 16ul << 20};

/* Variables become accessible in steps: each may stay a mapping of its own, and every fork copies the mappings. */
enum { DATA_STEP = 256 << 10 };

struct range {
    uintptr_t low, next, mapped, high;       /* [low, next) is used, [low, mapped) accessible */
    uintptr_t discarded_low, discarded_high; /* the end of what was given back: its pages may still be there */
};
static struct range areas[AREA_COUNT];
static uintptr_t writable_offset; /* from where cells see code and constants to where they are written */

static uintptr_t up(uintptr_t value, uintptr_t unit) {
    return (value + unit - 1) & ~(unit - 1);
}

/* A second view of shared memory, at a place of its own. */
static bool map_again(void *memory, size_t size, void *at, int protection) {
    return mremap(memory, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, at) != MAP_FAILED &&
           mprotect(at, size, protection) == 0;
}

static size_t code_size(void) {
    return sizes[AREA_STUBS] + sizes[AREA_TEXT];
}

/* Puts the shared memory of stubs, text and constants at base, and its second view anywhere. It is no file, for a limit
 * on the size of files would meet it. */
static bool map_shared(unsigned char *base) {
    size_t code = code_size(), size = code + sizes[AREA_RODATA];
    unsigned char *view = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (view == MAP_FAILED || !map_again(view, code, base, PROT_READ | PROT_EXEC) ||
        !map_again(view + code, sizes[AREA_RODATA], base + code, PROT_READ))
        return false;
    writable_offset = (uintptr_t)view - (uintptr_t)base;
    return true;
}

bool arena_open(void) {
    size_t total = 0;
    for (int i = 0; i < AREA_COUNT; i++) total += sizes[i];
    unsigned char *base = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED || !map_shared(base)) return false;
    uintptr_t at = (uintptr_t)base;
    for (enum area i = 0; i < AREA_COUNT; at += sizes[i++])
        /* free(&x) looks at the words before x: the first variable has some too */
        areas[i] = (struct range){.low = at,
                                  .next = i == AREA_DATA ? at + 64 : at,
                                  .mapped = i == AREA_DATA ? at : at + sizes[i],
                                  .high = at + sizes[i]};
    /* Variables of cells keep heap blocks alive; LeakSanitizer scans what of this is mapped. */
    __lsan_register_root_region((void *)areas[AREA_DATA].low, sizes[AREA_DATA]);
    return mprotect((void *)areas[AREA_SLOTS].low, sizes[AREA_SLOTS], PROT_READ | PROT_WRITE) == 0;
}

size_t arena_room(enum area area) {
    return areas[area].high - areas[area].next;
}

void *arena_allocate(enum area area, size_t size, size_t align) {
    struct range *range = &areas[area];
    uintptr_t start = up(range->next, align ? align : 1);
    if (start > range->high || size > range->high - start) return NULL;
    uintptr_t end = start + size;
    if (end > range->mapped) {
        uintptr_t wanted = up(end - range->low, DATA_STEP) + range->low;
        if (wanted > range->high) wanted = range->high;
        if (mprotect((void *)range->mapped, wanted - range->mapped, PROT_READ | PROT_WRITE) < 0) return NULL;
        range->mapped = wanted;
    }
    range->next = end;
    /* code of a cell that was rolled back may still stand in what is shared */
    if (area <= AREA_RODATA) memset(arena_writable((void *)start), 0, size);
    return (void *)start;
}

void *arena_writable(const void *at) {
    uintptr_t address = (uintptr_t)at;
    bool shared = address >= areas[AREA_STUBS].low && address < areas[AREA_RODATA].high;
    return (void *)(shared ? address + writable_offset : address);
}

void arena_discard(enum area area, uintptr_t low, uintptr_t high) {
    struct range *range = &areas[area];
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (range->discarded_high != low) range->discarded_low = low;
    range->discarded_high = high;
    uintptr_t first = up(range->discarded_low, page), end = high & ~(page - 1);
    if (first >= end) return;
    /* a system that cannot do this keeps the pages, which costs memory only */
    if (madvise(arena_writable((void *)first), end - first, MADV_REMOVE) == 0) range->discarded_low = end;
}

bool arena_holds(enum area area, uintptr_t address) {
    return address >= areas[area].low && address < areas[area].next;
}
bool arena_is_code(uintptr_t address) {
    return arena_holds(AREA_TEXT, address) || arena_holds(AREA_STUBS, address);
}
uintptr_t arena_low(enum area area) {
    return areas[area].low;
}
uintptr_t arena_high(enum area area) {
    return areas[area].next;
}

static uintptr_t shown[2]; /* up to where code is the process's own, of stubs and of text; 0: all is shared */

static bool show_own_code(void) {
    void *low = (void *)areas[AREA_STUBS].low;
    if (mprotect(low, code_size(), PROT_READ | PROT_WRITE) < 0) return false;
    for (enum area area = AREA_STUBS; area <= AREA_TEXT; area++) {
        uintptr_t from = shown[area];
        memcpy((void *)from, arena_writable((void *)from), areas[area].next - from);
        shown[area] = areas[area].next;
    }
    return mprotect(low, code_size(), PROT_READ | PROT_EXEC) == 0;
}

bool arena_own_code(void) {
    void *low = (void *)areas[AREA_STUBS].low;
    if (!shown[AREA_STUBS]) {
        if (mmap(low, code_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) ==
            MAP_FAILED)
            return false;
        shown[AREA_STUBS] = areas[AREA_STUBS].low;
        shown[AREA_TEXT] = areas[AREA_TEXT].low;
    }
    return show_own_code();
}

bool arena_share_code(void) {
    void *low = (void *)areas[AREA_STUBS].low;
    if (!shown[AREA_STUBS]) return true;
    shown[AREA_STUBS] = shown[AREA_TEXT] = 0;
    return map_again(arena_writable(low), code_size(), low, PROT_READ | PROT_EXEC);
}

void arena_forbid_execution(bool forbid) {
    mprotect((void *)areas[AREA_STUBS].low, sizes[AREA_STUBS] + sizes[AREA_TEXT],
             forbid ? PROT_READ : PROT_READ | PROT_EXEC);
}
