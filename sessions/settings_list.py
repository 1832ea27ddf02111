"""The list of settings that people read: names, defaults as they would write them, and what each is for.

`docs/settings.md` and `systemd/reachback.env.example` say the same, and tests compare them.
"""

from __future__ import annotations

from dataclasses import dataclass


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
        "The register: a file of SQLite, or postgresql://USER@HOST/NAME, which several nodes can share.",
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
    Setting(
        "REACHBACK_HTTP",
        "127.0.0.1:8080",
        "Where the portal listens. Under systemd its socket unit has to say the same.",
    ),
    Setting(
        "REACHBACK_WEBSOCKET",
        "127.0.0.1:6080",
        "Where websockify listens. Under systemd its socket unit has to say the same.",
    ),
    Setting(
        "REACHBACK_LISTEN",
        "0.0.0.0:5500",
        "Where customers' calls arrive. A comma-separated list; IPv6 in brackets: 0.0.0.0:5500,[::]:5500. "
        "Under systemd its socket unit has to say the same.",
    ),
    Setting(
        "REACHBACK_PUBLIC_HOST",
        "the host they browsed to",
        "The name or address that customers' computers dial.",
    ),
    Setting(
        "REACHBACK_PUBLIC_URL",
        "http://<REACHBACK_HTTP>, or https:// with REACHBACK_WEB_TLS_CERT",
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
    Setting("REACHBACK_MAX_CALLS", "500", "How many customers' connections may be open at once, on all nodes."),
    Setting("REACHBACK_MAX_CALLS_PER_ADDRESS", "20", "The same, from one address."),
    Setting("REACHBACK_PREAMBLE_SECONDS", "10", "How long a caller may take to show that it is a VNC server."),
    Setting("REACHBACK_GREETING_SECONDS", "20", "How long a caller may take until its desktop is known, in all."),
    Setting(
        "REACHBACK_SEAT_SECONDS",
        "10",
        "How long after a ticket was spent its connection may still arrive at the call's loopback port.",
    ),
)
