"""Every setting: its name, its default, what it is for. The only reader of the environment.

`SETTINGS` is the list that people read (`docs/settings.md` is made from it, and a test compares them); `Settings` is
what the programs use.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sessions.errors import BadSetting
from sessions.vault import Vault

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Value = TypeVar("Value")

SECRET_KEY_BYTES = 32
MAX_SESSION_PORTS = 1000
MIN_AUDIT_DAYS = 30
MEGABYTE = 1_000_000
ENCODINGS = ("tight", "zrle", "zlib", "hextile")
POLICIES = ("off", "on-demand", "always")
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  (recognised here, not bound)
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}|[0-9A-Fa-f:.]{2,45}")
_NODE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,30}[A-Za-z0-9])?")
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the settings page: environment variable, default as people would write it, and what it does."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting(
        "REACHBACK_STATE_DIR",
        "./var",
        "Folder for the database and the secret key. /var/lib/reachback under systemd.",
    ),
    Setting(
        "REACHBACK_DATABASE_URL",
        "sqlite:///<state dir>/reachback.db",
        "The register. Any SQLAlchemy URL; its driver must be installed.",
    ),
    Setting(
        "REACHBACK_DATABASE_URL_FILE",
        "none",
        "File that holds the register's URL and nothing else, instead of REACHBACK_DATABASE_URL: for one with a "
        "password.",
    ),
    Setting(
        "REACHBACK_SECRET_KEY_FILE",
        "<state dir>/secret_key",
        "File with the key that seals VNC passwords and signs cookies: 32 bytes. It is made where there is none. "
        "Several nodes need the same one.",
    ),
    Setting(
        "REACHBACK_NODE",
        "main",
        "What this machine is called among several that share a register: letters, digits, dots and dashes.",
    ),
    Setting("REACHBACK_HTTP", "127.0.0.1:8080", "Where the portal listens."),
    Setting("REACHBACK_WEBSOCKET", "127.0.0.1:6080", "Where websockify listens."),
    Setting(
        "REACHBACK_LISTEN",
        "0.0.0.0:5500",
        "Where customers' calls arrive. A comma-separated list; IPv6 in brackets: 0.0.0.0:5500,[::]:5500.",
    ),
    Setting(
        "REACHBACK_PUBLIC_HOST",
        "the host they browsed to",
        "The name or address that customers' computers dial.",
    ),
    Setting(
        "REACHBACK_PUBLIC_URL",
        "http://<REACHBACK_HTTP>",
        "The portal's address as technicians and customers reach it.",
    ),
    Setting(
        "REACHBACK_PUBLIC_WEBSOCKET",
        "from the public URL and the port of REACHBACK_WEBSOCKET",
        "The WebSocket address given to technicians' browsers, such as wss://support.example.org/websockify. With "
        "several nodes it has {node} in it, and the load balancer leads each node's address to that node.",
    ),
    Setting(
        "REACHBACK_ALLOWED_ORIGINS",
        "the origin of the public URL",
        "Comma-separated origins whose pages may open a WebSocket. Where the public URL is a loopback address, its "
        "other loopback names count too.",
    ),
    Setting(
        "REACHBACK_TRUSTED_PROXIES",
        "none",
        "Comma-separated addresses or networks of reverse proxies and load balancers whose X-Forwarded-For and PROXY "
        "lines are believed.",
    ),
    Setting(
        "REACHBACK_SESSION_PORTS",
        "none",
        "A range of ports such as 5501-5599: each session leases one of its own, so that a VNC server that can say "
        "nothing of itself is told by where it dials. Open them in the firewall like REACHBACK_LISTEN.",
    ),
    Setting(
        "REACHBACK_CALL_TLS_CERT",
        "none",
        "PEM file with the certificate (and its chain) for customers' calls over TLS, on the same port as the others.",
    ),
    Setting("REACHBACK_CALL_TLS_KEY", "none", "PEM file with that certificate's key."),
    Setting(
        "REACHBACK_WEB_TLS_CERT",
        "none",
        "PEM file with the certificate (and its chain) with which portal and websockify serve TLS themselves, where no "
        "reverse proxy does it for them.",
    ),
    Setting("REACHBACK_WEB_TLS_KEY", "none", "PEM file with that certificate's key."),
    Setting(
        "REACHBACK_PLAIN_HTTP_CUSTOMERS",
        "no",
        "yes serves customers' pages over plain HTTP from any address, for browsers as old as Windows XP's. Whoever "
        "is on the wire can then read the link. Technicians' pages are never served so, but on this machine itself.",
    ),
    Setting(
        "REACHBACK_KIT_DIR",
        "<state dir>/kit",
        "Folder with the vendors' files that customers get with their scripts; `reachback kit check` looks at it.",
    ),
    Setting(
        "REACHBACK_FILE_TRANSFER",
        "no",
        "yes leaves TightVNC's file transfer on in the settings that scripts make on customers' computers.",
    ),
    Setting(
        "REACHBACK_TIME_ZONE",
        "the server's own",
        "In which customers' pages tell the time, such as Europe/Berlin.",
    ),
    Setting(
        "REACHBACK_SECOND_FACTOR",
        "optional",
        "required: whoever signs in with a password sets up a second factor (TOTP) first. optional: who wants to.",
    ),
    Setting(
        "REACHBACK_IDLE_MINUTES",
        "720",
        "A technician who does nothing for so long is signed out.",
    ),
    Setting(
        "REACHBACK_OPENID_ISSUER",
        "none",
        "Address of an OpenID Connect provider, such as https://login.example.org/realms/shop: people may sign in with "
        "it. Its redirect address is <REACHBACK_PUBLIC_URL>/sign-in/openid/back.",
    ),
    Setting("REACHBACK_OPENID_CLIENT_ID", "none", "What the provider calls this installation."),
    Setting(
        "REACHBACK_OPENID_CLIENT_SECRET_FILE",
        "none",
        "File that holds the secret the provider gave this installation, and nothing else.",
    ),
    Setting("REACHBACK_OPENID_NAME", "OpenID", "What people call the provider: the button says `Sign in with ...`."),
    Setting(
        "REACHBACK_AUDIT_DAYS",
        "forever",
        "How many days audit rows are kept, at least 30. Rows of sessions that live are kept in any case.",
    ),
    Setting(
        "REACHBACK_ENCODING",
        "tight",
        "How computers are asked to send their pictures: tight, zrle, zlib or hextile first. A computer that does not "
        "know it takes another. Tight needs the least of the customer's line.",
    ),
    Setting(
        "REACHBACK_MAX_SEATS", "8", "How many technicians may be at one call: one in control, the others watching."
    ),
    Setting(
        "REACHBACK_RECORDING",
        "off",
        "Whether what technicians see is recorded. off: never. on-demand: where a technician says so, session by "
        "session. always: every session. The customer's page says so while it happens.",
    ),
    Setting("REACHBACK_RECORDINGS_DIR", "<state dir>/recordings", "Folder for the recordings."),
    Setting(
        "REACHBACK_RECORDINGS_DAYS",
        "90",
        "How many days a recording is kept, or forever.",
    ),
    Setting(
        "REACHBACK_RECORDINGS_QUOTA",
        "20000",
        "How many megabytes all recordings may have together. Where they have more, the oldest go first.",
    ),
    Setting(
        "REACHBACK_RECORDINGS_FREE",
        "2000",
        "How many megabytes stay free on that disk: where less is left, recording stops.",
    ),
    Setting(
        "REACHBACK_LOG_FORMAT",
        "text",
        "How log lines are written. text: for people. json: one object a line, with session and call, for programs.",
    ),
    Setting(
        "REACHBACK_METRICS",
        "127.0.0.1,::1",
        "Comma-separated addresses or networks from which /metrics may be read; none: from nowhere.",
    ),
    Setting(
        "REACHBACK_WEBHOOK_URL",
        "none",
        "Where another program is told what happens to sessions: each event is posted there as JSON, signed.",
    ),
    Setting(
        "REACHBACK_WEBHOOK_SECRET_FILE",
        "none",
        "File that holds the secret with which webhooks are signed, and nothing else.",
    ),
    Setting("REACHBACK_MAX_CALLS", "500", "How many customers' connections may be open at once, in all."),
    Setting("REACHBACK_MAX_CALLS_PER_ADDRESS", "20", "The same, from one address."),
    Setting("REACHBACK_PREAMBLE_SECONDS", "10", "How long a caller may take to show that it is a VNC server."),
    Setting("REACHBACK_GREETING_SECONDS", "20", "How long a caller may take until its desktop is known, in all."),
    Setting(
        "REACHBACK_SEAT_SECONDS",
        "10",
        "How long after a ticket was spent its connection may still arrive at the call's loopback port.",
    ),
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens: a host (name, IPv4, or IPv6 without brackets) and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class CertFiles:
    """A certificate and its key, as PEM files."""

    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class OpenId:
    """The OpenID Connect provider that people may sign in with."""

    issuer: str
    client_id: str
    secret_file: Path
    name: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where sessions' events are posted, and the file with the secret that signs them."""

    url: str
    secret_file: Path


@dataclass(frozen=True, slots=True)
class Recordings:
    """What is recorded (`off`, `on-demand`, `always`), where to, for how long (None: forever), in how many bytes.

    `free` bytes stay free on the disk.
    """

    policy: str
    folder: Path
    days: int | None
    quota: int
    free: int


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one installation, checked and complete."""

    state_dir: Path
    database_url: str = field(repr=False)
    secret_key_file: Path
    node: str
    http: Address
    websocket: Address
    listen: tuple[Address, ...]
    public_host: str | None
    public_url: str
    public_websocket: str
    allowed_origins: tuple[str, ...]
    trusted_proxies: tuple[Network, ...]
    session_ports: tuple[int, ...]
    call_tls: CertFiles | None
    web_tls: CertFiles | None
    plain_http_customers: bool
    kit_dir: Path
    file_transfer: bool
    time_zone: str | None
    second_factor_required: bool
    idle_minutes: int
    openid: OpenId | None
    audit_days: int | None
    encoding: str
    max_seats: int
    recordings: Recordings
    log_format: str
    metrics: tuple[Network, ...]
    webhook: Webhook | None
    max_calls: int
    max_calls_per_address: int
    preamble_seconds: float
    greeting_seconds: float
    seat_seconds: float

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the environment.

        Raises:
            BadSetting: a value cannot be understood; the text names the variable and shows a good value.
        """
        read = _Reader(environ)
        state_dir = read("REACHBACK_STATE_DIR", lambda text: Path(text).absolute(), "./var")
        http = read("REACHBACK_HTTP", parse_address, "127.0.0.1:8080")
        websocket = read("REACHBACK_WEBSOCKET", parse_address, "127.0.0.1:6080")
        public_url = read("REACHBACK_PUBLIC_URL", _web_url, f"http://{_reachable(http)}")
        return cls(
            state_dir=state_dir,
            database_url=_database_url(read, state_dir),
            secret_key_file=read(
                "REACHBACK_SECRET_KEY_FILE", lambda text: Path(text).absolute(), str(state_dir / "secret_key")
            ),
            node=read("REACHBACK_NODE", _node, "main"),
            http=http,
            websocket=websocket,
            listen=read("REACHBACK_LISTEN", _addresses, "0.0.0.0:5500"),
            public_host=read("REACHBACK_PUBLIC_HOST", _host, "") or None,
            public_url=public_url,
            public_websocket=read("REACHBACK_PUBLIC_WEBSOCKET", _socket_url, _default_websocket(public_url, websocket)),
            allowed_origins=read("REACHBACK_ALLOWED_ORIGINS", _words, ",".join(_own_origins(public_url))),
            trusted_proxies=read("REACHBACK_TRUSTED_PROXIES", _networks, ""),
            session_ports=read("REACHBACK_SESSION_PORTS", _ports, ""),
            call_tls=_cert_files(read, "REACHBACK_CALL_TLS_CERT", "REACHBACK_CALL_TLS_KEY"),
            web_tls=_cert_files(read, "REACHBACK_WEB_TLS_CERT", "REACHBACK_WEB_TLS_KEY"),
            plain_http_customers=read("REACHBACK_PLAIN_HTTP_CUSTOMERS", _yes_or_no, "no"),
            kit_dir=read("REACHBACK_KIT_DIR", lambda text: Path(text).absolute(), str(state_dir / "kit")),
            file_transfer=read("REACHBACK_FILE_TRANSFER", _yes_or_no, "no"),
            time_zone=read("REACHBACK_TIME_ZONE", _time_zone, "") or None,
            second_factor_required=read("REACHBACK_SECOND_FACTOR", _optional_or_required, "optional"),
            idle_minutes=read("REACHBACK_IDLE_MINUTES", _count, "720"),
            openid=_openid(read),
            audit_days=read("REACHBACK_AUDIT_DAYS", _days, "forever"),
            encoding=read("REACHBACK_ENCODING", _one_of(*ENCODINGS), "tight"),
            max_seats=read("REACHBACK_MAX_SEATS", _count, "8"),
            recordings=_recordings(read, state_dir),
            log_format=read("REACHBACK_LOG_FORMAT", _one_of("text", "json"), "text"),
            metrics=read("REACHBACK_METRICS", _networks_or_none, "127.0.0.1,::1"),
            webhook=_webhook(read),
            max_calls=read("REACHBACK_MAX_CALLS", _count, "500"),
            max_calls_per_address=read("REACHBACK_MAX_CALLS_PER_ADDRESS", _count, "20"),
            preamble_seconds=read("REACHBACK_PREAMBLE_SECONDS", _seconds, "10"),
            greeting_seconds=read("REACHBACK_GREETING_SECONDS", _seconds, "20"),
            seat_seconds=read("REACHBACK_SEAT_SECONDS", _seconds, "10"),
        )

    def secret_key(self) -> bytes:
        """The installation's key: 32 bytes in a file, made on first use and readable by its owner only."""
        path = self.secret_key_file
        self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_once(path)
        key = path.read_bytes()
        if len(key) != SECRET_KEY_BYTES:
            raise BadSetting(f"{path} is damaged: it must hold {SECRET_KEY_BYTES} bytes. Restore it, or delete it.")
        return key

    def vault(self) -> Vault:
        """What seals sessions' VNC passwords in this installation."""
        return Vault(self.secret_key())


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, name: str, parse: Callable[[str], Value], default: str) -> Value:
        text = self._environ.get(name, "").strip() or default
        try:
            return parse(text)
        except ValueError as error:
            good = next(setting.default for setting in SETTINGS if setting.name == name)
            raise BadSetting(f"{name} is {text!r}: {error}. Its default is: {good}.") from None


def parse_address(text: str) -> Address:
    """`host:port` or `[IPv6]:port`. Raises ValueError with the reason."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("write host:port")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError("write an IPv6 address in brackets, such as [::]:5500")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def _addresses(text: str) -> tuple[Address, ...]:
    addresses = tuple(parse_address(word) for word in _words(text))
    if not addresses:
        raise ValueError("write at least one host:port")
    return addresses


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(word, strict=False) for word in _words(text))


def _ports(text: str) -> tuple[int, ...]:
    if not text:
        return ()
    first, dash, last = (part.strip() for part in text.partition("-"))
    low, high = _port(first), _port(last if dash else first)
    if not 0 < high - low + 1 <= MAX_SESSION_PORTS:
        raise ValueError(f"write a range such as 5501-5599, of at most {MAX_SESSION_PORTS} ports")
    return tuple(range(low, high + 1))


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 65535:
        raise ValueError("write a range such as 5501-5599")
    return int(text)


def is_host(text: str) -> bool:
    """Whether this may be dialled and be written into a command line: a name, IPv4, or IPv6 without its brackets."""
    return _HOST.fullmatch(text) is not None


def _host(text: str) -> str:
    # It is written into scripts: what is not plain must be refused here, not when a customer wants one.
    if text and not is_host(text):
        raise ValueError("write a name such as help.example.org, or an address: no port, no brackets, ASCII only")
    return text


def _yes_or_no(text: str) -> bool:
    if text.lower() not in {"yes", "no"}:
        raise ValueError("write yes or no")
    return text.lower() == "yes"


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"write {', '.join(words[:-1])} or {words[-1]}")
        return text.lower()

    return parse


def _database_url(read: _Reader, state_dir: Path) -> str:
    file = read("REACHBACK_DATABASE_URL_FILE", str, "")
    if not file:
        return read("REACHBACK_DATABASE_URL", str, f"sqlite:///{state_dir / 'reachback.db'}")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise BadSetting(f"REACHBACK_DATABASE_URL_FILE is {file!r}, which cannot be read: {error}.") from None


def _node(text: str) -> str:
    if not _NODE.fullmatch(text):
        raise ValueError("write up to 32 letters, digits, dots and dashes, such as node-1")
    return text


def _networks_or_none(text: str) -> tuple[Network, ...]:
    return () if text.lower() == "none" else _networks(text)


def _webhook(read: _Reader) -> Webhook | None:
    url, secret_file = read("REACHBACK_WEBHOOK_URL", _maybe_web_url, ""), read("REACHBACK_WEBHOOK_SECRET_FILE", str, "")
    if bool(url) != bool(secret_file):
        raise BadSetting(
            "REACHBACK_WEBHOOK_URL and REACHBACK_WEBHOOK_SECRET_FILE belong together: set both, or neither."
        )
    return Webhook(url, Path(secret_file).absolute()) if url else None


def _maybe_web_url(text: str) -> str:
    return _web_url(text) if text else ""


def _recordings(read: _Reader, state_dir: Path) -> Recordings:
    return Recordings(
        policy=read("REACHBACK_RECORDING", _one_of(*POLICIES), "off"),
        folder=read("REACHBACK_RECORDINGS_DIR", lambda text: Path(text).absolute(), str(state_dir / "recordings")),
        days=read("REACHBACK_RECORDINGS_DAYS", _days_or_forever, "90"),
        quota=read("REACHBACK_RECORDINGS_QUOTA", _count, "20000") * MEGABYTE,
        free=read("REACHBACK_RECORDINGS_FREE", _count, "2000") * MEGABYTE,
    )


def _days_or_forever(text: str) -> int | None:
    return None if text.lower() == "forever" else _count(text)


def _optional_or_required(text: str) -> bool:
    if text.lower() not in {"optional", "required"}:
        raise ValueError("write optional or required")
    return text.lower() == "required"


def _days(text: str) -> int | None:
    days = _days_or_forever(text)
    if days is not None and days < MIN_AUDIT_DAYS:
        raise ValueError(f"write forever, or a number of days of at least {MIN_AUDIT_DAYS}")
    return days


def _openid(read: _Reader) -> OpenId | None:
    issuer = read("REACHBACK_OPENID_ISSUER", _issuer, "")
    client_id = read("REACHBACK_OPENID_CLIENT_ID", str, "")
    secret_file = read("REACHBACK_OPENID_CLIENT_SECRET_FILE", str, "")
    if not issuer and not client_id and not secret_file:
        return None
    if not (issuer and client_id and secret_file):
        raise BadSetting(
            "REACHBACK_OPENID_ISSUER, REACHBACK_OPENID_CLIENT_ID and REACHBACK_OPENID_CLIENT_SECRET_FILE belong "
            "together: set all three, or none."
        )
    return OpenId(issuer, client_id, Path(secret_file).absolute(), read("REACHBACK_OPENID_NAME", str, "OpenID"))


def _issuer(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "http" and parts.netloc.removesuffix(f":{parts.port}") not in _LOOPBACK_NAMES:
        raise ValueError("write an https address: by plain HTTP, whoever is on the wire could say who signs in")
    return _web_url(text) if text else ""


def _time_zone(text: str) -> str:
    if text:
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, OSError):
            raise ValueError("write the name of a time zone, such as Europe/Berlin") from None
    return text


def _cert_files(read: _Reader, cert: str, key: str) -> CertFiles | None:
    files = read(cert, str, ""), read(key, str, "")
    if bool(files[0]) != bool(files[1]):
        raise BadSetting(f"{cert} and {key} belong together: set both, or neither.")
    return CertFiles(Path(files[0]).absolute(), Path(files[1]).absolute()) if files[0] else None


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError("write a whole number of at least 1")
    return int(text)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 3600:
        raise ValueError("write seconds, more than 0 and at most 3600")
    return seconds


def _web_url(text: str) -> str:
    return _url(text, ("http", "https")).rstrip("/")


def _socket_url(text: str) -> str:
    return _url(text, ("ws", "wss"))


def _url(text: str, schemes: tuple[str, str]) -> str:
    parts = urlsplit(text)
    # `.port` raises ValueError where it is none.
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment or parts.port == 0:
        raise ValueError(f"write a whole address that starts with {schemes[0]}:// or {schemes[1]}://")
    if not parts.netloc.isascii():
        raise ValueError("write the name as DNS has it, in ASCII (xn--...)")
    return text


def _reachable(address: Address) -> Address:
    return Address(_WILDCARDS.get(address.host, address.host), address.port)


def _default_websocket(public_url: str, websocket: Address) -> str:
    parts = urlsplit(public_url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return f"{scheme}://{Address(parts.hostname or '', websocket.port)}/"


def _own_origins(public_url: str) -> tuple[str, ...]:
    parts = urlsplit(public_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    name = parts.netloc.removesuffix(f":{parts.port}")
    if name not in _LOOPBACK_NAMES:
        return (origin,)
    # On one's own machine people type 127.0.0.1 and localhost alike, and a browser calls these two origins.
    return (origin, *(origin.replace(name, other, 1) for other in _LOOPBACK_NAMES if other != name))


def _make_once(path: Path) -> None:
    # Several processes start at once: whoever links its file first wins, and nobody ever reads half a key.
    if path.exists():
        return
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(SECRET_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
