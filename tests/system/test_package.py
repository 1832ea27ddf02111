"""The Debian package on a fresh machine: installed, used, upgraded while a call is held, removed, purged."""

from __future__ import annotations

import json
import re
import shlex
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import sync_playwright

from tests.journey.browsers import WINDOW, launched
from tests.journey.computers import IN_TERMINAL, ON_GROUND, X11vnc
from tests.journey.people import Technician
from tests.journey.programs import Programs
from tests.processes import wait_until
from tests.system import image, package
from tests.system.machine import Machine
from tests.system.office import ADMIN, CALLS, PARTS, URL, Office
from tests.system.watching import PATIENCE

SERVICES = (*PARTS, "reachback-migrate")
# systemd.exec(5) calls what is at most this well fenced in.
EXPOSURE = 1.5
SETTINGS = "/etc/reachback/reachback.env"
STATE = "/var/lib/reachback"


def test_everything_runs_and_the_doctor_finds_nothing(office: Office) -> None:
    assert [part for part in ("reachback.target", *PARTS) if not office.machine.is_active(part)] == []
    assert office.machine.run("systemctl", "is-enabled", "reachback.target") == "enabled"
    assert [line for line in office.machine.run("reachback", "doctor").splitlines() if not line.startswith("✔")] == []
    assert office.machine.try_to("systemctl", "--failed", "--quiet").output == ""


def test_who_may_read_what(office: Office) -> None:
    told = office.machine.run("stat", "--format=%a %U:%G %n", SETTINGS, STATE, f"{STATE}/reachback.db")
    assert told.splitlines() == [
        f"640 root:reachback {SETTINGS}",
        f"700 reachback:reachback {STATE}",
        f"600 reachback:reachback {STATE}/reachback.db",
    ]
    others = office.machine.run("find", "/opt/reachback", "-xdev", "(", "-perm", "/022", "!", "-type", "l", ")")
    assert others == ""


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_fenced_in(office: Office, service: str, record_property: pytest.RecordProperty) -> None:
    unit = f"/lib/systemd/system/{service}.service"
    said = office.machine.run("systemd-analyze", "security", "--offline=yes", "--no-pager", unit)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found, said
    record_property(f"systemd-analyze security {service}", found[1])
    assert float(found[1]) <= EXPOSURE


def test_the_settings_are_read_as_systemd_reads_them(office: Office) -> None:
    lines = (
        'REACHBACK_OPENID_NAME="The shop & co"',
        "#REACHBACK_MAX_CALLS=0",
        "REACHBACK_MAX_SEATS='$(touch /tmp/run)'",
    )
    office.machine.run("cp", "--preserve", SETTINGS, "/tmp/kept")
    try:
        office.machine.run("sh", "-c", 'printf "%s\\n" "$@" >>' + SETTINGS, "sh", *lines)
        ran = office.machine.try_to("reachback", "doctor")
        assert ran.status != 0
        assert "REACHBACK_MAX_SEATS" in ran.output
        assert office.machine.try_to("test", "-e", "/tmp/run").status == 1
    finally:
        office.machine.run("cp", "--preserve", "/tmp/kept", SETTINGS)


def test_a_changed_setting_is_taken_up_and_found_well(office: Office) -> None:
    machine = office.machine
    machine.run("cp", "--preserve", SETTINGS, "/tmp/kept")
    try:
        machine.run("sh", "-c", f"echo REACHBACK_SESSION_PORTS=5501-5503 >>{SETTINGS}")
        machine.run("systemctl", "restart", "reachback.target")
        told = wait_until(lambda: _well(machine), PATIENCE, "the doctor finds nothing")
        assert "session ports 5501 to 5503 are the listener's" in told
        assert office.api("POST", "/api/sessions", {"customer": "Port"}).body["port"] in {5501, 5502, 5503}
    finally:
        machine.run("cp", "--preserve", "/tmp/kept", SETTINGS)
        machine.run("systemctl", "restart", "reachback.target")


def _well(machine: Machine) -> str | None:
    """What the doctor says, where it finds nothing."""
    ran = machine.try_to("reachback", "doctor")
    return ran.output if ran.status == 0 else None


def test_only_an_administrator_may_use_the_command_line(office: Office) -> None:
    ran = office.machine.try_to("setpriv", "--reuid=nobody", "--clear-groups", "reachback", "technician", "add", "eve")
    assert ran.status == 1
    assert "sudo reachback technician add eve" in ran.output


def test_a_person_signs_in(office: Office) -> None:
    with requests.Session() as browser:
        browser.trust_env = False
        form = browser.get(f"{URL}/sign-in", timeout=30)
        sent = {"csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', form.text)[0], "next": "/console"}
        board = browser.post(f"{URL}/sign-in", {**sent, "name": ADMIN, "password": office.password}, timeout=30)
        assert (board.status_code, urlsplit(board.url).path) == (200, "/console")


def test_from_a_real_server_to_a_picture(office: Office, programs: Programs) -> None:
    with office.call(programs, "Mrs Gray") as call:
        assert call.seat.name == "Mrs Gray"
        call.shows("#336699")
    assert "Traceback" not in office.machine.journal()


def test_the_journey_with_a_real_browser(office: Office, programs: Programs) -> None:
    with sync_playwright() as playwright, launched(playwright) as browser:
        technician = Technician(browser.new_context(viewport=WINDOW), office)
        board = technician.sign_in(ADMIN)
        computer = X11vnc(programs, "Till 3", code=board.create("Mr Brown").code)
        computer.open_terminal()
        computer.paint("#336699")
        computer.dial(CALLS)
        board.wait_for_call("Mr Brown", "Till 3")
        viewer = board.connect("Mr Brown")
        viewer.wait_for("connected")
        viewer.wait_for_colour(ON_GROUND, "#336699")
        viewer.click(IN_TERMINAL)
        viewer.type("echo yes > typed\n")
        wait_until(lambda: computer.file("typed") == "yes\n", PATIENCE, "what is typed arrives")
        assert technician.complaints() == []


@contextmanager
def knocking() -> Iterator[list[str]]:
    """Ask the portal over and over for the length of a `with` block; answers what went wrong."""
    refused: list[str] = []
    over = threading.Event()

    def knock() -> None:
        while not over.wait(0.05):
            try:
                _ask()
            except OSError as error:
                refused.append(repr(error))

    thread = threading.Thread(target=knock)
    thread.start()
    try:
        yield refused
    finally:
        over.set()
        thread.join(PATIENCE)


def _ask() -> None:
    portal = HTTPConnection("127.0.0.1", 8080, timeout=PATIENCE)
    try:
        portal.request("GET", "/static/tokens.css")
        assert portal.getresponse().status == 200
    finally:
        portal.close()


def test_an_upgrade_cuts_no_call(office: Office, programs: Programs, record_property: pytest.RecordProperty) -> None:
    machine = office.machine
    following = package.raised(machine.packages / "reachback.deb", machine.packages)
    with office.call(programs, "Held over noon") as call:
        before = {part: office.main_pid(part) for part in PARTS}
        kept = office.call_number(call)
        dialled = call.computer.connection(CALLS)
        begun = time.monotonic()
        with knocking() as refused:
            machine.install(following)
        record_property("an upgrade", f"{time.monotonic() - begun:.1f} s")
        assert package.version(following) == machine.run("dpkg-query", "--show", "--showformat=${Version}", "reachback")
        # What was there goes on: the same connections, the same call, new pictures.
        call.shows("#993366")
        assert call.computer.connection(CALLS) == dialled
        assert office.call_number(call) == kept
        # And what is new is served by new processes, which run the new code.
        wait_until(lambda: all(office.main_pid(part) not in {0, before[part]} for part in PARTS), PATIENCE)
        with office.call(programs, "The next one") as other:
            other.shows("#663399")
            call.shows("#339966")
        assert _websockify_says() == f"Reachback{package.NEXT}"
        assert refused == []


def _websockify_says() -> str:
    websockify = HTTPConnection("127.0.0.1", 6080, timeout=PATIENCE)
    try:
        websockify.request("GET", "/")
        return (websockify.getresponse().getheader("Server") or "").strip()
    finally:
        websockify.close()


def test_a_restart_of_the_portal_refuses_nobody(office: Office) -> None:
    with knocking() as refused:
        office.machine.run("systemctl", "restart", "reachback-portal.service")
    assert refused == []


def test_the_images_commands_run_as_its_user(office: Office) -> None:
    """What Containerfile says, on this machine instead of in an image: no registry is needed for that."""
    machine, state = office.machine, "/var/lib/image"
    said = dict(image.stage())
    settings = [f"--setenv={word}" for word in shlex.split(said["ENV"])] + [f"--setenv=REACHBACK_STATE_DIR={state}"]
    user = [f"--{kind}={number}" for kind, number in zip(("uid", "gid"), said["USER"].split(":"), strict=True)]
    fence = (
        "ProtectSystem=strict",
        f"ReadWritePaths={state}",
        "PrivateTmp=yes",
        "CapabilityBoundingSet=",
        "NoNewPrivileges=yes",
    )
    as_in_a_container = ["--quiet", "--collect", *user, *settings, *(f"--property={one}" for one in fence)]
    machine.run("systemctl", "stop", "reachback.target")
    machine.run("useradd", "--uid", said["USER"].split(":")[0], "--user-group", "--no-create-home", "image")
    machine.run("install", "-d", "-m", "700", "-o", said["USER"].split(":")[0], state)
    started = {"image-portal": json.loads(said["CMD"])} | {
        f"image-{module}": ["python", "-m", module] for module in ("reverse_listener", "token_plugin")
    }
    try:
        machine.run("systemd-run", "--wait", *as_in_a_container, "/opt/reachback/bin/reachback", "db", "upgrade")
        for unit, (program, *arguments) in started.items():
            command = (f"/opt/reachback/bin/{program}", *arguments)
            machine.run("systemd-run", f"--unit={unit}", *as_in_a_container, *command)
        (program, *arguments) = json.loads(said["HEALTHCHECK"].partition("CMD ")[2])
        healthy = ("systemd-run", "--wait", *as_in_a_container, f"/opt/reachback/bin/{program}", *arguments)
        with suppress(AssertionError):
            wait_until(lambda: machine.try_to(*healthy).status == 0, PATIENCE, "the image is healthy")
        assert machine.try_to(*healthy).status == 0, machine.run("journalctl", "--no-pager", "--unit=image-*", "-n60")
        assert [unit for unit in started if not machine.is_active(unit)] == []
        # It has the user it was given, and wrote where it may.
        assert machine.run("stat", "--format=%U", f"{state}/reachback.db") == "image"
    finally:
        machine.try_to("systemctl", "stop", *started)
        machine.run("userdel", "image")
        machine.run("rm", "-rf", state)
        machine.run("systemctl", "start", "reachback.target")


def test_removing_keeps_what_people_made_and_purging_leaves_nothing(office: Office) -> None:
    machine: Machine = office.machine
    machine.run("apt-get", "remove", "--yes", "--quiet=2", "reachback")
    assert [part for part in PARTS if machine.is_active(part)] == []
    assert machine.run("find", SETTINGS, f"{STATE}/reachback.db", "-type", "f").count("\n") == 1
    machine.run("apt-get", "purge", "--yes", "--quiet=2", "reachback")
    left = machine.try_to("find", "/etc", "/var/lib", "/opt/reachback", "/lib/systemd", "-name", "*reachback*")
    assert [line for line in left.output.splitlines() if "No such file" not in line] == []
    assert machine.try_to("getent", "passwd", "reachback").status != 0
