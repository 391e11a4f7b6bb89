/* whole_file: all bytes of a file, for tests that cut and change them. After cmocka.h. */
#ifndef OTO_TESTS_WHOLE_FILE_H
#define OTO_TESTS_WHOLE_FILE_H

#include <stdio.h>
#include <stdlib.h>

/* free() it. */
static inline unsigned char *whole_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

#endif
