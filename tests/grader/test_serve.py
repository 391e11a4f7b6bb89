"""The page for grading by hand, as a browser and as an attacker would ask it: who is let in, what is kept."""
import contextlib
import csv
import http.client
import io
import json
import os
import re
import shutil
import socket
import subprocess
import threading

import make_samples
import pytest

from conftest import cell, course_of, exercise, report, run, written_cell
from serving import Server, serving

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TASK = "**Why** does `twice` work?\n\n| points | for |\n|---|---|\n| 2 | <b onclick=x>a reason</b> |"
ANSWERS = {"ada": "Because x + x.", "babbage": "<script>alert(1)</script>", "curie": "I do not know."}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Three students wrote the text, one left it."""
    folder = tmp_path_factory.mktemp("serve")
    source = exercise()
    written = written_cell("Two x is x + x.")
    source["cells"] += [cell(TASK, kind="markdown"), written]
    samples = course_of(folder, "attack", source)
    solved = {answer: samples.solved(answer) for answer in ("twice", "total")}
    for student, text in ANSWERS.items():
        samples.submit(student, solved | {"why": text})
    samples.submit("silent", solved)
    run("run", "--course", samples.course, "--jobs", "2", check=True)
    return samples.course


@pytest.fixture
def course(graded, tmp_path):
    return shutil.copytree(graded, tmp_path / "course")


@pytest.fixture
def server(course):
    with serving(course) as server:
        yield server


def answers(server):
    """{text: what a grading of it has to say}"""
    status, part = server.get("answers", assignment="attack", part="why")
    assert status == 200
    return {one["answer"]: {"assignment": "attack", "part": "why", "who": one["who"], "state": one["state"], "comment": ""}
            for one in part["answers"]}


def points(course):
    return {student: entry["cells"][-1]["score"] for student, entry in report(course).items()}


# ---- who is let in ----

@pytest.mark.parametrize("path", ["/", "/parts", "/{wrong}/", "/{wrong}/parts", "{root}"])
def test_without_the_whole_token_nothing_is_told(server, path):
    wrong = "0" * (len(server.root) - 2)
    status, _, text = server.request("GET", path.format(wrong=wrong, root=server.root[:-1]))
    assert status == 403 and "open the whole address" in text and "why" not in text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1.evil.example:{port}", ""])
def test_another_host_name_is_refused(server, host):
    """A page of evil.example whose name was made to lead to 127.0.0.1."""
    status, _, text = server.request("GET", server.root + "parts", headers={"Host": host.format(port=server.port)})
    assert status == 403 and "why" not in text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}"])
def test_a_page_of_another_site_cannot_give_points(server, course, origin):
    given = answers(server)["I do not know."] | {"score": "2"}
    headers = {"Content-Type": "application/json", "Origin": origin.format(port=server.port)}
    assert server.request("POST", server.root + "give", json.dumps(given), headers)[0] == 403
    assert points(course)["curie"] is None


def test_its_own_page_is_let_in_by_both_names(server):
    for name in ("127.0.0.1", "localhost"):
        own = f"{name}:{server.port}"
        assert server.request("GET", server.root, headers={"Host": own, "Origin": f"http://{own}"})[0] == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_a_form_cannot_give_points(server, kind):
    headers = {"Content-Type": kind} if kind else {}
    assert server.request("POST", server.root + "give", "{}", headers)[0] == 415


def test_it_listens_on_this_machine_only(server):
    listening = subprocess.run(["cat", "/proc/net/tcp", "/proc/net/tcp6"], capture_output=True, text=True).stdout
    addresses = [words[1] for line in listening.splitlines() if (words := line.split())[1].endswith(f":{server.port:04X}")
                 and words[3] == "0A"]
    assert addresses == [f"0100007F:{server.port:04X}"]


def test_each_start_has_another_token(course):
    with serving(course) as first, serving(course) as second:
        assert first.root != second.root and len(first.root) == 50


def test_the_page_runs_its_own_script_only(server):
    status, headers, text = server.request("GET", server.root)
    policy = headers["Content-Security-Policy"]
    assert status == 200 and "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer" and "<script>" not in text


def idle_connections(server, count, says=b""):
    made = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]
    for one in made:
        with contextlib.suppress(OSError):  # of one that had to go meanwhile
            one.sendall(says)
    return made


@pytest.mark.parametrize("says", [b"", b"GET / HTTP/1.1\r\nHost: "])
def test_connections_that_ask_for_nothing_do_not_keep_others_out(server, says):
    idle = idle_connections(server, 100, says)
    assert server.get("parts")[0] == 200
    for one in idle:
        one.close()


def test_who_has_the_token_is_not_displaced_by_those_who_have_not(server):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as kept:
        for _ in range(2):
            kept.request("GET", server.root + "parts")
            assert kept.getresponse().read().startswith(b"[")
            own = kept.sock.getsockname()
            for one in idle_connections(server, 100):
                one.close()
        assert kept.sock.getsockname() == own  # http.client would have made another


def test_a_connection_that_says_nothing_is_ended(server):
    with idle_connections(server, 1)[0] as one:
        one.settimeout(60)
        assert one.recv(1) == b""


# ---- what is shown ----

def test_parts_tell_how_far_one_is(server):
    assert server.get("parts") == (200, [{"assignment": "attack", "part": "why", "points": 2, "answers": 4, "done": 1}])


def test_answers_come_without_names_and_in_an_order_of_their_own(server):
    text = server.request("GET", f"{server.root}answers?assignment=attack&part=why")[2]
    part = json.loads(text)
    assert not any(student in re.sub("[0-9a-f]{16,}", "", text) for student in [*ANSWERS, "silent"])  # "ada" is hexadecimal
    assert sorted(one["answer"] for one in part["answers"]) == sorted([*ANSWERS.values(), "YOUR ANSWER HERE"])
    assert [one["untouched"] for one in part["answers"] if one["answer"] == "YOUR ANSWER HERE"] == [True]
    assert [one["who"] for one in part["answers"]] == sorted(one["who"] for one in part["answers"])


def test_a_name_is_told_when_it_is_asked_for(server):
    place = {key: value for key, value in answers(server)["Because x + x."].items() if key in ("assignment", "part", "who")}
    assert server.get("name", **place) == (200, {"name": "ada"})
    assert server.get("name", **place | {"who": "0" * 16})[0] == 404


def test_the_task_is_made_of_markdown_and_its_html_stays_text(server):
    part = server.get("answers", assignment="attack", part="why")[1]
    assert "<strong>Why</strong>" in part["task"] and "<td>2</td>" in part["task"]
    assert "&lt;b onclick=x&gt;" in part["task"] and "<b " not in part["task"]
    assert part["model"] == "Two x is x + x."


def test_the_other_work_of_the_same_student_is_there(server):
    place = {key: value for key, value in answers(server)["Because x + x."].items() if key in ("assignment", "part", "who")}
    cells = {one["part"]: one for one in server.get("work", **place)[1]["cells"]}
    assert "return 2 * x;" in cells["twice"]["answer"] and cells["test-total"]["score"] == 6
    assert {check["name"]: check["passed"] for check in cells["test-twice"]["checks"]}["the secret check"] is True


def test_what_is_not_there_is_said(server):
    assert server.get("answers", assignment="attack", part="nothing") == (404, {"error": "there is no such part"})
    assert server.get("answers", assignment="attack", part="test-twice")[0] == 404
    assert server.get("answers")[0] == 404
    assert server.request("GET", server.root + "nothing")[0] == 404
    assert server.request("DELETE", server.root + "parts")[0] == 405


# ---- in Japanese ----

@pytest.mark.parametrize("language", ["en", "ja"])
def test_each_sentence_of_the_page_is_there(course, language):
    with serving(course, "--language", language) as server:
        page, texts = (server.request("GET", server.root + name)[2] for name in ("", "texts.js"))
        script = server.request("GET", server.root + "grading.js")[2]
    texts = json.loads(texts.removeprefix("const texts = ").removesuffix(";\n"))
    assert f'<html lang="{language}">' in page and "{{" not in page and "<label> <" not in page and "<dd></dd>" not in page
    assert set(re.findall(r"texts\.([A-Z_]+)", script)) <= set(texts)
    with open(os.path.join(ROOT, "autograder/page/grading.html"), encoding="utf-8") as file:
        assert {name for name in re.findall("{{(.*?)}}", file.read())} <= set(texts)


def test_the_course_says_its_language(course):
    make_samples.write(os.path.join(course, "course.json"), {"language": "ja"})
    with serving(course) as server:
        assert "手動採点" in server.request("GET", server.root)[2]
        assert server.request("GET", server.root + "nothing")[::2] == (404, "このページはありません。")
        given = answers(server)["I do not know."] | {"score": "9"}
        assert server.give(**given) == (400, {"error": "得点「9」は0から2までの数ではありません。"})
    with pytest.raises(RuntimeError, match='not "tlh"'):
        Server(course, "--language", "tlh")


# ---- what is kept ----

def test_points_and_a_comment_are_kept_at_once(server, course):
    status, reply = server.give(**answers(server)["Because x + x."] | {"score": "1.5", "comment": "=well said"})
    assert status == 200 and (reply["answer"]["score"], reply["answer"]["comment"]) == (1.5, "=well said")
    entry = report(course)["ada"]
    assert entry["score"] == 11.5 and entry["waiting"] == 0
    rows = csv.DictReader(io.StringIO(run("manual", "--course", course, check=True).stdout))
    assert {row["student"]: (row["score"], row["comment"]) for row in rows}["ada"] == ("1.5", "'=well said")
    assert server.get("parts")[1][0]["done"] == 2


@pytest.mark.parametrize("score", ["2.01", "-1", "good", "nan", "inf", "1e400", "1 point", "0x1"])
def test_a_score_that_cannot_be_is_refused(server, course, score):
    status, reply = server.give(**answers(server)["Because x + x."] | {"score": score})
    assert status == 400 and "no number from 0 to 2" in reply["error"]
    assert points(course)["ada"] is None


def test_points_are_taken_back_and_a_comment_can_stand_alone(server, course):
    one = answers(server)["Because x + x."]
    state = server.give(**one | {"score": "2"})[1]["answer"]["state"]
    status, reply = server.give(**one | {"score": "", "comment": "ask in class", "state": state})
    assert status == 200 and reply["answer"]["score"] is None and reply["answer"]["comment"] == "ask in class"
    assert points(course)["ada"] is None
    server.give(**one | {"score": "", "state": reply["answer"]["state"]})
    assert answers(server)["Because x + x."]["state"] == one["state"]


def test_an_answer_that_changed_is_not_graded_unseen(server, course):
    one = answers(server)["Because x + x."]
    path = os.path.join(course, "submitted", "ada", "attack", "attack.ipynb")
    notebook = make_samples.read(path)
    next(c for c in notebook["cells"] if make_samples.grade_id(c) == "why")["source"] = ["Another thought."]
    make_samples.write(path, notebook)
    run("run", "--course", course, "--student", "ada", check=True)
    status, reply = server.give(**one | {"score": "2"})
    assert status == 409 and "changed" in reply["error"] and reply["answer"]["answer"] == "Another thought."
    assert points(course)["ada"] is None
    assert server.give(**one | {"score": "2", "state": reply["answer"]["state"]})[0] == 200


def test_of_two_who_grade_the_same_answer_the_second_hears_of_the_first(course):
    with serving(course) as one, serving(course) as other:
        given = answers(one)["Because x + x."]
        assert one.give(**given | {"score": "2"})[0] == 200
        status, reply = other.give(**given | {"score": "0"})
    assert status == 409 and reply["answer"]["score"] == 2
    assert points(course)["ada"] == 2


def test_many_at_once_lose_nothing(server, course):
    replies = []
    graded = [one for one in answers(server).values() for _ in range(6)]
    threads = [threading.Thread(target=lambda one=one: replies.append(server.give(**one | {"score": "1"})[0])) for one in graded]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [200] * 4 + [409] * 20
    assert set(points(course).values()) == {1}


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"score": 1}', '"' + "x" * 100, '{"assignment": "attack\\u0000"}'])
def test_what_is_no_grading_is_refused(server, body):
    status, _, text = server.request("POST", server.root + "give", body, {"Content-Type": "application/json"})
    assert status == 400 and "wanted:" in json.loads(text)["error"]


def test_a_body_without_end_is_refused(server):
    body = json.dumps({"comment": "x" * (2 << 20)})
    status, _, text = server.request("POST", server.root + "give", body, {"Content-Type": "application/json"})
    assert status == 413 and "nothing was kept" in text


# ---- the command ----

def test_it_ends_with_ctrl_c(course):
    assert Server(course).stop() == (0, "")


def test_a_port_that_is_taken_is_said(server, course):
    done = run("serve", "--course", course, "--port", server.port)
    assert done.returncode == 2 and f"port {server.port} of 127.0.0.1" in done.stderr and "without --port" in done.stderr
    assert run("serve", "--course", course, "--port", "70000").returncode == 2


def test_pictures_in_an_answers_text_are_shown_and_nothing_else_that_is_attached(tmp_path):
    def attach(notebook):
        answer = next(c for c in notebook["cells"] if make_samples.grade_id(c) == "why")
        answer["attachments"] = {"a.png": {"image/png": "aaaa"}, "b.svg": {"image/svg+xml": "bbbb"}, "c": {"text/html": "cccc"}, "d": {"image/png": 4}}
        other = cell("Another text. ![d](attachment:a.png)", kind="markdown")
        notebook["cells"].append(other | {"attachments": {"a.png": {"image/jpeg": "eeee"}}})

    source = exercise()
    written = written_cell("Two x is x + x.")
    source["cells"].append(written)
    samples = course_of(tmp_path, "attack", source)
    path = samples.submit("ada", samples.all_solved(why="![a](attachment:a.png)"), attach)
    run("run", "--course", samples.course, check=True)
    with serving(samples.course) as server:
        [one] = server.get("answers", assignment="attack", part="why")[1]["answers"]
        place = {"assignment": "attack", "part": "why", "who": one["who"]}
        assert server.get("pictures", **place) == (200, {"pictures": [{"name": "a.png", "type": "image/png", "data": "aaaa"}]})
        assert server.get("pictures", **place | {"who": "nobody"})[0] == 404
        samples.submit("ada", samples.all_solved(why="Another answer. ![a](attachment:a.png)"), attach)
        assert server.get("pictures", **place) == (200, {"pictures": []}), "it is not the answer that was graded"
        os.remove(path)
        assert server.get("pictures", **place) == (200, {"pictures": []})


def test_a_page_carries_the_beginning_of_an_endless_answer(tmp_path):
    source = exercise()
    written = written_cell("Two x is x + x.")
    source["cells"].append(written)
    samples = course_of(tmp_path, "attack", source)
    samples.submit("ada", samples.all_solved(why="か" * 1000000, twice="double twice(double x) { return 2 * x; }\n" + "// か\n" * 100000))
    run("run", "--course", samples.course, check=True)
    with serving(samples.course) as server:
        [one] = server.get("answers", assignment="attack", part="why")[1]["answers"]
        work = server.get("work", assignment="attack", part="why", who=one["who"])[1]["cells"]
    assert one["answer"] == "か" * 33333 + "\n… cut here: all 3000000 bytes are in the notebook"
    assert all(len(cell["answer"]) < 100100 for cell in work)
    run("feedback", "--course", samples.course, "--language", "ja", check=True)
    page = (tmp_path / "course/feedback/ada/attack/attack.html").read_text(encoding="utf-8")
    assert len(page) < 200000 and "…ここまで表示しています（全3000000バイト）" in page


# ---- beside a table ----

def written_table(course):
    """{student: row}, as manual writes them."""
    rows = csv.DictReader(io.StringIO(run("manual", "--course", course, check=True).stdout))
    return {row["student"]: row for row in rows}


def read_back(course, rows):
    path = os.path.join(course, "table.csv")
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, next(iter(rows.values())))
        writer.writeheader()
        writer.writerows(rows.values())
    return run("manual", "--course", course, "--from", path)


def test_a_table_that_comes_back_late_overwrites_nothing_that_was_given_since(server, course):
    rows = written_table(course)
    assert server.give(**answers(server)["Because x + x."] | {"score": "1.5", "comment": "well said"})[0] == 200
    rows["ada"]["score"] = rows["babbage"]["score"] = "1"
    done = read_back(course, rows)
    assert done.returncode == 2 and "line 2: somebody gave it 1.5" in done.stderr and "nothing was changed" in done.stderr
    assert points(course)["ada"] == 1.5 and points(course)["babbage"] is None
    rows["ada"]["score"] = ""
    rows["ada"]["comment"] = "a comment alone"
    assert "line 2: somebody gave it 1.5" in read_back(course, rows).stderr
    rows["ada"].update(score="1.50", comment="well said")  # both say the same
    assert "2 scores taken" in read_back(course, rows).stdout
    assert points(course)["ada"] == 1.5 and points(course)["babbage"] == 1


def test_a_line_of_a_table_that_nobody_changed_leaves_what_was_given_since(server, course):
    rows = written_table(course)
    rows["ada"]["score"] = rows["babbage"]["score"] = "1"
    assert "2 scores taken" in read_back(course, rows).stdout
    rows["babbage"]["score"] = "2"
    assert "2 scores taken" in read_back(course, rows).stdout, "a correction of the same table"
    another = written_table(course)
    assert "1 score taken" in read_back(course, {"ada": another["ada"] | {"score": "0"}}).stdout
    assert "1 line as the table was written" in read_back(course, another).stdout
    assert points(course)["ada"] == 0
    rows = written_table(course)
    for text, score in (("Because x + x.", "2"), (ANSWERS["babbage"], "")):
        assert server.give(**answers(server)[text] | {"score": score})[0] == 200
    rows["curie"]["score"] = "0.5"
    done = read_back(course, rows)
    assert "1 score taken" in done.stdout and "2 lines as the table was written: what somebody gave there since stays" in done.stdout
    assert points(course) == {"ada": 2, "babbage": None, "curie": 0.5, "silent": 0}
    rows["babbage"]["score"] = "1"
    assert "line 3: somebody changed its comment or took its score back" in read_back(course, rows).stderr


def test_a_table_of_an_earlier_version_is_taken(server, course):
    rows = written_table(course)
    for row in rows.values():
        row["seen"] = row["seen"].split("-")[0]
    assert server.give(**answers(server)["Because x + x."] | {"score": "1.5"})[0] == 200
    rows["ada"]["score"] = "1"
    assert "1 score taken" in read_back(course, rows).stdout and points(course)["ada"] == 1
