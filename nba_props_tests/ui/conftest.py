"""A person's view of the platform: `nba-props ui` as a process on a simulated league's home, and a browser before it."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from nba_props_tests.cli.conftest import command, environment
from nba_props_tests.conftest import run_league

CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOTS = "UI_SCREENSHOTS"
"""The environment variable that names a directory for what the browser saw; without it, pytest's own."""

STARTED_SECONDS, STOPPED_SECONDS = 300, 60
SHOWN_SECONDS, DONE_SECONDS = 60, 600  # a busy machine is no failure of the UI
_OPEN_AGAIN_SECONDS = 30


@dataclass(frozen=True)
class Ui:
    """A running UI, and a page in a browser that looks at it."""

    url: str
    home: Path
    page: Page
    screenshots: Path

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def look(self, name: str) -> None:
        """Keep a picture of the page, for a person: no test compares it."""
        self.page.screenshot(path=self.screenshots / f"{name}.png")

    def see(self, seen: Locator, seconds: float = SHOWN_SECONDS) -> None:
        expect(seen.first).to_be_visible(timeout=1000 * seconds)

    def see_in_time(self, path: str, is_seen: Callable[[Page], bool]) -> None:
        """Open the page, and again now and then, until it shows what is waited for."""
        until = time.monotonic() + DONE_SECONDS
        while time.monotonic() < until:
            self.open(path)
            if self._is_seen_soon(is_seen):
                return
        self.look("waited_in_vain")
        raise AssertionError(f"{path} shows after {DONE_SECONDS} s:\n{self.page.inner_text('body')}")

    def _is_seen_soon(self, is_seen: Callable[[Page], bool]) -> bool:
        until = time.monotonic() + _OPEN_AGAIN_SECONDS
        while not is_seen(self.page):
            if time.monotonic() > until:
                return False
            self.page.wait_for_timeout(500)
        return True

    # -- what a person does ----------------------------------------------------------------------------------------

    def launch(self, job: str, config: str) -> None:
        """Start a job from its launchpad; the page is then that of the run."""
        location = self._location_of(job)
        self.open(f"{location}/playground/setup?config={quote(config)}")
        self.see(self.page.get_by_text("No errors"))
        self.page.get_by_role("button", name="Launch Run").click()
        self.page.wait_for_url("**/runs/*", timeout=1000 * SHOWN_SECONDS)

    def press(self, button: str, answer: str) -> None:
        """Press a button and wait until the server has answered: to leave the page before could withdraw the request."""
        self.page.get_by_role("button", name=button).click(timeout=1000 * SHOWN_SECONDS)
        self.see(self.page.get_by_text(answer))

    def choose_partitions(self, asset: str, keys: str) -> None:
        """Open an asset's dialog and name partitions of any time: the dialog itself offers 90 days."""
        self.open(f"/assets/{asset}")
        self.page.get_by_role("button", name="Materialize").first.click(timeout=1000 * SHOWN_SECONDS)
        self.page.get_by_text("Show all partitions").click(timeout=1000 * SHOWN_SECONDS)
        chosen = self.page.get_by_placeholder("ex: ")
        chosen.fill(keys)
        chosen.press("Enter")
        chosen.blur()

    def _location_of(self, job: str) -> str:
        """Path of a job's pages, as the list of jobs links to them."""
        self.open("/jobs")
        link = self.page.locator(f'a[href$="/jobs/{job}"]')
        self.see(link)
        return link.first.get_attribute("href") or ""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's own browser, which security updates keep; nothing is downloaded for the tests."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def league_home(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A league imported up to tonight; no slate has been played."""
    home = tmp_path_factory.mktemp("ui") / "home"
    run_league(home, slates=())
    return home


@pytest.fixture(scope="session")
def ui(browser: Browser, league_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """`nba-props ui`, as a person starts it, until the tests are over."""
    port = _free_port()
    given = os.environ.get(SCREENSHOTS)
    screenshots = Path(given) if given else tmp_path_factory.mktemp("screenshots")
    screenshots.mkdir(parents=True, exist_ok=True)
    log = league_home.with_name("ui.log")
    with log.open("wb") as output:
        server = subprocess.Popen(
            command("ui", "--port", port, "--home", league_home), env=environment(), stdout=output, stderr=output
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(url, server, log)
        page = browser.new_page(viewport={"width": 1600, "height": 1000}, reduced_motion="reduce")
        yield Ui(url, league_home, page, screenshots)
    finally:
        _stop(server)


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """As Ctrl-C does: the command ends its web server and daemon before itself."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=STOPPED_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        raise


def _wait_until_it_answers(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + STARTED_SECONDS
    while True:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{url}/server_info", timeout=5).close()
            return
        except (URLError, TimeoutError):
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.5)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
