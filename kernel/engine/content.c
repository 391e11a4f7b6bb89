#include "kernel/engine/content.h"

#include <string.h>

/* Two independent 64-bit hashes, the first of them FNV-1a. */
static void mix(struct content_key *key, unsigned char c) {
    unsigned long long *word = key->words;
    word[0] = (word[0] ^ c) * 0x100000001b3ull;
    word[1] = (word[1] + c) * 0x9e3779b97f4a7c15ull;
    word[1] ^= word[1] >> 29;
}

struct content_key content_key(const char *const *flags, const char *text, size_t length) {
    struct content_key key = {{0xcbf29ce484222325ull, 0x84222325cbf29ce4ull}};
    for (; *flags; flags++) {
        for (const char *c = *flags; *c; c++) mix(&key, (unsigned char)*c);
        mix(&key, '\0');
    }
    for (size_t i = 0; i < length; i++) mix(&key, (unsigned char)text[i]);
    return key;
}

struct content_key content_key_with(struct content_key key, size_t number) {
    for (size_t i = 0; i < sizeof number; i++) mix(&key, (unsigned char)(number >> 8 * i));
    return key;
}

bool content_keys_equal(struct content_key a, struct content_key b) {
    return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

static bool begins_with(const char *text, const char *with) {
    return !strncmp(text, with, strlen(with));
}

/* One -I is the library's, and one -include-pch the prelude's; what -iquote names is included in quotes. */
static bool flags_name_files(const char *const *flags) {
    static const char *const others[] = {"-i", "--", "@", "-F", "-B", "-X", "-Wp,", "-fplugin", "-fmodule", "-fpass"};
    int folders = 0, preludes = 0;
    for (; *flags; flags++) {
        bool folder = begins_with(*flags, "-I"), prelude = !strcmp(*flags, "-include-pch");
        folders += folder;
        preludes += prelude;
        if (folders > 1 || preludes > 1) return true;
        for (size_t i = 0; i < sizeof others / sizeof *others && !prelude && !begins_with(*flags, "-iquote"); i++)
            if (begins_with(*flags, others[i])) return true;
    }
    return false;
}

static bool is_directive(const char *text, const char *word) {
    while (word > text && (word[-1] == ' ' || word[-1] == '\t')) word--;
    return word > text && word[-1] == '#';
}

bool content_reads_files(const char *text, size_t length) {
    static const char word[] = "include", old[] = "import";
    const char *end = text + length;
    if (memmem(text, length, "embed", 5) || memmem(text, length, "incbin", 6)) return true;
    for (const char *at = text; (at = memmem(at, (size_t)(end - at), old, sizeof old - 1)); at++)
        if (is_directive(text, at)) return true;
    for (const char *at = text; (at = memmem(at, (size_t)(end - at), word, sizeof word - 1));) {
        at += sizeof word - 1;
        while (at < end && (*at == ' ' || *at == '\t')) at++;
        if (at == end || *at != '<') return true;
    }
    return false;
}

bool content_may_change(const char *const *flags, const char *text, size_t length) {
    return flags_name_files(flags) || content_reads_files(text, length);
}
