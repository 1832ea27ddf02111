"""What axe-core, in a real browser, finds wrong with a page: names, contrast, structure, keyboard."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "noVNC" / "node_modules" / "axe-core" / "axe.min.js"
# WCAG 2.2 A and AA, and what axe calls good practice besides.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOOK = """async rules => {
  const found = await axe.run({ runOnly: rules, resultTypes: ["violations"] });
  return found.violations.flatMap(one => one.nodes.map(node =>
    `${one.id} (${one.impact}): ${one.help}: ${node.target.join(" ")} ${node.any.concat(node.all, node.none)
      .map(check => check.message).join("; ")}`));
}"""


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule. The page's own policy lets in no script, the debugger does."""
    page.evaluate(_axe())
    return list(page.evaluate(LOOK, list(RULES)))


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")
