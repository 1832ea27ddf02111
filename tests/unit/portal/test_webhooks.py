"""Webhooks: how one is posted and signed, what the documented receiver believes, and the admins' page."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal import webhooks
from portal.webhook_post import Letter, NotTaken, post, signature
from portal.webhook_sender import Sender
from sessions.deliveries import MOST_TRIES
from tests.fakes.certificates import write_certificate
from tests.fakes.webhook_receiver import Receiver
from tests.processes import free_ports, wait_until

from .conftest import PASSWORD, Portal, csrf_of

SECRET = b"open sesame"
LETTER = Letter.of(7, "session.created", {"event": "session.created", "customer": "Zoë"})
NOON = 1_772_366_400
DOCS = Path(__file__).parents[3] / "docs" / "webhooks.md"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(free_ports(1)[0])
    made.come_up()
    yield made
    made.go_down()


@pytest.fixture
def is_genuine() -> Callable[..., bool]:
    """The receiver's check, as docs/webhooks.md has it."""
    found = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    names: dict[str, Callable[..., bool]] = {}
    exec(compile(found[1], str(DOCS), "exec"), names)
    return names["is_genuine"]


def test_the_documented_check_believes_what_we_send(receiver: Receiver, is_genuine: Callable[..., bool]) -> None:
    post(receiver.url, LETTER, signature(SECRET, NOON, LETTER.body))
    (message,) = receiver.messages
    assert is_genuine(SECRET, message.headers["Reachback-Signature"], message.body, NOON + 10)
    assert message.facts == {"id": 7, "event": "session.created", "customer": "Zoë"}
    assert message.headers["Reachback-Delivery"] == "7"
    assert message.headers["Reachback-Event"] == "session.created"
    assert message.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("header", "body", "now"),
    [
        (signature(b"guessed", NOON, LETTER.body), LETTER.body, NOON),
        (signature(SECRET, NOON, LETTER.body), LETTER.body.replace(b"7", b"8"), NOON),
        (signature(SECRET, NOON, LETTER.body), LETTER.body, NOON + 301),
        (signature(SECRET, NOON, LETTER.body), LETTER.body, NOON - 301),
        (signature(SECRET, NOON, LETTER.body).replace(f"t={NOON}", f"t={NOON + 300}"), LETTER.body, NOON + 400),
        ("", LETTER.body, NOON),
        ("t=,v1=", LETTER.body, NOON),
        (f"t={NOON}", LETTER.body, NOON),
        (f"v1={'0' * 64}", LETTER.body, NOON),
        ("t=²,v1=é", LETTER.body, NOON),
    ],
    ids=["secret", "body", "late", "early", "moved", "none", "empty", "no proof", "no time", "odd"],
)
def test_the_documented_check_refuses_forged_and_expired_ones(
    is_genuine: Callable[..., bool], header: str, body: bytes, now: int
) -> None:
    assert not is_genuine(SECRET, header, body, now)


@pytest.mark.parametrize("status", [302, 307, 400, 410, 500, 503])
def test_every_other_answer_is_a_refusal_and_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    receiver.status, receiver.location = status, receiver.url + "/elsewhere"
    with pytest.raises(NotTaken, match=str(status)):
        post(receiver.url, LETTER, "")
    assert len(receiver.messages) == 1


def test_a_receiver_that_is_not_there() -> None:
    with pytest.raises(NotTaken, match="cannot be reached: Connection refused"):
        post(f"http://127.0.0.1:{free_ports(1)[0]}/", LETTER, "")


def test_a_receiver_with_a_certificate_of_its_own_making_is_not_trusted(tmp_path: Path) -> None:

    cert, key = write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            peer, _ = listening.accept()
            with peer, pytest.raises(ssl.SSLError):
                context.wrap_socket(peer, server_side=True)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(NotTaken, match="certificate is not to be trusted"):
            post(f"https://127.0.0.1:{listening.getsockname()[1]}/", LETTER, "")
        thread.join()


@pytest.mark.parametrize("drop", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"])
def test_a_receiver_that_answers_in_drops_is_left_when_its_time_is_over(
    drop: bytes,
) -> None:
    gone = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def dribble() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.sendall(drop)
                try:
                    while not gone.wait(0.05):
                        peer.sendall(b"x")
                except OSError:
                    gone.set()

        thread = threading.Thread(target=dribble)
        thread.start()
        with contextlib.suppress(NotTaken):
            post(f"http://127.0.0.1:{listening.getsockname()[1]}/", LETTER, "", seconds=0.5)
        assert gone.wait(30), "the connection was not ended"
        thread.join()


def test_a_great_answer_is_not_read(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sent: list[int] = []

        def flood() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                with contextlib.suppress(OSError):
                    sent.extend(peer.send(bytes(1 << 16)) for _ in range(1000))

        thread = threading.Thread(target=flood)
        thread.start()
        post(f"http://127.0.0.1:{listening.getsockname()[1]}/", LETTER, "")
        thread.join()
        assert sum(sent) < 1000 << 16


# The sender and the page.


@pytest.fixture
def told(make_portal: Callable[..., Portal], receiver: Receiver, tmp_path: Path) -> Portal:
    """A portal that tells `receiver` what happens, when a test says so."""
    secret = tmp_path / "webhook_secret"
    secret.write_bytes(SECRET + b"\n")
    made = make_portal(REACHBACK_WEBHOOK_URL=receiver.url, REACHBACK_WEBHOOK_SECRET_FILE=str(secret))
    webhooks.stop(made.app)
    made.own.technicians.add("ida", "admin", password=PASSWORD)
    return made


def sender(made: Portal) -> Sender:
    assert made.own.settings.webhook
    return Sender(made.own.settings.webhook, made.own.deliveries, lambda: None, lambda: made.clock().timestamp())


def test_what_happened_is_sent_signed_and_in_order(
    told: Portal, receiver: Receiver, is_genuine: Callable[..., bool]
) -> None:
    new = told.held()
    told.own.sessions.end(new.session.id, told.person("anna"))
    assert sender(told).send_due() == 3
    kinds = ["session.created", "session.connected", "session.ended"]
    assert [message.facts["event"] for message in receiver.messages] == kinds
    for message in receiver.messages:
        assert is_genuine(SECRET, message.headers["Reachback-Signature"], message.body, told.clock().timestamp())
    assert sender(told).send_due() == 0


def test_what_goes_wrong_with_one_does_not_keep_the_next_from_being_sent(told: Portal, receiver: Receiver) -> None:
    told.session()
    told.session()
    troubles = iter([ValueError("a book that cannot be written")])

    def stumble_once() -> None:
        for trouble in troubles:
            raise trouble

    assert told.own.settings.webhook
    sending = Sender(told.own.settings.webhook, told.own.deliveries, stumble_once, lambda: told.clock().timestamp())
    sending.start()
    try:
        wait_until(lambda: len(receiver.messages) == 2)
    finally:
        sending.stop()


def test_without_its_secret_nothing_is_sent(told: Portal, receiver: Receiver, tmp_path: Path) -> None:
    told.session()
    (tmp_path / "webhook_secret").write_text("")
    assert sender(told).send_due() == 1
    (tmp_path / "webhook_secret").unlink()
    told.clock.forward(seconds=10)
    assert sender(told).send_due() == 1
    assert receiver.messages == []
    (waiting,) = told.own.deliveries.look().waiting
    assert "SECRET_FILE cannot be read: No such file" in (waiting.error or "")


def test_the_page_shows_what_waits_and_what_was_given_up_and_sends_it_again(told: Portal, receiver: Receiver) -> None:
    receiver.status = 503
    told.session(customer="Miller <b>& Sons")
    for _ in range(MOST_TRIES):
        sender(told).send_due()
        told.clock.forward(hours=2)
    told.session(customer="Jones")
    ida = told.browser("ida")
    page = ida.get("/console/webhooks")
    assert page.status_code == 200
    assert "Miller &lt;b&gt;&amp; Sons" in page.text
    assert f"after {MOST_TRIES} tries" in page.text
    assert "answered 503 (Service Unavailable)" in page.text
    assert "Jones" in page.text
    assert f"http://127.0.0.1:{receiver.port}" in page.text
    assert "/hook" not in page.text, "the address may hold a secret"
    receiver.status = 200
    answer = ida.post("/console/webhooks/again", data={"csrf_token": csrf_of(page)})
    assert answer.status_code == 303
    assert sender(told).send_due() == 2
    found = told.own.deliveries.look()
    assert (found.waiting_in_all, found.given_up_in_all) == (0, 0)
    assert ida.get("/console/audit?kind=webhook_sent_again").text.count("had a webhook") >= 1


def test_one_is_sent_again_and_one_that_was_delivered_is_not(told: Portal, receiver: Receiver) -> None:
    told.session()
    receiver.status = 500
    sender(told).send_due()
    ida = told.browser("ida")
    token = csrf_of(ida.get("/console/webhooks"))
    assert ida.post("/console/webhooks/1/again", data={"csrf_token": token}).status_code == 303
    receiver.status = 200
    assert sender(told).send_due() == 1
    refused = ida.post("/console/webhooks/1/again", data={"csrf_token": token})
    assert refused.status_code == 404
    assert "was delivered meanwhile" in refused.text


def test_only_admins_see_them_and_only_where_there_is_a_receiver(
    told: Portal, portal: Portal, anna: FlaskClient
) -> None:
    assert 'href="/console/webhooks"' in told.browser("ida").get("/console").text
    assert 'href="/console/webhooks"' not in told.browser("anna").get("/console").text
    assert told.browser("anna").get("/console/webhooks").status_code == 403
    assert 'href="/console/webhooks"' not in anna.get("/console").text


def test_without_a_receiver_the_page_says_which_setting_it_takes(portal: Portal) -> None:
    portal.own.technicians.add("ida", "admin", password=PASSWORD)
    assert "REACHBACK_WEBHOOK_URL is not set" in portal.browser("ida").get("/console/webhooks").text
