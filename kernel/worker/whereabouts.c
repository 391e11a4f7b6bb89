#include "kernel/worker/whereabouts.h"

#include <stdio.h>
#include <string.h>

static void copy_name(struct whereabouts *place, const char *name, size_t length) {
    if (length >= sizeof place->name) length = sizeof place->name - 1;
    memcpy(place->name, name, length);
    place->name[length] = '\0';
}

/* The name in quotes behind `at`, of at most `length` bytes; symbols of cells carry ".new" (unit.h of the engine). */
static void read_name(struct whereabouts *place, const char *at, size_t length) {
    const char *open = memchr(at, '\'', length);
    const char *close = open ? memchr(open + 1, '\'', length - (size_t)(open + 1 - at)) : NULL;
    if (!close) return;
    copy_name(place, open + 1, (size_t)(close - open - 1));
    char *suffix = strstr(place->name, ".new");
    if (suffix) memmove(suffix, suffix + 4, strlen(suffix + 4) + 1);
}

/* "[32, 48) 'a' (line 3) <== Memory access at offset 48 overflows this variable", behind "... in stack of thread". */
static bool read_stack(const char *report, struct whereabouts *place) {
    const char *frame = strstr(report, " is located in stack of thread ");
    if (!frame) return false;
    place->object = "stack";
    const char *owner = strstr(frame, "#0 0x");
    unsigned long long address;
    if (owner && sscanf(owner, "#0 %llx", &address) == 1) place->owner = (uintptr_t)address;
    const char *arrow = strstr(frame, "<== Memory access at offset "), *line = arrow;
    long long low, high, at;
    if (!arrow) return true;
    while (line > report && line[-1] != '\n') line--;
    const char *bracket = strchr(line, '[');
    if (!bracket || bracket > arrow || sscanf(bracket, "[%lld, %lld)", &low, &high) != 2) return true;
    if (sscanf(arrow, "<== Memory access at offset %lld", &at) != 1) return true;
    read_name(place, bracket, (size_t)(arrow - bracket));
    place->extent = high - low;
    place->relation = at >= high ? "after" : at < low ? "before" : "inside";
    place->distance = at >= high ? at - high : at < low ? low - at : at - low;
    return true;
}

/* "0 bytes after 16-byte region [...)", "4 bytes inside of global variable 'x' defined in 'f' (0x...) of size 8". */
static bool read_object(const char *at, struct whereabouts *place) {
    char relation[8];
    int used = 0;
    size_t length = strcspn(at, "\n");
    *place = (struct whereabouts){.object = "", .relation = ""};
    if (sscanf(at, "%lld bytes %7s %n", &place->distance, relation, &used) != 2) return false;
    at += used;
    length -= (size_t)used;
    if (!strncmp(at, "of ", 3)) at += 3, length -= 3;
    place->relation = !strcmp(relation, "after") ? "after" : !strcmp(relation, "before") ? "before" : "inside";
    if (sscanf(at, "%lld-byte region", &place->extent) == 1) {
        place->object = "heap";
        return true;
    }
    const char *size = memmem(at, length, " of size ", 9);
    if (!size || sscanf(size, " of size %lld", &place->extent) != 1) return false;
    read_name(place, at, length);
    place->object = !strncmp(place->name, ".str", 4) ? "literal" : "global";
    if (*place->object == 'l') place->name[0] = '\0';
    return true;
}

static bool nearer(const struct whereabouts *a, const struct whereabouts *b) {
    if (!*b->object) return true;
    bool a_inside = !strcmp(a->relation, "inside"), b_inside = !strcmp(b->relation, "inside");
    if (a_inside != b_inside) return a_inside;
    if (a->distance != b->distance) return a->distance < b->distance;
    return !strcmp(a->relation, "after");
}

bool whereabouts_read(const char *report, struct whereabouts *place) {
    static const char words[] = " is located ";
    *place = (struct whereabouts){.object = "", .relation = ""};
    if (read_stack(report, place)) return true;
    for (const char *at = report; (at = strstr(at, words));) {
        struct whereabouts candidate;
        at += sizeof words - 1;
        if (read_object(at, &candidate) && nearer(&candidate, place)) *place = candidate;
    }
    return *place->object;
}
