"""Ten thousand wrong codes, from one address and from many, against a real listener and a real portal.

None is accepted, whoever guesses is refused, and in the middle of it an honest customer is served.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from sessions.secrets import new_code
from sessions.views import NewSession
from tests.fakes.fake_vnc_server import ID_BLOCK, FakeVncServer
from tests.processes import Installation, Process, wait_until

from .conftest import Measured

ATTEMPTS = 10_000
AT_ONCE = 16
HONEST = "127.0.77.77"
ONE = ["127.0.66.1"]
MANY = [f"127.0.{third}.{fourth}" for third in range(100, 120) for fourth in range(1, 101)]
BANNER = b"RFB 003.008\n"


@pytest.fixture
def besieged(install: Callable[..., Installation]) -> Installation:
    """An installation whose listener and portal run; loopback addresses are told apart like any others."""
    installation = install(REACHBACK_TRUSTED_PROXIES="127.0.0.1")
    installation.start_all("listener", "portal")
    return installation


def wrong_codes(right: str) -> Iterator[str]:
    draw = random.Random(5)
    return (code for code in iter(lambda: new_code(draw.randbytes), "") if code != right)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("addresses", [ONE, MANY], ids=["one address", "many addresses"])
def test_callers(besieged: Installation, measured: Measured, addresses: list[str]) -> None:
    new = besieged.session()
    (process,) = [one for one in besieged.processes if one.name == "listener"]
    began = time.monotonic()
    answers = asyncio.run(besiege(besieged, new, addresses, measured))
    measured(f"{ATTEMPTS} calls with wrong codes, {len(addresses)} addresses", time.monotonic() - began)
    nobody_came_in(besieged, new, process)
    # A caller is answered (with our version) while its address may still be wrong: ten times, or once when many are.
    assert answers["refused"] > ATTEMPTS * 0.7
    assert answers["answered"] <= (10 if addresses is ONE else len(MANY) + 300)


async def besiege(
    installation: Installation, new: NewSession, addresses: list[str], measured: Measured
) -> Counter[str]:
    codes, sources = wrong_codes(new.code), itertools.cycle(addresses)
    places = asyncio.Semaphore(AT_ONCE)
    answers: Counter[str] = Counter()

    async def guess(number: int) -> None:
        async with places:
            answers[await call(installation.call_address, next(sources), next(codes))] += 1
        if number == ATTEMPTS // 2:
            await asyncio.to_thread(honest_customer_is_served, installation, new, measured)

    await asyncio.gather(*(guess(number) for number in range(ATTEMPTS)))
    return answers


async def call(address: tuple[str, int], source: str, code: str) -> str:
    """Say a code as a repeater's ID, and hang up as soon as it is clear whether we are greeted."""
    reader, writer = await asyncio.open_connection(*address, local_addr=(source, 0))
    try:
        writer.write(f"ID:{code}".encode().ljust(ID_BLOCK, b"\0") + BANNER)
        said = await asyncio.wait_for(reader.read(len(BANNER)), 30)
    except ConnectionError:
        return "refused"
    finally:
        writer.transport.abort()
    return "answered" if said else "refused"


def honest_customer_is_served(installation: Installation, new: NewSession, measured: Measured) -> None:
    began = time.monotonic()
    with FakeVncServer(installation.call_address, code=new.code, source=HONEST) as server:
        server.greet()
        wait_until(lambda: installation.is_held(new))
    measured("meanwhile an honest customer is held after", time.monotonic() - began)


def nobody_came_in(installation: Installation, new: NewSession, listener: Process) -> None:
    matched = installation.rows("SELECT address FROM calls WHERE session_id IS NOT NULL")
    assert [row["address"] for row in matched] == [HONEST]
    assert "Traceback" not in listener.log
    assert new.code not in listener.log
    assert installation.state(new) in {"connected", "waiting"}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("addresses", [ONE, MANY], ids=["one address", "many addresses"])
def test_the_page(besieged: Installation, measured: Measured, addresses: list[str]) -> None:
    new = besieged.session()
    codes, sources = wrong_codes(new.code), itertools.cycle(addresses)
    began = time.monotonic()
    statuses = asyncio.run(type_all(besieged, codes, sources))
    measured(f"{ATTEMPTS} wrong codes typed, {len(addresses)} addresses", time.monotonic() - began)
    assert set(statuses) == {404, 429}
    assert statuses[429] > ATTEMPTS * 0.7
    assert asyncio.run(type_all(besieged, iter([new.code]), iter([HONEST])))[303] == 1
    assert besieged.state(new) == "created"


async def type_all(installation: Installation, codes: Iterator[str], sources: Iterator[str]) -> Counter[int]:
    """Type codes into the page's box, through a proxy that tells where each comes from, over kept connections."""
    statuses: Counter[int] = Counter()
    left = itertools.islice(zip(codes, sources, strict=False), ATTEMPTS)

    async def typist() -> None:
        for code, source in left:
            statuses[await typed(installation, code, source)] += 1

    await asyncio.gather(*(typist() for _ in range(AT_ONCE // 2)))
    return statuses


async def typed(installation: Installation, code: str, source: str) -> int:
    body = urlencode({"code": code})
    http = installation.settings.http
    head = (
        f"POST / HTTP/1.0\r\nHost: {http}\r\nX-Forwarded-For: {source}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(http.host, http.port)
    try:
        writer.write((head + body).encode())
        status = await asyncio.wait_for(reader.readline(), 30)
        await reader.read()
    finally:
        writer.transport.abort()
    return int(status.split()[1])
