"""The file of a recording: what is encoded is found again, in any chunking, torn or damaged."""

from __future__ import annotations

import json
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings import container
from recordings.container import (
    HEADING,
    LIMITS,
    MAGIC,
    BadRecording,
    Encoder,
    Kind,
    Refresh,
    Scanner,
    read_end,
    read_head,
    read_point,
    read_refresh,
    read_whole,
)
from tests.unit.recordings.made import HEAD, refresh, scanned, small_file


def payloads(data: bytes, kind: Kind) -> list[bytes]:
    """Whole payloads of one kind, cut out where the scanner says they are."""
    found, _scanner = scanned(data)
    start = HEADING.size
    return [data[one.offset + start : one.offset + start + one.length] for one in found if one.kind == kind]


def record(kind: int, at: int, payload: bytes) -> bytes:
    return HEADING.pack(kind, at, len(payload)) + payload


def begun(*records: bytes) -> bytes:
    return Encoder(HEAD).begin() + b"".join(records)


def test_the_first_bytes_are_as_documented():
    data = small_file()
    assert data.startswith(b"RBREC\0\r\nH\0\0\0\0")
    head = read_head(payloads(data, Kind.HEAD)[0])
    assert head == {
        "version": 1,
        "session": "s3ss10n",
        "call": 7,
        "begun_at": "2026-03-01T09:30:00+00:00",
        "width": 1024,
        "height": 768,
        "name": "Büro-PC",
    }


def test_records_come_back_in_order_with_their_times():
    found, scanner = scanned(small_file())
    assert [(chr(one.kind), one.at) for one in found] == [
        ("H", 0),
        ("R", 0),
        ("D", 5),
        ("W", 9),
        ("D", 1500),
        ("R", 4000),
        ("D", 4100),
        ("W", 4100),
        ("E", 5000),
    ]
    assert not scanner.fault
    assert scanner.whole_until == len(small_file())


def test_a_refresh_point_holds_all_that_a_viewer_needs():
    first, second = payloads(small_file(), Kind.REFRESH)
    assert read_refresh(first) == refresh()
    again = read_refresh(second)
    assert (again.update, again.name, again.point.is_after_gap) == (b"again", "Büro-PC", True)
    assert zlib.decompress(second[-len(zlib.compress(b"again")) :]) == b"again"


def test_refresh_points_are_a_chain_and_pictures_name_theirs():
    data = small_file()
    offsets = [one.offset for one in scanned(data)[0] if one.kind == Kind.REFRESH]
    assert [read_point(payload).previous for payload in payloads(data, Kind.REFRESH)] == [0, offsets[0]]
    assert [read_whole(payload) for payload in payloads(data, Kind.WHOLE)] == offsets


def test_the_end_holds_the_index():
    data = small_file()
    first, second = (one.offset for one in scanned(data)[0] if one.kind == Kind.REFRESH)
    facts = read_end(payloads(data, Kind.END)[0])
    assert facts == {
        "reason": "the session ended",
        "bytes": len(b"".join(payloads(data, Kind.DATA))),
        "index": [[0, first, 9], [4000, second, 4100]],
    }


def test_the_encoder_knows_the_size_of_its_file():
    encoder = Encoder(HEAD)
    made = encoder.begin() + encoder.refresh(0, refresh()) + encoder.data(3, b"x" * 200_000) + encoder.end(4, "")
    assert encoder.size == len(made)
    assert encoder.data_bytes == 200_000


def test_much_data_becomes_several_records_and_stays_the_same():
    data = random.Random(1).randbytes(150_000)
    encoder = Encoder(HEAD)
    made = encoder.begin() + encoder.data(3, data)
    assert [len(one) for one in payloads(made, Kind.DATA)] == [65536, 65536, 18928]
    assert b"".join(payloads(made, Kind.DATA)) == data


def test_times_never_go_back_nor_beyond_their_field():
    encoder = Encoder(HEAD)
    made = encoder.begin() + encoder.data(500, b"a") + encoder.data(400, b"b") + encoder.data(2**40, b"c")
    assert [one.at for one in scanned(made)[0]] == [0, 500, 500, 2**32 - 1]


def test_a_picture_is_complete_once():
    encoder = Encoder(HEAD)
    encoder.begin()
    assert encoder.whole(1) == b""
    encoder.refresh(2, refresh())
    assert encoder.whole(3)
    assert encoder.whole(4) == b""


def test_what_is_too_large_to_begin_with_is_refused(monkeypatch):
    monkeypatch.setitem(container.LIMITS, Kind.REFRESH, 100)
    encoder = Encoder(HEAD)
    encoder.begin()
    with pytest.raises(BadRecording):
        encoder.refresh(0, refresh(random.Random(2).randbytes(200)))


@pytest.mark.parametrize("step", [1, 2, 7, 64])
def test_any_pieces_give_the_same_records(step):
    data = small_file()
    assert scanned(data, step)[0] == scanned(data)[0]


def test_a_torn_file_gives_its_whole_records_wherever_it_is_torn():
    data = small_file()
    all_of_it, _scanner = scanned(data)
    for length in range(len(data)):
        found, scanner = scanned(data[:length])
        assert found == all_of_it[: len(found)]
        assert not scanner.fault
        assert scanner.whole_until <= length


def test_what_nobody_needs_may_be_left_out():
    data, scanner, found, at = small_file(), Scanner(), [], 0
    read = 0
    while at < len(data):
        found += scanner.receive_data(data[at : at + 1])
        at, read = at + 1, read + 1
        skipped = scanner.skippable
        found += scanner.skip(skipped) if skipped else []
        at += skipped
    assert found == scanned(data)[0]
    assert read < len(data) - 600


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\3\4 something else", "no recording"),
        (MAGIC + record(ord("D"), 0, b"x"), "head is not the first"),
        (begun(record(ord("H"), 0, b"{}")), "not the only one"),
        (begun(record(ord("D"), 9, b"x"), record(ord("D"), 8, b"x")), "before that"),
        (begun(record(ord("D"), 9, b"")), "or empty"),
        (begun(HEADING.pack(ord("D"), 0, 65537)), "longer"),
        (begun(HEADING.pack(ord("R"), 0, 2**32 - 1)), "longer"),
        (begun(HEADING.pack(ord("?"), 0, 2**32 - 1)), "longer"),
        (begun(record(ord("E"), 9, b"{}"), b"more than a heading"), "follows the record that ends"),
    ],
)
def test_what_cannot_be_is_told_and_what_was_before_it_counts(data, said):
    found, scanner = scanned(data)
    assert said in scanner.fault
    assert scanner.receive_data(small_file()) == []
    assert len(found) <= 2


def test_a_kind_of_a_later_version_is_passed_over():
    found, scanner = scanned(begun(record(ord("K"), 3, b"news"), record(ord("D"), 4, b"x")))
    assert [chr(one.kind) for one in found] == ["H", "K", "D"]
    assert not scanner.fault


@pytest.mark.parametrize(
    ("read", "payload"),
    [
        (read_head, b"{"),
        (read_head, b"[]"),
        (read_head, b"[" * 50_000),
        (read_head, b'{"version": 2}'),
        (read_head, b"\xff\xfe"),
        (read_end, b"3"),
        (read_point, b"short"),
        (read_whole, b"123"),
        (read_refresh, b"\0" * 15 + b"not deflated"),
        (read_refresh, b"\0" * 13 + b"\0\1\xff" + zlib.compress(b"x")),
        (read_refresh, b"\0" * 15 + zlib.compress(b"torn")[:-5]),
    ],
)
def test_a_damaged_payload_is_refused(read, payload):
    with pytest.raises(BadRecording):
        read(payload)


def test_an_update_that_swells_is_refused(monkeypatch):
    monkeypatch.setattr(container, "MAX_UPDATE", 1000)
    with pytest.raises(BadRecording):
        read_refresh(b"\0" * 15 + zlib.compress(bytes(1001)))


EVENTS = st.lists(
    st.tuples(st.sampled_from("RDW"), st.integers(0, 2**33), st.binary(min_size=1, max_size=300), st.booleans()),
    max_size=30,
)


def encoded(events: list[tuple[str, int, bytes, bool]]) -> bytes:
    encoder = Encoder(HEAD)
    made = [encoder.begin()]
    for kind, at, data, gap in events:
        if kind == "R":
            made.append(encoder.refresh(at, Refresh(refresh(gap=gap).point, "x", data)))
        elif kind == "D":
            made.append(encoder.data(at, data))
        else:
            made.append(encoder.whole(at))
    return b"".join((*made, encoder.end(0, "done")))


@given(EVENTS, st.randoms(use_true_random=False))
def test_whatever_is_written_is_read_in_any_pieces(events, chance):
    data = encoded(events)
    whole, scanner = scanned(data)
    assert not scanner.fault
    assert b"".join(payloads(data, Kind.DATA)) == b"".join(one[2] for one in events if one[0] == "D")
    assert [read_refresh(one).update for one in payloads(data, Kind.REFRESH)] == [e[2] for e in events if e[0] == "R"]
    in_pieces, rest, other = [], data, Scanner()
    while rest:
        count = chance.randint(1, 40)
        in_pieces += other.receive_data(rest[:count])
        rest = rest[count:]
    assert in_pieces == whole


@given(st.binary(max_size=400), st.booleans())
def test_rubbish_neither_crashes_nor_is_held(rubbish, with_magic):
    data = (begun() if with_magic else b"") + rubbish
    _found, scanner = scanned(data, 3)
    assert len(scanner._part) <= len(data)


@settings(max_examples=300)
@given(st.integers(0, len(small_file()) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_survived(where, flip):
    data = bytearray(small_file())
    data[where] ^= flip
    found, scanner = scanned(bytes(data), 5)
    assert scanner.whole_until <= len(data)
    for one in found:
        assert one.length <= max(LIMITS.values())


def test_ten_million_fuzzed_bytes_stay_within_bounds():
    chance, file = random.Random(5), small_file()
    fed = 0
    while fed < 10_000_000:
        damaged = bytearray(file * 20 if chance.random() < 0.3 else file)
        for _each in range(chance.randint(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        piece = chance.choice((17, 4096, 1 << 20))
        _found, scanner = scanned(bytes(damaged) + chance.randbytes(20_000), piece)
        assert len(scanner._part) <= LIMITS[Kind.END]
        fed += len(damaged) + 20_000


def test_the_examples_index_is_json_that_others_can_read():
    facts = payloads(small_file(), Kind.END)[0]
    assert json.loads(facts)["reason"] == "the session ended"
