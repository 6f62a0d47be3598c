# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run "pip install" in an environment without pip. If no arguments are given, install pip itself.

Debian and Ubuntu ship Python without ensurepip. The pip wheel is downloaded from the index in pip's configuration. The wheel
is verified against the hash in tests/requirements/pip.txt and cached in .cache.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import os
import re
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^pip==(\S+) --hash=sha256:(\w+)$", re.MULTILINE)
VERSION, SHA256 = PIN.findall((ROOT / "tests" / "requirements" / "pip.txt").read_text(encoding="utf-8"))[0]
WHEEL = f"pip-{VERSION}-py3-none-any.whl"
HREF = re.compile(r"""href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
# get-pip options that ansible-test passes but "pip install" does not support.
GET_PIP_OPTIONS = ("--no-setuptools", "--no-wheel")


class DownloadError(Exception):
    """An error during the download of the pip wheel. The text of the exception is the complete error message."""


def configuration_files() -> list[str]:
    """Return the paths of pip's configuration files. Later files override earlier files."""
    extra = os.environ.get("PIP_CONFIG_FILE", "")
    if extra == os.devnull:
        return []
    home = Path.home()
    folders = [Path(folder) / "pip" for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep)]
    if sys.platform == "darwin":
        folders.append(Path("/Library/Application Support/pip"))
    folders += [Path("/etc"), home / ".pip"]
    if sys.platform == "darwin":
        folders.append(home / "Library" / "Application Support" / "pip")
    folders.append(Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip")
    return [*(str(folder / "pip.conf") for folder in folders), extra]


def read_settings() -> dict[str, str]:
    """Return the settings for "pip install" from pip's configuration files and from the environment."""
    parser = configparser.RawConfigParser()
    parser.read(configuration_files(), encoding="utf-8")
    settings: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            settings.update({name.replace("_", "-"): value for name, value in parser.items(section)})
    variables = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    settings.update({name[4:].lower().replace("_", "-"): value for name, value in variables.items()})
    return settings


def pages_of(settings: dict[str, str]) -> list[str]:
    """Return the URLs of pages and folders that may link to the wheel, in the order in which they are tried."""
    indexes = []
    if settings.get("no-index", "").lower() not in ("1", "true", "yes", "on"):
        indexes = [settings.get("index-url", "https://pypi.org/simple"), *settings.get("extra-index-url", "").split()]
    links = settings.get("find-links", "").split()
    pages = [f"{index.rstrip('/')}/pip/" for index in indexes] + links
    return [page if "://" in page else Path(page).expanduser().absolute().as_uri() for page in pages]


def fetch(url: str, context: ssl.SSLContext) -> bytes:
    """Return the content of a file: or http(s): URL. For the URL of a folder, return links to the folder's files."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "file":
        path = Path(urllib.request.url2pathname(parts.path))
        if path.is_dir() and not (path / "index.html").exists():
            return "".join(f'<a href="{urllib.parse.quote(file.name)}">' for file in path.iterdir()).encode()
        return (path / "index.html" if path.is_dir() else path).read_bytes()
    user, at, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host).geturl(), headers={"Accept": "text/html, */*"})
    if at:
        token = base64.b64encode(urllib.parse.unquote(user).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    with urllib.request.urlopen(request, timeout=60, context=context) as response:
        content: bytes = response.read()
    return content


def link_to_wheel(page: str, context: ssl.SSLContext) -> str:
    """Return the wheel's URL, or an empty string if the page does not link to the wheel.

    If the page and the wheel are on the same host, the URL includes the page's user name and password.
    """
    if page.endswith(".whl"):
        return page if page.endswith(f"/{WHEEL}") else ""
    folder = page if page.endswith("/") else f"{page}/"
    for href in HREF.findall(fetch(page, context).decode("utf-8", "replace")):
        link = urllib.parse.urljoin(folder, href.replace("&amp;", "&"))
        parts = urllib.parse.urlsplit(link)
        if urllib.parse.unquote(parts.path).endswith(f"/{WHEEL}"):
            origin = urllib.parse.urlsplit(page)
            is_same_host = parts.netloc == origin.netloc.rpartition("@")[2]
            return parts._replace(netloc=origin.netloc if is_same_host else parts.netloc, fragment="").geturl()
    return ""


def download(target: Path) -> None:
    """Download the pinned wheel from the first page that links to it."""
    settings = read_settings()
    cafile = settings.get("cert") or os.environ.get("REQUESTS_CA_BUNDLE") or None
    context = ssl.create_default_context(cafile=cafile)
    problems = []
    for page in pages_of(settings):
        place = urllib.parse.urlsplit(page)
        where = place._replace(netloc=place.netloc.rpartition("@")[2]).geturl()
        try:
            link = link_to_wheel(page, context)
            content = fetch(link, context) if link else b""
        except (OSError, ValueError) as error:
            problems.append(f"{where}: {error}")
            continue
        if hashlib.sha256(content).hexdigest() == SHA256:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_suffix(f".{os.getpid()}")
            part.write_bytes(content)
            part.replace(target)
            return
        problems.append(f"{where}: {'its SHA-256 hash does not match' if link else 'not found'}")
    raise DownloadError(
        f"Download of {WHEEL} failed: {'; '.join(problems)}. Check the network, PIP_INDEX_URL and pip.conf. "
        "On Debian and Ubuntu, HTTPS requires the package ca-certificates."
    )


def main(arguments: list[str]) -> int:
    wheel = ROOT / ".cache" / WHEEL
    if not wheel.exists() or hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        download(wheel)
    words = [word for word in arguments if word not in GET_PIP_OPTIONS] or ["--no-index", "--no-compile", str(wheel)]
    return subprocess.call([sys.executable, str(wheel / "pip"), "install", "--quiet", *words])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DownloadError as error:
        sys.exit(f"get_pip: {error}")
