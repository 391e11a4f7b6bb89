"""The cell language as transcripts: each session of ../shared/spec/cells is one test, run by its own runner.

The transcripts belong to the specification, which lies beside the tree where the project is developed; elsewhere there
is nothing to run. OPEN names the sessions that are known to differ, with the reason: they must fail, so that one that
begins to pass is taken off the list. OTO_CELLS="01 07" chooses files.
"""

import importlib.util
import os
from pathlib import Path

import pytest

SPEC = Path(__file__).resolve().parents[3] / "shared/spec"
FILES = os.environ.get("OTO_CELLS", "01 02 03 04 05 06 07 08 09").split()
OPEN = dict(
    line.split("  # ", 1)
    for line in (Path(__file__).parent / "open.txt").read_text().splitlines()
    if line and not line.startswith("#")
)


def sessions():
    if not SPEC.exists():
        return
    for path in sorted((SPEC / "cells").glob("*.cells")):
        if path.name[:2] in FILES:
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
def test_session(cells, request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = request.node.callspec.id
    differences = RUNNER.run_session("oto", cells, False)
    if name in OPEN:
        assert differences, f"'{name}' passes now: take it off tests/cells/open.txt"
        pytest.xfail(OPEN[name])
    assert not differences, "\n".join(differences)
