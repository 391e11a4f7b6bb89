/* A table: every cell can be read. */
#include <string.h>

#include "lib/io/table.h"
#include "survive.h"

static void use(const uint8_t *data, size_t size) {
    OtoTable *table = oto_table_parse((const char *)data, size, "fuzz.csv", (OtoTableLoad){.header = size % 2});
    size_t bytes = 0;
    for (int64_t r = 0; r < table->rows; r++)
        for (int64_t c = 0; c < table->columns; c++) bytes += strlen(oto_table_cell(table, r, c));
    if (bytes > size) abort();
    free(oto_table_text(table));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return survive(use, data, size);
}
