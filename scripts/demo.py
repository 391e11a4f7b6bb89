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
sys.path.insert(0, str(ROOT / "tests/grader"))
from make_samples import Samples  # noqa: E402

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


def make_course():
    """-> [(student, what it is, least score, greatest score)]"""
    shutil.rmtree(COURSE, ignore_errors=True)
    samples = Samples(str(COURSE), str(SOLUTION))
    graded = [cell["metadata"].get("nbgrader", {}) for cell in samples.solution["cells"]]
    # Points that a program can give; the text of part 5 is for a person to read.
    points = {row["grade_id"]: row["points"] for row in graded if row.get("grade") and row["cell_type"] == "code"}
    total = sum(points.values())
    right = samples.all_solved()

    def without(*tests):
        return total - sum(points[test] for test in tests)

    def exactly(*tests):
        return without(*tests), without(*tests)

    def wrong(*answers):
        return right | {answer: samples.variants("wrong", answer)[0] for answer in answers}

    def broken(answer, statement):
        return right | {answer: samples.stub_with(answer, f"    {statement}")}

    begun = {answer: right[answer] for answer in ("sine", "adsr", "mix")}
    rows = [  # student, what was handed in, answers, least score, greatest score
        ("ada", "the solution", right, total, total),
        ("ben", "the release, untouched", {}, 0, 0),
        ("chie", "parts 1 and 2 only", begun, *exactly("test-melody", "test-levels", "test-find")),
        ("dora", "a cosine for a sine", wrong("sine"), without("test-sine"), total - 0.1),
        ("emil", "two wrong: mix and levels", wrong("mix", "levels"), without("test-mix", "test-levels"), total - 0.1),
        ("fay", "melody writes to NULL", broken("melody", "*(volatile int *)NULL = 1;"), *exactly("test-melody")),
        ("goro", "levels loops for ever", broken("levels", "while (true) {}"), *exactly("test-levels")),
        ("hana", "mix does not compile", broken("mix", "retrun 1"), *exactly("test-mix")),
        ("ivo", "sine calls exit(0)", broken("sine", "exit(0);"), *exactly("test-sine")),
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
    return 0 if grade(make_course()) else 1


if __name__ == "__main__":
    sys.exit(main())
