from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from portal.instructions import LANGUAGES, Facts, connect_sh

from .test_batch import NAMES

ODD = [*NAMES, "O'Brien", "$(touch x)", "`touch x`", "a\\", "-n", "'; touch x; '"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ODD)
def test_whatever_the_name_a_shell_reads_it(facts: Callable[..., Facts], language: str, name: str) -> None:
    script = connect_sh(facts(technician=name), language)
    done = subprocess.run(["sh", "-n"], input=script, capture_output=True, timeout=10, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("name", [one for one in ODD if one.isascii() and one.isprintable() and len(one) < 60])
def test_the_name_is_printed_as_it_is_and_no_is_no(tmp_path, facts: Callable[..., Facts], name: str) -> None:
    (tmp_path / "connect.sh").write_bytes(connect_sh(facts(technician=name), "en"))
    done = subprocess.run(
        ["sh", "connect.sh"], cwd=tmp_path, input="no\n", capture_output=True, text=True, timeout=10, check=False
    )
    assert f"{name} asks to help you" in " ".join(done.stdout.split()) or not name.strip()
    assert "Nothing was changed" in done.stdout
    assert [one.name for one in tmp_path.iterdir()] == ["connect.sh"]


def test_it_says_what_this_session_says(facts: Callable[..., Facts]) -> None:
    text = connect_sh(facts(), "en").decode()
    assert "\nhost=dial.example.org port=5500 number=123456782\n" in text
    assert "\npassword='k3yw0rds'\n" in text
    assert "\npassword=''\n" in connect_sh(facts(password=None), "en").decode()


@pytest.mark.parametrize("host", ["$(a)", "a b", "a;b", "a'b", "a\nb"])
def test_a_host_that_is_none_is_refused(facts: Callable[..., Facts], host: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        connect_sh(facts(host=host), "en")
