"""The API's own description: valid, complete, and true of what the API answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from sessions.recordings import Ending, RecordingRegister
from sessions.views import NewSession

from .conftest import Portal
from .test_recordings import some_file

ROUTES = {
    ("post", "/api/sessions"),
    ("get", "/api/sessions"),
    ("get", "/api/sessions/{session_id}"),
    ("delete", "/api/sessions/{session_id}"),
    ("patch", "/api/sessions/{session_id}"),
    ("post", "/api/sessions/{session_id}/extend"),
    ("get", "/api/sessions/{session_id}/events"),
    ("get", "/api/events"),
    ("post", "/api/sessions/{session_id}/tickets"),
    ("post", "/api/sessions/{session_id}/tickets/outcome"),
    ("post", "/api/sessions/{session_id}/seats/{seat_id}"),
    ("get", "/api/calls"),
    ("post", "/api/calls/{call_id}/claim"),
    ("post", "/api/sessions/{session_id}/recording"),
    ("get", "/api/sessions/{session_id}/recordings"),
    ("get", "/api/recordings"),
    ("get", "/api/recordings/{recording_id}"),
    ("get", "/api/recordings/{recording_id}/index"),
    ("get", "/api/recordings/{recording_id}/file"),
    ("delete", "/api/recordings/{recording_id}"),
}
KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}


@pytest.fixture
def document(stranger: FlaskClient) -> dict[str, Any]:
    answer = stranger.get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (verb, path): told
        for path, verbs in document["paths"].items()
        for verb, told in verbs.items()
        if verb != "parameters"
    }


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        here: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            here = here[step]
        schema = here
    return schema


def complaints(document: dict[str, Any], schema: dict[str, Any], value: object, place: str = "") -> list[str]:
    """Where `value` is not what `schema` says. Knows the words that this document uses, and no others."""
    schema = resolve(document, schema)
    if "anyOf" in schema:
        tries = [complaints(document, one, value, place) for one in schema["anyOf"]]
        return [] if [] in tries else tries[0]
    wanted = schema.get("type", "object" if "properties" in schema else None)
    kinds = wanted if isinstance(wanted, list) else [wanted]
    if wanted and not any(isinstance(value, KINDS[kind]) for kind in kinds):
        return [f"{place}: {value!r} is no {wanted}"]
    if isinstance(value, list):
        return [one for item in value for one in complaints(document, schema["items"], item, f"{place}[]")]
    if isinstance(value, dict) and "properties" in schema:
        return compared(document, schema, value, place)
    return []


def compared(document: dict[str, Any], schema: dict[str, Any], value: dict[str, Any], place: str) -> list[str]:
    told = schema["properties"]
    found = [f"{place}: {name} is not described" for name in set(value) - set(told)]
    found += [f"{place}: {name} is missing" for name in set(schema.get("required", ())) - set(value)]
    for name in set(told) & set(value):
        found += complaints(document, told[name], value[name], f"{place}.{name}")
    return found


def recorded(portal: Portal, new: NewSession) -> int:
    """A recording of a session's call, with a file."""
    register = RecordingRegister(portal.own.engine, portal.clock, policy="always")
    call = portal.own.sessions.get(new.session.id).call
    made = register.begin(call.id) if call else None
    assert made
    folder = portal.own.settings.recordings.folder
    folder.mkdir()
    (folder / made.file).write_bytes(some_file())
    register.finish(made.id, Ending(1, 1, "", "The call was over."))
    return made.id


def test_it_describes_the_api_and_nothing_else(document: dict[str, Any]) -> None:
    assert set(operations(document)) == ROUTES
    assert document["openapi"].startswith("3.")
    assert document["info"]["title"] == "Reachback"
    assert document["info"]["version"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def walk(node: object) -> None:
        if isinstance(node, dict):
            assert resolve(document, node) is not None
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(document)


def test_every_call_says_how_to_sign_in_and_how_it_is_refused(document: dict[str, Any]) -> None:
    assert set(document["components"]["securitySchemes"]) == {"token", "cookie"}
    for (verb, path), told in operations(document).items():
        assert told["security"] == [{"token": []}, {"cookie": []}], path
        assert "401" in told["responses"], path
        assert verb == "get" or "403" in told["responses"], path
        assert told["summary"], path
        for status, response in told["responses"].items():
            if status >= "400":
                schema = response["content"]["application/json"]["schema"]
                assert complaints(document, schema, {"error": {"code": "a", "message": "b"}}) == []
                assert complaints(document, schema, {"error": {"code": "a"}}) != []


def test_the_cookie_is_named_as_it_is_sent(document: dict[str, Any], make_portal: Callable[..., Portal]) -> None:
    assert document["components"]["securitySchemes"]["cookie"]["name"] == "reachback"
    secure = make_portal(REACHBACK_PUBLIC_URL="https://help.example.org").browser().get("/api/openapi.json").json
    assert secure["components"]["securitySchemes"]["cookie"]["name"] == "__Host-reachback"
    assert secure["servers"] == [{"url": "https://help.example.org"}]


def test_its_placeholders_are_described(document: dict[str, Any]) -> None:
    for (_, path), told in operations(document).items():
        named = {one["name"] for one in told.get("parameters", []) if one["in"] == "path"}
        named |= {one["name"] for one in document["paths"][path].get("parameters", [])}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path


def test_what_the_api_answers_is_what_it_describes(
    portal: Portal, script: dict[str, str], auditing: dict[str, str], document: dict[str, Any]
) -> None:
    client, held, parked = portal.browser(), portal.held(customer="Huber"), portal.arrive("203.0.113.9")
    portal.own.calls.refuse("203.0.113.200", "It spoke HTTP.")
    waiting, here = (
        portal.session(),
        {"session_id": held.session.id, "call_id": parked, "seat_id": portal.sit(held, "anna")},
    )
    here["recording_id"] = recorded(portal, held)
    requests: list[tuple[str, str, dict[str, object] | None]] = [
        ("post", "/api/sessions", {"customer": "Huber"}),
        ("get", "/api/sessions", None),
        ("get", "/api/sessions/{session_id}", None),
        ("get", "/api/calls", None),
        ("post", "/api/sessions/{session_id}/extend", {"minutes": 5}),
        ("patch", "/api/sessions/{session_id}", {"note": "printer"}),
        ("get", "/api/sessions/{session_id}/events", None),
        ("get", "/api/events", None),
        ("post", "/api/sessions/{session_id}/tickets", {"mode": "control"}),
        ("post", "/api/sessions/{session_id}/tickets/outcome", {"token": "none"}),
        ("post", "/api/sessions/{session_id}/seats/{seat_id}", {"do": "release"}),
        ("post", "/api/calls/{call_id}/claim", {"session": waiting.session.id}),
        ("post", "/api/sessions/{session_id}/recording", {"on": True}),
        ("get", "/api/sessions/{session_id}/recordings", None),
        ("get", "/api/recordings", None),
        ("get", "/api/recordings/{recording_id}", None),
        ("get", "/api/recordings/{recording_id}/index", None),
        ("get", "/api/recordings/{recording_id}/file", None),
        ("delete", "/api/recordings/{recording_id}", None),
        ("delete", "/api/sessions/{session_id}", None),
    ]
    assert {(verb, path) for verb, path, _ in requests} == ROUTES
    for verb, path, body in requests:
        headers = auditing if path == "/api/events" else script
        answer = client.open(path.format(**here), method=verb.upper(), json=body, headers=headers)
        told = operations(document)[verb, path]["responses"][str(answer.status_code)]
        if answer.status_code != 204 and answer.is_json:
            assert complaints(document, told["content"]["application/json"]["schema"], answer.json) == [], path
        answer.close()


def test_refusals_are_described_with_their_status(
    portal: Portal, script: dict[str, str], document: dict[str, Any]
) -> None:
    client, ended = portal.browser(), portal.session()
    portal.own.sessions.end(ended.session.id, portal.person("anna"))
    here = {"session_id": ended.session.id, "call_id": 99, "seat_id": 99}
    tries: list[tuple[str, str, dict[str, object] | None, int]] = [
        ("post", "/api/sessions", {"minutes": 0}, 422),
        ("post", "/api/sessions/{session_id}/extend", {"minutes": 5}, 410),
        ("post", "/api/sessions/{session_id}/tickets", {"mode": "control"}, 410),
        ("post", "/api/sessions/{session_id}/tickets", {"mode": "root"}, 422),
        ("post", "/api/sessions/{session_id}/seats/{seat_id}", {"do": "ask"}, 404),
        ("post", "/api/calls/{call_id}/claim", {"session": "x"}, 404),
    ]
    for verb, path, body, status in tries:
        answer = client.open(path.format(**here), method=verb.upper(), json=body, headers=script)
        assert answer.status_code == status
        assert str(status) in operations(document)[verb, path]["responses"], path
