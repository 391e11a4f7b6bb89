"""What the sandbox costs a submission: the same engine runs one small cell, inside it and without."""

import os
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from courses import Course
from table import Fact
from tools import ENVIRONMENT, GRADE

OPEN, CELL, DONE = 160, 161, 178  # autograder/job.h
TURNS = 25
BWRAP = "/usr/bin/bwrap"

# Stands in bwrap's place once, and keeps its command and its filter.
RECORDER = """#!/bin/sh
printf '%s\\0' "$@" >{folder}/command
cat <&5 >{folder}/filter
exec {bwrap} "$@" 5<{folder}/filter
"""


def record(kind, **fields):
    body = struct.pack("<HH", kind, len(fields))
    for name, value in fields.items():
        kind_of, data = {
            str: lambda: (b"s", value.encode()),
            int: lambda: (b"i", struct.pack("<q", value)),
            float: lambda: (b"d", struct.pack("<d", value)),
        }[type(value)]()
        body += bytes([len(name)]) + name.encode() + kind_of + struct.pack("<I", len(data)) + data
    return struct.pack("<I", len(body)) + body


def next_kind(file):
    (length,) = struct.unpack("<I", file.read(4))
    return struct.unpack("<H", file.read(length)[:2])[0]


def converse(command, seccomp, environment):
    """-> the seconds from the start to the end of a session with one cell."""
    ours, theirs = os.pipe(), os.pipe()
    filter = os.open(seccomp, os.O_RDONLY)

    def place():
        high = [os.dup2(fd, 40 + i) for i, fd in enumerate((ours[0], theirs[1], filter))]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)

    began = time.perf_counter()
    process = subprocess.Popen(command, preexec_fn=place, pass_fds=(3, 4, 5), env=environment, stderr=subprocess.PIPE)
    for fd in (ours[0], theirs[1], filter):
        os.close(fd)
    with os.fdopen(theirs[0], "rb") as answers, os.fdopen(ours[1], "wb") as jobs:
        jobs.write(record(OPEN, seconds=10.0, memory=512 << 20, output=1 << 20, variable="OTO_SEED=1"))
        jobs.write(record(CELL, number=1, source="int x = 1;"))
        jobs.flush()
        while next_kind(answers) != DONE:
            pass
    process.communicate()
    return time.perf_counter() - began


def measure():
    with Course(1) as course, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chmod(folder, 0o777)
        fake = folder / "bwrap"
        fake.write_text(RECORDER.format(folder=folder, bwrap=BWRAP))
        fake.chmod(0o755)
        path = f"{folder}:{os.environ['PATH']}"
        subprocess.run([GRADE, "run", "--course", course.path], env=ENVIRONMENT | {"PATH": path}, check=True, capture_output=True)
        sandboxed = [BWRAP, *(folder / "command").read_text().split("\0")[:-1]]
        alone = sandboxed[sandboxed.index("--") + 1 :]
        seccomp = folder / "filter"
        pairs = []
        for _ in range(TURNS):
            inside = converse(sandboxed, seccomp, {"PATH": "/usr/bin:/bin"})
            pairs.append((inside, converse(alone, seccomp, ENVIRONMENT)))
    inside, alone = (1e3 * statistics.median(side) for side in zip(*pairs))
    return [
        Fact("the sandbox, of a submission", f"{inside - alone:.0f} ms ({inside:.0f} with it, {alone:.0f} without)",
             "30 ms at most", inside - alone <= 30)
    ]
