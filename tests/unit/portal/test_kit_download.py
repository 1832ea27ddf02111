from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kit import PINS_FILE, pins
from kit.examination import examine, pinned_anew
from tests.fakes.windows_program import program

from .conftest import Portal

SERVER = program(signer="GlavSoft LLC.")
UNKNOWN = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def folder(portal: Portal) -> Path:
    """The kit's folder with one pinned server in it."""
    made = portal.own.settings.kit_dir
    made.mkdir()
    (made / "tvnserver.exe").write_bytes(SERVER)
    pins.save(portal.own.settings.state_dir / PINS_FILE, pinned_anew(examine(made, {}), {}, accept=False))
    return made


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.usefixtures("folder")
def test_a_customer_gets_the_vendors_file_byte_for_byte(portal: Portal, stranger: FlaskClient) -> None:
    answer = stranger.get(f"/support/{portal.session().link}/kit.zip")
    assert answer.status_code == 200
    assert answer.content_type == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="kit.zip"'
    assert answer.content_length == len(answer.data)
    assert unpacked(answer.data)["tvnserver.exe"] == SERVER


@pytest.mark.usefixtures("folder")
def test_an_old_browser_may_keep_the_download_for_as_long_as_it_needs(portal: Portal, stranger: FlaskClient) -> None:
    answer = stranger.get(f"/support/{portal.session().link}/kit.zip")
    assert answer.headers["Cache-Control"] == "private, max-age=0"
    assert "Pragma" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.usefixtures("folder")
def test_the_download_is_a_visit_and_a_link_checkers_look_is_none(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    assert stranger.head(f"/support/{new.link}/kit.zip").status_code == 200
    assert portal.own.sessions.get(new.session.id).state == "created"
    stranger.get(f"/support/{new.link}/kit.zip")
    assert portal.own.sessions.get(new.session.id).state == "waiting"


@pytest.mark.usefixtures("folder")
def test_nobody_without_a_live_link_gets_anything(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    portal.own.sessions.end(new.session.id, portal.person("anna"))
    for method in ("GET", "HEAD"):
        assert stranger.open(f"/support/{new.link}/kit.zip", method=method).status_code == 410
        assert stranger.open(f"/support/{UNKNOWN}/kit.zip", method=method).status_code == 404


def test_without_a_kit_a_page_says_so(portal: Portal, stranger: FlaskClient) -> None:
    answer = stranger.get(f"/support/{portal.session().link}/kit.zip")
    assert answer.status_code == 404
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "There is no such file here" in answer.text
    assert len(answer.data) > 512  # Internet Explorer shows a page of its own for less


def test_a_changed_file_is_not_handed_out(portal: Portal, stranger: FlaskClient, folder: Path) -> None:
    (folder / "tvnserver.exe").write_bytes(SERVER + b"\0")
    assert stranger.get(f"/support/{portal.session().link}/kit.zip").status_code == 404


def test_a_file_that_was_never_pinned_is_not_handed_out(portal: Portal, stranger: FlaskClient, folder: Path) -> None:
    (folder / "hookldr.exe").write_bytes(SERVER)
    assert "hookldr.exe" not in unpacked(stranger.get(f"/support/{portal.session().link}/kit.zip").data)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("language", "name", "word"),
    [
        ("en", "README.txt", "Unpack"),
        ("de", "LIESMICH.txt", "Entpacken"),
        ("fr", "LISEZMOI.txt", "Décompressez"),
        ("es", "LEEME.txt", "Descomprima"),
        ("pt", "LEIAME.txt", "Descompacte"),
        ("ru", "README.txt", "Распакуйте"),
    ],
)
def test_the_text_beside_the_programs_is_in_the_customers_language(
    portal: Portal, stranger: FlaskClient, language: str, name: str, word: str
) -> None:
    new = portal.session()
    where = f"/support/{new.link}/kit.zip"
    by_browser = stranger.get(where, headers={"Accept-Language": f"{language},en;q=0.1"})
    by_hand = stranger.get(f"{where}?lang={language}", headers={"Accept-Language": "en"})
    assert by_browser.data == by_hand.data
    raw = unpacked(by_hand.data)[name]
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\n") == raw.count(b"\r\n") > 10
    text = raw.decode("utf-8-sig")
    assert word in text
    assert "anna" in text
    assert f"http://127.0.0.1:8080/support/{new.link}\r\n" in text
    assert hashlib.sha256(SERVER).hexdigest() in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_steps_offer_the_kit_while_there_is_one(portal: Portal, stranger: FlaskClient, folder: Path) -> None:
    where = f"/support/{portal.session().link}"
    for way in ("xp", "windows"):
        steps = stranger.get(f"{where}?step=2&for={way}").text
        assert "Does the window say that TightVNC is missing?" in steps
        assert f'href="{where}?step=2&amp;for=kit"' in steps
    assert f'href="{where}/kit.zip"' in stranger.get(f"{where}?step=2&for=kit").text
    (folder / "tvnserver.exe").write_bytes(b"MZ")
    assert "for=kit" not in stranger.get(f"{where}?step=2&for=xp").text
    # A page that was left open, and looks for news.
    assert "kit.zip" not in stranger.get(f"{where}?step=2&for=kit").text


def test_that_there_is_no_kit_is_said_in_the_customers_language(portal: Portal, stranger: FlaskClient) -> None:
    answer = stranger.get(f"/support/{portal.session().link}/kit.zip?lang=de")
    assert answer.status_code == 404
    assert "Diese Datei gibt es hier nicht" in answer.text


@pytest.mark.usefixtures("folder")
def test_the_scripts_of_this_session_lie_beside_the_programs(portal: Portal, stranger: FlaskClient) -> None:
    link = portal.session().link
    inside = unpacked(stranger.get(f"/support/{link}/kit.zip?lang=ru").data)
    for name in ("connect.bat", "connect.ps1", "connect.sh", "tightvnc.reg"):
        assert inside[name] == stranger.get(f"/support/{link}/{name}?lang=ru").data
    assert "предлагает помочь" in inside["connect.bat"].decode("cp866")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("system", ["5.1", "10.0"])
def test_a_windows_that_nobody_prepared_is_led_to_the_kit(portal: Portal, stranger: FlaskClient, system: str) -> None:
    where = f"/support/{portal.session().link}?step=2"
    browser = {"User-Agent": f"Mozilla/4.0 (compatible; MSIE 6.0; Windows NT {system})"}
    first = stranger.get(where, headers=browser).text
    assert "/kit.zip" in first
    assert "/connect.bat" not in first
    by_hand = stranger.get(f"{where}&for=xp", headers=browser).text
    assert "/connect.bat" in by_hand


def test_without_a_kit_there_is_no_way_to_it(portal: Portal, stranger: FlaskClient) -> None:
    where = f"/support/{portal.session().link}?step=2&for=kit"
    assert "/kit.zip" not in stranger.get(where, headers={"User-Agent": "MSIE 6.0; Windows NT 5.1"}).text
