"""A certificate that is renewed while it is served."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from certificates import ServedCertificate, web_context
from sessions.errors import BadSetting
from sessions.settings import CertFiles
from tests.fakes.certificates import write_certificate


@pytest.fixture
def files(tmp_path: Path) -> CertFiles:
    return CertFiles(*write_certificate(tmp_path))


@pytest.fixture
def newer(tmp_path: Path) -> CertFiles:
    return CertFiles(*write_certificate(tmp_path, "newer"))


def test_while_the_files_stay_so_does_the_context(files: CertFiles) -> None:
    served = ServedCertificate(files, web_context)
    assert served.context() is served.context()


def test_renewed_files_are_served_from_the_next_connection_on(
    files: CertFiles, newer: CertFiles, caplog: pytest.LogCaptureFixture
) -> None:
    served = ServedCertificate(files, web_context)
    old = served.context()
    newer.cert.replace(files.cert)
    newer.key.replace(files.key)
    with caplog.at_level(logging.INFO):
        assert served.context() is not old
        assert served.context() is served.context()
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_between_certificate_and_key_the_old_pair_is_served(
    files: CertFiles, newer: CertFiles, caplog: pytest.LogCaptureFixture
) -> None:
    served = ServedCertificate(files, web_context)
    old = served.context()
    newer.cert.replace(files.cert)
    assert [served.context() for _ in range(3)] == [old] * 3
    newer.key.replace(files.key)
    with caplog.at_level(logging.INFO):
        assert served.context() is not old
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


@pytest.mark.parametrize("kind", ["garbage", "gone", "a folder"])
def test_broken_files_are_told_once_and_the_old_ones_kept(
    files: CertFiles, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    served = ServedCertificate(files, web_context)
    old = served.context()
    files.cert.unlink()
    if kind == "garbage":
        files.cert.write_text("-----BEGIN CERTIFICATE-----")
    elif kind == "a folder":
        files.cert.mkdir()
    assert [served.context() for _ in range(3)] == [old] * 3
    (record,) = caplog.records
    assert "the one read before is served on" in record.getMessage()


def test_a_link_that_is_turned_to_other_files_is_a_renewal(tmp_path: Path, files: CertFiles, newer: CertFiles) -> None:
    # certbot's live/ is a folder of such links.
    live = CertFiles(tmp_path / "live.pem", tmp_path / "live.key")
    live.cert.symlink_to(files.cert)
    live.key.symlink_to(files.key)
    served = ServedCertificate(live, web_context)
    old = served.context()
    for link, target in ((live.cert, newer.cert), (live.key, newer.key)):
        link.unlink()
        link.symlink_to(target)
    assert served.context() is not old


def test_files_that_cannot_be_used_at_the_start_are_an_error(files: CertFiles) -> None:
    files.key.write_text("")
    with pytest.raises(OSError, match="PEM"):
        ServedCertificate(files, web_context)


def test_a_key_with_a_password_is_an_error_and_no_question(files: CertFiles) -> None:
    key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    encrypted = serialization.BestAvailableEncryption(b"secret")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encrypted)
    files.key.write_bytes(pem)
    with pytest.raises(ssl.SSLError):
        ServedCertificate(files, web_context)


def test_only_modern_protocols_are_spoken(files: CertFiles) -> None:
    assert web_context(files).minimum_version == ssl.TLSVersion.TLSv1_2


def test_what_no_setting_names_is_not_served() -> None:
    assert ServedCertificate.of(None, web_context, "REACHBACK_WEB_TLS") is None


def test_files_that_settings_name_and_that_are_of_no_use_are_told_with_both_settings(files: CertFiles) -> None:
    assert ServedCertificate.of(files, web_context, "REACHBACK_WEB_TLS")
    files.key.unlink()
    with pytest.raises(BadSetting, match=r"No such file or directory\. Correct REACHBACK_WEB_TLS_CERT and .*_KEY"):
        ServedCertificate.of(files, web_context, "REACHBACK_WEB_TLS")
