#include "lib/nn/quantity.h"

#include <inttypes.h>

void oto_write_count(FILE *out, int64_t number) {
    if (number >= 1000) {
        oto_write_count(out, number / 1000);
        fprintf(out, ",%03" PRId64, number % 1000);
    } else {
        fprintf(out, "%" PRId64, number);
    }
}

void oto_write_quantity(FILE *out, double number, const char *unit) {
    static const char *const prefixes[] = {"", "k", "M", "G", "T"};
    int at = 0;
    while (number >= 999.5 && at < 4) {
        number /= 1000;
        at++;
    }
    fprintf(out, "%.3g", number);
    if (*prefixes[at] || *unit) fprintf(out, " %s%s", prefixes[at], unit);
}
