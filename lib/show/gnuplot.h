/* gnuplot: draws one picture in a child process, fed and read through pipes; no shell, no file. */
#ifndef OTO_GNUPLOT_H
#define OTO_GNUPLOT_H

#include <stddef.h>

/* Runs gnuplot on size bytes of commands (which may hold inline binary data) and returns what it wrote to its standard
 * output, malloc'd, its size in *written, and in *said what it printed (its standard error), malloc'd or NULL. NULL
 * when there is no picture: then *why is a malloc'd sentence that says what happened and what to do (NULL when memory
 * ran out). A run of more than 60 s is ended. The environment variable OTO_GNUPLOT names another gnuplot than the one
 * in PATH. */
unsigned char *oto_gnuplot(const char *commands, size_t size, size_t *written, char **said, char **why);

#endif
