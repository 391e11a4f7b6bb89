"""What a student reads after the grading: a page and a notebook, in English and in Japanese."""
import base64
import html.parser
import io
import os
import re

import nbformat
import pytest

import make_samples
from conftest import cell, course_of, exercise, run, written_cell

TONE = ("void tone(float *y, int n) {\n    // ### BEGIN SOLUTION\n    for (int i = 0; i < n; i++) y[i] = 0.5f * sinf(0.1f * i);\n"
        "    // ### END SOLUTION\n}")
TEST_TONE = ('float y[20000];\ntone(y, 20000);\noto_check_audio("a tone", oto_audio(y, 20000, 4000), .snr_db = 40, .hint = "<b>phase</b> & more");\n'
             'oto_check_array("its first 1000", y, 1000, .atol = 1e-3);\noto_check_close("its beginning", y[1], .atol = 1e-3);')
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)> $x$ \\(y\\) `z`\n\n# no heading"
VOID = {"meta", "br", "img", "path", "circle", "rect"}


def the_exercise():
    source = exercise()
    answer, test = cell(TONE, "tone"), cell(TEST_TONE, "test-tone", points=3)
    answer["metadata"]["nbgrader"].update(solution=True)
    written = written_cell()
    source["cells"][0]["source"] = ["## Numbers\n"]
    source["cells"] += [cell("## A *tone* & more", kind="markdown"), answer, test, written]
    return source


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feedback")
    samples = course_of(folder, "attack", the_exercise())
    solved = samples.all_solved()
    samples.submit("ada", solved | {"why": EVIL, "tone": "void tone(float *y, int n) {\n    for (int i = 0; i < n; i++) y[i] = 0.25f * cosf(0.1f * i);\n}"})
    samples.submit("babbage", solved | {"total": "double total(const float *x, int n) {\n    return *(volatile int *)0;\n}"})

    def lose_one_and_add_one(notebook):
        notebook["cells"] = [c for c in notebook["cells"] if make_samples.grade_id(c) != "twice"]
        notebook["cells"].append(cell("int mine = 1;"))
    samples.submit("curie", {"total": "double total(const float *x, int n) { retrun 0; }"}, lose_one_and_add_one)
    os.makedirs(os.path.join(samples.course, "submitted", "dirac", "attack"))
    run("run", "--course", samples.course, "--jobs", "2")
    return samples


def read(graded, student, language, ending="html"):
    run("feedback", "--course", graded.course, "--language", language, check=True)
    with open(os.path.join(graded.course, "feedback", student, "attack", f"attack.{ending}"), encoding="utf-8") as file:
        return file.read()


def test_a_cell_that_a_person_grades_may_begin_with_its_part_s_title(tmp_path):
    def by_hand(grade_id, text, **roles):
        made = cell(text, grade_id, points=1, kind="markdown")
        made["metadata"]["nbgrader"].update(roles)
        return made

    source = the_exercise()
    task, written = {"grade": False, "task": True}, {"solution": True, "locked": False}
    source["cells"] += [by_hand("draw", "\n## Draw\nA wave.\n## Or two", **task), by_hand("also", "Another.", **task),
                        by_hand("say", "## Say\n### BEGIN SOLUTION\n## A secret\n### END SOLUTION", **written),
                        by_hand("model", "## The secret answer", **written),
                        by_hand("marked", "### BEGIN MARK SCHEME\n## One point\n### END MARK SCHEME\nSing.", **task)]
    samples = course_of(tmp_path, "attack", source)
    samples.submit("ada", {})
    run("run", "--course", samples.course, check=True)
    parts = re.findall('<h2 id="part-[0-9]+">(.*?)</h2>', read(samples, "ada", "en"))
    assert parts == ["Numbers", "A *tone* &amp; more", "Draw", "Say"]


class Page(html.parser.HTMLParser):
    """A page taken apart; what is not closed, or closed by another tag, is an error."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), f"<{tag}> has an attribute twice"
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if not {"style", "title"} & set(self.open):
            self.text += data

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


# ---- the page ----

@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("student", ["ada", "babbage", "curie", "dirac"])
def test_pages_are_well_formed_and_can_be_found_through(graded, student, language):
    page = Page(read(graded, student, language))
    assert page.all("html") == [{"lang": language}] and len(page.all("title")) == 1
    for landmark in ("header", "main", "footer", "h1"):
        assert len(page.all(landmark)) == 1, landmark
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["href"].removeprefix("#") for a in page.all("a")} <= set(ids)
    assert all(section["aria-labelledby"] in ids for section in page.all("section"))
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in page.all("svg"))
    assert all(sound["aria-label"] and "controls" in sound for sound in page.all("audio"))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(next_one <= level + 1 for level, next_one in zip(levels, levels[1:])), levels


def test_a_failed_check_says_what_was_expected_and_got_and_where(graded):
    text = Page(read(graded, "ada", "en")).text
    assert "failed a tone" in text and "passed the secret check (hidden check)" in text
    assert re.search(r"worst at sample \d+ \(.* s\): expected .*, got ", text)
    assert re.search(r"expected 0\.04\d+, got 0\.24\d+ \(within", text)
    assert "Hint: <b>phase</b> & more" in text
    assert "test-tone: 0 of 3 points" in text and "10 of 15 points" in text
    assert "A *tone* & more" in text and "up to 2 points, a person is still to grade this" in text


def test_the_worst_place_is_drawn_once_whole_and_once_near(graded):
    page = Page(read(graded, "ada", "en"))
    assert len(page.all("svg")) == 4
    assert page.text.count("around the worst place") == 2
    assert {p["class"] for p in page.all("path")} == {"axis", "zero", "expected", "got", "worst"}


def test_both_sounds_can_be_heard_around_the_worst_place(graded):
    sounds = Page(read(graded, "ada", "en")).all("audio")
    assert [sound["aria-label"] for sound in sounds] == ["Expected sound", "Your sound"]
    bodies = [base64.b64decode(sound["src"].removeprefix("data:audio/flac;base64,"), validate=True) for sound in sounds]
    for body in bodies:
        assert body[:4] == b"fLaC" and len(body) < 40_000
        # STREAMINFO: 20 bits of rate, 3 of channels, 5 of bits, 36 of samples
        info = int.from_bytes(body[18:26], "big")
        assert info >> 44 == 4000 and (info >> 41 & 7) == 0 and info & (1 << 36) - 1 == 12_000


def test_sounds_that_a_page_cannot_carry_are_left_out_and_said_to_be(tmp_path):
    source = exercise()
    noise = "void noise(float *y, int n) {\n    unsigned x = %d;\n    for (int i = 0; i < n; i++) y[i] = (float)((x = 1664525 * x + 1013904223) >> 8) / (1 << 24) - 0.5f;\n}"
    answer = cell(noise.replace("{\n", "{\n    // ### BEGIN SOLUTION\n", 1).replace("\n}", "\n    // ### END SOLUTION\n}") % 1, "noise")
    checks = "".join(f'oto_check_audio("noise {i}", oto_audio(y, 264600, 88200));\n' for i in range(3))
    answer["metadata"]["nbgrader"].update(solution=True)
    source["cells"] += [answer, cell("static float y[264600];\nnoise(y, 264600);\n" + checks, "test-noise", points=5),
                        cell(checks.replace("noise", "more"), "test-more", points=5)]
    samples = course_of(tmp_path, "attack", source)
    samples.submit("ada", samples.all_solved() | {"noise": noise % 2})
    run("run", "--course", samples.course, check=True)
    for language, left_out in (("en", "are left out"), ("ja", "省きました")):
        text = read(samples, "ada", language)
        page = Page(text)
        assert len(page.all("audio")) == 4 and page.text.count(left_out) == 4 and len(text) < 3.3 * 2**20


def test_a_crash_shows_the_students_own_line(graded):
    text = Page(read(graded, "babbage", "en")).text
    assert "SegmentationFault (it used memory that is not its own): " in text and "Line 2 of your answer total:return *(volatile int *)0;" in text


def test_an_answer_that_does_not_compile_is_named(graded):
    text = Page(read(graded, "curie", "en")).text
    assert "Your answer total did not run" in text and "CompileError" in text and "retrun" in text
    assert 'Answer "twice" is missing from the notebook.' in text and "1 code cell of your own" in text


def test_a_test_that_lacks_an_answer_says_that_and_not_what_the_compiler_says_of_the_test(graded):
    page = read(graded, "curie", "en")
    assert "The test cannot run without your answer total" in page
    errors = re.findall('<p class="error">.*?</p>', page)
    assert any("retrun" in error for error in errors) and not any("&#39;total&#39;" in error or "'total'" in error for error in errors)


def test_an_answer_that_does_not_compile_gets_no_hints_at_its_values(tmp_path):
    source = exercise()
    answer, test = cell(TONE, "tone"), cell(TEST_TONE, "test-tone", points=3)
    answer["metadata"]["nbgrader"].update(solution=True)
    source["cells"] += [answer, test]
    samples = course_of(tmp_path, "attack", source)
    for student, line in (("ada", "no C"), ("curie", "*(volatile int *)0 = 1;")):
        samples.submit(student, samples.all_solved() | {"tone": f"void tone(float *y, int n) {{\n    {line}\n}}"})
    samples.submit("silent", {name: samples.solved(name) for name in samples.answers if name != "tone"})
    run("run", "--course", samples.course, "--jobs", "2", check=True)
    assert "<h4>This part is not written yet</h4><ul" in read(samples, "silent", "en")
    for student, hints in (("ada", 0), ("curie", 1), ("silent", 1)):
        page = read(samples, student, "en")
        assert page.count("this check did not run") == 3 and page.count("Hint: ") == hints


def test_a_few_values_are_a_table(tmp_path):
    source = exercise()
    answer = cell("void few(float *y) {\n    // ### BEGIN SOLUTION\n    y[0] = 1; y[1] = 2; y[2] = 3;\n    // ### END SOLUTION\n}", "few")
    answer["metadata"]["nbgrader"].update(solution=True)
    source["cells"] += [answer, cell('float few3[3];\nfew(few3);\noto_check_array("three", few3, 3);', "test-few", points=1)]
    samples = course_of(tmp_path, "attack", source)
    samples.submit("ada", samples.all_solved() | {"few": "void few(float *y) {\n    y[0] = 1; y[1] = 2.00004f; y[2] = NAN;\n}"})
    run("run", "--course", samples.course, check=True)
    page = read(samples, "ada", "en")
    Page(page)
    table = re.search('<table class="values">.*?</table>', page)[0]
    assert re.sub("<[^>]*>", " ", table).split() == "Expected Yours [0] 1 1 [1] 2 ≠ 2.00004 [2] 3 ≠ NaN".split()


def test_of_hidden_checks_only_the_title_is_told(graded):
    for student in ("ada", "curie"):
        page = read(graded, student, "en")
        hidden = [line for line in re.findall(r"<li.*?</li>", page) if "hidden check" in line]
        assert hidden and all("message" not in line and "svg" not in line and "hint" not in line for line in hidden)


def test_what_students_wrote_runs_nothing(graded):
    text = read(graded, "ada", "en")
    page = Page(text)
    assert "<script" not in text and not page.all("img") and "onerror" not in str(page.tags)
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; media-src data:"
    assert EVIL in page.text
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_what_nobody_could_grade_says_so(graded):
    page = Page(read(graded, "dirac", "en"))
    assert "was not graded; a person will look at it" in page.text and not page.all("nav")
    assert not os.path.exists(os.path.join(graded.course, "feedback", "dirac", "attack", "attack.ipynb"))


# ---- why points are lost ----

FACTORIAL = "double factorial(int n) {\n    // ### BEGIN SOLUTION\n    return n < 2 ? 1 : n * factorial(n - 1);\n    // ### END SOLUTION\n}"
LOST = {
    "recursion that does not compile": "double factorial(int n) {\n    return n < 2 ? 1 : n * factorial(n - 1)\n}",
    "exit": "double factorial(int n) {\n    if (n < 1) exit(0);\n    return n < 2 ? 1 : n * factorial(n - 1);\n}",
    "endless": "double factorial(int n) {\n    for (volatile unsigned i = 0;; i++) {}\n}",
    "greedy": "double factorial(int n) {\n    for (;;) memset(malloc(1 << 20), 1, 1 << 20);\n}",
}


@pytest.fixture(scope="module")
def lost(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lost")
    source = exercise()
    answer = cell(FACTORIAL, "factorial")
    answer["metadata"]["nbgrader"].update(solution=True)
    test = cell('oto_check_close("five", factorial(5), .require = "recursion");\noto_check_close("none", factorial(0));', "test-factorial", points=2)
    written = written_cell()
    source["cells"] += [answer, test, cell("## A text", kind="markdown"), written]
    samples = course_of(folder, "attack", source)
    for student, source in LOST.items():
        samples.submit(student, {"factorial": source, "why": "Because."})
    broken = os.path.join(os.path.dirname(samples.submit("unreadable", {})), "attack.ipynb")
    open(broken, "w").write("{")
    late = os.path.dirname(samples.submit("late", {"why": "Because."}))
    open(os.path.join(late, "timestamp.txt"), "w").write("2026-10-12 12:00 UTC")
    make_samples.write(os.path.join(samples.course, "course.json"), {
        "assignments": {"attack": {"due": "2026-10-10 12:00 UTC"}}, "late": {"free_days": 1, "penalty_per_day": 0.1}})
    run("run", "--course", samples.course, "--jobs", "2")
    return samples


def text_of_both(graded, student, language="en"):
    """What page and notebook say."""
    notebook = nbformat.reads(read(graded, student, language, "ipynb"), 4)
    return Page(read(graded, student, language)).text, "".join(Page(c.source).text for c in feedback_cells(notebook))


def test_an_answer_that_does_not_compile_is_not_told_to_use_what_it_uses(lost):
    text = Page(read(lost, "recursion that does not compile", "en")).text
    assert "must use recursion" not in text and text.count("this check did not run") >= 2


def test_a_cell_that_exit_ended_says_so(lost):
    text = Page(read(lost, "exit", "en")).text
    assert "passed five" in text and "this check did not run: exit(0) ended the cell before it" in text
    assert "exit(0)がセルを終わらせた" in Page(read(lost, "exit", "ja")).text


@pytest.mark.parametrize("student, says", [("endless", "longer than its limit of 3 s"), ("greedy", "more memory than its limit of 512 MB")])
def test_nobody_is_told_to_raise_a_limit_of_the_grader(lost, student, says):
    page = read(lost, student, "en")
    assert says in page and "%config" not in page


def test_a_part_that_waits_for_a_person_has_not_lost_its_points(lost):
    page = read(lost, "exit", "en")
    assert "0 of 2 points so far, a person is still to grade" in page and "<td>0 of 2 points</td>" not in page


def test_page_and_notebook_say_how_late_it_was_and_what_waits(lost):
    for said in text_of_both(lost, "late"):
        assert "Handed in late (days: 2, free of them: 1): 10 % less." in said
        assert "Parts that a person grades are still to come: 1 of them." in said
    assert "2日遅れて提出されたため（うち1日は減点なし）、10%減点" in Page(read(lost, "late", "ja")).text


def test_a_student_learns_nothing_of_the_graders_folders(lost):
    page = read(lost, "unreadable", "en")
    assert "attack.ipynb: line 1" in page and lost.course not in page


# ---- in Japanese ----

@pytest.mark.parametrize("student", ["ada", "babbage", "curie"])
def test_no_english_sentence_of_ours_is_left_in_japanese(graded, student):
    page = read(graded, student, "ja")
    ours = re.sub(r"<style>.*?</style>|<(pre|code)\b.*?</\1>|<p class=\"error\">.*?</p>|<[^>]*>", " ", page, flags=re.S)
    for theirs in ("<b>phase</b> & more", "A *tone* & more", "Numbers", "twice of a draw", "the secret check", "total of twenty",
                   "total of none", "a tone", "its first 1000", "its beginning", "x + x"):
        ours = ours.replace(theirs.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), "")
    assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", ours), ours


def test_japanese_says_the_same(graded):
    text = Page(read(graded, "ada", "ja")).text
    assert "15点中10点" in text and "不合格 a tone" in text and "非公開のチェック" in text
    assert re.search(r"SN比は-?[\d.]+ dBです（40 dB以上が必要です）。差が最大の位置はサンプル\d+（[\d.]+秒）で、", text)
    assert re.search(r"期待される値は0\.0\d+、あなたの結果は0\.2\d+です", text)
    assert "ヒント：<b>phase</b>" in text and "教員が採点する問題が1問残っています" in text


def test_the_course_says_its_language(graded, tmp_path):
    path = os.path.join(graded.course, "course.json")
    try:
        for code, title in (("ja", "フィードバック"), ("en", "Feedback")):
            make_samples.write(path, {"language": code})
            run("feedback", "--course", graded.course, check=True)
            page = os.path.join(graded.course, "feedback", "ada", "attack", "attack.html")
            assert title in open(page, encoding="utf-8").read()
        make_samples.write(path, {"language": "tlh"})
        done = run("feedback", "--course", graded.course)
        assert done.returncode == 2 and 'language wants "en" or "ja"' in done.stderr
    finally:
        os.remove(path)
    done = run("feedback", "--course", graded.course, "--language", "tlh")
    assert done.returncode == 2 and 'not "tlh"' in done.stderr


# ---- the notebook ----

def feedback_cells(notebook):
    return [c for c in notebook.cells if c.metadata.get("oto", {}).get("feedback")]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("student", ["ada", "babbage", "curie"])
def test_the_notebook_is_the_students_with_feedback_behind_each_part(graded, student, language):
    notebook = nbformat.reads(read(graded, student, language, "ipynb"), as_version=4)
    nbformat.validate(notebook)
    own = [c.source for c in notebook.cells if not c.metadata.get("oto", {}).get("feedback")]
    with open(os.path.join(graded.course, "submitted", student, "attack", "attack.ipynb"), encoding="utf-8") as file:
        assert own == [c.source for c in nbformat.read(io.StringIO(file.read()), as_version=4).cells]
    behind = {make_samples.grade_id(before): after for before, after in zip(notebook.cells, notebook.cells[1:])
              if after.metadata.get("oto", {}).get("feedback")}
    assert {"test-twice", "test-total", "test-tone", "why"} <= set(behind)
    assert notebook.cells[0].metadata["oto"] == {"feedback": True}


def test_what_nobody_checked_in_a_students_notebook_is_not_handed_back(tmp_path, exercise_path):
    def decorate(notebook):
        test = next(c for c in notebook["cells"] if make_samples.grade_id(c) == "test-twice")
        test["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": "FORGED 4 of 4", "application/javascript": "FORGED"}}]
        notebook["cells"].append(cell("![a](attachment:a)", kind="markdown"))
        notebook["cells"][-1]["attachments"] = {"a": {"text/html": "FORGED", "image/png": "iVBORw0KGgo="}}
    samples = course_of(tmp_path, "attack", exercise())
    samples.submit("ada", samples.all_solved(), decorate)
    run("run", "--course", samples.course, check=True)
    text = read(samples, "ada", "en", "ipynb")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert "FORGED" not in text and not any(c.get("outputs") for c in notebook.cells)
    assert notebook.cells[-1].attachments == {"a": {"image/png": "iVBORw0KGgo="}}


def test_feedback_in_a_notebook_is_one_block_of_html(graded):
    for student in ("ada", "babbage", "curie"):
        for one in feedback_cells(nbformat.reads(read(graded, student, "en", "ipynb"), as_version=4)):
            assert one.source.startswith('<div class="mathjax_ignore tex2jax_ignore">')  # which entities alone are not
            Page(one.source)
            assert "\n" not in one.source and not set("$\\`") & set(one.source) and "<script" not in one.source
            assert one.metadata["editable"] is False


def test_pictures_and_sounds_are_in_the_notebook(graded):
    page = Page("".join(c.source for c in feedback_cells(nbformat.reads(read(graded, "ada", "en", "ipynb"), as_version=4))))
    assert len(page.all("audio")) == 2 and len(page.all("img")) == 4
    for image in page.all("img"):
        svg = base64.b64decode(image["src"].removeprefix("data:image/svg+xml;base64,"), validate=True).decode()
        assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" class="numbers" viewBox') and image["alt"]




def test_a_folder_that_leads_to_another_student_gives_no_notebook(graded):
    """Put there after the grading, so that `run` has not refused it yet."""
    own = os.path.join(graded.course, "submitted", "curie", "attack")
    os.rename(own, own + ".kept")
    os.symlink(os.path.join(graded.course, "submitted", "ada", "attack"), own)
    try:
        assert "curie" in read(graded, "curie", "en")
        assert not os.path.exists(os.path.join(graded.course, "feedback", "curie", "attack", "attack.ipynb"))
    finally:
        os.remove(own)
        os.rename(own + ".kept", own)
