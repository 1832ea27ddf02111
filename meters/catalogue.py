"""Every meter that processes keep. `docs/metrics.md` is made from this and from `sessions/figures.py`.

Names follow https://prometheus.io/docs/practices/naming/. A histogram that needs other bounds needs another name: the
counts in the files are those of its old ones.
"""

from __future__ import annotations

from meters.kinds import Counter, Gauge, Histogram, Meter

PROCESSES = ("listener", "websockify", "portal")
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
PATIENT = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0)

# The listener's.

TURNED_AWAY = Counter(
    "reachback_calls_turned_away",
    "Callers that were turned away before they became calls.",
    "reason",
    (
        *("too_many", "too_many_from_address", "not_vnc", "broken_tls", "guessing", "session_ended", "too_slow"),
        *("hung_up", "refused"),
    ),
)
ARRIVED = Counter(
    "reachback_calls_arrived",
    "Calls whose desktop was learned, by how their session was told; none: parked.",
    "matched_by",
    ("id", "dispatcher", "sni", "port", "address", "none"),
)
CALL_BYTES = Counter(
    "reachback_call_bytes",
    "Bytes of customers' connections, once the desktop was known.",
    "direction",
    ("from_customer", "to_customer"),
)
GREETING = Histogram("reachback_greeting_seconds", "From a caller's connection until its desktop is known.", PATIENT)
SEAT_WAIT = Histogram("reachback_seat_wait_seconds", "From a ticket's spending until its seat is taken.", QUICK)
ATTACH = Histogram(
    "reachback_attach_seconds", "From a ticket's spending until its technician's first picture.", PATIENT
)
ROUND = Histogram("reachback_round_seconds", "One look of the listener for what people decided.", QUICK)
VERB = Histogram("reachback_register_seconds", "One question or change that the listener asks of the register.", QUICK)
FOLLOW = Counter("reachback_follow_seconds", "Time spent on following customers' streams, inflating included.")
CONNECTIONS = Gauge("reachback_customer_connections", "Connections of customers' computers, greeted or not.")
VERBS_WAITING = Gauge(
    "reachback_register_queue", "Questions and changes of the listener that the register has not answered."
)
SEAT_BYTES = Gauge("reachback_seat_queue_bytes", "Bytes under way to technicians' browsers.")

# websockify's.

WEBSOCKETS = Counter("reachback_websockets", "WebSockets that were led to a call.")
REFUSED = Counter(
    "reachback_websockets_refused",
    "WebSockets that were refused.",
    "reason",
    ("origin", "unknown", "foreign", "spent", "expired", "call_replaced", "elsewhere", "not_your_turn", "register"),
)
TICKET = Histogram(
    "reachback_ticket_seconds", "From a WebSocket's request until its ticket is spent, its turn included.", QUICK
)
WEBSOCKETS_OPEN = Gauge(
    "reachback_websockets_open",
    "Processes that carry a WebSocket now, of those that came since websockify's last reload.",
)

# The portal's.

SIGN_IN_FAILED = Counter(
    "reachback_sign_in_failures",
    "Tries to sign in that were wrong, or came while they were locked.",
    "reason",
    ("password", "second_factor", "locked", "openid"),
)
ANSWERS = Counter("reachback_http_responses", "Answers of the portal.", "status", ("2xx", "3xx", "4xx", "5xx"))
WEBHOOKS = Counter(
    "reachback_webhook_posts", "Tries to deliver a webhook.", "outcome", ("delivered", "failed", "given_up")
)
WEBHOOK_SECONDS = Histogram("reachback_webhook_seconds", "How long the receiver of webhooks took.", PATIENT)

# Everybody's.

DATABASE_ERRORS = Counter(
    "reachback_database_errors", "Statements that the database did not carry out.", "process", PROCESSES
)

KEPT_BY: dict[str, tuple[Meter, ...]] = {
    "listener": (
        *(TURNED_AWAY, ARRIVED, CALL_BYTES, GREETING, SEAT_WAIT, ATTACH, ROUND, VERB, FOLLOW, CONNECTIONS),
        *(VERBS_WAITING, SEAT_BYTES, DATABASE_ERRORS),
    ),
    "websockify": (WEBSOCKETS, REFUSED, TICKET, WEBSOCKETS_OPEN, DATABASE_ERRORS),
    "portal": (SIGN_IN_FAILED, ANSWERS, WEBHOOKS, WEBHOOK_SECONDS, DATABASE_ERRORS),
}
METERS: dict[str, Meter] = {meter.name: meter for kept in KEPT_BY.values() for meter in kept}
