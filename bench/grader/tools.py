"""The two graders as commands, and what a command took."""

import ctypes
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass

from courses import ROOT

GRADE = str(ROOT / "build/bin/oto-grade")
PR_SET_CHILD_SUBREAPER = 36


@dataclass
class Took:
    seconds: float  # of the wall
    cpu: float  # processor seconds of all processes that it started
    output: str


def collect():
    """Waits for orphans, so that their processor time is counted."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command, **options):
    """Runs a command to its end, all that it starts included; a failure ends the benchmark."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before, began = cpu_of_children(), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    seconds = time.perf_counter() - began
    time.sleep(0.2)
    collect()
    if done.returncode:
        sys.exit(f"bench-grader: {' '.join(command)} ended with status {done.returncode}:\n{done.stdout[-4000:]}")
    return Took(seconds, cpu_of_children() - before, done.stdout)


def oto_grade(course, *words):
    return run([GRADE, "run", "--course", course.path, *words], env=os.environ | {"OTO_ROOT": str(ROOT / "build")})


def nbgrader(course, *words):
    environment = os.environ | {"JUPYTER_PATH": str(ROOT / "build/share/jupyter"), "OTO_ROOT": str(ROOT / "build")}
    environment["PATH"] = os.path.dirname(sys.executable) + os.pathsep + environment["PATH"]  # it runs alembic
    return run([sys.executable, "-m", "nbgrader", *words], cwd=course.path, env=environment)
