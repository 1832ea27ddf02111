"""Fixtures: `portal`, the whole application over a fresh database and a clock moved by hand, and browsers for it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal import create_app, webhooks
from portal.registers import Registers
from sessions.call_values import Arrival
from sessions.database import open_engine
from sessions.matching import Claims, MatchedBy, Said
from sessions.settings import Settings
from sessions.technicians import TechnicianRegister
from sessions.views import NewSession, TechnicianView
from tests.databases import BOTH, SQLITE, copy_of, with_schema

ASKING = {"test_api", "test_audit", "test_board", "test_people", "test_recordings", "test_seats"}
PASSWORD = "correct horse battery"
START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
TOKEN_FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Portal:
    """The application, what stands behind it, and the steps that most tests begin with."""

    app: APIFlask
    own: Registers
    clock: HandClock

    def person(self, name: str) -> TechnicianView:
        found = self.own.technicians.by_name(name)
        assert found
        return found

    def join(self, name: str, role: str = "technician") -> TechnicianView:
        """Somebody who works here from now on, and without a password."""
        return self.own.technicians.add(name, role, password=None, openid_email=f"{name}@example.org").technician

    def sit(self, new: NewSession, name: str, mode: str = "control") -> int:
        """The seat that somebody takes, by a ticket as everybody does."""
        who = self.own.technicians.by_name(name) or self.join(name)
        call = self.own.sessions.get(new.session.id).call
        self.own.tickets.spend(self.own.tickets.issue(new.session.id, who, mode).token)
        taken = self.own.calls.take_seat(call.id) if call else None
        assert taken
        return taken.id

    def script(self, name: str) -> Callable[..., TestResponse]:
        """Calls the API as somebody's script: `api("POST", "/sessions", json={...})`."""
        client, headers = self.browser(), {"Authorization": f"Bearer {self.token(name)}"}

        def call(method: str, path: str, **more: object) -> TestResponse:
            return client.open(f"/api{path}", method=method, headers=headers, **more)  # type: ignore[arg-type]

        return call

    def browser(self, signed_in: str | None = None) -> FlaskClient:
        client = self.app.test_client()
        if signed_in:
            who = self.person(signed_in)
            made = self.own.sign_ins.begin(who.id, "password", "127.0.0.1", "Firefox/140.0 (Windows)")
            with client.session_transaction() as cookie:
                cookie.permanent = True
                cookie["sign_in"] = made.secret
        return client

    def token(self, name: str) -> str:
        """A new API token of somebody."""
        return self.own.tokens.make(self.person(name).id, "script").token

    def session(self, **given: object) -> NewSession:
        return self.own.sessions.create(by=self.person("anna"), **given)  # type: ignore[arg-type]

    def arrive(
        self,
        address: str = "198.51.100.7",
        code: str | None = None,
        desktop: str = "FRONT-DESK",
        *,
        encrypted: bool = False,
    ) -> int:
        return self.own.calls.arrived(Arrival(self.claims(address, code), desktop, 1024, 768, encrypted)).call_id

    def claims(self, address: str, code: str | None) -> Claims:
        return Claims(address, (Said(MatchedBy.ID, code),) if code else ())

    def password_for(self, code: str) -> str | None:
        password = self.own.calls.password_for(self.claims("198.51.100.7", code))
        return password.text if password else None

    def held(self, **given: object) -> NewSession:
        new = self.session(**given)
        self.own.sessions.open_page(new.link, "198.51.100.7")
        assert self.own.calls.hold(self.arrive(code=new.code), 40001)
        return new


def settings_for(folder: Path, **other: str) -> Settings:
    return Settings.from_env({"REACHBACK_STATE_DIR": str(folder), **other})


def csrf_of(page: TestResponse) -> str:
    """The token in the first form of a page."""
    found = TOKEN_FIELD.search(page.text)
    assert found
    return html.unescape(found[1])


@pytest.fixture(scope="session", autouse=True)
def _rules_are_compiled_once() -> Iterator[None]:
    """Each test has an application of its own, and werkzeug writes and compiles two functions for each of its rules.

    They depend on nothing but the rule, and made up half of what a test took.
    """
    compiled: dict[object, Callable[..., tuple[str, str]]] = {}
    compile_builder = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", once)
        yield


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The tests of pages and API that ask the register for more than a row or two run on both databases."""
    if "database" in metafunc.fixturenames:
        is_asking = metafunc.module.__name__.rpartition(".")[2] in ASKING
        metafunc.parametrize("database", BOTH if is_asking else [SQLITE], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with anna, technician, and olga, auditor."""
    with copy_of(_with_people, tmp_path, request.param) as url:
        yield url


def _with_people(url: str) -> None:
    with_schema(url)
    engine = open_engine(url)
    people = TechnicianRegister(engine, lambda: START)
    people.add("anna", password=PASSWORD)
    people.add("olga", "auditor", password=PASSWORD)
    engine.dispose()


@pytest.fixture
def make_portal(tmp_path: Path, database: str) -> Iterator[Callable[..., Portal]]:
    """A function that makes the application with settings of a test's choice."""
    made: list[Portal] = []

    def make(**environment: str) -> Portal:
        clock = HandClock()
        app = create_app(settings_for(tmp_path, **{"REACHBACK_DATABASE_URL": database, **environment}), clock=clock)
        app.testing = True
        made.append(Portal(app, app.extensions["reachback"], clock))
        return made[-1]

    yield make
    for one in made:
        webhooks.stop(one.app)
        one.own.engine.dispose()


@pytest.fixture
def portal(make_portal: Callable[..., Portal]) -> Portal:
    """The application with the default settings."""
    return make_portal()


@pytest.fixture
def anna(portal: Portal) -> FlaskClient:
    """A technician's browser, signed in."""
    return portal.browser("anna")


@pytest.fixture
def olga(portal: Portal) -> FlaskClient:
    """An auditor's browser, signed in."""
    return portal.browser("olga")


@pytest.fixture
def stranger(portal: Portal) -> FlaskClient:
    """A browser that is not signed in."""
    return portal.browser()


@pytest.fixture
def script(portal: Portal) -> dict[str, str]:
    """The headers of anna's script."""
    return {"Authorization": f"Bearer {portal.token('anna')}"}


@pytest.fixture
def auditing(portal: Portal) -> dict[str, str]:
    """The headers of olga's script."""
    return {"Authorization": f"Bearer {portal.token('olga')}"}
