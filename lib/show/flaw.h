/* flaw: what is wrong with data that somebody wants to display, before a browser shows nothing instead of it.
 *
 * Each returns NULL when data is well-formed; otherwise a malloc'd sentence that says what is wrong, where, and what to
 * do about it. Lines and columns count from 1, columns in bytes.
 */
#ifndef OTO_FLAW_H
#define OTO_FLAW_H

#include <stddef.h>

char *oto_flaw_utf8(const char *text, size_t size);
/* RFC 8259; nested at most OTO_JSON_DEPTH deep, since whoever reads it later has a limit as well. */
char *oto_flaw_json(const char *text, size_t size);
/* Well-formed XML with its namespaces declared, whose root element is svg. */
char *oto_flaw_svg(const char *text, size_t size);
/* A PNG file that is whole: signature, header, every chunk up to the end mark. Pixels are not decoded. */
char *oto_flaw_png(const char *bytes, size_t size);

enum { OTO_JSON_DEPTH = 200 };

#endif
