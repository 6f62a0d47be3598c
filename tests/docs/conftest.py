# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the built site on 127.0.0.1, and open it in a real browser. "./dev nox -s docs" builds and tests the site."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / ".cache" / "docs" / "html"
ARGUMENTS = (
    *("--headless=new", "--window-size=1280,1000", "--hide-scrollbars", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # A request to another host fails with an error in the console.
    *("--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: t.Any) -> None:
        pass


@dataclass(frozen=True)
class Browser:
    """A browser, and the URL of the site."""

    driver: Chrome
    address: str

    def open(self, page: str) -> None:
        address = f"{self.address}/{page}"
        self.driver.get(address)
        # The call may return while the previous page is still shown.
        self._until(lambda driver: driver.current_url == address and self._whole(), address)

    def scheme(self, name: str) -> None:
        """Set the system's color scheme to dark or light."""
        media = {"features": [{"name": "prefers-color-scheme", "value": name}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

    def click(self, within: str, text: str) -> None:
        link = self.driver.find_element(By.CSS_SELECTOR, within).find_element(By.LINK_TEXT, text)
        # The theme scrolls slowly, so the page may move after the click position is determined.
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", link)
        link.click()

    def title(self, begin: str) -> None:
        """Wait until a page with this heading is loaded."""
        self._until(lambda driver: self._heading().startswith(begin) and self._whole(), begin)

    def _until(self, holds: t.Callable[[Chrome], bool], what: str) -> None:
        # Elements can be missing while a page is loaded.
        WebDriverWait(self.driver, 20, ignored_exceptions=[WebDriverException]).until(holds, what)

    def _heading(self) -> str:
        return self.driver.find_element(By.CSS_SELECTOR, "article h1").text

    def _whole(self) -> bool:
        return bool(self.driver.execute_script("return document.readyState === 'complete'"))

    def look_at(self, selector: str) -> str:
        """Return a screenshot of an element as a base64-encoded PNG file."""
        measure = "const at = document.querySelector(arguments[0]).getBoundingClientRect();"
        measure += "return {x: at.x + scrollX, y: at.y + scrollY, width: at.width, height: at.height, scale: 1}"
        clip = self.driver.execute_script(measure, selector)
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
        return str(taken["data"])

    def console(self) -> list[str]:
        """Return the messages that the console has received since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


IN_GITHUB = os.environ.get("GITHUB_ACTIONS") == "true"


@pytest.fixture(scope="session")
def site() -> Path:
    if not (SITE / "index.html").exists():
        pytest.fail('the site is not built: "./dev nox -s docs" builds and tests the site')
    return SITE


@pytest.fixture(scope="session")
def address(site: Path) -> t.Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Chrome]:
    names = ("google-chrome", "chromium", "chromium-browser")
    program = next((found for name in names if (found := shutil.which(name))), None)
    service = shutil.which("chromedriver")
    if not program or not service:
        # A missing browser is an error in CI, because the CI job installs a browser.
        (pytest.fail if IN_GITHUB else pytest.skip)(
            "Chromium and its driver are not installed. Debian: apt-get install chromium chromium-driver fonts-dejavu-core"
        )
    options = ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    profile = f"--user-data-dir={tmp_path_factory.mktemp('browser')}"
    # Chromium's sandbox does not work as root or on GitHub's runners. The sandbox is not needed, because the browser opens only this site.
    no_sandbox = ["--no-sandbox"] if os.geteuid() == 0 or IN_GITHUB else []
    for argument in (*ARGUMENTS, profile, *no_sandbox):
        options.add_argument(argument)
    driver = Chrome(options=options, service=Service(service))
    yield driver
    driver.quit()


@pytest.fixture
def browser(driver: Chrome, address: str) -> Browser:
    found = Browser(driver, address)
    found.scheme("light")
    found.console()
    return found
