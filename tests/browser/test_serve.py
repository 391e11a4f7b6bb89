"""Grading by hand in a browser, by keyboard alone."""
import json
import os
import subprocess
import sys

import lab
import pytest
from playwright.sync_api import expect

sys.path.append(str(lab.ROOT / "tests/grader"))
import make_samples  # noqa: E402
from serving import serving  # noqa: E402

pytestmark = pytest.mark.timeout(180)
PART = "find-aliased-text"
TEXTS = {
    "ada": "The baseline counts crossings over the whole second.\n\nAbove 4,000 Hz the sweep folds back: 8000 - f.",
    "babbage": "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script> It is **aliasing**.",
    "curie": "I measured 20, 0 and 0 of 20 before, and 20, 20 and 20 after. It fails when an honest sweep comes down. ![drawn](attachment:image.png)",
}
# One grey point.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="


def oto_grade(*words):
    return subprocess.run([make_samples.OTO_GRADE, *map(str, words)], capture_output=True, text=True, check=True).stdout


def first_and_last_part():
    """Week 1's notebook, short enough to be graded in a moment: its first part and its text."""
    notebook = make_samples.read(lab.ROOT / "solutions/01_sound.ipynb")
    cells = notebook["cells"]
    end = next(i for i, cell in enumerate(cells) if cell["metadata"].get("nbgrader", {}).get("points"))
    text = next(i for i, cell in enumerate(cells) if make_samples.grade_id(cell) == PART)
    return notebook | {"cells": cells[:end + 1] + cells[text - 1:text + 1]}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serve")
    os.chmod(folder, 0o755)
    (folder / "short").mkdir()
    make_samples.write(folder / "short/01_sound.ipynb", first_and_last_part())
    samples = make_samples.Samples(str(folder), str(folder / "short/01_sound.ipynb"))
    def attach(notebook):
        answer = next(cell for cell in notebook["cells"] if make_samples.grade_id(cell) == PART)
        answer["attachments"] = {"image.png": {"image/png": PICTURE}}

    for student, text in TEXTS.items():
        samples.submit(student, {PART: text}, attach if "attachment:" in text else None)
    samples.submit("silent", {})
    oto_grade("run", "--course", folder, "--jobs", "2")
    return folder


@pytest.fixture
def server(course, language):
    with serving(course, "--language", language) as server:
        yield server


@pytest.fixture
def language():
    return "en"


@pytest.fixture
def page(server, browser, request):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    failures = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda message: failures.append(message.text) if message.type == "error" else None)
    page.goto(server.url)
    page.locator("article").first.wait_for()
    yield page
    assert not [failure for failure in failures if "409" not in failure and "400" not in failure]
    page.screenshot(path=lab.ARTIFACTS / f"{request.node.name}.png")
    page.close()


def card_of(page, student):
    return page.locator("article", has=page.get_by_text(TEXTS[student].split("\n")[0], exact=False))


def manual_scores(course):
    entries = json.loads(oto_grade("report", "--course", course, "--json"))
    return {entry["student"]: cell["score"] for entry in entries for cell in entry["cells"] if cell["grade_id"] == PART}


def test_three_answers_are_graded_by_keyboard_and_are_in_the_gradebook(page, course):
    assert page.locator("#count").inner_text() == "1 of 4"  # one left it as it was
    wanted = {"ada": "1.5", "babbage": "0", "curie": "2"}
    page.keyboard.press("Home")
    for _ in range(4):
        assert page.evaluate("document.activeElement.tagName") == "ARTICLE"
        text = page.evaluate("document.activeElement.querySelector('.answer').textContent")
        student = next((name for name, answer in TEXTS.items() if answer == text), None)
        if student:
            page.keyboard.type(wanted[student].replace(".", ","))
            if student == "curie":
                page.keyboard.press("Escape")
                page.keyboard.press("c")
                page.keyboard.type("measured,")
                page.keyboard.press("Shift+Enter")
                page.keyboard.type("well")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("j")
    expect(page.locator("#count")).to_have_text("4 of 4")
    page.reload()
    page.locator("article").first.wait_for()
    assert page.locator("#count").inner_text() == "4 of 4"
    assert card_of(page, "ada").locator(".mark").inner_text() == "✓ 1.5 of 2"
    assert card_of(page, "curie").locator(".comment").input_value() == "measured,\nwell"
    assert manual_scores(course) == {"ada": 1.5, "babbage": 0, "curie": 2, "silent": 0}
    row = next(line for line in oto_grade("export", "--to", "csv", "--course", course).splitlines() if "curie" in line)
    assert row.split(",")[3].strip('"') == "2"


def test_what_a_student_wrote_is_text(page):
    card = card_of(page, "babbage")
    assert card.locator(".answer").inner_text() == TEXTS["babbage"]
    assert card.locator("img").count() == page.locator("#answers script").count() == 0 and page.title() == "Grading by hand"


def test_a_picture_in_a_text_is_shown(page):
    picture = card_of(page, "curie").get_by_role("img", name="image.png")
    picture.wait_for()
    assert picture.evaluate("image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [1, 1]
    assert page.locator("#answers img").count() == 1
    shown, card = picture.element_handle(), card_of(page, "curie")
    card.locator(".points").fill("2" if card.locator(".points").input_value() != "2" else "1")
    card.locator(".points").press("Enter")
    expect(card.locator(".mark")).to_contain_text("of 2")
    expect(page.locator("#news")).to_contain_text("kept")
    assert shown.evaluate("image => image.isConnected"), "it is not fetched again for each score"


def test_keys_move_and_the_name_is_shown_only_when_asked(page):
    def focused():
        return page.evaluate("[...document.querySelectorAll('article')].indexOf(document.activeElement)")
    assert not any(name in page.locator("body").inner_text() for name in TEXTS)
    page.locator("article").first.focus()
    for key, place in (("j", 1), ("ArrowDown", 2), ("ArrowRight", 3), ("j", 3), ("k", 2), ("ArrowUp", 1), ("ArrowLeft", 0), ("k", 0)):
        page.keyboard.press(key)
        assert focused() == place
    title = page.locator("article h3").first
    nameless = title.inner_text()
    page.keyboard.press("n")
    expect(title).not_to_have_text(nameless)
    assert title.inner_text() in [*TEXTS, "silent"]
    page.keyboard.press("n")
    expect(title).to_have_text(nameless)
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()


def test_full_width_digits_are_digits(page, server):
    card = page.locator("article").last
    card.locator(".points").fill("１．５")
    card.locator(".points").press("Enter")
    expect(card.locator(".mark")).to_have_text("✓ 1.5 of 2")


def test_a_wrong_score_is_said_and_stays_in_its_field(page):
    card = card_of(page, "ada")
    card.focus()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    card.get_by_text("no number from 0 to 2").wait_for()
    assert card.locator(".points").input_value() == "3"
    assert page.evaluate("document.activeElement.className") == "points"
    card.locator(".points").fill("")  # so that nothing is left to be kept
    card.locator(".points").blur()


def test_an_answer_that_somebody_else_graded_says_so_and_keeps_what_was_written(page, server):
    card = card_of(page, "curie")
    one = next(one for one in server.get("answers", assignment="01_sound", part=PART)[1]["answers"] if one["answer"] == TEXTS["curie"])
    given = {"assignment": "01_sound", "part": PART, "who": one["who"], "state": one["state"], "comment": "mine"}
    assert server.give(**given | {"score": "1"})[0] == 200
    card.focus()
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    card.get_by_text("changed meanwhile").wait_for()
    assert "gave 1" in card.locator(".said").inner_text() and card.locator(".points").input_value() == "0.5"
    card.locator(".comment").focus()
    card.focus()  # leaving a field overrules nobody
    assert server.get("answers", assignment="01_sound", part=PART)[1]["answers"] and "gave 1" in card.locator(".said").inner_text()
    page.keyboard.press("Enter")
    expect(card.locator(".mark")).to_have_text("✓ 0.5 of 2")


def test_choosing_a_part_overrules_nobody(page, server):
    card = card_of(page, "curie")
    seen = server.get("answers", assignment="01_sound", part=PART)[1]["answers"]
    one = next(one for one in seen if one["answer"] == TEXTS["curie"])
    given = {"assignment": "01_sound", "part": PART, "who": one["who"], "state": one["state"], "comment": "theirs"}
    assert server.give(**given | {"score": "1"})[0] == 200
    card.locator(".points").fill("0")
    page.locator("#part").select_option(index=0)
    card.get_by_text("changed meanwhile").wait_for()
    page.locator("#part").select_option(index=0)
    expect(card).to_be_focused()
    seen = server.get("answers", assignment="01_sound", part=PART)[1]["answers"]
    assert next(one["score"] for one in seen if one["answer"] == TEXTS["curie"]) == 1
    card.locator(".points").fill("1")
    card.locator(".comment").fill("theirs")
    card.locator(".comment").blur()


def test_a_part_that_does_not_come_leaves_the_one_before(page):
    page.route("**/answers?*", lambda route: route.fulfill(status=200, content_type="application/json", body="{"))
    page.locator("#part").select_option(index=0)
    expect(page.locator("#news")).not_to_have_text("")
    page.unroute("**/answers?*")
    card = card_of(page, "ada")
    card.locator(".points").fill("1")
    card.locator(".points").blur()
    expect(card.locator(".mark")).to_have_text("✓ 1 of 2")


def test_the_other_work_of_the_same_student_unfolds(page):
    card = card_of(page, "ada")
    card.focus()
    page.keyboard.press("w")
    card.locator(".work h4").first.wait_for()
    assert "this part is not written yet" in card.locator(".work").inner_text()


@pytest.mark.parametrize("language", ["ja"])
def test_in_japanese_all_that_it_says_is_japanese(page, server):
    assert page.title() == "手動採点" and page.locator("html").get_attribute("lang") == "ja"
    card = card_of(page, "ada")
    card.focus()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    card.get_by_text("保存していません：得点「3」は0から2までの数ではありません。").wait_for()
    card.locator(".points").fill("1")
    card.locator(".points").press("Enter")
    expect(card.locator(".mark")).to_have_text("✓ 2点中1点")
    one = next(one for one in server.get("answers", assignment="01_sound", part=PART)[1]["answers"] if one["answer"] == TEXTS["ada"])
    given = {"assignment": "01_sound", "part": PART, "who": one["who"], "state": one["state"], "comment": "いい"}
    assert server.give(**given | {"score": "0.5"})[0] == 200
    card.focus()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    card.get_by_text("さんが0.5点を付けました（「いい」）。確認してください。").wait_for()
    card.focus()
    page.keyboard.press("Enter")
    expect(card.locator(".mark")).to_have_text("✓ 2点中2点")
    card.focus()
    page.keyboard.press("w")
    card.locator(".work h4").first.wait_for()
    page.keyboard.press("?")
    own = page.locator("body").inner_text()
    for text in ["YOUR ANSWER HERE", *TEXTS.values(), page.locator("#task").inner_text(), page.locator("#model").inner_text(),
                 *card.locator(".work pre, .work li").all_inner_texts()]:
        own = own.replace(text, "")
    assert not [line for line in own.splitlines() if len([word for word in line.split() if word.isascii() and word.isalpha()]) > 2]


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 1280), ("light", 400)])
def test_it_fits_the_window(page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
