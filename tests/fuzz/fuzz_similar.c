/* Any bytes as the answers of two students: what they have in common lies within both, and no stretch is taken twice.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/fingerprint.h"
#include "kernel/engine/text.h"

enum { PAPERS = 2 };

/* An answer a line; one that begins with a quote is text. */
static void add_answers(struct paper *paper, char *lines) {
    size_t answer = 0;
    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n"), answer++)
        if (*line == '"')
            paper_add_text(paper, answer, line);
        else
            paper_add_code(paper, answer, line, answer ? NULL : "int x = 1;");
}

static void check_tokens(const struct paper *paper, const char *source) {
    for (size_t i = 0; i < paper->count; i++)
        if (paper->tokens[i].start > paper->tokens[i].end || paper->tokens[i].end > strlen(source)) abort();
    for (size_t i = 0; i < paper->fingerprint_count; i++)
        if (paper->fingerprints[i].at + FINGERPRINT_LENGTH > paper->count) abort();
}

static void check_stretches(const struct paper papers[PAPERS], const struct likeness *likeness) {
    for (size_t i = 0; i < likeness->count; i++) {
        const struct stretch *one = &likeness->stretches[i];
        if (!one->length || one->a + one->length > papers[0].count || one->b + one->length > papers[1].count) abort();
        for (size_t k = 0; k < one->length; k++)
            if (papers[0].tokens[one->a + k].kind != papers[1].tokens[one->b + k].kind) abort();
        for (size_t k = 0; k < i; k++) {
            const struct stretch *other = &likeness->stretches[k];
            if (one->a < other->a + other->length && other->a < one->a + one->length) abort();
            if (one->b < other->b + other->length && other->b < one->b + one->length) abort();
        }
    }
    if (!(likeness->similarity >= 0 && likeness->similarity <= 1)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *half = memchr(data, '\f', size);
    size_t first = half ? (size_t)(half - data) : size, rest = half ? size - first - 1 : 0;
    char *texts[PAPERS] = {must_copy_n((const char *)data, first), must_copy_n((const char *)data + size - rest, rest)};
    struct paper papers[PAPERS] = {{.number = 1}, {.number = 2}}, handed_out = {.number = 3};
    struct likeness likeness = {};
    paper_add_code(&handed_out, 0, "int x = 1; for (int i = 0; i < 10; i++) x += i;", NULL);
    for (int i = 0; i < PAPERS; i++) {
        char *lines = must_copy(texts[i]);
        add_answers(&papers[i], lines);
        free(lines);
    }
    papers_fingerprint(papers, PAPERS, &handed_out);
    for (int i = 0; i < PAPERS; i++) check_tokens(&papers[i], texts[i]);
    papers_compare(&papers[0], &papers[1], &likeness);
    check_stretches(papers, &likeness);
    likeness_free(&likeness);
    paper_free(&handed_out);
    for (int i = 0; i < PAPERS; i++) {
        paper_free(&papers[i]);
        free(texts[i]);
    }
    return 0;
}
