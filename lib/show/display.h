/* display: text, pictures and HTML of your own below a cell; updating and clearing them.
 *
 * Each call makes one output. With .id it can be replaced later, by the same call with the same .id and .update = true,
 * wherever it is on the page. .text is what a terminal shows instead. In a program without a notebook, text is printed
 * and pictures and pages become files oto_show_001.png, ... in the working directory, whose names are printed.
 */
#ifndef OTO_DISPLAY_H
#define OTO_DISPLAY_H

#include "../tensor/options.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct OtoDisplay {
    const char *id;   /* a name of your choice; NULL: cannot be updated */
    bool update;      /* replaces the display of that id instead of adding one */
    const char *text; /* text/plain; NULL: a word for what it is */
} OtoDisplay;

/* HTML as it is: text from elsewhere must be escaped first (oto_html_escape). */
void oto_display_html(const char *html, OtoDisplay options);
void oto_display_markdown(const char *markdown, OtoDisplay options);
/* Formulas between $ or $$. */
void oto_display_latex(const char *latex, OtoDisplay options);
void oto_display_svg(const char *svg, OtoDisplay options);
void oto_display_json(const char *json, OtoDisplay options);
/* The bytes of a PNG file. */
void oto_display_png(const void *png, size_t size, OtoDisplay options);
#define oto_display_html(html, ...) oto_display_html(html, OTO_DISPLAY(__VA_ARGS__))
#define oto_display_markdown(markdown, ...) oto_display_markdown(markdown, OTO_DISPLAY(__VA_ARGS__))
#define oto_display_latex(latex, ...) oto_display_latex(latex, OTO_DISPLAY(__VA_ARGS__))
#define oto_display_svg(svg, ...) oto_display_svg(svg, OTO_DISPLAY(__VA_ARGS__))
#define oto_display_json(json, ...) oto_display_json(json, OTO_DISPLAY(__VA_ARGS__))
#define oto_display_png(png, size, ...) oto_display_png(png, size, OTO_DISPLAY(__VA_ARGS__))
#define OTO_DISPLAY(...) OTO_OPTIONS(OtoDisplay, (.update = false), __VA_ARGS__)

/* Replaces the display of this id: oto_display_update("loss", "text/html", "<b>0.25</b>"). */
void oto_display_update(const char *id, const char *mime_type, const char *text);

/* Empties the cell's output; with wait, only when the next output comes (no flicker). */
void oto_clear_output(bool wait);

/* The text with & < > " ' written as HTML wants them; free() it. */
char *oto_html_escape(const char *text);

#endif
