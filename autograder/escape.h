/* escape: text from students on its way into a page, a table or a spreadsheet, where it must stay text. */
#ifndef GRADER_ESCAPE_H
#define GRADER_ESCAPE_H

#include <jansson.h>

#include "kernel/engine/text.h"

/* For an HTML page: & < > " ' become entities; control characters and bytes that are not UTF-8 become U+FFFD. */
void escape_html(struct text *out, const char *string);
/* Bytes for a data: URL. */
void escape_base64(struct text *out, const void *bytes, size_t size);
/* One CSV field, quoted; a leading = + - @ tab or return gets an apostrophe before it, so that no spreadsheet takes a
 * student's name for a formula. */
void escape_csv(struct text *out, const char *string);
/* What such a field was before the apostrophe. */
const char *unescape_csv(const char *field);
/* For a terminal: control characters (escape sequences among them) become '?'. Newlines stay when lines is true. */
void escape_terminal(struct text *out, const char *string, bool lines);
/* As a JSON string: bytes that are not UTF-8, which JSON cannot hold, become U+FFFD. */
json_t *escape_json(const char *string);

#endif
