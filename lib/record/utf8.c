#include "lib/record/utf8.h"

size_t oto_utf8_length(const void *text, size_t size) {
    const unsigned char *byte = text;
    if (size == 0) return 0;
    if (byte[0] < 0x80) return 1;
    if (byte[0] < 0xC2 || byte[0] > 0xF4) return 0;
    size_t length = byte[0] >= 0xF0 ? 4 : byte[0] >= 0xE0 ? 3 : 2;
    if (length > size) return 0;
    for (size_t i = 1; i < length; i++)
        if ((byte[i] & 0xC0) != 0x80) return 0;
    if ((byte[0] == 0xE0 && byte[1] < 0xA0) || (byte[0] == 0xF0 && byte[1] < 0x90)) return 0;   /* overlong */
    if ((byte[0] == 0xED && byte[1] >= 0xA0) || (byte[0] == 0xF4 && byte[1] >= 0x90)) return 0; /* no code points */
    return length;
}
