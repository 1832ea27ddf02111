from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import portal
from portal.words import MATCHED_BY, STATES, groups, in_minutes, lasting, remaining, stamp
from sessions.matching import MatchedBy
from sessions.states import State

SPANS = {
    -5: "0 s",
    0: "0 s",
    59: "59 s",
    60: "1 min",
    3599: "59 min",
    3600: "1 h 00 min",
    7500: "2 h 05 min",
    86_400: "1 d 0 h",
    273_600: "3 d 4 h",
}


def test_every_state_and_every_way_of_matching_has_its_words() -> None:
    assert set(STATES) == set(State)
    assert set(MATCHED_BY) >= set(MatchedBy)


def test_a_duration_is_said_narrowly() -> None:
    assert {seconds: lasting(timedelta(seconds=seconds)) for seconds in SPANS} == SPANS


def test_what_is_left_is_rounded_up_to_minutes() -> None:
    left = {0: "0 s", 59: "59 s", 60: "1 min", 61: "2 min", 7199.5: "2 h 00 min", 7200: "2 h 00 min"}
    assert {seconds: remaining(timedelta(seconds=seconds)) for seconds in left} == left


@pytest.mark.integration
def test_the_boards_script_says_durations_with_the_same_words() -> None:
    module = Path(portal.__file__).parent / "static" / "times.js"
    program = (
        f"import {{ lasting }} from {json.dumps(module.as_uri())};"
        f"console.log(JSON.stringify({json.dumps(list(SPANS))}.map((seconds) => lasting(seconds * 1000))));"
    )
    node = shutil.which("node")
    assert node
    said = subprocess.run(
        [node, "--input-type=module", "--no-warnings", "-e", program], capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout) == list(SPANS.values())


def test_a_moment_is_written_in_utc_whatever_its_zone() -> None:
    moment = datetime(2026, 3, 1, 11, 30, 15, 999, tzinfo=timezone(timedelta(hours=2)))
    assert stamp(moment) == "2026-03-01T09:30:15Z"
    assert in_minutes(moment) == "2026-03-01 09:30 UTC"
    assert stamp(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00Z"


def test_a_code_is_read_aloud_in_groups_of_three() -> None:
    assert groups("123456789") == ["123", "456", "789"]
