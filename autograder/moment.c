#include "autograder/moment.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "kernel/engine/text.h"

/* Exactly digits decimal digits, a number from low to high. */
static bool read_number(const char **at, int digits, int low, int high, int *number) {
    *number = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)**at)) return false;
        *number = *number * 10 + (*(*at)++ - '0');
    }
    return *number >= low && *number <= high;
}

static bool take(const char **at, char wanted) {
    if (**at != wanted) return false;
    ++*at;
    return true;
}

static void skip_spaces(const char **at) {
    while (isspace((unsigned char)**at)) ++*at;
}

/* The offset from UTC in seconds; what stands at the end of the text. */
static bool read_zone(const char *at, int64_t *offset) {
    int hours, minutes;
    *offset = 0;
    skip_spaces(&at);
    if (*at == '+' || *at == '-') {
        int sign = *at++ == '-' ? -1 : 1;
        if (!read_number(&at, 2, 0, 14, &hours)) return false;
        take(&at, ':');
        if (!read_number(&at, 2, 0, 59, &minutes)) return false;
        *offset = sign * (hours * 3600 + minutes * 60);
    } else if (strncmp(at, "UTC", 3) == 0 || strncmp(at, "GMT", 3) == 0) {
        at += 3;
    } else {
        take(&at, 'Z');
    }
    skip_spaces(&at);
    return !*at;
}

bool moment_read(const char *text, int64_t *seconds) {
    struct tm tm = {};
    int64_t offset;
    const char *at = text;
    skip_spaces(&at);
    if (!read_number(&at, 4, 1970, 9999, &tm.tm_year) || !take(&at, '-') || !read_number(&at, 2, 1, 12, &tm.tm_mon) ||
        !take(&at, '-') || !read_number(&at, 2, 1, 31, &tm.tm_mday))
        return false;
    if (!take(&at, 'T') && !take(&at, ' ')) return false;
    if (!read_number(&at, 2, 0, 23, &tm.tm_hour) || !take(&at, ':') || !read_number(&at, 2, 0, 59, &tm.tm_min))
        return false;
    if (take(&at, ':')) {
        if (!read_number(&at, 2, 0, 60, &tm.tm_sec)) return false;
        if (take(&at, '.'))
            while (isdigit((unsigned char)*at)) at++;
    }
    int day = tm.tm_mday;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    if (!read_zone(at, &offset)) return false;
    *seconds = (int64_t)timegm(&tm) - offset;
    return tm.tm_mday == day; /* timegm turns 30 February into March */
}

char *moment_text(int64_t seconds) {
    char text[64] = "";
    struct tm tm;
    time_t time = (time_t)seconds;
    if (gmtime_r(&time, &tm)) strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &tm);
    return must_copy(text);
}
