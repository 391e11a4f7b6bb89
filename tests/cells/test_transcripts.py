"""The cell language as transcripts: each session of a .cells file is one test, run by the specification's own runner.

The specification's transcripts lie in ../shared/spec/cells, beside the tree where the project is developed, and our own
in this folder; where there is no specification there is no runner, and nothing runs. OTO_CELLS="01 07 courses" chooses
files by how their names begin.
"""

import importlib.util
import os
from pathlib import Path

import pytest

SPEC = Path(__file__).resolve().parents[3] / "shared/spec"
WANTED = tuple(os.environ.get("OTO_CELLS", "").split()) or ("",)


def sessions():
    if not SPEC.exists():
        return
    for folder in (SPEC / "cells", Path(__file__).parent):
        for path in sorted(folder.glob("*.cells")):
            if path.name.startswith(WANTED):
                for title, cells in RUNNER.parse(path):
                    yield pytest.param(cells, id=f"{path.stem}: {title}")


def load_runner():
    spec = importlib.util.spec_from_file_location("run_cells", SPEC / "run_cells.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUNNER = load_runner() if SPEC.exists() else None


@pytest.mark.timeout(300)
@pytest.mark.parametrize("cells", list(sessions()))
def test_session(cells, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    differences = RUNNER.run_session("oto", cells, False)
    assert not differences, "\n".join(differences)
