"""nbconvert: a notebook as a page, as LaTeX with highlighted C, and as a C file."""

import re
import subprocess

import nbformat
import pytest
from conftest import notebook
from nbclient import NotebookClient
from nbconvert import HTMLExporter, LatexExporter, ScriptExporter

CELLS = (
    'static const char *word = "hello"; // a comment\nprintf("%s\\n", word);',
    'oto_display_html("<i>from C</i>");\noto_display_latex("\\\\frac{1}{2}");',
    "OtoTensor *tone = oto_sine(440, 0.1);\noto_show(tone);",
    'OtoProgress bar = oto_progress(3, "steps <&>");\nfor (int i = 0; i < 3; i++) oto_progress_step(&bar);',
    'const char *bad = "<script>alert(1)</script>";\nint zero = 0;\n1 / zero',
)


@pytest.fixture(scope="module")
def run():
    """A notebook that was run: it knows its language from the kernel."""
    made = notebook(*CELLS)
    NotebookClient(made, allow_errors=True).execute()
    return made


def test_svg_is_part_of_a_page():
    made = notebook('oto_display_svg("<svg xmlns=\\"http://www.w3.org/2000/svg\\"/>");')
    NotebookClient(made).execute()
    page, _ = HTMLExporter().from_notebook_node(made)
    assert "data:image/svg+xml;base64," in page


def test_a_page_has_highlighted_c_and_every_output(run):
    page, _ = HTMLExporter().from_notebook_node(run)
    assert re.search(r'<span class="k">static</span>.*<span class="k">const</span>', page)
    assert re.search(r'<span class="c1">// a comment\s*</span>', page)
    assert "<i>from C</i>" in page
    assert r"$$\frac{1}{2}$$" in page
    assert re.search(r"<audio [^>]*controls", page) and "data:audio/wav;base64," in page
    assert re.search(r'<progress [^>]*value="3"', page)
    assert "steps &lt;&amp;&gt; 3 of 3" in page


def test_an_error_in_a_page_has_colours_and_runs_no_script_of_the_cell(run):
    page, _ = HTMLExporter().from_notebook_node(run)
    error = page[page.index('data-mime-type="application/vnd.jupyter.error"') if "vnd.jupyter.error" in page else page.rindex("UndefinedBehavior") - 300 :]
    assert re.search(r'class="ansi-red-(fg|intense-fg)( ansi-bold)?"', error)
    assert "<script>alert(1)" not in page


def test_latex_has_highlighted_c(run):
    latex, _ = LatexExporter().from_notebook_node(run)
    assert r"\PY{k}{static}" in latex
    assert r"\PY{c+c1}{// a comment}" in latex
    assert r"\begin{Verbatim}" in latex


def test_a_script_is_a_c_file(run):
    script, resources = ScriptExporter().from_notebook_node(run)
    assert resources["output_extension"] == ".c"
    assert 'static const char *word = "hello"; // a comment' in script


def test_a_script_of_a_program_cell_compiles(tmp_path):
    made = notebook('#include <stdio.h>\nint main(void) {\n    puts("hello");\n}')
    NotebookClient(made).execute()
    script, _ = ScriptExporter().from_notebook_node(made)
    (tmp_path / "program.c").write_text(script)
    subprocess.run(["clang-19", "program.c", "-o", "program"], cwd=tmp_path, check=True)
    assert subprocess.run(["./program"], cwd=tmp_path, capture_output=True, text=True).stdout == "hello\n"
