"""Notebooks for the programs that run them: nbclient, papermill, nbval, nbconvert, jupyter console."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def own_history(tmp_path_factory):
    """The history of these kernels is not the user's."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))


def notebook(*cells):
    """A notebook of C cells; a cell is its source, or (source, tag)."""
    made = []
    for cell in cells:
        source, *tags = (cell,) if isinstance(cell, str) else cell
        made.append(new_code_cell(source, metadata={"tags": tags} if tags else {}))
    kernelspec = {"name": "oto", "display_name": "C (Oto)", "language": "c"}
    return new_notebook(cells=made, metadata={"kernelspec": kernelspec})


def save(path, *cells):
    nbformat.write(notebook(*cells), path)
    return path


def jupyter(*arguments, cwd):
    """Runs `python -m ...` of this environment; returns what came of it."""
    return subprocess.run([sys.executable, "-m", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=120)
