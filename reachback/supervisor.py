"""Runs a few programs as one: one log, one end.

honcho does nearly this and was tried first. Stopped while its programs are still starting, it dies of a KeyError and
leaves them behind; killed, it leaves them behind as well; and a program that ends by itself with 0 counts as success.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reachback.parts import Part

Log = Callable[[str, str], None]

LINE_LIMIT = 64 * 1024
STOP_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class _Running:
    part: Part
    process: asyncio.subprocess.Process
    ended: asyncio.Task[int]
    log: asyncio.Task[None]


async def supervise(
    parts: Sequence[Part],
    *,
    environ: Mapping[str, str],
    log: Log,
    ready: Callable[[], Awaitable[None]],
    stop_seconds: float = STOP_SECONDS,
) -> str | None:
    """Run `parts` until SIGINT or SIGTERM comes or one of them ends; then stop all of them.

    `ready` is awaited beside them; what it raises as TimeoutError stops the parts as well. A part that is still there
    `stop_seconds` after it was asked to stop is killed.

    Returns:
        None after a signal, else one sentence: which part ended and how, or what was not ready in time.
    """
    asked = _asked_to_stop()
    running: list[_Running] = []
    try:
        for part in parts:
            running.append(await _start(part, environ, log, asked))  # noqa: PERF401  (a half-made list must be stopped)
        return await _first_end(running, asked, ready)
    finally:
        await _stop(running, stop_seconds)


def _asked_to_stop() -> asyncio.Event:
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    return asked


async def _start(part: Part, environ: Mapping[str, str], log: Log, asked: asyncio.Event) -> _Running:
    process = await asyncio.create_subprocess_exec(
        *_bound_to_us(part.command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=LINE_LIMIT,
        env=environ,
        start_new_session=True,  # Ctrl-C reaches us alone, and the whole group can be ended at once
    )
    assert process.stdout is not None
    pump = asyncio.create_task(_pump(process.stdout, part.name, log, asked))
    return _Running(part, process, asyncio.create_task(process.wait()), pump)


def _bound_to_us(command: tuple[str, ...]) -> tuple[str, ...]:
    # Were we killed, nobody would be left to stop the parts: the kernel then does (prctl(2), PR_SET_PDEATHSIG).
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--", *command) if setpriv else command


async def _pump(stream: asyncio.StreamReader, name: str, log: Log, asked: asyncio.Event) -> None:
    try:
        while line := await _line(stream):
            log(name, _printable(line))
    except BrokenPipeError:
        asked.set()  # nobody reads our output any more, as in `reachback up | head`


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError:
        return b"(a line too long to show)"


def _printable(line: bytes) -> str:
    # A part may log what a customer's machine sent: no control character of it may steer this terminal.
    text = line.decode(errors="replace").rstrip().expandtabs()
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


async def _first_end(
    running: Iterable[_Running], asked: asyncio.Event, ready: Callable[[], Awaitable[None]]
) -> str | None:
    stop = asyncio.create_task(asked.wait())
    waiting = asyncio.ensure_future(ready())
    try:
        ends = {stop, *(one.ended for one in running)}
        await asyncio.wait({waiting, *ends}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            return _what_ended(running)
        waiting.result()
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        return _what_ended(running)
    except TimeoutError as error:
        return str(error)
    finally:
        stop.cancel()
        waiting.cancel()


def _what_ended(running: Iterable[_Running]) -> str | None:
    for one in running:
        if one.ended.done():
            return f"{one.part.name} ended by itself with {_outcome(one.ended.result())}, so everything was stopped"
    return None


def _outcome(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


async def _stop(running: Sequence[_Running], seconds: float) -> None:
    for one in running:
        _signal_group(one, signal.SIGTERM)
    if running:
        await asyncio.wait([one.ended for one in running], timeout=seconds)
    for one in running:
        _signal_group(one, signal.SIGKILL)  # also what a part left behind in its group
    for one in running:
        await one.ended
        await one.log


def _signal_group(one: _Running, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(one.process.pid, number)
