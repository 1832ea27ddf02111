from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kit import PINS_FILE
from reachback import doctor
from reachback.cli import main
from sessions.settings import Settings
from tests.fakes.windows_program import X64, program

OLD = program(version=(2, 8, 27, 0), signer="GlavSoft LLC.")
NEW = program(version=(2, 8, 81, 0))


@pytest.fixture
def folder(settings: Settings) -> Path:
    settings.kit_dir.mkdir(parents=True)
    return settings.kit_dir


def check(environ: dict[str, str], *words: str) -> Result:
    return CliRunner(env=environ).invoke(main, ("kit", "check", *words))


def diagnosis(settings: Settings) -> list[str]:
    return [str(finding) for finding in doctor.kit(settings.kit_dir, settings.state_dir / PINS_FILE)]


def test_an_empty_kit_is_no_fault_and_says_how_to_fill_it(environ: dict[str, str], settings: Settings) -> None:
    result = check(environ)
    assert result.exit_code == 0
    assert result.output == (
        f"Nothing in {settings.kit_dir} can be handed to customers. docs/kit.md says what belongs there.\n"
    )
    assert not settings.state_dir.exists()
    (line,) = diagnosis(settings)
    assert line.startswith("✔ the kit is empty")


def test_a_new_file_is_described_and_pinned(environ: dict[str, str], settings: Settings, folder: Path) -> None:
    (folder / "tvnserver.exe").write_bytes(OLD)
    assert diagnosis(settings) == [
        "✘ of the kit, tvnserver.exe is not pinned and not served: run `reachback kit check`"
    ]
    first = check(environ)
    assert first.exit_code == 0
    head, *details = first.output.splitlines()
    assert head == "✔ tvnserver.exe: TightVNC server 2.8.27, new, pinned now"
    assert details[:3] == [
        '    calls itself "TightVNC Server", "TightVNC", "GlavSoft LLC.", version 2.8.27',
        "    32-bit (x86), made for Windows XP or newer (5.01)",
        "    signed by GlavSoft LLC. (not verified)",
    ]
    assert "does not start" not in first.output
    assert "✔ tvnserver.exe: TightVNC server 2.8.27, unchanged" in check(environ).output
    assert diagnosis(settings) == ["✔ the kit hands out 1 file: TightVNC server 2.8.27"]


def test_a_changed_file_fails_until_it_is_accepted(environ: dict[str, str], settings: Settings, folder: Path) -> None:
    (folder / "tvnserver.exe").write_bytes(OLD)
    pinned = check(environ)
    (folder / "tvnserver.exe").write_bytes(NEW)
    assert diagnosis(settings) == ["✘ of the kit, tvnserver.exe changed and is not served: run `reachback kit check`"]
    for _ in range(2):
        result = check(environ)
        assert result.exit_code == 1
        assert "✘ tvnserver.exe: changed, not served: put back" in result.output
        assert "reachback kit check --accept" in result.output
        hashed = next(line for line in pinned.output.splitlines() if "SHA-256" in line).strip()
        assert f"    was pinned as TightVNC server 2.8.27, {hashed}\n    now: TightVNC server 2.8.81" in result.output
    accepted = check(environ, "--accept")
    assert accepted.exit_code == 0
    assert "✔ tvnserver.exe: TightVNC server 2.8.81, changed, pinned anew" in accepted.output
    assert check(environ).exit_code == 0


def test_a_file_that_is_gone_fails_until_that_is_accepted(environ: dict[str, str], folder: Path) -> None:
    (folder / "tvnserver.exe").write_bytes(OLD)
    check(environ)
    (folder / "tvnserver.exe").unlink()
    result = check(environ)
    assert result.exit_code == 1
    assert "✘ tvnserver.exe: gone: put back" in result.output
    accepted = check(environ, "--accept")
    assert accepted.exit_code == 0
    assert "✔ tvnserver.exe: forgotten" in accepted.output
    assert check(environ).output.startswith("Nothing in")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (program(machine=X64), "take the 32-bit program, which runs on 64-bit Windows too"),
        (program(needs=(6, 0)), "take a version that declares 5.01 or less"),
    ],
)
def test_what_does_not_start_on_windows_xp_is_told(
    environ: dict[str, str], folder: Path, data: bytes, words: str
) -> None:
    (folder / "tvnserver.exe").write_bytes(data)
    result = check(environ)
    assert result.exit_code == 0
    assert "! does not start on Windows XP" in result.output
    assert words in result.output


def test_an_unknown_file_is_told_and_not_counted(environ: dict[str, str], folder: Path) -> None:
    (folder / "setup.exe").write_bytes(OLD)
    (folder / "stunnel.exe").symlink_to("/etc/passwd")
    (folder / "a folder").mkdir()
    result = check(environ)
    assert result.exit_code == 0
    assert "– setup.exe: unknown file, not served: nothing that customers need has this name" in result.output
    assert "– stunnel.exe: not served: it is a symbolic link" in result.output
    assert "– a folder: not served: its name" in result.output
    assert result.output.splitlines()[-1].startswith("Nothing in")


def test_a_files_name_cannot_write_on_the_terminal(environ: dict[str, str], folder: Path) -> None:
    (folder / "\x1b[2Jevil\n").write_bytes(OLD)
    (folder / "\udcff").write_bytes(OLD)
    result = check(environ)
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "– [2Jevil: not served" in result.output


def test_a_kit_without_a_server_says_so(environ: dict[str, str], settings: Settings, folder: Path) -> None:
    (folder / "screenhooks32.dll").write_bytes(OLD)
    check(environ)
    (line,) = diagnosis(settings)
    assert line.startswith("✔ the kit holds no VNC server")


def test_damaged_pins_are_told_in_one_sentence(environ: dict[str, str], settings: Settings, folder: Path) -> None:
    (folder / "tvnserver.exe").write_bytes(OLD)
    (settings.state_dir / PINS_FILE).write_text("{")
    result = check(environ)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "is damaged. Delete it" in result.output
    (line,) = diagnosis(settings)
    assert line.startswith("✘ the kit cannot be looked at")
