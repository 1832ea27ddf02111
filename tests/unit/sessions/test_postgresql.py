"""What only PostgreSQL can do: several writers, a server that goes away in the middle, texts that it refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as Transaction

from sessions import postgresql
from sessions.audit import AuditRegister, Filters
from sessions.database import engine_options, open_engine
from sessions.errors import RegisterError
from sessions.secrets import new_code
from sessions.transactions import Register, record
from tests.databases import ON_POSTGRESQL

on_postgresql = pytest.mark.parametrize("engine", [ON_POSTGRESQL], indirect=True)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_an_address_needs_no_driver(scheme):
    engine = open_engine(f"{scheme}://reachback:secret@db.example.org/reachback?sslmode=require", pooled=False)
    assert engine.url.drivername == "postgresql+psycopg"
    assert (engine.url.password, engine.url.query["sslmode"]) == ("secret", "require")


def test_what_the_address_says_counts_more_than_what_we_would_say():
    told = engine_options("postgresql+psycopg://db/reachback?connect_timeout=2&application_name=shop")["connect_args"]
    assert told.keys() >= {"options", "tcp_user_timeout"}
    assert not told.keys() & {"connect_timeout", "application_name"}


@on_postgresql
def test_a_text_with_nul_is_kept_without_it(desk, engine):
    new = desk.session(customer="Gr\0ay", note="\0")
    seen = desk.sessions.get(new.session.id)
    assert (seen.customer, seen.note) == ("Gray", "")
    assert AuditRegister(engine, desk.clock).find(Filters(text="a\0b", actor="an\0na")).total == 0


@on_postgresql
def test_waiting_is_bounded(engine):
    with engine.connect() as connection:
        assert {name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in postgresql.LIMITS} == {
            "statement_timeout": "15s",
            "lock_timeout": "10s",
            "idle_in_transaction_session_timeout": "10s",
        }


def at_once(count, verb):
    """What came of calling `verb` so often at the same time: an answer or a refusal each."""

    def call(number):
        try:
            return verb(number)
        except RegisterError as refusal:
            return refusal.code

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(call, range(count)))


@on_postgresql
def test_of_several_who_spend_a_ticket_one_succeeds(desk):
    new, _ = desk.held()
    ticket = desk.tickets.issue(new.session.id, desk.anna)
    came = at_once(6, lambda _: desk.tickets.spend(ticket.token).port)
    assert came.count(40001) == 1
    assert set(came) == {40001, "ticket_spent"}
    assert len(desk.events("ticket_spent")) == 1


@on_postgresql
def test_of_several_claims_of_one_call_and_for_one_session_one_succeeds(desk):
    call_id, _ = desk.arrive("203.0.113.1")
    others = [desk.session() for _ in range(6)]
    came = at_once(6, lambda number: desk.calls.claim(call_id, others[number].session.id, desk.anna))
    assert sorted(came, key=str) == [None] + ["not_claimable"] * 5
    one = desk.session()
    calls = [desk.arrive(f"203.0.113.{number}")[0] for number in range(10, 16)]
    came = at_once(6, lambda number: desk.calls.claim(calls[number], one.session.id, desk.anna))
    assert sorted(came, key=str) == [None] + ["session_has_call"] * 5


@on_postgresql
def test_ports_are_leased_to_one_session_each(desk):
    ports = at_once(6, lambda _: desk.session().session.port)
    assert sorted(port for port in ports if port) == [5501, 5502, 5503]


@on_postgresql
def test_wrong_codes_and_tries_are_all_counted(desk):
    wrong = new_code(bytes)
    came = at_once(12, lambda _: desk.sessions.open_by_code(wrong, "203.0.113.9"))
    assert came.count("unknown_code") == 10
    locks = at_once(8, lambda _: desk.tries.attempt("anna", "203.0.113.9"))
    assert sum(lock is None for lock in locks) == 5


@on_postgresql
def test_of_several_calls_of_one_code_one_is_the_sessions(desk):
    new = desk.waiting()
    placed = at_once(6, lambda _: desk.place(code=new.code))
    assert sum(one.session_id == new.session.id for one in placed) == 1
    assert sum(one.rival is not None for one in placed) == 5


@on_postgresql
def test_audit_rows_are_numbered_in_the_order_in_which_they_can_be_seen(desk, engine):
    register = Register(engine)
    seen = []

    def write(number):
        with register._writing() as transaction:
            record(transaction, "looked", desk.clock.now, f"writer {number}")
            transaction.flush()
        with engine.connect() as connection:
            seen.append(set(connection.execute(text("SELECT id FROM events")).scalars()))

    at_once(6, write)
    assert all(rows == set(range(1, max(rows) + 1)) for rows in seen)


class Cut(Register):
    """A register whose connection is cut as it commits: before the server hears of it, or after."""

    def __init__(self, engine, when):
        super().__init__(engine)
        self._when = when

    def _commit(self, transaction):
        connection = transaction.connection()
        server = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        transaction.flush()
        if self._when == "after":
            connection.connection.driver_connection.execute("COMMIT")
        with self._reader.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({server}, 5000)")
        super()._commit(transaction)


@on_postgresql
def test_a_commit_whose_answer_was_lost_is_no_error(desk, engine):
    with Cut(engine, "after")._writing() as transaction:
        record(transaction, "looked", desk.clock.now, "anna")
    assert [actor for _, actor, _ in desk.events("looked")] == ["anna"]


@on_postgresql
def test_a_commit_that_never_reached_the_server_is_an_error(desk, engine):
    with pytest.raises(DBAPIError), Cut(engine, "before")._writing() as transaction:
        record(transaction, "looked", desk.clock.now, "anna")
    assert desk.events("looked") == []


@on_postgresql
def test_a_reader_waits_for_no_writer(desk, engine):
    with desk.sessions._writing() as transaction:
        record(transaction, "looked", desk.clock.now, "anna")
        transaction.flush()
        with Transaction(engine) as reader:
            assert reader.execute(text("SELECT count(*) FROM events WHERE kind = 'looked'")).scalar_one() == 0
