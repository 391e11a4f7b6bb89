"""A student hands in again: only the tests whose score depends on what changed run, and the gradebook says what it would if
everything had run again. Each case is a student of one class, with the answers before and after."""
import os
import re
import sqlite3

import pytest

from conftest import cell, course_of, notebook, run
from repeated import kept
from test_layers import ARGUMENTS, BWRAP, WITHOUT, machine  # noqa: F401 (a fixture)


def answer(grade_id, head, body):
    made = cell(f"{head} {{\n    // ### BEGIN SOLUTION\n    {body}\n    // ### END SOLUTION\n}}", grade_id)
    made["metadata"]["nbgrader"]["solution"] = True
    return made


def seeded(number, rest):
    return f"oto_seed(oto_exercise_seed() + {number});\n{rest}"


def exercise():
    return notebook([
        cell('oto_exercise("stays");'),
        cell("double draw(double low, double high) { return low + (high - low) * oto_uniform(); }"),
        answer("twice", "double twice(double x)", "return 2 * x;"),
        cell(seeded(1, 'double x = draw(1, 2);\noto_check_close("twice", twice(x));\noto_check_close("of none", twice(0));'),
             "test-twice", points=4),
        answer("total", "double total(const float *x, int n)", "double s = 0;\n    for (int i = 0; i < n; i++) s += x[i];\n    return s;"),
        cell(seeded(2, 'float x[20];\nfor (int i = 0; i < 20; i++) x[i] = draw(-1, 1);\n'
                       'oto_check_close("total", total(x, 20));\noto_check_close("total of none", total(x, 0));'), "test-total", points=6),
        cell("double shared[] = {3, 1, 2};"),
        answer("largest", "double largest(double *x, int n)", "double m = x[0];\n    for (int i = 1; i < n; i++) m = fmax(m, x[i]);\n    return m;"),
        cell('oto_check_close("largest", largest(shared, 3));', "test-largest", points=2),
        answer("first", "double first(const double *x)", "return x[0];"),
        cell('oto_check_close("first", first(shared));', "test-first", points=2),
        answer("noise", "void noise(float *x, int n)", "for (int i = 0; i < n; i++) x[i] = oto_uniform();"),
        cell(seeded(3, 'float noisy[8];\nnoise(noisy, 8);\noto_check_array("noise", noisy, 8);'), "test-noise", points=2),
    ], oto={"limits": {"cell_seconds": 3}})


TWICE = "double twice(double x) {\n    return x + x;\n}"
SORTS = ("double largest(double *x, int n) {\n    for (int i = 1; i < n; i++)\n        if (x[i] > x[0]) x[0] = x[i];\n"
         "    return x[0];\n}")
SUM = "double total(const float *x, int n) {\n    double s = 0;\n    for (int i = 0; i < n; i++) s += x[i];\n    return s;\n}"
ZEROES = SORTS.replace("return x[0];\n}", "double m = x[0];\n    x[0] = 0;\n    return m;\n}")
CALLS = SUM.replace("s += x[i]", "s += twice(x[i]) / 2")
FAILS = "double twice(double x) {\n    assert(x > 5);\n    return 2 * x;\n}"

COUNTS = "double twice(double x) {\n    %s\n    if (calls++ > 0) return 0;\n    return 2 * x;\n}"
START_0, START_1 = "enum { START = 0 };\n" + TWICE, "enum { START = 1 };\n" + TWICE
FROM_START = SUM.replace("i = 0", "i = START")
DOUBLE, INT = "typedef double number;\n" + TWICE, "typedef int number;\n" + TWICE
OF_NUMBERS = SUM.replace("double s", "number s")
PAIR = "struct pair { %s value; };\n" + TWICE
OF_PAIRS = SUM.replace("double s = 0", "struct pair p = {0};\n    double s = 0").replace("s += x[i]", "p.value = x[i], s += p.value")

#: case: (answers before, answers after, tests that run then)
APART = {
    "another way": ({}, {"twice": TWICE}, 1),
    "a mistake": ({}, {"twice": TWICE.replace("+", "*")}, 1),
    "a mistake mended": ({"total": SUM.replace("i = 0", "i = 1")}, {}, 1),
    "the last one": ({}, {"noise": "void noise(float *x, int n) {\n    for (int i = 0; i < n; i++) x[i] = 0;\n}"}, 1),
    "two of them": ({}, {"twice": TWICE, "total": SUM.replace("double s", "float s")}, 2),
    "a helper": ({}, {"twice": "static double half(double x) { return x / 2; }\ndouble twice(double x) { return 4 * half(x); }"}, 1),
    "a helper gone": ({"twice": "double add(double x, double y) { return x + y; }\ndouble twice(double x) { return add(x, x); }"}, {}, 1),
    "called by another": ({"total": CALLS}, {"total": CALLS, "twice": TWICE.replace("x + x", "3 * x")}, 2),
    "no longer called": ({"total": CALLS}, {"total": SUM}, 1),
    "the same array": ({}, {"first": "double first(const double *x) {\n    return *x;\n}"}, 2),
    "the array changed": ({}, {"largest": ZEROES}, 2),
    "it prints": ({}, {"twice": TWICE.replace("return", 'printf("%g\\n", x);\n    return')}, 1),
    "it draws": ({}, {"twice": TWICE.replace("return", "oto_uniform();\n    return")}, 1),
    "it fails now": ({}, {"twice": FAILS}, 1),
    "it failed before": ({"twice": FAILS}, {}, 1),
    "another's constant": ({"twice": START_0, "total": FROM_START}, {"twice": START_1, "total": FROM_START}, 2),
    "another's type": ({"twice": DOUBLE, "total": OF_NUMBERS}, {"twice": INT, "total": OF_NUMBERS}, 2),
    "another's struct": ({"twice": PAIR % "double", "total": OF_PAIRS}, {"twice": PAIR % "int", "total": OF_PAIRS}, 2),
    "another fails": ({"twice": FAILS}, {"twice": FAILS, "total": SUM.replace("i = 0", "i = 1")}, 2),
}

#: what reaches beyond an answer's functions: everything runs again
WHOLE = {
    "it keeps a count": TWICE.replace("return", "static int calls;\n    if (calls++ > 0) return 0;\n    return"),
    "a word on two lines": COUNTS % "sta\\\ntic int calls;",
    "behind a raw string": COUNTS % 'puts(R"(")"); static int calls; puts(R"(")");',
    "a variable of a type of its own": "struct counter { int n; };\nstruct counter count = {0};\n"
                                       + TWICE.replace("return", "if (count.n++ > 0) return 0;\n    return"),
    "a variable": "int calls;\n" + TWICE.replace("return", "calls++;\n    return"),
    "a macro": "#define PLUS +\n" + TWICE.replace("+", "PLUS"),
    "a setting": "%config mode fast\n" + TWICE,
    "the instructor's function": "double draw(double low, double high) { return low; }\n" + TWICE,
    "the instructor's array": "double shared[3] = {9, 9, 9};\n" + TWICE,
    "another answer's function": TWICE + "\nfloat total(const float *x, int n) { return 0; }",
    "a test's variable": "double x(void) { return 1; }\ndouble twice(double y) {\n    return y + y * x();\n}",
    "C's own generator": TWICE.replace("return", "srand(3);\n    return"),
    "a file": TWICE.replace("return", 'fclose(fopen("left", "w"));\n    return'),
    "the library's settings": TWICE.replace("return", "oto_set_tuning(442);\n    return"),
    "what errors do": TWICE.replace("return", "oto_on_error(NULL, NULL);\n    return"),
    "a constructor": "__attribute__((constructor)) void early(void) { shared[0] = 7; }\n" + TWICE,
    "it does not compile": "double twice(double x) {\n    retrun 2 * x;\n}",
    # One instruction, so that it is stopped at the same place each time.
    "no end": TWICE.replace("return", "for (;;) {}\n    return"),
    "it ends the program": TWICE.replace("return", "raise(SIGKILL);\n    return"),
    "it leaves": TWICE.replace("return", "exit(0);\n    return"),
}
#: those of them that also matter when it is the answer before that had them
UNDONE = ("it keeps a count", "a variable", "a macro", "the instructor's array", "it ends the program")
CASES = {**APART, **{name: ({}, {"twice": source}, None) for name, source in WHOLE.items()},
         **{f"{name}, before": ({"twice": WHOLE[name]}, {"twice": TWICE}, None) for name in UNDONE}}


def student_of(name):
    return re.sub(r"\W+", "_", name)


def submit(samples, cases, when):
    for name, case in cases.items():
        samples.submit(student_of(name), samples.all_solved(**case[when]))


def ran_again(output):
    """{student: tests that ran}, of those of whom not all did."""
    return {student: int(ran) for student, ran in re.findall(r"\] (\w+): .*, (\d+) of \d+ tests run again", output)}


def before_after_and_whole(folder, source, cases):
    """What a class's scores are after all have handed in again, which tests ran, and the scores after all ran again."""
    samples = course_of(folder, "stays", source)
    submit(samples, cases, 0)
    run("run", "--course", samples.course, "--jobs", "2", check=True)
    submit(samples, cases, 1)
    done = run("run", "--course", samples.course, "--jobs", "2", check=True)
    after = kept(samples.course)
    run("run", "--course", samples.course, "--jobs", "2", "--again", check=True)
    return ran_again(done.stderr), after, kept(samples.course)


@pytest.fixture(scope="module")
def handed_in_again(tmp_path_factory):
    return before_after_and_whole(tmp_path_factory.mktemp("stays"), exercise(), CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_gradebook_says_what_it_would_if_everything_had_run(handed_in_again, name):
    _, after, whole = handed_in_again
    assert after[student_of(name)] == whole[student_of(name)]


@pytest.mark.parametrize("name", CASES)
def test_what_depends_on_the_change_runs(handed_in_again, name):
    assert handed_in_again[0].get(student_of(name)) == CASES[name][2]


def test_a_score_that_an_answer_spoils_through_an_array_is_found_again(handed_in_again):
    scores = {row[3]: row[6] for row in handed_in_again[1]["the_array_changed"] if len(row) > 12 and row[4] == "test"}
    assert scores == {"test-twice": 4, "test-total": 6, "test-largest": 2, "test-first": 0, "test-noise": 2}


def left_behind():
    """Tests of which the second uses what the first, or a cell before, has made known besides functions and variables."""
    return notebook([
        cell('oto_exercise("left");'),
        cell("#define LATER 3\ndouble provided[] = {1, 2};\ntypedef double exact;"),
        answer("half", "double half(double x)", "return x / 2;"),
        cell('#include <ctype.h>\n#define LATER 5\n%cflags -DSIX=6\noto_check_close("half", half(provided[0]));', "test-half", points=1),
        answer("third", "double third(double x)", "return x / 3;"),
        cell('struct point { double x; };\nenum { FOUR = 4 };\nstruct point p = {3};\noto_check_close("third", third(p.x));',
             "test-third", points=1),
        answer("fourth", "double fourth(double x)", "return x / 4;"),
        cell('exact x = LATER;\noto_check_close("fourth", fourth(x));', "test-fourth", points=1),
        answer("fifth", "double fifth(double x)", "return x / 5;"),
        cell('struct point q = {FOUR};\noto_check_close("fifth", fifth(q.x));', "test-fifth", points=1),
        answer("sixth", "double sixth(double x)", "return x / 6;"),
        cell('oto_check_close("sixth", sixth(toupper(97)));', "test-sixth", points=1),
        answer("seventh", "double seventh(double x)", "return x / 7;"),
        cell('double seven = 1;\n#ifdef SIX\nseven += SIX;\n#endif\noto_check_close("seventh", seventh(seven));',
             "test-seventh", points=1),
    ])


LEFT_BEHIND = {
    "a macro and a type": ({}, {"fourth": "double fourth(double x) { return 0.25 * x; }"}, 3),
    "a struct and an enumerator": ({}, {"fifth": "double fifth(double x) { return x * (1 / 5.); }"}, 5),
    "a header": ({}, {"sixth": "double sixth(double x) { return x * (1 / 6.); }"}, 4),
    "a setting": ({}, {"seventh": "double seventh(double x) { return x * (1 / 7.); }"}, 3),
}


@pytest.fixture(scope="module")
def left_behind_again(tmp_path_factory):
    return before_after_and_whole(tmp_path_factory.mktemp("left"), left_behind(), LEFT_BEHIND)


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_what_a_later_test_wants_of_an_earlier_one_is_there(left_behind_again, name):
    ran, after, whole = left_behind_again
    student = student_of(name)
    assert (ran.get(student), after[student]) == (LEFT_BEHIND[name][2], whole[student])


def together():
    """Tests that hang together by what is left behind: the generator, a variable of a test's, a function of a test's."""
    return notebook([
        cell('oto_exercise("together");'),
        answer("twice", "double twice(double x)", "return 2 * x;"),
        cell('double x = 3;\noto_check_close("twice", twice(x));', "test-twice", points=1),
        answer("half", "double half(double x)", "return x / 2;"),
        cell('oto_check_close("half", half(x));', "test-half", points=1),
        answer("third", "double third(double x)", "return x / 3;"),
        cell('oto_check_close("third", third(oto_uniform()));', "test-third", points=1),
        cell("double start = oto_uniform();\ndouble noisy(double x) { return x + oto_uniform(); }"),
        answer("fifth", "double fifth(double x)", "return x / 5;"),
        cell('oto_seed(2);\noto_check_close("fifth", fifth(start));', "test-fifth", points=1),
        cell("double table[] = {1, 2};\ndouble drawn(int i) { return table[i] + oto_uniform(); }"),
        cell('printf("%g\\n", drawn(0));'),
        answer("sixth", "double sixth(double x)", "return x / 6;"),
        cell('oto_seed(2);\noto_check_close("sixth", sixth(oto_uniform()));', "test-sixth", points=1),
    ])


SIXTH = {"sixth": "double sixth(double x) { return x * (1 / 6.); }"}


TOGETHER = {
    "the variable's": ({}, {"twice": TWICE}, 4),
    "the user's": ({}, {"half": "double half(double x) { return 0.5 * x; }"}, 4),
    "one that draws": ({}, {"twice": TWICE.replace("return", "oto_uniform();\n    return")}, 4),
    "the drawer's": ({}, {"third": "double third(double x) { return x * (1 / 3.); }"}, 4),
    "behind the instructor's draw": ({}, {"fifth": "double fifth(double x) { return 0.2 * x; }"}, 4),
    "a seeded one": ({}, SIXTH, 1),
}


@pytest.fixture(scope="module")
def together_again(tmp_path_factory):
    return before_after_and_whole(tmp_path_factory.mktemp("together"), together(), TOGETHER)


@pytest.mark.parametrize("name", TOGETHER)
def test_tests_that_hang_together_run_together(together_again, name):
    ran, after, whole = together_again
    student = student_of(name)
    assert (ran.get(student), after[student]) == (TOGETHER[name][2], whole[student])


@pytest.fixture
def small(tmp_path):
    samples = course_of(tmp_path, "together", together())
    samples.submit("ada", samples.all_solved())
    return samples


def ran(samples, *words, **options):
    done = run("run", "--course", samples.course, *words, check=True, **options)
    return done.stdout


def test_what_stays_is_counted(small):
    ran(small)
    small.submit("ada", small.all_solved(**SIXTH))
    small.submit("babbage", {})
    assert ran(small) == "graded 2, unchanged 0, ungradable 0, infrastructure 0; of the tests 6 run, 4 unchanged\n"
    assert ran(small) == "graded 0, unchanged 2, ungradable 0, infrastructure 0\n"


# An sbatch that runs the job at once, and a squeue that knows of no other.
SBATCH = """#!/bin/bash
SLURM_ARRAY_TASK_ID=0 sh "${@: -1}" >> "$SAID"
"""


def test_a_node_runs_what_changed(small, tmp_path):
    for name, script in (("sbatch", SBATCH), ("squeue", "#!/bin/sh\n")):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    said = tmp_path / "said"
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SAID": str(said)}
    ran(small, "--slurm", env=environment)
    small.submit("ada", small.all_solved(**SIXTH))
    ran(small, "--slurm", env=environment)
    ran(small, "--slurm", "--again", env=environment)
    graded = "graded 1, unchanged 0, ungradable 0, infrastructure 0"
    assert said.read_text().splitlines() == [graded, f"{graded}; of the tests 1 run, 4 unchanged", graded]


def test_a_gradebook_of_an_earlier_version_has_no_keys_and_everything_runs(small):
    ran(small)
    with sqlite3.connect(os.path.join(small.course, "gradebook.db")) as book:
        book.execute("ALTER TABLE oto_cell DROP COLUMN key")
    small.submit("ada", small.all_solved(twice=TWICE))
    assert "of the tests" not in ran(small)
    small.submit("ada", small.all_solved(twice=TWICE, **SIXTH))
    assert "of the tests 1 run, 4 unchanged" in ran(small)


def test_a_file_in_a_folder_that_the_exercise_ships_is_part_of_it(small):
    folder = os.path.join(small.source_folder, "data", "deep")
    os.makedirs(folder)
    for content in ("one", "two"):
        with open(os.path.join(folder, "table.csv"), "w", encoding="utf-8") as file:
            file.write(content)
        assert "graded 1, unchanged 0" in ran(small)
    assert "graded 0, unchanged 1" in ran(small)


def test_what_was_graded_without_protection_is_graded_again_under_it(small, machine):  # noqa: F811
    out, instead = ARGUMENTS["network namespace"]
    bare = {"env": machine(WITHOUT.format(out=out, instead=instead, bwrap=BWRAP))}
    assert "graded 1, unchanged 0" in ran(small, "--unprotected", **bare)
    assert "graded 0, unchanged 1" in ran(small, "--unprotected", **bare)
    assert "graded 1, unchanged 0, ungradable 0, infrastructure 0\n" in ran(small)
    assert "graded 0, unchanged 1" in ran(small, "--unprotected", **bare)
    small.submit("ada", small.all_solved(**SIXTH))
    assert "of the tests" not in ran(small, "--unprotected", **bare)
    small.submit("ada", small.all_solved())
    assert "of the tests" not in ran(small)
