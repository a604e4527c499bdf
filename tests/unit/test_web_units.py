"""The tests of `web/` in `tests/unit/web`, and its page, by the Node.js that comes with Playwright."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.javascript import NODE, evaluate

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = sorted((HERE / "web").glob("*.test.mjs"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_a_module_passes_its_tests(path: Path) -> None:
    """Node's test runner reports no failure, and ran at least one test."""
    done = subprocess.run([NODE, "--test", "--test-reporter=tap", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# pass 0" not in done.stdout


def test_the_page_of_the_elements_has_every_attribute_of_the_table() -> None:
    """Attribute, property, type and default of each element, in the same order."""
    page = (ROOT / "docs/elements.md").read_text()
    for element, table in tables().items():
        section = page.split(f"\n### `<{element}>`\n")[1].split("\n### ")[0]
        rows = re.findall(r"^\| `([\w-]+)` \| `(\w+)` \| (\w+) \| (?:`(.*?)`|(required))? ?\|", section, re.MULTILINE)
        described = [(*row[:3], row[3] or row[4]) for row in rows]
        assert described == [(name, each["property"], each["kind"], _default(each)) for name, each in table.items()]


@pytest.mark.parametrize("page", ["README.md", "docs/elements.md"])
def test_the_examples_for_frameworks_use_attributes_and_events_that_exist(page: str) -> None:
    """In React and Vue: attributes in either spelling, and events."""
    events = {"shown", "hidden", "complete", "error", "progress", "choose"}
    blocks = re.findall(r"^```(?:jsx|vue)\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    tags = re.findall(r"<(sluice-[\w-]+)\s(.*?)/>", "\n".join(blocks), re.DOTALL)
    assert tags
    for element, text in tags:
        names = re.findall(r"([@:\w-]+)(?:=(?:\{\{.*?\}\}|\{.*?\}|\".*?\"))?(?=\s)", text, re.DOTALL)
        known = {name for attribute, each in tables()[element].items() for name in (attribute, each["property"])}
        for name in names:
            assert re.sub(r"^(@|on)", "", name) in events or name.lstrip(":") in known, f"{element} {name}"


def tables() -> dict[str, dict[str, dict[str, Any]]]:
    """Return the attributes of each element."""
    found: dict[str, dict[str, dict[str, Any]]] = evaluate("elements/attributes.js", "it.TABLES")
    return found


def _default(attribute: dict[str, Any]) -> str:
    if attribute.get("required"):
        return "required"
    return attribute["initial"] if attribute["kind"] == "text" else json.dumps(attribute["initial"])


def test_the_page_of_the_elements_has_every_problem_that_they_find() -> None:
    """Each type with words in `words-en.js`, less those that the API has too."""
    words = (ROOT / "web/shared/words-en.js").read_text()
    types = set(re.findall(r"^  \"problem\.([a-z-]+)\.title\"", words, re.MULTILINE))
    section = (ROOT / "docs/elements.md").read_text().split("\n### Errors\n")[1].split("\n### ")[0]
    rows = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    described = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
    problems = (ROOT / "docs/problems.md").read_text()
    api = set(re.findall(r"^### ([a-z-]+)$", problems, re.MULTILINE))
    assert types - api == described
