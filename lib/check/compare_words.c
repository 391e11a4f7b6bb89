/* How comparators write values: few digits, indices as a reader counts, and nothing that could harm a page or terminal.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/check/compare.h"
#include "lib/record/utf8.h"

/* Bytes of the UTF-8 character at text, or 0. Control characters count as invalid. */
static size_t character(const unsigned char *text, size_t length) {
    unsigned first = text[0];
    size_t size = oto_utf8_length(text, length);
    if (size == 1 && (first < 0x20 || first == 0x7F)) return 0;
    if (size == 2 && first == 0xC2 && text[1] < 0xA0) return 0; /* C1 controls */
    if (size == 3 && first == 0xE2 && (text[1] == 0x80 || text[1] == 0x81)) {
        unsigned last = text[2]; /* bidirectional marks and line separators change how the rest of the line reads */
        if ((text[1] == 0x80 && ((last >= 0x8B && last <= 0x8F) || (last >= 0xA8 && last <= 0xAE))) ||
            (text[1] == 0x81 && last >= 0xA0 && last <= 0xAF))
            return 0;
    }
    return size;
}

void oto_quote(FILE *out, const char *text, size_t length, size_t limit) {
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    size_t written = 0;
    fputc('"', out);
    while (at < end && written < limit) {
        size_t size = character(at, (size_t)(end - at));
        if (*at == '\n')
            fputs("\\n", out);
        else if (*at == '\t')
            fputs("\\t", out);
        else if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (size)
            fwrite(at, 1, size, out);
        else
            fprintf(out, "\\x%02x", *at);
        size = size ? size : 1;
        at += size;
        written += size;
    }
    fputc('"', out);
    if (at < end) fprintf(out, "... (%zu bytes)", length);
}

static void format_real(char text[static 64], double value, int precision) {
    if (isnan(value))
        snprintf(text, 64, "NaN"); /* whatever its sign */
    else
        snprintf(text, 64, "%.*g", precision, value);
}

void oto_write_real(FILE *out, double value, int precision) {
    char text[64];
    format_real(text, value, precision);
    fputs(text, out);
}

static void format_element(char text[static 160], const struct oto_observation *o, size_t i, int precision) {
    char real[64], imaginary[64];
    if (o->type == OTO_OBSERVED_INT64)
        snprintf(text, 160, "%" PRId64, oto_observation_integer(o, i));
    else if (o->type == OTO_OBSERVED_UINT64)
        snprintf(text, 160, "%" PRIu64, (uint64_t)oto_observation_integer(o, i));
    else if (o->type == OTO_OBSERVED_COMPLEX64) {
        double part = oto_observation_imaginary(o, i);
        format_real(real, oto_observation_real(o, i), precision);
        format_real(imaginary, fabs(part), precision);
        snprintf(text, 160, "%s %c %si", real, part < 0 ? '-' : '+', imaginary);
    } else {
        format_real(real, oto_observation_real(o, i), precision);
        snprintf(text, 160, "%s", real);
    }
}

void oto_write_element(FILE *out, const struct oto_observation *o, size_t i, int precision) {
    char text[160];
    format_element(text, o, i, precision);
    fputs(text, out);
}

void oto_write_pair(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                    size_t i) {
    static const int precisions[] = {4, 6, 9, 17};
    char want[160], got[160];
    for (size_t p = 0; p < sizeof precisions / sizeof *precisions; p++) {
        format_element(want, expected, i, precisions[p]);
        format_element(got, observed, i, precisions[p]);
        if (strcmp(want, got)) break;
    }
    fprintf(out, "expected %s, got %s", want, got);
}

void oto_write_index(FILE *out, const struct oto_observation *o, size_t i) {
    int64_t index[OTO_OBSERVATION_RANK_MAX];
    for (size_t axis = o->rank; axis-- > 0;) {
        index[axis] = (int64_t)(i % (size_t)o->shape[axis]);
        i /= (size_t)o->shape[axis];
    }
    fputc('[', out);
    for (size_t axis = 0; axis < o->rank; axis++) fprintf(out, "%s%" PRId64, axis ? ", " : "", index[axis]);
    fputc(']', out);
}

void oto_write_plainly(FILE *out, const char *text, size_t limit) {
    for (size_t i = 0; text[i] && i < limit; i++) fputc(text[i] >= ' ' && text[i] < 0x7F ? text[i] : '?', out);
}
