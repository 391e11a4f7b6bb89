"""`make data`: the same bytes as data/checksums.txt lists, and only what is missing."""

import os
import platform
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PART = "notes/TimGM6mb/pipe_073"  # 16 sounds, of the smallest soundfont


def run(*command):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def program():
    built = run("make", "build/bin/oto-data")
    assert built.returncode == 0, built.stderr
    return ROOT / "build/bin/oto-data"


@pytest.fixture(scope="module")
def sets(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    made = run(program, folder, PART)
    assert made.returncode == 0, made.stderr
    return folder


def checksums(folder):
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.flac"))
    done = subprocess.run(["b2sum", "-l", "64", *files], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the list was made on x86-64")
def test_a_part_has_the_checksums_that_are_committed(sets):
    made = checksums(sets)
    assert len(made) == 16
    assert set(made) <= set((ROOT / "data/checksums.txt").read_text().splitlines())


def test_only_what_is_missing_is_made_again_and_comes_out_the_same(program, sets):
    before, files = checksums(sets), sorted(sets.rglob("*.flac"))
    times = {path: path.stat().st_mtime_ns for path in files}
    files[3].unlink()
    again = run(program, sets, PART)
    assert "of 1" in again.stdout
    assert checksums(sets) == before
    assert [path for path in files if path.stat().st_mtime_ns != times[path]] == [files[3]]
    assert "all of it is there" in run(program, sets, PART).stdout


def test_a_sound_that_was_half_written_is_not_taken_for_one(program, sets):
    before, victim = checksums(sets), sorted(sets.rglob("*.flac"))[0]
    victim.rename(f"{victim}.new")
    assert run(program, sets, PART).returncode == 0
    assert checksums(sets) == before
    assert not list(sets.rglob("*.new"))


def test_a_set_that_does_not_exist_is_refused_with_those_that_do(program, tmp_path):
    refused = run(program, tmp_path, "drumms")
    assert refused.returncode == 2
    assert 'no set "drumms"; there are notes techniques' in refused.stderr


def test_the_excerpts_are_listed_and_there():
    for name, count in (("notes", 360), ("styles", 60)):
        folder = ROOT / "data/excerpts" / name
        rows = (folder / "labels.csv").read_text().splitlines()[1:]
        assert len(rows) == count
        assert all((folder / row.split(",")[0]).stat().st_size > 1000 for row in rows)
