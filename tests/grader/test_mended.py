"""Parts behind one that broke: they run once more, with the instructor's version of its answer, where that may earn them points, and
where it cannot they do not. What runs is counted by a program called bwrap, first in the PATH, that writes down each start."""
from pathlib import Path

import pytest

from conftest import course_of, report, run
from test_layers import BWRAP, machine  # noqa: F401 (a fixture)
from test_stays import CALLS, FAILS, SUM, exercise, student_of

#: case: (answers, points of "total", sandboxes: one that ends with the cell that fails, one with a way back, mended ones)
CASES = {
    "nothing": ({}, 6, 1),
    "nothing else is wrong": ({"twice": FAILS}, 6, 2),
    "another is wrong by itself": ({"twice": FAILS, "total": SUM.replace("i = 0", "i = 1")}, 3, 2),
    "another calls it": ({"twice": FAILS, "total": CALLS}, 6, 3),
}


@pytest.fixture()
def counting(machine):  # noqa: F811
    """(environment, the file that has a line for each sandbox started in it)"""
    environment = machine(f'#!/bin/sh\necho >>"${{0%/*}}/starts"\nexec {BWRAP} "$@"\n')
    starts = Path(environment["PATH"].split(":")[0]) / "starts"
    starts.touch()
    starts.chmod(0o666)  # a sandbox may start as a user of its own
    return environment, starts


def test_what_depends_on_a_broken_answer_runs_again(tmp_path_factory, counting):
    environment, starts = counting
    samples = course_of(tmp_path_factory.mktemp("mended"), "mended", exercise())
    samples.submit("solved", samples.all_solved())
    run("run", "--course", samples.course, check=True)
    found = {}
    for name, (answers, _, _) in CASES.items():
        samples.submit(student_of(name), samples.all_solved(**answers))
        starts.write_text("")
        run("run", "--course", samples.course, "--student", student_of(name), check=True, env=environment)
        cells = report(samples.course)[student_of(name)]["cells"]
        total = next(cell["score"] for cell in cells if cell["grade_id"] == "test-total")
        found[name] = (total, len(starts.read_text()) - 1)  # one asks what holds on this machine
    assert found == {name: case[1:] for name, case in CASES.items()}
