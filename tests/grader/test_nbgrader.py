"""nbgrader 0.9.6 on the same source notebook: the same release, and the same points at seed 0."""
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

import make_samples
from conftest import new_course, report, run

STUDENTS = ["solution", "untouched", "partly_wrong_1", "partly_wrong_2", "crashes", "does_not_compile"]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(make_samples.OTO_GRADE)))


def nbgrader(course, *words):
    """Runs nbgrader in the course folder, with the kernel of the build that is tested."""
    environment = dict(os.environ, JUPYTER_PATH=os.path.join(ROOT, "share", "jupyter"),
                       PATH=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    done = subprocess.run([sys.executable, "-m", "nbgrader", *words], cwd=course, env=environment, capture_output=True, text=True,
                          timeout=600)
    if done.returncode != 0:
        pytest.fail(f"nbgrader {' '.join(words)}\n{done.stdout[-4000:]}{done.stderr[-8000:]}")


def scores(course, name):
    """{student: {grade_id: score}} as nbgrader's gradebook has them."""
    query = ("SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score FROM grade"
             " JOIN base_cell ON grade.cell_id = base_cell.id"
             " JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id"
             " JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id"
             " WHERE grade.auto_score IS NOT NULL")
    found = {}
    with sqlite3.connect(os.path.join(course, "gradebook.db")) as database:
        for student, grade_id, score in database.execute(query):
            found.setdefault(student, {})[grade_id] = score
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Week 1's samples, graded by both tools, in one course with one gradebook."""
    folder = tmp_path_factory.mktemp("nbgrader")
    samples = new_course(folder, os.path.join(make_samples.ROOT, "solutions", "01_sound.ipynb"))
    course = samples.course
    shutil.copy(os.path.join(make_samples.ROOT, "autograder", "nbgrader_config.py"), course)
    truths = os.path.join(samples.source_folder, samples.name + ".truth")
    os.mkdir(truths)
    open(os.path.join(truths, "secret.txt"), "w").close()
    ours = open(os.path.join(samples.release_folder, samples.name + ".ipynb"), encoding="utf-8").read()
    nbgrader(course, "generate_assignment", samples.name, "--force")
    theirs = open(os.path.join(samples.release_folder, samples.name + ".ipynb"), encoding="utf-8").read()
    samples = make_samples.make(course, os.path.join(make_samples.ROOT, "solutions", "01_sound.ipynb"))
    for student in os.listdir(os.path.join(course, "submitted")):
        if student not in STUDENTS:
            shutil.rmtree(os.path.join(course, "submitted", student))
    run("run", "--course", course, "--seed", "0", "--jobs", "2", check=True)
    nbgrader(course, "autograde", samples.name)
    nbgrader(course, "generate_feedback", samples.name)
    return course, samples, ours, theirs


def test_the_release_is_the_same_bytes(both):
    assert both[2] == both[3]


def test_students_get_no_truths(both):
    _, samples, _, _ = both
    assert os.path.isdir(os.path.join(samples.source_folder, samples.name + ".truth"))
    assert samples.name + ".truth" not in os.listdir(samples.release_folder)


@pytest.mark.parametrize("student", STUDENTS)
def test_the_points_are_the_same(both, student):
    course, samples, _, _ = both
    ours = {cell["grade_id"]: cell["score"] for cell in report(course)[student]["cells"] if cell["role"] == "test"}
    theirs = {name: score for name, score in scores(course, samples.name)[student].items() if name in ours}
    assert theirs == pytest.approx(ours, abs=0.01)


def test_nbgrader_writes_feedback(both):
    course, samples, _, _ = both
    for student in STUDENTS:
        assert os.path.getsize(os.path.join(course, "feedback", student, samples.name, samples.name + ".html")) > 1000
