"""Each exercise is what its solution makes, and one of them a day is proved as an author proves it: the solution gets full
marks with five seeds, the release nothing, each known wrong answer what it says at most, each other right one everything."""
import datetime
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OTO_GRADE = os.environ.get("OTO_GRADE", ROOT / "build" / "bin" / "oto-grade")
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))


def must(*words, seconds):
    done = subprocess.run([OTO_GRADE, *words], capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_the_exercise_is_what_its_solution_makes(path):
    must("release", path, "-o", ROOT / "exercises", "--check", seconds=300)


@pytest.mark.timeout(1200)
def test_the_exercise_of_the_day_holds():
    path = SOLUTIONS[datetime.date.today().toordinal() % len(SOLUTIONS)]
    must("check", path, seconds=1200)
