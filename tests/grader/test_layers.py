"""What `oto-grade run` and `oto-grade doctor` say on machines that lack a layer of the sandbox. Such a machine is a program called
bwrap, first in the PATH, that leaves something out before it becomes the real one."""
import os
import shutil
import tempfile

import pytest

from conftest import new_course, report, run

BWRAP = shutil.which("bwrap")
#: layer: the arguments of bubblewrap that make it, and what stands there instead
ARGUMENTS = {
    "network namespace": (["--unshare-net"], []),
    "IPC namespace": (["--unshare-ipc"], []),
    "process namespace": (["--unshare-pid"], []),
    "system calls from a list (seccomp)": (["--seccomp", "5"], []),
    "no capabilities": (["--cap-drop", "ALL"], ["--cap-add", "CAP_NET_RAW"]),
    "only system and installation in sight": (["--proc", "/proc"], ["--ro-bind", "/var", "/var", "--proc", "/proc"]),
}

WITHOUT = """#!/usr/bin/python3
import os, sys
words, out, instead = sys.argv, {out!r}, {instead!r}
at = next(i for i in range(len(words)) if words[i:i + len(out)] == out)
os.execv({bwrap!r}, words[:at] + instead + words[at + len(out):])
"""

# landlock_create_ruleset, landlock_add_rule and landlock_restrict_self are no system calls here.
WITHOUT_LANDLOCK = """#!/usr/bin/python3
import ctypes, os, struct, sys
steps = [(0x20, 0, 0, 0), (0x35, 0, 2, 444), (0x25, 1, 0, 446), (6, 0, 0, 0x50000 | 38), (6, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)
if libc.prctl(22, 2, program, 0, 0):
    sys.exit("no filter")
os.execv({bwrap!r}, sys.argv)
"""


@pytest.fixture()
def machine():
    """machine(text): the environment of a machine whose bwrap is that program."""
    folder = tempfile.mkdtemp(prefix="oto-layers-")
    os.chmod(folder, 0o755)

    def make(text):
        path = os.path.join(folder, "bwrap")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}")
    yield make
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def samples(tmp_path_factory, exercise_path):
    samples = new_course(tmp_path_factory.mktemp("layers"), exercise_path)
    samples.submit("ada", samples.all_solved())
    return samples


@pytest.mark.parametrize("layer", ARGUMENTS)
def test_run_refuses_where_a_layer_that_matters_is_missing(machine, samples, layer):
    out, instead = ARGUMENTS[layer]
    done = run("run", "--course", samples.course, env=machine(WITHOUT.format(out=out, instead=instead, bwrap=BWRAP)))
    assert done.returncode == 2 and layer in done.stderr and "--unprotected" in done.stderr


def test_an_installation_below_home_shows_nobody(machine, samples):
    out, instead = ["--proc", "/proc"], ["--dir", "/home/ann/oto", "--proc", "/proc"]
    done = run("run", "--course", samples.course, "--again", env=machine(WITHOUT.format(out=out, instead=instead, bwrap=BWRAP)))
    assert done.returncode == 0 and "protection" not in done.stderr, done.stderr


def test_unprotected_grades_and_says_so_in_the_result(machine, samples):
    out, instead = ARGUMENTS["network namespace"]
    done = run("run", "--course", samples.course, "--unprotected", "--again", env=machine(WITHOUT.format(out=out, instead=instead, bwrap=BWRAP)))
    assert done.returncode == 0 and "graded without protection by: network namespace" in done.stderr
    assert report(samples.course)["ada"]["score"] == 10
    run("feedback", "--course", samples.course, check=True)
    page = os.path.join(samples.course, "feedback", "ada", samples.name, samples.name + ".html")
    assert "Graded without protection by: network namespace." in open(page, encoding="utf-8").read()


def test_without_landlock_work_is_graded(machine, samples):
    done = run("run", "--course", samples.course, "--again", env=machine(WITHOUT_LANDLOCK.format(bwrap=BWRAP)))
    assert done.returncode == 0 and "protection" not in done.stderr
    assert report(samples.course)["ada"]["score"] == 10


def test_doctor_says_which_layers_a_machine_lacks(machine):
    text = WITHOUT_LANDLOCK.replace("os.execv", "at = sys.argv.index('--unshare-net')\ndel sys.argv[at]\nos.execv")
    done = run("doctor", env=machine(text.format(bwrap=BWRAP)))
    assert done.returncode == 1 and done.stdout.endswith("do not grade untrusted work here\n")
    said = dict(reversed(line.split(None, 1)) for line in done.stdout.splitlines()[:-1])
    assert [layer for layer, held in said.items() if held == "NO"] == ["network namespace"], done.stdout
    assert said["Landlock: files"] == said["Landlock: signals"] == "no" and said["IPC namespace"] == "yes"
    assert said["Landlock: TCP ports, as the kernel says: this kernel has none switched on"] == "no"


def test_doctor_grades_where_all_that_matters_holds():
    done = run("doctor")
    assert done.returncode == 0 and done.stdout.endswith("untrusted work can be graded here\n"), done.stdout
