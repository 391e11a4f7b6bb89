#include "lib/io/truncation.h"

#include <stdint.h>
#include <string.h>

/* Files of chunks: a name and a length, then so many bytes, padded. */
static const struct layout {
    const char *begins, *kind, *samples; /* how the file begins; the word at kind_at; the samples' chunk */
    int kind_at, first;                  /* where chunks begin */
    int name, length, padded_to;         /* in bytes */
    bool big_endian, with_head;          /* with_head: lengths count names and lengths, too */
} layouts[] = {
    {"RIFF", "WAVE", "data", 8, 12, 4, 4, 2, false, false},
    {"FORM", "AIFF", "SSND", 8, 12, 4, 4, 2, true, false},
    {"FORM", "AIFC", "SSND", 8, 12, 4, 4, 2, true, false},
    {"riff", "wave", "data", 24, 40, 16, 8, 8, false, true}, /* Sony's Wave64 */
};
enum { HEAD_MOST = 28, UNKNOWN = -1 };

/* A length, or UNKNOWN: 0 or all ones are what streaming writers leave. */
static long long length_of(const unsigned char *at, int bytes, bool big_endian) {
    uint64_t length = 0, ones = UINT64_MAX >> (64 - 8 * bytes);
    for (int i = 0; i < bytes; i++) length = length << 8 | at[big_endian ? i : bytes - 1 - i];
    if (length == 0 || length == ones) return UNKNOWN;
    return length > INT64_MAX / 2 ? INT64_MAX / 2 : (long long)length;
}

/* Walks the chunks of a file until its samples. */
static bool chunks_are_short(FILE *file, const struct layout *layout, long long size, long long *expected) {
    unsigned char head[24];
    const int head_size = layout->name + layout->length;
    long long at = layout->first;
    while (at + head_size <= size) {
        if (fseeko(file, at, SEEK_SET) != 0 || fread(head, 1, (size_t)head_size, file) != (size_t)head_size)
            return false;
        bool is_samples = !memcmp(head, layout->samples, 4);
        long long length = length_of(head + layout->name, layout->length, layout->big_endian);
        if (length == UNKNOWN && is_samples) return false;
        if (length == UNKNOWN) length = layout->with_head ? head_size : 0;
        if (layout->with_head && length < head_size) return false; /* not a chunk: for libsndfile to say */
        long long end = at + length + (layout->with_head ? 0 : head_size);
        if (is_samples) {
            *expected = end;
            return end > size;
        }
        at = (end + layout->padded_to - 1) / layout->padded_to * layout->padded_to;
    }
    *expected = at + head_size; /* there are no samples yet: something must still follow */
    return true;
}

/* Sun's AU, whose header says where the samples begin and how many bytes they are. */
static bool au_is_short(const unsigned char *head, long long size, long long *expected) {
    long long first = length_of(head + 4, 4, true), length = length_of(head + 8, 4, true);
    if (first == UNKNOWN || length == UNKNOWN) return false;
    *expected = first + length;
    return *expected > size;
}

/* Walks the pages of an Ogg file; the last page of a whole one is complete and carries the end-of-stream flag. */
static bool ogg_is_short(FILE *file, long long size, long long *expected) {
    enum { END_OF_STREAM = 4 };
    unsigned char head[27], segments[255];
    long long at = 0;
    bool ended = false;
    while (at < size) {
        *expected = 0;
        if (fseeko(file, at, SEEK_SET) != 0 || fread(head, 1, 27, file) != 27) return true;
        if (memcmp(head, "OggS", 4)) return false; /* something else behind the stream: not for us to judge */
        if (fread(segments, 1, head[26], file) != head[26]) return true;
        at += 27 + head[26];
        for (int i = 0; i < head[26]; i++) at += segments[i];
        ended = head[5] & END_OF_STREAM;
        if (at > size) {
            *expected = at;
            return true;
        }
    }
    return !ended;
}

bool oto_file_is_cut_short(FILE *file, long long *expected, long long *size) {
    unsigned char head[HEAD_MOST] = {};
    *expected = 0;
    if (fseeko(file, 0, SEEK_END) != 0) return false;
    *size = ftello(file);
    if (fseeko(file, 0, SEEK_SET) != 0 || fread(head, 1, sizeof head, file) < 12) return false;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (!memcmp(head, layouts[i].begins, 4) && !memcmp(head + layouts[i].kind_at, layouts[i].kind, 4))
            return chunks_are_short(file, &layouts[i], *size, expected);
    if (!memcmp(head, ".snd", 4)) return au_is_short(head, *size, expected);
    if (!memcmp(head, "OggS", 4)) return ogg_is_short(file, *size, expected);
    return false;
}
