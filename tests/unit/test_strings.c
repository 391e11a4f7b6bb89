/* What feedback says: each sentence in each language, and what the grader wrote in English said in another. */
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

static void assert_said(const char *english, const char *japanese) {
    char *said = string_translate(JAPANESE, english);
    assert_non_null(said);
    assert_string_equal(said, japanese);
    free(said);
}

static void lines_of_the_grader_are_said_clause_by_clause(void **state) {
    assert_said("this check did not run", "このチェックは実行されませんでした。");
    assert_said(
        "4 of 9 elements differ; worst at [2]: expected 1, got -1 (within 1e-05); the sign is the other way round",
        "9個の要素のうち4個が異なります。差が最大の位置は[2]で、期待される値は1、あなたの結果は-1です（許容誤差1e-"
        "05）。"
        "符号が逆です。");
    assert_said("expected 3 elements, got 2", "期待される要素数は3個、あなたの結果は2個です。");
    assert_said("expected 3, got 2", "期待される値は3、あなたの結果は2です。");
}

static void what_is_not_known_stays_english(void **state) {
    assert_null(string_translate(JAPANESE, "an error of the compiler"));
    assert_null(string_translate(JAPANESE, "this check did not run; and something else"));
    assert_null(string_translate(JAPANESE, "expected , got "));
    assert_null(string_translate(JAPANESE, ""));
}

static void a_value_may_hold_anything(void **state) {
    assert_said("expected \"{2}\", got \"{9}\"", "期待される値は\"{2}\"、あなたの結果は\"{9}\"です。");
}

static void english_stays_as_it_is(void **state) {
    char *said = string_translate(ENGLISH, "anything; at all");
    assert_string_equal(said, "anything; at all");
    free(said);
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
        cmocka_unit_test(lines_of_the_grader_are_said_clause_by_clause),
        cmocka_unit_test(what_is_not_known_stays_english),
        cmocka_unit_test(a_value_may_hold_anything),
        cmocka_unit_test(english_stays_as_it_is),
        cmocka_unit_test(languages_have_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
