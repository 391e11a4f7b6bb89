/* Any bytes as a table of scores and as a moment: read, or refused with a message that names the file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/moment.h"
#include "autograder/sheet.h"
#include "kernel/engine/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sheet sheet;
    char *error, *text = must_copy_n((const char *)data, size);
    int64_t seconds;
    if (sheet_read(&sheet, "scores.csv", text, size, &error)) {
        if (error || !sheet.count) abort();
        for (size_t i = 0; i < sheet.count; i++)
            if (!sheet.rows[i].count || !sheet.rows[i].line || !sheet_field(&sheet, i, sheet_column(&sheet, "score")))
                abort();
        sheet_free(&sheet);
    } else {
        if (!error || !strstr(error, "scores.csv")) abort();
        free(error);
    }
    if (moment_read(text, &seconds)) free(moment_text(seconds));
    free(text);
    return 0;
}
