#include "lib/io/truncation.h"

#include <stdint.h>
#include <string.h>

static uint32_t little32(const unsigned char *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Walks the chunks of a RIFF file until its data chunk. A size of 0 or 2^32 - 1 is what streaming writers leave. */
static bool riff_is_short(FILE *file, long long size, long long *expected) {
    unsigned char head[8];
    long long at = 12;
    while (at + 8 <= size) {
        if (fseeko(file, at, SEEK_SET) != 0 || fread(head, 1, 8, file) != 8) return false;
        uint32_t length = little32(head + 4);
        if (!memcmp(head, "data", 4)) {
            if (length == 0 || length == UINT32_MAX) return false;
            *expected = at + 8 + (long long)length;
            return *expected > size;
        }
        at += 8 + (long long)length + (length & 1);
    }
    *expected = at + 8; /* there is no data chunk yet: something must still follow */
    return true;
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
    unsigned char head[12];
    *expected = 0;
    if (fseeko(file, 0, SEEK_END) != 0) return false;
    *size = ftello(file);
    if (fseeko(file, 0, SEEK_SET) != 0 || fread(head, 1, 12, file) != 12) return false;
    if (!memcmp(head, "RIFF", 4) && !memcmp(head + 8, "WAVE", 4)) return riff_is_short(file, *size, expected);
    if (!memcmp(head, "OggS", 4)) return ogg_is_short(file, *size, expected);
    return false;
}
