#include "autograder/fingerprint.h"

#include <stdlib.h>

#include "kernel/engine/text.h"

enum {
    COMMON_AT_LEAST = 11, /* papers; a few that have the same are what is looked for */
    COMMON_SHARE = 5,     /* and more than one in so many */
    OCCURRENCES_MAX = 4   /* of one fingerprint in one paper: a thousand lines that are all the same say no more */
};

/* ---- stretches of fixed length ---- */

static size_t gram_count(const struct paper *paper) {
    return paper->count < FINGERPRINT_LENGTH ? 0 : paper->count - FINGERPRINT_LENGTH + 1;
}

static uint64_t gram_at(const struct paper *paper, size_t at) {
    uint64_t hash = PAPER_HASH_START;
    for (size_t i = 0; i < FINGERPRINT_LENGTH; i++)
        hash = paper_hash(hash, &paper->tokens[at + i].kind, sizeof(uint64_t));
    return hash;
}

struct gram {
    uint64_t hash;
    size_t paper;
};

static int by_gram(const void *a, const void *b) {
    const struct gram *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->paper > y->paper) - (x->paper < y->paper);
}

static int by_hash(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The hashes of all stretches that say nothing, sorted; *count of them. */
static uint64_t *common_hashes(const struct paper *papers, size_t paper_count, const struct paper *handed_out,
                               size_t *count) {
    size_t total = 0, filled = 0;
    for (size_t i = 0; i < paper_count; i++) total += gram_count(&papers[i]);
    struct gram *grams = must_allocate((total + 1) * sizeof *grams);
    uint64_t *common = must_allocate((total + gram_count(handed_out) + 1) * sizeof *common);
    for (size_t i = 0; i < paper_count; i++)
        for (size_t k = 0; k < gram_count(&papers[i]); k++) grams[filled++] = (struct gram){gram_at(&papers[i], k), i};
    qsort(grams, filled, sizeof *grams, by_gram);
    *count = 0;
    for (size_t start = 0, end; start < filled; start = end) {
        size_t owners = 0;
        for (end = start; end < filled && grams[end].hash == grams[start].hash; end++)
            owners += end == start || grams[end].paper != grams[end - 1].paper;
        if (owners >= COMMON_AT_LEAST && owners * COMMON_SHARE > paper_count) common[(*count)++] = grams[start].hash;
    }
    for (size_t k = 0; k < gram_count(handed_out); k++) common[(*count)++] = gram_at(handed_out, k);
    qsort(common, *count, sizeof *common, by_hash);
    free(grams);
    return common;
}

static int by_fingerprint(const void *a, const void *b) {
    const struct fingerprint *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Keeps the smallest hash of each window, the last of equal ones, each once. */
static void winnow(struct paper *paper, const uint64_t *hashes, const bool *is_common, size_t count) {
    size_t kept = SIZE_MAX;
    paper->fingerprints = must_allocate((count + 1) * sizeof *paper->fingerprints);
    for (size_t start = 0; start < count; start++) {
        size_t smallest = start;
        for (size_t i = start; i < count && i < start + FINGERPRINT_WINDOW; i++)
            if (hashes[i] <= hashes[smallest]) smallest = i;
        if (smallest == kept) continue;
        kept = smallest;
        if (!is_common[kept])
            paper->fingerprints[paper->fingerprint_count++] = (struct fingerprint){hashes[kept], kept};
    }
    qsort(paper->fingerprints, paper->fingerprint_count, sizeof *paper->fingerprints, by_fingerprint);
}

static void fingerprint(struct paper *paper, const uint64_t *common, size_t common_count) {
    size_t count = gram_count(paper);
    uint64_t *hashes = must_allocate((count + 1) * sizeof *hashes);
    bool *is_common = must_allocate(count + 1);
    for (size_t i = 0; i < count; i++) {
        hashes[i] = gram_at(paper, i);
        is_common[i] = bsearch(&hashes[i], common, common_count, sizeof *common, by_hash) != NULL;
        for (size_t k = 0; is_common[i] && k < FINGERPRINT_LENGTH; k++) paper->tokens[i + k].is_common = true;
    }
    for (size_t i = 0; i < paper->count; i++) paper->own += !paper->tokens[i].is_common && paper->tokens[i].end;
    winnow(paper, hashes, is_common, count);
    free(hashes);
    free(is_common);
}

void papers_fingerprint(struct paper *papers, size_t count, const struct paper *handed_out) {
    size_t common_count;
    uint64_t *common = common_hashes(papers, count, handed_out, &common_count);
    for (size_t i = 0; i < count; i++) fingerprint(&papers[i], common, common_count);
    free(common);
}

/* ---- two papers ---- */

/* The whole stretch around two places that are the same. */
static struct stretch follow(const struct paper *a, const struct paper *b, size_t at_a, size_t at_b) {
    struct stretch stretch = {.a = at_a, .b = at_b};
    while (stretch.a && stretch.b && a->tokens[stretch.a - 1].kind == b->tokens[stretch.b - 1].kind)
        stretch.a--, stretch.b--;
    while (stretch.a + stretch.length < a->count && stretch.b + stretch.length < b->count &&
           a->tokens[stretch.a + stretch.length].kind == b->tokens[stretch.b + stretch.length].kind)
        stretch.length++;
    return stretch;
}

static int by_length(const void *x, const void *y) {
    const struct stretch *s = x, *t = y;
    if (s->length != t->length) return s->length > t->length ? -1 : 1;
    if (s->a != t->a) return s->a < t->a ? -1 : 1;
    return (s->b > t->b) - (s->b < t->b);
}

/* A stretch's own tokens that are not taken yet on either side: its parts of at least FINGERPRINT_LENGTH tokens. */
static void take(struct likeness *likeness, const struct paper *a, const struct paper *b, struct stretch stretch,
                 bool *taken_a, bool *taken_b) {
    for (size_t start = 0, end; start < stretch.length; start = end + 1) {
        for (end = start; end < stretch.length && !taken_a[stretch.a + end] && !taken_b[stretch.b + end];) end++;
        struct stretch part = {.a = stretch.a + start, .b = stretch.b + start, .length = end - start};
        if (part.length < FINGERPRINT_LENGTH) continue;
        for (size_t i = 0; i < part.length; i++) {
            part.own += !a->tokens[part.a + i].is_common && !b->tokens[part.b + i].is_common;
            taken_a[part.a + i] = taken_b[part.b + i] = true;
        }
        if (part.own > likeness->longest) likeness->longest = part.own;
        if (part.own) ARRAY_ADD(likeness->stretches, likeness->count, likeness->capacity) = part;
    }
}

static size_t run_of(const struct paper *paper, size_t at) {
    size_t end = at + 1;
    while (end < paper->fingerprint_count && paper->fingerprints[end].hash == paper->fingerprints[at].hash) end++;
    return end - at;
}

/* By the distance between both places, then by place. */
static int by_diagonal(const void *x, const void *y) {
    const struct stretch *s = x, *t = y;
    if (s->a + t->b != t->a + s->b) return s->a + t->b < t->a + s->b ? -1 : 1;
    return (s->a > t->a) - (s->a < t->a);
}

/* The places at which both have the same fingerprint, as stretches without a length. */
static struct stretch *common_places(const struct paper *a, const struct paper *b, size_t *count) {
    struct stretch *found = NULL;
    size_t capacity = 0, i = 0, k = 0;
    *count = 0;
    while (i < a->fingerprint_count && k < b->fingerprint_count) {
        uint64_t x = a->fingerprints[i].hash, y = b->fingerprints[k].hash;
        size_t in_a = run_of(a, i), in_b = run_of(b, k);
        for (size_t p = 0; x == y && p < in_a && p < OCCURRENCES_MAX; p++)
            for (size_t q = 0; q < in_b && q < OCCURRENCES_MAX; q++)
                ARRAY_ADD(found, *count, capacity) =
                    (struct stretch){.a = a->fingerprints[i + p].at, .b = b->fingerprints[k + q].at};
        if (x <= y) i += in_a;
        if (y <= x) k += in_b;
    }
    return found;
}

/* The stretches around all those places, each once, the longest first. */
static struct stretch *common_stretches(const struct paper *a, const struct paper *b, size_t *count) {
    size_t places, kept = 0;
    struct stretch *found = common_places(a, b, &places);
    if (found) qsort(found, places, sizeof *found, by_diagonal);
    for (size_t i = 0; i < places; i++) {
        const struct stretch *last = kept ? &found[kept - 1] : NULL;
        bool is_in_it = last && last->a + found[i].b == found[i].a + last->b && found[i].a < last->a + last->length;
        if (!is_in_it) found[kept++] = follow(a, b, found[i].a, found[i].b);
    }
    if (found) qsort(found, kept, sizeof *found, by_length);
    *count = kept;
    return found;
}

void papers_compare(const struct paper *a, const struct paper *b, struct likeness *likeness) {
    size_t count, alike = 0;
    *likeness = (struct likeness){};
    struct stretch *found = common_stretches(a, b, &count);
    bool *taken_a = must_allocate(a->count), *taken_b = must_allocate(b->count);
    for (size_t i = 0; i < count; i++) take(likeness, a, b, found[i], taken_a, taken_b);
    for (size_t i = 0; i < likeness->count; i++) alike += likeness->stretches[i].own;
    if (a->own + b->own) likeness->similarity = 2.0 * (double)alike / (double)(a->own + b->own);
    if (likeness->similarity > 1) likeness->similarity = 1;
    free(found);
    free(taken_a);
    free(taken_b);
}

void likeness_free(struct likeness *likeness) {
    free(likeness->stretches);
    *likeness = (struct likeness){};
}
