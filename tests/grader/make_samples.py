#!/usr/bin/env python3
"""Makes a small course with one assignment and sample submissions.

    make_samples.py COURSE [SOLUTION.ipynb]

The submissions are made from the solution notebook itself: its solutions, its known wrong and other right answers, and
the release's own cells with something bad in the stub's place. They stand for what a class hands in.
"""
import copy
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OTO_GRADE = os.environ.get("OTO_GRADE", os.path.join(ROOT, "build", "bin", "oto-grade"))
STUB = '// YOUR CODE HERE\n    assert(!"this part is not written yet");'
# Few, so that the sample that loops for ever does not take long.
CELL_SECONDS = int(os.environ.get("CELL_SECONDS", "3"))


def source_of(cell):
    return "".join(cell["source"])


def set_source(cell, source):
    cell["source"] = source.splitlines(keepends=True)


def grade_id(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def is_answer(cell):
    nbgrader = cell["metadata"].get("nbgrader", {})
    return nbgrader.get("solution", False) and not nbgrader.get("grade", False)


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(path, notebook):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(notebook, file, indent=1, ensure_ascii=False, sort_keys=True)
        file.write("\n")


class Samples:
    """A course folder with one assignment, into which submissions are written."""

    def __init__(self, course, solution, cell_seconds=CELL_SECONDS):
        self.course = course
        self.name = os.path.splitext(os.path.basename(solution))[0]
        self.solution = read(solution)
        limits = {"cell_seconds": cell_seconds}
        self.solution["metadata"].setdefault("oto", {}).setdefault("limits", {}).update(limits)
        self.source_folder = os.path.join(course, "source", self.name)
        self.release_folder = os.path.join(course, "release", self.name)
        path = os.path.join(self.source_folder, self.name + ".ipynb")
        write(path, self.solution)
        subprocess.run([OTO_GRADE, "release", path, "-o", self.release_folder, "--full", os.path.join(course, "expected")],
                       check=True, stdout=subprocess.DEVNULL)
        self.release = read(os.path.join(self.release_folder, self.name + ".ipynb"))
        self.answers = [grade_id(cell) for cell in self.release["cells"] if is_answer(cell)]

    def variants(self, kind, answer):
        """The sources of the known wrong or other right answers in an answer's place."""
        found = [(cell["metadata"].get("oto", {}).get(kind), cell) for cell in self.solution["cells"]]
        return [source_of(cell) for variant, cell in found if variant and variant["replaces"] == answer]

    def solved(self, answer):
        """The solution as a student would write it: without the instructor's markers."""
        source = next(source_of(cell) for cell in self.solution["cells"] if grade_id(cell) == answer)
        return "\n".join(line for line in source.split("\n") if "BEGIN SOLUTION" not in line and "END SOLUTION" not in line)

    def stub_with(self, answer, statement):
        """The release's cell with a statement in the stub's place."""
        source = next(source_of(cell) for cell in self.release["cells"] if grade_id(cell) == answer)
        lines = source.split("\n")
        at = next(i for i, line in enumerate(lines) if "YOUR CODE HERE" in line)
        return "\n".join(lines[:at] + [statement] + lines[at + 2:])

    def submit(self, student, answers, change=None):
        """Hands in the release with these answers (grade_id: source); change(notebook) may do anything else."""
        notebook = copy.deepcopy(self.release)
        for cell in notebook["cells"]:
            if grade_id(cell) in answers:
                set_source(cell, answers[grade_id(cell)])
        if change:
            change(notebook)
        path = os.path.join(self.course, "submitted", student, self.name, self.name + ".ipynb")
        write(path, notebook)
        return path

    def all_solved(self, **but):
        answers = {answer: self.solved(answer) for answer in self.answers}
        answers.update({answer.replace("_", "-"): source for answer, source in but.items()})
        return answers


def make(course, solution):
    samples = Samples(course, solution)
    first, second, third = samples.answers[0], samples.answers[2], samples.answers[-1]
    samples.submit("solution", samples.all_solved())
    samples.submit("untouched", {})
    right = {answer: (samples.variants("right", answer) or [samples.solved(answer)])[0] for answer in samples.answers}
    samples.submit("right_another_way", right)
    for number, wrong in enumerate([[first], [second, third], samples.answers[1:]], 1):
        answers = samples.all_solved()
        answers.update({answer: samples.variants("wrong", answer)[0] for answer in wrong if samples.variants("wrong", answer)})
        samples.submit(f"partly_wrong_{number}", answers)
    bad = {
        "crashes": "    *(volatile int *)0 = 1;",
        "loops": "    for (volatile unsigned i = 0;; i++) {}",
        "does_not_compile": "    retrun 1",
        "calls_exit": "    exit(0);",
    }
    for student, statement in bad.items():
        answers = samples.all_solved()
        answers[second] = samples.stub_with(second, statement)
        samples.submit(student, answers)
    return samples


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    solution = sys.argv[2] if len(sys.argv) == 3 else os.path.join(ROOT, "solutions", "01_sound.ipynb")
    shutil.rmtree(os.path.join(sys.argv[1], "submitted"), ignore_errors=True)
    samples = make(sys.argv[1], solution)
    print(f"{sys.argv[1]}: {samples.name}, {len(os.listdir(os.path.join(sys.argv[1], 'submitted')))} submissions")


if __name__ == "__main__":
    main()
