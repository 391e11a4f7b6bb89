"""A class of 300: what a second run costs when nothing has changed, and one submission a hundred times."""

import multiprocessing
import os
import random
import sqlite3

from courses import Course
from table import Fact
from tools import oto_grade

STUDENTS, COPIES = 300, 100


def regrade():
    with Course(STUDENTS) as course:
        oto_grade(course)
        seconds = min(oto_grade(course).seconds for _ in range(3))
    return Fact(f"regrade of {STUDENTS}, nothing changed", f"{seconds:.2f} s", "under 2 s", seconds < 2)


def burn():
    while True:
        pass


def rows(course):
    """For each student all that the gradebook holds."""
    found = {}
    with sqlite3.connect(os.path.join(course.path, "gradebook.db")) as book:
        for table in ("oto_submission", "oto_cell", "oto_check"):
            for student, *row in book.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4"):
                found.setdefault(student, []).append(row)
    return found


def same_bytes():
    with Course(0) as course:
        answers = course.answers(5)
        for number in random.sample(range(COPIES), COPIES):
            course.samples.submit(f"copy{number:03}", answers)
        load = [multiprocessing.Process(target=burn, daemon=True) for _ in range(os.cpu_count())]
        for process in load:
            process.start()
        oto_grade(course)
        for process in load:
            process.kill()
        kinds = {repr(one) for one in rows(course).values()}
    return Fact(f"one submission {COPIES} times, under load", f"{len(kinds)} result", "identical bytes", len(kinds) == 1)


def measure():
    return [regrade(), same_bytes()]
