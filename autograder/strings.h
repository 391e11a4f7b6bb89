/* strings: what the pages say themselves, to students and to those who grade, in each language. A sentence that lacks
 * one does not compile. {1}, {2} ... stand for what is filled in. */
#ifndef GRADER_STRINGS_H
#define GRADER_STRINGS_H

#include <stdbool.h>

#include "kernel/engine/text.h"

enum language { ENGLISH, JAPANESE, LANGUAGES };

/* "en" or "ja". False for any other code. */
bool language_of(const char *code, enum language *language);
const char *language_code(enum language language);

/* Feedback: name, English, Japanese. */
#define FEEDBACK_STRINGS(STRING)                                                                                       \
    STRING(TITLE, "Feedback: {1}", "フィードバック：{1}")                                                              \
    STRING(HANDED_IN_BY, "Handed in by {1}", "提出者：{1}")                                                            \
    STRING(POINTS, "{1} of {2} points", "{2}点中{1}点")                                                                \
    STRING(POINTS_WAITING, "up to {1} points, a person is still to grade this", "最大{1}点（教員による採点待ちです）") \
    STRING(SOME_WAITING, "Parts that a person grades are still to come: {1} of them.",                                 \
           "教員が採点する問題が{1}問残っています。")                                                                  \
    STRING(POINTS_SO_FAR, "{1} of {2} points so far, a person is still to grade",                                      \
           "{2}点中{1}点（教員による採点待ちです）")                                                                   \
    STRING(LATE, "Handed in late (days: {1}): {2} % less.",                                                            \
           "締め切りから{1}日遅れて提出されたため、{2}%減点されています。")                                            \
    STRING(LATE_AND_FREE, "Handed in late (days: {1}, free of them: {3}): {2} % less.",                                \
           "締め切りから{1}日遅れて提出されたため（うち{3}日は減点なし）、{2}%減点されています。")                     \
    STRING(CUT, "… cut here: all {1} bytes are in the notebook", "…ここまで表示しています（全{1}バイト）")             \
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
    STRING(PARTLY, " ({1} % of its points)", "（配点の{1}%）")                                                         \
    STRING(HIDDEN, " (hidden check)", "（非公開のチェック）")                                                          \
    STRING(HINT, "Hint: ", "ヒント：")                                                                                 \
    STRING(PICTURE, "Expected (solid line) and yours (dashed line).", "期待される値（実線）とあなたの結果（破線）。")  \
    STRING(PICTURE_WORST, "The same around the worst place (dotted line).", "差が最大の位置（点線）の付近。")          \
    STRING(PICTURE_MATRIX,                                                                                             \
           "Expected (left), yours (middle), and how far apart they are (right); the frame marks the worst place. "    \
           "Row 0 is at the top.",                                                                                     \
           "期待される値（左）、あなたの結果（中央）、両者の差（右）。枠は差が最大の位置、行0は上端です。")            \
    STRING(PICTURE_MATRICES, "Expected (left) and yours (right). Row 0 is at the top.",                                \
           "期待される値（左）とあなたの結果（右）。行0は上端です。")                                                  \
    STRING(PICTURE_MATRIX_WORST, "The same around the worst place.", "差が最大の位置の付近。")                         \
    STRING(PICTURE_DECIBELS, " Levels in dB are shown.", "レベル（dB）を表示しています。")                             \
    STRING(PICTURE_MAGNITUDES, " Magnitudes are shown.", "絶対値を表示しています。")                                   \
    STRING(PICTURE_REAL_PARTS, " Real parts are shown.", "実部を表示しています。")                                     \
    STRING(PICTURE_IMAGINARY_PARTS, " Imaginary parts are shown.", "虚部を表示しています。")                           \
    STRING(VALUES_EXPECTED, "Expected", "期待される値")                                                                \
    STRING(VALUES_YOURS, "Yours", "あなたの結果")                                                                      \
    STRING(SOUND_EXPECTED, "Expected sound", "期待される音")                                                           \
    STRING(SOUND_YOURS, "Your sound", "あなたの音")                                                                    \
    STRING(SOUND_WHERE, "Both are the piece from {1} s to {2} s.", "どちらも{1}秒から{2}秒までの部分です。")           \
    STRING(SOUNDS_LEFT_OUT,                                                                                            \
           "The sounds of this check are left out: those above fill the {1} MB that feedback may hold. Run the test "  \
           "cell in your own notebook to hear them: it shows a player of each.",                                       \
           "フィードバックに入る音は合計{1} "                                                                          \
           "MBまでなので、このチェックの音は省きました。自分のノートブックでテストのセルを実行すると、期待される音と"  \
           "あなたの音を聞けます。")                                                                                   \
    STRING(ANSWER, "Your answer: {1}", "あなたの解答：{1}")                                                            \
    STRING(ANSWER_FAILED, "Your answer {1} did not run", "解答「{1}」は実行できませんでした")                          \
    STRING(TEST_LACKS, "The test cannot run without your answer {1}",                                                  \
           "解答「{1}」が実行できないため、このテストも実行できませんでした")                                          \
    STRING(TEST_UNWRITTEN, "This part is not written yet", "この問題はまだ解答されていません")                         \
    STRING(TEST_FAILED, "The test stopped before its end", "テストが途中で止まりました")                               \
    STRING(COLON, ": ", "：")                                                                                          \
    STRING(MEANING, " ({1}): ", "（{1}）：")                                                                           \
    STRING(YOUR_LINE, "Line {2} of your answer {1}:", "解答「{1}」の{2}行目：")                                        \
    STRING(WHOLE_ERROR, "The whole message", "エラーメッセージの全文")                                                 \
    STRING(                                                                                                            \
        SUBSTITUTED,                                                                                                   \
        "An earlier answer of yours does not run. So that this part is not lost with it, it was run with the "         \
        "instructor's version of that answer; values are not shown.",                                                  \
        "前の解答が実行できなかったため、この問題はその解答を模範解答に置き換えて採点しました。値は表示されません。")  \
    STRING(UNANSWERED, "You left this answer as it was handed out.",                                                   \
           "この解答は、配布されたときのまま変更されていません。")                                                     \
    STRING(COMMENT, "Comment", "コメント")                                                                             \
    STRING(BACK_TO_TOP, "Back to the top", "先頭に戻る")                                                               \
    STRING(HOW,                                                                                                        \
           "A check compares what your code returns with what the solution returns for the same inputs. Hidden "       \
           "checks use inputs that the notebook does not show; only their titles are told.",                           \
           "チェックでは、同じ入力に対するあなたのコードと模範解答の結果を比べます。非公開のチェックでは、ノートブッ"  \
           "クにない"                                                                                                  \
           "入力を使います。表示されるのは題名だけです。")

/* The page of oto-grade serve. page/grading.html names them within {{ }}, page/grading.js as texts.NAME, both without
 * GRADING_. */
#define GRADING_STRINGS(STRING)                                                                                        \
    STRING(GRADING_LANGUAGE, "en", "ja")                                                                               \
    STRING(GRADING_TITLE, "Grading by hand", "手動採点")                                                               \
    STRING(GRADING_PART, "Part", "問題")                                                                               \
    STRING(GRADING_PROGRESS, "Answers graded", "採点済みの解答")                                                       \
    STRING(GRADING_ONLY_WAITING, "only answers that wait", "未採点の解答だけを表示")                                   \
    STRING(GRADING_KEYS, "Keys", "キー操作")                                                                           \
    STRING(GRADING_TASK, "Task", "問題文")                                                                             \
    STRING(GRADING_MODEL, "The instructor's own answer", "模範解答")                                                   \
    STRING(GRADING_ANSWERS, "Answers", "解答")                                                                         \
    STRING(GRADING_KEYS_TITLE, "Keys, while an answer is marked", "キー操作（解答を選んでいるとき）")                  \
    STRING(GRADING_KEY_NEXT, "the next answer", "次の解答へ")                                                          \
    STRING(GRADING_KEY_BEFORE, "the one before", "前の解答へ")                                                         \
    STRING(GRADING_KEY_ENDS, "the first, the last", "最初の解答へ、最後の解答へ")                                      \
    STRING(GRADING_KEY_POINTS, "write its points", "得点を入力")                                                       \
    STRING(GRADING_KEY_COMMENT, "write a comment (Shift+Enter: a new line)", "コメントを入力（Shift+Enterで改行）")    \
    STRING(GRADING_KEY_KEEP, "keep what is written and go on", "保存して次の解答へ")                                   \
    STRING(GRADING_KEY_OUT, "out of a field", "入力欄から出る")                                                        \
    STRING(GRADING_KEY_WORK, "show the student's other work", "この学生のほかの解答を表示")                            \
    STRING(GRADING_KEY_NAME, "show or hide the name", "氏名を表示・非表示")                                            \
    STRING(GRADING_KEY_THIS, "this list", "この一覧を表示")                                                            \
    STRING(GRADING_CLOSE, "Close", "閉じる")                                                                           \
    STRING(GRADING_SHOW_NAME, "Show name", "氏名を表示")                                                               \
    STRING(GRADING_HIDE_NAME, "Hide name", "氏名を隠す")                                                               \
    STRING(GRADING_POINTS, "Points", "得点")                                                                           \
    STRING(GRADING_MOST, "of {1}", "／{1}点")                                                                          \
    STRING(GRADING_COMMENT, "Comment", "コメント")                                                                     \
    STRING(GRADING_WORK, "The student's other work", "この学生のほかの解答")                                           \
    STRING(GRADING_WORK_SCORE, "{1}: {2} of {3}", "{1}：{3}点中{2}点")                                                 \
    STRING(GRADING_NAMELESS, "Answer {1}", "解答{1}")                                                                  \
    STRING(GRADING_SCORED, "✓ {1} of {2}", "✓ {2}点中{1}点")                                                           \
    STRING(GRADING_UNTOUCHED, "✓ not answered, 0", "✓ 未解答、0点")                                                    \
    STRING(GRADING_WAITS, "waits", "未採点")                                                                           \
    STRING(GRADING_KEPT, "{1}: kept.", "{1}：保存しました。")                                                          \
    STRING(GRADING_NOT_KEPT, "Not kept: {1}", "保存していません：{1}")                                                 \
    STRING(GRADING_NO_SCORE, "the score \"{1}\" is no number from 0 to {2}",                                           \
           "得点「{1}」は0から{2}までの数ではありません。")                                                            \
    STRING(GRADING_CONFLICT,                                                                                           \
           "Not kept: the answer or its points changed meanwhile.{1} Look again; Enter in a field gives yours.",       \
           "保存していません。表示した後に、解答か得点が変わりました。{1}"                                             \
           "確認してください。入力欄でEnterを押すと、あなたの採点を保存します。")                                      \
    STRING(GRADING_GIVEN_BY, " {1} gave {2}.", "{1}さんが{2}点を付けました。")                                         \
    STRING(GRADING_GIVEN_WITH, " {1} gave {2}: “{3}”.", "{1}さんが{2}点を付けました（「{3}」）。")                     \
    STRING(GRADING_NO_PICTURE, "The notebook that was handed in has no such picture.",                                 \
           "提出されたノートブックに、この画像はありません。")                                                         \
    STRING(GRADING_FIRST, "This is the first answer.", "最初の解答です。")                                             \
    STRING(GRADING_LAST, "This is the last answer.", "最後の解答です。")                                               \
    STRING(GRADING_DONE, "{1} of {2}", "{2}件中{1}件")                                                                 \
    STRING(GRADING_PART_DONE, "{1}, {2}: {3} of {4}", "{1}、{2}：{4}件中{3}件")                                        \
    STRING(GRADING_NONE_WAITS, "No answer of this part waits.", "この問題に未採点の解答はありません。")                \
    STRING(GRADING_NOTHING, "Nothing in this course waits for a person (oto-grade run grades what was handed in).",    \
           "教員が採点する解答はありません（提出物の自動採点はoto-grade runで行います）。")                            \
    STRING(GRADING_NO_REPLY, "oto-grade serve does not answer; is it still running?",                                  \
           "oto-grade serveから応答がありません。動いているか確認してください。")                                      \
    STRING(GRADING_NO_CELL, "The source notebook has no such cell now.",                                               \
           "元のノートブックに、この問題のセルがありません。")                                                         \
    STRING(GRADING_OTHER_HOST,                                                                                         \
           "Refused: the address must begin with http://127.0.0.1 or http://localhost and the port.",                  \
           "拒否しました。アドレスはhttp://127.0.0.1かhttp://localhostとポート番号で始まる必要があります。")           \
    STRING(GRADING_OTHER_SITE, "Refused: asked by a page of another site.",                                            \
           "拒否しました。ほかのサイトのページからの要求です。")                                                       \
    STRING(                                                                                                            \
        GRADING_OTHER_TOKEN,                                                                                           \
        "Refused: open the whole address that oto-grade serve has printed; each start has a new one.",                 \
        "拒否しました。oto-grade serveが表示したアドレス全体を開いてください。アドレスは起動するたびに変わります。")   \
    STRING(GRADING_OTHER_METHOD, "GET or POST is wanted.", "GETかPOSTだけを受け付けます。")                            \
    STRING(GRADING_OTHER_TYPE, "Content-Type must be application/json.",                                               \
           "Content-Typeはapplication/jsonである必要があります。")                                                     \
    STRING(GRADING_NO_PAGE, "There is no such page.", "このページはありません。")                                      \
    STRING(GRADING_TOO_MUCH, "More than 1 MB was sent; nothing was kept.",                                             \
           "送られたデータが1 MBを超えたため、何も保存していません。")

/* The page of oto-grade report --to html. */
#define REPORT_STRINGS(STRING)                                                                                         \
    STRING(REPORT_TITLE, "Class report", "クラスの成績")                                                               \
    STRING(REPORT_SECTIONS, "Sections", "目次")                                                                        \
    STRING(REPORT_CLASS, "The class", "クラス全体")                                                                    \
    STRING(REPORT_CLASS_HOW,                                                                                           \
           "The line is the median share of the points, the boxes are the middle half of the class.",                  \
           "線は得点率の中央値、箱はクラスの中央50%の範囲です。")                                                      \
    STRING(REPORT_ASSIGNMENTS, "Assignments", "課題")                                                                  \
    STRING(REPORT_ASSIGNMENT, "Assignment", "課題")                                                                    \
    STRING(REPORT_NUMBER, "#", "番号")                                                                                 \
    STRING(REPORT_HANDED_IN, "Handed in", "提出")                                                                      \
    STRING(REPORT_GRADED, "Graded", "採点済み")                                                                        \
    STRING(REPORT_UNGRADED, "Nobody could grade", "自動採点できず")                                                    \
    STRING(REPORT_UNGRADED_LIST, "Nobody could grade these, so look at them (oto-grade report says why): ",            \
           "自動採点できなかった提出物です。内容を確認してください（理由はoto-grade reportで表示されます）：")         \
    STRING(REPORT_WAITING, "Waiting for a person", "教員の採点待ち")                                                   \
    STRING(REPORT_LOW, "Lower quartile", "第1四分位")                                                                  \
    STRING(REPORT_MEDIAN, "Median", "中央値")                                                                          \
    STRING(REPORT_HIGH, "Upper quartile", "第3四分位")                                                                 \
    STRING(REPORT_OF, "{1} of {2}", "{2}件中{1}件")                                                                    \
    STRING(REPORT_OF_STUDENTS, "{1} of {2}", "{2}人中{1}人")                                                           \
    STRING(REPORT_HELP, "Who is silent or stuck", "支援が必要な学生")                                                  \
    STRING(REPORT_HELP_HOW,                                                                                            \
           "Silent: handed nothing in. Stuck: earned less than half of the points, lateness aside. Counted "           \
           "backwards from the newest assignment whose time is over, without a gap.",                                  \
           "未提出は何も提出していないこと、不振は遅れによる減点の前の得点が半分に満たないことです。"                  \
           "締め切りを過ぎた最新の課題からさかのぼって、連続している数を数えます。")                                   \
    STRING(REPORT_LONGEST_FIRST, "The longest first", "期間の長い順")                                                  \
    STRING(REPORT_STUDENT, "Student", "学生")                                                                          \
    STRING(REPORT_SILENT, "Silent for", "未提出")                                                                      \
    STRING(REPORT_STUCK, "Stuck for", "不振")                                                                          \
    STRING(REPORT_SHARES, "Share of the points (thin: the class)", "得点率（細線はクラス）")                           \
    STRING(REPORT_ONE_WEEK, "{1} assignment", "課題{1}回分")                                                           \
    STRING(REPORT_WEEKS, "{1} assignments", "課題{1}回分")                                                             \
    STRING(REPORT_NOBODY, "nobody", "該当者はいません")                                                                \
    STRING(REPORT_POINTS_HEADING, "Points, and points of each part", "得点の分布（全体と問題ごと）")                   \
    STRING(REPORT_POINTS_HOW, "How many submissions; the dashed line is the mean.", "縦は提出数、破線は平均です。")    \
    STRING(REPORT_ALL_PARTS, "all parts", "全体")                                                                      \
    STRING(REPORT_PART_WAITS, "{1} wait for a person and are left out", "教員の採点待ちのため含まないもの：{1}件")     \
    STRING(REPORT_ERRORS, "{1} ended in an error", "エラーで終わったもの：{1}件")                                      \
    STRING(REPORT_HIDDEN, "hidden", "非公開")                                                                          \
    STRING(REPORT_BY_PERSON, "graded by a person", "教員が採点")                                                       \
    STRING(REPORT_FAILED, "Checks that failed most", "不合格の多いチェック")                                           \
    STRING(REPORT_FAILED_CAPTION, "Submissions that lost points by a check, and the hint that they got",               \
           "チェックで減点された提出数と、表示されたヒント")                                                           \
    STRING(REPORT_CHECK, "Check", "チェック")                                                                          \
    STRING(REPORT_CELL, "Cell", "セル")                                                                                \
    STRING(REPORT_LOST_POINTS, "Lost points", "減点")                                                                  \
    STRING(REPORT_SHARE, "Share", "割合")                                                                              \
    STRING(REPORT_HINT, "Hint", "ヒント")                                                                              \
    STRING(REPORT_NONE, "none", "ありません")                                                                          \
    STRING(REPORT_ITEMS, "Item analysis", "項目分析")                                                                  \
    STRING(REPORT_ITEMS_HOW,                                                                                           \
           "Difficulty is the mean share earned (1: everybody can). Discrimination is the correlation with the "       \
           "points of all other items: near 0, a check tells nothing about who knows the matter.",                     \
           "困難度は得点率の平均です（1なら全員が正解）。識別力はほかの全項目の得点との相関で、0に近いチェックからは"  \
           "、理解している学生を見分けられません。")                                                                   \
    STRING(REPORT_ALL_ITEMS, "all items", "すべての項目")                                                              \
    STRING(REPORT_ITEMS_CAPTION, "Checks, and cells that a person grades", "チェックと、教員が採点するセル")           \
    STRING(REPORT_ITEM, "Item", "項目")                                                                                \
    STRING(REPORT_POINTS, "Points", "得点")                                                                            \
    STRING(REPORT_SUBMISSIONS, "Submissions", "提出数")                                                                \
    STRING(REPORT_DIFFICULTY, "Difficulty", "困難度")                                                                  \
    STRING(REPORT_DISCRIMINATION, "Discrimination", "識別力")                                                          \
    STRING(REPORT_REMARK, "Remark", "備考")                                                                            \
    STRING(REPORT_NEVER_FAILS, "never fails", "全員が正解")                                                            \
    STRING(REPORT_NOBODY_GETS, "nobody gets it", "正解者なし")                                                         \
    STRING(REPORT_MISLEADING, "the better students lose it", "成績のよい学生ほど不正解")                               \
    STRING(REPORT_TOGETHER, "fails together with {1}", "正誤が常に一致する項目：{1}")                                  \
    STRING(REPORT_QUOTED, "“{1}”", "「{1}」")                                                                          \
    STRING(REPORT_NOT_GRADED, "No submission could be graded.", "採点できた提出物がありません。")                      \
    STRING(REPORT_STUDENTS, "Students", "学生")                                                                        \
    STRING(REPORT_STUDENT_CAPTION, "Points, the class's median, and what lost points",                                 \
           "得点、クラスの中央値、減点された項目")                                                                     \
    STRING(REPORT_OUT_OF, "Of", "配点")                                                                                \
    STRING(REPORT_CLASS_MEDIAN, "Median of the class", "クラスの中央値")                                               \
    STRING(REPORT_UNGRADED_ONE, "nobody could grade it", "自動採点できませんでした")                                   \
    STRING(REPORT_LATE, "late (−{1} %)", "提出の遅れ（−{1}%）")                                                        \
    STRING(REPORT_NOT_HANDED_IN, "nothing handed in", "未提出")                                                        \
    STRING(REPORT_PLOT_BINS,                                                                                           \
           "{1} submissions, mean {2} of {3}; by tenths:", "提出{1}件、平均は{3}点中{2}点。10分割した度数：")          \
    STRING(REPORT_PLOT_OWN, "own share of the points (median of the class):", "本人の得点率（クラスの中央値）：")      \
    STRING(REPORT_PLOT_MEDIAN, "median share of the points:", "得点率の中央値：")                                      \
    STRING(REPORT_PLOT_NOTHING, "nothing", "なし")

/* The page of oto-grade similar. */
#define SIMILAR_STRINGS(STRING)                                                                                        \
    STRING(SIMILAR_TITLE, "Alike: {1}", "類似した解答：{1}")                                                           \
    STRING(                                                                                                            \
        SIMILAR_OVERVIEW,                                                                                              \
        "{1} submissions; half of all pairs are at most {2} % alike. Alike means: the same after names, numbers, "     \
        "comments and layout are taken away, without what was handed out and what more than a fifth of the class "     \
        "(and more than ten) have. It is a reason to look and proves nothing.",                                        \
        "提出物は{1}件で、半数の組は類似度{2}%以下です。名前、数値、コメント、レイアウトの違いを除いて一致する部分を"  \
        "比べています。配布された部分と、クラスの5分の1を超え、かつ10人を超える学生に共通する部分は含みません。類似度" \
        "は確認のきっかけであり、不正の証明ではありません。")                                                          \
    STRING(SIMILAR_FIRST, "The first {1} of {2} pairs.", "{2}組のうち、類似度の高い{1}組を示します。")                 \
    STRING(SIMILAR_ALIKE, "alike", "類似度")                                                                           \
    STRING(SIMILAR_LONGEST, "longest", "最長の一致")                                                                   \
    STRING(SIMILAR_PAIRS, "pair", "組")                                                                                \
    STRING(SIMILAR_PAIR, "{1} and {2}", "{1}と{2}")                                                                    \
    STRING(SIMILAR_PAIR_HOW, "{1} and {2}: {3} % alike, {4} tokens in a row",                                          \
           "{1}と{2}：類似度{3}%、最長の一致は{4}トークン")                                                            \
    STRING(SIMILAR_STRETCH, "stretch {1}", "一致箇所{1}")

#define STRINGS(STRING) FEEDBACK_STRINGS(STRING) GRADING_STRINGS(STRING) REPORT_STRINGS(STRING) SIMILAR_STRINGS(STRING)

enum string {
#define STRING_NAME(name, english, japanese) STRING_##name,
    STRINGS(STRING_NAME)
#undef STRING_NAME
        STRING_COUNT
};

/* What STRINGS calls it: "GRADING_TITLE". */
const char *string_name(enum string string);
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
