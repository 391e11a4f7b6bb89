"""What a cell's author sees in JupyterLab while writing and running C: completions, values, errors, bars, input."""

import re

import nbformat
import pytest
from lab import NotebookPage
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.timeout(300)
CELLS = {
    "define": "typedef struct { int index; double weight; } Item;\nItem item = {3, 0.5}, *first = &item;\n// how often\nint count = 42;",
    "member": "item.",
    "arrow": "first->",
    "use": "count + 1",
    "crash": 'int *fill(int n) {\n    int *p = malloc(4);\n    const char *note = "<img src=x onerror=alert(1)>";\n'
    "    p[n] = 1; // <script>alert(1)</script>\n    return p;\n}\nint outer(int n) { return *fill(n); }\nouter(3)",
    "compile": "int x = ;\nfoo(1);",
    "bars": 'OtoProgress epochs = oto_progress(3, "epoch");\nfor (int e = 0; e < 3; e++) {\n'
    '    OtoProgress batches = oto_progress(4, "batch <b>");\n'
    "    for (int b = 0; b < 4; b++) { usleep(50000); oto_progress_step(&batches, \"loss %.2f\", 0.5); }\n"
    "    oto_progress_step(&epochs);\n}",
    "ask": 'char name[40];\nprintf("Your name: ");\nscanf("%39s", name);\nprintf("Hello %s\\n", name);',
    "endless": "int turns = 0;\nfor (;;) turns++;",
    "after": "count",
}
INDEX = {name: i for i, name in enumerate(CELLS)}


@pytest.fixture(scope="module")
def notebook(server, browser):
    """One notebook for all tests of this file, with its first cell run."""
    kernelspec = {"name": "oto", "display_name": "C (Oto)", "language": "c"}
    made = new_notebook(cells=[new_code_cell(source) for source in CELLS.values()], metadata={"kernelspec": kernelspec})
    nbformat.write(made, server.folder / "cells.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    notebook = NotebookPage(page, server.url("cells.ipynb"))
    notebook.run(INDEX["define"])
    yield notebook
    page.close()


@pytest.fixture(autouse=True)
def picture(notebook, request):
    """How the page looked when the test ended is kept."""
    yield
    notebook.screenshot(request.node.name)


def editor(notebook, name):
    return notebook.show(INDEX[name]).locator(".cm-content")


def outputs(notebook, name):
    return notebook.show(INDEX[name]).locator(".jp-OutputArea-output")


@pytest.mark.parametrize("cell", ["member", "arrow"])
def test_tab_lists_the_members_with_their_types(notebook, cell):
    editor(notebook, cell).click()
    notebook.page.keyboard.press("Control+End")
    notebook.page.keyboard.press("Tab")
    completer = notebook.page.locator(".jp-Completer:visible")
    completer.wait_for(timeout=20_000)
    assert completer.locator(".jp-Completer-match").all_text_contents() == ["index", "weight"]
    assert completer.locator(".jp-Completer-typeExtended").first.text_content() in ("member", "int")
    notebook.screenshot(f"completer_{cell}")
    notebook.page.keyboard.press("Escape")


def test_shift_tab_shows_declaration_comment_and_value(notebook):
    editor(notebook, "use").click(position={"x": 10, "y": 8})
    notebook.page.keyboard.press("Shift+Tab")
    tooltip = notebook.page.locator(".jp-Tooltip")
    tooltip.wait_for(timeout=20_000)
    for part in ("int count", "how often", "42"):
        assert part in tooltip.inner_text()
    notebook.screenshot("tooltip")
    notebook.page.keyboard.press("Escape")


def test_the_mouse_over_a_name_shows_type_and_value(notebook):
    box = editor(notebook, "use").bounding_box()
    notebook.page.mouse.move(box["x"] + 80, box["y"] + 200)
    notebook.page.mouse.move(box["x"] + 20, box["y"] + 12)
    tooltip = notebook.page.locator(".oto-hover")
    tooltip.wait_for(timeout=20_000)
    assert "int count = 42" in tooltip.inner_text()
    notebook.screenshot("hover")
    notebook.page.mouse.move(box["x"] + 400, box["y"] + 300)
    tooltip.wait_for(state="detached", timeout=20_000)


def test_the_mouse_over_a_comment_or_a_string_shows_nothing(notebook):
    box = editor(notebook, "crash").locator(".cm-line").nth(3).bounding_box()
    notebook.page.mouse.move(box["x"] + 190, box["y"] + 8)
    notebook.page.wait_for_timeout(1000)
    assert notebook.page.locator(".oto-hover").count() == 0


def test_an_error_marks_the_line_and_folds_the_frames_around_it(notebook):
    notebook.run(INDEX["crash"])
    error = outputs(notebook, "crash").last
    assert error.locator(".oto-error-name").inner_text() == "HeapBufferOverflow"
    assert error.locator(".oto-error-line").first.inner_text().endswith("p[n] = 1; // <script>alert(1)</script>")
    assert error.locator("script, img").count() == 0
    folded = error.locator("details")
    assert "called from" in folded.locator("summary").inner_text()
    assert not folded.locator("pre").first.is_visible()
    folded.locator("summary").click()
    assert "outer(3)" in folded.inner_text()
    assert folded.locator("pre").first.is_visible()


def test_a_compile_error_shows_every_line_that_is_wrong(notebook):
    notebook.run(INDEX["compile"])
    error = outputs(notebook, "compile").last
    assert error.locator(".oto-error-name").inner_text() == "CompileError"
    marked = error.locator(".oto-error-line").all_inner_texts()
    assert marked[0].endswith("int x = ;")
    assert marked[1].endswith("foo(1);")


def test_bars_end_complete_and_bars_in_a_bar_share_a_line(notebook):
    notebook.run(INDEX["bars"])
    bars = outputs(notebook, "bars").locator("progress")
    assert bars.evaluate_all("bars => bars.map(bar => [bar.value, bar.max])") == [[3, 3], [4, 4]]
    assert "batch <b> 4 of 4" in outputs(notebook, "bars").last.inner_text()


def test_a_cell_asks_for_a_line_in_its_box(notebook):
    editor(notebook, "ask").click()
    notebook.page.keyboard.press("Control+Enter")
    box = notebook.page.locator(".jp-Stdin-input")
    box.wait_for(timeout=20_000)
    notebook.screenshot("stdin")
    box.fill("Clara")
    box.press("Enter")
    notebook.wait_until_idle(30)
    assert "Hello Clara" in "".join(outputs(notebook, "ask").all_inner_texts())


def test_the_mouse_over_a_name_asks_nothing_of_a_busy_kernel(notebook):
    editor(notebook, "endless").click()
    notebook.page.keyboard.press("Control+Enter")
    notebook.page.wait_for_selector('.jp-NotebookPanel-toolbar [data-status="busy"]', state="attached", timeout=20_000)
    box = editor(notebook, "after").bounding_box()
    notebook.page.mouse.move(box["x"] + 200, box["y"] + 12)
    notebook.page.mouse.move(box["x"] + 20, box["y"] + 12)
    notebook.page.wait_for_timeout(1000)
    assert notebook.page.locator(".oto-hover").count() == 0
    notebook.menu("Kernel", "Interrupt Kernel")
    notebook.wait_until_idle(30)


def test_the_stop_button_interrupts_and_values_stay(notebook):
    editor(notebook, "endless").click()
    notebook.page.keyboard.press("Control+Enter")
    notebook.page.wait_for_selector('.jp-NotebookPanel-toolbar [data-status="busy"]', state="attached", timeout=20_000)
    notebook.page.wait_for_timeout(500)
    notebook.page.locator('[data-command="notebook:interrupt-kernel"], [data-jp-item-name="interrupt"] jp-button').first.click()
    notebook.wait_until_idle(30)
    assert outputs(notebook, "endless").last.locator(".oto-error-name").inner_text() == "KeyboardInterrupt"
    notebook.run(INDEX["after"])
    assert outputs(notebook, "after").last.inner_text().strip() == "42"


def contrast(locator):
    """WCAG's contrast of a text and the ground it stands on, as they come out when all layers are painted."""
    return locator.evaluate(
        """node => {
            const paint = new OffscreenCanvas(1, 1).getContext('2d');
            const layers = [];
            for (let at = node; at; at = at.parentElement) layers.unshift(getComputedStyle(at).backgroundColor);
            const light = colours => {
                for (const colour of colours) { paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1); }
                return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => v / 255)
                    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            };
            const [ground, text] = [light(layers), light([getComputedStyle(node).color])];
            return (Math.max(ground, text) + 0.05) / (Math.min(ground, text) + 0.05);
        }"""
    )


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_an_error_can_be_read_in_every_theme(notebook, theme):
    notebook.run(INDEX["crash"])
    notebook.menu("Settings", "Theme", theme)
    notebook.page.wait_for_selector(f'body[data-jp-theme-name="{theme}"]', state="attached", timeout=20_000)
    error = outputs(notebook, "crash").last
    error.scroll_into_view_if_needed()
    notebook.page.wait_for_timeout(500)
    for part in (".oto-error-name", ".oto-error-title", ".oto-error-line", ".oto-error-caret", ".oto-error-note"):
        assert contrast(error.locator(part).first) >= 4.5, part


def test_a_restart_from_the_menu_forgets_everything(notebook):
    notebook.menu("Kernel", "Restart Kernel…")
    notebook.page.locator(".jp-Dialog button", has_text=re.compile("Restart")).click()
    notebook.page.wait_for_timeout(1000)
    notebook.wait_until_idle(60)
    notebook.run(INDEX["after"])
    error = outputs(notebook, "after").last
    assert error.locator(".oto-error-name").inner_text() == "CompileError"
    assert "count" in error.inner_text()


def test_an_error_of_another_kernel_looks_as_ever(server, browser):
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        new_notebook(cells=[new_code_cell("1 / 0")], metadata={"kernelspec": kernelspec}), server.folder / "python.ipynb"
    )
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    python = NotebookPage(page, server.url("python.ipynb"))
    python.run(0)
    error = python.cell(0).locator(".jp-OutputArea-output").last
    assert "ZeroDivisionError: division by zero" in error.inner_text()
    assert error.locator(".ansi-red-fg, .ansi-red-intense-fg").count() > 0
    assert error.locator(".oto-error").count() == 0
    python.screenshot("python_error")
    page.close()


def test_c_is_highlighted(notebook):
    colours = editor(notebook, "define").locator("span").evaluate_all(
        "spans => Object.fromEntries(spans.map(span => [span.textContent.trim(), getComputedStyle(span).color]))"
    )
    assert len({colours["typedef"], colours["42"], colours["// how often"]}) == 3
