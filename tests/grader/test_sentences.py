"""Nothing that the grader or a check says to a student is English only: each sentence of the sources has its Japanese."""
import ast
import glob
import os
import re

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STRING = r'"(?:[^"\\\n]|\\.)*"'
STRINGS = rf'{STRING}(?:(?:\s|PRId64|PRIu64)*{STRING})*'
# Units, and names that stand in code: the same in both languages.
SAME = {"bytes", "KiB", "MiB", "dB", "NaN", "NULL", "nan", "inf"}

# Where a sentence begins: the comparators write to `out`; who could not look at a value has a `problem`; the others
# give their sentence away. A comparator in a new file of lib/check is found by its name.
SPOKEN = {
    "lib/check/compare*.c": [rf'(?:fputs\(|fprintf\(\s*\w[\w>-]*,)\s*([^;]*?{STRINGS}[^;]*);', rf'remark = ({STRINGS});'],
    "lib/check/diagnose.c": [rf'(?:fputs\(|fprintf\(\s*\w+,)\s*([^;]*?{STRINGS}[^;]*);'],
    "lib/check/observation.c": [rf'refuse\(why,\s*({STRINGS})\)', rf'problem = ({STRINGS});', rf'return ({STRINGS});'],
    "lib/check/check*.c": [rf'problem =\s*([^;]*?{STRINGS}[^;]*);', rf'return ({STRINGS});', rf'end_with\(([^;]*{STRINGS})\)',
                           rf'ended_without\(([^;]*?{STRINGS})\)'],
    "lib/check/observe.c": [rf'problem =\s*([^;]*?{STRINGS}[^;]*);', rf'snprintf\(shorter, sizeof shorter,\s*({STRINGS})'],
    "autograder/transplant.c": [rf'text_format\(\s*notes,\s*({STRINGS})'],
    "autograder/rules.c": [rf'must_(?:format|copy)\(({STRINGS})'],
    "autograder/score.c": [rf'(?:broken|message) = must_(?:copy|format)\(({STRINGS})'],
    "autograder/grade.c": [rf'(?:message|evalue) = ([^;]*{STRINGS}[^;]*);'],
    "autograder/observe.c": [rf'observed_fail\(([^;]*{STRINGS}[^;]*)\);'],
    "autograder/measure.c": [rf'replace\([^;]*?({STRINGS})\)'],
    "autograder/notebook.c": [rf'complain\([^;]*?({STRINGS})\)', rf'\*error =\s*must_format\(({STRINGS})'],
}


def literals(code):
    """The texts of a piece of C, those that the compiler joins as one."""
    for joined in re.finditer(STRINGS, code):
        yield "".join(ast.literal_eval(one) for one in re.findall(STRING, re.sub("PRI[du]64", '"d"', joined[0])))


def table():
    """The rows of sentences.c: English, Japanese."""
    with open(os.path.join(ROOT, "autograder/sentences.c"), encoding="utf-8") as file:
        rows = re.findall(rf"\{{({STRINGS}),\s*({STRINGS})\}}", file.read())
    return [tuple(next(literals(one)) for one in row) for row in rows]


def pieces(sentence):
    """What stands between the values, clause by clause, as long as it says something; names of errors do not."""
    if re.fullmatch(r"[A-Z]\w*", sentence):
        return
    for clause in sentence.split("; "):
        for piece in re.split(r"%[-+.*0-9]*(?:ll?|z|h)?[a-zA-Z]", clause.replace("%%", "\0")):
            piece = piece.rstrip("%\n").replace("\0", "%")
            if set(re.findall(r"[A-Za-z]{3,}", piece)) - SAME:
                yield piece


@pytest.mark.parametrize("files", SPOKEN)
def test_every_sentence_has_its_japanese(files):
    known = [english for english, _ in table()]
    paths = glob.glob(os.path.join(ROOT, files))
    said = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            code = re.sub(r"/\*.*?\*/|//[^\n]*", "", file.read(), flags=re.S)
        for pattern in SPOKEN[files]:
            said += [one for found in re.finditer(pattern, code) for one in literals(found[1])]
    assert said, f"{files} says nothing: is it read right?"
    unknown = {piece for sentence in said for piece in pieces(sentence) if not any(piece in one for one in known)}
    assert not unknown, "autograder/sentences.c lacks these"


def test_both_sides_of_a_row_have_the_same_values():
    rows = table()
    assert len(rows) > 200
    for english, japanese in rows:
        assert set(re.findall(r"{\d}", english)) == set(re.findall(r"{\d}", japanese)), english
        assert not re.search(r"[ぁ-んァ-ヶ一-龠]", english) and re.search(r"[ぁ-んァ-ヶ一-龠]", japanese), english
