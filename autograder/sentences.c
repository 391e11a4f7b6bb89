#include "autograder/sentences.h"

#include <stdlib.h>
#include <string.h>

/* ---- sentences around another one, which is {1} ---- */

static const char *const frames[][LANGUAGES] = {
    {"{1}, {2} % of the points: all at {3} times that", "{1}（得点率{2}%。模範解答の{3}倍までなら満点です）"},
    {"{1}, {2} % of the points: all at {3} times the solution's processor time",
     "{1}（得点率{2}%。模範解答のCPU時間の{3}倍までなら満点です）"},
    {"{1}, {2} % of the points: all at {3}", "{1}（得点率{2}%。満点の基準は{3}です）"},
    {"{1}, {2} times that allowed", "{1}（模範解答の{2}倍まで認められます）"},
    {"{1}, {2} times the solution's processor time allowed", "{1}（模範解答のCPU時間の{2}倍まで認められます）"},
    {"{1}, {2} allowed", "{1}（{2}以下である必要があります）"},
    {"{1}, {2} dB needed", "{1}（{2} dB以上が必要です）"},
    {"{1}, {2} needed", "{1}（{2}以上が必要です）"},
    {"{1} (cell [{2}] line {3} in {4})", "{1}（セル[{2}]の{3}行目、{4}の中）"},
    {"{1} (cell [{2}] line {3})", "{1}（セル[{2}]の{3}行目）"},
    {"nothing to compare: {1}", "比べる値がありません（{1}）"},
    {"what was observed is unreadable: {1}", "チェックの記録が読めません（{1}）"},
    {"the exercise expects something unreadable ({1}): tell your instructor",
     "課題側の期待される値が読めません（{1}）。教員に知らせてください"},
    {"it cannot be scored: {1}", "採点できません（{1}）"},
    {"{1} in the solution's own path: tell your instructor",
     "模範解答の経路に誤りがあります（{1}）。教員に知らせてください"},
};

/* ---- whole clauses. Of two that both match, the first counts, so the more special ones stand first. ---- */

static const char *const clauses[][LANGUAGES] = {
    /* all checks */
    {"passed", "合格です"},
    {"failed", "不合格です"},
    {"this check did not run: exit(0) ended the cell before it",
     "exit(0)がセルを終わらせたため、このチェックは実行されませんでした"},
    {"this check did not run", "このチェックは実行されませんでした"},
    {"this check ran more than once", "このチェックが2回以上実行されました"},
    {"values are not shown for a part that was run with the instructor's version of an earlier answer",
     "前の解答を模範解答に置き換えて実行したため、値は表示されません"},
    {"this is a check of kind {1}, but {2} was observed", "種類が{1}のチェックですが、{2}の結果が送られました"},
    {"what was observed belongs to another check", "別のチェックの結果が送られました"},
    {"no memory is left to compare", "比較に必要なメモリが足りません"},
    {"no value", "値がありません"},
    {"the exercise names no threshold: tell your instructor", "課題に基準値がありません。教員に知らせてください"},
    {"[{1}] is {2}", "[{1}]が{2}です"},

    /* what could not be looked at (lib/check) */
    {"it is another kind of record", "記録の種類が違います"},
    {"it has no name", "名前がありません"},
    {"it is an unknown kind of check", "チェックの種類が不明です"},
    {"its element type is unknown", "要素の型が不明です"},
    {"a text in it is malformed", "文字列の形式が不正です"},
    {"an option in it is malformed", "オプションの形式が不正です"},
    {"its element type or shape does not suit its kind of check", "要素の型か形状がチェックの種類に合いません"},
    {"it has no shape", "形状がありません"},
    {"its shape is malformed", "形状の形式が不正です"},
    {"its shape has a negative length", "形状に負の長さがあります"},
    {"its shape has more elements than can exist", "要素数が多すぎます"},
    {"its data are malformed", "データの形式が不正です"},
    {"it has data where none belong", "データがあるはずのないところにデータがあります"},
    {"its data do not fill its shape", "データの大きさが形状に合いません"},
    {"it has too many elements", "要素数が多すぎます"},
    {"its costs are malformed", "コスト表の形式が不正です"},
    {"its costs do not fill their shape", "コスト表の大きさが形状に合いません"},
    {"the array is NULL", "配列がNULLです"},
    {"the tensor is NULL", "テンソルがNULLです"},
    {"the tensor was freed", "テンソルがすでに解放されています"},
    {"this is no tensor", "テンソルではありません"},
    {"it is NULL", "NULLです"},
    {"it was freed", "すでに解放されています"},
    {"the number of elements cannot be", "要素数が不正です"},
    {"these times are no tensor", "時刻がテンソルではありません"},
    {"these frequencies are no tensor", "周波数がテンソルではありません"},
    {"{1} elements are needed, but only {2} are there", "{1}個の要素が必要ですが、{2}個しかありません"},
    {"no memory is left to look at it", "値を調べるためのメモリが足りません"},
    {"it has more than 8 axes", "次元数が8を超えています"},
    {"it has a negative number of elements", "要素数が負です"},
    {"it has more elements than can exist", "要素数が多すぎます"},
    {"it is larger than 96 MiB, the most a check looks at", "チェックで扱える大きさ（96 MiB）を超えています"},
    {"its costs are more than 96 MiB, the most a check looks at",
     "コスト表がチェックで扱える大きさ（96 MiB）を超えています"},
    {"the text has no '\\0' at its end", "文字列の終わりに'\\0'がありません"},
    {"this is no sound: float32 (time) or (channels, time)",
     "音ではありません（float32の(time)か(channels, time)が必要です）"},
    {"these are no notes", "音符ではありません"},
    {"these are no labels", "ラベルではありません"},
    {"these labels are no chords", "コードのラベルではありません"},
    {"this is no melody: float32 (frame), as many frequencies as times",
     "メロディーではありません（float32の(frame)で、時刻と同じ数の周波数が必要です）"},
    {"these are no sources: float32 (channels, time), or one (time)",
     "音源ではありません（float32の(channels, time)か、1音源なら(time)が必要です）"},
    {"these are neither rows, float32 (component, ...), nor labels, int64 (example)",
     "float32の行(component, ...)でも、int64のラベル(example)でもありません"},
    {"these are no directions: float32 (component, ...), or one",
     "方向ベクトルではありません（float32の(component, ...)が必要です）"},
    {"this is no spectrum: float32 or complex64 with at least one axis",
     "スペクトルではありません（1次元以上のfloat32かcomplex64が必要です）"},
    {"this is no path: whole numbers, (step) or (step, 2)", "経路ではありません（整数の(step)か(step, 2)が必要です）"},
    {"it has a step that is no whole number", "整数でないステップがあります"},
    {"these are no predictions: classes (example), or scores (example, class)",
     "予測ではありません（クラス(example)か、スコア(example, class)が必要です）"},
    {"the gradient is NULL", "勾配がNULLです"},
    {"the gradient is shorter than it must be", "勾配の要素数が足りません"},
    {"one side is NULL or shorter than it must be", "等式の片側がNULLか、要素数が足りません"},
    {"the check did not stop before and behind its calls, once each",
     "チェックの計測が、呼び出しの前後で1回ずつ行われませんでした"},
    {"what the calls take counts only where the test cell runs to its end",
     "計測の結果は、テストのセルが最後まで実行された場合にだけ有効です"},
    {"memory is measured in notebooks only", "メモリはノートブックの中でしか測れません"},

    /* numbers, arrays, texts, shapes */
    {"{1} of {2} elements differ", "{2}個の要素のうち{1}個が異なります"},
    {"{1} of {2} elements differs", "{2}個の要素のうち{1}個が異なります"},
    {"1 of 1 element differs", "要素が異なります"},
    {"{1} of {2} differ", "{2}個の値のうち{1}個が異なります"},
    {"all {1} elements agree", "{1}個の要素がすべて一致しています"},
    {"expected the shape a single value, got {1}", "期待される結果は1つの値ですが、あなたの結果は形状が{1}の配列です"},
    {"expected the shape {1}, got a single value", "期待される形状は{1}ですが、あなたの結果は1つの値です"},
    {"expected the shape {1}, got {2}", "期待される形状は{1}、あなたの結果の形状は{2}です"},
    {"expected {1} elements, got {2}", "期待される要素数は{1}個、あなたの結果は{2}個です"},
    {"expected real numbers, got complex ones", "実数になるはずですが、複素数です"},
    {"the expected value is NaN, which equals nothing: this check cannot be passed, tell your instructor",
     "期待される値がNaNで、何とも等しくなりません。このチェックには合格できないので、教員に知らせてください"},
    {"the first difference is at [{1}]", "最初に違う位置は[{1}]です"},
    {"the sign is the other way round", "符号が逆です"},
    {"all signs are the other way round", "すべての符号が逆です"},
    {"yours is {1} times the expected", "あなたの結果は期待される値の{1}倍です"},
    {"yours is the expected, one place too late", "あなたの結果は期待される値より1つ後ろにずれています"},
    {"yours is the expected, one place too early", "あなたの結果は期待される値より1つ前にずれています"},
    {"yours is the expected in reverse", "あなたの結果は期待される値と順序が逆です"},

    /* sound */
    {"worst at sample {1} ({2} s) of channel {3}: expected {4}, got {5}",
     "差が最大の位置はチャンネル{3}のサンプル{1}（{2}秒）で、期待される値は{4}、あなたの結果は{5}です"},
    {"worst at sample {1} ({2} s): expected {3}, got {4}",
     "差が最大の位置はサンプル{1}（{2}秒）で、期待される値は{3}、あなたの結果は{4}です"},
    {"worst at sample {1} of channel {2}: expected {3}, got {4}",
     "差が最大の位置はチャンネル{2}のサンプル{1}で、期待される値は{3}、あなたの結果は{4}です"},
    {"worst at sample {1}: expected {2}, got {3}",
     "差が最大の位置はサンプル{1}で、期待される値は{2}、あなたの結果は{3}です"},
    {"worst at sample {1} ({2} s) of channel {3}", "差が最大の位置はチャンネル{3}のサンプル{1}（{2}秒）です"},
    {"worst at sample {1} ({2} s)", "差が最大の位置はサンプル{1}（{2}秒）です"},
    {"worst at sample {1} of channel {2}", "差が最大の位置はチャンネル{2}のサンプル{1}です"},
    {"worst at sample {1}", "差が最大の位置はサンプル{1}です"},
    {"sample {1} ({2} s) of channel {3} is {4}", "チャンネル{3}のサンプル{1}（{2}秒）が{4}です"},
    {"sample {1} ({2} s) is {3}", "サンプル{1}（{2}秒）が{3}です"},
    {"sample {1} of channel {2} is {3}", "チャンネル{2}のサンプル{1}が{3}です"},
    {"sample {1} is {2}", "サンプル{1}が{2}です"},
    {"expected {1} channel(s), got {2}", "期待されるチャンネル数は{1}、あなたの結果は{2}です"},
    {"expected a sample rate of {1} Hz, got {2} Hz", "期待されるサンプリング周波数は{1} Hz、あなたの結果は{2} Hzです"},
    {"expected silence, got a peak of {1} ({2} dBFS)", "無音になるはずですが、ピークが{1}（{2} dBFS）あります"},
    {"expected sound, got silence", "音が出るはずですが、無音です"},
    {"less than half of the expected sound's energy is there at the delay that fits best",
     "最もよく合う位置にずらしても、期待される音のエネルギーの半分未満しかありません"},
    {"the expected sound holds NaN or an infinity: tell your instructor",
     "期待される音にNaNか無限大があります。教員に知らせてください"},
    {"no samples, as expected", "期待どおり、サンプルがありません"},
    {"silence, as expected", "期待どおり無音です"},
    {"the same, sample for sample", "すべてのサンプルが一致しています"},
    {"the signal-to-noise ratio is {1} dB", "SN比は{1} dBです"},
    {"signal-to-noise ratio {1} dB", "SN比は{1} dBです"},
    {"it is the right sound with the sign turned round and {1} dB too loud",
     "正しい音ですが、符号が逆で、{1} dB大きすぎます"},
    {"it is the right sound with the sign turned round and {1} dB too quiet",
     "正しい音ですが、符号が逆で、{1} dB小さすぎます"},
    {"it is the right sound with the sign turned round", "正しい音ですが、符号が逆です"},
    {"it is the right sound, {1} dB too loud", "正しい音ですが、{1} dB大きすぎます"},
    {"it is the right sound, {1} dB too quiet", "正しい音ですが、{1} dB小さすぎます"},
    {"it is the right sound, but {1} sample too late", "正しい音ですが、{1}サンプル遅れています"},
    {"it is the right sound, but {1} samples too late", "正しい音ですが、{1}サンプル遅れています"},
    {"it is the right sound, but {1} sample too early", "正しい音ですが、{1}サンプル早すぎます"},
    {"it is the right sound, but {1} samples too early", "正しい音ですが、{1}サンプル早すぎます"},
    {"{1} dB from the expected spectrum", "期待されるスペクトルとの差は{1} dBです"},
    {"the expected spectrum holds NaN or an infinity: tell your instructor",
     "期待されるスペクトルにNaNか無限大があります。教員に知らせてください"},

    /* rows in any order, clusters, directions */
    {"{1} of {2} rows have no counterpart in yours, whatever the order",
     "順序を問わず比べても、{2}行のうち{1}行に対応する行が、あなたの結果にありません"},
    {"the first is [{1}]", "最初の行は[{1}]です"},
    {"all {1} rows agree, in some order", "順序を問わず、{1}行すべてが一致しています"},
    {"there are too many rows to compare in any order: tell your instructor",
     "行が多すぎて、順序を問わない比較ができません。教員に知らせてください"},
    {"[{1}] and [{2}] belong to one cluster, but are apart in yours",
     "[{1}]と[{2}]は同じクラスタのはずですが、あなたの結果では別のクラスタです"},
    {"[{1}] and [{2}] belong to two clusters, but are together in yours",
     "[{1}]と[{2}]は別のクラスタのはずですが、あなたの結果では同じクラスタです"},
    {"the same clusters of {1} elements", "{1}個の要素のクラスタが一致しています"},
    {"{1} of {2} directions differ, but for the sign", "符号の違いを除いても、{2}個の方向のうち{1}個が異なります"},
    {"{1} of {2} directions differ, but for a factor", "定数倍の違いを除いても、{2}個の方向のうち{1}個が異なります"},
    {"the same direction, but for the sign", "符号の違いを除いて、方向が一致しています"},
    {"the same direction, but for a factor", "定数倍の違いを除いて、方向が一致しています"},
    {"the same directions, but for the sign", "符号の違いを除いて、方向が一致しています"},
    {"the same directions, but for a factor", "定数倍の違いを除いて、方向が一致しています"},
    {"worst at {1}: expected {2}, got {3} times {4}",
     "差が最大の位置は{1}で、期待される値は{2}、あなたの結果は{4}倍した{3}です"},

    /* equations, gradients, losses */
    {"it holds for all {1} values", "{1}個の値すべてで成り立っています"},
    {"it holds only because the answer is 0 everywhere", "解答がすべて0なので成り立っているだけです"},
    {"worst at the value: should be {1}, got {2}", "本来の値は{1}、あなたの結果は{2}です"},
    {"worst at the value: the difference quotient is {1}, got {2}", "差分商は{1}、あなたの勾配は{2}です"},
    {"worst at {1}: should be {2}, got {3}", "差が最大の位置は{1}で、本来の値は{2}、あなたの結果は{3}です"},
    {"all {1} components agree with the difference quotients", "{1}個の成分すべてが差分商と一致しています"},
    {"worst at {1}: the difference quotient is {2}, got {3}",
     "差が最大の位置は{1}で、差分商は{2}、あなたの勾配は{3}です"},
    {"it is the gradient of your own function, which is not the expected one",
     "あなたの関数の勾配としては正しいのですが、関数そのものが期待されるものと違います"},
    {"your function itself is right", "関数そのものは正しくできています"},
    {"step {1} is the first to differ: expected {2}, got {3}",
     "最初に違うのはステップ{1}で、期待される値は{2}、あなたの結果は{3}です"},
    {"nothing was learnt by then: look at the initial weights and the loss itself",
     "まだ何も学習していない段階なので、重みの初期値と損失の計算を確認してください"},
    {"all {1} steps agree", "{1}ステップすべてが一致しています"},

    /* paths */
    {"the exercise gives no path or no costs: tell your instructor",
     "課題に経路かコスト表がありません。教員に知らせてください"},
    {"a path of {1} steps cannot be", "長さが{1}の経路はありえません"},
    {"step {1}, {2}, lies outside the table of costs", "ステップ{1}の{2}がコスト表の外にあります"},
    {"step {1}, {2}, cannot be reached from the step before", "ステップ{1}の{2}へは、前のステップから進めません"},
    {"step {1}, {2}, may not be entered", "ステップ{1}の{2}には入れません"},
    {"step {1}, {2}, has no edge from the step before", "ステップ{1}の{2}へは、前のステップから辺がありません"},
    {"the path must begin at {1}, but is at {2}", "経路は{1}から始まる必要がありますが、{2}から始まっています"},
    {"the path must end at {1}, but is at {2}", "経路は{1}で終わる必要がありますが、{2}で終わっています"},
    {"a valid path, but of cost {1}: one of {2} exists",
     "経路としては正しいのですが、コストが{1}です。コスト{2}の経路があります"},
    {"a path of cost {1}", "コスト{1}の経路です"},

    /* random numbers */
    {"{1} samples tell nothing: tell your instructor", "{1}個のサンプルでは何も判定できません。教員に知らせてください"},
    {"another distribution: {1} % of the samples are at most {2}, expected {3} % (by chance up to {4} apart, but for "
     "one run in {5})",
     "分布が異なります。{2}以下のサンプルの割合は、期待される{3}%に対して{1}%です（偶然による差は{4}ポイントまでで、"
     "それを超えるのは{5}回に1回です）"},
    {"the same distribution, as far as {1} samples tell", "{1}個のサンプルから判断する限り、同じ分布です"},

    /* music */
    {"F {1}: of {2} onsets {3} found, {4} false",
     "F値は{1}です。{2}個のオンセットのうち検出できたのは{3}個で、誤検出が{4}個あります"},
    {"F {1}: of {2} notes {3} found, {4} false",
     "F値は{1}です。{2}個の音符のうち検出できたのは{3}個で、誤検出が{4}個あります"},
    {"the beat score {1} is {2}", "拍の評価値{1}は{2}です"},
    {"NaN equals nothing", "NaNはどの値とも等しくありません"},
    {"no {1} are expected, so that nothing can be scored: tell your instructor",
     "期待される{1}が1つもないため採点できません。教員に知らせてください"},
    {"all expected beats lie in the first 5 s, which do not count: tell your instructor",
     "期待される拍がすべて、評価されない最初の5秒間にあります。教員に知らせてください"},
    {"no more than the first {1} are looked at", "比べるのは最初の{1}個までです"},
    {"with more digits it is {1}", "桁を増やすと{1}です"},
    {"the beats are at half or double tempo, or off the beat",
     "拍が半分か2倍のテンポになっているか、裏拍になっています"},
    {"{1} right for {2} of the time (the root for {3})",
     "{1}で評価すると、正解の時間の割合は{2}です。根音だけなら{3}です"},
    {"{1} right for {2} of the time", "{1}で評価すると、正解の時間の割合は{2}です"},
    {"the melody score {1} is {2}", "メロディーの評価値{1}は{2}です"},
    {"many frames are an octave off", "オクターブを間違えたフレームが多くあります"},
    {"no frame is called voiced", "有声と判定されたフレームがありません"},
    {"many frames without a melody are called voiced", "メロディーのないフレームの多くが、有声と判定されています"},
    {"these are more chords than can be scored", "コードが多すぎて採点できません"},
    {"the truth has {1} onsets, more than can be scored: tell your instructor",
     "正解のオンセットが{1}個と多すぎて採点できません。教員に知らせてください"},
    {"the truth has {1} beats, more than can be scored: tell your instructor",
     "正解の拍が{1}個と多すぎて採点できません。教員に知らせてください"},
    {"the truth has {1} notes, more than can be scored: tell your instructor",
     "正解の音符が{1}個と多すぎて採点できません。教員に知らせてください"},
    {"got {1} onsets where there are {2}", "オンセットは{2}個のはずですが、あなたの結果は{1}個です"},
    {"got {1} beats where there are {2}", "拍は{2}個のはずですが、あなたの結果は{1}個です"},
    {"got {1} notes where there are {2}", "音符は{2}個のはずですが、あなたの結果は{1}個です"},
    {"got {1} frames where there are {2}", "フレームは{2}個のはずですが、あなたの結果は{1}個です"},
    {"SI-SDR {1} dB on average, worst source [{2}]", "SI-SDRの平均は{1} dBで、最も低い音源は[{2}]です"},
    {"SI-SDR {1} dB", "SI-SDRは{1} dBです"},

    /* predictions */
    {"the exercise names a metric that does not exist: tell your instructor",
     "課題にない評価指標が指定されています。教員に知らせてください"},
    {"expected predictions for {1} examples, got {2}", "{1}例の予測が必要ですが、あなたの結果は{2}例です"},
    {"accuracy {1} on {2} examples", "{2}例に対する正解率は{1}です"},
    {"macro F1 {1} on {2} examples", "{2}例に対するマクロF1は{1}です"},
    {"perplexity {1} on {2} examples", "{2}例に対するパープレキシティは{1}です"},
    {"area under the ROC curve {1} on {2} examples", "{2}例に対するROC曲線下面積（AUC）は{1}です"},
    {"average precision {1} on {2} examples", "{2}例に対する平均適合率（AP）は{1}です"},
    {"mean average precision {1} on {2} examples", "{2}例に対するMAPは{1}です"},
    {"mean reciprocal rank {1} on {2} examples", "{2}例に対するMRRは{1}です"},

    /* time and memory */
    {"as fast as asked: at most {1} times the solution's processor time",
     "求められた速さです（模範解答のCPU時間の{1}倍以内）"},
    {"slower than asked", "求められた速さに達していません"},
    {"{1} of processor time, the solution takes {2}: {3} times as long",
     "CPU時間は{1}で、模範解答の{2}に対して{3}倍かかっています"},
    {"the solution's time was not measured: tell your instructor",
     "模範解答の時間が測れていません。教員に知らせてください"},
    {"no time was measured", "時間が測れませんでした"},
    {"{1} are not freed, the solution leaves {2}", "解放されていないメモリが{1}あります（模範解答では{2}です）"},
    {"{1} at most, the solution takes {2}", "メモリの最大使用量は{1}で、模範解答は{2}です"},
    {"no memory was measured", "メモリの使用量が測れませんでした"},

    /* what lib/metrics refuses to score */
    {"{1}: estimated has {2} s at {3}, less than the one before",
     "{1}：[{3}]の{2}秒が、1つ前の値より小さくなっています"},
    {"{1}: estimated has {2} s at {3}", "{1}：[{3}]の時刻が{2}秒です"},
    {"times must be ascending and not negative", "時刻は0以上で、昇順である必要があります"},
    {"{1}: yours has no labels in it", "{1}：ラベルが1つもありません"},
    {"{1}: estimated has \"{2}\" until {3} s, but \"{4}\" (label {5}) begins at {6} s",
     "{1}：「{2}」は{3}秒まで続きますが、「{4}」（[{5}]）が{6}秒から始まっています"},
    {"they must not overlap", "重なってはいけません"},
    {"{1}: labels is {2}, but predicted {3}: one row of scores an example",
     "{1}：正解ラベルは{2}ですが、予測は{3}です。1例につき1行のスコアが必要です"},
    {"{1}: predicted has {2} at example {3}, feature {4}", "{1}：予測の例{3}、クラス{4}の値が{2}です"},
    {"leave such examples out, or find out where it comes from", "どこで生じたか調べてください"},
    {"{1}: predicted is {2}", "{1}：予測は{2}です"},
    {"it must be whole numbers (example {1})", "1例につき1つの整数（{1}例）が必要です"},
    {"{1}: predicted is {2} at example {3}", "{1}：例{3}の予測が{2}です"},
    {"it must be a whole number", "整数が必要です"},
    {"{1}: logits is {2} and targets {3}", "{1}：ロジットは{2}、正解は{3}です"},
    {"they must be (..., class k) and (...), whole numbers", "ロジットは(..., class k)、正解は整数の(...)が必要です"},
    {"{1}: logits has {2} at element {3}", "{1}：ロジットの[{3}]が{2}です"},
    {"{1}: logits has minus infinity for every class in row {2}",
     "{1}：ロジットの行{2}が、すべてのクラスでマイナス無限大です"},
    {"{1}: targets has {2} at element {3}", "{1}：正解の[{3}]が{2}です"},
    {"it must be a class, 0 to {1}, or the ignore_index {2}", "0から{1}までのクラスか、ignore_indexの{2}が必要です"},
    {"{1}: relevant is {2} and scores {3}", "{1}：正解は{2}、スコアは{3}です"},
    {"both must be {1}", "どちらも{1}が必要です"},
    {"{1}: source {2} of estimated is silent, so that no ratio can be formed",
     "{1}：音源[{2}]が無音なので、比を計算できません"},
    {"leave it out", "無音の音源は除いてください"},
    {"{1}: element {2} of estimated is NaN", "{1}：[{2}]がNaNです"},
    {"{1}: element {2} of estimated is infinite", "{1}：[{2}]が無限大です"},
    {"find out where it comes from (oto_count_nan counts them)",
     "どこで生じたか調べてください（oto_count_nanで数えられます）"},

    /* what an answer must use, and must not */
    {"it counts only where all values of the test cell are right", "テストのセルの値がすべて正しい場合にだけ有効です"},
    {"that is not allowed where time, memory or a property is checked",
     "時間やメモリを測るチェックと、性質を調べるチェックでは認められません"},
    {"\"{1}\" defines {2} anew, which is not its own", "「{1}」で、解答のものではない{2}が定義し直されています"},
    {"a yes or no counts only where that means what it did",
     "はい・いいえの判定は、それが元のままの場合にだけ有効です"},
    {"a property counts only where the test cell runs to its end",
     "性質は、テストのセルが最後まで実行された場合にだけ有効です"},
    {"the answer must not use {1}, but \"{2}\" does", "{1}は使えませんが、解答「{2}」で使われています"},
    {"the answer must use {1}", "解答では{1}を使う必要があります"},
    {"the answer uses {1}, behind which what it must not use could hide",
     "使えないものを隠すことができる{1}が使われています"},
    {"\"{1}\" defines the macro {2}, which stands in the test, where nobody sees what it uses",
     "「{1}」がマクロ{2}を定義していて、テストの中で何が使われるか分からなくなっています"},
    {"make it a function", "関数にしてください"},
    {"the answer uses so many names that one which it must not use could hide among them",
     "使われている名前が多すぎて、使えない関数がないことを確認できません"},

    /* notes on a submission */
    {"{1} alone is graded, not {2} beside it", "採点されるのは{1}だけで、同じフォルダの{2}は採点されません"},
    {"what is to be graded must be called {1}.", "採点するノートブックの名前は{1}でなければなりません"},
    {"Answer \"{1}\" is missing from the notebook.", "解答「{1}」がノートブックにありません"},
    {"Answer \"{1}\" defines main: it was run as a program of its own, of which no function stays for the tests",
     "解答「{1}」はmainを定義しているので独立したプログラムとして実行され、その関数はテストから使えません"},
    {"take main out of it.", "mainを取り除いてください"},
    {"Answer \"{1}\" is there {2} times", "解答「{1}」が{2}個あります"},
    {"the last one was graded.", "最後のものを採点しました"},
    {"Answer \"{1}\" is a code cell now", "解答「{1}」がコードセルに変わっています"},
    {"Answer \"{1}\" is a text cell now", "解答「{1}」がテキストセルに変わっています"},
    {"it was graded as code.", "コードとして採点しました"},
    {"it was graded as text.", "文章として採点します"},
    {"Text cells of your own were taken for the answer \"{1}\".",
     "追加されたテキストセルを解答「{1}」として扱いました"},
    {"1 code cell of your own or changed instructor's cell: only answer cells are graded, so what an answer needs must "
     "stand in it.",
     "自分で追加したか書き換えたコードセルが1個あります。採点されるのは解答セルだけなので、必要なものは解答セルの中に"
     "書いてください"},
    {"{1} code cells of your own or changed instructor's cells: only answer cells are graded, so what an answer needs "
     "must stand in it.",
     "自分で追加したか書き換えたコードセルが{1}個あります。採点されるのは解答セルだけなので、必要なものは解答セルの中に"
     "書いてください"},
    {"Graded without protection by: {1}.", "次の保護なしで採点しました：{1}"},

    /* why a notebook was not graded */
    {"{1}: line {2}, column {3}: not JSON: {4}", "{1}：{2}行{3}列目がJSONとして読めません（{4}）"},
    {"{1}: more than {2} values", "{1}：値が{2}個を超えています"},
    {"clear the outputs of its cells and hand it in again", "セルの出力を消してから提出し直してください"},
    {"{1}: a notebook is a JSON object", "{1}：ノートブックではありません"},
    {"this is something else", "ノートブックはJSONのオブジェクトです"},
    {"{1}: nbformat is missing: this is JSON, but no notebook", "{1}：nbformatがないので、ノートブックではありません"},
    {"{1}: nbformat is {2}", "{1}：nbformatが{2}です"},
    {"only 4 is read (JupyterLab converts older ones when it saves)",
     "読めるのは4だけです（JupyterLabで保存し直すと変換されます）"},
    {"{1}: metadata must be an object", "{1}：metadataがオブジェクトではありません"},
    {"{1}: cells must be a list", "{1}：cellsがリストではありません"},
    {"{1}: {2} cells", "{1}：セルが{2}個あります"},
    {"at most {1} are read", "上限は{1}です"},
    {"{1}: cell {2}: {3} must be text or a list of lines", "{1}：セル{2}の{3}が、文字列でも行のリストでもありません"},
    {"{1}: cell {2}: {3} must be text", "{1}：セル{2}の{3}が文字列ではありません"},
    {"{1}: cell {2}: {3} must be an object", "{1}：セル{2}の{3}がオブジェクトではありません"},
    {"{1}: cell {2}: {3} must be true or false", "{1}：セル{2}の{3}がtrueかfalseではありません"},
    {"{1}: cell {2}: {3} must be a number", "{1}：セル{2}の{3}が数値ではありません"},
    {"{1}: cell {2}: {3} must lie between 0 and 1000000", "{1}：セル{2}の{3}が0から1000000の範囲にありません"},
    {"{1}: cell {2}: {3} must say which answer it \"replaces\"", "{1}：セル{2}の{3}に\"replaces\"がありません"},
    {"{1}: cell {2}: {3} wrong and right must be objects",
     "{1}：セル{2}の{3}のwrongかrightがオブジェクトではありません"},
    {"{1}: cell {2}: {3} is longer than 200 bytes", "{1}：セル{2}の{3}が200バイトを超えています"},
    {"{1}: cell {2}: {3} holds a NUL", "{1}：セル{2}の{3}にNUL文字があります"},
    {"{1}: cell {2}: {3} is missing", "{1}：セル{2}に{3}がありません"},
    {"{1}: none of the exercise's answer cells is in it (they are known by their metadata.nbgrader.grade_id)",
     "{1}：課題の解答セルが1つもありません（解答セルはmetadata.nbgrader.grade_idで識別されます）"},
    {"it may be another notebook, or its cells were made anew",
     "別のノートブックか、セルが新しく作り直された可能性があります"},
    {"{1}: is missing, but {2} lies there", "{1}がありません（{2}があります）"},
    {"it must be called {1}", "ファイル名は{1}でなければなりません"},
    {"{1}: is a symbolic link", "{1}：シンボリックリンクです"},
    {"a file of its own is wanted", "ファイルそのものが必要です"},
    {"{1}: is {2}, not a file", "{1}：{2}であり、ファイルではありません"},
    {"{1}: more than {2} bytes", "{1}：{2}バイトを超えています"},
    {"{1}: {2} bytes", "{1}：{2}バイトあります"},
    {"{1}: is not a folder of its own", "{1}：フォルダそのものではありません"},
    {"{1}: No such file or directory", "{1}：ファイルがありません"},

    /* on the page for grading by hand */
    {"there is no such answer", "その解答はありません"},
    {"load the page again", "ページを再読み込みしてください"},
    {"there is no such part", "その問題はありません"},
    {"unknown error", "不明なエラーです"},
    {"\"{1}\" has no cell \"{2}\" in \"{3}\"", "{1}さんの課題「{3}」にセル「{2}」がありません"},
    {"the score \"{1}\" is no number from 0 to {2}", "得点「{1}」は0から{2}までの数ではありません"},
    {"the answer or its points changed since you saw them", "表示した後に、解答か得点が変わりました"},

    /* why a cell was stopped */
    {"The notebook took more than {1} s.", "ノートブックの実行が制限時間の{1}秒を超えました"},
    {"The cell took more than {1} s.", "セルの実行が制限時間の{1}秒を超えました"},
    {"The cell used more memory than the exercise allows.", "課題で認められている以上のメモリを使いました"},
    {"The cell used more processes than the exercise allows.", "課題で認められている以上のプロセスを作りました"},
    {"The cell used more files than the exercise allows.", "課題で認められている以上のファイルを作りました"},
    {"The cell used more processor time than the exercise allows.", "課題で認められている以上のCPU時間を使いました"},
    {"The cell ended the program that runs the notebook.", "ノートブックを実行するプログラムを終了させました"},
    {"The cell wrote into the grader's own descriptor.", "採点プログラムのファイル記述子に書き込みました"},
    {"The cell printed without end and was stopped.", "出力が終わらないため、停止しました"},
    {"Earlier cells ended the notebook {1} times, so it was not run to here.",
     "前のセルでノートブックの実行が{1}回中断されたため、ここまで実行されませんでした"},
    {"the cell failed", "セルの実行に失敗しました"},
    {"the cell took longer than its limit of {1} s and was stopped at cell [{2}] line {3} in {4}",
     "制限時間の{1}秒を超えたため、セル[{2}]の{3}行目（{4}の中）で停止しました"},
    {"the cell took longer than its limit of {1} s and was stopped at cell [{2}] line {3}",
     "制限時間の{1}秒を超えたため、セル[{2}]の{3}行目で停止しました"},
    {"the cell took longer than its limit of {1} s and was stopped", "制限時間の{1}秒を超えたため、停止しました"},
    {"everything is as it was before the cell", "状態はセルの実行前に戻りました"},
    {"the cell wanted more memory than its limit of {1} ({2} in use): free what is no longer needed",
     "メモリの上限{1}を超えました（{2}を使用中）。不要になったものを解放してください"},
    {"the program ended with status {1}", "プログラムが終了コード{1}で終了しました"},
    {"the assertion {1} failed", "assert（{1}）が成り立ちませんでした"},
    {"abort() was called", "abort()が呼び出されました"},

    /* why a cell crashed, in the words of kernel/engine/death.c; what is not here stays English */
    {"index {1} is out of bounds for {2}: the indices go from 0 to {3}",
     "添字{1}は{2}の範囲外です（使えるのは0から{3}までです）"},
    {"index {1} is out of bounds for {2}: the last index is the length less 1",
     "添字{1}は{2}の範囲外です（最後の添字は長さ－1です）"},
    {"signed integer overflow: {1} does not fit the type {2}",
     "符号付き整数のオーバーフローです。{1}は{2}型に収まりません"},
    {"use a wider type such as long long, or test before",
     "long longなどの大きい型を使うか、計算の前に確認してください"},
    {"use a wider type", "より大きい型を使ってください"},
    {"division by zero: test the divisor first", "0による除算です。先に除数を確認してください"},
    {"an integer was divided by zero, or the quotient does not fit: test the divisor first",
     "整数を0で割ったか、商が型に収まりません。先に除数を確認してください"},
    {"a null pointer was read: give the pointer an address first, and test it against NULL",
     "NULLポインタから読み出しました。先にポインタにアドレスを代入し、NULLでないことを確認してください"},
    {"a null pointer was written to: give the pointer an address first, and test it against NULL",
     "NULLポインタに書き込みました。先にポインタにアドレスを代入し、NULLでないことを確認してください"},
    {"a null pointer was read by {1}: give the pointer an address first, and test it against NULL",
     "{1}がNULLポインタから読み出しました。先にポインタにアドレスを代入し、NULLでないことを確認してください"},
    {"a null pointer was written to by {1}: give the pointer an address first, and test it against NULL",
     "{1}がNULLポインタに書き込みました。先にポインタにアドレスを代入し、NULLでないことを確認してください"},
    {"a null pointer was used: give the pointer an address first",
     "NULLポインタを使いました。先にポインタにアドレスを代入してください"},
    {"a null function pointer was called: set it to a function first",
     "NULLの関数ポインタを呼び出しました。先に関数を代入してください"},
    {"a member of {1} was asked for through a null pointer: give the pointer an address first",
     "NULLポインタで{1}のメンバを参照しました。先にポインタにアドレスを代入してください"},
    {"pointer arithmetic on a null pointer: give the pointer an address first",
     "NULLポインタに加減算をしました。先にポインタにアドレスを代入してください"},
    {"a pointer was used that never got a value: set it before using it, as in p = &x",
     "値を代入していないポインタを使いました。先にp = &xのように代入してください"},
    {"the stack ran out: too deep a recursion, or too large local arrays",
     "スタックが足りなくなりました。再帰が深すぎるか、ローカル配列が大きすぎます"},
    {"the stack ran out: {1} calls itself without end",
     "スタックが足りなくなりました。{1}が自分自身を際限なく呼び出しています"},
    {"the stack ran out: {1} call each other without end",
     "スタックが足りなくなりました。{1}が互いを際限なく呼び出しています"},
    {"a recursion needs a case that stops it", "再帰には、終わる条件が必要です"},
    {"the block was freed already: free each block once, and set the pointer to NULL",
     "すでに解放した領域を解放しました。解放は1回だけにして、ポインタにNULLを代入してください"},
    {"a shift by {1} is too far: {2} has {3} bits, so shift by less than {4}",
     "{1}ビットのシフトは大きすぎます。{2}は{3}ビットなので、{4}より小さくしてください"},
    {"a shift by {1}, which is negative: shift by 0 or more", "負の数{1}でシフトしました。0以上にしてください"},
    {"an array cannot have {1} elements, which is not a positive size: the length must be at least 1",
     "要素数{1}の配列は作れません。長さは1以上にしてください"},
    {"NaN is out of range: it is no number of the type {1}, so test with isnan first",
     "NaNは{1}型に変換できません。先にisnanで確認してください"},
    {"{1} is out of range: it does not fit the type {2}, so test or clip it first",
     "{1}は{2}型の範囲外です。先に確認するか、範囲内に収めてください"},
    {"source and destination of {1} overlap: use memmove, which allows it",
     "{1}のコピー元とコピー先が重なっています。memmoveを使ってください"},
    {"the signal {1} ended the cell", "シグナル{1}によって終了しました"},

    /* last, for they match much else */
    {"worst at {1}: expected {2}, got {3} (within {4})",
     "差が最大の位置は{1}で、期待される値は{2}、あなたの結果は{3}です（許容誤差{4}）"},
    {"worst at {1}: expected {2}, got {3}", "差が最大の位置は{1}で、期待される値は{2}、あなたの結果は{3}です"},
    {"expected {1} samples, got {2}", "期待されるサンプル数は{1}、あなたの結果は{2}です"},
    {"expected {1}, got {2} (within {3})", "期待される値は{1}、あなたの結果は{2}です（許容誤差{3}）"},
    {"expected {1}, got {2}", "期待される値は{1}、あなたの結果は{2}です"},
    {"got {1}", "あなたの結果は{1}です"},
};

enum { SLOTS = 9 };

/* Behind the quote that ends the text that a quote at text begins (in it, a backslash takes the next byte); NULL where
 * none does. */
static const char *behind_quotes(const char *text) {
    for (const char *at = text + 1; *at; at++) {
        if (*at == '"') return at + 1;
        if (*at == '\\' && at[1]) at++;
    }
    return NULL;
}

/* The first piece, or the last, that is not within quotes; NULL when there is none. */
static const char *find_outside_quotes(const char *text, const char *piece, size_t length, bool last) {
    const char *found = NULL, *behind = text;
    for (const char *at = text; *at && (last || !found);) {
        if (strncmp(at, piece, length) == 0) found = at;
        if (behind && *at == '"') behind = behind_quotes(at); /* once there is none, there is none to come */
        at = behind && *at == '"' ? behind : at + 1;
    }
    return found;
}

/* Does the text follow the pattern? Each value is the shortest that lets the next piece of the pattern come; that of
 * slot 1 the longest where it is a sentence. */
static bool matches(const char *pattern, const char *text, bool around, char *values[SLOTS]) {
    while (*pattern) {
        int slot = string_slot(pattern);
        if (!slot) {
            if (*pattern++ != *text++) return false;
            continue;
        }
        pattern += 3;
        size_t piece = strcspn(pattern, "{");
        const char *end = piece ? find_outside_quotes(text, pattern, piece, around && slot == 1) : text + strlen(text);
        if (!end || end == text) return false;
        free(values[slot - 1]);
        values[slot - 1] = must_copy_n(text, (size_t)(end - text));
        text = end;
    }
    return !*text;
}

static void free_values(char *values[SLOTS]) {
    for (int slot = 0; slot < SLOTS; slot++) free(values[slot]);
}

/* Without the full stop at its end; NULL when it is none of ours. */
static char *plain_clause(enum language language, const char *clause) {
    struct text out = {};
    bool found = false;
    for (size_t i = 0; !found && i < sizeof clauses / sizeof *clauses; i++) {
        char *values[SLOTS] = {};
        found = matches(clauses[i][ENGLISH], clause, false, values);
        if (found) string_fill(&out, clauses[i][language], (const char *const *)values, text_add);
        free_values(values);
    }
    return found ? text_take(&out) : NULL;
}

static char *clause_in(enum language language, const char *clause) {
    struct text out = {};
    bool found = false;
    for (size_t i = 0; !found && i < sizeof frames / sizeof *frames; i++) {
        char *values[SLOTS] = {};
        char *inner = matches(frames[i][ENGLISH], clause, true, values) ? plain_clause(language, values[0]) : NULL;
        found = inner;
        if (found) {
            free(values[0]);
            values[0] = inner;
            string_fill(&out, frames[i][language], (const char *const *)values, text_add);
        }
        free_values(values);
    }
    return found ? text_take(&out) : plain_clause(language, clause);
}

char *sentence_in(enum language language, const char *english) {
    static const char between[] = "; ";
    struct text out = {};
    bool known = true;
    if (language == ENGLISH) return must_copy(english);
    for (const char *at = english; known && *at;) {
        const char *end = find_outside_quotes(at, between, strlen(between), false);
        size_t length = end ? (size_t)(end - at) : strlen(at);
        char *clause = must_copy_n(at, length), *said = clause_in(language, clause);
        known = said;
        if (known) text_format(&out, "%s。", said);
        free(clause);
        free(said);
        at += length + (end ? strlen(between) : 0);
    }
    char *whole = known && out.length ? text_take(&out) : NULL;
    text_free(&out);
    return whole;
}

/* ---- names of errors ---- */

static const struct {
    const char *ename, *meaning[LANGUAGES];
} errors[] = {
    {"CompileError", {"it does not compile", "コンパイルできません"}},
    {"LinkError", {"something is used that is defined nowhere", "定義されていない関数か変数が使われています"}},
    {"MagicError", {"a line that begins with % is wrong", "%で始まる行に誤りがあります"}},
    {"SegmentationFault", {"it used memory that is not its own", "使ってはいけないメモリを読み書きしました"}},
    {"HeapBufferOverflow",
     {"it went past the end of a block from malloc", "mallocで確保した領域の外を読み書きしました"}},
    {"StackBufferOverflow", {"it went past the end of a local array", "ローカル配列の外を読み書きしました"}},
    {"GlobalBufferOverflow", {"it went past the end of a global array", "グローバル配列の外を読み書きしました"}},
    {"UseAfterFree", {"it used memory that was freed", "解放したメモリを使いました"}},
    {"UseAfterReturn",
     {"it used a variable of a function that has returned", "すでに終了した関数のローカル変数を使いました"}},
    {"UseAfterScope", {"it used a variable whose block has ended", "すでに終了したブロックの変数を使いました"}},
    {"DoubleFree", {"it freed memory twice", "同じメモリを2回解放しました"}},
    {"InvalidFree", {"it freed what malloc did not give", "mallocで確保していないものを解放しました"}},
    {"MemoryOverlap", {"it copied between memory that overlaps", "重なっている領域の間でコピーしました"}},
    {"StackOverflow",
     {"the stack ran out", "スタックが足りなくなりました（再帰が深すぎるか、ローカル配列が大きすぎます）"}},
    {"UndefinedBehavior", {"C does not define what this does", "C言語で動作が定義されていない処理です"}},
    {"FloatingPointError", {"a division by zero or its like", "0による除算などの演算エラーです"}},
    {"OtoError", {"a function of the library refused", "ライブラリの関数がエラーを返しました"}},
    {"Abort", {"it gave up by abort or assert", "abortかassertで異常終了しました"}},
    {"Exit", {"it ended the program", "プログラムを終了させました"}},
    {"Signal", {"it was ended by a signal", "シグナルによって終了しました"}},
    {"TimeLimit", {"it took too long", "時間がかかりすぎました"}},
    {"MemoryLimit", {"it took too much memory", "メモリを使いすぎました"}},
    {"ProcessLimit", {"it started too many processes", "プロセスを作りすぎました"}},
    {"FileLimit", {"it wrote too many or too large files", "ファイルを作りすぎたか、書き込みすぎました"}},
    {"OutputLimit", {"it printed too much", "出力が多すぎます"}},
    {"Killed", {"it ended the notebook", "ノートブックの実行を中断させました"}},
    {"NotRun", {"it was not run", "実行されませんでした"}},
    {"KeyboardInterrupt", {"it was interrupted", "中断されました"}},
    {"Error", {"it failed", "実行に失敗しました"}},
};

const char *error_meaning(enum language language, const char *ename) {
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(ename, errors[i].ename) == 0) return errors[i].meaning[language];
    return NULL;
}
