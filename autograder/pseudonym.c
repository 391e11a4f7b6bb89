#include "autograder/pseudonym.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/files.h"
#include "kernel/engine/text.h"

static void on_salt(void *context, sqlite3_stmt *row) {
    *(char **)context = must_copy(column_text(row, 0));
}

char *pseudonym_salt(struct gradebook *book, char **error) {
    unsigned char bytes[32];
    char hash[65], *salt = NULL;
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        *error = must_copy("no random numbers for pseudonyms");
        return NULL;
    }
    content_hash(bytes, sizeof bytes, hash);
    if (gradebook_do(book, error, "INSERT OR IGNORE INTO oto_setting VALUES ('salt', ?)", "s", hash))
        gradebook_query(book, "SELECT value FROM oto_setting WHERE name = 'salt'", NULL, on_salt, &salt, error);
    return salt;
}

char *pseudonym_of(const char *salt, const char *student) {
    char hash[65];
    if (!salt) return must_copy(student);
    char *salted = must_format("%s %s", salt, student);
    content_hash(salted, strlen(salted), hash);
    free(salted);
    return must_copy_n(hash, 16);
}
