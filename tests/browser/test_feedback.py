"""Feedback as a student sees it: in a browser, on paper, and in JupyterLab."""
import os
import shutil
import subprocess
import sys

import lab
import pytest
from axe_playwright_python.sync_playwright import Axe

sys.path.append(str(lab.ROOT / "tests/grader"))
import make_samples  # noqa: E402

pytestmark = pytest.mark.timeout(300)
NAME = "01_sound"
LOOKS = {"light": ("light", "screen", 1280), "dark": ("dark", "screen", 1280), "narrow": ("light", "screen", 380), "half": ("light", "screen", 500), "print": ("dark", "print", 794)}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """One submission of week 1 with wrong answers, a crash and a text."""
    folder = tmp_path_factory.mktemp("feedback")
    os.chmod(folder, 0o755)
    samples = make_samples.Samples(str(folder), str(lab.ROOT / "solutions" / f"{NAME}.ipynb"))
    wrong = {answer: (samples.variants("wrong", answer) or [samples.solved(answer)])[0] for answer in samples.answers}
    crash = {samples.answers[2]: samples.stub_with(samples.answers[2], "    *(volatile int *)0 = 1;")}
    samples.submit("ada", wrong | crash | {"find-aliased-text": "It folds back at 8000 - f."})
    subprocess.run([make_samples.OTO_GRADE, "run", "--course", str(folder)], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(params=["en", "ja"])
def feedback(course, request):
    """The folder of ada's feedback in one of the languages."""
    words = ["feedback", "--course", str(course), "--language", request.param]
    subprocess.run([make_samples.OTO_GRADE, *words], check=True, stdout=subprocess.DEVNULL)
    return course / "feedback/ada" / NAME


@pytest.fixture(params=LOOKS)
def page(feedback, browser, request):
    scheme, medium, width = LOOKS[request.param]
    page = browser.new_page(viewport={"width": width, "height": 900})
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda made: complaints.append(made.url) if not made.url.startswith(("file:", "data:")) else None)
    page.emulate_media(color_scheme=scheme, media=medium)
    page.goto((feedback / f"{NAME}.html").as_uri())
    yield page
    page.screenshot(path=lab.ARTIFACTS / f"{request.node.name}.png", full_page=True)
    page.close()
    assert complaints == []


def run_axe(page):
    """axe-core is put in by the browser's own door: the page itself forbids scripts."""
    found = Axe().run(page).response
    assert len(found["passes"]) > 10
    return found["violations"]


def test_axe_finds_nothing_and_nothing_is_cut_off(page):
    violations = run_axe(page)
    assert violations == [], [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in violations]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_both_sounds_play(feedback, browser):
    page = browser.new_page()
    page.goto((feedback / f"{NAME}.html").as_uri())
    seconds = page.evaluate("""() => Promise.all([...document.querySelectorAll("audio")].map(audio => new Promise(done => {
        audio.addEventListener("loadedmetadata", () => done(audio.duration));
        audio.addEventListener("error", () => done(0));
        audio.load();
    })))""")
    assert len(seconds) >= 2 and min(seconds) > 0.5
    page.close()


def test_in_jupyterlab_the_notebook_shows_pictures_and_players_untrusted(feedback, server, open_notebook):
    path = "feedback.ipynb"
    shutil.copy(feedback / f"{NAME}.ipynb", server.folder / path)
    page = open_notebook(path).page
    content = page.locator(".jp-Notebook")
    # Of a cell that is scrolled away the page may draw nothing, so each is looked at where it stands.
    content.get_by_text("a gain of g dB is the factor 10^(g / 20)").first.wait_for(timeout=30_000)
    melody = content.locator(".jp-Cell", has=page.locator("h3", has_text="test-melody"))
    melody.scroll_into_view_if_needed(timeout=30_000)
    melody.locator("li b", has_text="✗").nth(3).wait_for(timeout=30_000)
    melody.locator("audio").first.wait_for(timeout=30_000)
    melody.locator("audio").first.scroll_into_view_if_needed()
    page.wait_for_function("""() => {
        const images = [...document.querySelectorAll('.jp-MarkdownOutput img')];
        return images.length && images.every(image => image.naturalWidth > 100);
    }""", timeout=30_000)
