/* What feedback says itself: each sentence in each language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "autograder/escape.h"
#include "autograder/strings.h"

/* How often {slot} stands in a sentence. */
static int uses(const char *sentence, int slot) {
    char sign[] = {'{', (char)('0' + slot), '}', '\0'};
    int count = 0;
    while ((sentence = strstr(sentence, sign))) count++, sentence++;
    return count;
}

static void every_language_fills_in_the_same_values(void **state) {
    for (int i = 0; i < STRING_COUNT; i++)
        for (int slot = 1; slot <= 9; slot++)
            assert_int_equal(uses(string_of(ENGLISH, (enum string)i), slot),
                             uses(string_of(JAPANESE, (enum string)i), slot));
}

static void values_are_put_in_their_place_and_escaped(void **state) {
    struct text out = {};
    string_add(&out, JAPANESE, STRING_YOUR_LINE, (const char *const[]){"<mix>", "2"}, escape_html);
    assert_string_equal(text_c(&out), "解答「&lt;mix&gt;」の2行目：");
    text_free(&out);
}

static void languages_have_codes(void **state) {
    enum language language;
    assert_true(language_of("ja", &language) && language == JAPANESE);
    assert_true(language_of("en", &language) && language == ENGLISH);
    assert_false(language_of("", &language));
    assert_string_equal(language_code(JAPANESE), "ja");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_language_fills_in_the_same_values),
        cmocka_unit_test(values_are_put_in_their_place_and_escaped),
        cmocka_unit_test(languages_have_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
