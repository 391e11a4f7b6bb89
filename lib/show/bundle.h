/* bundle: one output in the making, in several MIME types, and where it goes: to the host, or into files. */
#ifndef OTO_BUNDLE_H
#define OTO_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/record/record.h"
#include "lib/show/figure.h"

struct oto_bundle {
    const char *id;
    bool update;
    char *text;         /* text/plain; never left out */
    char *html;         /* text/html */
    unsigned char *png; /* image/png */
    size_t png_size;
    struct oto_plot_area area; /* of the picture */
    unsigned char *wav;        /* only for a file: the sound that html plays */
    size_t wav_size;
    bool page;                         /* without a host, html is a file too where png and wav are */
    char *stopped_text, *stopped_html; /* instead of text and html, should the cell end before another update comes */
};

/* Sends it as OTO_RECORD_DISPLAY or OTO_RECORD_RESULT and frees its parts. Without a host it prints text (for a
 * display) and writes oto_show_NNN.wav and .png, and .html when there is neither or it is a page, and prints their
 * names. */
void oto_bundle_send(struct oto_bundle *bundle, int kind);

/* True in the grader, where nobody looks: nothing is drawn or played, only text is sent. */
bool oto_show_is_blind(void);

/* The number of the next file, from 1; files of one output share it. */
int oto_show_next_file(void);
/* Writes oto_show_NNN.ending, and prints its name if asked to; refuses when it cannot. */
void oto_show_write_file(int number, const char *ending, const void *data, size_t size, bool say);

void oto_html_write(FILE *out, const char *text);
void oto_base64_write(FILE *out, const unsigned char *bytes, size_t size);

#endif
