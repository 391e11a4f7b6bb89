"""Scores to nbgrader and a person's scores back, with nbgrader itself as the judge: its Python API, its export, its
feedback, and its formgrader in Chromium."""
import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request

import pytest
from nbgrader import utils
from nbgrader.api import Gradebook
from playwright.sync_api import sync_playwright

import make_samples
from conftest import cell, course_of, exercise, report, run, written_cell
from ports import free_port
from varied import nbgrader

TOKEN = "course"
CHROMIUM = "/usr/bin/chromium"
WRITTEN = written_cell()
TASK = cell("Draw it.", "draw", points=3, kind="markdown")
TASK["metadata"]["nbgrader"].update(grade=False, task=True, locked=True)
POLICY = {"assignments": {"attack": {"due": "2026-10-09 12:00"}}, "late": {"penalty_per_day": 0.5},
          "students": {"ada": {"name": "Ada Lovelace", "id": "1815", "email": "ada@example.org"}}}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course that oto-grade graded and nbgrader has never seen."""
    folder = tmp_path_factory.mktemp("formgrader")
    source = exercise()
    source["cells"] += [WRITTEN, TASK]
    samples = course_of(folder, "attack", source)
    solved = {answer: samples.solved(answer) for answer in ("twice", "total")}

    def with_own_cells(notebook):
        notebook["cells"].insert(1, cell("printf(\"mine\\n\");"))
        notebook["cells"] = [c for c in notebook["cells"] if make_samples.grade_id(c) != "test-total"]
        for other in notebook["cells"]:
            if make_samples.grade_id(other) == "test-twice":
                make_samples.set_source(other, "1000")
                other["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["<script>alert(1)</script>"]}]

    samples.submit("ada", solved | {"why": "Because x + x."})
    samples.submit("babbage", {"twice": solved["twice"], "why": "=cmd()"})
    samples.submit("crash", solved | {"twice": "double twice(double x) { return *(volatile double *)0; }"}, with_own_cells)
    beyond = "double total(const float *x, int n) { double sum = 0; for (int i = 0; i < n; i++) sum += x[i]; return n ? sum : x[99]; }"
    samples.submit("ends_badly", solved | {"total": beyond, "why": "So."})
    samples.submit("partial", solved | {"total": "double total(const float *x, int n) { return 0; }", "why": "So."})
    path = samples.submit("unreadable", {})
    with open(path, "w") as file:
        file.write("{")
    with open(os.path.join(samples.course, "submitted", "babbage", "attack", "timestamp.txt"), "w") as file:
        file.write("2026-10-10 08:00:00.000000 UTC")
    with open(os.path.join(samples.course, "course.json"), "w") as file:
        json.dump(POLICY, file)
    run("run", "--course", samples.course, "--jobs", "2")
    return samples


@pytest.fixture
def course(graded, tmp_path):
    """A copy of it, so that each test changes its own."""
    folder = os.path.join(tmp_path, "course")
    shutil.copytree(graded.course, folder)
    return folder


def export(course, *words):
    return run("export", "--to", "nbgrader", "--course", course, *words)


def bring_back(course, *words):
    return run("import", "--from", "nbgrader", "--course", course, *words)


def gradebook(course):
    return Gradebook(f"sqlite:///{course}/gradebook.db")


def give(course, student, grade_id, score=None, comment=None, extra=None):
    """What formgrader's handlers do when a person types a score or a comment."""
    with gradebook(course) as book:
        if score is not None or extra is not None:
            grade = book.find_grade(grade_id, "attack", "attack", student)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, extra, False
        if comment is not None:
            book.find_comment(grade_id, "attack", "attack", student).manual_comment = comment
        book.db.commit()


def hand_in_another_thought(course):
    """ada changes her text, which is graded again."""
    path = os.path.join(course, "submitted", "ada", "attack", "attack.ipynb")
    notebook = make_samples.read(path)
    make_samples.set_source(next(c for c in notebook["cells"] if make_samples.grade_id(c) == "why"), "Another thought.")
    make_samples.write(path, notebook)
    run("run", "--course", course, "--student", "ada", check=True)


def manual(course):
    """{(student, grade_id): (score, comment)} as oto-grade has them."""
    with sqlite3.connect(os.path.join(course, "gradebook.db")) as database:
        return {row[:2]: row[2:] for row in database.execute("SELECT student, grade_id, score, comment FROM oto_manual")}


def autograded(course, student):
    return make_samples.read(os.path.join(course, "autograded", student, "attack", "attack.ipynb"))


def dump(course):
    with sqlite3.connect(os.path.join(course, "gradebook.db")) as database:
        return list(database.iterdump())


def test_nbgrader_reads_the_scores_that_we_have(course):
    done = export(course)
    assert done.returncode == 0 and "5 submissions" in done.stdout and "1 that could not be graded" in done.stdout, done.stderr
    ours = report(course)
    with gradebook(course) as book:
        submissions = {submission.student.id: submission for submission in book.assignment_submissions("attack")}
        assert set(submissions) == {"ada", "babbage", "crash", "ends_badly", "partial"}
        for student, submission in submissions.items():
            assert max(0, submission.score - submission.late_submission_penalty) == pytest.approx(ours[student]["score"])
            assert submission.max_score == ours[student]["points"]
            assert submission.needs_manual_grade == (ours[student]["waiting"] > 0)
            for grade in submission.notebooks[0].grades:
                mine = next(c for c in ours[student]["cells"] if c["grade_id"] == grade.name)
                assert (grade.auto_score, grade.max_score) == (mine["score"], mine["points"])
        assert submissions["babbage"].late_submission_penalty == 2 and submissions["babbage"].total_seconds_late == 20 * 3600
        assert book.find_student("ada").email == "ada@example.org" and book.find_student("ada").lms_user_id == "1815"
        assert book.find_comment("total", "attack", "attack", "babbage").comment == "No response."


def test_the_gradebook_is_one_that_nbgrader_could_have_made(course, tmp_path):
    export(course)
    with Gradebook(f"sqlite:///{tmp_path}/theirs.db"):
        pass

    def schema(path):
        with sqlite3.connect(path) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'oto_%'").fetchall()
            return ({name: (sorted(database.execute(f"PRAGMA table_info({name})").fetchall()),
                            sorted(row[2:] for row in database.execute(f"PRAGMA foreign_key_list({name})")),
                            sorted(tuple(part[2] for part in database.execute(f"PRAGMA index_info({row[1]})"))
                                   for row in database.execute(f"PRAGMA index_list({name})"))) for name, in tables},
                    database.execute("SELECT * FROM alembic_version").fetchall(), database.execute("SELECT * FROM course").fetchall())
    assert schema(os.path.join(course, "gradebook.db")) == schema(tmp_path / "theirs.db")


def test_nbgraders_own_generate_assignment_saves_the_same_cells(course):
    def cells():
        with gradebook(course) as book:
            notebook = book.find_notebook("attack", "attack")
            return (sorted((c.name, c.cell_type, c.locked, c.source, c.checksum) for c in notebook.source_cells),
                    sorted((c.name, c.max_score, c.cell_type) for c in notebook.grade_cells + notebook.task_cells),
                    sorted(c.name for c in notebook.solution_cells), json.loads(notebook.kernelspec))
    export(course)
    ours = cells()
    shutil.copy(os.path.join(make_samples.ROOT, "autograder", "nbgrader_config.py"), course)
    nbgrader(course, "generate_assignment", "attack", "--force")
    assert cells() == ours


def test_the_notebook_has_metadata_checksums_and_scores_as_nbgrader_reads_them(course):
    import nbformat
    export(course)
    ours = report(course)
    with gradebook(course) as book:
        saved = {c.name: c for c in book.find_notebook("attack", "attack").source_cells}
    for student in ("ada", "babbage", "crash", "ends_badly", "partial"):
        path = os.path.join(course, "autograded", student, "attack", "attack.ipynb")
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        found = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if c.get("metadata", {}).get("nbgrader", {}).get("grade_id") in saved}
        assert set(found) == {"twice", "total", "test-twice", "test-total", "why", "draw"}
        for name, c in found.items():
            assert c.metadata.nbgrader.get("checksum") == saved[name].checksum
            if utils.is_grade(c) and utils.is_locked(c):
                assert utils.compute_checksum(c) == saved[name].checksum
                mine = next(entry for entry in ours[student]["cells"] if entry["grade_id"] == name)
                assert utils.determine_grade(c) == (mine["score"], mine["points"])
    assert "Overflow: " in json.dumps(autograded(course, "ends_badly"))  # said, though the cell keeps its points
    text = open(os.path.join(course, "autograded", "crash", "attack", "attack.ipynb")).read()
    assert 'mine' in text and "<script" not in text  # own cells stay; outputs that nobody checked do not
    with open(os.path.join(course, "autograded", "babbage", "attack", "timestamp.txt")) as file:
        assert file.read() == "2026-10-10 08:00:00.000000 UTC"


def test_nbgraders_export_and_feedback_show_them(course):
    export(course)
    nbgrader(course, "export", "--to", "grades.csv")
    with open(os.path.join(course, "grades.csv"), newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == "attack"}
    ours = report(course)
    for student in ("ada", "babbage", "crash", "ends_badly", "partial"):
        assert float(rows[student]["score"]) == pytest.approx(ours[student]["score"])
    nbgrader(course, "generate_feedback", "attack")
    with open(os.path.join(course, "feedback", "partial", "attack", "attack.html"), encoding="utf-8") as page:
        text = page.read()
    assert "(Score: 7.0 / 15.0)" in text and "FAIL total of twenty" in text


def test_scores_and_comments_come_back(course):
    export(course)
    give(course, "ada", "why", 1.5, "Well said.")
    give(course, "ada", "draw", 3)
    give(course, "partial", "total", comment="Read the loop again.")
    done = bring_back(course)
    assert done.returncode == 0 and "taken from nbgrader: 3" in done.stdout, done.stderr
    assert manual(course) == {("ada", "why"): (1.5, "Well said."), ("ada", "draw"): (3, None),
                              ("partial", "total"): (None, "Read the loop again.")}
    assert report(course)["ada"]["score"] == 14.5 and report(course)["ada"]["waiting"] == 0
    assert "taken from nbgrader: 0" in bring_back(course).stdout and export(course).returncode == 0
    with gradebook(course) as book:
        assert book.find_submission("attack", "ada").score == 14.5


def test_what_was_taken_back_in_formgrader_is_taken_back_here(course):
    export(course)
    give(course, "ada", "why", 1.5)
    bring_back(course)
    with gradebook(course) as book:
        grade = book.find_grade("why", "attack", "attack", "ada")
        grade.manual_score, grade.needs_manual_grade = None, True
        book.db.commit()
    assert bring_back(course).returncode == 0
    assert manual(course) == {} and report(course)["ada"]["waiting"] == 2


def fill_in(course, tmp_path, **scores):
    path = tmp_path / "table.csv"
    path.write_text("student,assignment,grade_id,score\n" + "".join(f"{student},attack,why,{score}\n" for student, score in scores.items()))
    run("manual", "--course", course, "--from", path, check=True)


def test_our_manual_scores_reach_formgrader(course, tmp_path):
    fill_in(course, tmp_path, ada=2)
    export(course)
    with gradebook(course) as book:
        grade = book.find_grade("why", "attack", "attack", "ada")
        assert (grade.manual_score, grade.needs_manual_grade) == (2, False)
    fill_in(course, tmp_path, ada=1)
    export(course)
    with gradebook(course) as book:
        assert book.find_grade("why", "attack", "attack", "ada").manual_score == 1


def test_export_does_not_overwrite_what_was_given_in_formgrader(course):
    export(course)
    give(course, "ada", "why", 1.5)
    before = dump(course)
    done = export(course)
    assert done.returncode == 2 and "oto-grade import --from nbgrader first" in done.stderr and '"ada"' in done.stderr
    assert dump(course) == before


@pytest.mark.parametrize("student, grade_id, given, says", [
    ("ada", "why", {"score": 3}, "not between 0 and 2"), ("ada", "why", {"score": 1, "extra": 1}, "extra credit")])
def test_all_or_nothing_is_taken(course, student, grade_id, given, says):
    export(course)
    give(course, "babbage", "why", 1)
    give(course, student, grade_id, **given)
    before = dump(course)
    done = bring_back(course)
    assert done.returncode == 2 and says in done.stderr and "nothing was changed" in done.stderr
    assert dump(course) == before


def test_what_both_changed_is_said_and_ends_when_both_agree(course, tmp_path):
    export(course)
    give(course, "ada", "why", 1.5)
    fill_in(course, tmp_path, ada=2)
    done = bring_back(course)
    assert done.returncode == 2 and "something else meanwhile" in done.stderr and manual(course)[("ada", "why")] == (2, None)
    give(course, "ada", "why", 2)
    assert bring_back(course).returncode == 0 and export(course).returncode == 0


def test_a_score_for_an_older_answer_waits_for_another_look(course):
    export(course)
    give(course, "ada", "why", 1.5)
    hand_in_another_thought(course)
    done = bring_back(course)
    assert done.returncode == 2 and "another answer" in done.stderr
    assert export(course).returncode == 0
    with gradebook(course) as book:
        grade = book.find_grade("why", "attack", "attack", "ada")
        assert (grade.manual_score, grade.needs_manual_grade) == (1.5, True)
    assert "Another thought." in json.dumps(autograded(course, "ada")) and "taken from nbgrader: 0" in bring_back(course).stdout
    give(course, "ada", "why", 1.5)  # the person looked, and stays with it
    assert bring_back(course).returncode == 0 and manual(course)[("ada", "why")][0] == 1.5


def test_a_comment_on_an_older_answer_does_not_keep_a_new_score_out(course):
    export(course)
    give(course, "ada", "why", 1.5, "Well said.")
    bring_back(course)
    hand_in_another_thought(course)
    assert export(course).returncode == 0
    give(course, "ada", "why", 1)
    done = bring_back(course)
    assert done.returncode == 0 and manual(course)[("ada", "why")] == (1, "Well said."), done.stderr


def test_what_cannot_be_graded_any_more_has_no_score_and_loses_none(course):
    export(course)
    give(course, "ada", "why", 1.5)
    with open(os.path.join(course, "submitted", "ada", "attack", "attack.ipynb"), "w") as file:
        file.write("{")
    run("run", "--course", course, "--student", "ada")
    done = bring_back(course)
    assert done.returncode == 2 and "could not be graded" in done.stderr
    assert export(course, "--student", "ada").returncode == 0
    with gradebook(course) as book:
        grades = {grade.name: grade for grade in book.find_submission_notebook("attack", "attack", "ada").grades}
        assert grades["test-twice"].auto_score is None and grades["test-twice"].needs_manual_grade
        assert grades["why"].manual_score == 1.5 and grades["why"].needs_manual_grade
    assert bring_back(course).returncode == 0


def test_a_score_for_a_submission_that_oto_grade_has_not_graded_yet_comes_when_it_has(course):
    export(course)
    with sqlite3.connect(os.path.join(course, "gradebook.db")) as database:
        for table in ("submission", "cell", "check"):
            database.execute(f"DELETE FROM oto_{table} WHERE student = 'ada'")
    give(course, "ada", "why", 1.5)
    assert "taken from nbgrader: 0" in bring_back(course).stdout
    run("run", "--course", course, "--student", "ada", check=True)
    assert "taken from nbgrader: 1" in bring_back(course).stdout and manual(course) == {("ada", "why"): (1.5, None)}


def test_what_nbgrader_has_of_other_assignments_stays(course):
    with gradebook(course) as book:
        book.add_assignment("theirs")
        book.add_notebook("n", "theirs")
        book.add_grade_cell("g", "n", "theirs", max_score=3, cell_type="code")
        book.add_student("ada", first_name="Ada", last_name="L", email="own@example.org")
        book.add_submission("theirs", "ada")
        grade = book.find_grade("g", "n", "theirs", "ada")
        grade.manual_score, grade.needs_manual_grade = 2, False
        book.db.commit()
    assert export(course).returncode == 0 and bring_back(course).returncode == 0
    with gradebook(course) as book:
        assert book.find_grade("g", "n", "theirs", "ada").score == 2 and book.find_student("ada").email == "own@example.org"
        assert book.find_submission("attack", "ada").score == 10


def test_a_locked_gradebook_is_a_clear_error(course):
    with sqlite3.connect(os.path.join(course, "gradebook.db"), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        done = export(course)
        other.execute("ROLLBACK")
    assert done.returncode == 2 and "another program is writing it" in done.stderr and "try again" in done.stderr
    assert not os.path.exists(os.path.join(course, "autograded"))


def test_a_gradebook_that_cannot_be_written_leaves_the_notebooks_too(course):
    """A notebook with the new answer would make formgrader's score for the old one count for it."""
    export(course)
    give(course, "ada", "why", 1.5)
    hand_in_another_thought(course)
    with sqlite3.connect(os.path.join(course, "gradebook.db"), isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM oto_cell").fetchone()
        done = export(course)
        reader.execute("ROLLBACK")
    assert done.returncode == 2 and "nothing was changed" in done.stderr
    assert "Another thought." not in json.dumps(autograded(course, "ada"))
    done = bring_back(course)
    assert done.returncode == 2 and "another answer" in done.stderr and manual(course) == {}


def test_another_versions_tables_are_left_alone(course):
    export(course)
    with sqlite3.connect(os.path.join(course, "gradebook.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '724cde206c17'")
    before = dump(course)
    for done in (export(course), bring_back(course)):
        assert done.returncode == 2 and "nbgrader db upgrade" in done.stderr
    assert dump(course) == before


def test_import_says_where_from(course):
    done = run("import", "--course", course)
    assert done.returncode == 2 and "--from nbgrader" in done.stderr


def test_a_person_grades_in_formgrader(course, tmp_path):
    export(course)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = dict(os.environ, **{f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")})
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0",
         f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={course}",
         "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"],
        cwd=course, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        with gradebook(course) as book:
            submission = book.find_submission_notebook("attack", "attack", "ada").id
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu"])
            page = chromium.new_page(extra_http_headers={"Authorization": f"token {TOKEN}"})
            page.goto(f"{address}/formgrader/gradebook/attack/attack")
            page.get_by_text("Submission #5").wait_for()
            page.goto(f"{address}/formgrader/submissions/{submission}/")
            page.locator("#test-twice[placeholder='4']").wait_for()
            assert page.locator("#test-total").get_attribute("placeholder") == "6"
            assert "ok   twice of a draw" in page.inner_text("body")
            for field, text in (("#why", "1.5"), ("#why-comment", "Seen.")):
                with page.expect_response(lambda response: response.request.method == "PUT" and response.ok):
                    page.locator(field).fill(text)
                    page.locator(field).blur()
            chromium.close()
    finally:
        server.terminate()
        server.wait(20)
    assert bring_back(course).returncode == 0
    assert manual(course) == {("ada", "why"): (1.5, "Seen.")}
