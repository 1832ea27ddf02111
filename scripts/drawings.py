"""The drawings of the documentation: which part speaks to which, and what may happen to a session."""

from __future__ import annotations

from scripts.drawing import PAPER, Box, Drawing
from sessions.states import TRANSITIONS, Event, State

# Where a state stands in its drawing, from left to right; the last two end a session.
LIVING = (State.CREATED, State.WAITING, State.CONNECTED, State.IN_USE)
ENDS = {Event.ENDED: State.CLOSED, Event.TIME_UP: State.EXPIRED}
STEP, LEFT, ROW = 210, 120, 160


def parts() -> str:
    """The three processes, the register, and who speaks to them."""
    drawing = Drawing(960, 400, "The parts of Reachback and who speaks to whom")
    drawing.frame(350, 24, 580, 352, "your server")
    server = Box("customer's\nVNC server", 100, 330, fill=PAPER)
    customer = Box("customer's\nbrowser", 100, 80, fill=PAPER)
    technician = Box("technician's\nbrowser, noVNC", 100, 205, fill=PAPER)
    portal = Box("portal", 460, 80)
    websockify = Box("websockify", 460, 205)
    listener = Box("listener", 460, 330)
    register = Box("register\n(SQL)", 820, 205)
    for box in (server, customer, technician, portal, websockify, listener, register):
        drawing.box(box)
    drawing.between(server, listener, "dials out, TCP 5500")
    drawing.between(customer, portal, "link")
    drawing.between(technician, portal, "HTTP")
    drawing.between(technician, websockify, "WebSocket, ticket")
    drawing.between(websockify, listener, "loopback port\nof the call")
    drawing.between(portal, register, both=True)
    drawing.between(websockify, register, "spends tickets")
    drawing.between(listener, register, both=True)
    return drawing.svg()


def states() -> str:
    """What leads from one state to another; what leaves a session as it is, is not drawn."""
    drawing = Drawing(960, 470, "What may happen to a session")
    drawing.frame(20, 20, 880, 280, "every session that lives")
    boxes = {state: Box(str(state), LEFT + STEP * place, ROW, 120, 40) for place, state in enumerate(LIVING)}
    for box in boxes.values():
        drawing.box(box)
    for state in LIVING:
        for event, to in TRANSITIONS[state].items():
            if event not in ENDS and to is not state:
                _arrow(drawing, boxes[state], boxes[to], str(event))
    for number, (event, end) in enumerate(ENDS.items()):
        _ending(drawing, event, Box(str(end), 280 + 360 * number, 420, 120, 40))
    return drawing.svg()


def _arrow(drawing: Drawing, start: Box, end: Box, words: str) -> None:
    """Draw it over the boxes where it goes on, below them where it goes back."""
    over = -1 if end.x > start.x else 1
    far = abs(end.x - start.x) > STEP
    # The farther begins and ends nearer to the boxes' outer corners, so that the two do not cross.
    lean = (-20 if far else 22) * (1 if end.x > start.x else -1)
    begin = start.x + lean, start.y + over * start.height / 2
    finish = end.x - lean, end.y + over * end.height / 2
    # Going right the right-hand side is below, going back it is above: both bend away from the boxes.
    drawing.arrow(begin, finish, words, bend=-80 if far else -30)


def _ending(drawing: Drawing, event: Event, box: Box) -> None:
    """Draw the arrow from all living states to an end, as long as it is true of all of them."""
    assert all(TRANSITIONS[state].get(event) is ENDS[event] for state in LIVING)
    drawing.box(box)
    drawing.arrow((box.x, 300), (box.x, box.y - box.height / 2), str(event))


DRAWINGS = {"drawings/parts.svg": parts, "drawings/states.svg": states}
