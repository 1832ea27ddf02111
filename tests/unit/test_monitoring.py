"""What deploy/ holds for Prometheus, Alertmanager and Grafana: their own tools accept it, and it names what exists."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from meters.catalogue import METERS
from meters.kinds import Meter
from portal.metrics import INFO, UP
from sessions.figures import FIGURES

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
STORIES = DEPLOY / "prometheus" / "alerts_test.yml"
DASHBOARD = DEPLOY / "grafana" / "reachback.json"
NAME = re.compile(r"\breachback_[a-z_]+\b")
# Sentences for people, which call a histogram by its name.
ADVICE = re.compile(r"^ +action: .*$", re.MULTILINE)
# Grafana fills these in.
VARIABLES = {"$__rate_interval": "5m", "$node": ".*"}

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def run(*command: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names_of(meter: Meter) -> set[str]:
    endings = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}[meter.kind]
    return {meter.name + ending for ending in endings}


def all_names() -> set[str]:
    counted = {name for meter in METERS.values() for name in names_of(meter)}
    return counted | {figure.name for figure in (INFO, UP, *FIGURES)}


def expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def filled(expression: str) -> str:
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    return expression


def test_promtool_accepts_configuration_and_rules() -> None:
    assert "1 rule files found" in run("promtool", "check", "config", DEPLOY / "prometheus" / "prometheus.yml")
    run("promtool", "check", "rules", "--lint=all", "--lint-fatal", ALERTS)


def test_each_alert_is_told_when_it_should_and_on_a_quiet_day_none() -> None:
    run("promtool", "test", "rules", STORIES)
    alerts = re.findall(r"- alert: (\w+)", ALERTS.read_text(encoding="utf-8"))
    stories = STORIES.read_text(encoding="utf-8")
    assert alerts
    assert [alert for alert in alerts if alert not in stories] == []


def test_amtool_accepts_who_is_told() -> None:
    path = DEPLOY / "alertmanager" / "alertmanager.yml"
    run("amtool", "check-config", path)
    route = ("amtool", "config", "routes", "test", f"--config.file={path}")
    assert run(*route, "severity=page").strip() == "pages"
    assert run(*route, "severity=ticket").strip() == "tickets"


@pytest.mark.parametrize("path", [ALERTS, STORIES, DASHBOARD], ids=lambda path: path.name)
def test_every_metric_that_is_named_exists(path: Path) -> None:
    asked = ADVICE.sub("", path.read_text(encoding="utf-8"))
    assert set(NAME.findall(asked)) - all_names() == set()


def test_the_dashboard_shows_every_metric() -> None:
    shown = {name for expression in expressions() for name in NAME.findall(expression)}
    hidden = [meter.name for meter in METERS.values() if not names_of(meter) & shown]
    hidden += [figure.name for figure in FIGURES if figure.name not in shown]
    # Whether they run goes without a panel; the rest has one.
    assert hidden == ["reachback_recordings_running"]


def test_promtool_understands_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": filled(one)} for number, one in enumerate(expressions())]
    path = tmp_path / "panels.yml"
    path.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(rules)} rules found" in run("promtool", "check", "rules", path)


def test_panels_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    for panel in panels:
        at = panel["gridPos"]
        squares = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not squares & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= squares
    assert len({panel["id"] for panel in panels}) == len(panels)
