"""One customer's connection, from the moment its desktop is known until it is over.

The call owns the conversation with the customer's server: it says once how pictures are wanted, asks for them, and
follows every message. So technicians can come and go at any byte, sit there together, and watch without acting, while
the server sees one viewer that never leaves. docs/architecture.md, "Leaving and coming back", has the reasons.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from reverse_listener import probe
from reverse_listener.audience import Audience
from reverse_listener.guests import Guest, Sitter
from reverse_listener.line import Wire
from reverse_listener.requests import Requests
from rfb import Desktop, Follower, Message, Reached
from rfb.clipboard import About, about, is_sound
from rfb.encodings import NOVNC_FORMAT, Encoding, asked_for, levels_of, set_encodings, set_pixel_format
from rfb.input import Clipboard, Input, Key, Pointer, Request, Resize, Wishes, fence_answer
from rfb.updates import BELL, CUT_TEXT, FENCE
from sessions.call_values import Facts, Totals
from sessions.logs import Subject
from sessions.matching import Claims

HUNG_UP = "The customer's computer hung up."
LEFT_UNFOLLOWED = "The technician left, and nobody could have come back: {}"
# How long the customer's server may take to hang up after it said its last word.
LINGER_SECONDS = 2.0
# While nobody sits at a call, its server may say this much in a second; a flood is read that slowly.
IDLE_MESSAGES = 500
IDLE_BURST = 50
MAX_PAUSE_SECONDS = 5.0
# A call that takes longer than this to follow waits for as long as it took, so that the others have their turns; so
# many bytes are followed until it is asked how long it took.
TURN_SECONDS = 0.02
SLICE = 64 * 1024
# How long a technician in control whose browser takes nothing, or asks for nothing, keeps the others waiting.
STALL_SECONDS = 3.0
# A clipboard that is told to newcomers.
MAX_KEPT = 64 * 1024


_NOT_FOR_EVERYBODY = frozenset({Reached.HELD, Reached.MESSAGE})


class Seated(Sitter, Protocol):
    """A technician's seat, as its call sees it."""

    levels: tuple[int | None, int | None]

    def note(self, what: Key | Pointer) -> None:
        """Remember what it holds down."""

    def let_go(self) -> bytes:
        """The messages that let go of it."""


class Call:
    """A customer's connection. `over` is done, with the reason, when it ends; `id` is its row in the register.

    `subject` is what the log says of it. `follow_seconds` is the time that following its stream has taken so far.
    """

    def __init__(
        self, line: Wire, desktop: Desktop, claims: Claims, early: bytes = b"", preferred: str = "tight"
    ) -> None:
        self.id = 0
        self.subject = Subject()
        self.claims = claims
        self.is_encrypted = line.is_encrypted
        self.control: Seated | None = None
        self.follow_seconds = 0.0
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._line = line
        self._preferred = preferred
        self._wishes: list[int] = []
        self._reasons_to_pause: set[str] = set()
        self._capabilities = self._text = b""
        self._probe: asyncio.Task[bool] | None = None
        self._follower = Follower(desktop.width, desktop.height)
        self._audience = Audience(self._follower, desktop)
        self._requests = Requests(self._follower, line.send, self._loop.time)
        self._seats: set[Seated] = set()
        self._is_asking_later = False
        self._patience: asyncio.TimerHandle | None = None
        self._unread = b""
        self._is_full = False
        # At once, and once for all: a server is never told another format, so that no length is ever in doubt.
        line.send(set_pixel_format(NOVNC_FORMAT))
        self.received(early)
        line.listen(self)

    @property
    def desktop(self) -> Desktop:
        """The customer's desktop as it is now."""
        return self._audience.desktop

    @property
    def facts(self) -> Facts:
        """What the register is told."""
        desktop = self.desktop
        return Facts(not self._follower.fault, desktop.width, desktop.height, desktop.name)

    def announces(self, encoding: int) -> bool:
        """Whether the server has said something with this pseudo-encoding, which newcomers are told, too."""
        return encoding in self._follower.announced

    @property
    def has_seats(self) -> bool:
        """Whether any technician is shown anything, or waits for it."""
        return bool(self._seats)

    @property
    def totals(self) -> Totals:
        """Bytes that went each way so far."""
        return Totals(from_customer=self._line.received_bytes, to_customer=self._line.sent_bytes)

    def end(self, reason: str) -> None:
        """The call is over; the first reason given is the one that counts."""
        if not self.over.done():
            self.over.set_result(reason)

    def hang_up(self) -> None:
        """Close both legs at once."""
        self._line.abort()
        for guest in self._audience.guests:
            guest.leave()

    async def answers(self) -> bool:
        """Whether the customer's machine is still there; its VNC server notices nothing."""
        if self.over.done() or self._line.is_closed:
            return False
        # Whoever asks meanwhile gets the same answer: two probes of one socket would undo each other's settings.
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(probe.answers(self._line.socket))
        return await asyncio.shield(self._probe) and not self.over.done()

    # The guests' side.

    def admit(self, guest: Guest, size: tuple[int, int] | None = None) -> None:
        """Show the call to a guest, from the next place where it can begin; `size` is the desktop's as it knows it."""
        self._audience.admit(guest, size)
        self._turn()

    def sit(self, seat: Seated, size: tuple[int, int]) -> None:
        """Show it to a technician's seat, whose greeting said `size`."""
        self._seats.add(seat)
        if seat is self.control or not self._wishes:
            self._say_wishes(seat.levels)
        self.admit(seat, size)

    def remove(self, guest: Guest) -> None:
        """A guest is gone, or shall be shown nothing any more."""
        self._audience.remove(guest)
        self._turn()

    def rise(self, seat: Seated) -> None:
        """A technician's seat is gone: what it held down is let go of."""
        self._seats.discard(seat)
        if seat is self.control:
            self.set_control(None)
        self.remove(seat)
        if not self._seats and self._line.has_ended:
            self.end(HUNG_UP)
        elif not self._seats and self._follower.lost:
            self.end(LEFT_UNFOLLOWED.format(self._follower.lost))

    def begin_anew(self, guest: Guest) -> None:
        """Let a guest begin once more, as if it were new."""
        self._audience.begin_anew(guest)
        self._turn()

    def set_control(self, seat: Seated | None) -> None:
        """Let this seat act, and no other."""
        before, self.control, self._audience.leader = self.control, seat, seat
        if before is seat:
            return
        if before:
            self._line.send(before.let_go())
        self._be_patient()
        if seat and seat in self._seats:
            self._say_wishes(seat.levels)
        if seat and seat.is_full:
            self.full_seat(seat)
        self._turn()

    def heed(self, seat: Seated, said: Input) -> None:
        """Do what a seat's viewer says, as far as it may."""
        if isinstance(said, Request):
            self._asked(seat, said)
        elif isinstance(said, Wishes):
            seat.levels = levels_of(said.encodings)
            if seat is self.control and self._wishes:
                self._say_wishes(seat.levels)
        elif seat is self.control and seat in self._audience:
            self._act(seat, said)

    def full_seat(self, seat: Seated) -> None:
        """A seat takes no more for now. The one that sets the pace slows the server down; others are left out."""
        if seat is self._audience.leader:
            self._hold_back("full")
            self._mind_the_pace()

    def drained_seat(self, seat: Seated) -> None:
        """It takes more again."""
        if seat is self.control:
            self._be_patient()
        self._turn()

    def _mind_the_pace(self) -> None:
        """Others do not wait for ever for the one in control: it is left out as they would be."""
        if self._patience is None and self._is_waited_for():
            self._patience = self._loop.call_later(STALL_SECONDS, self._tire)

    def _is_waited_for(self) -> bool:
        """Whether others could be shown something, and are not because of the one in control."""
        leader = self._audience.leader
        if leader is None or not self._seats - {leader}:
            return False
        return leader.is_full or not self._audience.is_ready(leader)

    def _tire(self) -> None:
        is_in_vain = self._is_waited_for()
        self._be_patient()
        if is_in_vain and not self.over.done():
            self._audience.leader = None
            self._turn()

    def _goes_on(self, seat: Seated) -> None:
        """The one in control has worked something up; once that is all there was, the pace is its own again."""
        if not seat.is_full:
            self._be_patient()
        if self._audience.is_ready(seat):
            self._audience.leader = seat

    def _be_patient(self) -> None:
        """The one in control took something, or is another one: nobody has waited for long."""
        if self._patience:
            self._patience.cancel()
            self._patience = None
        self._read_again("full")

    def _asked(self, seat: Seated, request: Request) -> None:
        if request.is_question:
            self._measure(seat, request)
            return
        self._audience.asked(seat)
        if seat is self.control:
            self._goes_on(seat)
        if not self._follower.lost:
            self._turn()
        elif seat is self.control:
            # Nothing is known of its stream any more: whoever still reads it asks for itself.
            self._line.send(request.data)

    def _measure(self, seat: Seated, question: Request) -> None:
        """A few pixels at once, whatever else is asked for: the viewer wants to know how long the way takes."""
        if seat is self.control or not self.control:
            self._line.send(question.within(self._follower.width, self._follower.height))

    def _act(self, seat: Seated, said: Key | Pointer | Clipboard | Resize) -> None:
        if isinstance(said, Key | Pointer):
            seat.note(said)
        elif isinstance(said, Clipboard) and said.extended and not self._capabilities:
            # TightVNC reads its length without a sign, and allocates as much.
            return
        elif isinstance(said, Resize) and not self.announces(Encoding.EXTENDED_DESKTOP_SIZE):
            return
        self._line.send(said.data)

    def _say_wishes(self, levels: tuple[int | None, int | None]) -> None:
        wishes = asked_for(self._preferred, *levels)
        if wishes != self._wishes:
            self._wishes = wishes
            self._line.send(set_encodings(wishes))

    # The line's side.

    def received(self, data: bytes) -> None:
        """Bytes from the customer's server."""
        self._unread = self._unread + data if self._unread else data
        if self._reasons_to_pause:
            self._line.pause()
        else:
            self._take_in()

    def _take_in(self) -> None:
        """Follow what has come, for a turn; the rest waits, and the line with it."""
        began, finished = self._loop.time(), self._follower.finished
        until, at = began + TURN_SECONDS, 0
        # Whoever is told to read on in the middle of this must not begin with the same bytes once more.
        data, self._unread = self._unread, b""
        while at < len(data) and not self._reasons_to_pause and (at == 0 or self._loop.time() < until):
            at += self._follow(data[at : at + SLICE], until)
        self._unread = data[at:]
        self._turn()
        spent = self._loop.time() - began
        self.follow_seconds += spent
        self._slow_down(self._follower.finished - finished, spent)
        if self._line.has_ended:
            self.ended()

    def _follow(self, data: bytes, until: float) -> int:
        """Pass on what is for everybody in pieces as large as can be, and do what each message asks for.

        Answers how far it came before the time was over.
        """
        view, at, shown = memoryview(data), 0, 0
        while at < len(data) and (at == 0 or self._loop.time() < until):
            if self._audience.wants_a_turn:
                self._audience.show(view[shown:at])
                shown = at
                self._turn()
            end, reached = self._follower.advance(data, at, stop=self._audience.wants_a_turn)
            if reached in _NOT_FOR_EVERYBODY:
                self._audience.show(view[shown:at])
                shown = end
            elif reached is Reached.UPDATE and self._audience.awaits_the_whole:
                self._audience.show(view[shown:end])
                shown = end
            self._note(reached)
            at = end
        self._audience.show(view[shown:at])
        return at

    def ended(self) -> None:
        """The server has nothing more to say; technicians may still be reading its last words."""
        if self._unread:
            return
        for guest in self._audience.guests:
            guest.finish()
        if self._seats:
            self._loop.call_later(LINGER_SECONDS, self.end, HUNG_UP)
        else:
            self.end(HUNG_UP)

    def closed(self) -> None:
        """The line is gone."""
        self.end(HUNG_UP)

    def full(self) -> None:
        """The customer's side takes no more for now."""
        self._is_full = True
        for seat in self._seats:
            seat.pause()

    def drained(self) -> None:
        """It does again."""
        self._is_full = False
        for seat in self._seats:
            seat.resume()
        self._ask()

    def _note(self, reached: Reached) -> None:
        if reached is Reached.UPDATE:
            self._requests.answered(whole=self._audience.update_is_over())
            self._ask()
        elif reached is Reached.MESSAGE:
            self._answer(self._follower.message)
        elif reached is Reached.LOST:
            self._lose_track()

    def _lose_track(self) -> None:
        """Whoever sits here reads on; nobody else can come, and without anybody there is nothing left to hold."""
        if self._seats.isdisjoint(self._audience.live):
            self.end(self._follower.lost)

    def _answer(self, message: Message) -> None:
        if message.kind == FENCE:
            self._answer_fence(message.data)
        elif message.kind == BELL:
            self._audience.tell(message.data)
        elif message.kind == CUT_TEXT and message.data and is_sound(message.data):
            self._pass_clipboard(message.data)

    def _answer_fence(self, message: bytes) -> None:
        # No server was told that fences are known. One that floods with them and reads no answer gets none.
        if not self._is_full:
            self._line.send(fence_answer(message))

    def _pass_clipboard(self, message: bytes) -> None:
        """Everybody may know what was copied; of viewers, only the one in control is asked for its own."""
        what = about(message)
        if what is About.QUESTION:
            if self.control and self.control in self._audience.live:
                self.control.tell(message)
            return
        if what is About.TEXT and len(message) <= MAX_KEPT:
            self._text = message
        elif what is About.CAPABILITIES:
            self._capabilities = message
        self._audience.tell(message)

    # What follows from both.

    def _turn(self) -> None:
        """Somebody came, went, or has room again, or a rectangle has ended: what is due is done, if it can be."""
        if self._follower.lost:
            self._send_newcomers_away()
            return
        if self._audience.wants_a_turn and self._follower.is_between_rectangles:
            self._take_turn()
        self._ask()

    def _take_turn(self) -> None:
        if self._audience.take_turn(self._capabilities + self._text):
            self._requests.want_all()

    def _send_newcomers_away(self) -> None:
        live = self._audience.live
        for guest in self._audience.guests:
            if guest not in live:
                self._audience.remove(guest)
                guest.leave()

    def _ask(self) -> None:
        """Ask the server for its next update, if anybody is there to see it."""
        if self._follower.lost or self._is_full or not any(seat in self._audience for seat in self._seats):
            return
        self._requests.go_on(ready=self._is_ready())
        self._mind_the_pace()
        wait = self._requests.wait
        if wait and not self._is_asking_later:
            self._is_asking_later = True
            self._loop.call_later(wait, self._ask_again)

    def _ask_again(self) -> None:
        self._is_asking_later = False
        self._ask()

    def _is_ready(self) -> bool:
        """Whether the pace allows another update: the controlling browser's, or else that of the fastest."""
        leader = self._audience.leader
        if leader:
            return self._audience.is_ready(leader)
        return any(self._audience.is_ready(seat) for seat in self._seats)

    def _slow_down(self, messages: int, spent: float) -> None:
        pause = messages / IDLE_MESSAGES if messages > IDLE_BURST and not self._seats else 0.0
        pause = min(max(pause, spent if self._unread or spent > TURN_SECONDS else 0.0), MAX_PAUSE_SECONDS)
        if pause:
            self._hold_back("turn")
            self._loop.call_later(pause, self._read_again, "turn")

    def _hold_back(self, reason: str) -> None:
        self._reasons_to_pause.add(reason)
        self._line.pause()

    def _read_again(self, reason: str) -> None:
        self._reasons_to_pause.discard(reason)
        if self._unread and not self._reasons_to_pause and not self.over.done():
            self._take_in()
        if not self._reasons_to_pause:
            self._line.resume()
