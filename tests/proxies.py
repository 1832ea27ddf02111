"""The real nginx, Caddy and HAProxy, run with the very files of `deploy/`, each at a loopback address of its own.

Names, addresses and paths in those files are examples: each is replaced by the test's own, and must have been there.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.processes import Installation, Process, free_ports, wait_until

DEPLOY = Path(__file__).parents[1] / "deploy"
NAME = "support.example.org"
# Not in everybody's PATH.
NGINX, HAPROXY = "/usr/sbin/nginx", "/usr/sbin/haproxy"
OUTER = "203.0.113.10"


@dataclass(frozen=True)
class Place:
    """Where a proxy is to be: its address, its ports for HTTPS and HTTP, and its certificate with the key."""

    address: str
    https: int
    http: int
    cert: Path
    key: Path


@dataclass(frozen=True)
class Proxy:
    """One that runs. `calls` is where customers' computers dial."""

    place: Place
    process: Process
    calls: tuple[str, int]
    access_log: Callable[[], str]
    everything: Callable[[], str]


def start_nginx(installation: Installation, place: Place) -> Proxy:
    """nginx with its two files, from one of its own that includes them."""
    folder = _folder(installation, "nginx")
    inside = _backends(installation) | {
        "listen 443 ssl": f"listen {place.address}:{place.https} ssl",
        "listen 80": f"listen {place.address}:{place.http}",
        "/etc/ssl/reachback/web.pem": str(place.cert),
        "/etc/ssl/reachback/web.key": str(place.key),
        "/var/log/nginx": str(folder),
    }
    (folder / "people.conf").write_text(_filled("nginx/reachback.conf", inside))
    calls = {f"{OUTER}:5500": f"{place.address}:{_port(installation)}", "127.0.0.1:5500": _listener(installation)}
    if installation.settings.session_ports:
        calls |= {
            "    #server": "    server",
            "    #    ": "        ",
            "    #}": "    }",
            f"{OUTER}:5501-5599": f"{place.address}:{_range(installation)}",
        }
    (folder / "stream.conf").write_text(_filled("nginx/reachback.stream.conf", calls))
    main = folder / "nginx.conf"
    main.write_text(
        # Started as root, its workers would be another user, who may not enter the test's folder.
        f"{'user root;' if os.geteuid() == 0 else ''}\n"
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log stderr;\n"
        "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
        "events { }\n"
        f"http {{ {_temporary(folder)} include {folder}/people.conf; }}\n"
        f"include {folder}/stream.conf;\n"
    )
    process = installation.start("nginx", NGINX, "-c", str(main), "-p", str(folder), "-e", "stderr")
    logs = (folder / "reachback.log", folder / "reachback-error.log")
    return Proxy(place, process, (place.address, _port(installation)), logs[0].read_text, _all(process, *logs))


def _temporary(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def start_caddy(installation: Installation, place: Place) -> Proxy:
    """Caddy with its file; it passes on HTTP only, so customers' computers dial the listener."""
    folder = _folder(installation, "caddy")
    inside = _backends(installation) | {
        f"https://{NAME} {{": f"https://{NAME}:{place.https} {{",
        f"http://{NAME} {{": f"http://{NAME}:{place.http} {{",
        "#tls /etc/ssl/reachback/web.pem /etc/ssl/reachback/web.key": f"tls {place.cert} {place.key}",
        "import log": f"bind {place.address}\n\timport log",
        "/var/log/caddy": str(folder),
        # Its own port for administration is one for the whole machine.
        "\n{\n": f"\n{{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system {folder}\n",
    }
    file = folder / "Caddyfile"
    file.write_text(_filled("caddy/Caddyfile", inside))
    command = ("caddy", "run", "--config", str(file), "--adapter", "caddyfile")
    process = installation.start("caddy", *command, HOME=str(folder))
    log = folder / "reachback.log"
    return Proxy(place, process, installation.call_address, log.read_text, _all(process, log))


def start_haproxy(installation: Installation, place: Place) -> Proxy:
    """HAProxy with its file; its log goes to its output."""
    folder = _folder(installation, "haproxy")
    pem = folder / "reachback.pem"
    pem.write_bytes(place.cert.read_bytes() + place.key.read_bytes())
    inside = _backends(installation) | {
        f"{OUTER}:443": f"{place.address}:{place.https}",
        f"{OUTER}:80": f"{place.address}:{place.http}",
        f"{OUTER}:5500": f"{place.address}:{_port(installation)}",
        "check port 5500": f"check port {_port(installation)}",
        "/etc/haproxy/reachback.pem": str(pem),
        "log /dev/log local0 info": "log stdout format raw local0 info",
        "    user haproxy\n    group haproxy\n": "",
    }
    if installation.settings.session_ports:
        inside[f"#bind {OUTER}:5501-5599"] = f"bind {place.address}:{_range(installation)}"
    file = folder / "haproxy.cfg"
    file.write_text(_filled("haproxy/reachback.cfg", inside))
    process = installation.start("haproxy", HAPROXY, "-db", "-f", str(file))
    return Proxy(place, process, (place.address, _port(installation)), lambda: process.log, _all(process))


def _folder(installation: Installation, name: str) -> Path:
    folder = installation.folder / name
    folder.mkdir()
    return folder


def _backends(installation: Installation) -> dict[str, str]:
    return {
        "127.0.0.1:8080": str(installation.settings.http),
        "127.0.0.1:6080": str(installation.settings.websocket),
    }


def _listener(installation: Installation) -> str:
    return str(installation.settings.listen[0])


def _port(installation: Installation) -> int:
    return installation.settings.listen[0].port


def _range(installation: Installation) -> str:
    ports = installation.settings.session_ports
    return f"{ports[0]}-{ports[-1]}"


def _filled(name: str, replaced: dict[str, str]) -> str:
    """A file of `deploy/`, with the test's words for the example's."""
    text = (DEPLOY / name).read_text()
    for example, own in replaced.items():
        assert example in text, f"{name} has no {example!r} any more"
        text = text.replace(example, own)
    return text


def _all(process: Process, *files: Path) -> Callable[[], str]:
    def read() -> str:
        return process.log + "".join(file.read_text() for file in files if file.exists())

    return read


STARTS = {"nginx": start_nginx, "caddy": start_caddy, "haproxy": start_haproxy}


def started(name: str, installation: Installation, place: Place) -> Proxy:
    """The proxy of that name, once it serves both HTTPS and HTTP."""
    proxy = STARTS[name](installation, place)

    def serves() -> bool:
        assert proxy.process.is_running, proxy.everything()
        return _accepts(place.address, place.https) and _accepts(place.address, place.http)

    wait_until(serves, 30, f"{name} serves")
    return proxy


def places(cert: Path, key: Path) -> dict[str, Place]:
    """One address for each proxy, and for all of them the same two ports, as one name has them."""
    https, http = free_ports(2, "0.0.0.0")
    return {name: Place(f"127.0.0.{number}", https, http, cert, key) for number, name in enumerate(STARTS, start=2)}


def settings_for(place: Place) -> dict[str, str]:
    """What `deploy/` says that an installation behind a proxy is told."""
    return {
        "REACHBACK_PUBLIC_URL": f"https://{NAME}:{place.https}",
        "REACHBACK_PUBLIC_WEBSOCKET": f"wss://{NAME}:{place.https}/websockify",
        "REACHBACK_TRUSTED_PROXIES": "127.0.0.1",
        "REACHBACK_PLAIN_HTTP_CUSTOMERS": "yes",
    }


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 5).close()
    except OSError:
        return False
    return True


def examples(text: str) -> dict[str, str]:
    """The settings that a file's comments tell, each on a line of its own."""
    return dict(re.findall(r"^# +(REACHBACK_[A-Z_]+)=(\S+)", text, re.MULTILINE))
