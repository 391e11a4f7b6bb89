"""JupyterLab's debugger on cells of C: what a student sees who sets a breakpoint."""

import nbformat
import pytest

pytestmark = pytest.mark.timeout(300)

FUNCTION = "int add(int a, int b) {\n    int sum = a + b;\n    return sum;\n}\nint total = 5;"
LOOP = 'for (int i = 1; i < 3; i++) {\n    total = add(total, i);\n}\nprintf("%d\\n", total);'


@pytest.fixture
def notebook(server, open_notebook):
    cells = [nbformat.v4.new_code_cell(source) for source in (FUNCTION, LOOP)]
    metadata = {"kernelspec": {"name": "oto", "display_name": "C (Oto)", "language": "c"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), server.folder / "debugger.ipynb")
    return open_notebook("debugger.ipynb")


def wait_for_variable(page, name, value):
    shown = ".jp-DebuggerVariables-name:text-is('{}') + .jp-DebuggerVariables-detail:text-is('{}')"
    page.locator(shown.format(name, value)).first.wait_for(timeout=60_000)


def test_a_breakpoint_shows_where_the_cell_is_and_what_it_holds(notebook):
    page = notebook.page
    page.locator(".jp-DebuggerBugButton[aria-disabled='false'], .jp-DebuggerBugButton:enabled").first.click(timeout=60_000)
    page.wait_for_selector(".jp-DebuggerBugButton[aria-pressed='true']", timeout=60_000)
    # a click beside the number of line 2 sets a breakpoint there
    notebook.show(0).locator(".cm-breakpoint-gutter .cm-gutterElement:visible").nth(1).click()
    page.wait_for_selector(".jp-DebuggerBreakpoint", timeout=20_000)
    notebook.run(0)
    notebook.show(1).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")

    page.wait_for_selector(".jp-DebuggerCallstackFrame", timeout=60_000)
    frames = page.locator(".jp-DebuggerCallstackFrame").all_text_contents()
    assert len(frames) == 2 and frames[0].startswith("add") and frames[1].startswith("cell")
    wait_for_variable(page, "a", "5")
    wait_for_variable(page, "b", "1")
    assert page.locator(".jp-DebuggerEditor-highlight").count() > 0, "the line is not marked"
    notebook.screenshot("debugger_stopped")

    page.keyboard.press("F9")
    wait_for_variable(page, "a", "6")
    wait_for_variable(page, "b", "2")
    page.keyboard.press("F9")
    notebook.wait_until_idle(60)
    assert notebook.show(1).locator(".jp-OutputArea-output").inner_text().strip() == "8"
    assert page.locator(".jp-DebuggerCallstackFrame").count() == 0
