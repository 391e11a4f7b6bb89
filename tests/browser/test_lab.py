"""Week 1 in the real JupyterLab, in a real browser: what a student does, and what the student sees."""

import nbformat
import pytest
from lab import ROOT

pytestmark = pytest.mark.timeout(300)
LESSON = nbformat.read(ROOT / "lessons/01_sound.ipynb", as_version=4)
EXERCISE = nbformat.read(ROOT / "exercises/01_sound.ipynb", as_version=4)
SOLUTION = nbformat.read(ROOT / "solutions/01_sound.ipynb", as_version=4)


def grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def index_of(notebook, wanted):
    return next(i for i, cell in enumerate(notebook.cells) if grade_id(cell) == wanted)


def answer(wanted):
    """The solution's answer, without the marks around it."""
    cell = SOLUTION.cells[index_of(SOLUTION, wanted)]
    return "\n".join(line for line in cell.source.split("\n") if "### " not in line)


def known_wrong_answer(replaces):
    variants = (cell for cell in SOLUTION.cells if "wrong" in cell.metadata.get("oto", {}))
    return next(cell.source for cell in variants if cell.metadata.oto.wrong.replaces == replaces)


def test_lesson_plays_and_shows_a_spectrogram(open_notebook):
    notebook = open_notebook("lessons/01_sound.ipynb")
    notebook.run_all(seconds=120)

    prompts = notebook.page.locator(".jp-CodeCell .jp-InputPrompt").all_text_contents()
    assert prompts and all(prompt.strip("[]: ").isdigit() for prompt in prompts), "a cell did not run"
    assert notebook.page.locator('.jp-OutputArea [data-mime-type*="error"]').count() == 0

    # A player whose sound the browser can decode: it knows how long it lasts.
    player = notebook.page.locator(".jp-OutputArea audio").first
    player.scroll_into_view_if_needed()
    notebook.page.wait_for_function("player => player.duration > 0", arg=player.element_handle(), timeout=20_000)
    notebook.screenshot("lesson_player")

    spectrogram = next(i for i, cell in enumerate(LESSON.cells) if cell.cell_type == "code" and "spectrogram" in cell.source)
    picture = notebook.show(spectrogram).locator(".jp-OutputArea img").last
    picture.scroll_into_view_if_needed()
    width, height = picture.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert width > 300 and height > 150
    notebook.screenshot("lesson_spectrogram")


def test_exercise_says_red_then_green(open_notebook):
    notebook = open_notebook("exercises/01_sound.ipynb")
    for name in ("exercise", "provided"):
        notebook.run(index_of(EXERCISE, name))
    answer_cell, test_cell = index_of(EXERCISE, "sine"), index_of(EXERCISE, "test-sine")

    def verdicts():
        notebook.run(answer_cell)
        notebook.run(test_cell)
        shown = notebook.show(test_cell)
        return [shown.locator(f".oto-check-{verdict}").count() for verdict in ("passed", "failed")]

    notebook.replace(answer_cell, known_wrong_answer("sine"))
    passed, failed = verdicts()
    red = notebook.cell(test_cell).locator(".oto-check-failed").first
    red.scroll_into_view_if_needed()
    assert failed > 0
    assert "✗" in red.inner_text()
    notebook.screenshot("exercise_red")

    notebook.replace(answer_cell, answer("sine"))
    passed, failed = verdicts()
    green = notebook.cell(test_cell).locator(".oto-check-passed").first
    green.scroll_into_view_if_needed()
    assert passed > 0 and failed == 0
    assert "✓" in green.inner_text()
    notebook.screenshot("exercise_green")
