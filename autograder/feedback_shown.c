#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/feedback.h"
#include "autograder/sounds.h"
#include "autograder/value_table.h"

/* ---- pictures ---- */

/* A picture that brings its own colours, on white, for where no style sheet reaches it. */
static void add_as_image(struct text *out, const char *svg, size_t length, const char *alternative) {
    static const char style[] =
        "<style>text{font:11px sans-serif;fill:#333}path{fill:none;stroke:#333}.axis{opacity:.6}.zero{opacity:.3}"
        "path.expected{stroke:#17702f;stroke-width:1.5}path.got{stroke:#b3261e;stroke-width:1.5;stroke-dasharray:5 3}"
        "circle.expected{fill:#17702f}circle.got{fill:#b3261e}.worst{stroke-dasharray:2 4}</style>"
        "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>";
    size_t opening = strcspn(svg, ">"), name = strlen("<svg");
    struct text whole = {};
    text_add(&whole, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
    text_add_n(&whole, svg + name, opening + 1 - name);
    text_add(&whole, style);
    text_add_n(&whole, svg + opening + 1, length - opening - 1);
    text_add(out, "<img width=\"640\" alt=\"");
    escape_html(out, alternative);
    text_add(out, "\" src=\"data:image/svg+xml;base64,");
    escape_base64(out, whole.data, whole.length);
    text_add(out, "\">");
    text_free(&whole);
}

static void add_picture(struct text *out, struct feedback_view view, const char *svg, size_t length,
                        const char *caption) {
    static const char opening[] = "<svg ";
    text_add(out, "<figure>");
    if (view.notebook) {
        add_as_image(out, svg, length, caption);
    } else {
        text_format(out, "%srole=\"img\" aria-label=\"", opening);
        escape_html(out, caption);
        text_add(out, "\" ");
        text_add_n(out, svg + strlen(opening), length - strlen(opening));
    }
    text_add(out, "<figcaption>");
    escape_html(out, caption);
    text_add(out, "</figcaption></figure>");
}

/* What is said of a drawing of all elements, and of another one of those around the worst. */
static const struct {
    const char *opening;
    enum string all, near;
} drawings[] = {
    {"<svg class=\"heat-3 ", STRING_PICTURE_MATRIX, STRING_PICTURE_MATRIX_WORST},
    {"<svg class=\"heat-2 ", STRING_PICTURE_MATRICES, STRING_PICTURE_MATRIX_WORST},
    {"<svg ", STRING_PICTURE, STRING_PICTURE_WORST},
};

static bool begins_with(const char *text, const char *beginning) {
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Which of them it is, and which component of complex numbers it shows. */
static char *caption_of(enum language language, const char *svg, bool first) {
    static const struct {
        const char *class;
        enum string string;
    } components[] = {{"decibels\"", STRING_PICTURE_DECIBELS},
                      {"magnitudes\"", STRING_PICTURE_MAGNITUDES},
                      {"real-parts\"", STRING_PICTURE_REAL_PARTS},
                      {"imaginary-parts\"", STRING_PICTURE_IMAGINARY_PARTS}};
    struct text caption = {};
    size_t kind = 0, kinds = sizeof drawings / sizeof *drawings;
    while (kind + 1 < kinds && !begins_with(svg, drawings[kind].opening)) kind++;
    text_add(&caption, string_of(language, first ? drawings[kind].all : drawings[kind].near));
    for (size_t i = 0; i < sizeof components / sizeof *components; i++)
        if (memmem(svg, strcspn(svg, ">"), components[i].class, strlen(components[i].class)))
            text_add(&caption, string_of(language, components[i].string));
    return text_take(&caption);
}

/* The SVGs of picture.h, one behind the other. */
static void add_pictures(struct text *out, struct feedback_view view, const char *pictures) {
    static const char closing[] = "</svg>";
    for (const char *at = pictures, *end; begins_with(at, "<svg ") && (end = strstr(at, closing)); at = end) {
        char *caption = caption_of(view.language, at, at == pictures);
        end += strlen(closing);
        add_picture(out, view, at, (size_t)(end - at), caption);
        free(caption);
    }
}

/* value_table.h */
static void add_values(struct text *out, struct feedback_view view, const char *rows) {
    size_t index = 0;
    text_add(out, "<table class=\"values\"><tr><td></td><th scope=\"col\">");
    feedback_say(out, view, STRING_VALUES_EXPECTED, NULL);
    text_add(out, "</th><th scope=\"col\">");
    feedback_say(out, view, STRING_VALUES_YOURS, NULL);
    text_add(out, "</th></tr>");
    for (const char *at = rows; *at; index++) {
        size_t want = strcspn(at, "\t"), got = at[want] ? strcspn(at + want + 1, "\t") : 0;
        if (!at[want] || !at[want + 1 + got]) break;
        char *wanted = must_copy_n(at, want), *came = must_copy_n(at + want + 1, got);
        const char *differs = at + want + 1 + got + 1;
        text_format(out, "<tr><th scope=\"row\">[%zu]</th><td>", index);
        escape_html(out, *wanted ? wanted : "–");
        text_add(out, *differs == '1' ? "</td><td class=\"differs\">≠ " : "</td><td>");
        escape_html(out, *came ? came : "–");
        text_add(out, "</td></tr>");
        free(wanted);
        free(came);
        at = differs + strcspn(differs, "\n");
        at += *at == '\n';
    }
    text_add(out, "</table>");
}

/* ---- sounds ---- */

static void add_player(struct text *out, struct feedback_view view, enum string name, const char *flac, size_t length) {
    text_add(out, "<p class=\"sound\">");
    feedback_say(out, view, name, NULL);
    text_add(out, "<br><audio controls aria-label=\"");
    feedback_say(out, view, name, NULL);
    text_add(out, "\" src=\"data:audio/flac;base64,");
    text_add_n(out, flac, length);
    text_add(out, "\"></audio></p>");
}

static void add_no_sounds(struct text *out, struct feedback_view view) {
    char *most = must_format("%d", SOUNDS_MAX_MB);
    text_add(out, "<p class=\"key\">");
    feedback_say(out, view, STRING_SOUNDS_LEFT_OUT, (const char *const[]){most});
    text_add(out, "</p>");
    free(most);
}

/* "SECONDS FROM EXPECTED YOURS", or the first two alone (sounds.h) */
static void add_sounds(struct text *out, struct feedback_view view, const char *sounds) {
    const char *words[4];
    size_t lengths[4];
    for (int i = 0; i < 4; i++) {
        words[i] = sounds;
        lengths[i] = strcspn(sounds, " ");
        if (!lengths[i]) return i == 2 ? add_no_sounds(out, view) : (void)0;
        sounds += lengths[i] + (sounds[lengths[i]] == ' ');
    }
    double from = strtod(words[1], NULL);
    char *begins = must_format("%.4g", from), *ends = must_format("%.4g", from + strtod(words[0], NULL));
    text_add(out, "<div class=\"sounds\">");
    add_player(out, view, STRING_SOUND_EXPECTED, words[2], lengths[2]);
    add_player(out, view, STRING_SOUND_YOURS, words[3], lengths[3]);
    text_add(out, "<p class=\"key\">");
    feedback_say(out, view, STRING_SOUND_WHERE, (const char *const[]){begins, ends});
    text_add(out, "</p></div>");
    free(begins);
    free(ends);
}

void feedback_shown(struct text *out, struct feedback_view view, const struct outcome_check *check) {
    if (check->picture && begins_with(check->picture, VALUE_TABLE_OPENING))
        add_values(out, view, check->picture + strlen(VALUE_TABLE_OPENING));
    else if (check->picture)
        add_pictures(out, view, check->picture);
    if (check->sounds) add_sounds(out, view, check->sounds);
}
