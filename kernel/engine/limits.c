#include "kernel/engine/limits.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kernel/engine/text.h"

enum unit { BYTES, SECONDS, COUNT };

static const struct setting {
    const char *name, *environment, *wants, *meaning;
    size_t offset;
    enum unit unit;
    int64_t least; /* but for 0 */
} settings[] = {
    {"memory_limit", "OTO_MEMORY_LIMIT", "a size from 16M up, as in 512M or 2G", "what one cell may allocate",
     offsetof(struct limits, memory), BYTES, 16 << 20},
    {"time_limit", "OTO_TIME_LIMIT", "seconds, as in 10 or 0.5, or 0 for none", "seconds that one cell may take",
     offsetof(struct limits, time), SECONDS, 1},
    {"output_limit", "OTO_OUTPUT_LIMIT", "a size, as in 1M, or 0 for none",
     "bytes that one cell may print before the rest is cut", offsetof(struct limits, output), BYTES, 1},
    {"process_limit", "OTO_PROCESS_LIMIT", "a number, or 0 for none", "processes, and threads, that one cell may have",
     offsetof(struct limits, processes), COUNT, 1},
    {"file_limit", "OTO_FILE_LIMIT", "a size, as in 1G, or 0 for none", "bytes that a file of one cell may grow to",
     offsetof(struct limits, file), BYTES, 1},
};
enum { SETTING_COUNT = sizeof settings / sizeof *settings };

const struct limits limits_default = {
    .memory = (int64_t)4 << 30, .output = 64 << 20, .processes = 256, .file = (int64_t)4 << 30};

static int64_t *place(const struct limits *limits, const struct setting *setting) {
    return (int64_t *)((char *)limits + setting->offset);
}

static const struct {
    const char *suffix;
    double factor;
} size_units[] = {{"", 1},        {"B", 1},        {"K", 1024},    {"KB", 1024},
                  {"M", 1 << 20}, {"MB", 1 << 20}, {"G", 1 << 30}, {"GB", 1 << 30}};

/* "512M" -> bytes, "2.5 s" -> milliseconds; negative when it is none of the unit. */
static int64_t parse(const char *text, enum unit unit) {
    char *end;
    if (!strcmp(text, "none")) return 0;
    double number = strtod(text, &end);
    if (end == text || !(number >= 0 && number < 1e15)) return -1;
    while (isspace((unsigned char)*end)) end++;
    if (unit == COUNT) return *end ? -1 : (int64_t)number;
    if (unit == SECONDS) return *end && strcmp(end, "s") != 0 ? -1 : (int64_t)(number * 1000);
    for (size_t i = 0; i < sizeof size_units / sizeof *size_units; i++)
        if (!strcasecmp(end, size_units[i].suffix)) return (int64_t)(number * size_units[i].factor);
    return -1;
}

/* 1073741824 -> "1G", in the largest unit that divides it. */
static char *size_text(int64_t bytes) {
    static const char units[] = {'G', 'M', 'K'};
    for (int i = 0; i < 3; i++) {
        int64_t unit = (int64_t)1 << 10 * (3 - i);
        if (bytes % unit == 0) return must_format("%lld%c", (long long)(bytes / unit), units[i]);
    }
    return must_format("%lld", (long long)bytes);
}

/* called: what the user knows the setting by. */
static char *set(struct limits *limits, const struct setting *setting, const char *called, const char *value) {
    int64_t number = parse(value, setting->unit);
    if (number < 0 || (number > 0 && number < setting->least))
        return must_format("%s wants %s, not '%s'", called, setting->wants, value);
    *place(limits, setting) = number;
    return NULL;
}

const char *limits_name(size_t index) {
    return index < SETTING_COUNT ? settings[index].name : NULL;
}
const char *limits_meaning(size_t index) {
    return index < SETTING_COUNT ? settings[index].meaning : NULL;
}

char *limits_show(const struct limits *limits, size_t index) {
    const struct setting *setting = &settings[index];
    int64_t amount = *place(limits, setting);
    if (!amount) return must_copy("none");
    if (setting->unit == SECONDS) return must_format("%g s", (double)amount / 1000);
    return setting->unit == BYTES ? size_text(amount) : must_format("%lld", (long long)amount);
}

char *limits_set(struct limits *limits, size_t index, const char *value) {
    return set(limits, &settings[index], settings[index].name, value);
}

void limits_lower(struct limits *limits, const struct limits *most) {
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        int64_t *limit = place(limits, &settings[i]), high = *place(most, &settings[i]);
        if (high && (!*limit || *limit > high)) *limit = high;
    }
}

char *limits_read_environment(struct limits *limits) {
    char *wrong = NULL;
    for (size_t i = 0; i < SETTING_COUNT && !wrong; i++) {
        const char *value = getenv(settings[i].environment);
        if (value) wrong = set(limits, &settings[i], settings[i].environment, value);
    }
    return wrong;
}
