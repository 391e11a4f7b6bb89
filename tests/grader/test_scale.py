"""A class as a whole: nothing is lost, nothing is done twice, and neither order nor load decides a score."""

import random
import signal
import subprocess
import time

import pytest

import make_samples
from conftest import new_course, report, run
from repeated import kept, load

COPIES = 10


@pytest.fixture
def course(tmp_path, exercise_path):
    return new_course(tmp_path, exercise_path)


@pytest.mark.parametrize("crash", [None, "    abort();", "    float *freed = malloc(4);\n    free(freed);\n    return *freed;"])
def test_one_submission_is_graded_to_the_same_bytes_in_any_order_and_under_load(course, crash):
    answers = course.all_solved(twice="double twice(double x) { return x * 2 + 1e-3; }")
    if crash:
        answers["total"] = course.stub_with("total", crash)
    names = [f"copy{number}" for number in range(COPIES)]
    for name in random.sample(names, COPIES):
        course.submit(name, answers)
    with load(2):
        run("run", "--course", course.course, "--jobs", "4", check=True)
    found = list(kept(course.course).values())
    assert len(found) == COPIES and all(one == found[0] for one in found)


def test_a_crash_of_the_grader_loses_no_score(course):
    for number in range(6):
        course.submit(f"student{number}", course.all_solved() if number % 2 else {})
    killed = subprocess.Popen([make_samples.OTO_GRADE, "run", "--course", course.course, "--jobs", "2"], stderr=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, text=True)
    while not (line := killed.stderr.readline()).startswith("[1/"):  # the first is graded
        assert line, "the grader ended before it had graded"
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    before = kept(course.course)
    assert before
    done = run("run", "--course", course.course, "--jobs", "2", check=True)
    assert f"unchanged {len(before)}," in done.stdout and f"graded {6 - len(before)}," in done.stdout
    after = kept(course.course)
    assert {student: after[student] for student in before} == before
    assert {student: entry["score"] for student, entry in report(course.course).items()} == {
        f"student{number}": 10 if number % 2 else 0 for number in range(6)}


def test_one_student_s_change_has_one_submission_graded(course):
    for name in ("ada", "babbage", "curie"):
        course.submit(name, course.all_solved())
    run("run", "--course", course.course, check=True)
    course.submit("babbage", course.all_solved(total="double total(const float *x, int n) { return n; }"))
    assert "graded 1, unchanged 2," in run("run", "--course", course.course, check=True).stdout
    assert report(course.course)["babbage"]["score"] == 4 + 3


def test_what_the_solution_s_run_compiled_is_not_used_where_an_answer_means_something_else(course):
    course.submit("narrow", course.all_solved(twice="float twice(float x) { return 2 * x; }"))
    course.submit("whole", course.all_solved(twice="int twice(int x) { return 2 * x; }"))
    course.submit("macro", course.all_solved(twice="#define twice(x) (2 * (x))"))
    run("run", "--course", course.course, "--jobs", "2", check=True)
    scores = {student: entry["score"] for student, entry in report(course.course).items()}
    assert scores == {"narrow": 10, "whole": 6, "macro": 10}


def test_a_time_limit_is_not_the_machine_s_load(course):
    """Half a second of work in a limit of three, while many others want the processors."""
    course.submit("slow", course.all_solved(
        twice="double twice(double x) {\n    clock_t start = clock();\n    while (clock() - start < CLOCKS_PER_SEC / 4) {}\n    return 2 * x;\n}"))
    with load(16):
        time.sleep(0.2)
        run("run", "--course", course.course, check=True)
    assert report(course.course)["slow"]["score"] == 10
