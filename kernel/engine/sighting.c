/* The dying process, while it can still be looked at: its frames in cells, folded where they repeat, with their locals;
 * where a block comes from. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "kernel/engine/death.h"
#include "kernel/engine/excerpt.h"
#include "kernel/engine/symbolize.h"

enum { FRAMES_MOST = 256, PERIOD_MOST = 8, REPEATS_LEAST = 3, REPEATS_WITHOUT_END = 8 };

struct frame {
    uint64_t address, pointer;
};

static char *place_words(const struct place *place, bool with_cell) {
    struct text out = {};
    if (with_cell) text_format(&out, "cell [%d] ", place->cell);
    text_format(&out, "line %d", place->line);
    if (place->function) text_format(&out, " in %s", place->function);
    return text_take(&out);
}

static bool same_place(const struct place *a, const struct place *b) {
    if (a->cell != b->cell || a->line != b->line || !a->function != !b->function) return false;
    return !a->function || !strcmp(a->function, b->function);
}

/* How often the `period` places from `at` on repeat, themselves included. */
static size_t repeats_of(const struct place *places, size_t count, size_t at, size_t period) {
    size_t same = 0;
    while (at + period + same < count && same_place(&places[at + same], &places[at + period + same])) same++;
    return 1 + same / period;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The functions of a cycle: "f", "f and g", "f, g and h". */
static char *cycle_names(const struct place *places, size_t period) {
    const char *names[PERIOD_MOST];
    size_t count = 0;
    for (size_t i = 0; i < period; i++) {
        bool known = !places[i].function;
        for (size_t k = 0; k < count && !known; k++) known = !strcmp(names[k], places[i].function);
        if (!known) names[count++] = places[i].function;
    }
    struct text out = {};
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++)
        text_format(&out, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " and ", names[i]);
    return count ? text_take(&out) : NULL;
}

static void add_place(struct sighting *s, const struct place *place, bool innermost) {
    char *words = place_words(place, true);
    text_format(&s->trace, "%s\n", words);
    free(words);
    excerpt_add(&s->trace, session_cell_source(s->session, place->cell), place->line, innermost ? place->column : 0,
                NULL);
    if (place->locals) text_format(&s->trace, EXCERPT_DIM "         %s" EXCERPT_PLAIN "\n", place->locals);
}

/* A stretch of places, innermost first, that is shown once. */
struct fold {
    size_t at, period, repeats;
};

/* Whether a stretch goes on with the cycle of the one before it: of very many frames the middle is left out. */
static bool goes_on(const struct place *places, const struct fold *before, const struct fold *fold) {
    if (before->repeats == 1 || fold->period != before->period) return false;
    for (size_t i = 0; i < before->period; i++)
        if (same_place(&places[before->at + i], &places[fold->at])) return true;
    return false;
}

/* Writes a stretch, innermost last. The innermost frame of a full stack may have no locals yet. */
static void add_fold(struct sighting *s, const struct place *places, const struct fold *fold) {
    if (fold->repeats > 1 && fold->period == 1)
        text_format(&s->trace, EXCERPT_DIM "         (the frame below repeats, %zu more)" EXCERPT_PLAIN "\n",
                    fold->repeats - 1);
    else if (fold->repeats > 1)
        text_format(&s->trace, EXCERPT_DIM "         (the %zu frames below repeat, %zu more times)" EXCERPT_PLAIN "\n",
                    fold->period, fold->repeats - 1);
    for (size_t i = fold->period; i-- > 0;) {
        const struct place *place = &places[fold->at + i];
        if (!place->locals && fold->repeats > 1) place += fold->period;
        add_place(s, place, fold->at + i == 0);
    }
}

/* Writes the places of cells, innermost last; what repeats is written once. */
static void add_places(struct sighting *s, const struct place *places, size_t count) {
    struct fold *folds = must_allocate((count + 1) * sizeof *folds);
    size_t fold_count = 0;
    for (size_t at = 0; at < count;) {
        struct fold fold = {at, 1, 1};
        for (size_t period = 1; period <= PERIOD_MOST && fold.repeats == 1; period++) {
            size_t repeats = repeats_of(places, count, at, period);
            if (repeats >= REPEATS_LEAST) fold = (struct fold){at, period, repeats};
        }
        at += fold.period * fold.repeats;
        if (fold.repeats > REPEATS_WITHOUT_END && !s->folded) s->folded = cycle_names(places + fold.at, fold.period);
        if (fold_count && goes_on(places, &folds[fold_count - 1], &fold))
            folds[fold_count - 1].repeats += fold.repeats;
        else
            folds[fold_count++] = fold;
    }
    while (fold_count-- > 0) add_fold(s, places, &folds[fold_count]);
    free(folds);
}

/* "cell [2] line 1 in f" of the first address of a stack that lies in a cell, or NULL. */
static char *site_of(const struct session *session, const struct oto_record *fault, const char *field) {
    size_t size;
    const unsigned char *addresses = oto_record_get_bytes(fault, field, &size);
    for (size_t i = 0; addresses && i < size / 8; i++) {
        uint64_t address;
        struct place place;
        memcpy(&address, addresses + i * 8, 8);
        if (!symbolize(session, address - 1, NULL, &place)) continue;
        char *site = place.cell ? place_words(&place, true) : NULL;
        place_free(&place);
        if (site) return site;
    }
    return NULL;
}

static char *sites_of(const struct session *session, const struct oto_record *fault) {
    static const struct {
        const char *field, *words;
    } rows[] = {{"allocated", "the block was allocated at "},
                {"freed", "and freed at "},
                {"owner", "the variable belonged to the call at "}};
    struct text sites = {};
    bool returned = strstr(oto_record_get_text(fault, "kind", ""), "return") != NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!strcmp(rows[i].field, "owner") && !returned) continue; /* the innermost frame says it */
        char *site = site_of(session, fault, rows[i].field);
        if (site) text_format(&sites, "%s%s\n", rows[i].words, site);
        free(site);
    }
    return sites.length ? text_take(&sites) : NULL;
}

/* Statements at top level are compiled as functions: a block of theirs ends, they do not return. */
static bool belongs_to_top_level(const struct session *session, const struct oto_record *fault) {
    size_t size;
    const unsigned char *bytes = oto_record_get_bytes(fault, "owner", &size);
    uint64_t address;
    struct place place;
    if (!bytes || size < sizeof address) return false;
    memcpy(&address, bytes, sizeof address);
    if (!symbolize(session, address - 1, NULL, &place)) return false;
    bool top = !place.function;
    place_free(&place);
    return top;
}

static bool leads_nowhere(const struct oto_record *fault, pid_t pid) {
    const char *address = strstr(oto_record_get_text(fault, "message", ""), "misaligned address 0x");
    if (!address || pid <= 0) return false;
    char byte;
    struct iovec local = {&byte, 1},
                 remote = {(void *)(uintptr_t)strtoull(address + sizeof "misaligned address", NULL, 16), 1};
    return process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0 && errno == EFAULT; /* not because it is forbidden */
}

/* The function as a program writes it: headers give some of them other symbols. */
static char *plain_function(char *symbol) {
    static const char *const prefixes[] = {"__isoc99_", "__isoc23_", "__asan_"};
    for (size_t i = 0; symbol && i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t length = strlen(prefixes[i]);
        if (!strncmp(symbol, prefixes[i], length)) memmove(symbol, symbol + length, strlen(symbol + length) + 1);
    }
    bool internal = symbol && (!strncmp(symbol, "__", 2) || strchr(symbol, '.'));
    if (!internal) return symbol;
    free(symbol);
    return NULL;
}

void sighting_look(void *context, const struct oto_record *fault, pid_t pid) {
    struct sighting *s = context;
    size_t size, place_count = 0;
    const unsigned char *bytes = oto_record_get_bytes(fault, "frames", &size);
    size_t count = bytes ? size / sizeof(struct frame) : 0;
    if (count > FRAMES_MOST) count = FRAMES_MOST;
    struct place *places = must_allocate((count + 1) * sizeof *places);
    struct stopped look = {.pid = pid, .shadow = (uint64_t)oto_record_get_integer(fault, "shadow", 0)};
    sighting_free(s);
    for (size_t i = 0; i < count; i++) {
        struct frame frame;
        memcpy(&frame, bytes + i * sizeof frame, sizeof frame);
        uint64_t address = i ? frame.address - 1 : frame.address; /* a return address lies behind its call */
        struct place *place = &places[place_count];
        look.frame = frame.pointer;
        if (!symbolize(s->session, address, &look, place)) continue;
        if (!place->cell) {
            place_free(place);
            continue;
        }
        if (place_count++ > 0) continue;
        s->first_place = place_words(place, place->cell != s->number);
        uint32_t section;
        uint64_t offset;
        const struct loaded_unit *unit = loaded_at(&s->session->units, address, &section, &offset);
        s->fast = unit && unit->fast;
        if (!i && !strcmp(oto_record_get_text(fault, "access", ""), "check"))
            s->checks_write = symbolize_checks_write(s->session, address);
        if (i) s->called = plain_function(symbolize_call(s->session, frame.address));
    }
    add_places(s, places, place_count);
    for (size_t i = 0; i < place_count; i++) place_free(&places[i]);
    free(places);
    s->sites = sites_of(s->session, fault);
    s->leads_nowhere = leads_nowhere(fault, pid);
    s->in_top_level = belongs_to_top_level(s->session, fault);
}

void sighting_free(struct sighting *s) {
    text_free(&s->trace);
    free(s->first_place);
    free(s->folded);
    free(s->sites);
    free(s->called);
    s->first_place = s->folded = s->sites = s->called = NULL;
}
