"""One JupyterLab and one Chromium for all browser tests. What they show is kept in artifacts/, which git ignores."""

import json

import lab
import pytest
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    lab.ARTIFACTS.mkdir(exist_ok=True)
    state = tmp_path_factory.mktemp("jupyter")
    settings = state / "config/labconfig"
    settings.mkdir(parents=True)
    # JupyterLab's question about news would lie over the page.
    news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (settings / "page_config.json").write_text(json.dumps(news))
    server = lab.LabServer(lab.copy_course(tmp_path_factory.mktemp("course")), state)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_notebook(server, browser, request):
    """A function that opens a notebook; how the page looked when the test ended is kept, failed or not."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield lambda notebook: lab.NotebookPage(page, server.url(notebook))
    page.screenshot(path=lab.ARTIFACTS / f"{request.node.name}.png")
    page.close()
