#include "kernel/worker/wide_input.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "kernel/worker/input.h"

static wint_t cell_fgetwc(FILE *stream) {
    if (!input_is_host(stream)) return fgetwc(stream);
    mbstate_t state = {};
    wchar_t wide;
    for (int byte; (byte = fgetc(stream)) != EOF;) {
        char c = (char)byte;
        size_t used = mbrtowc(&wide, &c, 1, &state);
        if (used == (size_t)-1) return WEOF; /* errno is EILSEQ */
        if (used != (size_t)-2) return (wint_t)wide;
    }
    return WEOF;
}

static wint_t cell_getwchar(void) {
    return cell_fgetwc(stdin);
}

static wchar_t *cell_fgetws(wchar_t *text, int size, FILE *stream) {
    if (!input_is_host(stream)) return fgetws(text, size, stream);
    int length = 0;
    for (wint_t wide = 0; length + 1 < size && wide != L'\n';) {
        if ((wide = cell_fgetwc(stream)) == WEOF) break;
        text[length++] = (wchar_t)wide;
    }
    if (length == 0 && size != 1) return NULL;
    text[length] = L'\0';
    return text;
}

static wint_t cell_ungetwc(wint_t wide, FILE *stream) {
    if (!input_is_host(stream)) return ungetwc(wide, stream);
    char bytes[MB_LEN_MAX];
    mbstate_t state = {};
    size_t length = wide == WEOF ? (size_t)-1 : wcrtomb(bytes, (wchar_t)wide, &state);
    if (length == (size_t)-1) return WEOF;
    while (length-- > 0)
        if (ungetc((unsigned char)bytes[length], stream) == EOF) return WEOF;
    return wide;
}

/* Such a stream has no orientation that could be asked for. */
static int cell_fwide(FILE *stream, int mode) {
    return input_is_host(stream) ? mode : fwide(stream, mode);
}

/* A format of wide characters asks for the same as that of bytes: %s stores bytes in both, %ls wide characters. */
static int cell_vfwscanf(FILE *stream, const wchar_t *format, va_list arguments) {
    if (!input_is_host(stream)) return vfwscanf(stream, format, arguments);
    const wchar_t *at = format;
    mbstate_t state = {};
    size_t length = wcsrtombs(NULL, &at, 0, &state);
    char *narrow = length == (size_t)-1 ? NULL : malloc(length + 1);
    if (!narrow) return EOF;
    at = format;
    wcsrtombs(narrow, &at, length + 1, &state);
    int result = vfscanf(stream, narrow, arguments);
    int failed = errno;
    free(narrow);
    errno = failed;
    return result;
}

static int cell_vwscanf(const wchar_t *format, va_list arguments) {
    return cell_vfwscanf(stdin, format, arguments);
}

static int cell_fwscanf(FILE *stream, const wchar_t *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = cell_vfwscanf(stream, format, arguments);
    va_end(arguments);
    return result;
}

static int cell_wscanf(const wchar_t *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = cell_vfwscanf(stdin, format, arguments);
    va_end(arguments);
    return result;
}

static const struct {
    const char *name;
    void *function;
} functions[] = {
    {"fgetwc", cell_fgetwc},         {"getwc", cell_fgetwc},
    {"getwchar", cell_getwchar},     {"fgetwc_unlocked", cell_fgetwc},
    {"getwc_unlocked", cell_fgetwc}, {"getwchar_unlocked", cell_getwchar},
    {"fgetws", cell_fgetws},         {"fgetws_unlocked", cell_fgetws},
    {"ungetwc", cell_ungetwc},       {"fwide", cell_fwide},
    {"wscanf", cell_wscanf},         {"fwscanf", cell_fwscanf},
    {"vwscanf", cell_vwscanf},       {"vfwscanf", cell_vfwscanf},
};

void *wide_input_find(const char *name) {
    /* headers give the readers of formats the names of a standard */
    static const char *const standards[] = {"__isoc99_", "__isoc23_"};
    for (size_t i = 0; i < sizeof standards / sizeof *standards; i++)
        if (!strncmp(name, standards[i], strlen(standards[i]))) name += strlen(standards[i]);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (!strcmp(functions[i].name, name)) return functions[i].function;
    return NULL;
}
