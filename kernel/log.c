#include "kernel/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void log_line(const char *format, ...) {
    char line[400] = "oto-kernel: ";
    size_t start = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + start, sizeof line - start, format, arguments);
    va_end(arguments);
    size_t size = strlen(line);
    for (size_t i = start; i < size; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7F) line[i] = '?';
    if (size == sizeof line - 1) size--;
    line[size++] = '\n';
    (void)!write(STDERR_FILENO, line, size); /* nobody is left to tell when even this fails */
}
