/* Any bytes as a submission: parsed or refused with a message, taken answers from, released, written, read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/release.h"
#include "autograder/transplant.h"
#include "kernel/engine/text.h"

static const char instructor_text[] = "{\"nbformat\": 4, \"metadata\": {}, \"cells\": ["
                                      "{\"cell_type\": \"code\", \"source\": \"x\", \"metadata\": {\"nbgrader\": "
                                      "{\"solution\": true, \"grade_id\": \"a\"}}},"
                                      "{\"cell_type\": \"code\", \"source\": \"y\", \"metadata\": {\"nbgrader\": "
                                      "{\"grade\": true, \"grade_id\": \"t\", \"points\": 4}}}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct notebook submission, instructor, again;
    struct text notes = {};
    char *error = NULL;
    if (!notebook_parse(&submission, "x", (const char *)data, size, &error)) {
        if (!error || !*error) abort();
        free(error);
        return 0;
    }
    if (!notebook_parse(&instructor, "i", instructor_text, sizeof instructor_text - 1, &error)) abort();
    transplant(&instructor, &submission, &instructor, &notes);
    if (strcmp(instructor.cells[1].source, "y") != 0) abort();
    if (release_notebook(&submission, &error)) {
        size_t written;
        char *bytes = notebook_write(&submission, &written);
        if (!notebook_parse(&again, "again", bytes, written, &error)) abort();
        notebook_free(&again);
        free(bytes);
    } else {
        free(error);
    }
    text_free(&notes);
    notebook_free(&instructor);
    notebook_free(&submission);
    return 0;
}
