from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from portal.board import together

from .conftest import Portal, csrf_of

PIECE = re.compile(r'data-key="([^"]+)" data-version="([^"]+)"')
HOSTILE = "<img src=x onerror=alert(1)>"


def pieces(client: FlaskClient, path: str = "/console/rows") -> dict[str, str]:
    return dict(PIECE.findall(client.get(path).text))


def post(client: FlaskClient, path: str, **fields: str) -> object:
    token = csrf_of(client.get("/console"))
    return client.post(path, data={"csrf_token": token, **fields})


def test_an_empty_board_says_so_and_offers_the_first_step(anna: FlaskClient) -> None:
    text = anna.get("/console").text
    assert '<div class="empty" data-part="empty">' in text
    assert "No session is open." in text
    assert '<section class="band" data-part="band" aria-labelledby="band-title" data-count="0" hidden>' in text


def test_a_row_tells_all_of_a_session(portal: Portal, anna: FlaskClient) -> None:
    new = portal.held(customer="Bäckerei Huber", note="till")
    text = anna.get("/console").text
    assert "row row--connected" in text
    for shown in (
        "Connected",
        "Bäckerei Huber",
        "till",
        "FRONT-DESK",
        "1024 × 768",
        "198.51.100.7",
        "Code",
        "2 h 00 min",
    ):
        assert shown in text
    assert f'href="/console/sessions/{new.session.id}"' in text
    assert f'action="/console/sessions/{new.session.id}/end"' in text


@pytest.mark.parametrize(("encrypted", "words"), [(True, "Encrypted"), (False, "Not encrypted")])
def test_a_row_and_the_viewer_say_whether_the_call_is_encrypted(
    portal: Portal, anna: FlaskClient, words: str, *, encrypted: bool
) -> None:
    new = portal.session()
    portal.own.calls.hold(portal.arrive(code=new.code, encrypted=encrypted), 40001)
    shown = re.compile(rf"</svg>\s*(?:<span[^>]*>)?{words}<")
    assert shown.search(anna.get("/console/rows").text)
    assert shown.search(anna.get(f"/console/sessions/{new.session.id}").text)


def test_a_second_call_names_the_customer_whose_first_is_still_there(portal: Portal, anna: FlaskClient) -> None:
    new = portal.held(customer="Mrs <Gray>")
    number = portal.arrive(address="203.0.113.5", code=new.code, desktop="BACK-OFFICE")
    text = anna.get("/console/rows").text
    assert f'data-key="parked-{number}"' in text
    assert "A second call for <bdi>Mrs &lt;Gray&gt;</bdi>: its computer is still connected" in text
    assert "BACK-OFFICE" in text
    assert "no session could be told" not in text


def test_who_is_in_is_shown_and_how(portal: Portal, anna: FlaskClient) -> None:
    new = portal.held()
    portal.sit(new, "anna")
    portal.sit(new, "bert")
    text = anna.get("/console/rows").text
    assert "row row--in_use" in text
    assert 'title="control, since 2026-03-01 10:00 UTC"' in text
    assert 'title="watch, since 2026-03-01 10:00 UTC"' in text
    assert 'bert<span class="visually-hidden">, watching</span>' in text


def test_a_computer_is_connected_to_or_watched(portal: Portal, anna: FlaskClient, olga: FlaskClient) -> None:
    viewer = f"/console/sessions/{portal.held().session.id}"
    text = anna.get("/console/rows").text
    assert f'href="{viewer}"' in text
    assert f'href="{viewer}?mode=watch"' in text
    assert "mode=watch" not in olga.get("/console/rows").text


def test_names_from_outside_are_escaped(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session(customer=HOSTILE, note=HOSTILE)
    portal.own.calls.hold(portal.arrive(code=new.code, desktop=HOSTILE), 40001)
    portal.arrive("203.0.113.9", desktop=HOSTILE)
    portal.session(customer=HOSTILE)
    portal.own.calls.refuse("203.0.113.200", HOSTILE)
    for path in ("/console", "/console/rows", "/console/history"):
        assert "<img" not in anna.get(path).text
    assert "&lt;img src=x" in anna.get("/console").text


def test_a_parked_call_is_on_top_with_the_sessions_it_may_go_to(portal: Portal, anna: FlaskClient) -> None:
    number = portal.arrive("203.0.113.9", desktop="BUERO-3")
    held, waiting = portal.held(customer="Full"), portal.session(customer="Huber")
    text = anna.get("/console").text
    assert text.index("BUERO-3") < text.index("<table")
    assert 'data-count="1"' in text
    assert f'action="/console/calls/{number}/claim"' in text
    assert f'<option value="{waiting.session.id}">' in text
    assert f'<option value="{held.session.id}">' not in text


def test_a_parked_call_without_a_session_says_what_to_do(portal: Portal, anna: FlaskClient) -> None:
    portal.arrive("203.0.113.9")
    assert "Create one, then claim this call for it." in anna.get("/console").text


def test_claiming_decides_whose_it_is(portal: Portal, anna: FlaskClient) -> None:
    number, new = portal.arrive("203.0.113.9"), portal.session()
    answer = post(anna, f"/console/calls/{number}/claim", session=new.session.id)
    assert (answer.status_code, answer.location) == (303, "/console")
    assert portal.own.calls.parked() == []


@pytest.mark.parametrize(("session", "status"), [("", 404), ("000000000000", 404)])
def test_a_claim_that_cannot_be_is_explained_on_the_board(
    portal: Portal, anna: FlaskClient, session: str, status: int
) -> None:
    number = portal.arrive("203.0.113.9")
    answer = post(anna, f"/console/calls/{number}/claim", session=session)
    assert answer.status_code == status
    assert "There is no such session." in answer.text
    assert "Needs you" in answer.text


def test_an_unconfirmed_call_is_on_top_too(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session(customer="Hotel")
    portal.own.sessions.open_page(new.link, "192.0.2.1")
    portal.own.calls.hold(portal.arrive("198.51.100.77", code=new.code), 40001)
    text = anna.get("/console").text
    assert "The call for <bdi>Hotel</bdi> is not confirmed" in text
    assert "Not confirmed" in text[text.index("<table") :]


def test_refused_calls_are_told_with_their_reason_once_for_all_alike(portal: Portal, anna: FlaskClient) -> None:
    for _ in range(3):
        portal.own.calls.refuse("203.0.113.200", "It spoke HTTP.")
        portal.clock.forward(minutes=1)
    portal.own.calls.refuse("203.0.113.201", "It spoke HTTP.")
    assert [(one.call.address, one.repeated) for one in together(portal.own.calls.refused())] == [
        ("203.0.113.201", False),
        ("203.0.113.200", True),
    ]
    text = anna.get("/console").text
    assert text.count("again and again") == 1
    assert "It spoke HTTP." in text


def test_a_new_session_shows_link_and_code_once(portal: Portal, anna: FlaskClient) -> None:
    answer = post(anna, "/console/sessions", customer="Huber", note="", minutes="30", vnc_password="")
    assert answer.status_code == 201
    link = re.search(r"http://127\.0\.0\.1:8080/support/([a-z2-7]{26})", answer.text)
    code = re.search(r"<span>(\d{3})</span> <span>(\d{3})</span> <span>(\d{3})</span>", answer.text)
    assert link
    assert code
    assert portal.own.sessions.by_link(link[1]).customer == "Huber"
    assert answer.headers["Cache-Control"] == "no-store"
    later = anna.get("/console").text
    assert link[1] not in later
    assert "".join(code.groups()) not in later
    # The form comes back empty, ready for the next customer.
    assert 'name="customer" value=""' in answer.text


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"minutes": "0"}, "minutes is a whole number"),
        ({"minutes": "soon"}, "minutes"),
        ({"minutes": "٣٠"}, "minutes"),
        ({"minutes": "30", "vnc_password": "123456789"}, "at most 8 characters"),
        ({"minutes": "30", "customer": "x" * 129}, "at most 128 characters"),
    ],
)
def test_a_form_that_is_not_valid_comes_back_filled_in(
    portal: Portal, anna: FlaskClient, fields: dict[str, str], complaint: str
) -> None:
    answer = post(anna, "/console/sessions", **{"note": "till printer", **fields})
    assert answer.status_code == 422
    assert complaint in answer.text
    assert "till printer" in answer.text
    assert 'id="new-session" open' in answer.text
    assert "123456789" not in answer.text
    assert portal.own.sessions.list() == []


def test_a_vnc_password_is_kept_sealed(portal: Portal, anna: FlaskClient) -> None:
    answer = post(anna, "/console/sessions", minutes="30", vnc_password="hunter2")
    code = "".join(re.findall(r"<span>(\d{3})</span>", answer.text))
    assert portal.password_for(code) == "hunter2"
    assert "hunter2" not in answer.text


def test_the_panel_opens_without_a_script(anna: FlaskClient) -> None:
    assert 'id="new-session" open' in anna.get("/console?new=1").text


def test_ending_a_session_from_the_board(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session()
    assert post(anna, f"/console/sessions/{new.session.id}/end").status_code == 303
    assert portal.own.sessions.get(new.session.id).state == "closed"
    assert "No session is open." in anna.get("/console").text
    assert "row row--closed" in anna.get("/console?ended=1", follow_redirects=True).text
    unknown = post(anna, "/console/sessions/000000000000/end")
    assert unknown.status_code == 404
    assert "There is no such session." in unknown.text


def test_an_auditor_sees_all_and_is_offered_no_change(portal: Portal, olga: FlaskClient) -> None:
    portal.held(customer="Huber")
    portal.arrive("203.0.113.9")
    text = olga.get("/console").text
    assert "Huber" in text
    forms = re.findall(r'<form[^>]* action="([^"]+)"', text)
    assert forms == ["/console/account/preferences", "/sign-out", "/console/history"]
    token = csrf_of(olga.get("/console"))
    refused = olga.post("/console/sessions", data={"csrf_token": token})
    assert refused.status_code == 403
    assert "reads" in refused.text


# What the script relies on.


def test_only_pieces_that_changed_get_another_version(portal: Portal, anna: FlaskClient) -> None:
    first, second = portal.session(customer="a"), portal.session(customer="b")
    before = pieces(anna)
    portal.clock.forward(seconds=90)
    assert pieces(anna) == before
    portal.own.sessions.open_page(first.link, "198.51.100.7")
    after = pieces(anna)
    assert after[f"session-{first.session.id}"] != before[f"session-{first.session.id}"]
    assert after[f"session-{second.session.id}"] == before[f"session-{second.session.id}"]


def test_a_parked_call_changes_with_the_sessions_it_may_go_to(portal: Portal, anna: FlaskClient) -> None:
    number = portal.arrive("203.0.113.9")
    before = pieces(anna)
    portal.session()
    assert pieces(anna)[f"parked-{number}"] != before[f"parked-{number}"]


def test_the_page_and_the_fragment_name_the_same_pieces(portal: Portal, anna: FlaskClient) -> None:
    portal.held()
    portal.arrive("203.0.113.9")
    portal.own.calls.refuse("203.0.113.200", "It spoke HTTP.")
    assert len(pieces(anna)) == 3
    assert pieces(anna, "/console") == pieces(anna)


def test_where_nothing_changed_nothing_is_sent(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session()
    first = anna.get("/console/rows")
    portal.clock.forward(minutes=5)
    again = anna.get("/console/rows", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    portal.own.sessions.end(new.session.id, portal.person("anna"))
    assert anna.get("/console/rows", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_the_fragment_is_only_the_part_that_changes(anna: FlaskClient) -> None:
    text = anna.get("/console/rows").text
    assert "<html" not in text
    assert "data-part" in text


def test_the_boards_files_exist(anna: FlaskClient) -> None:
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', anna.get("/console").text)
    assert len(named) >= 5
    for address in [*named, "/static/pieces.js", "/static/poller.js", "/static/metronome.js"]:
        assert anna.get(address, buffered=True).status_code == 200, address


def test_without_a_script_the_board_loads_itself_anew_but_never_under_a_secret(anna: FlaskClient) -> None:
    assert '<noscript><meta http-equiv="refresh" content="15" /></noscript>' in anna.get("/console").text
    created = post(anna, "/console/sessions", minutes="30")
    assert "http-equiv" not in created.text


def test_a_new_session_says_where_its_code_is_typed_and_what_is_dialled(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(
        REACHBACK_PUBLIC_URL="https://help.example.org",
        REACHBACK_PUBLIC_HOST="dial.example.org",
        REACHBACK_PLAIN_HTTP_CUSTOMERS="yes",
        REACHBACK_SESSION_PORTS="5501",
    )
    made.app.config["SESSION_COOKIE_SECURE"] = False
    made.app.config["SESSION_COOKIE_NAME"] = "reachback"
    text = post(made.browser("anna"), "/console/sessions").text
    assert ">http://help.example.org/<" in text
    assert "dial.example.org::5501" in text


def test_a_session_lasts_longer_from_its_row(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session(minutes=30)
    here = f"/console/sessions/{new.session.id}/extend"
    assert post(anna, here, minutes="60").status_code == 303
    assert portal.own.sessions.get(new.session.id).expires_at - portal.clock() == timedelta(minutes=90)
    for wrong in ("", "soon", "-1", "0", "99999"):
        refused = post(anna, here, minutes=wrong)
        assert refused.status_code == 422
        assert "minutes" in refused.text
    portal.own.sessions.end(new.session.id, portal.person("anna"))
    assert post(anna, here, minutes="60").status_code == 410


def test_the_ticket_number_goes_from_the_panel_to_the_row(portal: Portal, anna: FlaskClient) -> None:
    post(anna, "/console/sessions", customer="Huber", reference="T-2041", minutes="30")
    assert portal.own.sessions.list()[0].reference == "T-2041"
    assert '<bdi class="row__reference mono" title="Ticket number">T-2041</bdi>' in anna.get("/console/rows").text


TURNED = "\u202egpj.exe\u2066 \u200f<b>'\"&"


def test_names_that_turn_text_around_are_kept_to_themselves(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session(customer=TURNED, note=TURNED, reference=TURNED[:64])
    portal.own.calls.hold(portal.arrive(code=new.code, desktop=TURNED), 40001)
    portal.arrive("203.0.113.9", desktop=TURNED)
    portal.session(customer=TURNED)
    for path in ("/console", "/console/history", f"/console/sessions/{new.session.id}/notes?back=/console/history"):
        text = re.sub(r"<bdi[^>]*>[^<]*</bdi>", "", anna.get(path).text)
        # Fields to type in are a context of their own.
        text = re.sub(r'<input[^>]*>|<textarea[^>]*>[^<]*</textarea>|<bdi|href="[^"]*"', "", text)
        assert "\u202e" not in text.replace(f' title="{TURNED}"', ""), path
        assert "<b>" not in text


def test_news_of_a_call_is_told_with_each_piece_that_has_one(portal: Portal, anna: FlaskClient) -> None:
    portal.held(customer="Huber")
    portal.session(customer="Gray")
    portal.arrive("203.0.113.9", desktop="BUERO-3")
    news = re.findall(r'data-call="(\d+)" data-news="([^"]+)" data-more="([^"]+)"', anna.get("/console/rows").text)
    assert news == [
        ("2", "A computer calls: BUERO-3", "It waits for you to say whose it is."),
        ("1", "Huber connected", "FRONT-DESK"),
    ]


def test_whoever_never_answered_is_asked_once_whether_to_ring(portal: Portal, anna: FlaskClient) -> None:
    assert "data-asked" not in anna.get("/console").text
    headers = {"Accept": "application/json", "X-CSRFToken": csrf_of(anna.get("/console"))}
    kept = anna.post("/console/account/preferences", data={"sound": "on", "notify": "off"}, headers=headers)
    assert (kept.status_code, kept.data) == (204, b"")
    text = anna.get("/console").text
    assert "data-asked" in text
    assert 'data-sound="on" data-notify="off"' in text
