# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the site in a browser: navigation, search, images, and the layout on narrow screens."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from .conftest import ROOT

if t.TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Browser

NAVIGATION = ".sidebar-drawer"
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
# The URLs of a page's images that failed to load
BROKEN_PICTURES = "return Array.from(document.querySelectorAll('article img')).filter(img => !img.complete || !img.naturalWidth).map(img => img.src)"
# The inline code elements in the first column of a table that continue on a second line
BROKEN_CODES = (
    "return Array.from(document.querySelectorAll('table.docutils td:first-child code'))"
    ".filter(code => code.getClientRects().length > 1).map(code => code.textContent)"
)
# The code blocks that require horizontal scrolling
WIDE_COMMANDS = (
    "return Array.from(document.querySelectorAll('.highlight-sh pre, .highlight-bash pre, .highlight-text pre'))"
    ".filter(block => block.scrollWidth > block.clientWidth + 1).map(block => block.textContent)"
)


def test_navigation_works(browser: Browser) -> None:
    """The first page leads to the installation, the migration guide and a module. The browser's console shows no errors."""
    browser.open("index.html")
    browser.click(NAVIGATION, "Install")
    browser.title("Install")
    browser.click(NAVIGATION, "Migrate")
    assert browser.driver.current_url.endswith("/docs/migration.html")
    browser.click(NAVIGATION, "Modules, role and inventory")
    browser.title("Reference")
    browser.click(NAVIGATION, "kubeconfig")
    browser.title("ibmcloud.kubernetes.kubeconfig module")

    assert browser.console() == []


def test_role_page_follows_the_order_of_the_specification(browser: Browser) -> None:
    browser.open("reference/cluster_access_role.html")
    find = browser.driver.find_elements
    anchors = [str(anchor.get_attribute("id")) for anchor in find(By.CSS_SELECTOR, ".ansibleOptionAnchor")]
    specs = yaml.safe_load((ROOT / "roles/cluster_access/meta/argument_specs.yml").read_text(encoding="utf-8"))[
        "argument_specs"
    ]

    # By default, antsibull-docs sorts entry points and variables by name.
    assert anchors == [f"parameter-{entry}--{name}" for entry, spec in specs.items() for name in spec["options"]]
    assert anchors[0] == "parameter-main--cluster_access_cluster"
    assert "cluster_access_k8s_auth" in [cell.text for cell in find(By.CSS_SELECTOR, "#facts td:first-child")]


def test_every_guide_is_in_the_list_of_the_first_page(browser: Browser, site: Path) -> None:
    browser.open("index.html")
    listed = {link.get_attribute("href") for link in browser.driver.find_elements(By.CSS_SELECTOR, "article a")}
    guides = {f"{browser.address}/docs/{page.name}" for page in (site / "docs").glob("*.html")}

    assert guides
    assert guides <= listed


@pytest.mark.parametrize(
    ("words", "page", "position"),
    [
        ("kubeconfig", "reference/kubeconfig_module.html", 3),
        ("cluster_rbac_sync", "reference/cluster_rbac_sync_module.html", 3),
        ("install", "install.html", 3),
        ("migrate", "docs/migration.html", 5),
    ],
)
def test_the_search_finds_a_page(browser: Browser, words: str, page: str, position: int) -> None:
    """The expected page is among the first search results."""
    browser.open("index.html")
    browser.driver.find_element(By.CSS_SELECTOR, ".sidebar-search").send_keys(words, Keys.ENTER)
    done = (By.CSS_SELECTOR, "#search-results .search-summary")
    WebDriverWait(browser.driver, 20).until(
        lambda driver: "found" in "".join(e.text for e in driver.find_elements(*done))
    )
    links = browser.driver.find_elements(By.CSS_SELECTOR, "#search-results ul.search > li > a")
    found = [str(link.get_attribute("href")).partition("?")[0] for link in links[:position]]

    assert any(page in address for address in found), found
    assert browser.console() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_images_load(browser: Browser, site: Path, scheme: str) -> None:
    browser.scheme(scheme)
    pages = [page for page in site.rglob("*.html") if '<img alt="' in page.read_text(encoding="utf-8")]
    broken = []
    for page in pages:
        browser.open(page.relative_to(site).as_posix())
        broken += browser.driver.execute_script(BROKEN_PICTURES)

    assert pages
    assert broken == []


def test_a_diagram_has_the_color_scheme_of_the_page(browser: Browser) -> None:
    """The diagram follows the system's color scheme, unless the reader selects another scheme on the page."""
    shown = []
    for scheme, theme in (("light", "auto"), ("dark", "auto"), ("light", "dark"), ("dark", "light")):
        browser.scheme(scheme)
        browser.open("docs/authentication.html")
        browser.driver.execute_script("document.body.dataset.theme = arguments[0]", theme)
        shown.append(browser.look_at('article img[src$="tokens.svg"]'))

    assert shown[0] != shown[1]
    assert shown[2:] == [shown[1], shown[0]]


def test_pages_fit_a_phone(browser: Browser, site: Path) -> None:
    """Pages fit the screen, commands do not require horizontal scrolling, and error codes do not wrap."""
    pages = ["index.html", "install.html", *(f"docs/{page.name}" for page in sorted((site / "docs").glob("*.html")))]
    pages += [f"reference/{page.name}" for page in (site / "reference").glob("*_role.html")]
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    try:
        for page in pages:
            browser.open(page)
            assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= 390, page
            assert browser.driver.execute_script(BROKEN_CODES) == [], page
            assert browser.driver.execute_script(WIDE_COMMANDS) == [], page
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
