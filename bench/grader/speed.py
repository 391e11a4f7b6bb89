"""Notebooks of week 1 graded in a second, beside nbgrader with the same kernel; what a second job brings; processor time."""

import statistics

from courses import Course
from table import Fact, Row
from tools import nbgrader, oto_grade

THEIRS, OURS, TURNS = 4, 24, 3


def measure():
    with Course(OURS) as course, Course(THEIRS) as theirs:
        nbgrader(theirs, "generate_assignment", theirs.samples.name, "--force")
        nbgrader(theirs, "autograde", theirs.samples.name, "--student", theirs.students[0])
        oto_grade(course, "--student", course.students[0])  # what the solution observes is known from here on
        peers, one, two, cpu = [], [], [], []
        for _ in range(TURNS):
            peers.append(nbgrader(theirs, "autograde", theirs.samples.name, "--force").seconds / THEIRS)
            took = oto_grade(course, "--again", "--jobs", "2")
            two.append(took.seconds / OURS)
            took = oto_grade(course, "--again", "--jobs", "1")
            one.append(took.seconds / OURS)
            if took.cpu is not None:
                cpu.append(took.cpu / OURS)
    theirs, one, two = map(statistics.median, (peers, one, two))
    cpu = statistics.median(cpu) if cpu else float("nan")
    return [
        Row("notebooks of week 1 in a second, 2 jobs", "1/s", 1 / two, "nbgrader 0.9.6", 1 / theirs, 20, more_is_better=True),
        Row("the same, 1 job", "1/s", 1 / one, "nbgrader 0.9.6", 1 / theirs, 10, more_is_better=True),
        Fact("2 jobs beside 1", f"{one / two:.2f} times as fast", "1.8", one / two >= 1.8),
        Fact("processor time of a notebook of week 1", f"{1e3 * cpu:.0f} ms", "about 200 ms", cpu <= 0.22),
    ]
