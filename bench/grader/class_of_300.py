"""A class of 300: what a second run costs when nothing has changed, and one submission a hundred times."""

import os
import random

from courses import Course  # which makes tests/grader importable
from repeated import kept, load
from table import Fact
from tools import oto_grade

STUDENTS, COPIES = 300, 100


def regrade():
    with Course(STUDENTS) as course:
        oto_grade(course)
        seconds = min(oto_grade(course).seconds for _ in range(3))
    return Fact(f"regrade of {STUDENTS}, nothing changed", f"{seconds:.2f} s", "under 2 s", seconds < 2)


def same_bytes():
    with Course(0) as course:
        answers = course.answers(5)
        for number in random.sample(range(COPIES), COPIES):
            course.samples.submit(f"copy{number:03}", answers)
        with load(os.cpu_count()):
            oto_grade(course)
        kinds = {repr(one) for one in kept(course.path).values()}
    return Fact(f"one submission {COPIES} times, under load", f"{len(kinds)} result", "identical bytes", len(kinds) == 1)


def measure():
    return [regrade(), same_bytes()]
