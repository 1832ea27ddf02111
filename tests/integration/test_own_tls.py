"""TLS without a reverse proxy: portal, websockify and listener serve it, and take up what is renewed while they run."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from reachback.health import failing_parts
from reachback.parts import parts
from sessions.settings import Address
from tests.fakes.certificates import write_certificate
from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import ADMIN, ADMIN_PASSWORD, Installation, Process, installed, wait_until

from .conftest import exchange
from .visitors import Visitor

NAME = "support.example.org"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("own-tls")
    cert, key = map(str, write_certificate(folder, "served", names=[f"*.{NAME}", NAME]))
    with installed(
        folder,
        REACHBACK_WEB_TLS_CERT=cert,
        REACHBACK_WEB_TLS_KEY=key,
        REACHBACK_CALL_TLS_CERT=cert,
        REACHBACK_CALL_TLS_KEY=key,
    ) as installation:
        installation.start_all("portal", "listener", "websockify")
        yield installation


def certificate_of(installation: Installation) -> Path:
    assert installation.settings.web_tls
    return installation.settings.web_tls.cert


def everywhere(installation: Installation) -> dict[str, Address]:
    """Where each process serves the certificate."""
    settings = installation.settings
    return {"portal": settings.http, "websockify": settings.websocket, "listener": settings.listen[0]}


def served(address: Address) -> int:
    """The serial number of the certificate that a new connection is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((address.host, address.port), 10) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as wrapped,
    ):
        shown = wrapped.getpeercert(binary_form=True)
    assert shown
    return x509.load_der_x509_certificate(shown).serial_number


def serial(cert: Path) -> int:
    return x509.load_pem_x509_certificate(cert.read_bytes()).serial_number


def log_of(installation: Installation, name: str) -> str:
    return next(process for process in installation.processes if process.name == name).log


def test_a_journey_and_renewals_during_it(own: Installation) -> None:
    cert = certificate_of(own)
    base = own.settings.public_url
    assert base == f"https://{own.settings.http}"
    assert own.settings.public_websocket == f"wss://{own.settings.websocket}/"
    anna = Visitor("127.0.0.1", "127.0.0.60", cert, name=NAME)
    form = {"csrf_token": anna.get(f"{base}/sign-in").csrf_token, "name": ADMIN, "password": ADMIN_PASSWORD}
    signed_in = anna.post(f"{base}/sign-in", form)
    assert signed_in.status == 303
    assert "__Host-reachback" in anna.cookies
    assert "Strict-Transport-Security" in signed_in.headers
    new = own.session()
    own.sessions.open_page(new.link, "127.0.0.70")
    with FakeVncServer(own.call_address, source="127.0.0.70", server_name=f"{new.code}.{NAME}") as server:
        server.greet()
        assert wait_until(lambda: own.is_held(new))
        url = own.websocket_url(new)
        with FakeViewer(url, origin=base, connection=anna.dial(url)) as viewer:
            viewer.greet()
            exchange(server, viewer)
            for kind in ("newer", "newest"):
                renew(own, kind)
            # Who was there before has noticed nothing.
            exchange(server, viewer)
            flood(server, viewer)
        (row,) = own.rows("SELECT * FROM calls WHERE session_id = :id", id=new.session.id)
        assert (row["matched_by"], row["address"], row["encrypted"]) == ("sni", "127.0.0.70", 1)


def renew(own: Installation, name: str) -> None:
    """Put newer files in place of the old ones, as certbot's hooks do: one after the other."""
    cert, key = write_certificate(own.folder, name, names=[f"*.{NAME}", NAME])
    target = own.settings.web_tls
    assert target
    wanted, old = serial(cert), serial(target.cert)
    cert.replace(target.cert)
    # In between, the old pair is served on.
    assert {served(address) for address in everywhere(own).values()} == {old}
    key.replace(target.key)
    for part, address in everywhere(own).items():
        wait_until(lambda address=address: served(address) == wanted, 10, f"{part} serves the renewed certificate")


def flood(server: FakeVncServer, viewer: FakeViewer) -> None:
    """Much more than one TLS record, and than any buffer between here and there."""
    pixels = bytes(range(256)) * 4 * 256 * 16
    server.send(b"\0\0\0\1" + b"".join(part.to_bytes(2, "big") for part in (0, 0, 1024, 1024)) + bytes(4) + pixels)
    viewer.seek(pixels[-4096:], 30)


def test_a_broken_file_is_told_and_the_old_one_served(own: Installation) -> None:
    cert = certificate_of(own)
    kept = shutil.copy2(cert, cert.with_suffix(".kept"))
    before = serial(cert)
    try:
        cert.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")
        for address in everywhere(own).values():
            assert served(address) == before
        for part in everywhere(own):
            wait_until(lambda part=part: "the one read before is served on" in log_of(own, part), 10, part)
    finally:
        Path(kept).replace(cert)
    for address in everywhere(own).values():
        wait_until(lambda address=address: served(address) == before)


@pytest.mark.parametrize("part", ["portal", "websockify", "listener"])
@pytest.mark.parametrize(("version", "is_spoken"), [("1", False), ("1.1", False), ("1.2", True), ("1.3", True)])
def test_only_modern_versions_are_spoken(own: Installation, part: str, version: str, *, is_spoken: bool) -> None:
    # openssl, because this Python cannot speak the old ones; at security level 0 they are allowed to the client.
    option = f"-tls{version.replace('.', '_')}"
    command = ("openssl", "s_client", option, "-cipher", "ALL:@SECLEVEL=0", "-connect", str(everywhere(own)[part]))
    asked = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=30)
    assert (b"BEGIN CERTIFICATE" in asked.stdout) == is_spoken


def test_plain_http_gets_no_page(own: Installation) -> None:
    for address in (own.settings.http, own.settings.websocket):
        with socket.create_connection((address.host, address.port), 10) as plain:
            plain.sendall(b"GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                assert b"200 OK" not in plain.recv(65536)


def test_whoever_looks_after_it_finds_it_well(own: Installation) -> None:
    assert wait_until(lambda: failing_parts(own.settings.http) == [])
    websockify = next(process for process in own.processes if process.name == "websockify")
    assert "UNEXPECTED_EOF" not in websockify.log


@pytest.mark.parametrize("part", ["portal", "websockify", "listener"])
def test_files_that_cannot_be_used_are_an_error_at_the_start(tmp_path: Path, part: str) -> None:
    cert, key = write_certificate(tmp_path)
    key.write_text("nonsense")
    kind = "CALL" if part == "listener" else "WEB"
    names = {f"REACHBACK_{kind}_TLS_CERT": str(cert), f"REACHBACK_{kind}_TLS_KEY": str(key)}
    with installed(tmp_path, **names) as installation:
        process = start(installation, part)
        assert process.wait(30) != 0
        assert str(cert) in process.log


def start(installation: Installation, part: str) -> Process:
    chosen = next(one for one in parts(installation.settings) if one.name == part)
    return installation.start(part, *chosen.command)
