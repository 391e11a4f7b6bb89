#include "autograder/strings.h"

#include <stdlib.h>
#include <string.h>

static const char *const codes[LANGUAGES] = {"en", "ja"};

bool language_of(const char *code, enum language *language) {
    for (int i = 0; i < LANGUAGES; i++) {
        if (strcmp(code, codes[i]) != 0) continue;
        *language = (enum language)i;
        return true;
    }
    return false;
}

const char *language_code(enum language language) {
    return codes[language];
}

/* ---- what the pages say themselves ---- */

#define STRING_WORDS(name, english, japanese) {english, japanese},
static const char *const strings[STRING_COUNT][LANGUAGES] = {STRINGS(STRING_WORDS)};
#define STRING_IS_COMPLETE(name, english, japanese)                                                                    \
    static_assert(sizeof(english) > 1 && sizeof(japanese) > 1, #name " lacks a language");
STRINGS(STRING_IS_COMPLETE)

const char *string_of(enum language language, enum string string) {
    return strings[string][language];
}

/* At "{n}", its n; 0 elsewhere. */
static int slot_at(const char *at) {
    return at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}' ? at[1] - '0' : 0;
}

static void fill(struct text *out, const char *sentence, const char *const *values,
                 void (*add)(struct text *out, const char *text)) {
    while (*sentence) {
        int slot = slot_at(sentence);
        if (slot) {
            add(out, values[slot - 1]);
            sentence += 3;
            continue;
        }
        size_t length = 1 + strcspn(sentence + 1, "{");
        char *piece = must_copy_n(sentence, length);
        add(out, piece);
        free(piece);
        sentence += length;
    }
}

void string_add(struct text *out, enum language language, enum string string, const char *const *values,
                void (*add)(struct text *out, const char *text)) {
    fill(out, string_of(language, string), values, add);
}

/* ---- what others wrote in English, a clause at a time ----
 *
 * Of two patterns that both match, the first counts, so the more special ones stand first. */
static const char *const clauses[][LANGUAGES] = {
    {"this check did not run", "このチェックは実行されませんでした"},
    {"failed", "不合格です"},
    {"values are not shown for a part that was run with the instructor's version of an earlier answer",
     "前の解答を模範解答に置き換えて実行したため、値は表示されません"},
    {"the answer must not use {1}, but \"{2}\" does", "{1}は使えませんが、解答「{2}」で使われています"},
    {"the answer must use {1}", "解答では{1}を使う必要があります"},
    {"the answer uses {1}, behind which a function that it must not use could hide",
     "使えない関数を隠すことができる{1}が使われています"},
    {"the answer uses so many names that one which it must not use could hide among them",
     "使われている名前が多すぎて、使えない関数がないことを確認できません"},
    {"{1} of {2} elements differ", "{2}個の要素のうち{1}個が異なります"},
    {"1 of 1 element differs", "要素が異なります"},
    {"{1} of {2} elements differs", "{2}個の要素のうち{1}個が異なります"},
    {"worst at sample {1} ({2} s) of channel {3}: expected {4}, got {5}",
     "差が最大の位置はチャンネル{3}のサンプル{1}（{2}秒）で、期待される値は{4}、あなたの結果は{5}です"},
    {"worst at sample {1} ({2} s): expected {3}, got {4}",
     "差が最大の位置はサンプル{1}（{2}秒）で、期待される値は{3}、あなたの結果は{4}です"},
    {"worst at sample {1} of channel {2}: expected {3}, got {4}",
     "差が最大の位置はチャンネル{2}のサンプル{1}で、期待される値は{3}、あなたの結果は{4}です"},
    {"worst at sample {1}: expected {2}, got {3}",
     "差が最大の位置はサンプル{1}で、期待される値は{2}、あなたの結果は{3}です"},
    {"worst at {1}: expected {2}, got {3} (within {4})",
     "差が最大の位置は{1}で、期待される値は{2}、あなたの結果は{3}です（許容誤差{4}）"},
    {"worst at {1}: expected {2}, got {3}", "差が最大の位置は{1}で、期待される値は{2}、あなたの結果は{3}です"},
    {"expected the shape {1}, got {2}", "期待される形状は{1}、あなたの結果の形状は{2}です"},
    {"expected {1} elements, got {2}", "期待される要素数は{1}個、あなたの結果は{2}個です"},
    {"expected {1} channel(s), got {2}", "期待されるチャンネル数は{1}、あなたの結果は{2}です"},
    {"expected {1} samples, got {2}", "期待されるサンプル数は{1}、あなたの結果は{2}です"},
    {"expected a sample rate of {1} Hz, got {2} Hz", "期待されるサンプリング周波数は{1} Hz、あなたの結果は{2} Hzです"},
    {"expected silence, got a peak of {1} ({2} dBFS)", "無音になるはずですが、ピークが{1}（{2} dBFS）あります"},
    {"expected sound, got silence", "音が出るはずですが、無音です"},
    {"expected real numbers, got complex ones", "実数になるはずですが、複素数です"},
    {"expected {1}, got {2} (within {3})", "期待される値は{1}、あなたの結果は{2}です（許容誤差{3}）"},
    {"expected {1}, got {2}", "期待される値は{1}、あなたの結果は{2}です"},
    {"the signal-to-noise ratio is {1} dB, {2} dB needed", "SN比は{1} dBです（{2} dB以上が必要です）"},
    {"{1} dB from the expected spectrum", "期待されるスペクトルとの差は{1} dBです"},
    {"the first difference is at {1}", "最初に違う位置は{1}です"},
    {"the sign is the other way round", "符号が逆です"},
    {"all signs are the other way round", "すべての符号が逆です"},
    {"yours is {1} times the expected", "あなたの結果は期待される値の{1}倍です"},
    {"yours is the expected, one place too late", "あなたの結果は期待される値より1つ後ろにずれています"},
    {"yours is the expected, one place too early", "あなたの結果は期待される値より1つ前にずれています"},
    {"yours is the expected in reverse", "あなたの結果は期待される値と順序が逆です"},
    {"it is the right sound with the sign turned round", "正しい音ですが、符号が逆です"},
    {"it is the right sound, {1} dB too loud", "正しい音ですが、{1} dB大きすぎます"},
    {"it is the right sound, {1} dB too quiet", "正しい音ですが、{1} dB小さすぎます"},
    {"it is the right sound, but {1} sample too late", "正しい音ですが、{1}サンプル遅れています"},
    {"it is the right sound, but {1} samples too late", "正しい音ですが、{1}サンプル遅れています"},
    {"it is the right sound, but {1} sample too early", "正しい音ですが、{1}サンプル早すぎます"},
    {"it is the right sound, but {1} samples too early", "正しい音ですが、{1}サンプル早すぎます"},
    {"step {1} is the first to differ: expected {2}, got {3}",
     "最初に違うのはステップ{1}で、期待される値は{2}、あなたの結果は{3}です"},
    {"[{1}] is NaN", "[{1}]がNaNです"},
    {"Answer \"{1}\" is missing from the notebook.", "解答「{1}」がノートブックにありません"},
    {"Answer \"{1}\" is there {2} times", "解答「{1}」が{2}個あります"},
    {"the last one was graded.", "最後のものを採点しました"},
    {"Answer \"{1}\" is a code cell now", "解答「{1}」がコードセルに変わっています"},
    {"Answer \"{1}\" is a text cell now", "解答「{1}」がテキストセルに変わっています"},
    {"it was graded as not answered.", "未解答として採点しました"},
    {"1 code cell of your own or changed instructor's cell: only answer cells are graded, so what an answer needs must "
     "stand in it.",
     "自分で追加したか書き換えたコードセルが1個あります。採点されるのは解答セルだけなので、必要なものは解答セルの中に"
     "書いてください"},
    {"{1} code cells of your own or changed instructor's cells: only answer cells are graded, so what an answer needs "
     "must stand in it.",
     "自分で追加したか書き換えたコードセルが{1}個あります。採点されるのは解答セルだけなので、必要なものは解答セルの中に"
     "書いてください"},
};

enum { SLOTS = 9 };

/* Does the text follow the pattern? Each value is the shortest that lets the next piece of the pattern come. */
static bool matches(const char *pattern, const char *text, char *values[SLOTS]) {
    while (*pattern) {
        int slot = slot_at(pattern);
        if (!slot) {
            if (*pattern++ != *text++) return false;
            continue;
        }
        pattern += 3;
        size_t piece = strcspn(pattern, "{");
        const char *end = piece ? memmem(text, strlen(text), pattern, piece) : text + strlen(text);
        if (!end || end == text) return false;
        free(values[slot - 1]);
        values[slot - 1] = must_copy_n(text, (size_t)(end - text));
        text = end;
    }
    return !*text;
}

static bool translate_clause(struct text *out, enum language language, const char *clause) {
    bool found = false;
    for (size_t i = 0; !found && i < sizeof clauses / sizeof *clauses; i++) {
        char *values[SLOTS] = {};
        found = matches(clauses[i][ENGLISH], clause, values);
        if (found) fill(out, clauses[i][language], (const char *const *)values, text_add);
        for (int slot = 0; slot < SLOTS; slot++) free(values[slot]);
    }
    return found;
}

char *string_translate(enum language language, const char *english) {
    struct text out = {};
    bool known = true;
    if (language == ENGLISH) return must_copy(english);
    for (const char *at = english; known && *at;) {
        const char *end = strstr(at, "; ");
        size_t length = end ? (size_t)(end - at) : strlen(at);
        char *clause = must_copy_n(at, length);
        known = translate_clause(&out, language, clause);
        text_add(&out, "。");
        free(clause);
        at += length + (end ? 2 : 0);
    }
    char *translated = known && out.length ? text_take(&out) : NULL;
    text_free(&out);
    return translated;
}
