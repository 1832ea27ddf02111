from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.instructions import Facts, tightvnc_reg


@pytest.mark.parametrize(("allowed", "value"), [(False, "0"), (True, "1")])
def test_nothing_listens_and_files_are_as_configured(facts: Callable[..., Facts], allowed: bool, value: str) -> None:
    data = tightvnc_reg(facts(file_transfer=allowed))
    lines = data.decode("ascii").split("\r\n")
    assert lines[0] == "REGEDIT4"
    assert [line for line in lines if line and not line.startswith(";")][1:] == [
        r"[HKEY_CURRENT_USER\Software\TightVNC\Server]",
        '"AcceptRfbConnections"=dword:00000000',
        '"AcceptHttpConnections"=dword:00000000',
        f'"EnableFileTransfers"=dword:0000000{value}',
    ]
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_nothing_secret_is_in_it(facts: Callable[..., Facts]) -> None:
    text = tightvnc_reg(facts()).decode()
    assert not [secret for secret in ("123456782", "k3yw0rds", "support/", "Password") if secret in text]
