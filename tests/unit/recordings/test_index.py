"""What a player has to know of a recording, whether it is whole, still runs, was torn or was damaged."""

from __future__ import annotations

import contextlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.container import BadRecording, Encoder
from recordings.index import MAX_SLOTS, IndexReader, read_index
from tests.unit.recordings.made import HEAD, refresh, scanned, small_file


class Counted(BytesIO):
    """A file that knows how much of it was read."""

    was_read = 0

    def read(self, size=-1):
        data = super().read(size)
        self.was_read += len(data)
        return data


def index_of(*parts: bytes):
    return read_index(BytesIO(b"".join(parts)))


def test_the_index_of_a_whole_file():
    data = small_file()
    first, second = (one.offset for one in scanned(data)[0] if chr(one.kind) == "R")
    made = index_of(data).as_json()
    assert made.pop("head")["session"] == "s3ss10n"
    assert made == {
        "milliseconds": 5000,
        "bytes": 610,
        "finished": True,
        "points": [{"at": 0, "offset": first, "whole_at": 9}, {"at": 4000, "offset": second, "whole_at": 4100}],
        "activity": [5, 600, 0, 0, 5],
        "slot_ms": 1000,
        "gaps": [(1500, 4000)],
        "fault": "",
    }


def test_it_agrees_with_the_index_that_was_written():
    data = small_file()
    made = index_of(data)
    assert made.reason == "the session ended"
    assert made.whole_until == len(data)


def test_a_torn_file_is_read_up_to_its_last_whole_record():
    data = small_file()
    for length in range(len(data)):
        try:
            made = index_of(data[:length])
        except BadRecording:
            assert length < scanned(data)[0][1].offset
            continue
        assert not made.fault
        assert not made.is_finished
        assert made.whole_until <= length


def test_a_point_whose_picture_was_never_complete_says_so():
    encoder = Encoder(HEAD)
    made = index_of(encoder.begin(), encoder.refresh(3, refresh()), encoder.data(4, b"x"))
    assert [mark.whole_at for mark in made.points] == [None]


def test_a_long_recording_has_a_short_activity_whose_sum_is_right():
    encoder = Encoder(HEAD)
    parts = [encoder.begin()] + [encoder.data(minute * 60_000, b"1234") for minute in range(3000)]
    made = index_of(*parts)
    assert len(made.activity) <= MAX_SLOTS
    assert sum(made.activity) == made.bytes == 12_000
    assert len(made.activity) * made.slot_ms >= made.milliseconds


def test_what_it_does_not_need_is_not_read():
    encoder = Encoder(HEAD)
    parts = [encoder.begin()] + [encoder.refresh(n, refresh(bytes(range(256)) * 40)) for n in range(3)]
    parts += [encoder.data(9, bytes(60_000)) * 200]
    file = Counted(b"".join(parts))
    made = read_index(file)
    assert made.bytes == 12_000_000
    assert len(made.points) == 3


def test_pieces_that_were_not_read_count_only_where_the_file_has_them():
    encoder = Encoder(HEAD)
    data = b"".join([encoder.begin(), encoder.data(1, bytes(60_000)), encoder.data(2, bytes(60_000))])
    made = index_of(data[:-1])
    assert made.bytes == 60_000
    assert not made.fault


def test_damage_is_told_and_what_was_before_it_is_there():
    encoder = Encoder(HEAD)
    good = encoder.begin() + encoder.refresh(0, refresh()) + encoder.data(5, b"good")
    other = Encoder(HEAD)
    other.begin()
    wrong_chain = other.refresh(6, refresh())
    made = index_of(good, wrong_chain)
    assert "does not follow" in made.fault
    assert made.bytes == 4
    assert made.whole_until == len(good)


def test_a_file_that_grows_is_read_on_and_gives_what_it_gives_at_once():
    whole, reader = small_file(), IndexReader()
    for length in range(0, len(whole) + 1, 3):
        with contextlib.suppress(BadRecording):
            made = reader.read_on(BytesIO(whole[:length]))
            assert made.as_json() == index_of(whole[:length]).as_json()
    assert reader.read_on(BytesIO(whole)).as_json() == index_of(whole).as_json()


def test_what_was_read_is_not_read_again():
    encoder, reader = Encoder(HEAD), IndexReader()
    data = encoder.begin() + encoder.refresh(0, refresh()) + encoder.data(9, bytes(60_000)) * 50
    reader.read_on(Counted(data))
    more = Counted(data + encoder.data(10, bytes(100)))
    assert reader.read_on(more).bytes == 3_000_100
    assert more.was_read < 70_000


@pytest.mark.parametrize("data", [b"", b"RBREC", b"GIF89a and so on", b"RBREC\0\r\n"])
def test_what_is_no_recording_is_refused(data):
    with pytest.raises(BadRecording):
        index_of(data)


@given(st.binary(max_size=300))
def test_rubbish_after_a_beginning_is_survived(rubbish):
    encoder = Encoder(HEAD)
    data = encoder.begin() + encoder.refresh(0, refresh())
    made = index_of(data, rubbish)
    assert made.whole_until >= len(data)
