"""Two nodes, a load balancer and a database: what becomes of customers when one of them goes away.

Twenty customers by default; `REACHBACK_TEST_SESSIONS=100 pytest tests/cluster` is the proof with a hundred.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from websockets.exceptions import InvalidStatus

from sessions.listeners import ListenerRegister, ListenerView
from tests.cluster.cluster import NODES, Cluster, cluster
from tests.cluster.customers import Customer
from tests.cluster.network import HOME, why_not
from tests.processes import wait_until

CUSTOMERS = int(os.environ.get("REACHBACK_TEST_SESSIONS", "20"))
LONG = 60.0
BACK_SECONDS = 15.0

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def house() -> Iterator[Cluster]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    # The database's user has to come through to its folder, which pytest's own allow to nobody.
    with TemporaryDirectory(prefix="reachback-cluster-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield from running(Path(folder))


def running(folder: Path) -> Iterator[Cluster]:
    with cluster(folder) as made:
        wait_until(lambda: {one.node for one in present(made)} == set(NODES), LONG)
        wait_until(lambda: made.has_found(*NODES), LONG, "the load balancer has found both nodes")
        yield made


def present(house: Cluster) -> list[ListenerView]:
    return ListenerRegister(house.register.engine).present()


@pytest.fixture
def customers(house: Cluster) -> Iterator[dict[str, Customer]]:
    """Each by the number of its session; all have dialled."""
    sessions = [house.register.waiting(HOME, minutes=60) for _ in range(CUSTOMERS)]
    made = {new.session.id: Customer(house.network, new.code) for new in sessions}
    for one in made.values():
        one.begin()
    wait_until(lambda: held(house).keys() == made.keys(), LONG, "all are held")
    yield made
    for one in made.values():
        one.stop()
    for new in sessions:
        house.register.sessions.end(new.session.id, house.register.admin)
    wait_until(lambda: not house.register.open_calls(), LONG)


def held(house: Cluster) -> dict[str, str]:
    """The node of each session's held call."""
    rows = house.register.rows(
        "SELECT session_id, node FROM calls JOIN listeners ON listeners.id = listener_id WHERE state = 'held'"
    )
    return {row["session_id"]: row["node"] for row in rows}


def check_rows(house: Cluster, sessions: set[str]) -> None:
    """No audit row is lost or doubled: each call arrived once, each that is over was over once, and so on."""
    told = house.register.rows("SELECT kind, call_id, session_id FROM events WHERE call_id IS NOT NULL")
    count = Counter((row["kind"], row["call_id"]) for row in told)
    calls = house.register.rows("SELECT id, state, session_id, port FROM calls")
    for call in calls:
        number = call["id"]
        assert count["call_arrived", number] == 1, call
        assert count["call_over", number] == (call["state"] == "lost"), call
        assert count["call_matched", number] <= 1, call
        assert count["call_matched", number] == (call["port"] is not None), call
    assert {call["session_id"] for call in calls if call["state"] == "held"} == sessions
    assert len(held(house)) == sum(call["state"] == "held" for call in calls)


def test_a_ticket_leads_to_its_node_and_opens_nothing_on_another(
    house: Cluster, customers: dict[str, Customer]
) -> None:
    for node in NODES:
        session_id = next(one for one, where in held(house).items() if where == node)
        given = house.ask("POST", f"/api/sessions/{session_id}/tickets", {"mode": "control"})
        assert f"/websockify/{node}?" in given["websocket_url"]
        other = NODES[1 - NODES.index(node)]
        with pytest.raises(InvalidStatus) as refusal:
            house.view(given["websocket_url"].replace(node, other))
        assert b"on another node" in refusal.value.response.body
        with house.view(given["websocket_url"]) as viewer:
            viewer.greet()
            assert viewer.desktop == (1024, 768, "FRONT-DESK")
    (address,) = {row["address"] for row in house.register.open_calls()}
    assert address == HOME


def test_a_node_is_killed(house: Cluster, customers: dict[str, Customer], record_property) -> None:
    spread = Counter(held(house).values())
    assert min(spread[node] for node in NODES) >= CUSTOMERS // 3, spread
    orphans = {one for one, where in held(house).items() if where == "node-1"}
    killed = time.monotonic()
    house.kill("node-1")

    def are_back() -> bool:
        return len(held(house)) == CUSTOMERS and set(held(house).values()) == {"node-2"}

    wait_until(are_back, LONG)
    back = time.monotonic()
    dialled = min(next(at for at in customers[one].dialled if at > killed) for one in orphans)
    record_property("a node is killed: all are back after", f"{back - dialled:.1f} s")
    assert back - dialled < BACK_SECONDS
    check_rows(house, set(customers))
    house.start("node-1")
    wait_until(lambda: len(present(house)) == len(NODES) and house.has_found(*NODES), LONG)


def test_the_database_is_started_again_under_load(
    house: Cluster, customers: dict[str, Customer], record_property
) -> None:
    before = {one: len(customer.greeted) for one, customer in customers.items()}
    restless = list(customers.values())[::4]
    house.server.stop()
    for one in restless:
        one.hang_up()
    house.start_server()
    began = time.monotonic()
    for one in restless[::2]:
        one.hang_up()
    wait_until(lambda: len(held(house)) == CUSTOMERS, LONG)
    wait_until(lambda: all(len(one.greeted) > 1 for one in restless), LONG)
    wait_until(lambda: len(held(house)) == CUSTOMERS and len(house.register.open_calls()) == CUSTOMERS, LONG)
    record_property("the database is started again: all are held after", f"{time.monotonic() - began:.1f} s")
    check_rows(house, set(customers))
    for one, customer in customers.items():
        if customer not in restless:
            assert len(customer.greeted) == before[one], "a call was cut for the database's sake"
