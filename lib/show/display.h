/* display: text, pictures and HTML of your own below a cell; updating and clearing them.
 *
 *     oto_display_markdown("| epoch | loss |\n|---|---|\n| 1 | 0.25 |");
 *     oto_display_html("<b>0.25</b>", .id = "loss");                 // a display with a name of your choice ...
 *     oto_display_update("loss", "text/html", "<b>0.19</b>");        // ... is replaced wherever it is on the page
 *     oto_display("image/jpeg", bytes, .size = size);                // any type that your Jupyter client can show
 *
 * What you hand over is copied and stays yours. Texts are UTF-8 and end in '\0'. Before anything is shown it is
 * verified: invalid UTF-8, malformed JSON or SVG, a PNG file that is cut off, NULL, and more than 64 MiB are errors
 * (OtoError) that say where and what to do. HTML is shown as it is.
 *
 * In a program without a notebook, texts (plain, Markdown, LaTeX, JSON) are printed; pages, pictures and the rest
 * become files oto_show_001.html, oto_show_002.png, ... in the working directory, whose names are printed. An update
 * writes the file of its display anew.
 */
#ifndef OTO_DISPLAY_H
#define OTO_DISPLAY_H

#include "../tensor/options.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct OtoDisplay {
    const char *id;   /* a name of your choice, at most 200 bytes; NULL: cannot be updated */
    bool update;      /* replaces the display of that id instead of adding one */
    const char *text; /* text/plain: what a client shows that cannot show the type; NULL: a word for what it is */
    size_t size;      /* bytes of the data; 0: it is a text, up to its '\0' */
} OtoDisplay;

/* HTML as it is: text from elsewhere must be escaped first (oto_html_escape). Scripts in it run when the page is one
 * that its reader trusts. */
void oto_display_html(const char *html, OtoDisplay options);
void oto_display_markdown(const char *markdown, OtoDisplay options);
/* Text with formulas between $ or $$, or in \begin{...}; a text without either is one formula: "\\frac{1}{2}". */
void oto_display_latex(const char *latex, OtoDisplay options);
void oto_display_svg(const char *svg, OtoDisplay options);
/* JSON as a tree to unfold. JSON has no NaN and no infinity: write null. */
void oto_display_json(const char *json, OtoDisplay options);
/* The size bytes of a PNG file (for samples or pixels of your own, see oto_show). */
void oto_display_png(const void *png, size_t size, OtoDisplay options);
/* Data of any MIME type. Types that are not text (text/..., application/json, ...+json, ...+xml) need .size. */
void oto_display(const char *mime_type, const void *data, OtoDisplay options);
#define oto_display_html(html, ...) oto_display_html(html, OTO_DISPLAY(__VA_ARGS__))
#define oto_display_markdown(markdown, ...) oto_display_markdown(markdown, OTO_DISPLAY(__VA_ARGS__))
#define oto_display_latex(latex, ...) oto_display_latex(latex, OTO_DISPLAY(__VA_ARGS__))
#define oto_display_svg(svg, ...) oto_display_svg(svg, OTO_DISPLAY(__VA_ARGS__))
#define oto_display_json(json, ...) oto_display_json(json, OTO_DISPLAY(__VA_ARGS__))
#define oto_display_png(png, size, ...) oto_display_png(png, size, OTO_DISPLAY(__VA_ARGS__))
#define oto_display(mime_type, data, ...) oto_display(mime_type, data, OTO_DISPLAY(__VA_ARGS__))
#define OTO_DISPLAY(...) OTO_OPTIONS(OtoDisplay, (.update = false), __VA_ARGS__)

/* Replaces the display of this id by a text: short for oto_display(mime_type, text, .id = id, .update = true). */
void oto_display_update(const char *id, const char *mime_type, const char *text);

/* Empties the cell's output; with wait, only when the next output comes (no flicker). Nothing in a terminal. */
void oto_clear_output(bool wait);

/* The text with & < > " ' written as HTML wants them; free() it. */
char *oto_html_escape(const char *text);

enum { OTO_DISPLAY_MAX = 64 << 20 }; /* bytes of one display */

#endif
