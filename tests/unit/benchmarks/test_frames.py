"""`websockets`, which has nothing in common with the parser under test, builds the server's frames and reads ours."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from benchmarks.frames import Closed, FrameParser, client_frame

PAYLOADS = [b"", b"a", bytes(125), bytes(range(126)), bytes(65_535), bytes(65_536)]


def server_frame(payload, opcode=Opcode.BINARY, *, mask=False):
    return Frame(opcode, payload).serialize(mask=mask)


def fed(parser, data, size):
    cuts = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(bytes(piece) for cut in cuts for piece in parser.feed(memoryview(cut)))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, 1_000_000], ids="cut every {}".format)
def test_payloads_come_out_however_the_stream_was_cut(size):
    stream = b"".join(map(server_frame, PAYLOADS))
    assert fed(FrameParser(), stream, size) == b"".join(PAYLOADS)


@pytest.mark.parametrize("size", [1, 1000], ids="cut every {}".format)
def test_a_ping_between_frames_is_left_out(size):
    stream = server_frame(b"one") + server_frame(b"are you there?", Opcode.PING) + server_frame(b"two")
    assert fed(FrameParser(), stream, size) == b"onetwo"


def test_a_payload_is_not_copied():
    stream = memoryview(server_frame(b"picture"))
    [piece] = FrameParser().feed(stream)
    assert piece.obj is stream.obj


def test_a_close_frame_ends_it():
    with pytest.raises(Closed):
        FrameParser().feed(memoryview(server_frame(b"\x03\xe8", Opcode.CLOSE)))


def test_a_masked_frame_is_refused():
    with pytest.raises(ValueError, match="mask"):
        FrameParser().feed(memoryview(server_frame(b"x", mask=True)))


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
def test_a_server_understands_our_frames(payload):
    reader = StreamReader()
    reader.feed_data(client_frame(payload))
    reader.feed_eof()
    reading = Frame.parse(reader.read_exact, mask=True)
    with pytest.raises(StopIteration) as end:
        next(reading)
    assert end.value.value == Frame(Opcode.BINARY, payload)
    assert reader.buffer == b""
