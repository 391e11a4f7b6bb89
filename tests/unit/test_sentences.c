/* What the grader wrote in English, said in another language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "autograder/sentences.h"

static void assert_said(const char *english, const char *japanese) {
    char *said = sentence_in(JAPANESE, english);
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
    assert_null(sentence_in(JAPANESE, "an error of the compiler"));
    assert_null(sentence_in(JAPANESE, "this check did not run; and something else"));
    assert_null(sentence_in(JAPANESE, "expected , got "));
    assert_null(sentence_in(JAPANESE, ""));
}

static void a_value_may_hold_anything(void **state) {
    assert_said("expected \"{2}\", got \"{9}\"", "期待される値は\"{2}\"、あなたの結果は\"{9}\"です。");
}

static void english_stays_as_it_is(void **state) {
    char *said = sentence_in(ENGLISH, "anything; at all");
    assert_string_equal(said, "anything; at all");
    free(said);
}

static void a_threshold_is_said_with_the_sentence_before_it(void **state) {
    assert_said("F 0.5: of 4 onsets 2 found, 2 false, 0.9 needed",
                "F値は0.5です。4個のオンセットのうち検出できたのは2個で、誤検出が2個あります（0.9以上が必要です）。");
    assert_said("majmin right for 0.75 of the time, 50 % of the points: all at 1",
                "majminで評価すると、正解の時間の割合は0.75です（得点率50%。満点の基準は1です）。");
    assert_said("the beat score cml_t is 0.1, 0.8 needed; the beats are at half or double tempo, or off the beat",
                "拍の評価値cml_tは0.1です（0.8以上が必要です）。"
                "拍が半分か2倍のテンポになっているか、裏拍になっています。");
}

static void the_place_of_an_error_is_said(void **state) {
    assert_said("the assertion !\"this part is not written yet\" failed (cell [5] line 3 in sine)",
                "assert（!\"this part is not written yet\"）が成り立ちませんでした（セル[5]の3行目、sineの中）。");
}

static void common_crashes_are_said(void **state) {
    assert_said(
        "signed integer overflow: 2147483647 + 1 does not fit the type 'int'; use a wider type such as long long, "
        "or test before (cell [13] line 2 in mix)",
        "符号付き整数のオーバーフローです。2147483647 + 1は'int'型に収まりません。long longなどの大きい型を使うか、"
        "計算の前に確認してください（セル[13]の2行目、mixの中）。");
    assert_said("index 4 is out of bounds for 'int[4]': the indices go from 0 to 3 (cell [7] line 2 in adsr)",
                "添字4は'int[4]'の範囲外です（使えるのは0から3までです）（セル[7]の2行目、adsrの中）。");
}

static void what_a_student_quotes_ends_no_clause(void **state) {
    assert_said("expected \"a; b\", got \"x, got \\\"y\\\"; z\"",
                "期待される値は\"a; b\"、あなたの結果は\"x, got \\\"y\\\"; z\"です。");
    assert_said("expected \"a, got b\", got \"c\"", "期待される値は\"a, got b\"、あなたの結果は\"c\"です。");
}

static void errors_have_a_meaning_in_each_language(void **state) {
    assert_string_equal(error_meaning(ENGLISH, "TimeLimit"), "it took too long");
    assert_string_equal(error_meaning(JAPANESE, "TimeLimit"), "時間がかかりすぎました");
    assert_null(error_meaning(JAPANESE, "MyError"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_the_grader_are_said_clause_by_clause),
        cmocka_unit_test(what_is_not_known_stays_english),
        cmocka_unit_test(a_value_may_hold_anything),
        cmocka_unit_test(english_stays_as_it_is),
        cmocka_unit_test(a_threshold_is_said_with_the_sentence_before_it),
        cmocka_unit_test(the_place_of_an_error_is_said),
        cmocka_unit_test(common_crashes_are_said),
        cmocka_unit_test(what_a_student_quotes_ends_no_clause),
        cmocka_unit_test(errors_have_a_meaning_in_each_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
