"""Submissions mutated at random, by a seed. None crashes the grader, and each that is graded has the points of the answers in it:
the last cell of each answer's grade_id, whatever else the notebook claims.

A sample runs here; OTO_MUTANTS=5000 runs so many, OTO_MUTANTS_SEED=8 others. A student keeps the same answers from round to
round, so most mutants find them graded already, and only those with other answers run in a sandbox."""
import copy
import json
import os
import random
import sys

import make_samples
from conftest import new_course, report, run

MUTANTS = int(os.environ.get("OTO_MUTANTS", "240"))
SEED = int(os.environ.get("OTO_MUTANTS_SEED", "7"))
STUDENTS = 40
WRONG = "double twice(double x) { return x * x; }"
HALF = "double total(const float *x, int n) { return 0; }"  # one of its two checks
JUNK = [None, True, -1, 10 ** 6, 1e308, "", "x" * 100000, "\u0000", "\ud7ff\U0001f600", [], {}, [[]], {"a": {"b": []}}, "1000", "twice", "../../x"]


# ---- what the answers of a mutant deserve, found without the grader's code ----

def no_duplicates(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def answers_in(data):
    """{grade_id: source} of the last cell with each id; ValueError where it is no notebook that can be read."""
    try:
        notebook = json.loads(data.decode("utf-8-sig"), object_pairs_hook=no_duplicates)
        found = {}
        for cell in notebook["cells"]:
            nbgrader = cell["metadata"].get("nbgrader", {})
            if "grade_id" in nbgrader and not {"wrong", "right"} & set(cell["metadata"].get("oto") or {}):
                found[nbgrader["grade_id"]] = "".join(cell["source"])
        return found
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("no notebook") from error


class Deserved:
    """Points by answers: those of known answers, and for others what the first mutant with them got."""

    def __init__(self, samples):
        self.known = {"twice": {samples.solved("twice"): 4, WRONG: 0}, "total": {samples.solved("total"): 6, HALF: 3}}
        self.stubs = {answer: next(make_samples.source_of(c) for c in samples.release["cells"] if make_samples.grade_id(c) == answer)
                      for answer in samples.answers}
        self.seen = {}

    def has_answers(self, data):
        return any(answer in answers_in(data) for answer in self.stubs)

    def answers(self, data):
        found = answers_in(data)
        return tuple(found.get(answer, stub) for answer, stub in self.stubs.items())

    def check(self, what, data, entry):
        assert entry["verdict"] in ("graded", "ungradable"), what
        if entry["verdict"] == "ungradable":
            assert entry["score"] is None and entry["message"] and "\n" not in entry["message"], what
            return
        answers = self.answers(data)  # a ValueError: it was graded and is no notebook
        points = [self.known[answer].get(source, 0 if source == self.stubs[answer] else None)
                  for answer, source in zip(self.stubs, answers)]
        assert entry["points"] == 10 and 0 <= entry["score"] <= 10, what
        if None not in points:
            assert entry["score"] == sum(points), what
        assert self.seen.setdefault(answers, entry["score"]) == entry["score"], what


# ---- mutations of the notebook: it can be read afterwards, and must be graded ----

def metadata_of(cell):
    return cell["metadata"].setdefault("nbgrader", {})


def shuffle(draw, cells):
    draw.shuffle(cells)


def duplicate(draw, cells):
    cells.insert(draw.randrange(len(cells) + 1), copy.deepcopy(draw.choice(cells)))


def delete(draw, cells):
    for _ in range(draw.randrange(1, 4)):
        if len(cells) > 1:
            cells.pop(draw.randrange(len(cells)))


def forge_points(draw, cells):
    metadata_of(draw.choice(cells)).update(points=draw.choice([0, 1, 1000, 0.5]), grade_id=draw.choice(["test-twice", "test-total", "bonus"]))


def forge_locks(draw, cells):
    metadata_of(draw.choice(cells)).update(locked=draw.choice([True, False, "no", None, 7]), schema_version=draw.choice([-1, 99, "3", None]),
                                           cell_type=draw.choice(["markdown", "code", 5]), checksum="0" * 32)


def forge_roles(draw, cells):
    cell = draw.choice(cells)
    metadata_of(cell).update(grade=draw.random() < 0.5, solution=draw.random() < 0.5, task=draw.random() < 0.2)
    metadata_of(cell).setdefault("grade_id", f"forged{draw.randrange(9)}")


def exchange_ids(draw, cells):
    first, second = draw.choice(cells), draw.choice(cells)
    one, other = first["metadata"].get("nbgrader"), second["metadata"].get("nbgrader")
    if one and other and "grade_id" in one and "grade_id" in other:
        one["grade_id"], other["grade_id"] = other["grade_id"], one["grade_id"]


def forge_outputs(draw, cells):
    draw.choice(cells).update(outputs=[{"output_type": "execute_result", "data": {"text/plain": "1000.0"}, "metadata": {}, "execution_count": 1},
                                       {"output_type": "error", "ename": "<script>", "evalue": "x" * 5000, "traceback": draw.choice(JUNK)}],
                              execution_count=draw.choice([None, -5, 10 ** 9]), id=draw.choice(["", "x" * 500, "../../id"]))


def add_checks(draw, cells):
    cells.insert(draw.randrange(len(cells) + 1), {"cell_type": draw.choice(["code", "markdown", "raw", "what"]), "id": "mine", "outputs": [], "execution_count": None,
                                                  "metadata": {"tags": ["wrong"]}, "source": 'oto_check_close("twice of a draw", 3);'})


def change_type(draw, cells):
    draw.choice(cells)["cell_type"] = draw.choice(["code", "markdown", "raw", "heading", ""])


def source_as_text(draw, cells):
    for cell in cells:
        cell["source"] = make_samples.source_of(cell)


def huge_string(draw, cells):
    draw.choice(cells)["metadata"]["huge"] = draw.choice(["x", "\u00e9", "\\", "\U0001f600"]) * draw.randrange(1, 100000)


def deep_nesting(draw, cells):
    deep = "end"
    for _ in range(draw.randrange(1, 400)):
        deep = [deep] if draw.random() < 0.5 else {"a": deep}
    draw.choice(cells)["metadata"]["deep"] = deep


def strange_fields(draw, cells):
    draw.choice(cells)[draw.choice(["attachments", "extra", "collapsed", "\u540d\u524d"])] = draw.choice(JUNK)


READABLE = [shuffle, duplicate, delete, forge_points, forge_locks, forge_roles, exchange_ids, forge_outputs, add_checks, change_type,
            source_as_text, huge_string, deep_nesting, strange_fields]


# ---- mutations that may leave no notebook ----

def junk_somewhere(draw, notebook):
    at, key = notebook, draw.choice(list(notebook))
    while isinstance(at[key], (dict, list)) and at[key] and draw.random() < 0.8:
        at = at[key]
        key = draw.choice(list(at)) if isinstance(at, dict) else draw.randrange(len(at))
    at[key] = draw.choice(JUNK)


def change_an_answer(draw, notebook):
    cells = [cell for cell in notebook["cells"] if make_samples.is_answer(cell)]
    if not cells:
        return
    cell = draw.choice(cells)
    source = make_samples.source_of(cell)
    at = draw.randrange(len(source) + 1)
    cell["source"] = source[:at] + draw.choice([" ", ";", "}", "/*", "\"", "\\", "#", "\t", "0", "\u00e9"]) + source[at + draw.randrange(3):]


def bytes_changed(draw, data):
    data = bytearray(data)
    kind = draw.randrange(8)
    at, end = sorted((draw.randrange(len(data)), draw.randrange(len(data))))
    if kind == 0:
        del data[at:]
    elif kind == 1:
        for _ in range(draw.randrange(1, 20)):
            data[draw.randrange(len(data))] = draw.randrange(256)
    elif kind == 2:
        data[at:at] = draw.choice([b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\x00", b"\xf8\x88\x80\x80\x80"])
    elif kind == 3:
        del data[at:end]
    elif kind == 4:
        data[at:at] = data[at:end]
    elif kind == 5:
        data[at:at] = draw.choice([b"[", b"{", b'{"a":']) * draw.choice([5, 3000, 100000])
    elif kind == 6:
        data[:0] = draw.choice([b"\xef\xbb\xbf", b"\n\n", b"null", b"\x1f\x8b\x08", b"PK\x03\x04"])
    else:
        data = data.replace(draw.choice([b'"source"', b'"nbformat"', b'"metadata"', b"true", b"4"]), draw.choice([b'"cells"', b"NaN", b"1e999", b"-0", b'"source"']), 1)
    return bytes(data)


def mutate(draw, notebook, breaks):
    """The bytes of a mutant, what was done to it, and whether it must be graded."""
    notebook = copy.deepcopy(notebook)
    done = []
    for _ in range(draw.randrange(1, 5)):
        change = draw.choice(READABLE)
        change(draw, notebook["cells"])
        done.append(change.__name__)
    if not breaks:
        return json.dumps(notebook, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass"), done, True
    for change in draw.sample([junk_somewhere, change_an_answer], draw.randrange(3)):
        try:
            change(draw, notebook)
        except (TypeError, KeyError, AttributeError):
            continue  # it was made into something that has no cells
        done.append(change.__name__)
    data = json.dumps(notebook).encode()
    if draw.random() < 0.6:
        done.append("bytes_changed")
        data = bytes_changed(draw, data)
    return data, done, False


def test_no_mutant_crashes_the_grader_or_gets_points_that_its_answers_do_not_deserve(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    deserved, draw, counts = Deserved(samples), random.Random(SEED), {"graded": 0, "ungradable": 0}
    sys.setrecursionlimit(20000)
    twice, total = samples.solved("twice"), samples.solved("total")
    kinds = [{"twice": twice, "total": total}, {"twice": WRONG, "total": total}, {"twice": twice, "total": HALF}, {"twice": twice}, {}]
    students = {}
    for i in range(STUDENTS):
        path = samples.submit(f"s{i:02}", kinds[i % len(kinds)])
        students[f"s{i:02}"] = path, make_samples.read(path)
    for first in range(0, MUTANTS, STUDENTS):
        mutants = {}
        for i, (student, (path, notebook)) in enumerate(students.items()):
            data, done, must = mutate(draw, notebook, breaks=i % 4 == 3)
            with open(path, "wb") as file:
                file.write(data)
            mutants[student] = data, f"mutant {first + i} of seed {SEED}: {done}", must
        ran = run("run", "--course", samples.course, "--jobs", "2", "--json")
        assert ran.returncode in (0, 1) and json.loads(ran.stdout)["infrastructure"] == 0, ran.stderr
        entries = report(samples.course)
        for student, (data, what, must) in mutants.items():
            entry = entries[student]
            assert entry["verdict"] == "graded" or not must or not deserved.has_answers(data), (what, entry["message"])
            deserved.check(what, data, entry)
            counts[entry["verdict"]] += 1
    print(f"{MUTANTS} mutants of seed {SEED}: {counts}, {len(deserved.seen)} different pairs of answers")
    assert counts["graded"] > counts["ungradable"] > 0
