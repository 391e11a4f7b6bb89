#include "lib/show/mime.h"

#include <ctype.h>
#include <string.h>

#include "lib/show/flaw.h"

static const struct oto_mime types[] = {
    {"text/html", true, "html", "(HTML)", NULL},
    {"image/svg+xml", true, "svg", "(SVG picture)", oto_flaw_svg},
    {"text/*", true, NULL, NULL, NULL},
    {"application/json", true, NULL, NULL, oto_flaw_json},
    {"application/geo+json", true, "geojson", "(map)", oto_flaw_json},
    {"*+json", true, "json", "(JSON)", oto_flaw_json},
    {"application/javascript", true, "js", "(JavaScript)", NULL},
    {"application/xml", true, "xml", "(XML)", NULL},
    {"*+xml", true, "xml", "(XML)", NULL},
    {"image/png", false, "png", "(PNG picture)", oto_flaw_png},
    {"image/jpeg", false, "jpg", "(JPEG picture)", NULL},
    {"image/gif", false, "gif", "(GIF picture)", NULL},
    {"image/webp", false, "webp", "(WebP picture)", NULL},
    {"application/pdf", false, "pdf", "(PDF document)", NULL},
    {"*", false, "bin", "(data)", NULL},
};

static bool fits(const char *pattern, const char *type, size_t length) {
    size_t fixed = strlen(pattern);
    if (*pattern == '*')
        return length >= fixed - 1 && !strncasecmp(type + length - (fixed - 1), pattern + 1, fixed - 1);
    if (pattern[fixed - 1] == '*') return length >= fixed - 1 && !strncasecmp(type, pattern, fixed - 1);
    return length == fixed && !strncasecmp(type, pattern, fixed);
}

const struct oto_mime *oto_mime_of(const char *type) {
    size_t length = strlen(type);
    const struct oto_mime *mime = types;
    while (!fits(mime->type, type, length)) mime++; /* the last one fits everything */
    return mime;
}

/* The end of a name, or NULL when none begins here. */
static const char *name_end(const char *at) {
    const char *begin = at;
    while (isalnum((unsigned char)*at) || (at > begin && *at && strchr("!#$&-^_.+", *at))) at++;
    return at > begin ? at : NULL;
}

bool oto_mime_is_type(const char *text) {
    const char *at = name_end(text);
    if (!at || *at != '/') return false;
    at = name_end(at + 1);
    return at && !*at && at - text <= 200;
}
