"""All settings of an installation, read, checked and complete. The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

from sessions import setting_values as values
from sessions.errors import BadSetting
from sessions.setting_values import Address, Network, is_host, parse_address
from sessions.settings_list import SETTINGS, Setting
from sessions.vault import Vault

Value = TypeVar("Value")

SECRET_KEY_BYTES = 32
MEGABYTE = 1_000_000
ENCODINGS = ("tight", "zrle", "zlib", "hextile")
POLICIES = ("off", "on-demand", "always")
# What systemd may lay out for a part, which alone may then read it (LoadCredential=): `reachback.secret_key` stands for
# REACHBACK_SECRET_KEY_FILE, and so on.
CREDENTIALS = {
    "REACHBACK_DATABASE_URL_FILE": "reachback.database_url",
    "REACHBACK_SECRET_KEY_FILE": "reachback.secret_key",
    "REACHBACK_CALL_TLS_CERT": "reachback.call_tls_cert",
    "REACHBACK_CALL_TLS_KEY": "reachback.call_tls_key",
    "REACHBACK_WEB_TLS_CERT": "reachback.web_tls_cert",
    "REACHBACK_WEB_TLS_KEY": "reachback.web_tls_key",
    "REACHBACK_OPENID_CLIENT_SECRET_FILE": "reachback.openid_client_secret",
    "REACHBACK_WEBHOOK_SECRET_FILE": "reachback.webhook_secret",
}
# Not repeated where they are wrong: a receiver's path may be its own secret.
MAY_HOLD_SECRETS = frozenset({"REACHBACK_WEBHOOK_URL"})


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

    url: str = field(repr=False)
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
        http = read("REACHBACK_HTTP", values.parse_address, "127.0.0.1:8080")
        websocket = read("REACHBACK_WEBSOCKET", values.parse_address, "127.0.0.1:6080")
        web_tls = _cert_files(read, "REACHBACK_WEB_TLS_CERT", "REACHBACK_WEB_TLS_KEY")
        public_url = read(
            "REACHBACK_PUBLIC_URL", values.web_url, f"{'https' if web_tls else 'http'}://{http.from_here}"
        )
        return cls(
            state_dir=state_dir,
            database_url=_database_url(read, state_dir),
            secret_key_file=read(
                "REACHBACK_SECRET_KEY_FILE", lambda text: Path(text).absolute(), str(state_dir / "secret_key")
            ),
            node=read("REACHBACK_NODE", values.node, "main"),
            http=http,
            websocket=websocket,
            listen=read("REACHBACK_LISTEN", values.addresses, "0.0.0.0:5500"),
            public_host=read("REACHBACK_PUBLIC_HOST", values.host, "") or None,
            public_url=public_url,
            public_websocket=read(
                "REACHBACK_PUBLIC_WEBSOCKET", values.socket_url, _default_websocket(public_url, websocket)
            ),
            allowed_origins=read("REACHBACK_ALLOWED_ORIGINS", values.words, ",".join(_own_origins(public_url))),
            trusted_proxies=read("REACHBACK_TRUSTED_PROXIES", values.networks, ""),
            session_ports=read("REACHBACK_SESSION_PORTS", values.ports, ""),
            call_tls=_cert_files(read, "REACHBACK_CALL_TLS_CERT", "REACHBACK_CALL_TLS_KEY"),
            web_tls=web_tls,
            plain_http_customers=read("REACHBACK_PLAIN_HTTP_CUSTOMERS", values.yes_or_no, "no"),
            kit_dir=read("REACHBACK_KIT_DIR", lambda text: Path(text).absolute(), str(state_dir / "kit")),
            file_transfer=read("REACHBACK_FILE_TRANSFER", values.yes_or_no, "no"),
            time_zone=read("REACHBACK_TIME_ZONE", values.time_zone, "") or None,
            second_factor_required=read("REACHBACK_SECOND_FACTOR", values.optional_or_required, "optional"),
            idle_minutes=read("REACHBACK_IDLE_MINUTES", values.count, "720"),
            openid=_openid(read),
            audit_days=read("REACHBACK_AUDIT_DAYS", values.days, "forever"),
            encoding=read("REACHBACK_ENCODING", values.one_of(*ENCODINGS), "tight"),
            max_seats=read("REACHBACK_MAX_SEATS", values.count, "8"),
            recordings=_recordings(read, state_dir),
            log_format=read("REACHBACK_LOG_FORMAT", values.one_of("text", "json"), "text"),
            metrics=read("REACHBACK_METRICS", values.networks_or_none, "127.0.0.1,::1"),
            webhook=_webhook(read),
            max_calls=read("REACHBACK_MAX_CALLS", values.count, "500"),
            max_calls_per_address=read("REACHBACK_MAX_CALLS_PER_ADDRESS", values.count, "20"),
            preamble_seconds=read("REACHBACK_PREAMBLE_SECONDS", values.seconds, "10"),
            greeting_seconds=read("REACHBACK_GREETING_SECONDS", values.seconds, "20"),
            seat_seconds=read("REACHBACK_SEAT_SECONDS", values.seconds, "10"),
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

    @property
    def metrics_dir(self) -> Path:
        """Where the processes of this machine write down what they count."""
        return self.state_dir / "metrics"

    def vault(self) -> Vault:
        """What seals sessions' VNC passwords in this installation."""
        return Vault(self.secret_key())


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, name: str, parse: Callable[[str], Value], default: str) -> Value:
        text = self._environ.get(name, "").strip() or self._credential(name) or default
        try:
            return parse(text)
        except ValueError as error:
            good = next(setting.default for setting in SETTINGS if setting.name == name)
            told = name if name in MAY_HOLD_SECRETS else f"{name} is {text!r}"
            raise BadSetting(f"{told}: {error}. Its default is: {good}.") from None

    def _credential(self, name: str) -> str:
        """The file that a service manager has laid out for a setting that names a file (systemd's LoadCredential=)."""
        folder = self._environ.get("CREDENTIALS_DIRECTORY", "")
        if not folder or name not in CREDENTIALS:
            return ""
        file = Path(folder) / CREDENTIALS[name]
        return str(file) if file.exists() else ""


def _database_url(read: _Reader, state_dir: Path) -> str:
    file = read("REACHBACK_DATABASE_URL_FILE", str, "")
    if not file:
        return read("REACHBACK_DATABASE_URL", str, f"sqlite:///{state_dir / 'reachback.db'}")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise BadSetting(f"REACHBACK_DATABASE_URL_FILE is {file!r}, which cannot be read: {error}.") from None


def _webhook(read: _Reader) -> Webhook | None:
    url, secret_file = (
        read("REACHBACK_WEBHOOK_URL", values.receiver, ""),
        read("REACHBACK_WEBHOOK_SECRET_FILE", str, ""),
    )
    if bool(url) != bool(secret_file):
        raise BadSetting(
            "REACHBACK_WEBHOOK_URL and REACHBACK_WEBHOOK_SECRET_FILE belong together: set both, or neither."
        )
    return Webhook(url, Path(secret_file).absolute()) if url else None


def _recordings(read: _Reader, state_dir: Path) -> Recordings:
    return Recordings(
        policy=read("REACHBACK_RECORDING", values.one_of(*POLICIES), "off"),
        folder=read("REACHBACK_RECORDINGS_DIR", lambda text: Path(text).absolute(), str(state_dir / "recordings")),
        days=read("REACHBACK_RECORDINGS_DAYS", values.days_or_forever, "90"),
        quota=read("REACHBACK_RECORDINGS_QUOTA", values.count, "20000") * MEGABYTE,
        free=read("REACHBACK_RECORDINGS_FREE", values.count, "2000") * MEGABYTE,
    )


def _openid(read: _Reader) -> OpenId | None:
    issuer = read("REACHBACK_OPENID_ISSUER", values.issuer, "")
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


def _cert_files(read: _Reader, cert: str, key: str) -> CertFiles | None:
    files = read(cert, str, ""), read(key, str, "")
    if bool(files[0]) != bool(files[1]):
        raise BadSetting(f"{cert} and {key} belong together: set both, or neither.")
    return CertFiles(Path(files[0]).absolute(), Path(files[1]).absolute()) if files[0] else None


def _default_websocket(public_url: str, websocket: Address) -> str:
    parts = urlsplit(public_url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return f"{scheme}://{Address(parts.hostname or '', websocket.port)}/"


def _own_origins(public_url: str) -> tuple[str, ...]:
    parts = urlsplit(public_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    name = parts.netloc.removesuffix(f":{parts.port}")
    if name not in values.LOOPBACK_NAMES:
        return (origin,)
    # On one's own machine people type 127.0.0.1 and localhost alike, and a browser calls these two origins.
    return (origin, *(origin.replace(name, other, 1) for other in values.LOOPBACK_NAMES if other != name))


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


__all__ = [
    "SETTINGS",
    "Address",
    "CertFiles",
    "Network",
    "OpenId",
    "Recordings",
    "Setting",
    "Settings",
    "Webhook",
    "is_host",
    "parse_address",
]
