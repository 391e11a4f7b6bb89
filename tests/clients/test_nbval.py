"""nbval: a notebook with its outputs is a test, once pointers and times are put aside."""

import nbformat
import pytest
from conftest import jupyter, notebook
from nbclient import NotebookClient

SANITIZERS = "[pointers]\nregex: 0x[0-9a-f]+\nreplace: POINTER\n"


@pytest.fixture
def recorded(tmp_path):
    """A notebook that was run, and the file of its sanitizers."""
    made = notebook(
        'int n = 3;\nprintf("n is %d\\n", n);',
        "int *p = malloc(sizeof *p);\np",
        "double values[] = {0.1, 1};\nvalues",
        'oto_display_html("<b>b</b>", .text = "b");',
        ("rand()", "nbval-ignore-output"),
        ("int zero = 0;\n1 / zero", "raises-exception"),
    )
    NotebookClient(made, allow_errors=True).execute()
    nbformat.write(made, tmp_path / "recorded.ipynb")
    (tmp_path / "sanitizers.cfg").write_text(SANITIZERS)
    return tmp_path / "recorded.ipynb"


def validate(path):
    return jupyter("pytest", "-p", "no:cacheprovider", "--nbval", path.name, "--nbval-sanitize-with", "sanitizers.cfg", cwd=path.parent)


def test_a_notebook_that_says_what_it_said_passes(recorded):
    done = validate(recorded)
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


def test_a_notebook_that_says_something_else_fails(recorded):
    changed = nbformat.read(recorded, as_version=4)
    changed.cells[2].outputs[0].data["text/plain"] = "{0.1, 2.0}"
    nbformat.write(changed, recorded)
    done = validate(recorded)
    assert "1 failed, 5 passed" in done.stdout
    assert "{0.1, 2.0}" in done.stdout
