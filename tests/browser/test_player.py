"""The line that runs over a picture while its sound plays: in an exported page, in JupyterLab, and without scripts."""

import lab
import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.timeout(180)
CELLS = [
    "OtoTensor *y = oto_sweep(100, 8000, 3, .amplitude = 0.5);\noto_show(oto_log_spectrogram(y), .sound = y);",
    'oto_show(oto_slice(y, "time", 11025, 44100));',
    'oto_show(oto_chroma_stft(y), .sound = oto_slice(y, "time", 22050, 44100));',
    "oto_player(y, .with = {y});",
]
SPECTROGRAM, WAVEFORM, CHROMA = range(3)

# Where the line is, and where the picture's own axis has the moment that is heard: one reading of both.
PLACES = """picture => {
    const {left, right, from, to, start} = JSON.parse(picture.dataset.otoCursor);
    const box = picture.querySelector("img").getBoundingClientRect();
    const line = picture.querySelector(".oto-cursor").getBoundingClientRect();
    const time = picture.closest(".oto-sound").querySelector("audio").currentTime;
    const share = (start + time - from) / (to - from);
    return {time, line: line.left + line.width / 2, heard: box.left + box.width * (left + share * (right - left)),
            left: box.left + box.width * left, right: box.left + box.width * right, width: box.width};
}"""


@pytest.fixture(scope="module")
def executed():
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    NotebookClient(notebook, kernel_name="oto").execute()
    return notebook


@pytest.fixture(scope="module")
def exported(executed, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(HTMLExporter().from_notebook_node(executed)[0])
    return path


@pytest.fixture
def page(exported, browser, request):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.route("http*://**", lambda route: route.abort())  # nothing of it may depend on the network
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    page.goto(exported.as_uri(), wait_until="domcontentloaded")
    wait_for_sounds(page)
    yield page
    page.screenshot(path=lab.ARTIFACTS / f"{request.node.name}.png")
    page.close()


def wait_for_sounds(page):
    page.wait_for_function(
        "() => document.querySelector('audio') && [...document.querySelectorAll('audio')].every(a => a.duration > 0)",
        timeout=30_000,
    )


class Player:
    """The nth picture with a line of a page."""

    def __init__(self, page, nth):
        self.page = page
        self.picture = page.locator("[data-oto-cursor]").nth(nth)
        self.plot = self.picture.locator(".oto-plot")

    def audio(self, script):
        """A script about the <audio> element, called `audio`."""
        return self.picture.evaluate(f"picture => {{ const audio = picture.closest('.oto-sound').querySelector('audio'); {script} }}")

    def time(self):
        return self.audio("return audio.currentTime")

    def seek(self, time):
        self.audio(f"return new Promise(done => {{ audio.onseeked = done; audio.currentTime = {time}; }})")

    def places(self):
        return self.picture.evaluate(PLACES)

    def assert_on_the_line(self):
        places = self.places()
        assert abs(places["line"] - places["heard"]) <= 2, places
        return places

    def click(self, share):
        """Clicks into the plot area at a fraction of its width."""
        self.plot.scroll_into_view_if_needed()
        box = self.plot.bounding_box()
        self.page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def assert_it_runs(player):
    """Plays the sound for a while; the line goes with it."""
    player.audio("audio.play()")
    seen = []
    for _ in range(5):
        player.page.wait_for_timeout(150)
        # In a frame, after the line was put there: between two frames the sound goes on.
        places = player.picture.evaluate(f"picture => new Promise(done => requestAnimationFrame(() => done(({PLACES})(picture))))")
        assert abs(places["line"] - places["heard"]) <= 2, places
        seen.append(places["line"])
    player.audio("audio.pause()")
    player.page.wait_for_timeout(100)
    assert seen == sorted(seen) and seen[-1] > seen[0] + 20
    player.assert_on_the_line()


@pytest.mark.parametrize("nth", [SPECTROGRAM, WAVEFORM, CHROMA])
def test_the_line_runs_with_the_sound(page, nth):
    assert_it_runs(Player(page, nth))


@pytest.mark.parametrize("nth", [SPECTROGRAM, WAVEFORM])
def test_the_line_is_exact_at_both_ends(page, nth):
    player = Player(page, nth)
    places = player.assert_on_the_line()
    assert -1 <= places["line"] - places["left"] <= 4  # half a column of the spectrogram lies before time 0
    player.seek(player.audio("return audio.duration"))
    places = player.assert_on_the_line()
    assert -1 <= places["right"] - places["line"] <= 4


def test_a_sound_that_begins_later_has_its_line_there(page):
    player = Player(page, CHROMA)
    places = player.assert_on_the_line()
    assert (places["line"] - places["left"]) / (places["right"] - places["left"]) == pytest.approx(1 / 3, abs=0.01)
    player.click(0.1)  # before the sound begins: its beginning
    assert player.time() == 0
    player.click(0.5)
    assert player.time() == pytest.approx(0.5, abs=0.02)


def test_a_click_and_a_drag_seek(page):
    player = Player(page, SPECTROGRAM)
    player.click(0.5)
    assert player.time() == pytest.approx(1.5, abs=0.02)
    player.assert_on_the_line()
    box = player.plot.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 30, steps=4)
    page.mouse.move(box["x"] + 2 * box["width"], box["y"] + 30, steps=4)
    assert player.time() == pytest.approx(3, abs=0.02)
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 900, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"], box["y"])
    assert player.time() == pytest.approx(0.75, abs=0.02)
    player.assert_on_the_line()


def test_the_keyboard_plays_and_seeks(page):
    player = Player(page, SPECTROGRAM)
    player.plot.focus()
    assert player.plot.get_attribute("role") == "slider"
    page.keyboard.press("End")
    assert player.time() == pytest.approx(3, abs=0.02)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert player.time() == pytest.approx(0.15, abs=0.01)
    assert player.plot.get_attribute("aria-valuetext") == "0.15 s"
    scrolled = page.evaluate("scrollY")
    page.keyboard.press("Space")
    assert player.audio("return audio.paused") is False
    page.keyboard.press("Space")
    assert player.audio("return audio.paused") is True
    assert page.evaluate("scrollY") == scrolled


def test_loop_is_switched_on_and_off(page):
    player = Player(page, WAVEFORM)
    box = page.get_by_label("loop").nth(WAVEFORM)
    box.check()
    assert player.audio("return audio.loop") is True
    player.seek(1.4)
    player.audio("audio.play()")
    page.wait_for_timeout(600)
    assert player.audio("return audio.paused") is False and player.time() < 1.4
    box.uncheck()
    assert player.audio("return audio.loop") is False


def test_the_time_is_that_of_the_picture(page):
    Player(page, WAVEFORM).seek(0.25)
    assert page.locator(".oto-clock").all_inner_texts() == ["0.00 of 3.00 s", "0.75 of 2.00 s", "1.00 of 2.00 s"]


def test_players_of_a_page_do_not_move_each_other(page):
    others = [Player(page, nth) for nth in (SPECTROGRAM, CHROMA)]
    before = [other.places()["line"] for other in others]
    Player(page, WAVEFORM).seek(1)
    assert [other.places()["line"] for other in others] == before


def test_a_narrow_page_shrinks_the_picture_and_the_line_still_fits(page):
    page.set_viewport_size({"width": 520, "height": 800})
    player = Player(page, SPECTROGRAM)
    player.click(0.9)
    places = player.assert_on_the_line()
    assert places["width"] < 500
    assert player.time() == pytest.approx(2.7, abs=0.03)


def test_no_frame_is_asked_for_while_nothing_plays(page):
    page.evaluate("""() => {
        window.asked = 0;
        const ask = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = action => { window.asked++; return ask(action); };
    }""")
    player = Player(page, SPECTROGRAM)
    player.click(0.5)
    page.wait_for_timeout(300)
    assert page.evaluate("asked") == 0
    player.audio("audio.play()")
    page.wait_for_timeout(300)
    player.audio("audio.pause()")
    page.wait_for_timeout(100)
    asked = page.evaluate("asked")
    assert asked > 0
    page.wait_for_timeout(300)
    assert page.evaluate("asked") == asked


def test_a_player_of_several_tracks_is_as_it_was(page):
    tracks = page.locator(".oto-sound").last
    assert tracks.locator("audio").count() == 2
    assert tracks.locator(".oto-cursor").count() == 0


def test_in_jupyterlab_it_runs_seeks_and_keeps_its_keys(server, open_notebook):
    path = "player.ipynb"
    cells = [new_code_cell(source) for source in CELLS[:2]]
    metadata = {"kernelspec": {"name": "oto", "display_name": "C (Oto)", "language": "c"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), server.folder / path)
    notebook = open_notebook(path)
    notebook.run_all(seconds=60)
    notebook.show(0)
    wait_for_sounds(notebook.page)
    player = Player(notebook.page, SPECTROGRAM)
    assert_it_runs(player)
    notebook.page.wait_for_timeout(300)  # output that scrolls into view
    player.click(0.5)
    assert player.time() == pytest.approx(1.5, abs=0.02)
    player.assert_on_the_line()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        notebook.page.keyboard.press(key)
    assert player.time() == pytest.approx(0.3, abs=0.01)
    notebook.page.keyboard.press("Space")
    assert player.audio("return audio.paused") is False
    notebook.page.keyboard.press("Space")
    assert player.audio("return audio.paused") is True
    assert notebook.page.locator(".jp-CodeCell").count() == 2


def test_a_notebook_that_is_not_trusted_shows_the_picture_without_a_script(executed, server, open_notebook):
    path = "untrusted.ipynb"
    nbformat.write(executed, server.folder / path)
    notebook = open_notebook(path)
    picture = notebook.show(0).locator(".jp-OutputArea img")
    picture.wait_for(timeout=20_000)
    assert picture.evaluate("image => image.naturalWidth") == 860
    assert notebook.page.locator(".oto-cursor").count() == 0
