#include "lib/score/mxl.h"
#include "lib/tensor/error.h"
#include "lib/tensor/lifetime.h"

#include <libxml/parser.h>
#include <minizip/unzip.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SCORE_MAX = 256 << 20, CONTAINER_MAX = 1 << 20, FIRST_ROOM = 1 << 16, NAME_MAX_LENGTH = 1024 };

static void close_archive(void *archive) {
    unzClose(archive);
}

/* The whole of the archive's current file; the size in its header is not believed. */
static char *read_current(unzFile archive, const char *path, size_t limit, size_t *size) {
    if (unzOpenCurrentFile(archive) != UNZ_OK)
        oto_refuse("oto_score_load", "%s: its score cannot be opened; the archive is damaged or encrypted", path);
    char *text = NULL;
    size_t room = 0;
    int got = 0;
    *size = 0;
    do {
        if (*size == room) {
            room = room ? room * 2 : FIRST_ROOM;
            char *grown = *size < limit ? realloc(text, room) : NULL;
            if (!grown) {
                free(text);
                oto_refuse("oto_score_load", "%s: what is packed in it is %zu bytes or more, which is no score", path,
                           limit);
            }
            text = grown;
        }
        got = unzReadCurrentFile(archive, text + *size, (unsigned)(room - *size));
        if (got > 0) *size += (size_t)got;
    } while (got > 0);
    oto_hold(text, free);
    if (unzCloseCurrentFile(archive) != UNZ_OK || got < 0)
        oto_refuse("oto_score_load", "%s is cut short or damaged: its score does not unpack", path);
    return text;
}

static xmlNode *find_rootfile(xmlNode *node) {
    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE) continue;
        if (!strcmp((const char *)node->name, "rootfile")) return node;
        xmlNode *inside = find_rootfile(node->children);
        if (inside) return inside;
    }
    return NULL;
}

/* Makes the score that the container names the current file; false when there is no container, or it names none. */
static bool locate_by_container(unzFile archive, const char *path) {
    if (unzLocateFile(archive, "META-INF/container.xml", 1) != UNZ_OK) return false;
    size_t size;
    char *text = read_current(archive, path, CONTAINER_MAX, &size);
    xmlDoc *document = xmlReadMemory(text, (int)size, "container.xml", NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlNode *rootfile = document ? find_rootfile(xmlDocGetRootElement(document)) : NULL;
    xmlChar *name = rootfile ? xmlGetProp(rootfile, (const xmlChar *)"full-path") : NULL;
    bool found = name && unzLocateFile(archive, (const char *)name, 1) == UNZ_OK;
    xmlFree(name);
    xmlFreeDoc(document);
    return found;
}

static bool locate_by_name(unzFile archive) {
    for (int status = unzGoToFirstFile(archive); status == UNZ_OK; status = unzGoToNextFile(archive)) {
        char name[NAME_MAX_LENGTH];
        unz_file_info64 info;
        if (unzGetCurrentFileInfo64(archive, &info, name, sizeof name, NULL, 0, NULL, 0) != UNZ_OK) continue;
        const char *dot = info.size_filename < sizeof name ? strrchr(name, '.') : NULL;
        bool score = dot && (!strcasecmp(dot, ".xml") || !strcasecmp(dot, ".musicxml"));
        if (score && strncmp(name, "META-INF/", 9) != 0 && strncmp(name, "__MACOSX/", 9) != 0) return true;
    }
    return false;
}

char *oto_mxl_score(const char *path, size_t *size) {
    unzFile archive = unzOpen64(path);
    if (!archive)
        oto_refuse("oto_score_load", "%s is no .mxl file (a zip archive with a score in it), or is cut short", path);
    oto_hold(archive, close_archive);
    if (!locate_by_container(archive, path) && !locate_by_name(archive))
        oto_refuse("oto_score_load", "%s holds no score: neither its container nor its names tell of one", path);
    return read_current(archive, path, SCORE_MAX, size);
}
