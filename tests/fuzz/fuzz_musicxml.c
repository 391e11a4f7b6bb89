/* A MusicXML score that somebody else wrote. */
#include "survive.h"

static void use(const uint8_t *data, size_t size) {
    survive_score(oto_musicxml_parse((const char *)data, size, "fuzz.xml"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return survive(use, data, size);
}
