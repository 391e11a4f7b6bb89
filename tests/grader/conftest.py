"""A small exercise of two parts, on which attacks and bad submissions are tried, and the programs to try them with."""
import json
import os
import subprocess
import sys

import pytest

import make_samples

sys.path.append(os.path.join(make_samples.ROOT, "tests"))  # what all parts share

PROVIDED = 'oto_exercise("attack");\nint provided = 7;'
TWICE = "double twice(double x) {\n    // ### BEGIN SOLUTION\n    return 2 * x;\n    // ### END SOLUTION\n}"
TOTAL = ("double total(const float *x, int n) {\n    // ### BEGIN SOLUTION\n    double sum = 0;\n"
         "    for (int i = 0; i < n; i++) sum += x[i];\n    return sum;\n    // ### END SOLUTION\n}")
TEST_TWICE = ('oto_seed(oto_exercise_seed() + 1);\noto_check_close("twice of a draw", twice(1 + oto_uniform()), .hint = "x + x");\n'
              '// ### BEGIN HIDDEN TESTS\noto_check_close("the secret check", twice(-3 - oto_uniform()));\n// ### END HIDDEN TESTS')
TEST_TOTAL = ('oto_seed(oto_exercise_seed() + 2);\nfloat numbers[20];\nfor (int i = 0; i < 20; i++) numbers[i] = oto_uniform();\n'
              'oto_check_close("total of twenty", total(numbers, 20));\noto_check_close("total of none", total(numbers, 0));')


def cell(source, grade_id=None, points=None, kind="code", **metadata):
    if grade_id:
        metadata["nbgrader"] = {"grade": points is not None, "solution": grade_id in ("twice", "total"), "task": False,
                                "locked": points is not None, "grade_id": grade_id, "schema_version": 3, "cell_type": kind}
        if points is not None:
            metadata["nbgrader"]["points"] = points
    made = {"cell_type": kind, "id": grade_id or f"c{len(source)}", "metadata": metadata, "source": source.splitlines(keepends=True)}
    if kind == "code":
        made.update(outputs=[], execution_count=None)
    return made


def written_cell(source="YOUR ANSWER HERE"):
    """A text of 2 points that a person grades, called "why"."""
    made = cell(source, "why", points=2, kind="markdown")
    made["metadata"]["nbgrader"].update(solution=True, locked=False)
    return made


def notebook(cells, **metadata):
    kernelspec = {"name": "oto", "language": "c", "display_name": "C (Oto)"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernelspec, **metadata}, "cells": cells}


def exercise():
    return notebook([
        cell("# Two parts", "text", kind="markdown"),
        cell(PROVIDED),
        cell(TWICE, "twice"),
        cell(TEST_TWICE, "test-twice", points=4),
        cell("double twice(double x) { return x * x; }", oto={"wrong": {"replaces": "twice", "name": "the square", "at_most": 0}}),
        cell("double twice(double x) { return x + x; }", oto={"right": {"replaces": "twice", "name": "a sum"}}),
        cell(TOTAL, "total"),
        cell(TEST_TOTAL, "test-total", points=6),
    ], oto={"limits": {"memory_mb": 1500, "notebook_seconds": 60}})


def run(*words, check=False, **options):
    done = subprocess.run([make_samples.OTO_GRADE, *map(str, words)], capture_output=True, text=True, timeout=600, **options)
    if check and done.returncode != 0:
        pytest.fail(f"oto-grade {' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def report(course):
    """{student: entry of the report}"""
    return {entry["student"]: entry for entry in json.loads(run("report", "--course", course, "--json", check=True).stdout)}


@pytest.fixture(scope="session")
def exercise_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("exercise") / "attack.ipynb"
    path.write_text(json.dumps(exercise()))
    return path


def new_course(folder, exercise_path):
    os.chmod(folder, 0o755)
    return make_samples.Samples(str(folder), str(exercise_path))


STUDENTS = ("ada", "babbage", "curie")


def course_of_three(folder, exercise_path):
    """The folder of a course in which all STUDENTS handed in what is right."""
    samples = new_course(folder, exercise_path)
    for student in STUDENTS:
        samples.submit(student, samples.all_solved())
    return samples.course


def course_of(folder, name, source):
    """A course in the folder, of the exercise that is this notebook."""
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(source))
    (folder / "course").mkdir()
    return new_course(folder / "course", path)
