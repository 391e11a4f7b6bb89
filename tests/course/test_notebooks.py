"""Every notebook of the course runs from top to bottom, as Jupyter runs it, and keeps the house rules."""

import functools
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))
# A lesson takes at most this long on two cores (the course's own limit), so with a start of JupyterLab's kernel.
LESSON_SECONDS = 60


def named(paths):
    return pytest.mark.parametrize("path", [pytest.param(p, id=f"{p.parent.name}/{p.stem}") for p in paths])


def tags(cell):
    return cell.metadata.get("tags", [])


@functools.cache
def run(path):
    """The executed notebook, run once for all tests. Cells that only the autograder reads (known right and wrong answers) are left out."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not {"wrong", "right"} & set(cell.metadata.get("oto", {}))]
    NotebookClient(notebook, kernel_name="oto", timeout=LESSON_SECONDS, resources={"metadata": {"path": path.parent}}).execute()
    return notebook


def errors(cell):
    return [output.ename for output in cell.get("outputs", []) if output.output_type == "error"]


def mimes(cell):
    return {mime for output in cell.get("outputs", []) for mime in output.get("data", {})}


@named(LESSONS)
@pytest.mark.timeout(LESSON_SECONDS * 2)
def test_lesson_runs(path):
    notebook = run(path)
    # nbclient stops at an error unless its cell is tagged; what is tagged shows an error on purpose, so it must.
    for cell in notebook.cells:
        if "raises-exception" in tags(cell):
            assert errors(cell), f"no error where the lesson promises one:\n{cell.source}"


@named([path for path in LESSONS if not path.name.startswith("00_")])
@pytest.mark.timeout(LESSON_SECONDS * 2)
def test_lesson_plays_and_shows(path):
    shown = run(path)
    html = "".join(str(o.data.get("text/html", "")) for c in shown.cells for o in c.get("outputs", []) if "data" in o)
    pictures = [cell for cell in shown.cells if {"image/png", "image/svg+xml"} & mimes(cell) or "<img" in str(cell)]
    assert "<audio" in html
    assert pictures


@named(SOLUTIONS)
@pytest.mark.timeout(300)
def test_solution_runs_without_an_error(path):
    failed = [cell.source for cell in run(path).cells if errors(cell)]
    assert not failed


@named(LESSONS + SOLUTIONS + EXERCISES)
def test_notebook_is_valid_and_clean(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert notebook.nbformat == 4
    assert notebook.metadata.kernelspec.name == "oto"
    for cell in notebook.cells:
        assert not cell.get("outputs"), f"an output is committed:\n{cell.source}"
        assert cell.get("execution_count") is None


@named(LESSONS)
def test_code_cells_of_a_lesson_are_short(path):
    long = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code" and c.source.count("\n") >= 15]
    assert not long


@named(SOLUTIONS)
def test_every_week_has_its_lesson_and_exercise(path):
    assert (ROOT / "lessons" / path.name).exists()
    assert (ROOT / "exercises" / path.name).exists()


@named(EXERCISES)
def test_exercise_holds_no_solution(path):
    text = path.read_text()
    assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)", text)
    assert '"wrong"' not in text and "oto.wrong" not in text
