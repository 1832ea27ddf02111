"""Faults planted into installations that run: `reachback doctor` finds each, and names its cure.

Those that do not get into each other's way are planted together; what the doctor finds where nothing is wrong comes
first. nginx stands in front, as it would.
"""

from __future__ import annotations

import json
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reachback.ports import is_listening
from tests.fakes.certificates import write_certificate
from tests.fakes.windows_program import program
from tests.processes import Installation, Process, free_ports, wait_until

REACHBACK = str(Path(sys.executable).with_name("reachback"))
PUBLIC = "localhost"

pytestmark = pytest.mark.timeout(120)


@dataclass(frozen=True)
class Fault:
    """What the doctor must say of a planted fault: the check's name, part of what it found, part of the cure."""

    name: str
    what: str
    cure: str
    status: str = "problem"


@dataclass(frozen=True)
class Report:
    """What `reachback doctor --json` said."""

    status: int
    findings: list[dict[str, str]]

    def says(self, fault: Fault) -> bool:
        return any(
            one["name"] == fault.name
            and one["status"] == fault.status
            and fault.what in one["what"]
            and fault.cure in one["cure"]
            for one in self.findings
        )

    def wrong(self) -> list[dict[str, str]]:
        return [one for one in self.findings if one["status"] != "ok"]


def doctor(one: Installation, **environ: str) -> Report:
    process = one.start("doctor", REACHBACK, "doctor", "--json", **environ)
    status = process.wait(60)
    return Report(status, json.loads(process.log)["findings"])


def assert_found(report: Report, *faults: Fault) -> None:
    assert report.status == 1
    missed = [fault for fault in faults if not report.says(fault)]
    assert not missed, f"missed: {missed}\ntold: {json.dumps(report.wrong(), indent=1, ensure_ascii=False)}"


# nginx, as docs/proxies.md has it; each part can be left out.
FORWARDED_FOR = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
FORWARDED_PROTO = "proxy_set_header X-Forwarded-Proto $scheme;"
HOST = "proxy_set_header Host $http_host;"
UPGRADE = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
NGINX = """
daemon off; master_process off; error_log stderr; pid {folder}/nginx.pid;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl; listen [::1]:{port} ssl; server_name localhost;
    ssl_certificate {cert}; ssl_certificate_key {key};
    location /websockify {{ proxy_pass http://{websocket}; proxy_http_version 1.1; {upgrade} }}
    location / {{ proxy_pass http://{http}; {headers} }}
  }}
}}
"""


class Front:
    """nginx before an installation, with a certificate that this machine's browsers would believe."""

    def __init__(self, one: Installation, port: int, cert: Path, key: Path) -> None:
        self._one, self._port, self._cert, self._key = one, port, cert, key
        self._nginx: Process | None = None

    def serve(self, *headers: str, upgrade: str = UPGRADE) -> None:
        """Start nginx, in place of one that was started before."""
        if self._nginx:
            self._nginx.terminate()
        conf = self._one.folder / "nginx.conf"
        conf.write_text(
            NGINX.format(
                folder=self._one.folder,
                port=self._port,
                cert=self._cert,
                key=self._key,
                websocket=self._one.settings.websocket,
                http=self._one.settings.http,
                upgrade=upgrade,
                headers=" ".join(headers),
            )
        )
        self._nginx = self._one.start("nginx", shutil.which("nginx") or "nginx", "-c", str(conf))
        wait_until(lambda: is_listening(self._port), 20)


@pytest.fixture
def fronted(install: Callable[..., Installation], tmp_path: Path) -> tuple[Installation, Front]:
    """An installation behind nginx, all of it running, and nothing wrong."""
    (port,) = free_ports(1)
    cert, key = write_certificate(tmp_path, PUBLIC, names=[PUBLIC], days=90)
    one = install(
        REACHBACK_PUBLIC_URL=f"https://{PUBLIC}:{port}",
        REACHBACK_PUBLIC_WEBSOCKET=f"wss://{PUBLIC}:{port}/websockify",
        REACHBACK_PUBLIC_HOST=PUBLIC,
        REACHBACK_TRUSTED_PROXIES="127.0.0.1",
        SSL_CERT_FILE=str(cert),
    )
    one.settings.state_dir.chmod(0o700)
    one.start_all("portal", "listener", "websockify")
    wait_until(lambda: one.rows("SELECT * FROM listeners"), 30)
    front = Front(one, port, cert, key)
    front.serve(HOST, FORWARDED_FOR, FORWARDED_PROTO)
    return one, front


def test_where_nothing_is_wrong_all_is_well_and_nothing_is_left_behind(fronted: tuple[Installation, Front]) -> None:
    one, _ = fronted
    report = doctor(one)
    assert report.wrong() == []
    assert report.status == 0
    told = {finding["name"] for finding in report.findings}
    assert told >= {"public-url", "public-websocket", "dialling", "clock", "listeners", "ports", "health", "schema"}
    assert one.rows("SELECT * FROM calls") == []
    assert one.rows("SELECT * FROM events WHERE kind != 'technician_added'") == []
    listener = one.processes[1]
    listener.terminate(30)
    assert "turned away" not in listener.log


def test_over_tls_of_its_own_all_is_well_too(install: Callable[..., Installation], tmp_path: Path) -> None:
    cert, key = write_certificate(tmp_path, PUBLIC, names=[PUBLIC], days=90)
    (http,) = free_ports(1)
    one = install(
        REACHBACK_HTTP=f"127.0.0.1:{http}",
        REACHBACK_PUBLIC_URL=f"https://{PUBLIC}:{http}",
        REACHBACK_WEB_TLS_CERT=str(cert),
        REACHBACK_WEB_TLS_KEY=str(key),
        SSL_CERT_FILE=str(cert),
    )
    one.settings.state_dir.chmod(0o700)
    one.start_all("portal", "listener", "websockify")
    wait_until(lambda: one.rows("SELECT * FROM listeners"), 30)
    assert doctor(one).wrong() == []


def test_what_is_wrong_in_front_is_seen_through_the_public_address(fronted: tuple[Installation, Front]) -> None:
    one, front = fronted
    front.serve(FORWARDED_PROTO, upgrade="")
    assert_found(
        doctor(one),
        Fault("public-url", "does not say who asks", "proxy_set_header X-Forwarded-For"),
        Fault("public-url", "where people ask for", "proxy_set_header Host", "warning"),
        Fault("public-websocket", "opens no WebSocket", "proxy_set_header Upgrade"),
    )
    front.serve(HOST, FORWARDED_FOR)
    assert_found(
        doctor(
            one,
            SSL_CERT_FILE="/dev/null",
            REACHBACK_PUBLIC_WEBSOCKET=f"wss://{PUBLIC}:1/websockify",
            REACHBACK_PUBLIC_HOST="nowhere.invalid",
        ),
        Fault("public-url", "asked over HTTPS", "proxy_set_header X-Forwarded-Proto"),
        Fault("public-url", "will not believe the certificate", f"made out to {PUBLIC}"),
        Fault("public-websocket", "does not answer", "REACHBACK_PUBLIC_WEBSOCKET"),
        Fault("dialling", "cannot dial nowhere.invalid", "REACHBACK_PUBLIC_HOST"),
    )


def test_a_proxy_that_is_not_believed_and_a_page_that_may_not_connect(fronted: tuple[Installation, Front]) -> None:
    one, _ = fronted
    one.processes[0].terminate()
    one.environ["REACHBACK_TRUSTED_PROXIES"] = "192.0.2.1"
    one.start_portal()
    with stranger("127.0.0.2", one.settings.listen[0].port):
        report = doctor(one, REACHBACK_ALLOWED_ORIGINS="https://elsewhere.example", REACHBACK_PUBLIC_HOST="127.0.0.2")
    assert_found(
        report,
        Fault("public-url", "a proxy at 127.0.0.1", "REACHBACK_TRUSTED_PROXIES=127.0.0.1"),
        Fault("settings", "may not open a WebSocket", "REACHBACK_ALLOWED_ORIGINS"),
        Fault("public-websocket", "websockify refuses pages", f"REACHBACK_ALLOWED_ORIGINS={one.settings.public_url}"),
        Fault("dialling", "another program answers", "REACHBACK_PUBLIC_HOST"),
    )


@contextmanager
def stranger(host: str, port: int) -> Iterator[None]:
    """Another program that greets whoever connects."""
    with socket.create_server((host, port)) as server:

        def greet() -> None:
            with suppress(OSError):
                while True:
                    with server.accept()[0] as guest:
                        guest.sendall(b"220 mail.example.org ESMTP\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_what_is_wrong_inside_is_found_at_once(install: Callable[..., Installation], tmp_path: Path) -> None:
    one = install()
    one.settings.secret_key()
    listening(one)
    planted = plant_files(one, tmp_path) | {
        "REACHBACK_TRUSTED_PROXY": "127.0.0.1",
        "REACHBACK_DATABASE_URL": "sqlite:////nowhere",
        "REACHBACK_RECORDING": "always",
        "REACHBACK_RECORDINGS_FREE": "999999999999",
        "REACHBACK_PUBLIC_URL": "http://support.example.org",
        "REACHBACK_WEBHOOK_URL": f"http://127.0.0.1:{free_ports(1)[0]}/hook",
    }
    plant_rows(one)
    with stranger("127.0.0.1", one.settings.websocket.port), stranger("127.0.0.1", taken := free_ports(1)[0]):
        report = doctor(one, **planted, REACHBACK_SESSION_PORTS=str(taken))
    assert_found(
        report,
        Fault("settings", "REACHBACK_TRUSTED_PROXY is no setting", "call it REACHBACK_TRUSTED_PROXIES", "warning"),
        Fault("settings", "REACHBACK_DATABASE_URL is not heeded", "unset one", "warning"),
        Fault("settings", "is plain HTTP", "REACHBACK_PUBLIC_URL=https://"),
        Fault("state-dir", "everybody on this machine can look into", f"chmod o= {one.settings.state_dir}"),
        Fault("secret-key", "others can read", f"chmod 600 {one.settings.secret_key_file}"),
        Fault("people", "nobody can sign in", "reachback technician add"),
        Fault("clock", "a clock was wrong", "timedatectl set-ntp true"),
        Fault("listeners", "2 machines call themselves node main", "REACHBACK_NODE"),
        Fault("listeners", "node third only drains", "systemctl restart reachback-listener"),
        Fault("listeners", "one WebSocket address for all of them", "{node} into REACHBACK_PUBLIC_WEBSOCKET"),
        Fault("deliveries", "1 webhooks were given up", "*Webhooks*", "warning"),
        Fault("deliveries", "should have been sent", "systemctl restart reachback-portal"),
        Fault("kit", "tvnserver.exe is not pinned", "reachback kit check"),
        Fault("recordings", "nothing is recorded", "REACHBACK_RECORDINGS_FREE"),
        Fault("call-certificate", "was valid until", "renew it"),
        Fault("web-certificate", "not made out to support.example.org", "support.example.org", "warning"),
        Fault("webhook", "everybody on this machine can read", "chmod o="),
        Fault("webhook", "nobody takes webhooks", "REACHBACK_WEBHOOK_URL"),
        Fault("session-ports", f"another program listens on session ports ({taken})", "REACHBACK_SESSION_PORTS"),
        Fault("ports", "websockify cannot listen on", "REACHBACK_WEBSOCKET"),
        Fault("ports", f"portal: nothing listens on {one.settings.http}", "systemctl start reachback-portal"),
        Fault("dialling", "cannot dial support.example.org", "REACHBACK_PUBLIC_HOST"),
    )


def listening(one: Installation) -> Process:
    """A listener that the register knows, too."""
    listener = one.start_listener()
    wait_until(lambda: one.rows("SELECT * FROM listeners"), 30)
    return listener


def plant_files(one: Installation, folder: Path) -> dict[str, str]:
    """Files that are wrong, and the settings that name them."""
    one.settings.state_dir.chmod(0o755)
    one.settings.secret_key_file.chmod(0o644)
    one.settings.kit_dir.mkdir()
    (one.settings.kit_dir / "tvnserver.exe").write_bytes(program(version=(2, 8, 27, 0), signer="GlavSoft LLC."))
    url, secret = folder / "database-url", folder / "webhook-secret"
    url.write_text(one.settings.database_url)
    secret.write_text("hush hush hush hush hush hush hush")
    secret.chmod(0o644)
    expired, its_key = write_certificate(folder, "expired", days=-3)
    other, other_key = write_certificate(folder, "other", names=["other.example.org"], days=90)
    return {
        "REACHBACK_DATABASE_URL_FILE": str(url),
        "REACHBACK_WEBHOOK_SECRET_FILE": str(secret),
        "REACHBACK_CALL_TLS_CERT": str(expired),
        "REACHBACK_CALL_TLS_KEY": str(its_key),
        "REACHBACK_WEB_TLS_CERT": str(other),
        "REACHBACK_WEB_TLS_KEY": str(other_key),
    }


def plant_rows(one: Installation) -> None:
    """Rows that are wrong: nobody signs in, a clock was ahead, nodes share a name, webhooks are left."""
    now = datetime.now(UTC).replace(tzinfo=None)
    one.change("UPDATE technicians SET removed_at = :now", now=str(now))
    one.change(
        "INSERT INTO events (at, kind, actor, details) VALUES (:then, 'session_created', 'anna', '{}')",
        then=str(now + timedelta(hours=2)),
    )
    for node, draining in (("main", False), ("other", False), ("third", True)):
        one.change(
            "INSERT INTO listeners (node, since, seen_at, draining) VALUES (:node, :now, :soon, :draining)",
            node=node,
            now=str(now),
            soon=str(now + timedelta(seconds=5)),
            draining=draining,
        )
    for late, given_up in ((True, False), (False, True)):
        one.change(
            "INSERT INTO deliveries (kind, body, created_at, next_at, given_up_at)"
            " VALUES ('session_created', '{}', :then, :next, :given_up)",
            then=str(now - timedelta(days=2)),
            next=str(now - timedelta(hours=1)) if late else None,
            given_up=str(now) if given_up else None,
        )


def test_a_dead_listener_a_damaged_key_and_an_older_schema(install: Callable[..., Installation]) -> None:
    one = install()
    one.settings.state_dir.chmod(0o700)
    one.settings.secret_key()
    listening(one).kill()
    long_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=1)
    one.change("UPDATE listeners SET seen_at = :then", then=str(long_ago))
    one.settings.secret_key_file.write_bytes(b"short")
    assert_found(
        doctor(one),
        Fault("listeners", "no sign of life", "systemctl restart reachback-listener"),
        Fault("secret-key", "is damaged", "restore it from a backup"),
    )
    one.change("UPDATE alembic_version SET version_num = '0005'")
    assert_found(doctor(one), Fault("schema", "not of this version", "reachback db upgrade"))
