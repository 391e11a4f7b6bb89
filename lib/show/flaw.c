#include "lib/show/flaw.h"

#include <libxml/parser.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/utf8.h"

__attribute__((format(printf, 1, 2))) static char *sentence(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) text = strdup("it is malformed");
    va_end(arguments);
    return text;
}

char *oto_flaw_utf8(const char *text, size_t size) {
    size_t line = 1, column = 1;
    for (size_t i = 0; i < size;) {
        size_t length = oto_utf8_length(text + i, size - i);
        if (length == 0)
            return sentence("byte 0x%02X in line %zu, column %zu, is not UTF-8; convert the text first (from Latin-1, "
                            "say, with iconv), and cut texts only between characters",
                            (unsigned char)text[i], line, column);
        bool newline = text[i] == '\n';
        line += newline;
        column = newline ? 1 : column + length;
        i += length;
    }
    return NULL;
}

char *oto_flaw_svg(const char *text, size_t size) {
    if (size == 0) return sentence("the text is empty; a picture begins with <svg ...>");
    xmlParserCtxt *parser = size <= INT32_MAX ? xmlNewParserCtxt() : NULL;
    if (!parser) return sentence("no memory is left to read it");
    xmlDoc *document = xmlCtxtReadMemory(parser, text, (int)size, NULL, NULL,
                                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    char *flaw = NULL;
    if (!document || !parser->wellFormed || !parser->nsWellFormed) {
        const xmlError *error = xmlCtxtGetLastError(parser);
        const char *message = error && error->message ? error->message : "it is not XML\n";
        flaw = sentence("line %d: %.*s; every element must be closed, attributes quoted, and & and < in texts written "
                        "as &amp; and &lt; (oto_html_escape)",
                        error ? error->line : 1, (int)strcspn(message, "\n"), message);
    } else if (!root || strcmp((const char *)root->name, "svg"))
        flaw = sentence("the outermost element is <%s>, not <svg>", root ? (const char *)root->name : "");
    xmlFreeDoc(document);
    xmlFreeParserCtxt(parser);
    return flaw;
}

static uint32_t big_endian(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

char *oto_flaw_png(const char *data, size_t size) {
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    const unsigned char *bytes = (const unsigned char *)data;
    enum { FRAME = 12, HEADER = 13 }; /* of a chunk: length, type, checksum; of IHDR: its data */
    if (size < sizeof signature || memcmp(bytes, signature, sizeof signature))
        return sentence("these %zu bytes are not a PNG file: give it the bytes of the whole file, not pixels", size);
    for (size_t at = sizeof signature; size - at >= FRAME;) {
        uint32_t length = big_endian(bytes + at);
        const unsigned char *type = bytes + at + 4;
        bool first = at == sizeof signature;
        if (length > size - at - FRAME) break;
        if (first && (memcmp(type, "IHDR", 4) || length != HEADER || !big_endian(type + 4) || !big_endian(type + 8)))
            return sentence("the PNG file has no header (IHDR) that says its width and height");
        if (!memcmp(type, "IEND", 4)) return NULL;
        at += FRAME + length;
    }
    return sentence("the PNG file is cut off: its %zu bytes end before the end mark (IEND); was all of it read, and is "
                    "size its length in bytes?",
                    size);
}
