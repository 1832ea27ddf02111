"""What makes the quick tests quick: each has a database and an application of its own, but no need to compile them."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType

import jinja2
import pytest
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.util import LRUCache


@pytest.fixture(scope="session", autouse=True)
def _statements_are_compiled_once() -> Iterator[None]:
    """SQLAlchemy keeps what it compiled by engine and dialect; here all databases of a kind share both."""
    compiled: LRUCache[object, object] = LRUCache(4000)
    dialects: dict[str, Dialect] = {}

    def share(connection: Connection) -> None:
        connection.dialect = dialects.setdefault(connection.dialect.name, connection.dialect)
        connection.engine._compiled_cache = compiled  # type: ignore[assignment]

    event.listen(Engine, "engine_connect", share)
    yield
    event.remove(Engine, "engine_connect", share)


class _Remembered(BytecodeCache):
    """Keeps compiled templates for as long as the process lives."""

    def __init__(self) -> None:
        self._code: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code:
            self._code[bucket.key + bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def _templates_are_compiled_once() -> Iterator[None]:
    remembered = _Remembered()
    make = jinja2.Environment.__init__

    def with_memory(self: jinja2.Environment, *args: object, **options: object) -> None:
        options.setdefault("bytecode_cache", remembered)
        make(self, *args, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jinja2.Environment, "__init__", with_memory)
        yield
