#include "lib/tensor/buffer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Smaller buffers go to malloc and free, which are fast for them. A large one belongs to a class of sizes, four to each
 * power of two, so that at most a fifth of it is idle; each class has a queue of those that wait. At most WAITING_MAX
 * bytes wait. One is used again when WAITING_MIN bytes of its class wait: until then, AddressSanitizer finds the use of
 * a pointer that was kept into it. */
enum { ALIGNMENT = 64, LARGE = 4 << 10, WAITING_MIN = 128 << 10, CLASSES = 4 * 48 };
static const int64_t WAITING_MAX = (int64_t)1 << 30;

struct header {
    atomic_int holders;
    atomic_uint version;
    int class; /* -1: small */
    size_t capacity;
    struct header *next; /* of its class, while it waits */
};
static_assert(sizeof(struct header) <= ALIGNMENT, "the header stands in front of the elements");

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct queue {
    struct header *first, *last;
    size_t bytes;
} queues[CLASSES];
static int64_t bytes_waiting;

static void open_mutex(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}
__attribute__((constructor)) static void open_mutex_in_children(void) {
    pthread_atfork(NULL, NULL, open_mutex);
}

/* AddressSanitizer, where it is linked in, shall find a cell's access to what lies beyond the elements, and to elements
 * that wait. */
extern void __asan_poison_memory_region(const volatile void *, size_t) __attribute__((weak));
extern void __asan_unpoison_memory_region(const volatile void *, size_t) __attribute__((weak));
static void forbid(void *from, size_t size) {
    if (__asan_poison_memory_region) __asan_poison_memory_region(from, size);
}
static void allow(void *from, size_t size) {
    if (__asan_unpoison_memory_region) __asan_unpoison_memory_region(from, size);
}

static struct header *header_of(void *buffer) {
    return (struct header *)((char *)buffer - ALIGNMENT);
}
static void *elements_of(struct header *header) {
    return (char *)header + ALIGNMENT;
}

/* More than any processor of today can address, and less than the classes hold. */
#define ADDRESSABLE ((size_t)1 << 48)

/* The smallest class that holds size bytes, and what it holds: (4 + quarter) * 2^power. */
static int class_of(size_t size, size_t *capacity) {
    int power = 61 - __builtin_clzl(size - 1);
    size_t quarter = (size - 1) >> power; /* 4 to 7 */
    *capacity = (quarter + 1) << power;
    return power * 4 + (int)(quarter - 4);
}

/* Both are called with the mutex held. What is used again at once goes to the front: it is still in the cache. */
static void join(struct queue *queue, struct header *header) {
    bool front = !queue->first || header->capacity >= WAITING_MIN;
    header->next = front ? queue->first : NULL;
    if (!front) queue->last->next = header;
    if (front) queue->first = header;
    if (!header->next) queue->last = header;
    queue->bytes += header->capacity;
    bytes_waiting += (int64_t)header->capacity;
}
static struct header *leave(struct queue *queue) {
    struct header *header = queue->first;
    queue->first = header->next;
    queue->bytes -= header->capacity;
    bytes_waiting -= (int64_t)header->capacity;
    return header;
}

/* Has the system bring in the pages of a fresh buffer with one request, which costs half of a fault for each of them
 * when it is first written. A system that cannot do it leaves that to the faults. */
static void bring_in(void *from, size_t size) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), low = ((uintptr_t)from + page - 1) & ~(page - 1);
    uintptr_t high = ((uintptr_t)from + size) & ~(page - 1);
    if (high > low + page) madvise((void *)low, high - low, MADV_POPULATE_WRITE);
}

static struct header *take_waiting(int class) {
    struct queue *queue = &queues[class];
    pthread_mutex_lock(&mutex);
    struct header *header = queue->bytes >= WAITING_MIN ? leave(queue) : NULL;
    pthread_mutex_unlock(&mutex);
    return header;
}

static void *make(size_t size, bool zeroed) {
    size_t capacity = size ? size : 1;
    if (capacity > ADDRESSABLE) return NULL;
    int class = capacity < LARGE ? -1 : class_of(capacity, &capacity);
    struct header *header = class < 0 ? NULL : take_waiting(class);
    bool fresh = !header;
    if (header)
        allow(elements_of(header), size);
    else {
        size_t whole = (ALIGNMENT + capacity + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        header = aligned_alloc(ALIGNMENT, whole);
        if (!header && class >= 0) {
            oto_buffers_trim();
            header = aligned_alloc(ALIGNMENT, whole);
        }
        if (!header) return NULL;
        *header = (struct header){.class = class, .capacity = capacity};
        bring_in(header, ALIGNMENT + size);
    }
    atomic_store(&header->holders, 1);
    atomic_store(&header->version, 0);
    char *elements = elements_of(header);
    forbid(elements + size, (fresh ? (capacity + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : capacity) - size);
    if (zeroed) memset(elements, 0, size);
    return elements;
}

void *oto_buffer_zeroed(size_t size) {
    return make(size, true);
}
void *oto_buffer_new(size_t size) {
    return make(size, false);
}

void *oto_buffer_hold(void *buffer) {
    atomic_fetch_add(&header_of(buffer)->holders, 1);
    return buffer;
}

static void give_back(struct header *header) {
    allow(elements_of(header), (header->capacity + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    free(header);
}

void oto_buffer_release(void *buffer) {
    if (!buffer) return;
    struct header *header = header_of(buffer);
    if (atomic_fetch_sub(&header->holders, 1) > 1) return;
    if (header->class >= 0) {
        pthread_mutex_lock(&mutex);
        bool room = bytes_waiting + (int64_t)header->capacity <= WAITING_MAX;
        if (room) {
            forbid(buffer, header->capacity);
            join(&queues[header->class], header);
        }
        pthread_mutex_unlock(&mutex);
        if (room) return;
    }
    give_back(header);
}

bool oto_buffer_shared(void *buffer) {
    return atomic_load(&header_of(buffer)->holders) > 1;
}
unsigned oto_buffer_version(void *buffer) {
    return atomic_load(&header_of(buffer)->version);
}
void oto_buffer_changed(void *buffer) {
    atomic_fetch_add(&header_of(buffer)->version, 1);
}

int64_t oto_buffer_bytes_waiting(void) {
    return bytes_waiting;
}

void oto_buffers_trim(void) {
    pthread_mutex_lock(&mutex);
    for (int class = 0; class < CLASSES; class ++)
        while (queues[class].first) give_back(leave(&queues[class]));
    pthread_mutex_unlock(&mutex);
}
