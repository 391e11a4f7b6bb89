"""Notebooks of week 1 graded in a second, beside nbgrader with the same kernel; what a second job brings; processor time."""

import statistics

from courses import Course
from table import Fact, Row
from tools import nbgrader, oto_grade

# Of ours enough that the start of a run and its last notebook, for which a second job has nothing to do, are a small part.
THEIRS, OURS, TURNS = 4, 60, 3


def measure():
    with Course(OURS) as course, Course(THEIRS) as theirs:
        nbgrader(theirs, "generate_assignment", theirs.samples.name, "--force")
        nbgrader(theirs, "autograde", theirs.samples.name, "--student", theirs.students[0])
        oto_grade(course, "--student", course.students[0])  # what the solution observes is known from here on
        peers, their_cpu, one, two, cpu = [], [], [], [], []
        for _ in range(TURNS):
            took = nbgrader(theirs, "autograde", theirs.samples.name, "--force")
            peers.append(took.seconds / THEIRS)
            their_cpu.append((took.cpu or 0) / THEIRS)
            took = oto_grade(course, "--again", "--jobs", "2")
            two.append(took.seconds / OURS)
            took = oto_grade(course, "--again", "--jobs", "1")
            one.append(took.seconds / OURS)
            cpu.append((took.cpu or 0) / OURS)
    theirs, their_cpu, one, two, cpu = map(statistics.median, (peers, their_cpu, one, two, cpu))
    entries = [
        Row("notebooks of week 1 in a second, 2 jobs", "1/s", 1 / two, "nbgrader 0.9.6", 1 / theirs, 20, more_is_better=True),
        Row("the same, 1 job", "1/s", 1 / one, "nbgrader 0.9.6", 1 / theirs, 10, more_is_better=True),
        Fact("2 jobs beside 1", f"{one / two:.2f} times as fast", "1.8", one / two >= 1.8),
    ]
    if cpu:  # counted by a control group, where the machine has them
        entries += [
            Row("processor time of a notebook", "ms", 1e3 * cpu, "nbgrader 0.9.6", 1e3 * their_cpu, 10, closing=False),
            Fact("processor time of a notebook of week 1", f"{1e3 * cpu:.0f} ms", "about 200 ms", cpu <= 0.22),
        ]
    return entries
