#include "kernel/worker/arena.h"

#include <sanitizer/lsan_interface.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Calls reach 128 MiB on arm64: text, with its stubs, stays below that. Their sum stays below 2 GiB. */
static const size_t sizes[AREA_COUNT] = {
    [AREA_TEXT] = 96ul << 20, [AREA_RODATA] = 160ul << 20, [AREA_SLOTS] = 32ul << 20, [AREA_DATA] = 1700ul << 20};

struct range {
    uintptr_t low, next, mapped, high; /* [low, next) is used, [low, mapped) accessible */
    uintptr_t unsealed;                /* pages from here to mapped are writable */
};
static struct range areas[AREA_COUNT];
static uintptr_t page;

static uintptr_t up(uintptr_t value, uintptr_t unit) {
    return (value + unit - 1) & ~(unit - 1);
}

bool arena_open(void) {
    size_t total = 0;
    for (int i = 0; i < AREA_COUNT; i++) total += sizes[i];
    page = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *base = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) return false;
    uintptr_t at = (uintptr_t)base;
    for (int i = 0; i < AREA_COUNT; i++, at += sizes[i - 1])
        /* free(&x) looks at the words before x: the first variable has some too */
        areas[i] = (struct range){
            .low = at, .next = i == AREA_DATA ? at + 64 : at, .mapped = at, .high = at + sizes[i], .unsealed = at};
    /* Variables of cells keep heap blocks alive; LeakSanitizer scans what of this is mapped. */
    __lsan_register_root_region((void *)areas[AREA_DATA].low, sizes[AREA_DATA]);
    return true;
}

size_t arena_room(enum area area) {
    return areas[area].high - areas[area].next;
}

void *arena_allocate(enum area area, size_t size, size_t align) {
    struct range *range = &areas[area];
    uintptr_t start = up(range->next, align ? align : 1);
    if (start > range->high || size > range->high - start) return NULL;
    uintptr_t first = range->next & ~(page - 1), end = up(start + size, page);
    if (first < range->mapped && range->unsealed > first) range->unsealed = first;
    if (range->unsealed < end && mprotect((void *)range->unsealed, end - range->unsealed, PROT_READ | PROT_WRITE) < 0)
        return NULL;
    if (end > range->mapped) range->mapped = end;
    range->next = start + size;
    return (void *)start;
}

bool arena_seal(void) {
    bool sealed = true;
    for (enum area area = AREA_TEXT; area <= AREA_RODATA; area++) {
        struct range *range = &areas[area];
        if (range->unsealed == range->mapped) continue;
        int protection = area == AREA_TEXT ? PROT_READ | PROT_EXEC : PROT_READ;
        if (mprotect((void *)range->unsealed, range->mapped - range->unsealed, protection) < 0) sealed = false;
        range->unsealed = range->mapped;
    }
    return sealed;
}

bool arena_holds(enum area area, uintptr_t address) {
    return address >= areas[area].low && address < areas[area].next;
}
uintptr_t arena_low(enum area area) {
    return areas[area].low;
}
uintptr_t arena_high(enum area area) {
    return areas[area].next;
}

void arena_forbid_execution(bool forbid) {
    struct range *text = &areas[AREA_TEXT];
    if (text->mapped > text->low)
        mprotect((void *)text->low, text->mapped - text->low, forbid ? PROT_READ : PROT_READ | PROT_EXEC);
}
