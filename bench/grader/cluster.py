"""Slurm: one node and four, all on this machine, and what it costs to merge what they graded."""

import os
import shutil
import sqlite3
import stat
import sys
import tempfile

from courses import ROOT, Course
from table import Fact
from tools import ENVIRONMENT, oto_grade

sys.path.insert(1, str(ROOT / "tests/grader"))
import slurm_daemons

STUDENTS, NODES = 24, 4
CLASSES = [250, 500, 1000]
SHARD = 20


def nodes():
    if slurm_daemons.missing() or os.geteuid() != 0:
        why = ", ".join(slurm_daemons.missing()) or "root's rights"
        return Fact(f"1 to {NODES} Slurm nodes", f"not measured: {why} missing", "1.8", False)
    with Course(STUDENTS) as course, tempfile.TemporaryDirectory() as folder:
        slurm = slurm_daemons.Slurm(folder, NODES)
        try:
            slurm.start()
            oto_grade(course, "--student", course.students[0])
            one, all_of_them = (
                oto_grade(course, "--again", "--slurm", "--", *words, environment=slurm.environment | ENVIRONMENT
                          | {"SLURM_CONF": slurm.environment["SLURM_CONF"]}).seconds
                for words in (["--nodelist=n0"], [])
            )
        finally:
            slurm.stop()
    times = one / all_of_them
    return Fact(f"1 to {NODES} Slurm nodes, on {os.cpu_count()} processors", f"{times:.2f} times as fast", "1.8", times >= 1.8)


def fill_shard(path, pattern, students):
    """A shard's gradebook in which each of these students has the pattern's rows."""
    shutil.copy(pattern, path)
    with sqlite3.connect(path) as book:
        for table in ("oto_check", "oto_cell", "oto_submission"):
            rows = book.execute(f"SELECT * FROM {table} WHERE student = 'student000'").fetchall()
            book.execute(f"DELETE FROM {table}")
            places = ", ".join("?" * len(rows[0]))
            book.executemany(f"INSERT INTO {table} VALUES ({places})", ((name, *row[1:]) for name in students for row in rows))


def merging():
    """Shards that are done already are merged by a command that finds an empty queue."""
    took = []
    with Course(1) as course, tempfile.TemporaryDirectory() as folder:
        oto_grade(course)
        pattern = os.path.join(folder, "pattern.db")
        shutil.copy(os.path.join(course.path, "gradebook.db"), pattern)
        queue = os.path.join(folder, "squeue")
        with open(queue, "w") as file:
            file.write("#!/bin/sh\n")
        os.chmod(queue, os.stat(queue).st_mode | stat.S_IXUSR)
        environment = ENVIRONMENT | {"PATH": f"{folder}:{os.environ['PATH']}"}
        base = min(oto_grade(course, "--slurm", environment=environment).seconds for _ in range(3))
        for students in CLASSES:
            shards = os.path.join(course.path, "shards")
            os.mkdir(shards)
            for number in range(students // SHARD):
                names = [f"merged{number * SHARD + i}" for i in range(SHARD)]
                fill_shard(f"{shards}/{number}.db", pattern, names)
                for ending in ("list", "done"):
                    open(f"{shards}/{number}.{ending}", "w").close()
            took.append(oto_grade(course, "--slurm", environment=environment).seconds - base)
    each = [1e3 * seconds / students for seconds, students in zip(took, CLASSES)]
    seen = ", ".join(f"{ms:.2f} ms each of {students}" for ms, students in zip(each, CLASSES))
    return Fact("merging what nodes graded", seen, "linear", each[-1] < 1.5 * each[0])


def measure():
    return [nodes(), merging()]
