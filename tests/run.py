"""Runs every test of a built tree and closes with a table: `make test` calls it; `tests/run.py PART ...` runs some.

The parts are the folders of tests/: unit (C programs under cmocka, built with sanitizers), and pytest folders.
"""

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
REPORTS = BUILD / "test"
PYTEST_PARTS = ["wire", "cells", "clients", "grader", "course", "setup", "browser"]


def environment():
    """What every test sees: the tree's own Python and kernel, and a home that leaves the user's settings alone."""
    home = REPORTS / "home"
    home.mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "PATH": f"{ROOT}/.venv/bin:{BUILD}/bin:{os.environ['PATH']}",
        "HOME": str(home),
        "OTO_ROOT": str(BUILD),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run_unit():
    """-> (passed, failed, skipped) over all unit test programs; one that dies counts as one failure."""
    passed = failed = skipped = 0
    for program in sorted((BUILD / "san/bin").glob("test_*")):
        if not (ROOT / "tests/unit" / f"{program.name}.c").exists():
            continue  # left over from a test that was removed
        try:
            done = subprocess.run(
                [program], cwd=ROOT, env=environment(), capture_output=True, text=True, errors="replace", timeout=600
            )
            output, status = done.stdout + done.stderr, done.returncode
        except subprocess.TimeoutExpired as timeout:
            output, status = f"{timeout}\n", -1
        (REPORTS / f"{program.name}.log").write_text(output)

        def count(word):
            return sum(int(n) for n in re.findall(rf"\[  {word}  \] (\d+) test", output))

        bad = count("FAILED") or (status != 0)
        passed, failed, skipped = passed + count("PASSED"), failed + bad, skipped + count("SKIPPED")
        print(f"{'FAIL' if bad else 'ok  '} {program.name}: {count('PASSED')} passed")
        if bad:
            print(output[-6000:], f"(status {status})")
    return passed, failed, skipped


def run_pytest(part):
    """-> (passed, failed, skipped); an interrupted or broken pytest counts as one failure."""
    report = REPORTS / f"{part}.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", f"tests/{part}"]
    status = subprocess.run(command, cwd=ROOT, env=environment()).returncode
    if not report.exists():
        return 0, 1, 0
    suite = ElementTree.parse(report).getroot().find("testsuite").attrib
    failed = int(suite["failures"]) + int(suite["errors"])
    skipped = int(suite["skipped"])
    return int(suite["tests"]) - failed - skipped, failed or int(status != 0), skipped


def main(parts):
    REPORTS.mkdir(parents=True, exist_ok=True)
    rows = []
    for part in parts:
        print(f"\n== tests/{part}", flush=True)
        began = time.monotonic()
        counts = run_unit() if part == "unit" else run_pytest(part)
        rows.append((part, *counts, time.monotonic() - began))
    print(f"\n{'part':10} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}")
    for part, passed, failed, skipped, seconds in rows:
        print(f"{part:10} {passed:7} {failed:7} {skipped:8} {seconds:8.1f}")
    passed, failed, skipped = (sum(row[column] for row in rows) for column in (1, 2, 3))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    known = ["unit", *PYTEST_PARTS]
    chosen = sys.argv[1:] or [part for part in known if any((ROOT / "tests" / part).glob("test_*"))]
    unknown = set(chosen) - set(known)
    if unknown:
        sys.exit(f"tests/run.py: no such part: {', '.join(sorted(unknown))} (there are: {', '.join(known)})")
    sys.exit(main(chosen))
