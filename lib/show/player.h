/* player: the picture of a sound as HTML, with a line that runs over it while the sound plays.
 *
 * The picture stands by itself; a script in the page puts the line and its controls over it. Where scripts do not run
 * (a notebook that its reader does not trust) the picture and the browser's own player are left.
 */
#ifndef OTO_PLAYER_H
#define OTO_PLAYER_H

#include <stddef.h>
#include <stdio.h>

#include "lib/show/figure.h"

/* Writes the picture into an element of class "oto-sound" that holds the <audio> it belongs to, before it. area: of the
 * picture, its x axis in s; one that is not known gives a picture without a line. start: the sound's first moment, in s
 * of that axis. alt: what the picture is, in a word. */
void oto_player_write_picture(FILE *out, const unsigned char *png, size_t size, const char *alt,
                              const struct oto_plot_area *area, double start);

/* The script of the page: finds the pictures that have no line yet. */
extern const char oto_player_script[];

#endif
