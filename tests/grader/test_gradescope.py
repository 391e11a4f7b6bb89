"""The archive for Gradescope, unpacked and run as Gradescope does it: /autograder/{source,submission,results}."""
import json
import os
import shutil
import subprocess
import zipfile

import pytest

import make_samples
from conftest import new_course, run

BIN = os.path.dirname(os.path.abspath(make_samples.OTO_GRADE))

# https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
TOP = {"score": (int, float), "execution_time": (int, float), "output": str, "output_format": FORMATS, "test_output_format": FORMATS,
       "test_name_format": FORMATS, "visibility": VISIBILITY, "stdout_visibility": VISIBILITY, "extra_data": dict, "tests": list}
TEST = {"score": (int, float), "max_score": (int, float), "status": {"passed", "failed"}, "name": str, "name_format": FORMATS,
        "number": str, "output": str, "output_format": FORMATS, "tags": list, "visibility": VISIBILITY, "extra_data": dict}


def assert_follows(entry, schema):
    for key, value in entry.items():
        wanted = schema[key]
        assert value in wanted if isinstance(wanted, set) else isinstance(value, wanted), key


@pytest.fixture(scope="module")
def archive(tmp_path_factory, exercise_path):
    folder = tmp_path_factory.mktemp("gradescope")
    os.mkdir(folder / "course")
    samples = new_course(folder / "course", exercise_path)
    samples.submit("kept out", samples.all_solved())
    with open(os.path.join(samples.course, "course.json"), "w") as file:
        file.write("{}")
    path = folder / "autograder.zip"
    run("gradescope", "--course", samples.course, "-o", path, check=True)
    return samples, path


def unpack(path, to, wanted=lambda name: True):
    """As unzip does it, which keeps what may be run."""
    with zipfile.ZipFile(path) as file:
        for info in file.infolist():
            if wanted(info.filename):
                os.chmod(file.extract(info, to), info.external_attr >> 16 & 0o777)


@pytest.fixture
def autograder(archive, tmp_path):
    """The layout that Gradescope makes: the archive in source/, run_autograder beside it."""
    root = tmp_path / "autograder"
    for name in ("source", "submission", "results"):
        os.makedirs(root / name)
    os.chmod(tmp_path, 0o755)
    unpack(archive[1], root / "source", lambda name: not name.startswith("oto/"))
    shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
    return root


def grade(root):
    environment = dict(os.environ, AUTOGRADER=str(root), PATH=BIN + os.pathsep + os.environ["PATH"])
    done = subprocess.run([root / "run_autograder"], env=environment, capture_output=True, text=True, timeout=300)
    results = root / "results" / "results.json"
    return done, json.loads(results.read_text()) if results.exists() else None


def hand_in(archive, root, answers, name="attack.ipynb"):
    samples = archive[0]
    path = samples.submit("sent", answers)
    shutil.move(path, root / "submission" / name)


def test_the_archive_has_what_gradescope_wants_and_nothing_of_students(archive):
    with zipfile.ZipFile(archive[1]) as file:
        names = file.namelist()
        modes = {info.filename: info.external_attr >> 16 for info in file.infolist()}
        assert file.testzip() is None
    assert {"setup.sh", "run_autograder", "course/source/attack/attack.ipynb", "oto/Makefile", "oto/packages.txt",
            "oto/scripts/packages.sh", "oto/autograder/main.c", "oto/kernel/engine/cell.c", "oto/lib/oto.h"} <= set(names)
    assert not [name for name in names if "submitted" in name or name.endswith((".db", "course.json"))]
    assert all(modes[name] & 0o111 for name in ("setup.sh", "run_autograder", "oto/scripts/packages.sh"))
    assert not modes["oto/Makefile"] & 0o111


def test_the_same_course_makes_the_same_bytes(archive, tmp_path):
    run("gradescope", "--course", archive[0].course, "-o", tmp_path / "again.zip", check=True)
    assert (tmp_path / "again.zip").read_bytes() == archive[1].read_bytes()


def test_what_builds_oto_is_in_the_archive(archive, tmp_path):
    """make finds a rule for everything; nothing is built here, that takes minutes."""
    unpack(archive[1], tmp_path)
    done = subprocess.run(["make", "-n", "-C", tmp_path / "oto", "programs", "library", "prelude", "build/share/oto/data"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_submission_is_graded_as_by_run(archive, autograder):
    samples = archive[0]
    answers = {"twice": samples.solved("twice"), "total": "double total(const float *x, int n) { return 0; }"}
    hand_in(archive, autograder, answers)
    done, results = grade(autograder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_follows(results, TOP)
    for test in results["tests"]:
        assert_follows(test, TEST)
    assert results["score"] == 7 and "leaderboard" not in results
    tests = {test["name"]: test for test in results["tests"]}
    assert (tests["test-twice"]["score"], tests["test-twice"]["max_score"], tests["test-twice"]["status"]) == (4, 4, "passed")
    assert (tests["test-total"]["score"], tests["test-total"]["visibility"]) == (3, "visible")
    assert results["stdout_visibility"] == "hidden"


def test_hidden_checks_are_the_staffs(archive, autograder):
    hand_in(archive, autograder, {"twice": "double twice(double x) { return x < 0 ? 0 : 2 * x; }"})
    _, results = grade(autograder)
    tests = {test["name"]: test for test in results["tests"]}
    assert "the secret check" in tests["test-twice"]["output"] and "expected" not in tests["test-twice"]["output"]
    staff = tests["test-twice (hidden checks)"]
    assert staff["visibility"] == "hidden" and "score" not in staff and "FAIL the secret check" in staff["output"]
    assert len(staff["output"].splitlines()) > 1
    assert "test-total (hidden checks)" not in tests


def test_a_renamed_notebook_is_taken_when_it_is_the_only_one(archive, autograder):
    hand_in(archive, autograder, archive[0].all_solved(), "attack (1).ipynb")
    assert grade(autograder)[1]["score"] == 10
    hand_in(archive, autograder, {}, "another.ipynb")
    assert "No such file" in grade(autograder)[1]["output"]


@pytest.mark.parametrize("send, says", [
    (lambda path: path.write_text("{"), "not JSON"),
    (lambda path: path.symlink_to("../source/course/source/attack/attack.ipynb"), "symbolic link"),
    (lambda path: None, "No such file")])
def test_what_cannot_be_graded_gets_results_that_say_so(autograder, send, says):
    send(autograder / "submission" / "attack.ipynb")
    done, results = grade(autograder)
    assert done.returncode == 0 and results["score"] == 0 and results["tests"] == []
    assert says in results["output"] and "a person will look" in results["output"]


def test_a_machine_at_fault_writes_no_results(archive, autograder, tmp_path):
    hand_in(archive, autograder, {})
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "oto-grade").write_text("#!/bin/sh\necho no namespaces here >&2\nexit 2\n")
    (broken / "oto-grade").chmod(0o755)
    environment = dict(os.environ, AUTOGRADER=str(autograder), PATH=f"{broken}{os.pathsep}{os.environ['PATH']}")
    done = subprocess.run([autograder / "run_autograder"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "no namespaces here" in done.stderr and not os.listdir(autograder / "results")


def test_html_stays_text(archive, autograder):
    hand_in(archive, autograder, {"twice": 'double twice(double x) { fprintf(stderr, "<script>"); abort(); }'})
    _, results = grade(autograder)
    assert results["output_format"] == "text" and {test["output_format"] for test in results["tests"]} == {"text"}


@pytest.mark.parametrize("words, says", [([], "-o FILE.zip"), (["-o", "/nowhere/x.zip"], "/nowhere/x.zip")])
def test_bad_usage_is_a_clear_error(archive, words, says):
    done = run("gradescope", "--course", archive[0].course, *words)
    assert done.returncode == 2 and says in done.stderr
