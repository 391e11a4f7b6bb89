"""The class as a page: who needs somebody, which checks tell nothing."""
import html.parser
import json
import os
import random
import re
import sqlite3
import unicodedata

import pytest

from conftest import run

HINT = "is the mean inside the root?"


def insert(database, table, **values):
    database.execute(f"INSERT INTO {table} ({','.join(values)}) VALUES ({','.join('?' * len(values))})", [*values.values()])


def hand_in(database, student, assignment, passed):
    """passed: {check: 0 to 1}, of one part of 10 points."""
    score = 10 * sum(passed.values()) / len(passed)
    whose = {"student": student, "assignment": assignment}
    insert(database, "oto_submission", **whose, title="", key="key", verdict="graded", score=score, points=10)
    insert(database, "oto_cell", **whose, position=1, part=1, grade_id="rms", role="answer", points=0, score=0)
    insert(database, "oto_cell", **whose, position=2, part=1, grade_id="test-rms", role="test", points=10, score=score)
    for number, (name, earned) in enumerate(passed.items()):
        insert(database, "oto_check", **whose, position=2, number=number, name=name, weight=1, earned=earned,
               passed=earned == 1, hidden=name == "secret", hint=HINT, message="")


@pytest.fixture
def course(tmp_path):
    """Thirty students and three weeks; evil has a name that would be a script."""
    path = tmp_path / "gradebook.db"
    path.touch()
    run("report", "--course", tmp_path, check=True)
    generator = random.Random(7)
    with sqlite3.connect(path) as database:
        for number in range(30):
            student, skill = "<script>evil" if number == 7 else f"s{number:02}", number / 30
            for week in ("01_sound", "02_spectrum", "03_features"):
                if number < 4 and week != "01_sound":
                    continue
                silence = float(generator.random() < skill + 0.2)
                hand_in(database, student, week, {
                    "a sine": 1.0, "silence": silence, "of nothing": silence,
                    "a full-scale square": float(generator.random() < skill), "secret": float(generator.random() < 0.6)})
    return tmp_path


class Page(html.parser.HTMLParser):
    """Its texts by heading, and whether every element that was opened was closed."""

    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts, self.labels = [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "svg":
            self.labels.append(dict(attributes).get("aria-label"))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)


def page_of(course, *words):
    return Page(run("report", "--course", course, "--to", "html", *words, check=True).stdout)


def test_the_page_says_who_is_silent_and_which_checks_tell_nothing(course):
    text = " ".join(page_of(course).texts)
    silent = text[text.index("The longest first"):]
    assert silent.index("s00") < silent.index("2 assignments")
    assert "never fails" in text and "fails together with “of nothing”" in text
    assert HINT in text and "(hidden)" in text


def test_who_was_late_is_not_stuck_and_the_page_says_what_lateness_cost(course):
    with sqlite3.connect(course / "gradebook.db") as database:
        for week in ("01_sound", "02_spectrum", "03_features"):
            hand_in(database, "zuse", week, {"a sine": 1.0})
        database.execute("UPDATE oto_submission SET submitted_at = 1791763200 WHERE student = 'zuse'")  # 2026-10-12
    due = {week: {"due": "2026-10-01 12:00 UTC"} for week in ("01_sound", "02_spectrum", "03_features")}
    (course / "course.json").write_text(json.dumps({"assignments": due, "late": {"last_day": 7}}))
    text = " ".join(page_of(course).texts)
    help = text[text.index("The longest first"):text.index("Checks that failed most")]
    assert "zuse" not in help and "s00" in help
    assert re.search(r"01_sound +0\.00 +10\.00 +0 % +\d+ % +late \(−100 %\)", text), text
    assert "提出の遅れ（−100%）" in " ".join(page_of(course, "--language", "ja").texts)


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_columns_stand_below_each_other_in_every_script(course, locale):
    names = ["\u97f3\u697d", "\u304b\u3099\u304f", "Ad\u00e8le", "plain"]  # wide, and with an accent of its own
    with sqlite3.connect(course / "gradebook.db") as database:
        for name in names:
            hand_in(database, name, "01_sound", {"a sine": 1.0})
    lines = run("report", "--course", course, check=True, env=os.environ | {"LC_ALL": locale}).stdout.splitlines()
    rows = [line for line in lines if line.startswith(tuple(names))]
    widths = [sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in row) for row in rows]
    assert len(rows) == len(names) and len(set(widths)) == 1, rows


def test_a_part_is_called_by_its_first_answer(course):
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute("UPDATE oto_cell SET position = position + 10")
        database.execute("UPDATE oto_check SET position = position + 10")
        for student, assignment in database.execute("SELECT student, assignment FROM oto_submission").fetchall():
            insert(database, "oto_cell", student=student, assignment=assignment, position=13, part=1, grade_id="adsr", role="answer", points=0, score=0)
    texts = page_of(course).texts
    assert "rms" in texts and "adsr" not in texts


def test_a_part_that_waits_for_a_person_says_how_many_are_left_out(course):
    assert "wait for a person and" not in " ".join(page_of(course).texts)
    with sqlite3.connect(course / "gradebook.db") as database:
        for student in ("s10", "s11"):
            insert(database, "oto_cell", student=student, assignment="01_sound", position=3, part=1, grade_id="why", role="written", points=2)
    assert "2 wait for a person and are left out" in " ".join(page_of(course).texts)


def test_the_page_names_what_nobody_could_grade(course):
    assert "Nobody could grade these" not in " ".join(page_of(course).texts)
    with sqlite3.connect(course / "gradebook.db") as database:
        for student in ("lost", "<script>evil"):
            insert(database, "oto_submission", student=student, assignment="04_late", title="", key="", verdict="ungradable", message="not JSON")
    output = run("report", "--course", course, "--to", "html", check=True).stdout
    page = Page(output)
    text = " ".join(page.texts)
    assert re.search(r"so look at them .*: +<script>evil +\(04_late\), +lost +\(04_late\)", text), text[:2000]
    assert "script" not in page.tags


def test_the_page_is_whole_without_scripts_and_without_anything_from_elsewhere(course):
    output = run("report", "--course", course, "--to", "html", check=True).stdout
    page = Page(output)
    assert "script" not in page.tags and "img" not in page.tags and "link" not in page.tags
    assert "&lt;script&gt;evil" in output and "default-src 'none'" in output and "http:" not in output
    assert any("30 submissions" in label for label in page.labels if label)


def test_pseudonyms_hide_names_on_the_page(course):
    output = run("report", "--course", course, "--to", "html", "--anonymous", check=True).stdout
    assert "s00" not in output and "evil" not in output
    order = re.findall(r'<details id="s\d+"><summary>(\w+)', output)
    assert len(order) == 30 and order == sorted(order)  # that of the names would tell who is who
    named = run("report", "--course", course, "--to", "html", check=True).stdout
    shares = [sorted(re.findall(r'<th scope="row">02_spectrum</th><td class="number">([^<]*)</td>', page)) for page in (output, named)]
    assert shares[0] == shares[1]


def test_a_student_sees_what_share_was_lost_and_of_how_many_points(course):
    with sqlite3.connect(course / "gradebook.db") as database:
        hand_in(database, "half", "01_sound", {"a sine": 0.8, "silence": 1})
        database.execute("UPDATE oto_cell SET points = 12.5 WHERE student = 'half' AND role = 'test'")
    text = " ".join(page_of(course).texts)
    assert re.search(r"01_sound +9\.00 +12\.50 +72 % +\d+ % +a sine \(−20 %\)", text), text
    assert " -0.00 " not in text


def test_in_japanese_no_sentence_of_the_page_is_english(course):
    (course / "course.json").write_text('{"language": "ja"}')
    page = page_of(course)
    theirs = {"a sine", "of nothing", "a full-scale square", HINT, "<script>evil"}
    words = [text for text in filter(None, page.texts + page.labels) if not any(one in text for one in {*theirs, "--ground"})]
    assert not [text for text in words if re.search("[A-Za-z]+ [A-Za-z]+", text)]
    text = " ".join(page.texts)
    assert run("report", "--course", course, "--to", "html").stdout.startswith('<!doctype html>\n<html lang="ja">')
    assert "支援が必要な学生" in text and "課題2回分" in text and "正誤が常に一致する項目：「of nothing」" in text
    assert "Class report" in " ".join(page_of(course, "--language", "en").texts)


def test_a_page_is_written_to_a_file(course, tmp_path):
    done = run("report", "--course", course, "--to", "html", "-o", tmp_path / "class.html", check=True)
    assert not done.stdout and (tmp_path / "class.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("words, message", [
    (["--to", "pdf"], 'report --to "pdf" is not known; there is --to html'),
    (["--to", "html", "--student", "s01"], "for one student there is feedback"),
    (["--anonymous"], "report takes -o, --anonymous and --language with --to html"),
    (["--language", "ja"], "report takes -o, --anonymous and --language with --to html"),
    (["--to", "html", "--language", "tlh"], '--language wants en or ja, not "tlh"'),
])
def test_what_does_not_go_together_is_said(course, words, message):
    done = run("report", "--course", course, *words)
    assert done.returncode == 2 and message in done.stderr and not done.stdout
