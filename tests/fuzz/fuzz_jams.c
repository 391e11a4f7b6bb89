/* A JAMS file; the first byte says what kind of labels is asked for. */
#include "survive.h"

static void use(const uint8_t *data, size_t size) {
    if (size == 0) return;
    OtoLabelsLoad options = {.kind = (OtoLabelKind)(data[0] % (OTO_TAGS + 1))};
    survive_labels(oto_jams_parse((const char *)data + 1, size - 1, "fuzz.jams", options));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return survive(use, data, size);
}
