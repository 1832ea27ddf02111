"""deploy/kubernetes and Containerfile, read by kubectl and by us: no cluster and no registry is asked."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from reachback.parts import parts
from sessions.settings import SETTINGS, Settings
from tests.system.image import instructions, stage

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy" / "kubernetes"
SECRETS = ("PASSWORD", "PRIVATE KEY", "postgresql://")


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    """What `kubectl apply -k` would send."""
    made = subprocess.run(("kubectl", "kustomize", MANIFESTS), capture_output=True, text=True, check=False, timeout=60)
    assert made.returncode == 0, made.stderr
    return [one for one in yaml.safe_load_all(made.stdout) if one]


def only(objects: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (found,) = [one for one in objects if one["kind"] == kind]
    return found


@pytest.fixture(scope="module")
def pod(objects: list[dict[str, Any]]) -> dict[str, Any]:
    spec: dict[str, Any] = only(objects, "StatefulSet")["spec"]["template"]["spec"]
    return spec


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["initContainers"], *pod["containers"]]


def test_everything_lies_in_one_namespace(objects: list[dict[str, Any]]) -> None:
    assert {one["metadata"].get("namespace") for one in objects if one["kind"] != "Namespace"} == {"reachback"}
    assert only(objects, "Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_stateful_set_is_one_that_kubernetes_knows(objects: list[dict[str, Any]]) -> None:
    """kubectl reads it into its own types when it changes one locally: a wrong type or list is refused."""
    nodes = only(objects, "StatefulSet")
    ran = changed_locally(nodes)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["spec"]["template"]["spec"]["containers"][0]["image"] == "other"
    assert changed_locally(nodes | {"spec": nodes["spec"] | {"replicas": "two"}}).returncode != 0


def changed_locally(nodes: dict[str, Any]) -> subprocess.CompletedProcess[bytes]:
    # In bytes: an older kubectl quotes what it refuses with a byte that is no UTF-8.
    changing = ("kubectl", "set", "image", "--local", "--filename=-", "portal=other", "--output=json")
    return subprocess.run(changing, input=json.dumps(nodes).encode(), capture_output=True, check=False, timeout=60)


def test_a_pod_is_what_the_restricted_standard_wants(pod: dict[str, Any]) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for one in containers(pod):
        fence = one["securityContext"]
        assert fence["allowPrivilegeEscalation"] is False
        assert fence["readOnlyRootFilesystem"] is True
        assert fence["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= one["resources"].keys()
        assert "/var/lib/reachback" in {mount["mountPath"] for mount in one["volumeMounts"]}


def test_a_node_runs_what_reachback_up_runs(pod: dict[str, Any]) -> None:
    wanted = {part.name: list(part.command[2:]) for part in parts(Settings.from_env({}))}
    started = {one["name"]: one["command"] for one in pod["containers"]}
    assert {
        name: [word for word in command if word not in {"python", "-m"}] for name, command in started.items()
    } == wanted
    assert pod["initContainers"][0]["command"] == ["reachback", "db", "upgrade"]


def test_each_node_has_a_name_and_a_way_to_it(objects: list[dict[str, Any]], pod: dict[str, Any]) -> None:
    nodes = [f"reachback-{number}" for number in range(only(objects, "StatefulSet")["spec"]["replicas"])]
    services = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "Service"}
    (rule,) = only(objects, "Ingress")["spec"]["rules"]
    ways = {one["path"]: one["backend"]["service"]["name"] for one in rule["http"]["paths"]}
    assert ways == {f"/websockify/{node}": node for node in nodes} | {"/": "reachback"}
    for node in nodes:
        assert services[node]["selector"] == {"statefulset.kubernetes.io/pod-name": node}
    told = only(objects, "ConfigMap")["data"]["REACHBACK_PUBLIC_WEBSOCKET"]
    assert told.endswith("/websockify/{node}")
    for one in containers(pod):
        assert {"name": "REACHBACK_NODE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}} in one["env"]


def test_what_is_referred_to_is_there(objects: list[dict[str, Any]], pod: dict[str, Any]) -> None:
    nodes = only(objects, "StatefulSet")
    labels = nodes["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"] for one in pod["containers"] for port in one["ports"]}
    services = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "Service"}
    assert nodes["spec"]["serviceName"] in services
    assert nodes["spec"]["selector"]["matchLabels"] == labels
    assert only(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert {port["targetPort"] for one in services.values() for port in one["ports"]} <= ports
    (rule,) = only(objects, "Ingress")["spec"]["rules"]
    for way in rule["http"]["paths"]:
        wanted = way["backend"]["service"]
        assert wanted["port"]["name"] in {port["name"] for port in services[wanted["name"]]["ports"]}


def test_probes_ask_for_what_the_portal_answers(pod: dict[str, Any]) -> None:
    portal = next(one for one in pod["containers"] if one["name"] == "portal")
    asked = {kind: portal[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert asked == {"startup": "/healthz/live", "liveness": "/healthz/live", "readiness": "/healthz/ready"}
    listener = next(one for one in pod["containers"] if one["name"] == "listener")
    assert not [key for key in listener if key.endswith("Probe")], "a probe would be taken for a customer's call"


def test_calls_are_waited_for_before_a_node_goes(pod: dict[str, Any]) -> None:
    for one in pod["containers"]:
        assert one["lifecycle"]["preStop"]["exec"]["command"] == ["python", "-m", "reachback.last_call"]
    assert pod["terminationGracePeriodSeconds"] >= 3600


def test_settings_are_ours_and_no_secret_is_among_them(objects: list[dict[str, Any]]) -> None:
    assert "Secret" not in {one["kind"] for one in objects}
    assert not [word for word in SECRETS for file in MANIFESTS.iterdir() if word in file.read_text()]
    data = only(objects, "ConfigMap")["data"]
    assert data.keys() <= {setting.name for setting in SETTINGS}
    for name, value in data.items():
        if name.endswith("_FILE"):
            assert value.startswith("/run/secrets/reachback/")


def test_the_image_runs_as_nobody_special_and_listens_where_its_ports_are() -> None:
    said = dict(stage())
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", said["USER"])
    assert "healthz" in said["HEALTHCHECK"]
    settings = dict(pair.split("=", 1) for pair in shlex.split(said["ENV"]))
    known = {setting.name for setting in SETTINGS}
    assert {name for name in settings if name.startswith("REACHBACK_")} <= known
    ports = {settings[f"REACHBACK_{name}"].rpartition(":")[2] for name in ("HTTP", "WEBSOCKET", "LISTEN")}
    assert set(said["EXPOSE"].split()) == ports
    portal = parts(Settings.from_env({}))[0]
    assert json.loads(said["CMD"]) == list(portal.command[2:])


def test_the_image_holds_what_is_locked_and_no_secret() -> None:
    words = " ".join(rest for word, rest in instructions() if word == "RUN")
    assert "--require-hashes -r /build/requirements.lock" in words
    assert not [rest for word, rest in instructions() if word in {"ENV", "ARG"} and re.search(r"SECRET|PASSWORD", rest)]
    let_in = [line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")]
    assert let_in == ["requirements.lock", "dist/reachback-*-py3-none-any.whl"]
