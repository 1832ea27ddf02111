"""Who may do what: one line for every address of the portal. What has no line is for nobody.

`OPEN` are the addresses for which nobody signs in; `RIGHTS` says which roles may use each of the others. Pages and
API calls are judged by this table alone, before their view runs, and tests try every line of it.
"""

from __future__ import annotations

from sessions.technicians import ROLES

EVERYBODY = frozenset(ROLES)
# An auditor only reads.
WORKING = frozenset({"admin", "technician"})
# A technician sees what happened in a session, not all that everybody did.
OVERSEEING = frozenset({"admin", "auditor"})
ADMINS = frozenset({"admin"})

OPEN = frozenset(
    {
        "static",
        "openapi.spec",
        "health.healthz",
        "health.live",
        "health.ready",
        # By a word that only the doctor can say.
        "echo.show",
        # By the asker's address.
        "metrics.show",
        "sign_in.form",
        "sign_in.enter",
        "sign_in.code_form",
        "sign_in.enter_code",
        "sign_in.leave",
        "openid.begin",
        "openid.back",
        "viewer.frame",
        "viewer.novnc",
        "viewer.module",
        "customer.front",
        "customer.enter",
        "customer.page",
        "customer.end",
        "downloads.download",
        "kit_download.download",
    }
)

RIGHTS: dict[str, frozenset[str]] = {
    # The board.
    "board.show": EVERYBODY,
    "board.rows": EVERYBODY,
    "board.create": WORKING,
    "board.claim": WORKING,
    "board.end": WORKING,
    "board.extend": WORKING,
    # All sessions, and what is noted about one.
    "history.show": EVERYBODY,
    "notes.show": EVERYBODY,
    "notes.keep": WORKING,
    # The viewer.
    "viewer.show": EVERYBODY,
    # Recordings: their list, and the player.
    "playback.list_all": EVERYBODY,
    "playback.show": EVERYBODY,
    "playback.delete": ADMINS,
    # What happened.
    "audit.show": OVERSEEING,
    "audit.csv": OVERSEEING,
    "audit.json": OVERSEEING,
    "audit.session": EVERYBODY,
    "audit.session_csv": EVERYBODY,
    "audit.session_json": EVERYBODY,
    # One's own account.
    "account.show": EVERYBODY,
    "account.prefer": EVERYBODY,
    "account.password": EVERYBODY,
    "account.change_password": EVERYBODY,
    "account.second_factor": EVERYBODY,
    "account.confirm_second_factor": EVERYBODY,
    "account.turn_factor_off": EVERYBODY,
    "account.new_codes": EVERYBODY,
    "account.end_sign_in": EVERYBODY,
    "account.end_others": EVERYBODY,
    "account.make_token": EVERYBODY,
    "account.revoke_token": EVERYBODY,
    # People.
    "people.show": ADMINS,
    "people.add": ADMINS,
    "people.change": ADMINS,
    # What other programs are told.
    "webhooks.show": ADMINS,
    "webhooks.send_again": ADMINS,
    "webhooks.send_all_again": ADMINS,
    # The API.
    "api.list_sessions": EVERYBODY,
    "api.show_session": EVERYBODY,
    "api.list_events": EVERYBODY,
    "api.find_events": OVERSEEING,
    "api.list_calls": EVERYBODY,
    "api.create_session": WORKING,
    "api.edit_session": WORKING,
    "api.extend_session": WORKING,
    "api.end_session": WORKING,
    "api.issue_ticket": WORKING,
    "api.ticket_outcome": WORKING,
    # Taking control from another is for admins: the register sees to it.
    "api.change_seat": WORKING,
    "api.claim_call": WORKING,
    "recordings.switch": WORKING,
    "recordings.of_session": EVERYBODY,
    "recordings.find": EVERYBODY,
    "recordings.show": EVERYBODY,
    "recordings.index": EVERYBODY,
    "recordings.file": EVERYBODY,
    "recordings.delete": ADMINS,
}
# What a person changes of their own: an auditor may, although auditors only read.
OWN = frozenset(name for name in RIGHTS if name.startswith("account."))

# A token that leaks must not make itself another, nor a person.
BY_BROWSER = OWN | frozenset(name for name in RIGHTS if name.startswith("people."))


def is_open(endpoint: str | None) -> bool:
    """Whether nobody needs to sign in for this; an address that leads nowhere is told so to everybody."""
    return endpoint is None or endpoint in OPEN


def may(role: str, endpoint: str | None) -> bool:
    """Whether somebody of this role may do this."""
    return role in RIGHTS.get(endpoint or "", frozenset())
