"""nbgrader 0.9.6 on the same source notebook: the same release, and the same points at seed 0, but where one of its own
rules decides (varied.DIFFERENCES). Two seconds a notebook are much for all of varied.py's submissions: a quarter of them,
another one each day, is graded here; varied.py itself grades all and prints the table in autograder/NBGRADER.md."""
import datetime
import os
import shutil

import pytest

import make_samples
import varied
from conftest import run

ALL = [name for name in varied.SUBMISSIONS if name not in varied.STOPS_NBGRADER]
SAMPLE = ALL[datetime.date.today().toordinal() % 4::4]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Today's sample, graded by both tools, in one course with one gradebook."""
    folder = tmp_path_factory.mktemp("nbgrader")
    os.chmod(folder, 0o755)
    samples = varied.new_course(str(folder))
    truths = os.path.join(samples.source_folder, samples.name + ".truth")
    os.mkdir(truths)
    open(os.path.join(truths, "secret.txt"), "w").close()
    ours = open(os.path.join(samples.release_folder, samples.name + ".ipynb"), encoding="utf-8").read()
    varied.nbgrader(samples.course, "generate_assignment", samples.name, "--force")
    theirs = open(os.path.join(samples.release_folder, samples.name + ".ipynb"), encoding="utf-8").read()
    varied.submit(samples, SAMPLE)
    varied.nbgrader(samples.course, "autograde", samples.name)
    run("run", "--course", samples.course, "--seed", "0", "--jobs", "2", check=True)
    return samples, ours, theirs


def test_the_release_is_the_same_bytes(both):
    assert both[1] == both[2]


def test_students_get_no_truths(both):
    samples = both[0]
    assert os.path.isdir(os.path.join(samples.source_folder, samples.name + ".truth"))
    assert samples.name + ".truth" not in os.listdir(samples.release_folder)


def test_there_are_thirty_and_all_come_around():
    assert len(varied.SUBMISSIONS) >= 30 and set(varied.DIFFERENCES) <= set(ALL)
    assert sorted(sum((ALL[day::4] for day in range(4)), [])) == sorted(ALL)


@pytest.mark.parametrize("name", SAMPLE)
def test_the_points_are_the_same(both, name):
    ours, theirs = varied.our_scores(both[0].course)[name], varied.nbgrader_scores(both[0].course)[name]
    for grade_id, (nbgrader_score, our_score, _) in varied.DIFFERENCES.get(name, {}).items():
        assert (theirs.pop(grade_id), ours.pop(grade_id)) == (pytest.approx(nbgrader_score), pytest.approx(our_score))
    assert theirs == pytest.approx(ours, abs=0.01)


def test_our_scores_replace_nbgraders_in_its_own_gradebook(both):
    """A course that nbgrader graded goes on with oto-grade: the rows are nbgrader's, the scores ours."""
    course = both[0].course
    shutil.rmtree(os.path.join(course, "autograded"))
    run("export", "--to", "nbgrader", "--course", course, check=True)
    ours, theirs = varied.our_scores(course), varied.nbgrader_scores(course)
    for name in SAMPLE:
        assert theirs[name] == pytest.approx(ours[name])
    varied.nbgrader(course, "generate_feedback", both[0].name)
    for name in SAMPLE:
        page = os.path.join(course, "feedback", name.replace(" ", "_"), both[0].name, both[0].name + ".html")
        assert os.path.getsize(page) > 1000
