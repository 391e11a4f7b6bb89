"""Grading the same again: all that is kept of a class, and processors that have other work meanwhile."""
import contextlib
import multiprocessing
import os
import sqlite3


def kept(course):
    """{student: all that the gradebook of the course folder holds about it}"""
    found = {}
    with sqlite3.connect(os.path.join(course, "gradebook.db")) as book:
        for table in ("oto_submission", "oto_cell", "oto_check"):
            for student, *row in book.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4"):
                found.setdefault(student, []).append(row[:-1] if table == "oto_submission" else row)  # but for graded_at
    return found


def burn():
    while True:
        pass


@contextlib.contextmanager
def load(count):
    """So many processes that want a processor all the time."""
    processes = [multiprocessing.Process(target=burn, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
