#include "kernel/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/unicode.h"

void log_line(const char *format, ...) {
    char line[400] = "oto-kernel: ";
    size_t start = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + start, sizeof line - start, format, arguments);
    va_end(arguments);
    for (char *c = line + start; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F) *c = '?';
    size_t size;
    char *text = unicode_repair(line, strlen(line), &size, NULL); /* a quote may be cut inside a character */
    if (text == NULL) return;
    text[size] = '\n';                           /* in place of the NUL */
    (void)!write(STDERR_FILENO, text, size + 1); /* nobody is left to tell when even this fails */
    free(text);
}
