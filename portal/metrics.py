"""`/metrics`: what Prometheus asks of this node, and what the portal itself counts.

How many there are of everything is asked of the register at that moment; what happened was counted by the processes of
this machine, each in its book.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from apiflask import APIBlueprint
from flask import Flask, Response, abort, request
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from meters.book import Book
from meters.catalogue import ANSWERS, DATABASE_ERRORS, KEPT_BY
from meters.reading import read
from portal.client_address import client_address, is_in, is_trusted, parse
from portal.plain_http import FORWARDED
from portal.registers import Registers, registers
from sessions.database import on_error
from sessions.figures import Figure, FigureRegister, Reading

bp = APIBlueprint("metrics", __name__, enable_openapi=False)

UP = Figure("reachback_register_up", "Whether the register could be asked for these figures.")
INFO = Figure("reachback_node", "This node, by its name.", ("node",))


@bp.get("/metrics")
def show() -> Response:
    """Answer Prometheus, by the address from which it asks. To everybody else there is nothing here."""
    if not _may_ask():
        abort(404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Node(registers()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def install(app: Flask, own: Registers) -> None:
    """Count what `app` answers, and what its database does not; `app.extensions["metrics"]` writes down the rest."""
    keeper = _Keeper(own)
    app.extensions["metrics"] = keeper.write
    on_error(own.engine, lambda: DATABASE_ERRORS.add("portal"))
    app.after_request(_count)
    app.teardown_request(lambda _error: keeper.write())


def _may_ask() -> bool:
    """Whether whoever asks is in REACHBACK_METRICS.

    The whole world comes from 127.0.0.1 where a reverse proxy stands there: what was forwarded counts only with the
    address that a trusted proxy saw.
    """
    was_forwarded = any(name in request.headers for name in FORWARDED)
    is_told_by_whom = is_trusted(request.remote_addr or "") and "X-Forwarded-For" in request.headers
    address = parse(client_address())
    if address is None or (was_forwarded and not is_told_by_whom):
        return False
    return is_in(address, registers().settings.metrics)


def _count(response: Response) -> Response:
    # Those who look after us would drown out the people: a load balancer asks each second.
    if not request.path.startswith(("/healthz", "/metrics", "/static/")):
        ANSWERS.add(f"{response.status_code // 100}xx")
    return response


class _Keeper:
    """The book of this process; a server forks its workers, and each has its own."""

    def __init__(self, own: Registers) -> None:
        self._folder = own.settings.metrics_dir
        self._pid = 0
        self._book: Book | None = None

    def write(self) -> None:
        if self._pid != os.getpid() or self._book is None:
            self._pid = os.getpid()
            self._book = Book(self._folder, "portal", KEPT_BY["portal"])
        self._book.write()


class _Node:
    """All that is told of this node, as prometheus_client asks for it."""

    def __init__(self, own: Registers) -> None:
        self._own = own

    def collect(self) -> Iterator[Metric]:
        readings = self._readings()
        yield _family(Reading(INFO, {(self._own.settings.node,): 1.0}))
        yield _family(Reading(UP, {(): 0.0 if readings is None else 1.0}))
        yield from map(_family, readings or ())
        yield from read(self._own.settings.metrics_dir)

    def _readings(self) -> list[Reading] | None:
        # What the processes counted is told all the more where the register does not answer.
        try:
            return FigureRegister(self._own.engine, self._own.clock).read(self._own.settings.node)
        except SQLAlchemyError:
            return None


def _family(reading: Reading) -> Metric:
    family = GaugeMetricFamily(reading.figure.name, reading.figure.words, labels=reading.figure.labels)
    for values, number in sorted(reading.numbers.items()):
        family.add_metric(values, number)
    return family
