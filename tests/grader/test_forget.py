"""Scores without a submission any more are told, and `oto-grade forget` takes out what it is asked to, and nothing else."""
import os
import shutil
import sqlite3

import pytest

from conftest import STUDENTS, course_of_three, new_course, report, run


@pytest.fixture
def course(tmp_path, exercise_path):
    folder = course_of_three(tmp_path, exercise_path)
    run("run", "--course", folder, check=True)
    shutil.rmtree(os.path.join(folder, "submitted", "babbage"))
    return folder


def test_scores_without_a_submission_are_told_and_stay(course):
    done = run("run", "--course", course)
    assert done.returncode == 0
    assert f"graded before and no longer in {course}/submitted: babbage/attack; their scores stay (oto-grade forget --student NAME --assignment NAME " in done.stderr
    assert set(report(course)) == set(STUDENTS)


def test_of_another_student_nothing_is_told(course):
    assert "no longer" not in run("run", "--course", course, "--student", "ada", check=True).stderr
    assert "babbage/attack" in run("run", "--course", course, "--student", "babbage").stderr


def test_many_are_counted(tmp_path, exercise_path):
    samples = new_course(tmp_path, exercise_path)
    for number in range(13):
        samples.submit(f"s{number:02}", samples.all_solved())
    run("run", "--course", samples.course, "--jobs", "2", check=True)
    shutil.rmtree(os.path.join(samples.course, "submitted"))
    told = run("run", "--course", samples.course).stderr
    assert "s00/attack, s01/attack" in told and "s09/attack and 3 more; their scores stay" in told and "s10" not in told


def test_a_student_is_forgotten_to_the_last_byte(course):
    given = os.path.join(course, "given.csv")
    with open(given, "w", encoding="utf-8") as file:
        file.write("assignment,student,grade_id,score,comment\n")
        file.writelines(f"attack,{student},test-twice,1,a word for {student} alone\n" for student in STUDENTS)
    run("manual", "--course", course, "--from", given, check=True)
    run("feedback", "--course", course, check=True)
    before = report(course)

    done = run("forget", "--course", course, "--student", "babbage", check=True)
    assert done.stdout.startswith("forgot 1 submission, 1 score or comment given by hand among it;")
    after = report(course)
    assert after == {student: entry for student, entry in before.items() if student != "babbage"}
    with open(os.path.join(course, "gradebook.db"), "rb") as file:
        book = file.read()
    assert b"babbage" not in book and b"a word for ada alone" in book
    assert "no longer" not in run("run", "--course", course, check=True).stderr
    assert "babbage" not in run("diff", "--course", course, check=True).stdout


def test_what_was_exchanged_with_nbgrader_is_forgotten_too(course):
    given = os.path.join(course, "given.csv")
    with open(given, "w", encoding="utf-8") as file:
        file.write("assignment,student,grade_id,score,comment\nattack,ada,test-twice,1,a word\nattack,curie,test-twice,1,a word\n")
    run("manual", "--course", course, "--from", given, check=True)
    run("export", "--to", "nbgrader", "--course", course, check=True)
    run("forget", "--course", course, "--student", "ada", check=True)
    with sqlite3.connect(os.path.join(course, "gradebook.db")) as book:
        ours = [table for table, in book.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'oto_%'")]
        named = {table: {row[0] for row in book.execute(f"SELECT * FROM {table}")} for table in ours}
    assert not [table for table in ours if "ada" in named[table]] and "curie" in named["oto_nbgrader"]


def test_what_is_still_handed_in_is_graded_again(course):
    run("forget", "--course", course, "--assignment", "attack", check=True)
    assert report(course) == {}
    assert run("run", "--course", course, check=True).stdout.startswith("graded 2, unchanged 0,")
    assert set(report(course)) == {"ada", "curie"}


def test_forget_wants_to_know_whom(course):
    done = run("forget", "--course", course)
    assert done.returncode == 2 and "forget needs --student NAME, --assignment NAME or both" in done.stderr
    done = run("forget", "--course", course, "--student", "nobody")
    assert done.returncode == 2 and "nothing is graded that lies in submitted/nobody/ASSIGNMENT" in done.stderr
    assert set(report(course)) == set(STUDENTS)
