"""Machines, folders and shells as those who run the grader have them: few open files, closed descriptors, folders that
cannot be read, a gradebook that is broken, a disk that is full."""
import json
import os
import pty
import resource
import shutil
import signal
import subprocess

import pytest

import make_samples
from conftest import course_of_three, report, run


@pytest.fixture
def course(tmp_path, exercise_path):
    return course_of_three(tmp_path, exercise_path)


@pytest.fixture
def graded(course):
    run("run", "--course", course, check=True)
    return course


def limited(which, most):
    return lambda: resource.setrlimit(which, (most, most))


def test_jobs_are_no_more_than_have_their_files(course):
    done = run("run", "--course", course, "--jobs", "100", preexec_fn=limited(resource.RLIMIT_NOFILE, 80))
    assert (done.returncode, done.stdout) == (0, "graded 3, unchanged 0, ungradable 0, infrastructure 0\n"), done.stderr
    assert "80 files may be open here (ulimit -n): enough for --jobs 3, not for 100" in done.stderr


def test_too_few_open_files_for_a_sandbox_are_told(course):
    done = run("run", "--course", course, "--jobs", "1", preexec_fn=limited(resource.RLIMIT_NOFILE, 24))
    assert done.returncode == 2 and "the sandbox does not start: too few files may be open (ulimit -n)" in done.stderr


def test_what_is_printed_goes_to_no_file_that_took_a_closed_descriptor_s_number(course):
    words = [make_samples.OTO_GRADE, "run", "--course", course]
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *words], capture_output=True, text=True)
    assert done.returncode == 2 and "standard output: cannot be written: Bad file descriptor" in done.stderr
    done = subprocess.run(["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *words, "--again"])
    assert done.returncode == 2 and {entry["score"] for entry in report(course).values()} == {10}


def test_a_number_that_does_not_fit_is_refused(course):
    done = run("run", "--course", course, "--seed", "99999999999999999999")
    assert done.returncode == 2 and "--seed 99999999999999999999: the number is too large" in done.stderr


def closed_to_us(command, folder, *words):
    """Runs a command while a folder is somebody else's, whose files root's rights do not open either."""
    os.chmod(folder, 0)
    rights = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    try:
        return subprocess.run([*rights, make_samples.OTO_GRADE, command, *words], capture_output=True, text=True)
    finally:
        os.chmod(folder, 0o755)


@pytest.mark.parametrize("command", ["run", "feedback", "similar"])
def test_a_student_s_folder_that_cannot_be_read_is_told(graded, command):
    done = closed_to_us(command, os.path.join(graded, "submitted", "babbage"), "--course", graded)
    assert done.returncode == 1 and "submitted/babbage: left out: Permission denied" in done.stderr
    assert report(graded)["babbage"]["score"] == 10


def test_folders_of_the_course_that_cannot_be_read_are_told(graded):
    done = closed_to_us("run", os.path.join(graded, "submitted"), "--course", graded)
    assert done.returncode == 1 and "submitted/: left out: Permission denied" in done.stderr
    for folder in ("source", "source/attack"):
        done = closed_to_us("run", os.path.join(graded, folder), "--course", graded)
        assert done.returncode == 2 and f"{folder}: Permission denied" in done.stderr


@pytest.mark.parametrize("bytes_left", [b"no database, but long enough for one", None])
def test_a_broken_gradebook_is_told_with_its_place_and_what_to_do(graded, bytes_left):
    path = os.path.join(graded, "gradebook.db")
    with open(path, "r+b") as file:
        file.truncate(0 if bytes_left else 20000)
        file.write(bytes_left or b"")
    for command in ("run", "report"):
        done = run(command, "--course", graded)
        assert done.returncode == 2 and done.stderr.count("gradebook.db") == 1 and "move it away" in done.stderr


def test_a_full_disk_keeps_what_was_stored(graded):
    def little_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

    done = run("export", "--to", "nbgrader", "--course", graded, preexec_fn=little_room)
    assert done.returncode == 2 and f"{graded}/gradebook.db: " in done.stderr and "make room" in done.stderr
    assert {entry["score"] for entry in report(graded).values()} == {10}


@pytest.mark.parametrize("words", [("export", "--to", "csv"), ("gradescope",), ("manual",), ("report", "--to", "html")])
def test_what_is_no_file_is_not_replaced_by_one(graded, tmp_path, words):
    device, link = tmp_path / "device", tmp_path / "link"
    os.mkfifo(device)
    link.symlink_to(device)
    for path, kind in ((device, "a FIFO"), (link, "a symbolic link")):
        done = run(*words, "--course", graded, "-o", path)
        assert done.returncode == 2 and f"{path}: is {kind}, and nothing but a file is replaced" in done.stderr
    assert device.is_fifo() and link.is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change what is mounted")
def test_a_machine_on_which_no_cell_runs_costs_no_points(graded, tmp_path):
    (tmp_path / "no device").touch(mode=0o444)
    words = ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /dev/null; shift; exec "$@"', "sh", tmp_path / "no device"]
    done = subprocess.run([*words, make_samples.OTO_GRADE, "run", "--course", graded, "--again"], capture_output=True, text=True)
    assert done.returncode == 1 and "graded 0, unchanged 0, ungradable 0, infrastructure 3" in done.stdout
    assert "before any answer, fails here and not for the solution: " in done.stderr
    assert {entry["score"] for entry in report(graded).values()} == {10}


def test_where_slurm_is_not_nobody_waits_for_it(course, tmp_path):
    (tmp_path / "bin").mkdir()
    os.symlink(shutil.which("bwrap"), tmp_path / "bin" / "bwrap")
    done = run("run", "--course", course, "--slurm", env=os.environ | {"PATH": str(tmp_path / "bin")})
    assert done.returncode == 1 and "--slurm wants a machine on which sbatch and squeue work" in done.stderr
    assert run("run", "--course", course, check=True).stdout.startswith("graded 3")


def test_a_line_of_progress_is_cut_at_the_terminal_s_edge(course):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(make_samples.OTO_GRADE, ["oto-grade", "run", "--course", course, "--jobs", "1"])
    shown = b""
    try:
        while some := os.read(terminal, 4096):
            shown += some
    except OSError:
        pass
    os.close(terminal)
    assert os.waitpid(pid, 0)[1] == 0
    lines = shown.split(b"\r\x1b[K")[1:-1]
    assert len(lines) == 3 and all(line.startswith(b"\x1b[?7l[") and line.endswith(b" of 10\x1b[?7h") for line in lines)


def test_interrupted_twice_it_ends_at_once(course):
    loops = "double twice(double x) {\n    for (volatile int i = 0;; i++) {}\n}"
    with open(os.path.join(course, "submitted", "ada", "attack", "attack.ipynb"), encoding="utf-8") as file:
        notebook = json.load(file)
    for cell in notebook["cells"]:
        if make_samples.grade_id(cell) == "twice":
            make_samples.set_source(cell, loops)
    make_samples.write(os.path.join(course, "submitted", "babbage", "attack", "attack.ipynb"), notebook)
    words = [make_samples.OTO_GRADE, "run", "--course", course, "--jobs", "1"]
    running = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    for says in ("[1/3] ada: 10 of 10", "interrupted once more, at once"):
        while says not in (line := running.stderr.readline()):
            assert line, says
        running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) == -signal.SIGINT
    running.stderr.close()
    assert [entry["score"] for entry in report(course).values()] == [10]


def test_a_table_that_is_read_is_read_as_a_whole(graded, tmp_path):
    run("manual", "--course", graded, "-o", tmp_path / "table.csv", check=True)
    for words in (("-o", tmp_path / "other.csv"), ("--student", "ada"), ("--assignment", "attack")):
        done = run("manual", "--course", graded, "--from", tmp_path / "table.csv", *words)
        assert done.returncode == 2 and "manual --from takes all lines of its table" in done.stderr
