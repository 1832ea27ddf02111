from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reverse_listener.beginning import CannotListen, begin
from reverse_listener.presence import Presence
from sessions.calls import CallRegister
from sessions.listeners import ListenerRegister
from tests.processes import Installation

HOLD = "import sys; from pathlib import Path; from reverse_listener.presence import Presence; "


def hold(folder: Path, listener_id: int) -> subprocess.Popen[bytes]:
    """Another process that is a listener, until its standard input ends."""
    program = (
        HOLD + f"one = Presence(Path({str(folder)!r})); one.take({listener_id}); print(flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout
    other.stdout.readline()
    return other


def test_a_listener_is_known_by_its_lock_until_it_dies(tmp_path: Path) -> None:
    presence = Presence(tmp_path)
    assert presence.process_of(4) is None
    with hold(tmp_path, 4) as other:
        assert presence.process_of(4) == other.pid
        assert presence.process_of(4) == other.pid
        presence.take(5)
        assert presence.others() == [4]
        presence.leave()
        other.kill()
        other.wait(30)
        assert presence.process_of(4) is None
        assert presence.others() == []
    assert (tmp_path / "listener-4.lock").exists()
    presence.forget(4)
    assert list(tmp_path.iterdir()) == []


def test_the_others_are_those_that_live_here(tmp_path: Path) -> None:
    own = Presence(tmp_path)
    own.take(5)
    (tmp_path / "listener-3.lock").touch()
    with own.one_at_a_time(), hold(tmp_path, 4) as other:
        assert own.others() == [4]
        other.kill()
        other.wait(30)
    assert own.others() == []
    own.leave()


def test_one_that_leaves_in_order_leaves_nothing_behind(tmp_path: Path) -> None:
    own = Presence(tmp_path)
    own.take(4)
    assert Presence(tmp_path).process_of(4) == os.getpid()
    own.leave()
    own.leave()
    assert list(tmp_path.iterdir()) == []


def test_who_begins_buries_the_dead_and_spares_those_that_drain(installation: Installation) -> None:
    listeners, calls = ListenerRegister(installation.engine), CallRegister(installation.engine)
    folder = installation.settings.state_dir
    dead, draining = listeners.begin("main"), listeners.begin("main")
    elsewhere = listeners.begin("other")
    listeners.drain(draining)
    with hold(folder, draining) as other:
        own = Presence(folder)
        number = begin(listeners, calls, own, "main", succeeds=False)
        assert [one.id for one in listeners.present()] == [draining, elsewhere, number]
        assert dead not in {draining, elsewhere, number}
        own.leave()
        other.communicate()


def test_who_begins_beside_one_that_takes_calls_is_refused_unless_it_succeeds_it(installation: Installation) -> None:
    listeners, calls = ListenerRegister(installation.engine), CallRegister(installation.engine)
    folder = installation.settings.state_dir
    serving = listeners.begin("main")
    with hold(folder, serving) as other:
        with pytest.raises(CannotListen, match=f"process {other.pid}"):
            begin(listeners, calls, Presence(folder), "main", succeeds=False)
        assert [one.id for one in listeners.present()] == [serving]
        own = Presence(folder)
        assert begin(listeners, calls, own, "main", succeeds=True) > serving
        own.leave()
        other.communicate()


class Shared(ListenerRegister):
    """A register that other machines reach as well."""

    may_be_shared = True


def test_two_machines_of_one_name_are_told_before_either_takes_the_other_for_dead(
    installation: Installation, tmp_path: Path
) -> None:
    listeners, presence = Shared(installation.engine), Presence(tmp_path)
    theirs = listeners.begin("main")

    def begin_while(pause: Callable[[float], object]) -> int:
        return begin(listeners, installation.calls, presence, "main", succeeds=False, pause=pause)

    with pytest.raises(CannotListen, match=r"called main too.*REACHBACK_NODE"):
        begin_while(lambda _seconds: listeners.is_here(theirs))
    assert [one.id for one in listeners.present()] == [theirs]
    own = begin_while(lambda _seconds: None)
    assert [one.id for one in listeners.present()] == [own]
    presence.leave()
