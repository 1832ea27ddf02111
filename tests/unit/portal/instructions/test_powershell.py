"""`connect.ps1`. No PowerShell is to be had here, so its text is read by the grammar of tree-sitter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from portal.instructions import LANGUAGES, Facts, connect_ps1, texts

from .test_batch import NAMES

PARSER = Parser(Language(tree_sitter_powershell.language()))
# What PowerShell 2, the one of Windows 7, does not know.
NEWER = ("Invoke-WebRequest", "Invoke-RestMethod", "[pscustomobject]", "Get-CimInstance", "::new(", " -in ", "-Raw")


def wrong(data: bytes) -> list[str]:
    """What the grammar could not read."""
    return [
        f"{node.type} in line {node.start_point.row + 1}"
        for node in nodes(PARSER.parse(data).root_node)
        if node.type == "ERROR" or node.is_missing
    ]


def nodes(top: Node) -> Iterator[Node]:
    yield top
    for child in top.children:
        yield from nodes(child)


def text(facts: Facts, language: str = "en") -> str:
    return connect_ps1(facts, language).decode("utf-8-sig")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*NAMES, "O'Brien", "\u2018\u2019\u201a\u201b"])
def test_whatever_the_name_it_is_a_script(facts: Callable[..., Facts], language: str, name: str) -> None:
    assert wrong(connect_ps1(facts(technician=name), language)) == []


@pytest.mark.parametrize("planted", ["if ($true) {", "'open", "function {", "@{ a = "])
def test_a_planted_error_is_found(facts: Callable[..., Facts], planted: str) -> None:
    assert wrong(connect_ps1(facts(), "en") + planted.encode()) != []


@pytest.mark.parametrize("name", [*NAMES, "O'Brien", "a\u2019; calc; \u2018b"])
def test_a_name_stays_inside_its_apostrophes(facts: Callable[..., Facts], name: str) -> None:
    def kinds(of: Facts) -> list[str]:
        # A long name takes more lines; each is one more command of the same kind.
        root = PARSER.parse(connect_ps1(of, "en")).root_node
        return sorted({node.type for node in nodes(root)})

    assert kinds(facts(technician=name)) == kinds(facts())
    for line in text(facts(technician=name)).splitlines():
        if line.strip().startswith("Write-Host '"):
            inside = line.strip().removeprefix("Write-Host '").removesuffix("'")
            assert "'" not in inside.replace("''", "")
            assert not set(inside) & set("\u2018\u2019\u201a\u201b")


def test_windows_powershell_reads_it_as_utf_8(facts: Callable[..., Facts]) -> None:
    data = connect_ps1(facts(technician="Анна"), "ru")
    assert data.startswith(b"\xef\xbb\xbf")
    assert "Анна предлагает" in data.decode("utf-8-sig")
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_nothing_in_it_is_newer_than_powershell_2(facts: Callable[..., Facts]) -> None:
    assert not [word for word in NEWER if word in text(facts())]


def test_it_says_what_this_session_says(facts: Callable[..., Facts]) -> None:
    made = text(facts(port=443, password="password", file_transfer=True))
    assert "-dispatch dial.example.org::443/123456782" in made
    assert "$PortIsShared = $true" in made
    assert "/v Password /t REG_BINARY /d 'dbd83cfd727a1458' /f" in made
    assert "Set-Number $Server EnableFileTransfers 1" in made
    assert "k3yw0rds" not in text(facts())
    assert "$PortIsShared = $false" in text(facts())
    assert "REG_BINARY" not in text(facts(password=None))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_agrees_to_the_same_words(facts: Callable[..., Facts], language: str) -> None:
    for word in texts.agreeing(language):
        assert f"'{word}'" in text(facts(), language)


def test_a_host_that_is_none_is_refused(facts: Callable[..., Facts]) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        connect_ps1(facts(host="a'b"), "en")
