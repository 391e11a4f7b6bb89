/* strings: every sentence that a student reads in feedback, in each language. A sentence that lacks one does not
 * compile. {1}, {2} ... stand for what is filled in. */
#ifndef GRADER_STRINGS_H
#define GRADER_STRINGS_H

#include <stdbool.h>

#include "kernel/engine/text.h"

enum language { ENGLISH, JAPANESE, LANGUAGES };

/* "en" or "ja". False for any other code. */
bool language_of(const char *code, enum language *language);
const char *language_code(enum language language);

/* What the pages say themselves: name, English, Japanese. */
#define STRINGS(STRING)                                                                                                \
    STRING(TITLE, "Feedback: {1}", "フィードバック：{1}")                                                              \
    STRING(HANDED_IN_BY, "Handed in by {1}", "提出者：{1}")                                                            \
    STRING(POINTS, "{1} of {2} points", "{2}点中{1}点")                                                                \
    STRING(POINTS_WAITING, "up to {1} points, a person is still to grade this", "最大{1}点（教員による採点待ちです）") \
    STRING(SOME_WAITING, "Parts that a person grades are still to come: {1} of them.",                                 \
           "教員が採点する問題が{1}問残っています。")                                                                  \
    STRING(LATE, "Handed in {1} days late: {2} % less.",                                                               \
           "締め切りから{1}日遅れて提出されたため、{2}%減点されています。")                                            \
    STRING(NOT_GRADED, "This notebook was not graded; a person will look at it.",                                      \
           "このノートブックは自動採点できませんでした。教員が確認します。")                                           \
    STRING(NOTES, "Please note", "お知らせ")                                                                           \
    STRING(CONTENTS, "Parts", "問題一覧")                                                                              \
    STRING(SUMMARY_PART, "Part", "問題")                                                                               \
    STRING(SUMMARY_POINTS, "Points", "得点")                                                                           \
    STRING(SUMMARY_CHECKS, "Checks passed", "合格したチェック")                                                        \
    STRING(CHECKS_PASSED, "{1} of {2}", "{2}件中{1}件")                                                                \
    STRING(CHECKS, "Checks", "チェック結果")                                                                           \
    STRING(PASSED, "passed", "合格")                                                                                   \
    STRING(FAILED, "failed", "不合格")                                                                                 \
    STRING(PARTLY, "{1} % of its points", "配点の{1}%")                                                                \
    STRING(HIDDEN, "hidden check", "非公開のチェック")                                                                 \
    STRING(HINT, "Hint:", "ヒント：")                                                                                  \
    STRING(PICTURE, "Expected (solid line) and yours (dashed line)", "期待される値（実線）とあなたの結果（破線）")     \
    STRING(PICTURE_WORST, "The same around the worst place (dotted line)", "差が最大の位置（点線）の付近")             \
    STRING(SOUND_EXPECTED, "Expected sound", "期待される音")                                                           \
    STRING(SOUND_YOURS, "Your sound", "あなたの音")                                                                    \
    STRING(SOUND_WHERE, "{1} s from {2} s on", "{2}秒の位置から{1}秒間")                                               \
    STRING(ANSWER, "Your answer: {1}", "あなたの解答：{1}")                                                            \
    STRING(ANSWER_FAILED, "Your answer {1} did not run", "解答「{1}」は実行できませんでした")                          \
    STRING(TEST_FAILED, "The test stopped before its end", "テストが途中で止まりました")                               \
    STRING(MEANING, "({1}): ", "（{1}）：")                                                                            \
    STRING(YOUR_LINE, "Line {2} of your answer {1}:", "解答「{1}」の{2}行目：")                                        \
    STRING(WHOLE_ERROR, "The whole message", "エラーメッセージの全文")                                                 \
    STRING(                                                                                                            \
        SUBSTITUTED,                                                                                                   \
        "An earlier answer of yours does not run. So that this part is not lost with it, it was run with the "         \
        "instructor's version of that answer; values are not shown.",                                                  \
        "前の解答が実行できなかったため、この問題はその解答を模範解答に置き換えて採点しました。値は表示されません。")  \
    STRING(COMMENT, "Comment", "コメント")                                                                             \
    STRING(BACK_TO_TOP, "Back to the top", "先頭に戻る")                                                               \
    STRING(HOW,                                                                                                        \
           "A check compares what your code returns with what the solution returns for the same inputs. Hidden "       \
           "checks use inputs that the notebook does not show; only their titles are told.",                           \
           "チェックでは、同じ入力に対するあなたのコードと模範解答の結果を比べます。非公開のチェックでは、ノートブッ"  \
           "クにない"                                                                                                  \
           "入力を使います。表示されるのは題名だけです。")

enum string {
#define STRING_NAME(name, english, japanese) STRING_##name,
    STRINGS(STRING_NAME)
#undef STRING_NAME
        STRING_COUNT
};

/* The sentence with its {n} as they are. */
const char *string_of(enum language language, enum string string);

/* Adds the sentence with values[0] for {1} and so on. add puts each value (and each piece of the sentence) into the
 * page: escape_html, or text_add. */
void string_add(struct text *out, enum language language, enum string string, const char *const *values,
                void (*add)(struct text *out, const char *text));

/* The same for a sentence of another table. */
void string_fill(struct text *out, const char *sentence, const char *const *values,
                 void (*add)(struct text *out, const char *text));
/* At "{n}", its n; 0 elsewhere. */
int string_slot(const char *at);

#endif
