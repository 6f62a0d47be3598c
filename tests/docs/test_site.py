# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site as its readers use it: in a browser."""

from __future__ import annotations

import typing as t

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

if t.TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Browser

NAVIGATION = ".sidebar-drawer"
# Whether each picture of the page has arrived.
PICTURES = "return Array.from(document.querySelectorAll('article img'), img => [img.src, img.complete && img.naturalWidth > 0])"
DIAGRAMS = {
    "authentication": "tokens.svg",
    "getting-started": "role.svg",
    "many-clusters": "list-or-slices.svg",
}


def test_from_the_first_page_to_a_module_and_a_guide(browser: Browser) -> None:
    """By the navigation at the side, and without a complaint on the console."""
    browser.open("index.html")
    browser.title("ibmcloud.kubernetes")
    browser.click(NAVIGATION, "Modules, role and inventory")
    browser.title("Reference")
    browser.click(NAVIGATION, "cluster_rbac_sync")
    browser.title("ibmcloud.kubernetes.cluster_rbac_sync module")
    browser.click(NAVIGATION, "RBAC synchronisation")
    browser.title("RBAC synchronisation")

    assert browser.console() == []


def test_every_guide_is_in_the_list_of_the_first_page(browser: Browser, site: Path) -> None:
    browser.open("index.html")
    listed = {link.get_attribute("href") for link in browser.driver.find_elements(By.CSS_SELECTOR, "article a")}
    guides = {f"{browser.address}/docs/{page.name}" for page in (site / "docs").glob("*.html")}

    assert guides
    assert guides <= listed


@pytest.mark.parametrize(
    ("words", "page", "title"),
    [
        (
            "cluster_rbac_sync",
            "reference/cluster_rbac_sync_module.html",
            "ibmcloud.kubernetes.cluster_rbac_sync module",
        ),
        ("slices", "docs/inventory.html", "Clusters as hosts"),
    ],
)
def test_the_search_finds_it(browser: Browser, words: str, page: str, title: str) -> None:
    """A module by its name, and a guide by a word that it has."""
    browser.open("index.html")
    browser.driver.find_element(By.CSS_SELECTOR, ".sidebar-search").send_keys(words, Keys.ENTER)
    found = WebDriverWait(browser.driver, 20).until(
        lambda driver: driver.find_elements(By.CSS_SELECTOR, f'#search-results ul.search a[href*="{page}"]')
    )
    found[0].click()
    browser.title(title)

    assert browser.console() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_arrive(browser: Browser, site: Path, scheme: str) -> None:
    browser.scheme(scheme)
    pages = [page for page in site.rglob("*.html") if '<img alt="' in page.read_text(encoding="utf-8")]
    seen = {}
    for page in pages:
        browser.open(page.relative_to(site).as_posix())
        seen.update(browser.driver.execute_script(PICTURES))

    assert len(seen) >= len(DIAGRAMS) + 1
    assert [source for source, arrived in seen.items() if not arrived] == []
    assert browser.console() == []


@pytest.mark.parametrize("page", DIAGRAMS)
def test_diagrams_are_dark_where_the_page_is(browser: Browser, page: str) -> None:
    """By the system's setting, and by the page's own switch on a system that is set to light."""
    shown = []
    for scheme, theme in (("light", "auto"), ("dark", "auto"), ("light", "dark"), ("dark", "light")):
        browser.scheme(scheme)
        browser.open(f"docs/{page}.html")
        browser.driver.execute_script("document.body.dataset.theme = arguments[0]", theme)
        shown.append(browser.look_at(f'article img[src$="{DIAGRAMS[page]}"]'))

    light, dark, switched_to_dark, switched_to_light = shown
    assert light != dark
    assert switched_to_dark == dark
    assert switched_to_light == light


@pytest.mark.parametrize("page", ["index.html", "docs/authentication.html", "reference/cluster_access_role.html"])
def test_a_phone_needs_no_scrolling_sideways(browser: Browser, page: str) -> None:
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        browser.open(page)
        assert browser.driver.execute_script("return document.documentElement.scrollWidth") <= phone["width"]
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
