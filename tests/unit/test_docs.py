"""The project's text and its code say the same."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def written_pages():
    spec = importlib.util.spec_from_file_location("write_docs", ROOT / "scripts" / "write_docs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PAGES


@pytest.mark.parametrize(
    "name",
    ["settings.md", "states.md", "audit-kinds.md", "metrics.md", "drawings/parts.svg", "drawings/states.svg"],
)
def test_a_page_made_from_code_is_current(name):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == written_pages()[name](), "run `make docs`"


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_links_inside_the_project_lead_somewhere(text):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (text.parent / target).exists(), f"{text.name} links to {target}"


def test_every_runtime_dependency_has_its_reason():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    assert block
    decisions = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").lower()
    for name in re.findall(r'"([a-z0-9-]+)', block[1]):
        assert f"`{name}`" in decisions, f"docs/decisions.md does not say why {name} is here"


def test_every_picture_is_shown_and_all_are_small():
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    shown = {
        name for text in TEXTS for name in re.findall(r"pictures/([a-z0-9-]+\.png)", text.read_text(encoding="utf-8"))
    }
    assert {picture.name for picture in pictures} == shown
    assert sum(picture.stat().st_size for picture in pictures) < 4_000_000
