"""Two nodes behind HAProxy with a PostgreSQL server, each on a machine of its own as far as the network goes.

Processes, rows and files can be reached as ever; what goes over the network goes through the namespaces.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from reachback.parts import parts
from sessions.api_tokens import ApiTokenRegister
from tests.cluster.network import ADDRESSES, OUTER, Network
from tests.fakes.certificates import write_certificate
from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import read_to_end
from tests.postgres import OWNER, Server
from tests.processes import Installation, Process, with_admin

NODES = ("node-1", "node-2")
CONFIGURATION = Path(__file__).parents[2] / "deploy" / "haproxy" / "nodes.cfg"
SOCKET = "haproxy.socket"
UNPRIVILEGED = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
BROWSER = ssl.create_default_context()
BROWSER.check_hostname, BROWSER.verify_mode = False, ssl.CERT_NONE


@dataclass
class Cluster:
    """All of it. `register` is an installation whose registers ask the same database; it runs nothing."""

    folder: Path
    network: Network
    server: Server
    nodes: dict[str, Installation]
    balancer: Process

    @property
    def register(self) -> Installation:
        return self.nodes["node-1"]

    def kill(self, node: str) -> None:
        """kill -9 all that runs on a node."""
        for process in self.nodes[node].processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.popen.wait(10)

    def start(self, node: str) -> None:
        """Start all that runs on a node."""
        here = self.nodes[node]
        address = f"postgresql://{OWNER}@{ADDRESSES['database']}/{here.engine.url.database}"
        for part in parts(here.settings):
            here.start(part.name, *self.network.command(node), *part.command, REACHBACK_DATABASE_URL=address)

    def has_found(self, *nodes: str) -> bool:
        """Whether the load balancer sends people and calls to these nodes."""
        with socket.socket(socket.AF_UNIX) as asking, contextlib.suppress(OSError):
            asking.connect(str(self.folder / SOCKET))
            asking.sendall(b"show stat\n")
            rows = [line.split(",") for line in read_to_end(asking).decode().splitlines() if "," in line]
            column = rows[0].index("status")
            up = {(row[0], row[1]) for row in rows if row[column].startswith("UP")}
            return all({name for place, name in up if place == one} >= set(nodes) for one in ("portal", "listener"))
        return False

    def start_server(self) -> None:
        self.server.start(*self.network.command("database"), *UNPRIVILEGED)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What a script is answered that asks through the load balancer; None where nobody answers."""
        token = ApiTokenRegister(self.register.engine).make(self.register.admin.id, "tests").token
        with self.network.inside("customers"):
            connection = HTTPSConnection(OUTER, timeout=10, context=BROWSER)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            connection.request(method, path, json.dumps(body) if body else None, headers)
        with contextlib.closing(connection), connection.getresponse() as answer:
            return json.loads(answer.read() or "null") if answer.status < 500 else None

    def view(self, websocket_url: str) -> FakeViewer:
        """A technician's browser that connects to `websocket_url` through the load balancer."""
        with self.network.inside("customers"):
            connection = HTTPSConnection(OUTER, timeout=30, context=BROWSER)
            connection.connect()
        return FakeViewer(websocket_url, connection=connection.sock)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Make it in `folder`, a new one, and end all of it afterwards."""
    with contextlib.ExitStack() as stack:
        network = Network()
        stack.callback(network.remove)
        network.make()
        (folder / "postgres").mkdir()
        server = Server(folder / "postgres", {"listen_addresses": ADDRESSES["database"]})
        stack.callback(server.close)
        server.make()
        with (server.folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.0.0.0/24 trust\n")
        server.start(*network.command("database"), *UNPRIVILEGED)
        url = server.url(server.new())
        with_admin(url)
        nodes = {name: _node(folder, name, url) for name in NODES}
        for node in nodes.values():
            stack.callback(node.close)
        balancer = nodes["node-1"].start("haproxy", *network.command("balancer"), "haproxy", "-f", _configured(folder))
        nodes["node-1"].processes.remove(balancer)
        stack.callback(balancer.close)
        made = Cluster(folder, network, server, nodes, balancer)
        for name in NODES:
            made.start(name)
        yield made


def _node(folder: Path, name: str, url: str) -> Installation:
    own = folder / name
    own.mkdir()
    return Installation.make(
        own,
        REACHBACK_DATABASE_URL=url,
        REACHBACK_SECRET_KEY_FILE=str(folder / "secret_key"),
        REACHBACK_NODE=name,
        REACHBACK_HTTP=f"{ADDRESSES[name]}:8080",
        REACHBACK_WEBSOCKET=f"{ADDRESSES[name]}:6080",
        REACHBACK_LISTEN=f"{ADDRESSES[name]}:5500",
        REACHBACK_TRUSTED_PROXIES="10.0.0.1",
        REACHBACK_PUBLIC_URL=f"https://{OUTER}",
        REACHBACK_PUBLIC_WEBSOCKET=f"wss://{OUTER}/websockify/{{node}}",
        REACHBACK_MAX_CALLS_PER_ADDRESS="300",
    )


def _configured(folder: Path) -> str:
    """The example as it is, but for the certificate's path, and what needs root and a system log."""
    cert, key = write_certificate(folder)
    (folder / "both.pem").write_bytes(cert.read_bytes() + key.read_bytes())
    text = CONFIGURATION.read_text().replace("/etc/haproxy/reachback.pem", str(folder / "both.pem"))
    for line in ("    log /dev/log local0 info\n", "    user haproxy\n", "    group haproxy\n", "    log global\n"):
        text = text.replace(line, "")
    text = text.replace("global\n", f"global\n    stats socket {folder / SOCKET}\n", 1)
    (folder / "haproxy.cfg").write_text(text)
    return str(folder / "haproxy.cfg")
