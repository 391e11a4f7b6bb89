"""A notebook exported as a page: what the library shows works there too, without a kernel."""

import lab
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.timeout(120)
CELLS = [
    "oto_player(oto_sine(440, 0.5, .amplitude = 0.5));",
    'OtoProgress bar = oto_progress(3, "steps");\nfor (int i = 0; i < 2; i++) oto_progress_step(&bar);',
    'oto_display_svg("<svg xmlns=\\"http://www.w3.org/2000/svg\\" width=\\"40\\" height=\\"20\\"><rect width=\\"40\\" height=\\"20\\"/></svg>");',
    'const char *word = "<img src=x onerror=alert(1)>";\n*(volatile int *)0 = word[0];',
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    NotebookClient(notebook, kernel_name="oto", allow_errors=True).execute()
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(HTMLExporter().from_notebook_node(notebook)[0])
    return path


def test_a_page_plays_draws_and_runs_no_script_of_a_cell(exported, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.route("http*://**", lambda route: route.abort())  # nothing of it may depend on the network
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(exported.as_uri(), wait_until="domcontentloaded")
    page.wait_for_function("() => document.querySelector('audio').duration > 0.4", timeout=20_000)
    assert page.locator("progress").evaluate("bar => [bar.value, bar.max]") == [2, 3]
    assert "stopped after" in page.locator("progress + code").inner_text()
    assert page.locator("img[src^='data:image/svg']").evaluate("image => image.naturalWidth") == 40
    assert "SegmentationFault" in page.locator(".ansi-red-fg, .ansi-red-intense-fg").first.inner_text()
    page.screenshot(path=lab.ARTIFACTS / "exported_page.png")
    page.close()
