"""JupyterLab as a person sees it: a server on a copy of the course, and one page of it in headless Chromium."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Error

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))
from ports import free_port

ARTIFACTS = ROOT / "artifacts"
TOKEN = "course"
CHROMIUM = "/usr/bin/chromium"
# Chromium's own traffic off: the machine that tests may have no network, and no page here needs one.
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class LabServer:
    """JupyterLab serving a folder; `url(path)` opens a notebook of it."""

    def __init__(self, folder, state):
        self.folder = Path(folder)
        self.port = free_port()
        self.log = open(ARTIFACTS / "jupyterlab.log", "w")
        environment = os.environ | {
            "JUPYTER_CONFIG_DIR": str(state / "config"),
            "JUPYTER_DATA_DIR": str(state / "data"),
            "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
            "XDG_DATA_HOME": str(state / "share"),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={self.port}"]
            + ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"]
            + ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self._wait_until_it_answers()

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"JupyterLab ended with status {self.process.returncode}; see artifacts/jupyterlab.log")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api?token={TOKEN}", timeout=2):
                    return
            except OSError:
                time.sleep(0.3)
        raise RuntimeError("JupyterLab does not answer within 60 s; see artifacts/jupyterlab.log")

    def url(self, notebook):
        return f"http://127.0.0.1:{self.port}/lab/tree/{notebook}?token={TOKEN}&reset"

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def copy_course(to):
    for folder in ("lessons", "exercises", "data"):
        shutil.copytree(ROOT / folder, to / folder)
    return to


class NotebookPage:
    """A notebook opened in JupyterLab. Cells are counted as in the file."""

    def __init__(self, page, url):
        self.page = page
        page.goto(url)
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        self._wait_for_kernel()

    def _wait_for_kernel(self):
        """Until the status bar says so: the toolbar's circle is idle before there is a session, and what is run then is
        thrown away by the page."""
        self.page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=60_000)

    def cell(self, index):
        return self.page.locator(f".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index='{index}']")

    def menu(self, *names):
        """Chooses an entry of the menu bar."""
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{names[0]}$")).click()
        for name in names[1:]:
            self.page.locator(".lm-Menu-item:visible", has=self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{name}"))).first.click()

    def run_all(self, seconds):
        """Runs all cells and waits until none waits any more."""
        self.menu("Run", "Run All Cells")
        self.page.wait_for_function(  # the page may take a moment to begin
            "() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].some(p => /[*0-9]/.test(p.textContent))",
            timeout=20_000,
        )
        self.wait_until_idle(seconds)

    def wait_until_idle(self, seconds):
        self.page.wait_for_timeout(500)
        self.page.wait_for_function(
            """() => {
                const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent);
                const idle = document.querySelector('.jp-NotebookPanel-toolbar [data-status="idle"]');
                return idle && !prompts.some(text => text.includes('[*]'));
            }""",
            timeout=seconds * 1000,
        )

    def show(self, index):
        """Scrolls to a cell, so that the page draws it; the page may put another element in its place meanwhile."""
        for attempt in range(5):
            try:
                self.cell(index).scroll_into_view_if_needed(timeout=20_000)
                break
            except Error:
                if attempt == 4:
                    raise
                self.page.wait_for_timeout(500)
        return self.cell(index)

    def replace(self, index, source):
        """Types a new source into a cell, as a person would: click, select all, write."""
        editor = self.show(index).locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(source)

    def run(self, index, seconds=60):
        """Clicks into a cell and runs it with Ctrl+Enter; waits until it has a number that it did not have before."""
        prompt = self.show(index).locator(".jp-InputPrompt").first
        before = prompt.text_content()
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(
            "([prompt, before]) => prompt.textContent !== before", arg=[prompt.element_handle(), before], timeout=20_000
        )
        self.wait_until_idle(seconds)

    def screenshot(self, name):
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")
