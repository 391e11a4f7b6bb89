"""What is handed in, broken in every way: each gets its verdict, and the others their scores. And the commands' own bad input."""
import contextlib
import csv
import html
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess

import pytest
from jsonschema import ValidationError
from nbformat import NotebookNode
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3

import make_samples
from conftest import TWICE, cell, course_of, exercise, new_course, report, run, written_cell


#: Names that would mean something to a shell, a terminal, a table or a path.
HOSTILE = ["..hidden", "-rf", "$(touch x)", "a;b|c&d", "a\nb", "a\x1b[2Jb", "a\\..\\b", "'; DROP TABLE oto_cell; --", "%s%n", "x" * 200, '",=1+1,"']


@pytest.fixture(scope="module")
def graded(tmp_path_factory, exercise_path):
    samples = new_course(tmp_path_factory.mktemp("submissions"), exercise_path)
    solved = samples.all_solved()

    def raw(student, text):
        path = samples.submit(student, {})
        with open(path, "wb") as file:
            file.write(text)

    def instead(student, make):
        path = samples.submit(student, {})
        os.remove(path)
        make(path)

    raw("broken_json", b'{"nbformat": 4, "cells": [')
    raw("empty", b"")
    raw("not_utf8", b'{"nbformat": 4, "metadata": {}, "cells": [], "x": "\xff\xfe"}')
    raw("nbformat_3", b'{"nbformat": 3, "metadata": {}, "worksheets": []}')
    raw("python", b'{"nbformat": 4, "metadata": {"kernelspec": {"name": "python3", "language": "python"}}, "cells": []}')
    raw("deep", b'{"nbformat": 4, "metadata": ' + b"[" * 100000)
    os.truncate(samples.submit("huge", {}), 1 << 40)
    instead("missing", lambda path: None)
    instead("link", lambda path: os.symlink(os.path.join(samples.source_folder, "attack.ipynb"), path))
    instead("fifo", os.mkfifo)
    instead("folder", os.mkdir)
    instead("device", lambda path: os.symlink("/dev/zero", path))
    os.symlink(samples.source_folder, os.path.join(samples.course, "submitted", "linked_student"))
    os.makedirs(os.path.join(samples.course, "submitted", "linked_folder"))
    os.symlink(samples.source_folder, os.path.join(samples.course, "submitted", "linked_folder", "attack"))

    def shuffled(notebook):
        notebook["cells"].reverse()

    def without_tests(notebook):
        notebook["cells"] = [c for c in notebook["cells"] if make_samples.is_answer(c)]

    def easier_tests(notebook):
        for cell in notebook["cells"]:
            nbgrader = cell["metadata"].get("nbgrader", {})
            if nbgrader.get("grade"):
                cell["source"] = ["1000"]
                nbgrader["points"] = 1000
                cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "1000"}, "metadata": {}, "execution_count": 1}]

    def without_an_answer(notebook):
        notebook["cells"] = [c for c in notebook["cells"] if make_samples.grade_id(c) != "twice"]

    samples.submit("honest", solved)
    samples.submit("shuffled", solved, shuffled)
    samples.submit("without_tests", solved, without_tests)
    samples.submit("easier_tests", {"total": solved["total"]}, easier_tests)
    def printed_a_nul(notebook):
        notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["a\0b"]}]

    samples.submit("without_an_answer", solved, without_an_answer)
    samples.submit("printed_a_nul", solved, printed_a_nul)
    samples.submit("=1+1", solved)
    for name in HOSTILE:
        samples.submit(name, solved)
    samples.submit("<b>名前", {"twice": '<script>alert("x")</script>', "total": solved["total"]})
    done = run("run", "--course", samples.course, "--jobs", "2")
    return samples, report(samples.course), done


@pytest.mark.parametrize("student, says", [
    ("broken_json", "not JSON"), ("empty", "not JSON"), ("not_utf8", "decode byte"), ("nbformat_3", "nbformat is 3"),
    ("python", "none of the exercise's answer cells"), ("deep", "not JSON"), ("huge", "at most 67108864 are read"), ("missing", "No such file"), ("link", "symbolic link"), ("fifo", "FIFO"),
    ("folder", "folder"), ("device", "symbolic link"), ("linked_folder", "not a folder of its own")])
def test_unreadable_is_ungradable_and_never_a_zero(graded, student, says):
    entry = graded[1][student]
    assert entry["verdict"] == "ungradable" and entry["score"] is None
    assert says in entry["message"] and "\n" not in entry["message"]


@pytest.mark.parametrize("student, score", [("honest", 10), ("shuffled", 10), ("without_tests", 10), ("printed_a_nul", 10), ("easier_tests", 6),
                                            ("without_an_answer", 6), ("=1+1", 10), ("<b>名前", 6)])
def test_only_answers_count(graded, student, score):
    entry = graded[1][student]
    assert entry["verdict"] == "graded" and entry["score"] == score


def test_run_says_that_some_were_not_graded(graded):
    assert graded[2].returncode == 1
    assert "ungradable 13" in graded[2].stdout
    assert "linked_student" not in graded[1]


def test_names_are_names(graded):
    samples, entries, done = graded
    safe = [name for name in HOSTILE if name in entries]
    assert safe == ["$(touch x)", "a;b|c&d", "a\\..\\b", "'; DROP TABLE oto_cell; --", "%s%n", '",=1+1,"']
    assert {entries[name]["score"] for name in safe} == {10}
    assert done.stderr.count("left out: the name is no safe folder name") == 4 and "\x1b" not in done.stderr
    run("feedback", "--course", samples.course, check=True)
    assert not os.path.exists("x") and sorted(os.listdir(os.path.join(samples.course, "feedback"))) == sorted(entries)


def test_a_name_that_is_not_utf8_is_left_out(tmp_path, exercise_path):
    """One row of it, and nbgrader reads none of the others any more."""
    samples = new_course(tmp_path, exercise_path)
    samples.submit("ada", samples.all_solved())
    submitted = os.path.join(os.fsencode(tmp_path), b"submitted")
    shutil.copytree(os.path.join(submitted, b"ada"), os.path.join(submitted, b"bad\xff"))
    done = run("run", "--course", tmp_path)
    assert "submitted/bad?: left out: the name is not text in UTF-8" in done.stderr and set(report(tmp_path)) == {"ada"}
    run("export", "--to", "nbgrader", "--course", tmp_path, check=True)
    with contextlib.closing(sqlite3.connect(tmp_path / "gradebook.db")) as book:
        assert book.execute("SELECT id FROM student").fetchall() == [("ada",)]


def test_an_assignment_s_name_that_is_not_utf8_is_an_error(tmp_path, exercise_path):
    new_course(tmp_path, exercise_path)
    source = os.path.join(os.fsencode(tmp_path), b"source")
    shutil.copytree(os.path.join(source, b"attack"), os.path.join(source, b"bad\xff"))
    done = run("run", "--course", tmp_path)
    assert done.returncode == 2 and "source/bad?: the name is not text in UTF-8" in done.stderr
    shutil.rmtree(os.path.join(source, b"bad\xff"))
    renamed = os.path.join(source, b"attack", b"\xe9.ipynb")
    os.rename(os.path.join(source, b"attack", b"attack.ipynb"), renamed)
    for words in (["run", "--course", tmp_path], ["check", os.fsdecode(renamed)]):
        done = run(*words)
        assert done.returncode == 2 and "source/attack/?.ipynb: the name is not text in UTF-8" in done.stderr


def test_csv_holds_no_formula(graded):
    lines = run("export", "--to", "csv", "--course", graded[0].course, check=True).stdout.splitlines()
    assert '"\'=1+1","attack","graded",10,10,0,0,0' in lines
    assert '"link","attack","ungradable",,,,0,0' in lines


def test_feedback_escapes_what_students_wrote(graded):
    samples = graded[0]
    run("feedback", "--course", samples.course, check=True)
    page = open(os.path.join(samples.course, "feedback", "<b>名前", "attack", "attack.html"), encoding="utf-8").read()
    assert "<script" not in page and "<b>名前" not in page and "&lt;b&gt;名前" in page


def test_nothing_changed_means_nothing_to_run(graded):
    done = run("run", "--course", graded[0].course, "--json")
    assert json.loads(done.stdout) == {"graded": 0, "unchanged": 14, "ungradable": 13, "infrastructure": 0,
                                       "tests_run": 0, "tests_unchanged": 0}


@pytest.mark.parametrize("words, says", [
    ([], "oto-grade release"), (["frobnicate"], "frobnicate"), (["run", "--course", "/nowhere"], "/nowhere"),
    (["run", "--jobs", "many"], "--jobs"), (["run", "--jobs", "0"], "--jobs"), (["run", "--student", "../x"], "../x"),
    (["release", "x.ipynb"], "-o"), (["check", "/nowhere.ipynb"], "/nowhere.ipynb"), (["export", "--to", "lotus"], "--to csv"),
    (["run", "--frob"], "--frob"), (["report", "--course", "/nowhere"], "/nowhere/gradebook.db")])
def test_bad_usage_is_one_clear_error(words, says):
    done = run(*words)
    assert done.returncode == 2 and says in done.stderr


def options_in_the_help():
    """(command, option) for each that the help's first lines about the command name."""
    for command, synopsis in re.findall(r"^    oto-grade (\w+) (.*(?:\n +\[.*)*)", run("help").stdout, re.MULTILINE):
        for option in re.findall(r"--[a-z]+|-o\b", synopsis):
            yield command, option


def test_a_command_takes_what_its_help_names_and_nothing_else(tmp_path):
    named = set(options_in_the_help())
    assert ("run", "--unprotected") in named and ("export", "--anonymous") in named
    for command in {command for command, _ in named}:
        for option in {option for _, option in named}:
            refused = "does not take" in run(command, option, "1", cwd=tmp_path).stderr
            assert refused == ((command, option) not in named), (command, option)


def test_a_commands_own_help_is_that_of_the_list():
    for words in (("run", "--help"), ("help", "run"), ("run", "-h"), ("run", "--course", "x", "--help")):
        done = run(*words)
        assert done.returncode == 0 and "oto-grade run [--course" in done.stdout and "oto-grade report" not in done.stdout
    assert 'no command "rum"' in run("help", "rum").stderr
    assert "oto-grade run [" not in run("run", "--course", "/nowhere", "--slurm", "--", "--help").stdout


def test_a_student_of_whom_nothing_lies_there_is_named(graded):
    done = run("run", "--course", graded[0].course, "--student", "honnest")
    assert done.returncode == 1 and "submitted/honnest" in done.stderr


def test_flags_that_want_a_header_of_their_own_are_taken(tmp_path):
    flags = exercise()
    flags["cells"].insert(2, cell("%cflags -O2"))
    flags["cells"].insert(4, cell("%cflags none"))
    samples = course_of(tmp_path, "flags", flags)
    samples.submit("ada", samples.all_solved())
    run("run", "--course", samples.course, check=True)
    assert report(samples.course)["ada"]["score"] == 10


def test_flags_of_an_answer_change_nothing_and_cost_nothing(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    samples.submit("faster", samples.all_solved(twice="%cflags -O2\n" + samples.solved("twice")))
    samples.submit("there_and_back", samples.all_solved(twice="%cflags -O2\n" + samples.solved("twice"), total="%cflags none\n" + samples.solved("total")))
    run("run", "--course", samples.course, check=True)
    assert {student: entry["score"] for student, entry in report(samples.course).items()} == {"faster": 10, "there_and_back": 10}


def notes_of(samples):
    """{student: what is told of the submission as a whole}"""
    with contextlib.closing(sqlite3.connect(os.path.join(samples.course, "gradebook.db"))) as book:
        return dict(book.execute("SELECT student, notes FROM oto_submission"))


def test_a_notebook_without_any_of_the_answers_is_for_a_person_to_see(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    solved = samples.all_solved()

    def typed_anew(notebook):
        notebook["cells"] = [cell(source) for source in solved.values()]

    def of_another_week(notebook):
        for one in notebook["cells"]:
            if make_samples.grade_id(one):
                one["metadata"]["nbgrader"]["grade_id"] += "-week-2"

    samples.submit("typed_anew", solved, typed_anew)
    samples.submit("another_week", solved, of_another_week)
    samples.submit("honest", solved)
    assert run("run", "--course", samples.course).returncode == 1
    entries = report(samples.course)
    assert entries["honest"]["score"] == 10
    for student in ("typed_anew", "another_week"):
        assert entries[student]["verdict"] == "ungradable" and entries[student]["score"] is None
        assert "none of the exercise's answer cells" in entries[student]["message"]


def test_what_editors_do_to_a_file_changes_nothing(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    solved = samples.all_solved()

    def end_lines_as_windows_does(notebook):
        for one in notebook["cells"]:
            one["source"] = [line.replace("\n", "\r\n") for line in one["source"]]

    path = samples.submit("marked", solved)
    with open(path, "rb") as file:
        data = file.read()
    with open(path, "wb") as file:
        file.write(b"\xef\xbb\xbf" + data)
    samples.submit("windows", solved, end_lines_as_windows_does)
    run("run", "--course", samples.course, check=True)
    assert {student: entry["score"] for student, entry in report(samples.course).items()} == {"marked": 10, "windows": 10}
    assert notes_of(samples) == {"marked": "", "windows": ""}  # and not that the instructor's cells were changed


def test_neither_another_kernel_nor_another_type_of_cell_costs_an_answer_its_points(tmp_path, exercise_path):
    def change(notebook):
        notebook["metadata"]["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
        cells = {make_samples.grade_id(cell): cell for cell in notebook["cells"]}
        cells["twice"]["cell_type"] = "markdown"
        cells["total"]["cell_type"] = "raw"

    samples = new_course(tmp_path, exercise_path)
    samples.submit("ada", samples.all_solved(), change)
    run("run", "--course", samples.course, check=True)
    entry = report(samples.course)["ada"]
    assert (entry["verdict"], entry["score"]) == ("graded", 10), entry
    run("feedback", "--course", samples.course, check=True)
    page = (tmp_path / "feedback" / "ada" / "attack" / "attack.html").read_text()
    assert "is a text cell now; it was graded as code." in page


def test_a_text_beside_the_written_answer_waits_for_a_person(tmp_path):
    source = exercise()
    written = written_cell("Because 2 x is x + x.")
    source["cells"] += [cell("## Why?", kind="markdown"), written, cell("## The end", kind="markdown")]
    samples = course_of(tmp_path, "attack", source)
    where = {"above": (-2, "Because I say so."), "below": (-1, "Because I say so."), "elsewhere": (0, "A note."),
             "behind an empty cell": (-1, "Because I say so."), "retyped": (None, "Because I say so."),
             "deleted": (0, "Because I say so."), "left": (None, None), "deleted and left": (None, None)}
    for student, (at, text) in where.items():
        def change(notebook, student=student, at=at, text=text):
            if at is not None:
                notebook["cells"].insert(len(notebook["cells"]) + at if at else 0, cell(text, kind="markdown"))
            if "empty" in student:
                notebook["cells"].insert(len(notebook["cells"]) - 2, cell("", kind="markdown"))
            if "deleted" in student:
                notebook["cells"] = [c for c in notebook["cells"] if make_samples.grade_id(c) != "why"]
            if student == "retyped":
                answer = next(c for c in notebook["cells"] if make_samples.grade_id(c) == "why")
                make_samples.set_source(answer, text)
                answer.update(cell_type="code", outputs=[], execution_count=None)
        samples.submit(student, samples.all_solved(), change)
    run("run", "--course", samples.course, check=True)
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(run("manual", "--course", samples.course, check=True).stdout))}
    waiting = {student: entry["waiting"] for student, entry in report(samples.course).items()}
    found = {"above", "below", "behind an empty cell", "retyped", "deleted"}
    assert waiting == {student: int(student in found) for student in where}
    assert {student for student, row in rows.items() if row["answer"] == "Because I say so."} == found
    assert rows["left"]["score"] == rows["elsewhere"]["score"] == ""


def test_an_answer_with_a_main_is_told_why_its_tests_do_not_find_it(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    solved = samples.solved("twice")
    samples.submit("program", samples.all_solved(twice=solved + "\nint main(void) {\n    return twice(2) != 4;\n}"))
    samples.submit("words", samples.all_solved(twice=solved + "\n// int main(void) {}"))
    run("run", "--course", samples.course, check=True)
    assert {student: entry["score"] for student, entry in report(samples.course).items()} == {"program": 6, "words": 10}
    notes = notes_of(samples)
    assert 'Answer "twice" defines main' in notes["program"] and notes["words"] == ""


def test_endless_output_costs_no_cell_but_its_own(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    samples.submit("prints", samples.all_solved(twice=samples.stub_with("twice", '    for (;;) printf("%60000d", 1);')))
    run("run", "--course", samples.course, check=True)
    entry = report(samples.course)["prints"]
    assert {cell["grade_id"]: cell["error"] for cell in entry["cells"] if cell["error"]} == {"test-twice": "OutputLimit"}
    assert entry["score"] == 6


@pytest.mark.parametrize("does", ["fesetround(FE_DOWNWARD);", "feenableexcept(FE_DIVBYZERO);", "_mm_setcsr(_mm_getcsr() | 0x8040);"])
def test_how_an_answer_sets_arithmetic_costs_no_part_but_its_own(tmp_path, does):
    source = exercise()
    source["cells"][-1]["source"] += [
        "\nvolatile double zero = 0, half = 7.5, small = 1e-310;\n",
        'oto_check_equal("of arithmetic", 100 * (1 / zero > 0) + 10 * (small / 2 > 0) + (long long)rint(half));']
    samples = course_of(tmp_path, "attack", source)
    if "_mm_" in does and os.uname().machine != "x86_64":
        does = "fesetround(FE_UPWARD);"
    answer = f"#include <fenv.h>\n#ifdef __x86_64__\n#include <xmmintrin.h>\n#endif\ndouble twice(double x) {{\n    {does}\n    return 2 * x;\n}}"
    samples.submit("ada", samples.all_solved(twice=answer))
    run("run", "--course", samples.course, check=True)
    entry = report(samples.course)["ada"]
    assert entry["score"] == 10, entry["cells"]


def test_a_stale_release_is_noticed(tmp_path, exercise_path):
    run("release", exercise_path, "-o", tmp_path, check=True)
    run("release", exercise_path, "-o", tmp_path, "--check", check=True)
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    run("release", exercise_path, "-o", tmp_path, check=True)
    assert before == {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    (tmp_path / "attack.expected").write_bytes(b"old")
    done = run("release", exercise_path, "-o", tmp_path, "--check")
    assert done.returncode == 1 and "attack.expected" in done.stdout


def test_release_says_which_file_students_lack(tmp_path):
    source = exercise()
    source["cells"][1]["source"] = ['oto_exercise("attack");\n', 'FILE *notes = fopen("notes.csv", "r");']
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "attack.ipynb").write_text(json.dumps(source))
    for name in ("notes.csv", "unused.csv"):
        (folder / name).write_text("1,2\n")
    words = ["release", folder / "attack.ipynb", "-o", tmp_path / "release"]
    said = run(*words, check=True).stderr
    assert 'the exercise names "notes.csv", which lies beside its source: copy it to' in said and "unused" not in said
    (tmp_path / "release" / "notes.csv").write_text("1,2\n")
    assert "names" not in run(*words, check=True).stderr


def test_the_released_expectations_hold_no_hidden_check(tmp_path, exercise_path):
    run("release", exercise_path, "-o", tmp_path, "--full", tmp_path / "full", check=True)
    assert b"the secret check" not in (tmp_path / "attack.expected").read_bytes()
    assert b"the secret check" in (tmp_path / "full" / "attack.expected").read_bytes()
    assert "secret" not in (tmp_path / "attack.ipynb").read_text()


def faulty(tmp_path, change):
    notebook = exercise()
    change(notebook["cells"])
    path = tmp_path / "attack.ipynb"
    path.write_text(json.dumps(notebook))
    return run("check", path)


def test_check_proves_an_exercise(tmp_path):
    done = faulty(tmp_path, lambda cells: None)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the exercise holds" in done.stdout and "the square" in done.stdout and "a sum" in done.stdout


def test_a_notebook_without_points_proves_nothing(tmp_path):
    done = faulty(tmp_path, lambda cells: cells.__delitem__(slice(2, None)))
    assert done.returncode == 2 and "no cell has points" in done.stderr and "holds" not in done.stdout


def test_check_says_that_nothing_is_hidden(tmp_path):
    says = "no check is hidden"
    assert says not in faulty(tmp_path, lambda cells: None).stdout
    visible = 'oto_check_close("twice of three", twice(3));'
    assert says in faulty(tmp_path, lambda cells: cells[3].update(source=[visible])).stdout


@pytest.mark.parametrize("index, source, says", [
    (4, "double twice(double x) { return 2 * x; }", "at most 0 was said"),
    (5, "double twice(double x) { return 3 * x; }", "twice of a draw"),
    (3, "assert(twice(1) == 2);", "no check"),
    (3, 'oto_check_close("x", twice(1), .weight = 0);', "all its checks have the .weight 0"),
    (2, "// ### BEGIN SOLUTION\nnonsense\n// ### END SOLUTION", "the solution's own cell"),
    (3, 'oto_check_close("x", 0);\noto_check_close("x", 0);', "two checks are called"),
    (7, 'oto_check_close("twice of a draw", total(NULL, 0));', 'a check in test-twice is called "twice of a draw", too'),
    (7, 'oto_check_close("x", 1);', "gets 6 points without an answer")])
def test_check_finds_what_is_wrong_with_an_exercise(tmp_path, index, source, says):
    done = faulty(tmp_path, lambda cells: cells[index].update(source=[source]))
    assert done.returncode == 1 and says in done.stdout + done.stderr


def faulty_notebook(tmp_path, change):
    notebook = exercise()
    change(notebook)
    path = tmp_path / "attack.ipynb"
    path.write_text(json.dumps(notebook))
    return path


def test_a_source_of_another_kernel_is_an_error(tmp_path):
    path = faulty_notebook(tmp_path, lambda notebook: notebook["metadata"].update(kernelspec={"name": "python3", "language": "python"}))
    done = run("check", path)
    assert done.returncode == 2 and 'kernel "python3" (python); a notebook of the oto kernel (C) is wanted' in done.stderr


@pytest.mark.parametrize("limits, says", [
    ({"cell_second": 3}, 'there is no limit "cell_second"'),
    ({"cell_seconds": "3"}, "cell_seconds must be a number from"),
    ({"memory_mb": 0}, "memory_mb must be a number from 1 to"),
    ([3], "must be an object")])
def test_a_limit_that_would_not_hold_is_an_error(tmp_path, limits, says):
    path = faulty_notebook(tmp_path, lambda notebook: notebook["metadata"]["oto"].update(limits=limits))
    for command in (["check", path], ["release", path, "-o", tmp_path / "release"]):
        done = run(*command)
        assert done.returncode == 2 and "metadata.oto.limits" in done.stderr and says in done.stderr


@pytest.mark.parametrize("change, says", [
    (lambda notebook: notebook["metadata"]["oto"].update(limit={}), 'nothing but "limits"'),
    (lambda notebook: notebook["metadata"].update(oto=[]), 'nothing but "limits"'),
    (lambda notebook: notebook["cells"][4]["metadata"].update(oto={"worng": {"replaces": "twice"}}), '"worng" means nothing; there are goal'),
    (lambda notebook: notebook["cells"][1]["metadata"].update(oto={"demo": "true"}), "metadata.oto.demo must be true or false"),
    (lambda notebook: notebook["cells"][2]["metadata"].update(oto={"goal": 3}), "metadata.oto.goal must be text"),
    (lambda notebook: notebook["cells"][2]["metadata"].update(oto=["demo"]), "metadata.oto must be an object"),
    (lambda notebook: notebook["cells"][3]["metadata"].update(oto={"demo": True}), '"test-twice" is graded or an answer, so it cannot be a demo')])
def test_metadata_that_mean_nothing_are_an_error(tmp_path, change, says):
    path = faulty_notebook(tmp_path, change)
    for command in (["check", path], ["release", path, "-o", tmp_path / "release"]):
        done = run(*command)
        assert done.returncode == 2 and says in done.stderr, done.stdout + done.stderr


ONSETS = 'float times[] = {1, twice(1)};\noto_check_onsets("x", times, 2, .truth = "t");'
CHORDS = 'oto_check_chords("x", oto_labels(OTO_CHORDS, {0, twice(1), "C"}), .truth = "t");'


@pytest.mark.parametrize("check, name, text, says", [
    (ONSETS, "t.txt", "", "holds nothing"), (ONSETS, "t.json", "[]", "holds nothing"), (ONSETS, "t.txt", "# none\n", "holds nothing"),
    (ONSETS, "t.txt", "1\n2,5 x\n", 'line 2: "x" is no number'), (CHORDS, "t.lab", "\n", "holds nothing"),
    (CHORDS, "t.lab", "0 1 H:moll\n", "this is not a chord"), (CHORDS, "t.lab", "0 1\n", "t.lab, line 1")])
def test_a_truth_that_no_answer_could_meet_is_an_error(tmp_path, check, name, text, says):
    path = faulty_notebook(tmp_path, lambda notebook: notebook["cells"][3].update(source=[check]))
    (tmp_path / "attack.truth").mkdir()
    (tmp_path / "attack.truth" / name).write_text(text)
    for command in (["check", path], ["release", path, "-o", tmp_path / "release"]):
        done = run(*command)
        assert done.returncode != 0 and f'the truth of the check "x", ' in done.stderr and says in done.stderr, done.stdout + done.stderr


def set_lines(index, source):
    return lambda notebook: notebook["cells"][index].update(source=[source])


@pytest.mark.parametrize("change, says", [
    (set_lines(3, 'oto_check_close("x", twice(1));\n// ### END HIDDEN TESTS'), '"END HIDDEN TESTS" without "BEGIN HIDDEN TESTS"'),
    (set_lines(3, 'oto_check_close("x", twice(1));\n// ### begin hidden tests\noto_check_close("y", twice(2));'), "no marker"),
    (set_lines(3, 'oto_check_close("x", twice(1));\n// ### BEGIN HIDDEN TEST\noto_check_close("y", twice(2));'), "no marker"),
    (set_lines(2, TWICE.replace("BEGIN", "BEGINN")), '"END SOLUTION" without "BEGIN SOLUTION"'),
    (lambda notebook: notebook["cells"][5]["metadata"].update(tags=["right"], oto={}), 'is tagged "right"'),
    (lambda notebook: notebook["cells"][4]["metadata"].update(tags=["wrong"], oto={"wong": {}}), 'is tagged "wrong"'),
    (lambda notebook: notebook["cells"][4]["metadata"]["oto"]["wrong"].pop("at_most"), 'no "at_most"'),
    (lambda notebook: notebook["cells"][3]["metadata"]["nbgrader"].pop("points"), '"test-twice" is graded')])
def test_what_would_tell_students_too_much_or_count_for_nothing_is_not_released(tmp_path, change, says):
    path = faulty_notebook(tmp_path, change)
    for command in (["check", path], ["release", path, "-o", tmp_path / "release"]):
        done = run(*command)
        assert done.returncode == 2 and says in done.stderr, done.stdout + done.stderr
    assert not (tmp_path / "release" / "attack.ipynb").exists()


@pytest.mark.parametrize("index, source, says", [
    (1, "int provided = 7;", 'no cell says oto_exercise("attack")'),
    (3, 'oto_check_close("x", twice(3));', "test-twice: it draws nothing (oto_seed)"),
    (4, "double twice(double x) { return x * }", 'the known wrong answer "the square" does not compile'),
    (3, 'oto_check_close("x", twice(1), .forbid = "oto_rftt");', 'no known wrong answer uses what "x" forbids (oto_rftt)')])
def test_check_advises_where_nothing_would_be_noticed(tmp_path, index, source, says):
    assert says not in faulty(tmp_path, lambda cells: None).stdout
    done = faulty(tmp_path, lambda cells: cells[index].update(source=[source]))
    assert done.returncode == 0 and f"{says}" in done.stdout, done.stdout + done.stderr


def test_check_advises_of_an_answer_that_nothing_tests(tmp_path):
    answer = cell(TWICE.replace("twice", "thrice"), "twice")
    answer["metadata"]["nbgrader"]["grade_id"] = "thrice"
    done = faulty(tmp_path, lambda cells: cells.append(answer))
    assert done.returncode == 0 and "thrice: no test cell stands behind it" in done.stdout


@pytest.mark.parametrize("grade_id", ["感想", "test twice", "test.twice", "test-twice_2"])
def test_check_advises_of_an_id_that_nbgrader_refuses(tmp_path, grade_id):
    done = faulty(tmp_path, lambda cells: cells[3]["metadata"]["nbgrader"].update(grade_id=grade_id))
    refused = grade_id != "test-twice_2"
    assert done.returncode == 0 and (f'advice: cell 4: nbgrader refuses the grade_id "{grade_id}": ' in done.stdout) == refused
    nbgrader = exercise()["cells"][3]["metadata"]["nbgrader"] | {"grade_id": grade_id}
    with pytest.raises(ValidationError) if refused else contextlib.nullcontext():
        MetadataValidatorV3().validate_cell(NotebookNode(metadata={"nbgrader": nbgrader}, cell_type="code", source=""))


def test_a_rule_that_a_wrong_answer_breaks_needs_no_advice(tmp_path):
    def with_rule(cells):
        cells[3].update(source=['oto_check_close("x", twice(1), .forbid = "pow");'])
        cells[4].update(source=["double twice(double x) { return x * pow(2, x); }"])
    assert "forbids" not in faulty(tmp_path, with_rule).stdout


# ---- what would be overlooked ----

def test_what_lies_under_another_name_is_told(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    renamed = samples.submit("ada", samples.all_solved())
    os.rename(renamed, renamed.replace("attack.ipynb", "attack (1).ipynb"))
    for student in ("babbage", "curie"):
        samples.submit(student, samples.all_solved())
        os.rename(os.path.join(samples.course, "submitted", student, "attack"), os.path.join(samples.course, "submitted", student, "atack"))
    os.makedirs(os.path.join(samples.course, "submitted", "curie", "attack\x1b"))
    done = run("run", "--course", samples.course)
    assert 'attack.ipynb: is missing, but "attack (1).ipynb" lies there; it must be called "attack.ipynb"' in done.stderr
    assert "submitted/babbage/atack: left out: source/ has no assignment of that name (2 students have it)" in done.stderr
    assert "\x1b" not in done.stderr
    assert "left out" not in run("run", "--course", samples.course, "--assignment", "attack").stderr


@pytest.mark.parametrize("left_out", ["babbage/7_attack/", "babbage/attack.ipynb", "-babbage/attack/", "babbage.zip"])
def test_run_says_by_its_status_that_something_was_left_out(tmp_path, exercise_path, left_out):
    samples = new_course(tmp_path, exercise_path)
    samples.submit("ada", samples.all_solved())
    assert run("run", "--course", tmp_path).returncode == 0
    path = tmp_path / "submitted" / left_out
    path.parent.mkdir(exist_ok=True)
    path.mkdir(parents=True) if left_out.endswith("/") else path.write_text("")
    done = run("run", "--course", tmp_path)
    assert done.returncode == 1 and "left out" in done.stderr and "unchanged 1" in done.stdout
    assert run("run", "--course", tmp_path, "--student", "ada").returncode == 0


def test_a_notebook_beside_the_graded_one_is_told(tmp_path, exercise_path):
    """A browser calls what is handed in again "attack (1).ipynb"."""
    samples = new_course(tmp_path, exercise_path)
    handed_in = samples.submit("ada", {})
    folder = os.path.dirname(handed_in)
    for path in (folder, samples.release_folder):
        shutil.copy(handed_in, os.path.join(path, "lesson.ipynb"))
    assert "lesson" not in run("run", "--course", tmp_path, check=True).stderr
    shutil.copy(samples.submit("babbage", samples.all_solved()), os.path.join(folder, "attack (1).ipynb"))
    told = '"attack.ipynb" alone is graded, not "attack (1).ipynb" beside it; what is to be graded must be called "attack.ipynb".'
    page = tmp_path / "feedback" / "ada" / "attack" / "attack.html"
    for counted in ("graded 2", "unchanged 2"):
        done = run("run", "--course", tmp_path, check=True)
        assert f"submitted/ada/attack: {told}" in done.stderr and counted in done.stdout
        run("feedback", "--course", tmp_path, check=True)
        assert html.escape(told) in page.read_text(encoding="utf-8")
    run("feedback", "--course", tmp_path, "--language", "ja", check=True)
    assert "同じフォルダの" in page.read_text(encoding="utf-8")
    for name in ("a\x1b.ipynb", "b.ipynb", "c.ipynb", "d.ipynb"):
        shutil.copy(handed_in, os.path.join(folder, name))
    open(handed_in, "w").close()
    done = run("run", "--course", tmp_path)
    assert 'not "a?.ipynb", "attack (1).ipynb", "b.ipynb", ... beside it' in done.stderr and "ungradable 1" in done.stdout


@pytest.mark.parametrize("name", ["attack.ipynb.txt", "attack.ipynb.json", "attack.json", "answers.ipynb"])
def test_a_notebook_under_another_name_is_named(tmp_path, exercise_path, name):
    samples = new_course(tmp_path, exercise_path)
    path = samples.submit("ada", samples.all_solved())
    os.rename(path, os.path.join(os.path.dirname(path), name))
    for folder in (os.path.dirname(path), samples.source_folder):
        make_samples.write(os.path.join(folder, "a.json"), {})
    done = run("run", "--course", samples.course)
    assert f'attack.ipynb: is missing, but "{name}" lies there; it must be called "attack.ipynb"' in done.stderr


def test_a_missing_timestamp_is_told_where_something_is_due(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    samples.submit("ada", samples.all_solved())
    babbage = samples.submit("babbage", samples.all_solved())
    open(os.path.join(os.path.dirname(babbage), "timestamp.txt"), "w").write("2026-10-09 12:00 UTC")
    run("run", "--course", samples.course, check=True)
    assert "timestamp" not in run("report", "--course", samples.course, check=True).stdout
    make_samples.write(os.path.join(samples.course, "course.json"), {"assignments": {"attack": {"due": "2026-10-10 12:00 UTC"}}})
    lines = run("report", "--course", samples.course, check=True).stdout.splitlines()
    assert [line.split()[0] for line in lines if "no timestamp that can be read, so not late" in line] == ["ada"]


def test_an_export_says_that_its_scores_are_not_final(tmp_path):
    source = exercise()
    written = written_cell()
    source["cells"].append(written)
    samples = course_of(tmp_path, "attack", source)
    samples.submit("ada", samples.all_solved(why="Because."))
    samples.submit("babbage", samples.all_solved())
    run("run", "--course", samples.course, check=True)
    for format in ("csv", "canvas", "moodle"):
        assert "1 of these scores may still rise" in run("export", "--to", format, "--course", samples.course, check=True).stderr
    assert run("export", "--to", "csv", "--student", "babbage", "--course", samples.course, check=True).stderr == ""


def test_an_interrupted_run_says_how_to_go_on(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    for number in range(40):
        samples.submit(f"s{number}", samples.all_solved(twice=f"double twice(double x) {{ return {number} * x; }}"))
    with subprocess.Popen([make_samples.OTO_GRADE, "run", "--course", samples.course, "--jobs", "1"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as running:
        while not running.stderr.readline().startswith("[1/40]"):
            pass
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
    assert running.returncode == 1
    assert re.search(r"interrupted: \d+ of 40 were looked at, and their scores stay; the same command goes on", said)
