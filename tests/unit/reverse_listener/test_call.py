from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from reverse_listener import call as call_module
from reverse_listener import requests
from reverse_listener.audience import MAX_BEHIND
from reverse_listener.call import HUNG_UP, Call
from reverse_listener.line import HIGH_WATER
from rfb.encodings import NOVNC_FORMAT, asked_for, set_encodings, set_pixel_format, update_request
from rfb.input import Clipboard, Key, Pointer, Request, Resize, Wishes
from rfb.joining import LAST_RECT
from sessions.call_values import Totals
from sessions.matching import Claims
from tests.unit.reverse_listener.helpers import DESKTOP, PATIENCE, Peer, Recorder, connected, cut_text, until
from tests.unit.rfb.pictures import rectangle, update

BELL = b"\x02"
SIZE = (DESKTOP.width, DESKTOP.height)
FORMAT = set_pixel_format(NOVNC_FORMAT)
WISHES = set_encodings(asked_for("tight", 6, 2))
ALL, MORE = (update_request(*SIZE, incremental=incremental) for incremental in (False, True))
SMALL = update(rectangle(0, 0, 1, 1, 0, b"abcd"))
WHOLE = update(rectangle(0, 0, *SIZE, 7, b"\x80abc"))
TWO = update(rectangle(0, 0, 1, 1, 0, b"1234"), rectangle(1, 1, 1, 1, 0, b"5678"))
HALF = 4 + 16  # bytes of TWO up to its second rectangle
CAPS = b"\x03\0\0\0\xff\xff\xff\xfc\x01\0\0\x01"
QUESTION = b"\x03\0\0\0\xff\xff\xff\xfc\x02\0\0\x01"
KEY = Key(down=True, keysym=0x41, scan_code=None, data=b"\x04key")


@contextlib.asynccontextmanager
async def held(early: bytes = b"") -> AsyncIterator[tuple[Call, Peer]]:
    async with connected() as (line, server):
        call = Call(line, DESKTOP, Claims("127.0.0.1"), early)
        assert await server.hear(len(FORMAT)) == FORMAT
        yield call, server


async def sit(call: Call, server: Peer, *, control: bool = True) -> Recorder:
    """The first seat: it begins at once, and the server is asked for everything."""
    seat = Recorder()
    if control:
        call.set_control(seat)
    come(call, seat)
    assert await server.hear(len(WISHES + ALL)) == WISHES + ALL
    return seat


def come(call: Call, seat: Recorder) -> None:
    """Take part, as a viewer does with its first request."""
    call.sit(seat, SIZE)
    ask(call, seat)


def ask(call: Call, seat: Recorder) -> None:
    call.heed(seat, Request(incremental=True, data=MORE))


async def say(call: Call, server: Peer, data: bytes) -> None:
    """Let the server say something, and the call hear it."""
    before = call.totals.from_customer
    await server.say(data)
    await until(lambda: call.totals.from_customer == before + len(data))


async def silent(server: Peer) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(server.reader.read(1), 0.05)


async def reason(call: Call) -> str:
    return await asyncio.wait_for(asyncio.shield(call.over), PATIENCE)


def test_pictures_go_to_the_seat_as_they_come_and_input_to_the_server() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            await say(call, server, WHOLE[:9])
            assert seat.heard == WHOLE[:9]
            await say(call, server, WHOLE[9:] + SMALL)
            assert seat.heard == WHOLE + SMALL
            assert seat.told == ["whole"]
            assert await server.hear(len(MORE)) == MORE
            call.heed(seat, KEY)
            assert await server.hear(4) == b"\x04key"
            sent = len(FORMAT + WISHES + ALL + MORE + b"\x04key")
            assert call.totals == Totals(from_customer=len(WHOLE + SMALL), to_customer=sent)

    asyncio.run(story())


def test_one_request_is_open_at_a_time_and_a_slow_browser_is_one_behind_at_most() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            await silent(server)
            await say(call, server, WHOLE)
            assert await server.hear(len(MORE)) == MORE
            await say(call, server, SMALL)
            await silent(server)
            ask(call, seat)
            assert await server.hear(len(MORE)) == MORE

    asyncio.run(story())


def test_a_technician_goes_and_comes_back_in_the_middle_of_an_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "PATIENCE", 0.1)

    async def story() -> None:
        async with held() as (call, server):
            first = await sit(call, server)
            await say(call, server, TWO[:HALF])
            call.rise(first)
            assert await server.hear(2) == b"up"
            await say(call, server, TWO[HALF : HALF + 5])
            second = Recorder()
            come(call, second)
            assert second.heard == b""
            await say(call, server, TWO[HALF + 5 :] + SMALL[:1])
            assert second.heard == SMALL[:1]
            assert await server.hear(len(MORE + ALL)) == MORE + ALL
            assert not call.over.done()

    asyncio.run(story())


def test_a_newcomer_between_two_rectangles_gets_a_header_for_the_rest() -> None:
    async def story() -> None:
        async with held() as (call, server):
            await sit(call, server)
            await say(call, server, TWO[:HALF])
            second = Recorder()
            come(call, second)
            await say(call, server, TWO[HALF:])
            assert second.heard == update(TWO[HALF:])

    asyncio.run(story())


def test_nobody_there_is_shown_nothing_and_asks_for_nothing() -> None:
    async def story() -> None:
        async with held() as (call, server):
            call.rise(await sit(call, server))
            await server.hear(2)
            await say(call, server, WHOLE)
            await silent(server)
            assert call.facts.resumable

    asyncio.run(story())


def test_a_watcher_s_input_never_passes() -> None:
    async def story() -> None:
        async with held() as (call, server):
            await sit(call, server)
            watcher = Recorder()
            come(call, watcher)
            await server.say(WHOLE + CAPS + update(rectangle(0, 0, *SIZE, -308, b"\x01\0\0\0" + bytes(16))))
            assert await server.hear(len(ALL)) == ALL
            for said in (
                KEY,
                Pointer(1, 2, 3, b"\x05pointer"),
                Clipboard(extended=False, data=b"\x06text"),
                Clipboard(extended=True, data=b"\x06more"),
                Resize(b"\xfbsize"),
                Wishes((7, -23, -247)),
            ):
                call.heed(watcher, said)
            await silent(server)
            assert "note" not in watcher.told

    asyncio.run(story())


def test_control_moves_and_what_was_held_down_is_let_go_of() -> None:
    async def story() -> None:
        async with held() as (call, server):
            first, second = await sit(call, server), Recorder()
            come(call, second)
            call.set_control(second)
            assert await server.hear(2) == b"up"
            call.heed(first, KEY)
            call.heed(second, KEY)
            assert await server.hear(4) == b"\x04key"
            assert first.told == []
            await silent(server)

    asyncio.run(story())


def test_a_question_about_the_way_is_passed_on_at_once_and_is_no_request() -> None:
    async def story() -> None:
        async with held() as (call, server):
            control, watcher = await sit(call, server), Recorder()
            come(call, watcher)
            question = update_request(1, 1, incremental=False)
            for seat in (watcher, control, control):
                call.heed(seat, Request(incremental=False, data=question))
            assert await server.hear(20) == question * 2
            await silent(server)

    asyncio.run(story())


def test_only_the_one_in_control_says_how_sharp_the_picture_is() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            call.heed(seat, Wishes((7, -32 + 3, -256 + 9)))
            asked = set_encodings(asked_for("tight", 3, 9))
            assert await server.hear(len(asked)) == asked
            call.heed(seat, Wishes((7, -32 + 3, -256 + 9)))
            await silent(server)

    asyncio.run(story())


def test_words_reach_everybody_questions_only_the_one_in_control() -> None:
    async def story() -> None:
        async with held() as (call, server):
            control, watcher = await sit(call, server), Recorder()
            come(call, watcher)
            await say(call, server, CAPS + BELL + cut_text(b"hi") + QUESTION)
            assert control.heard == CAPS + BELL + cut_text(b"hi") + QUESTION
            assert watcher.heard == CAPS + BELL + cut_text(b"hi")
            newcomer = Recorder()
            come(call, newcomer)
            assert newcomer.heard == CAPS + cut_text(b"hi")

    asyncio.run(story())


def test_an_extended_clipboard_goes_to_a_server_that_said_it_knows_it() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            call.heed(seat, Clipboard(extended=True, data=b"\x06more"))
            call.heed(seat, Resize(b"\xfbsize"))
            call.heed(seat, Clipboard(extended=False, data=b"\x06text"))
            assert await server.hear(5) == b"\x06text"
            await say(call, server, CAPS)
            call.heed(seat, Clipboard(extended=True, data=b"\x06more"))
            assert await server.hear(5) == b"\x06more"

    asyncio.run(story())


@pytest.mark.parametrize("message", [b"\x03\0\0\0\xff\xff\xff\xff\x01", b"\x01\0\0\0\0\x01" + bytes(6), b"\x96"])
def test_what_novnc_cannot_read_is_not_shown_to_it(message: bytes) -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            await say(call, server, message + SMALL)
            assert seat.heard == SMALL

    asyncio.run(story())


def test_a_fence_is_answered_by_the_call() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            await server.say(b"\xf8\0\0\0\x80\0\0\x01\x01x")
            assert await server.hear(10) == b"\xf8\0\0\0\0\0\0\x01\x01x"
            assert seat.heard == b""

    asyncio.run(story())


def test_a_slow_watcher_is_left_out_and_begins_anew_without_slowing_anybody() -> None:
    async def story() -> None:
        async with held() as (call, server):
            control, watcher = await sit(call, server), Recorder()
            come(call, watcher)
            await say(call, server, WHOLE + TWO[:HALF])
            watcher.is_full = True
            await say(call, server, TWO[HALF:])
            assert watcher.heard == WHOLE + TWO[:HALF] + LAST_RECT
            assert control.heard == WHOLE + TWO
            watcher.is_full = False
            await say(call, server, SMALL)
            assert watcher.heard == WHOLE + TWO[:HALF] + LAST_RECT
            for _ in range(2):
                ask(call, watcher)
            assert len(watcher.beginnings) == 2
            await say(call, server, SMALL)
            assert watcher.heard.endswith(SMALL)

    asyncio.run(story())


def test_a_watcher_whose_browser_is_far_behind_is_left_out() -> None:
    async def story() -> None:
        async with held() as (call, server):
            control, watcher = await sit(call, server), Recorder()
            come(call, watcher)
            await say(call, server, SMALL * (MAX_BEHIND + 5))
            assert len(watcher.heard) < len(control.heard) == len(SMALL) * (MAX_BEHIND + 5)

    asyncio.run(story())


def test_a_slow_controller_slows_the_server_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "STALL_SECONDS", 0.05)

    async def story() -> None:
        async with held() as (call, server):
            control, watcher = await sit(call, server), Recorder()
            come(call, watcher)
            control.is_full = True
            call.full_seat(control)
            assert not call._line._transport.is_reading()
            await server.say(SMALL)
            await until(lambda: watcher.heard == SMALL)
            assert control.heard == b""
            control.is_full = False
            call.drained_seat(control)
            ask(call, control)
            await say(call, server, SMALL)
            assert control.heard.endswith(SMALL)

    asyncio.run(story())


def test_a_controller_alone_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "STALL_SECONDS", 0.01)

    async def story() -> None:
        async with held() as (call, server):
            control = await sit(call, server)
            control.is_full = True
            call.full_seat(control)
            await server.say(SMALL)
            await asyncio.sleep(0.05)
            assert control.heard == b""
            control.is_full = False
            call.drained_seat(control)
            await until(lambda: control.heard == SMALL)

    asyncio.run(story())


def test_newcomers_at_once_share_one_whole_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "PATIENCE", 0.1)

    async def story() -> None:
        async with held() as (call, server):
            await sit(call, server)
            for _ in range(3):
                come(call, Recorder())
            await silent(server)
            assert await server.hear(len(ALL)) == ALL
            await say(call, server, WHOLE)

    asyncio.run(story())


def test_a_recording_is_shown_what_technicians_see_and_asks_for_nothing() -> None:
    async def story() -> None:
        async with held() as (call, server):
            recording = Recorder()
            call.admit(recording)
            await silent(server)
            await sit(call, server)
            await say(call, server, WHOLE)
            assert recording.heard == WHOLE
            call.begin_anew(recording)
            assert len(recording.beginnings) == 2
            assert await server.hear(len(MORE + ALL)) == MORE + ALL
            call.remove(recording)
            await say(call, server, SMALL)
            assert recording.heard == WHOLE

    asyncio.run(story())


def test_after_what_cannot_be_followed_bytes_flow_but_nobody_can_join() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            await say(call, server, WHOLE + b"\xffanything")
            assert seat.heard == WHOLE + b"\xffanything"
            assert not call.facts.resumable
            newcomer = Recorder()
            come(call, newcomer)
            assert newcomer.told == ["leave"]
            call.rise(newcomer)
            await server.hear(len(MORE))
            ask(call, seat)
            assert await server.hear(len(MORE)) == MORE
            assert not call.over.done()
            call.rise(seat)
            assert "nobody could have come back" in await reason(call)

    asyncio.run(story())


def test_what_cannot_be_followed_while_nobody_is_there_ends_the_call() -> None:
    async def story() -> None:
        async with held(early=b"\x07") as (call, _server):
            assert (await reason(call)).startswith("The VNC server sends message 7")

    asyncio.run(story())


def test_a_recording_alone_does_not_keep_a_call_that_nobody_can_join() -> None:
    async def story() -> None:
        async with held() as (call, server):
            call.admit(Recorder())
            await server.say(b"\x07")
            assert (await reason(call)).startswith("The VNC server sends message 7")

    asyncio.run(story())


def test_a_new_size_is_told_asked_for_and_greeted_with() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            resized = update(rectangle(0, 0, 640, 480, -223))
            await say(call, server, resized)
            assert seat.heard == resized
            everything = update_request(640, 480, incremental=False)
            assert await server.hear(len(everything)) == everything
            assert (call.desktop.width, call.facts.height) == (640, 480)
            late = Recorder()
            come(call, late)
            assert late.heard == resized

    asyncio.run(story())


def test_a_flood_of_messages_is_read_slowly_while_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "MAX_PAUSE_SECONDS", 0.05)
    flood = cut_text(b"") * 50_000

    async def story() -> None:
        async with held() as (call, server):
            saying = asyncio.create_task(server.say(flood))
            await until(lambda: not call._line._transport.is_reading())
            await until(lambda: call.totals.from_customer == len(flood))
            await saying

    asyncio.run(story())


@pytest.mark.parametrize("how", ["finish", "leave"])
def test_a_server_hangs_up(how: str) -> None:
    async def story() -> None:
        async with held() as (call, server):
            if how == "finish":
                server.finish()
            else:
                await server.leave()
            assert await reason(call) == HUNG_UP

    asyncio.run(story())


def test_nobody_waits_for_a_recording_to_hear_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "LINGER_SECONDS", PATIENCE * 2)

    async def story() -> None:
        async with held() as (call, server):
            call.admit(Recorder())
            server.finish()
            assert await reason(call) == HUNG_UP

    asyncio.run(story())


def test_a_servers_last_words_reach_the_seat_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "LINGER_SECONDS", 0.05)

    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            await server.say(SMALL)
            server.finish()
            await until(lambda: "finish" in seat.told)
            assert seat.heard == SMALL
            assert not call.over.done()
            assert await reason(call) == HUNG_UP

    asyncio.run(story())


def test_a_full_line_to_the_customer_pauses_the_seats() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            sent = 0
            while "pause" not in seat.told:
                call.heed(seat, Clipboard(extended=False, data=bytes(65536)))
                sent += 65536
                await asyncio.sleep(0)
            await server.hear(sent)
            await until(lambda: seat.told == ["pause", "resume"])

    asyncio.run(story())


def test_the_first_reason_counts() -> None:
    async def story() -> None:
        async with held() as (call, server):
            call.end("one")
            call.end("two")
            await server.leave()
            assert await reason(call) == "one"

    asyncio.run(story())


def test_hanging_up_closes_both_legs() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            call.hang_up()
            assert await server.hear_all() == b""
            assert seat.told == ["leave"]

    asyncio.run(story())


def test_a_controller_that_asks_no_more_does_not_keep_the_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "STALL_SECONDS", 0.05)

    async def story() -> None:
        async with held() as (call, server):
            control, watcher = await sit(call, server), Recorder()
            come(call, watcher)
            await say(call, server, WHOLE)
            assert await server.hear(len(ALL)) == ALL
            # Its network stands still: what is sent to it fills no buffer for a long time, but it asks no more.
            for _ in range(3 * MAX_BEHIND):
                await say(call, server, SMALL)
                ask(call, watcher)
                assert await server.hear(len(MORE)) == MORE
            assert len(control.heard) < len(watcher.heard)
            for _ in range(3 * MAX_BEHIND):
                ask(call, control)
            await say(call, server, SMALL)
            assert control.heard.endswith(SMALL)
            assert len(control.beginnings) == 2

    asyncio.run(story())


def test_one_who_was_given_control_and_never_asks_does_not_keep_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(call_module, "STALL_SECONDS", 0.05)

    async def story() -> None:
        async with held() as (call, server):
            watcher = await sit(call, server, control=False)
            call.set_control(Recorder())
            await say(call, server, WHOLE)
            ask(call, watcher)
            assert await server.hear(len(MORE)) == MORE

    asyncio.run(story())


def test_what_takes_long_is_followed_in_turns_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "TURN_SECONDS", 0.0)

    async def story() -> None:
        async with held() as (call, server):
            seat = await sit(call, server)
            call.received(b"\x0d" * 9 + WHOLE + SMALL + b"\x0d")
            assert seat.heard == b""
            await server.say(TWO)
            server.finish()
            await until(lambda: seat.heard == WHOLE + SMALL + TWO)
            await until(lambda: "finish" in seat.told)

    asyncio.run(story())


def test_a_server_that_reads_nothing_is_answered_no_more_than_its_line_takes() -> None:
    fences, count = b"\xf8\0\0\0\x80\0\0\x01\0", 200_000

    async def story() -> None:
        async with held() as (call, server):
            await sit(call, server)
            await asyncio.wait_for(server.say(fences * count), 20)
            await until(lambda: call._line.received_bytes == len(fences) * count, 20)
            await until(lambda: not call._unread)
            assert call._line.under_way < 2 * HIGH_WATER
            await say(call, server, WHOLE)
            assert call._line.under_way < 2 * HIGH_WATER

    asyncio.run(story())


def test_control_goes_to_one_who_is_left_out_and_sees_the_picture_again_once_it_can() -> None:
    async def story() -> None:
        async with held() as (call, server):
            control, watcher = await sit(call, server), Recorder()
            come(call, watcher)
            await say(call, server, WHOLE + TWO[:HALF])
            watcher.is_full = True
            await say(call, server, TWO[HALF:])
            call.set_control(watcher)
            assert await server.hear(len(ALL + b"up")) == ALL + b"up"
            assert not call._line._transport.is_reading()
            call.heed(watcher, KEY)
            call.heed(control, Key(down=True, keysym=0x42, scan_code=None, data=b"\x04no"))
            assert await server.hear(4) == b"\x04key"
            watcher.is_full = False
            call.drained_seat(watcher)
            for _ in range(2):
                ask(call, watcher)
            assert len(watcher.beginnings) == 2
            await say(call, server, SMALL)
            assert watcher.heard.endswith(SMALL)
            call.rise(watcher)
            assert call.control is None

    asyncio.run(story())
