"""Small mistakes in a solution cost points: two in each answer of week 1, others every day of the week. All of them are
`oto-grade check solutions/NN.ipynb --mutants 1000`; what came out stands in solutions/README.md."""
import datetime
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OTO_GRADE = os.environ.get("OTO_GRADE", ROOT / "build" / "bin" / "oto-grade")


def test_small_mistakes_in_week_1_cost_points():
    turn = 1 + datetime.date.today().weekday()
    words = [OTO_GRADE, "check", ROOT / "solutions" / "01_sound.ipynb", "--mutants", "2", "--seed", str(turn)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
