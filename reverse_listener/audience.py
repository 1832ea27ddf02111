"""Who is shown a call, and from where on: newcomers begin, the slow are left out and begin anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from reverse_listener.guests import Beginning, Bytes, Guest
from rfb import Desktop, Follower, beginning, clean_name
from rfb.encodings import NOVNC_FORMAT
from rfb.joining import LAST_RECT

# Updates that a browser may be behind before it is left out.
MAX_BEHIND = 16
# A viewer asks once before its first update: after that, one that asked less often has not seen all of them.
NOT_EVEN_ONE = -1
HEADER = 4  # bytes


class _State(Enum):
    WAITING = "for a place where it can begin"
    LIVE = "shown what comes"
    LEFT_OUT = "too slow: it will begin anew"


@dataclass(slots=True)
class _Standing:
    """Where a guest is. `size` is the desktop's as it knows it, None where that does not matter to it.

    `asked` and `shown` count its requests and its updates: noVNC makes one for each.
    """

    size: tuple[int, int] | None
    state: _State = _State.WAITING
    fed: frozenset[int] = field(default_factory=frozenset)
    asked: int = 0
    shown: int = 0
    begun_in: int = 0
    is_whole: bool = False
    wants_anew: bool = False


class Audience:
    """The guests of one call. `updates` counts the server's, `leader` is the guest whom nobody leaves out."""

    def __init__(self, follower: Follower, desktop: Desktop) -> None:
        self.updates = 0
        self.leader: Guest | None = None
        self._desktop = desktop
        self._follower = follower
        self._standings: dict[Guest, _Standing] = {}

    def __len__(self) -> int:
        return len(self._standings)

    def __contains__(self, guest: object) -> bool:
        return guest in self._standings

    @property
    def desktop(self) -> Desktop:
        """The customer's desktop as it is now."""
        follower = self._follower
        name = self._desktop.name if follower.name is None else clean_name(follower.name)
        return Desktop(follower.width, follower.height, NOVNC_FORMAT, name)

    @property
    def guests(self) -> list[Guest]:
        """All of them."""
        return list(self._standings)

    @property
    def live(self) -> list[Guest]:
        """Those who are shown what comes now."""
        return [guest for guest, standing in self._standings.items() if standing.state is _State.LIVE]

    def admit(self, guest: Guest, size: tuple[int, int] | None) -> None:
        """Let a guest begin at the next place where it can."""
        self._standings[guest] = _Standing(size)

    def remove(self, guest: Guest) -> None:
        """Show it nothing any more."""
        self._standings.pop(guest, None)

    def begin_anew(self, guest: Guest) -> None:
        """Let a guest begin once more, with a decoder that knows nothing; meanwhile it is shown what comes."""
        standing = self._standings.get(guest)
        if standing and standing.state is _State.LIVE:
            standing.wants_anew, standing.fed = True, frozenset()

    # What comes.

    def show(self, data: Bytes) -> None:
        """Pictures of the server's, for everybody who is live."""
        if data:
            for guest in self.live:
                guest.send(data)

    @property
    def awaits_the_whole(self) -> bool:
        """Whether anybody is to be told when a whole picture has come."""
        return not all(standing.is_whole for standing in self._standings.values())

    def tell(self, message: bytes) -> None:
        """A message that is no picture, for the same."""
        for guest in self.live:
            guest.tell(message)

    def update_is_over(self) -> bool:
        """An update has ended; answers whether it covered the whole desktop."""
        self.updates += 1
        covers = self._follower.area >= self._follower.width * self._follower.height
        for guest in self.live:
            standing = self._standings[guest]
            standing.shown += 1
            if covers and not standing.is_whole and self.updates > standing.begun_in:
                standing.is_whole = True
                guest.whole()
        return covers

    def asked(self, guest: Guest) -> None:
        """A guest's viewer is ready for an update."""
        standing = self._standings.get(guest)
        if standing:
            # Never more than one ahead: a viewer that asks twice has no more room than one that asks once.
            standing.asked = min(standing.asked, standing.shown) + 1

    def is_ready(self, guest: Guest) -> bool:
        """Whether a guest's viewer has worked up all updates but the last one."""
        standing = self._standings.get(guest)
        return standing is not None and standing.state is _State.LIVE and standing.asked >= standing.shown

    # Between rectangles.

    @property
    def wants_a_turn(self) -> bool:
        """Whether anything is to be done as soon as the server is between rectangles."""
        return any(self._is_due(guest, standing) for guest, standing in self._standings.items())

    def take_turn(self, words: bytes) -> bool:
        """Between rectangles: leave out who is too slow, let begin who can; answers whether anybody began.

        `words` is the clipboard, for those.
        """
        due = [(guest, standing) for guest, standing in self._standings.items() if self._is_due(guest, standing)]
        began = False
        for guest, standing in due:
            if standing.state is _State.LIVE and not standing.wants_anew:
                self._leave_out(guest, standing)
            else:
                began |= self._begin(guest, standing, words)
        return began

    def _is_due(self, guest: Guest, standing: _Standing) -> bool:
        if standing.state is _State.LIVE:
            return standing.wants_anew or self._is_too_slow(guest, standing)
        if standing.state is _State.LEFT_OUT:
            return not (guest.is_full or self._is_behind(standing, NOT_EVEN_ONE))
        return True

    def _is_too_slow(self, guest: Guest, standing: _Standing) -> bool:
        return guest is not self.leader and (guest.is_full or self._is_behind(standing, MAX_BEHIND))

    def _is_behind(self, standing: _Standing, updates: int) -> bool:
        return standing.size is not None and standing.shown - standing.asked > updates

    def _leave_out(self, guest: Guest, standing: _Standing) -> None:
        """Its decoders have been fed all that there was so far; an update that is under way ends for it here."""
        standing.state = _State.LEFT_OUT
        if standing.size is not None:
            standing.fed = self._follower.streams.used
            standing.size = (self._follower.width, self._follower.height)
        if self._follower.remaining:
            guest.send(LAST_RECT)
            standing.shown += 1

    def _begin(self, guest: Guest, standing: _Standing, words: bytes) -> bool:
        update = beginning(self._follower, fed=standing.fed, size=standing.size)
        if self._follower.fault:
            self.remove(guest)
            guest.leave()
            return False
        standing.state, standing.is_whole, standing.wants_anew = _State.LIVE, False, False
        standing.begun_in = self.updates + (1 if self._follower.remaining else 0)
        # A header for the rest of an update is no update yet.
        standing.shown += len(update) > HEADER
        guest.begin(Beginning(self.desktop, words, update))
        return True
