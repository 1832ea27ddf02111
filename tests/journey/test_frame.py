"""The picture's frame: whatever takes it over finds no network, no cookie, no storage and no page above it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Frame, expect

from tests.journey.computers import ON_GROUND, X11vnc

COLOUR = "#3b6e8f"
# What a script in the frame tries, and the name of what it gets; "" would be a success.
TRIES = {
    "fetch": "fetch('/api/sessions').then(() => '', error => error.name)",
    "fetch elsewhere": "fetch('https://example.org/', { mode: 'no-cors' }).then(() => '', error => error.name)",
    "socket": """new Promise(done => {
        try { const one = new WebSocket('ws://127.0.0.1:1/'); one.onopen = () => done('');
              one.onerror = () => done('closed'); } catch (error) { done(error.name); } })""",
    "picture": """new Promise(done => { const one = new Image();
        one.onload = () => done(''); one.onerror = () => done('refused'); one.src = '/static/favicon.svg'; })""",
    "cookie": "(() => { try { return document.cookie, ''; } catch (error) { return error.name; } })()",
    "storage": "(() => { try { return localStorage.length, ''; } catch (error) { return error.name; } })()",
    "page": "(() => { try { return parent.document.title; } catch (error) { return error.name; } })()",
    "address": "(() => { try { return top.location.href; } catch (error) { return error.name; } })()",
    "leave": "(() => { try { top.location = '/console'; return ''; } catch (error) { return error.name; } })()",
    "window": "open('/console') ? '' : 'refused'",
    "clipboard": "navigator.clipboard.readText().then(() => '', error => error.name)",
}

# Keeps the ports of a page, as whoever took the frame over would.
KEEP_PORTS = """
const post = MessagePort.prototype.postMessage;
window.ports = new Set();
MessagePort.prototype.postMessage = function (...what) { window.ports.add(this); return post.apply(this, what); };
"""
NOT_IN_THE_TABLES = """
null, 1, "x", [], {}, { kind: 1 }, { kind: "toString" }, { kind: "__proto__" }, { kind: "picture", png: "x" },
{ kind: "zoomed", percent: "<b>", fit: true }, { kind: "named", text: "x".repeat(1e6) },
{ kind: "named", text: "Mine", more: 1 }, { kind: "gone", reason: 7 }, { kind: "answered", milliseconds: -1 }
"""


@pytest.fixture
def frame(house, technician, programs) -> Frame:
    # Each refusal is written into the console, and is what is wanted.
    technician.tolerate(
        r"error: .*(Content Security Policy|CORS policy|ERR_|sandbox|permissions? policy)", r"warning: "
    )
    technician.context.add_init_script(KEEP_PORTS)
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    computer = X11vnc(programs, code=created.code)
    computer.furnish(COLOUR)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)
    frame = viewer.page.frame(url="**/viewer-frame")
    assert frame
    return frame


def test_a_script_in_the_frame_gets_nowhere(frame):
    assert frame.evaluate("window.origin") == "null"
    got = {name: frame.evaluate(f"() => {script}") for name, script in TRIES.items()}
    assert all(got.values()), got
    assert "/console/sessions/" in frame.page.url


def test_a_script_in_the_frame_cannot_make_the_page_believe_it(frame):
    """It has the window of the page, to which it may post whatever it likes."""
    page = frame.page
    expect(page.locator("#computer")).to_have_text("Front desk")
    for said in ("{kind: 'ready'}", "{kind: 'hello'}", "{kind: 'named', text: 'Mine'}", "'x'.repeat(1e6)", "null"):
        frame.evaluate(f"() => parent.postMessage({said}, '*')")
    frame.evaluate("() => new Promise(done => setTimeout(done, 0))")
    expect(page.locator("#computer")).to_have_text("Front desk")
    expect(page.locator("html")).to_have_attribute("data-viewer", "connected")


def test_what_no_table_has_is_dropped(frame):
    page = frame.page
    frame.evaluate(
        f"() => {{ for (const port of window.ports) for (const one of [{NOT_IN_THE_TABLES}]) port.postMessage(one) }}"
    )
    frame.evaluate("() => new Promise(done => setTimeout(done, 100))")
    expect(page.locator("#computer")).to_have_text("Front desk")
    expect(page.locator("html")).to_have_attribute("data-viewer", "connected")


def test_the_frame_saves_no_file_that_nobody_asked_for(frame):
    page = frame.page
    saved: list[str] = []
    page.on("download", lambda download: saved.append(download.suggested_filename))
    frame.evaluate("""() => {
        for (const port of window.ports) port.postMessage({ kind: "picture", png: new ArrayBuffer(8) });
        for (const port of window.ports) port.postMessage({ kind: "zoomed", percent: 77, fit: true });
    }""")
    expect(page.locator("#zoom")).to_have_text("77 %")
    page.locator("#more").click()
    with page.expect_download():
        page.locator("#screenshot").click()
    assert len(saved) == 1
