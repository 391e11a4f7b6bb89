#include "kernel/engine/finding.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/death.h"
#include "kernel/engine/excerpt.h"
#include "kernel/engine/text.h"

enum { SHOWN = 10 };

/* The sentence that the error would have, with its line below. */
static char *describe(const struct session *session, const struct oto_record *finding, int number) {
    struct text text = {};
    const struct sighting sighting = {.session = session, .number = number};
    const char *ename;
    char *sentence = death_sentence(finding, &sighting, &ename);
    int line = (int)oto_record_get_integer(finding, "line", 0);
    text_format(&text, "line %d: %s\n", line, sentence);
    excerpt_add(&text, session_cell_source(session, number), line, (int)oto_record_get_integer(finding, "column", 0),
                NULL);
    free(sentence);
    return text_take(&text);
}

char *findings_text(const struct session *session, const struct run_result *result, int number) {
    struct text text = {};
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < result->finding_count; i++) {
        char *description = describe(session, &result->findings[i], number);
        /* a child that the program forked finds it once more */
        bool known = strstr(text_c(&text), description);
        if (!known && shown < SHOWN) text_add(&text, description);
        if (!known) shown < SHOWN ? shown++ : more++;
        free(description);
    }
    if (!shown) return NULL;
    if (more) text_format(&text, "and %zu more\n", more);
    char *all =
        must_format("warning: undefined behaviour; the program went on, but compiled by another compiler or with "
                    "optimisation it may do something else\n%s",
                    text_c(&text));
    all[strlen(all) - 1] = '\0';
    text_free(&text);
    return all;
}
