"""What people do with scores: grade by hand, look at what changed, hand out, count late days, export."""
import contextlib
import csv
import io
import json
import os
import resource
import sqlite3
import subprocess

import pytest

import make_samples
from conftest import cell, course_of, exercise, report, run, written_cell

WRITTEN = written_cell()
POLICY = {"assignments": {"attack": {"due": "2026-10-09 12:00"}}, "late": {"penalty_per_day": 0.5},
          "students": {"ada": {"name": "Ada Lovelace", "id": "1815", "email": "ada@example.org"}}}


@pytest.fixture
def course(tmp_path_factory):
    """Two students wrote the text, one left it; babbage was a day late."""
    folder = tmp_path_factory.mktemp("gradebook")
    source = exercise()
    source["cells"].append(WRITTEN)
    samples = course_of(folder, "attack", source)
    solved = {answer: samples.solved(answer) for answer in ("twice", "total")}
    samples.submit("ada", solved | {"why": "Because x + x."})
    samples.submit("babbage", {"twice": solved["twice"], "why": "=cmd()"})
    samples.submit("silent", solved)
    with open(os.path.join(samples.course, "submitted", "babbage", "attack", "timestamp.txt"), "w") as file:
        file.write("2026-10-10 08:00:00.000000 UTC")
    with open(os.path.join(samples.course, "course.json"), "w") as file:
        json.dump(POLICY, file)
    run("run", "--course", samples.course, "--jobs", "2", check=True)
    return samples


def table(course, *words):
    return list(csv.DictReader(io.StringIO(run(*words, "--course", course.course, check=True).stdout)))


def fill_in(course, tmp_path, **scores):
    """The table of written answers, filled in as an instructor would in a spreadsheet, and read back."""
    rows = table(course, "manual")
    for row in rows:
        row["score"] = scores.get(row["student"], row["score"])
        row["comment"] = "+ well said" if row["student"] == "ada" else ""
    path = tmp_path / "filled.csv"
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return run("manual", "--course", course.course, "--from", path)


def test_a_written_answer_waits_for_a_person_and_an_empty_one_does_not(course):
    entries = report(course.course)
    assert [entries[s]["waiting"] for s in ("ada", "babbage", "silent")] == [1, 1, 0]
    assert [entries[s]["points"] for s in ("ada", "babbage", "silent")] == [12, 12, 12]
    assert [row["answer"] for row in table(course, "manual")] == ["Because x + x.", "'=cmd()", "YOUR ANSWER HERE"]


def course_with_task(folder):
    task = cell("Draw it.", "draw", points=3, kind="markdown")
    task["metadata"]["nbgrader"].update(grade=False, task=True)
    source = exercise()
    source["cells"].append(task)
    return course_of(folder, "attack", source)


def test_a_score_for_a_task_counts_while_the_student_s_own_cells_stay(tmp_path_factory, tmp_path):
    samples = course_with_task(tmp_path_factory.mktemp("task"))

    def hand_in(drawing):
        samples.submit("ada", samples.all_solved(), lambda notebook: notebook["cells"].append(cell(drawing)))
        run("run", "--course", samples.course, check=True)
        entry = report(samples.course)["ada"]
        return [row["answer"] for row in table(samples, "manual")], entry["score"], entry["waiting"]

    assert hand_in("draw(1);") == (["draw(1);"], 10, 1)
    assert fill_in(samples, tmp_path, ada="3").returncode == 0
    assert hand_in("draw(1);") == (["draw(1);"], 13, 0)
    assert hand_in("draw(2);") == (["draw(2);"], 10, 1)


def test_a_person_grades_in_a_table(course, tmp_path):
    done = fill_in(course, tmp_path, ada="1.5", babbage="2")
    assert done.returncode == 0 and "2 scores taken" in done.stdout, done.stderr
    entries = report(course.course)
    assert entries["ada"]["score"] == 11.5 and entries["ada"]["waiting"] == 0
    assert entries["babbage"]["score"] == (4 + 2) / 2  # a day late
    assert table(course, "manual")[0]["comment"] == "'+ well said"
    run("feedback", "--course", course.course, check=True)
    with open(os.path.join(course.course, "feedback", "ada", "attack", "attack.html"), encoding="utf-8") as page:
        assert "+ well said" in page.read()


@pytest.mark.parametrize("score, says", [("3", "no number from 0 to 2"), ("-1", "no number"), ("good", "no number"), ("nan", "no number")])
def test_a_wrong_table_changes_nothing(course, tmp_path, score, says):
    done = fill_in(course, tmp_path, ada="1", babbage=score)
    assert done.returncode == 2 and says in done.stderr and "line 3" in done.stderr and "nothing was changed" in done.stderr
    assert report(course.course)["ada"]["waiting"] == 1


def test_a_comment_in_the_table_needs_no_score_and_takes_none_away(course, tmp_path):
    done = fill_in(course, tmp_path)
    assert done.returncode == 0 and "0 scores taken, 1 comment without" in done.stdout, done.stderr
    assert (table(course, "manual")[0]["score"], table(course, "manual")[0]["comment"]) == ("", "'+ well said")
    assert report(course.course)["ada"]["waiting"] == 1
    fill_in(course, tmp_path, ada="1.5")
    fill_in(course, tmp_path, ada="")
    assert table(course, "manual")[0]["score"] == "1.5"


def test_a_table_without_comments_leaves_them_as_they_are(course, tmp_path):
    fill_in(course, tmp_path, ada="1.5")
    path = tmp_path / "scores.csv"
    path.write_text("student,assignment,grade_id,score\nada,attack,why,2\n")
    run("manual", "--course", course.course, "--from", path, check=True)
    assert (table(course, "manual")[0]["score"], table(course, "manual")[0]["comment"]) == ("2", "'+ well said")


def test_two_lines_for_one_cell_are_refused(course, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("student,assignment,grade_id,score,comment\nada,attack,why,1,\nbabbage,attack,why,1,\nada,attack,why,2,\n")
    done = run("manual", "--course", course.course, "--from", path)
    assert done.returncode == 2 and "line 4: gives the same cell as line 2; leave one of both; nothing was changed" in done.stderr
    assert report(course.course)["ada"]["waiting"] == 1


def test_a_table_that_is_not_english_says_that_it_is_utf_8(tmp_path_factory, tmp_path):
    samples = course_with_task(tmp_path_factory.mktemp("utf8"))
    for drawing, marked in (("draw", False), ("描く", True)):
        samples.submit("ada", samples.all_solved(), lambda notebook: notebook["cells"].append(cell(f"// {drawing}")))
        run("run", "--course", samples.course, check=True)
        path = tmp_path / "table.csv"
        run("manual", "--course", samples.course, "-o", path, check=True)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf") == marked and drawing in path.read_text(encoding="utf-8")
        done = run("manual", "--course", samples.course, "--from", path, check=True)
        assert "0 scores taken, 0 comments without a score, 1 line with neither" in done.stdout


def test_a_table_does_not_grade_an_answer_that_it_does_not_show(course, tmp_path):
    path = tmp_path / "scores.csv"
    run("manual", "--course", course.course, "-o", path, check=True)
    rows = list(csv.DictReader(path.open(newline="")))
    course.submit("ada", {"why": "Another thought."})
    run("run", "--course", course.course, check=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"score": "2" if row["student"] != "silent" else ""} for row in rows)
    done = run("manual", "--course", course.course, "--from", path)
    assert done.returncode == 2 and "line 2" in done.stderr and "the answer changed" in done.stderr
    assert [report(course.course)[student]["waiting"] for student in ("ada", "babbage")] == [1, 1]
    assert fill_in(course, tmp_path, ada="2", babbage="2").returncode == 0


def test_a_table_without_its_columns_is_refused(course, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("student,points\nada,1\n")
    done = run("manual", "--course", course.course, "--from", path)
    assert done.returncode == 2 and 'no column "assignment"' in done.stderr
    path.write_text("student,assignment,grade_id,score\nnobody,attack,why,1\n")
    done = run("manual", "--course", course.course, "--from", path)
    assert done.returncode == 2 and '"nobody" has no cell "why"' in done.stderr


def test_what_a_person_gave_stays_while_the_answer_does(course, tmp_path):
    fill_in(course, tmp_path, ada="1.5", babbage="2")
    assert "count" not in run("run", "--course", course.course, "--again", check=True).stderr
    assert report(course.course)["ada"]["score"] == 11.5
    course.submit("ada", {"why": "Another thought."})
    said = run("run", "--course", course.course, check=True).stderr
    assert 'ada, attack: the 1.5 points given by hand for "why" do not count any more: the answer has changed' in said
    assert "babbage, attack" not in said
    entry = report(course.course)["ada"]
    assert entry["waiting"] == 1 and entry["score"] == 0


def test_points_given_for_a_cell_that_is_worth_something_else_now_do_not_count(tmp_path):
    source = exercise()
    source["cells"].append(cell("Why?", "why", points=2, kind="markdown"))
    source["cells"][-1]["metadata"]["nbgrader"]["solution"] = True
    samples = course_of(tmp_path, "attack", source)
    samples.submit("ada", samples.all_solved(why="Because."))
    samples.submit("babbage", samples.all_solved(why="Because."))
    run("run", "--course", samples.course, check=True)
    given = tmp_path / "given.csv"
    given.write_text("student,assignment,grade_id,score,comment\nada,attack,why,2,well\nbabbage,attack,why,,only a word\n")
    run("manual", "--course", samples.course, "--from", given, check=True)
    path = os.path.join(samples.course, "source", "attack", "attack.ipynb")
    for points, score, waiting in ((1, 10, 1), (2, 12, 0)):
        changed = make_samples.read(path)
        changed["cells"][-1]["metadata"]["nbgrader"]["points"] = points
        make_samples.write(path, changed)
        said = run("run", "--course", samples.course, check=True).stderr
        assert ('ada, attack: the 2 points given by hand for "why" do not count any more: the cell is worth 1 points now, and not 2' in said) == waiting
        assert (report(samples.course)["ada"]["score"], report(samples.course)["ada"]["waiting"]) == (score, waiting)
        assert [row["comment"] for row in table(samples, "manual")] == ["" if waiting else "well", "only a word"]


def test_that_checks_are_overruled_no_more_is_said(course, tmp_path):
    rows = table(course, "manual")[:1]
    rows[0].update(student="silent", grade_id="test-twice", score="3", seen="")
    path = tmp_path / "overruled.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    run("manual", "--course", course.course, "--from", path, check=True)
    assert report(course.course)["silent"]["score"] == 9
    course.submit("silent", {"total": course.solved("total")})
    said = run("run", "--course", course.course, "--student", "silent", check=True).stderr
    assert 'silent, attack: the 3 points given by hand for "test-twice" do not count any more: its checks give other points now' in said
    assert report(course.course)["silent"]["score"] == 6
    assert "silent" not in run("run", "--course", course.course, "--student", "ada", check=True).stderr


def test_diff_shows_what_changed_since_scores_were_handed_out(course):
    def changes():
        return {(row["student"], row["grade_id"]): (row["old"], row["new"])
                for row in json.loads(run("diff", "--course", course.course, "--json", check=True).stdout)}
    assert changes() == {("ada", None): (None, 10), ("babbage", None): (None, 2), ("silent", None): (None, 10)}
    run("feedback", "--course", course.course, check=True)
    assert changes() == {}
    course.submit("silent", {"total": course.solved("total")})
    run("run", "--course", course.course, check=True)
    assert changes() == {("silent", None): (10, 6), ("silent", "test-twice"): (4, 0)}
    text = run("diff", "--course", course.course, check=True).stdout
    assert "submissions with more points than was handed out: 0, with fewer: 1, new: 0" in text
    run("export", "--to", "jsonl", "--course", course.course, check=True)  # research hands nothing out
    assert changes() != {}
    run("export", "--to", "csv", "--course", course.course, check=True)
    assert changes() == {}


def test_what_did_not_arrive_was_not_handed_out(course):
    with open("/dev/full", "w") as full:
        for words in (("export", "--to", "csv"), ("manual",), ("report",)):
            done = subprocess.run([make_samples.OTO_GRADE, *words, "--course", course.course], stdout=full, stderr=subprocess.PIPE, text=True)
            assert done.returncode == 2 and "No space left" in done.stderr
    assert run("export", "--to", "csv", "--course", course.course, "-o", "/dev/null/scores.csv").returncode == 2
    assert json.loads(run("diff", "--course", course.course, "--json", check=True).stdout)


@pytest.mark.parametrize("score, reason", [("1,5", "more fields than the first line"), ("nan", "no number"), ("inf", "no number"), ("1e999", "no number"), ('"1,5"', "no number")])
def test_a_score_that_is_no_number_of_its_own_field_is_refused(course, tmp_path, score, reason):
    path = tmp_path / "scores.csv"
    path.write_text(f"student,assignment,grade_id,score,comment\nada,attack,why,{score},\n")
    done = run("manual", "--course", course.course, "--from", path)
    assert done.returncode == 2 and reason in done.stderr and report(course.course)["ada"]["waiting"] == 1


def test_a_time_that_cannot_be_read_is_told_once(course):
    with open(os.path.join(course.course, "submitted", "babbage", "attack", "timestamp.txt"), "w") as file:
        file.write("yesterday")
    done = run("run", "--course", course.course, "--again", "--student", "babbage", check=True)
    assert done.stderr.count("is no time") == 1


def test_the_time_that_counts_is_that_of_what_was_handed_in_last_and_one_that_cannot_be_read_is_told(course):
    path = os.path.join(course.course, "submitted", "babbage", "attack", "timestamp.txt")
    for text, days, told in (("2026-10-12 08:00:00 UTC", 3, False), ("2026-10-12 08:00:00 JST", 0, True), ("2026-10-09 20:30 +09:00", 0, False)):
        with open(path, "w") as file:
            file.write(text + "\n")
        done = run("run", "--course", course.course, check=True)
        assert "unchanged 3" in done.stdout and (f'timestamp.txt: "{text}" is no time' in done.stderr) == told
        assert report(course.course)["babbage"]["days_late"] == days


def test_late_days_are_said_where_the_score_is(course):
    entry = report(course.course)["babbage"]
    assert (entry["days_late"], entry["penalty"], entry["score"]) == (1, 0.5, 2)
    assert "1 day late, -50 %" in run("report", "--course", course.course, check=True).stdout
    row = next(row for row in table(course, "export", "--to", "csv") if row["student"] == "babbage")
    assert (row["score"], row["max_score"], row["waiting"], row["days_late"], row["penalty"]) == ("2", "12", "1", "1", "0.5")


def test_canvas_and_moodle_find_their_students(course):
    rows = list(csv.reader(io.StringIO(run("export", "--to", "canvas", "--course", course.course, check=True).stdout)))
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "attack"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "12"]
    assert rows[2] == ["Ada Lovelace", "", "1815", "ada", "", "10"]  # ID is a number of Canvas' own
    assert rows[3][0] == rows[3][3] == "babbage"
    assert table(course, "export", "--to", "moodle")[0] == {"username": "ada", "idnumber": "1815", "email": "ada@example.org",
                                                            "attack": "10"}


@pytest.mark.parametrize("policy, says", [
    ({"students": {"ada": "Ada Lovelace"}}, "students.ada wants an object {...}"),
    ({"students": {"ada": {"mail": "x"}}}, 'students.ada has no field "mail"'),
    ({"assignments": {"attack": "2026-10-09"}}, "assignments.attack wants an object {...}"),
    ({"assignments": {"attack": {"due": "friday"}}}, "assignments.attack.due wants a date"),
    ({"late": {"freedays": 1}}, 'late has no field "freedays"'),
    ({"assigments": {}}, 'the course has no field "assigments"')])
def test_what_is_wrong_in_course_json_is_said_with_its_place(course, policy, says):
    make_samples.write(os.path.join(course.course, "course.json"), policy)
    done = run("report", "--course", course.course)
    assert done.returncode == 2 and says in done.stderr


@pytest.mark.parametrize("encoding, status", [("utf-8-sig", 0), ("utf-16", 2), ("shift_jis", 2)])
def test_course_json_is_utf_8_with_or_without_its_mark(course, encoding, status):
    path = os.path.join(course.course, "course.json")
    with open(path, "w", encoding=encoding) as file:
        json.dump(POLICY | {"students": {"ada": {"name": "感想"}}}, file, ensure_ascii=False)
    done = run("report", "--course", course.course)
    assert done.returncode == status and ("course.json: line 1: is not text in UTF-8" in done.stderr) == bool(status)


def test_an_assignment_of_course_json_that_is_not_there_is_said(course):
    assert not run("report", "--course", course.course, check=True).stderr
    with open(os.path.join(course.course, "course.json"), "w") as file:
        json.dump({"assignments": {"attack": {}, "atack": {"due": "2026-10-09 12:00"}},
                   "students": {"ada": {"extra_days": {"attack": 1, "attakc": 1}}}}, file)
    said = run("report", "--course", course.course, check=True).stderr.splitlines()
    assert len(said) == 2 and "assignments.atack: " in said[0] and "students.ada.extra_days.attakc: " in said[1]


@pytest.mark.parametrize("format", ["canvas", "moodle"])
def test_what_course_json_says_is_no_formula(course, format):
    policy = POLICY | {"students": {"ada": {"name": "=HYPERLINK(1)", "id": "+1", "email": "@sum"}}}
    with open(os.path.join(course.course, "course.json"), "w") as file:
        json.dump(policy, file)
    text = run("export", "--to", format, "--course", course.course, check=True).stdout
    fields = [field for row in csv.reader(io.StringIO(text)) for field in row]
    assert "'+1" in fields and not [field for field in fields if field[:1] in ("=", "+", "-", "@")]


def test_gradescope_gets_a_file_for_each_submission(course, tmp_path):
    run("export", "--to", "gradescope", "--course", course.course, "-o", tmp_path, check=True)
    results = json.loads((tmp_path / "babbage" / "attack" / "results.json").read_text())
    assert results["score"] == 2 and "late (days: 1)" in results["output"]
    tests = {test["name"]: test for test in results["tests"]}
    assert (tests["test-twice"]["score"], tests["test-twice"]["max_score"], tests["test-twice"]["status"]) == (4, 4, "passed")
    assert tests["test-total"]["status"] == "failed" and "FAIL total of twenty" in tests["test-total"]["output"]
    assert "status" not in tests["why"] and "A person grades" in tests["why"]["output"]
    assert run("export", "--to", "gradescope", "--course", course.course).returncode == 2


def test_research_gets_every_check_and_no_names(course):
    def lines(*words):
        text = run("export", "--to", "jsonl", "--course", course.course, *words, check=True).stdout
        return [json.loads(line) for line in text.splitlines()]
    named, anonymous = lines(), lines("--anonymous")
    assert len(named) == 12 and {line["student"] for line in named} == {"ada", "babbage", "silent"}
    assert not {line["student"] for line in anonymous} & {"ada", "babbage", "silent"}
    assert len({line["student"] for line in anonymous}) == 3 and anonymous == lines("--anonymous")
    order = [line["student"] for line in anonymous]
    assert order == sorted(order)  # that of the names would tell who is who
    failed = [line["name"] for line in named if not line["passed"]]
    assert sorted(failed) == ["total of none", "total of twenty"]


def test_an_export_that_names_students_is_not_anonymous(course):
    done = run("export", "--to", "csv", "--anonymous", "--course", course.course)
    assert done.returncode == 2 and "names students" in done.stderr and not done.stdout


def test_a_table_without_from_is_not_taken_for_a_wish_to_see_one(course):
    done = run("manual", "scores.csv", "--course", course.course)
    assert done.returncode == 2 and '"scores.csv" is not understood here' in done.stderr and not done.stdout


@pytest.mark.parametrize("words", (("report",), ("report", "--json"), ("feedback",), ("diff",), ("manual",), ("export", "--to", "csv"),
                                   ("import", "--from", "nbgrader")))
@pytest.mark.parametrize("name", (("--student", "aada"), ("--assignment", "atack")))
def test_a_name_of_which_nothing_is_graded_is_no_empty_table(course, words, name):
    done = run(*words, "--course", course.course, *name)
    assert done.returncode == 2 and name[1] in done.stderr and "nothing is graded" in done.stderr and not done.stdout


def test_a_course_without_a_gradebook_says_what_makes_it(tmp_path):
    done = run("report", "--course", tmp_path)
    assert done.returncode == 2 and "oto-grade run makes it" in done.stderr and not os.listdir(tmp_path)


def test_a_machine_with_more_processors_than_jobs_takes_is_no_mistake(tmp_path):
    source, shim = tmp_path / "many.c", tmp_path / "many.so"
    source.write_text("#include <unistd.h>\nlong sysconf(int name) { return name == _SC_NPROCESSORS_ONLN ? 384 : 4096; }\n")
    subprocess.run(["clang-19", "-shared", "-fPIC", "-o", shim, source], check=True)
    done = run("report", "--course", tmp_path, env=os.environ | {"LD_PRELOAD": str(shim)})
    assert done.returncode == 2 and "gradebook.db: No such file" in done.stderr and "--jobs" not in done.stderr


def test_files_with_scores_are_open_to_whom_the_umask_says(course, tmp_path):
    for umask, mode in ((0o077, 0o600), (0o022, 0o644)):
        run("manual", "--course", course.course, "-o", tmp_path / "scores.csv", check=True, umask=umask)
        assert os.stat(tmp_path / "scores.csv").st_mode & 0o777 == mode


def test_a_name_that_is_no_utf_8_in_an_old_gradebook_is_in_every_list_and_can_be_forgotten(course):
    name = b"j\xe9r\xf4me"
    with contextlib.closing(sqlite3.connect(os.path.join(course.course, "gradebook.db"))) as book, book:
        for table in ("submission", "cell", "check"):
            book.execute(f"UPDATE oto_{table} SET student = CAST(? AS TEXT) WHERE student = 'silent'", (name,))
    assert report(course.course)["j\ufffdr\ufffdme"]["score"] == 10
    changes = json.loads(run("diff", "--course", course.course, "--json", check=True).stdout)
    assert "j\ufffdr\ufffdme" in [row["student"] for row in changes]
    run("forget", "--course", course.course, "--student", os.fsdecode(name), check=True)
    assert set(report(course.course)) == {"ada", "babbage"}


def test_many_jobs_do_not_run_out_of_open_files(course):
    few = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    done = run("run", "--course", course.course, "--again", "--jobs", "3",
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (20, few)))
    assert done.returncode == 0 and "graded 3" in done.stdout, done.stderr
