"""`make demo`: lesson 1 runs in the terminal, then sample submissions of exercise 1 are graded and shown in a table.

The submissions are made from the exercise with answers of its solution notebook: right ones, known wrong ones, and
ones that break. Each row says what the score must be; the demo ends with status 1 when one is not.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
COURSE = Path(os.environ.get("OTO_DEMO", ROOT / "build/demo"))
GRADE = ROOT / "build/bin/oto-grade"
LESSON = ROOT / "lessons/01_sound.ipynb"
SOLUTION = ROOT / "solutions/01_sound.ipynb"
WEEK = "01_sound"


def show_output(output):
    """What a terminal can show of an output: text, and the names of what it cannot."""
    if output.output_type == "stream":
        text = output.text
    elif output.output_type == "error":
        text = "\n".join(output.traceback)
    else:
        text = output.data.get("text/plain", "")
        richer = sorted(set(output.data) - {"text/plain"})
        if "<audio" in output.data.get("text/html", ""):
            richer.append("player")
        if richer:
            text = f"{text}  [{', '.join(richer)}]"
    lines = text.rstrip("\n").split("\n")
    for line in lines[:6]:
        print(f"      {line[:150]}")
    if len(lines) > 6:
        print(f"      ... {len(lines) - 6} more lines")


def run_lesson():
    notebook = nbformat.read(LESSON, as_version=4)
    client = NotebookClient(notebook, kernel_name="oto", timeout=60, resources={"metadata": {"path": LESSON.parent}})
    began = time.monotonic()
    count = 0
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "markdown":
                for heading in re.findall(r"^#+ .*", cell.source, re.M):
                    print(f"\n{heading}")
                continue
            count += 1
            client.execute_cell(cell, index)
            print(f"  [{cell.execution_count}] {cell.source.splitlines()[0][:110]}")
            for output in cell.outputs:
                show_output(output)
    print(f"\n{LESSON.name}: {count} cells in {time.monotonic() - began:.1f} s\n")


class Samples:
    """The submissions, made from the exercise and the answers that the solution notebook holds."""

    def __init__(self):
        self.solution = nbformat.read(SOLUTION, as_version=4)
        graded = [cell.metadata.nbgrader for cell in self.solution.cells if "nbgrader" in cell.metadata]
        self.answer_cells = [row.grade_id for row in graded if row.solution and row.cell_type == "code"]
        # Points that a program can give; the text of part 5 is for a person to read.
        self.points = {row.grade_id: row.points for row in graded if row.grade and row.cell_type == "code"}
        self.total = sum(self.points.values())

    def answer(self, name):
        cell = next(c for c in self.solution.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)
        return "\n".join(line for line in cell.source.split("\n") if "### " not in line)

    def wrong(self, name):
        """The first known wrong answer."""
        for cell in self.solution.cells:
            variant = cell.metadata.get("oto", {}).get("wrong", {})
            if variant.get("replaces") == name:
                return cell.source
        raise SystemExit(f"demo: {SOLUTION.name} has no wrong answer for {name}")

    def broken(self, name, statement):
        """The answer with a statement as its first."""
        return self.answer(name).replace("{\n", "{\n    " + statement + "\n", 1)

    def submit(self, student, answers):
        """Puts COURSE/submitted/STUDENT/WEEK/WEEK.ipynb there; answer cells that are not named stay as released."""
        notebook = nbformat.read(COURSE / "release" / WEEK / f"{WEEK}.ipynb", as_version=4)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in answers:
                cell.source = answers[name]
        folder = COURSE / "submitted" / student / WEEK
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{WEEK}.ipynb")


def make_course(samples):
    """-> [(student, what it is, least score, greatest score)]"""
    shutil.rmtree(COURSE, ignore_errors=True)
    source = COURSE / "source" / WEEK
    source.mkdir(parents=True)
    shutil.copy(SOLUTION, source)
    subprocess.run([GRADE, "release", source / SOLUTION.name, "-o", COURSE / "release" / WEEK], check=True, stdout=subprocess.DEVNULL)

    right = {name: samples.answer(name) for name in samples.answer_cells}
    total, points = samples.total, samples.points

    def without(*tests):
        return total - sum(points[test] for test in tests)

    rows = [
        # fmt: off
        ("ada", "the solution", right, total, total),
        ("ben", "the release, untouched", {}, 0, 0),
        ("chie", "parts 1 and 2 only", {n: right[n] for n in ("sine", "adsr", "mix")}, *[without("test-melody", "test-levels", "test-find")] * 2),
        ("dora", "a cosine for a sine", right | {"sine": samples.wrong("sine")}, without("test-sine"), total - 0.1),
        ("emil", "two wrong: mix and levels", right | {n: samples.wrong(n) for n in ("mix", "levels")}, without("test-mix", "test-levels"), total - 0.1),
        ("fay", "melody writes to NULL", right | {"melody": samples.broken("melody", "*(volatile int *)NULL = 1;")}, *[without("test-melody")] * 2),
        ("goro", "levels loops for ever", right | {"levels": samples.broken("levels", "while (true) {}")}, *[without("test-levels")] * 2),
        ("hana", "mix does not compile", right | {"mix": samples.broken("mix", "double factor = pow(10, gain_a / 20")}, *[without("test-mix")] * 2),
        ("ivo", "sine calls exit(0)", right | {"sine": samples.broken("sine", "exit(0);")}, *[without("test-sine")] * 2),
        # fmt: on
    ]
    for student, _, answers, _, _ in rows:
        samples.submit(student, answers)
    return [(student, what, least, most) for student, what, _, least, most in rows]


def grade(rows):
    """Runs the grader, prints the table; -> whether every score is what it must be and every feedback page is there."""
    began = time.monotonic()
    subprocess.run([GRADE, "run", "--course", COURSE, "--jobs", "2"], check=True)
    seconds = time.monotonic() - began
    subprocess.run([GRADE, "feedback", "--course", COURSE], check=True, stdout=subprocess.DEVNULL)
    report = subprocess.run([GRADE, "report", "--course", COURSE, "--json"], check=True, capture_output=True).stdout
    graded = {row["student"]: row for row in json.loads(report)}

    print(f"\n{'student':8} {'what was handed in':28} {'score':>9}  {'must be':>13}  remark")
    all_right = True
    for student, what, least, most in rows:
        row = graded[student]
        page = COURSE / "feedback" / student / WEEK / f"{WEEK}.html"
        right = row["verdict"] == "graded" and least - 1e-9 <= row["score"] <= most + 1e-9 and page.exists()
        all_right &= right
        errors = [f"{cell['error']} in {cell['grade_id']}" for cell in row["cells"] if cell["error"]]
        must = f"{least}" if least == most else f"{least} to {most}"
        score = f"{row['score']:.4g} of {row['points']:g}"
        print(f"{student:8} {what:28} {score:>9}  {must:>13}  {'' if right else 'WRONG '}{errors[0] if errors else ''}")
    print(f"\n{len(rows)} submissions in {seconds:.1f} s; feedback pages: {COURSE}/feedback/STUDENT/{WEEK}/{WEEK}.html")
    return all_right


def main():
    run_lesson()
    samples = Samples()
    rows = make_course(samples)
    return 0 if grade(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
