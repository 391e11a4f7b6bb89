"""Courses of honest submissions to week 1, no two of them alike."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(ROOT / "tests/grader"))
import make_samples

# An answer that computes for seven seconds, in either grader: it would hide what grading costs.
LEFT_OUT = "loudest_bin"
WEEK_1 = ROOT / "solutions/01_sound.ipynb"


class Course:
    """A course folder that is gone when it is closed, with so many submissions to a solution notebook."""

    def __init__(self, students, solution=WEEK_1):
        self.folder = tempfile.TemporaryDirectory(prefix="oto-bench-grader-")
        self.path = self.folder.name
        os.chmod(self.path, 0o755)  # a sandbox has a user of its own, who must reach the files that are shipped
        self.samples = make_samples.Samples(self.path, str(solution))
        shutil.copy(ROOT / "autograder/nbgrader_config.py", self.path)
        self.students = [f"student{number:03}" for number in range(students)]
        for number, student in enumerate(self.students):
            self.samples.submit(student, self.answers(number))

    def answers(self, number):
        """What a student writes: for each part the solution, or another right or wrong answer, under a name of its own."""
        chosen = {}
        for place, answer in enumerate(self.samples.answers):
            variants = [self.samples.solved(answer)]
            variants += self.samples.variants("right", answer) + self.samples.variants("wrong", answer)
            variants = [source for source in variants if LEFT_OUT not in source]
            source = variants[(number * (2 * place + 1) + number // 7) % len(variants)]
            chosen[answer] = f"// part {place + 1}, by student {number}\n{source}"
        return chosen

    def close(self):
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
