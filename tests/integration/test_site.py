"""`make site`: the documentation builds, what leads nowhere fails it, and its pages ask no other server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MKDOCS = str(Path(sys.executable).with_name("mkdocs"))
# What a browser fetches by itself: the tag, and which of its attributes says from where.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


class Fetches(HTMLParser):
    """The addresses that a page makes a browser fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(FETCHED.get(tag, ""))
        if address:
            self.found.append(address)


def build(project: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = (MKDOCS, "build", "--config-file", str(project / "mkdocs.yml"), "--site-dir", str(site))
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    built = build(ROOT, site)
    assert built.returncode == 0, built.stdout + built.stderr
    return site


@pytest.mark.timeout(180)
def test_every_page_is_in_the_site(site: Path) -> None:
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert pages <= {path.stem for path in site.glob("*.html")}
    assert "index" in pages


@pytest.mark.timeout(180)
def test_no_page_asks_another_server_for_anything(site: Path) -> None:
    pages = list(site.glob("*.html"))
    fetched = {address for page in pages for address in Fetches(page.read_text(encoding="utf-8")).found}
    assert any(address.endswith(".js") for address in fetched)
    # Where a page says which address it has itself, that is a link for people's programs; no browser follows it.
    assert sorted(address for address in fetched if "//" in address) == []


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("[nowhere](no-such-page.md)", "no-such-page.md"),
        ("[nowhere](settings.md#no-such-place)", "no-such-place"),
        ("![nothing](pictures/no-such-picture.png)", "no-such-picture.png"),
    ],
    ids=["page", "place", "picture"],
)
def test_what_leads_nowhere_fails_the_build(added: str, words: str, tmp_path: Path) -> None:
    project = small_project(tmp_path)
    (project / "docs" / "index.md").write_text(f"# Reachback\n\n{added}\n", encoding="utf-8")
    refused = build(project, tmp_path / "site")
    assert refused.returncode == 1
    assert words in refused.stdout + refused.stderr


@pytest.mark.timeout(180)
def test_a_page_that_the_navigation_lacks_fails_the_build(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    (project / "docs" / "forgotten.md").write_text("# Forgotten\n", encoding="utf-8")
    refused = build(project, tmp_path / "site")
    assert refused.returncode == 1
    assert "forgotten.md" in refused.stdout + refused.stderr


def small_project(folder: Path) -> Path:
    """The site's settings with two pages, to build quickly."""
    project = folder / "project"
    (project / "docs").mkdir(parents=True)
    (project / "scripts").mkdir()
    settings, _, _ = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")
    own = "\nnav:\n  - First: index.md\n  - Second: settings.md\n"
    (project / "mkdocs.yml").write_text(settings + own, encoding="utf-8")
    shutil.copy(ROOT / "scripts" / "site_hooks.py", project / "scripts")
    shutil.copytree(ROOT / "docs" / "drawings", project / "docs" / "drawings")
    (project / "docs" / "index.md").write_text("# Reachback\n", encoding="utf-8")
    (project / "docs" / "settings.md").write_text("# Settings\n", encoding="utf-8")
    assert build(project, folder / "first").returncode == 0
    return project
