#include "lib/tensor/lifetime.h"
#include "lib/tensor/error.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Values live in slabs of equal cells that are never given back to the system. So any pointer can be asked about
 * without touching foreign memory, and the cell of a freed value stays to tell of it: cells are used again in the order
 * in which they were freed, and only when enough others wait. */
enum { FIRST_SLAB = 256, SLABS_MAX = 24, WAITING_MIN = 8192 };

struct cell {
    struct cell *previous, *next; /* of its scope's list, or next in the queue of freed cells */
    OtoKind kind;
    OtoKind was; /* of a freed value */
    int depth;   /* of its scope; 0: none; -1: it belongs to another value */
    bool kept;   /* by oto_keep, outside any scope */
    uint64_t mark;
    struct scopes *owner;
    int64_t bytes;
    void (*release)(void *);
    alignas(max_align_t) unsigned char payload[OTO_VALUE_SIZE_MAX];
};

/* The open scopes of a thread, innermost last: each is a list of cells. */
struct scopes {
    int depth, capacity;
    struct cell **lists; /* lists[d - 1] belongs to depth d */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static void open_mutex(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}
/* A child of fork has only the thread that forked: nobody in it would ever open a lock that another held. */
__attribute__((constructor)) static void open_mutex_in_children(void) {
    pthread_atfork(NULL, NULL, open_mutex);
}

static struct {
    struct cell *cells;
    size_t count, used;
} slabs[SLABS_MAX];
static int slab_count;
static struct cell *freed_first, *freed_last;
static int64_t freed_count, values_alive, bytes_alive;
static struct cell *outside; /* the values that are in no scope, of all threads */
static uint64_t last_mark;
static _Thread_local struct scopes scopes;

/* Values that this thread has asked about, for loops that read them element by element without the lock: each is what it
 * was as long as nothing has been freed since. */
enum { KNOWN = 8 };
static _Atomic uint64_t freed_ever;
static _Thread_local struct asked {
    const void *value;
    OtoKind kind; /* never OTO_NOT_A_VALUE, once it was asked */
    uint64_t freed_before;
} known[KNOWN];

static struct asked *asked_about(const void *value) {
    return &known[(uintptr_t)value / sizeof(struct cell) % KNOWN];
}

static const char *const kind_names[] = {
    [OTO_NOT_A_VALUE] = "not a value of the library",
    [OTO_FREED] = "a freed value",
    [OTO_TENSOR] = "a tensor (OtoTensor *)",
    [OTO_NOTES] = "a note list (OtoNotes *)",
    [OTO_MIDI] = "a MIDI file (OtoMidi *)",
    [OTO_SCORE] = "a score (OtoScore *)",
    [OTO_TABLE] = "a table (OtoTable *)",
    [OTO_LABELS] = "labels (OtoLabels *)",
    [OTO_DATASET] = "a data set (OtoDataset *)",
    [OTO_LAYER] = "a layer (OtoLayer *)",
    [OTO_OPTIMIZER] = "an optimizer (OtoOptimizer *)",
    [OTO_RUN] = "a run (OtoRun *)",
    [OTO_CACHE] = "a cache (OtoCache *)",
    [OTO_FIT] = "a training (OtoFit *)",
    [OTO_HELD] = "something of the library's own",
};

static struct cell *cell_of(const void *value) {
    uintptr_t at = (uintptr_t)value;
    for (int i = 0; i < slab_count; i++) {
        uintptr_t first = (uintptr_t)slabs[i].cells->payload;
        uintptr_t end = first + slabs[i].used * sizeof(struct cell);
        if (at >= first && at < end)
            return (at - first) % sizeof(struct cell) ? NULL : &slabs[i].cells[(at - first) / sizeof(struct cell)];
    }
    return NULL;
}

OtoKind oto_kind(const void *value) {
    pthread_mutex_lock(&mutex);
    struct cell *cell = cell_of(value);
    OtoKind kind = cell ? cell->kind : OTO_NOT_A_VALUE;
    pthread_mutex_unlock(&mutex);
    return kind;
}

/* A cell to use, or NULL when memory has run out. Called with the mutex held. */
static struct cell *take_cell(void) {
    if (freed_count > WAITING_MIN) {
        struct cell *cell = freed_first;
        freed_first = cell->next;
        if (!freed_first) freed_last = NULL;
        freed_count--;
        return cell;
    }
    if (slab_count == 0 || slabs[slab_count - 1].used == slabs[slab_count - 1].count) {
        if (slab_count == SLABS_MAX) return NULL;
        size_t count = (size_t)FIRST_SLAB << slab_count;
        struct cell *cells = calloc(count, sizeof *cells);
        if (!cells) return NULL;
        slabs[slab_count].cells = cells;
        slabs[slab_count].count = count;
        slabs[slab_count].used = 0;
        slab_count++;
    }
    return &slabs[slab_count - 1].cells[slabs[slab_count - 1].used++];
}

/* The list that a cell is in, or shall be. */
static struct cell **list_of(struct cell *cell) {
    return cell->depth > 0 ? &cell->owner->lists[cell->depth - 1] : &outside;
}

static void link_to_scope(struct cell *cell, int depth) {
    cell->depth = depth;
    cell->owner = &scopes;
    cell->kept = false;
    cell->mark = ++last_mark;
    struct cell **list = list_of(cell);
    cell->previous = NULL;
    cell->next = *list;
    if (cell->next) cell->next->previous = cell;
    *list = cell;
}

static void unlink_from_scope(struct cell *cell) {
    if (cell->depth < 0) return;
    if (cell->previous)
        cell->previous->next = cell->next;
    else
        *list_of(cell) = cell->next;
    if (cell->next) cell->next->previous = cell->previous;
    cell->previous = cell->next = NULL;
}

void *oto_value_new(OtoKind kind, size_t size, void (*release)(void *value)) {
    if (size > OTO_VALUE_SIZE_MAX) oto_refuse("oto_value_new", "a value of %zu bytes is too large", size);
    pthread_mutex_lock(&mutex);
    struct cell *cell = take_cell();
    if (cell) {
        memset(cell->payload, 0, sizeof cell->payload);
        cell->kind = kind;
        cell->release = release;
        cell->bytes = 0;
        values_alive++;
        link_to_scope(cell, scopes.depth);
    }
    pthread_mutex_unlock(&mutex);
    if (!cell) oto_refuse("oto_value_new", "no memory for another value (%lld are alive)", (long long)values_alive);
    return cell->payload;
}

void oto_value_owns(void *value, int64_t bytes) {
    pthread_mutex_lock(&mutex);
    struct cell *cell = cell_of(value);
    if (cell) {
        bytes_alive += bytes - cell->bytes;
        cell->bytes = bytes;
    }
    pthread_mutex_unlock(&mutex);
}

struct held {
    void *thing;
    void (*release)(void *thing);
};
static void release_held(void *value) {
    struct held *held = value;
    held->release(held->thing);
}

void *oto_hold(void *thing, void (*release)(void *thing)) {
    struct held *held = oto_value_new(OTO_HELD, sizeof *held, release_held);
    *held = (struct held){.thing = thing, .release = release};
    return thing;
}

/* To the end of the queue of cells to use again. */
static void put_back(struct cell *cell) {
    cell->next = NULL;
    if (freed_last)
        freed_last->next = cell;
    else
        freed_first = cell;
    freed_last = cell;
    freed_count++;
}

void oto_free(void *value) {
    if (!value) return;
    pthread_mutex_lock(&mutex);
    struct cell *cell = cell_of(value);
    OtoKind kind = cell ? cell->kind : OTO_NOT_A_VALUE, was = cell ? cell->was : OTO_NOT_A_VALUE;
    if (kind > OTO_FREED) {
        unlink_from_scope(cell);
        cell->was = kind;
        cell->kind = OTO_FREED;
        freed_ever++;
        values_alive--;
        bytes_alive -= cell->bytes;
    }
    pthread_mutex_unlock(&mutex);
    if (kind > OTO_FREED) { /* giving memory back may take long, and needs no lock: the cell is nobody's now */
        if (cell->release) cell->release(cell->payload);
        pthread_mutex_lock(&mutex);
        put_back(cell);
        pthread_mutex_unlock(&mutex);
    }
    if (kind == OTO_NOT_A_VALUE)
        oto_refuse("oto_free", "%p is not a value of the library; memory from malloc is given back with free()", value);
    if (kind == OTO_FREED)
        oto_refuse("oto_free", "this was %s and has been freed before; free it once, or set the variable to NULL",
                   kind_names[was]);
}

/* Not inlined, so that the short way through oto_check_value saves no registers. */
__attribute__((noinline)) static void look_up(const char *operation, const char *argument, const void *value,
                                              OtoKind kind) {
    if (!value) oto_refuse(operation, "%s is NULL", argument);
    pthread_mutex_lock(&mutex);
    struct cell *cell = cell_of(value);
    OtoKind is = cell ? cell->kind : OTO_NOT_A_VALUE, was = cell ? cell->was : OTO_NOT_A_VALUE;
    uint64_t freed = freed_ever;
    pthread_mutex_unlock(&mutex);
    if (is == kind) {
        struct asked *before = asked_about(value);
        before->value = value;
        before->kind = kind;
        before->freed_before = freed;
        return;
    }
    if (is == OTO_FREED)
        oto_refuse(
            operation,
            "%s was %s that has been freed, by oto_free or at the end of its oto_scope; make it again, or hand it "
            "out with oto_keep",
            argument, kind_names[was]);
    oto_refuse(operation, "%s is %s, but must be %s", argument, kind_names[is], kind_names[kind]);
}

void oto_check_value(const char *operation, const char *argument, const void *value, OtoKind kind) {
    const struct asked *before = asked_about(value);
    if (before->value != value || before->kind != kind || before->freed_before != freed_ever)
        look_up(operation, argument, value, kind);
}

int64_t oto_bytes_alive(void) {
    return bytes_alive;
}
int64_t oto_values_alive(void) {
    return values_alive;
}

OtoScope oto_scope_begin(void) {
    if (scopes.depth == scopes.capacity) {
        int capacity = scopes.capacity * 2 + 8;
        struct cell **grown = realloc(scopes.lists, (size_t)capacity * sizeof(struct cell *));
        if (!grown) oto_refuse("oto_scope", "no memory for a scope inside %d others", scopes.depth);
        scopes.lists = grown;
        scopes.capacity = capacity;
    }
    scopes.lists[scopes.depth++] = NULL;
    return (OtoScope){.depth = scopes.depth, .open = true};
}

void oto_scope_end(OtoScope *scope) {
    /* Deeper scopes are still open when an interrupt or a longjmp skipped their ends. */
    while (scopes.depth >= scope->depth && scopes.depth > 0) {
        struct cell *cell;
        while ((cell = scopes.lists[scopes.depth - 1])) oto_free(cell->payload);
        scopes.depth--;
    }
    if (scopes.depth == 0) { /* a thread that ends here leaves nothing behind */
        free(scopes.lists);
        scopes = (struct scopes){};
    }
}

void *oto_keep_value(void *value) {
    pthread_mutex_lock(&mutex);
    struct cell *cell = cell_of(value);
    OtoKind kind = cell ? cell->kind : OTO_NOT_A_VALUE;
    if (kind > OTO_FREED && cell->depth > 0 && cell->owner == &scopes && cell->depth == scopes.depth) {
        unlink_from_scope(cell);
        link_to_scope(cell, cell->depth - 1);
    } else if (kind > OTO_FREED && cell->depth == 0) {
        cell->kept = true;
    }
    pthread_mutex_unlock(&mutex);
    if (kind <= OTO_FREED) oto_refuse("oto_keep", "the value is %s", kind_names[kind]);
    return value;
}

void *oto_value_adopt(void *value) {
    pthread_mutex_lock(&mutex);
    struct cell *cell = cell_of(value);
    if (cell && cell->kind > OTO_FREED) {
        unlink_from_scope(cell);
        cell->depth = -1;
    }
    pthread_mutex_unlock(&mutex);
    return value;
}

uint64_t oto_value_mark(void) {
    pthread_mutex_lock(&mutex);
    uint64_t mark = last_mark;
    pthread_mutex_unlock(&mutex);
    return mark;
}

int oto_scope_depth(void) {
    return scopes.depth;
}

void oto_scope_free_between(uint64_t from, uint64_t to, bool (*chosen)(OtoKind kind, void *value)) {
    pthread_mutex_lock(&mutex);
    struct cell *cell = scopes.depth > 0 ? scopes.lists[scopes.depth - 1] : outside;
    while (cell && cell->mark > from) { /* the newest come first */
        struct cell *next = cell->next;
        if (cell->mark <= to && cell->owner == &scopes && !cell->kept && chosen(cell->kind, cell->payload)) {
            pthread_mutex_unlock(&mutex);
            oto_free(cell->payload); /* changes nothing of the list but this cell */
            pthread_mutex_lock(&mutex);
        }
        cell = next;
    }
    pthread_mutex_unlock(&mutex);
}
