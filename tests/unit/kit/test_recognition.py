from __future__ import annotations

import pytest

from kit.products import Product
from kit.recognition import MAX_LICENCE, recognise
from tests.fakes.windows_program import program

ULTRAVNC = {"ProductName": "UltraVNC", "CompanyName": "UltraVNC"}
STUNNEL = {"FileDescription": "stunnel - TLS offloading and load-balancing proxy"}


@pytest.mark.parametrize(
    ("name", "strings", "product"),
    [
        ("tvnserver.exe", {"ProductName": "TightVNC"}, Product.TIGHTVNC),
        ("TVNSERVER.EXE", {"ProductName": "TightVNC"}, Product.TIGHTVNC),
        ("screenhooks32.dll", {}, Product.TIGHTVNC_PART),
        ("screenhooks64.dll", {}, Product.TIGHTVNC_PART),
        ("hookldr.exe", {}, Product.TIGHTVNC_PART),
        ("WinVNC.exe", {"ProductName": "TightVNC"}, Product.TIGHTVNC_1),
        ("WinVNC.exe", {}, Product.TIGHTVNC_1),
        ("VNCHooks.dll", {}, Product.TIGHTVNC_1_PART),
        ("winvnc.exe", ULTRAVNC, Product.ULTRAVNC),
        ("vnchooks.dll", ULTRAVNC, Product.ULTRAVNC_PART),
        ("stunnel.exe", STUNNEL, Product.STUNNEL),
        ("tstunnel.exe", STUNNEL, Product.STUNNEL),
        ("libcrypto-3.dll", {}, Product.STUNNEL_PART),
        ("libssl-1_1.dll", {}, Product.STUNNEL_PART),
        ("libeay32.dll", {}, Product.STUNNEL_PART),
        ("msvcr90.dll", {}, Product.STUNNEL_PART),
    ],
)
def test_a_vendors_file_is_known(name: str, strings: dict[str, str], product: Product) -> None:
    assert recognise(name, program(strings=strings)).product is product


@pytest.mark.parametrize("name", ["tvnserver2.exe", "setup.exe", "xtvnserver.exe", "tvnserver.exe.exe", "evil.dll"])
def test_any_other_name_is_unknown(name: str) -> None:
    found = recognise(name, program())
    assert found.product is None
    assert found.program


def test_a_good_name_on_another_program_is_unknown() -> None:
    found = recognise("tvnserver.exe", program(strings={"ProductName": "Something else"}))
    assert found.product is None
    assert found.why_not == "its version resource does not speak of TightVNC server"


def test_what_is_no_program_is_unknown() -> None:
    assert recognise("tvnserver.exe", b"#!/bin/sh\n").product is None


@pytest.mark.parametrize("name", ["LICENSE.txt", "LICENCE.txt", "COPYING", "gpl-2.txt", "licence_tightvnc.txt"])
def test_a_licence_goes_with_the_programs(name: str) -> None:
    assert recognise(name, b"GNU GENERAL PUBLIC LICENSE").product is Product.LICENCE


@pytest.mark.parametrize("name", ["LICENSE.exe", "license.bat", "COPYING.com"])
def test_a_program_is_no_licence(name: str) -> None:
    assert recognise(name, program()).product is None


@pytest.mark.parametrize("data", [b"MZ\0\0", b"x" * (MAX_LICENCE + 1)])
def test_what_is_no_short_text_is_no_licence(data: bytes) -> None:
    assert recognise("LICENSE.txt", data).product is None
