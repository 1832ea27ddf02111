"""A kit of programs that a real compiler made, from the command line to the customer's download."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.program import read_program
from tests.fakes.windows_program import signature, signed
from tests.processes import Installation

RESOURCE = """
1 VERSIONINFO
FILEVERSION 2,8,27,0
PRODUCTVERSION 2,8,27,0
FILEOS 0x40004
FILETYPE 1
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904b0"
    BEGIN
      VALUE "CompanyName", "GlavSoft LLC."
      VALUE "FileDescription", "TightVNC Server"
      VALUE "FileVersion", "2, 8, 27, 0"
      VALUE "ProductName", "TightVNC"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x409, 1200
  END
END
"""
# A section of its own stands before the resources, so that addresses and places in the file differ.
SOURCE = "char data[70000] = {1}; int main(void) { return data[0] - 1; }"


def compiled(folder: Path, subsystem: tuple[int, int]) -> bytes:
    """A program for 64-bit Windows, with TightVNC's version resource."""
    (folder / "version.rc").write_text(RESOURCE)
    (folder / "main.c").write_text(SOURCE)
    target = folder / "made.exe"
    lowest = "-Wl,--major-subsystem-version,{},--minor-subsystem-version,{}".format(*subsystem)
    steps = (
        ["x86_64-w64-mingw32-windres", "version.rc", "-O", "coff", "-o", "version.o"],
        ["x86_64-w64-mingw32-gcc", "main.c", "version.o", "-s", lowest, "-o", str(target)],
    )
    for step in steps:
        subprocess.run(step, cwd=folder, check=True, timeout=60, capture_output=True)
    return target.read_bytes()


def reachback(installation: Installation, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from reachback.cli import main; main()", *words]
    environ = os.environ | installation.environ
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("subsystem", [(5, 1), (6, 1), (10, 0)])
def test_what_a_compiler_wrote_is_read(tmp_path: Path, subsystem: tuple[int, int]) -> None:
    found = read_program(compiled(tmp_path, subsystem))
    assert (found.architecture, found.needs, found.version) == ("64-bit (x64)", subsystem, "2.8.27")
    assert found.resource.strings["ProductName"] == "TightVNC"
    assert found.signer is None


def test_a_signed_program_goes_from_the_folder_to_the_customer_unchanged(
    tmp_path: Path, install: Callable[..., Installation]
) -> None:
    data = signed(compiled(tmp_path, (5, 2)), signature("GlavSoft LLC."))
    installation = install()
    folder = installation.settings.kit_dir
    folder.mkdir(parents=True)
    (folder / "tvnserver.exe").write_bytes(data)
    checked = reachback(installation, "kit", "check")
    assert checked.returncode == 0, checked.stderr
    assert "✔ tvnserver.exe: TightVNC server 2.8.27, new, pinned now" in checked.stdout
    assert "signed by GlavSoft LLC. (not verified)" in checked.stdout
    installation.start_all("portal")
    url = f"http://{installation.settings.http}/support/{installation.waiting().link}/kit.zip"
    with urllib.request.urlopen(url, timeout=30) as answer, zipfile.ZipFile(io.BytesIO(answer.read())) as archive:
        assert archive.read("tvnserver.exe") == data
    (folder / "tvnserver.exe").write_bytes(data + b"\0")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(url, timeout=30)
    assert reachback(installation, "kit", "check").returncode == 1
