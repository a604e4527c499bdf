"""Pages of documentation agree with the code, link to what exists, and stay short."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.api.app import app
from sluice.model import errors, job
from sluice.schema.importer import Importer
from sluice.schema.validation import check_rows

ROOT = Path(__file__).parents[2]
PAGE_LINES = 400
OVERVIEW_LINES = 150
README_LINES = 200

SOURCES = sorted(path for folder in ("layers/domain/sluice", "functions") for path in (ROOT / folder).rglob("*.py"))
PAGES = sorted(
    [*ROOT.glob("*.md")]
    + [page for folder in ROOT.iterdir() if folder.is_dir() and folder.name[0] != "." for page in folder.rglob("*.md")]
)

SLUG = re.compile(r"[a-z]+(?:-[a-z]+)*")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
#: Callables whose first argument is a problem type: errors that take one, and `Problem`.
MAKERS = {"Problem", "__init__"} | {
    name
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.SluiceError) and kind.__init__ is errors.SluiceError.__init__
}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _raised() -> Iterator[str]:
    """Find every problem type that the code names: as a literal, or by a constant of the model."""
    constants = {name: value for module in (errors, job) for name, value in vars(module).items() if name.isupper()}
    del constants["ATTEMPT_FAILED"]  # callers see it inside the problem of its job alone
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first: object = None
            match node.args[0]:
                case ast.Constant(value=value):
                    first = value
                case ast.Name(id=name):
                    first = constants.get(name)
            if called in MAKERS and isinstance(first, str) and SLUG.fullmatch(first):
                yield first


def _documented() -> set[str]:
    return set(re.findall(r"^### ([a-z-]+)$", (ROOT / "docs" / "problems.md").read_text(), re.MULTILINE))


def test_every_problem_type_of_the_code_is_on_the_page_of_problems() -> None:
    """The author of a client finds each type there."""
    assert set(_raised()) - _documented() == set()


def test_the_page_of_problems_names_no_type_that_the_code_does_not() -> None:
    """A type that was removed from the code is removed from the page too."""
    assert _documented() - set(_raised()) == set()


def test_every_call_is_on_the_api_page_and_no_other() -> None:
    """The table of calls has each route by its method and its path."""
    described = {
        ("GET", "/v1/docs"),
        ("GET", "/v1/openapi.json"),
    }  # named above the table
    served = {
        (route.method, re.sub(r"<(?:job_)?(\w+)>", r"{\1}", route.path))
        for route in [*app._static_routes, *app._dynamic_routes]
    }
    page = (ROOT / "docs" / "api.md").read_text()
    calls = page[page.index("\n## Calls") : page.index("\n### Uploading")]
    rows = re.findall(r"^\| (`(?:GET|POST|PUT|DELETE) .+?`) \|", calls, re.MULTILINE)
    named = {
        (method, f"/v1{path}")
        for row in rows
        for method, path in re.findall(r"`(GET|POST|PUT|DELETE) ([^?`]+)(?:\?[^`]*)?`", row)
    }
    assert named == served - described


def _anchors(page: Path) -> set[str]:
    """Anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_relative_link_leads_somewhere(page: Path) -> None:
    """It names an existing file and, after a `#`, a heading of it."""
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        found = (page.parent / place).resolve() if place else page
        if not found.exists() or (anchor and anchor not in _anchors(found)):
            broken.append(target)
    assert broken == []


def _commands(page: Path) -> Iterator[str]:
    """Find lines of code: those in fences, and each inline code span."""
    text = page.read_text()
    for _, body in FENCE.findall(text):
        yield from body.splitlines()
    yield from re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_make_target_that_a_page_names_exists(page: Path) -> None:
    """The Makefile has a rule of that name."""
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named: set[str] = set()
    for command in _commands(page):
        found = re.match(r"(?:\w+=\S+ )*make((?: [A-Z_]+=\S+)*) ([a-z][a-z0-9-]*)", command)
        if found:
            named.add(found[2])
    assert named - targets == set()


def test_the_first_importer_of_the_guide_works() -> None:
    """The code runs as it stands, and a row of its own examples passes validation."""
    page = ROOT / "docs" / "adding-an-importer.md"
    code = next(body for language, body in FENCE.findall(page.read_text()) if language == "python")
    names: dict[str, Any] = {"__name__": "declared"}
    exec(compile(code, page, "exec", dont_inherit=True), names)
    importer = next(value for value in names.values() if isinstance(value, Importer))
    fields = {place: column.field for place, column in enumerate(importer.columns)}
    examples = [(info.examples or ["gold"])[0] for info in importer.row.model_fields.values()]
    assert check_rows(importer, fields, "Sheet", [(2, examples)]).rejections == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_page_has_at_most_400_lines(page: Path) -> None:
    """A longer page covers more than one subject; the changelog covers the whole history."""
    if page.name != "CHANGELOG.md":
        assert len(page.read_text().splitlines()) <= PAGE_LINES


@pytest.mark.parametrize(("page", "lines"), [("docs/architecture.md", OVERVIEW_LINES), ("README.md", README_LINES)])
def test_a_first_page_is_short(page: str, lines: int) -> None:
    """A newcomer reads it in one go."""
    assert len((ROOT / page).read_text().splitlines()) <= lines


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    """Links lead from one page to the next."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            places = (target.partition("#")[0] for target in LINK.findall(FENCE.sub("", page.read_text())))
            found = [
                (page.parent / place).resolve() for place in places if place.endswith(".md") and "://" not in place
            ]
            waiting += [each for each in found if each.exists()]
    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} - reached == set()


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=_name)
def test_a_decision_begins_with_its_number_and_its_date_and_is_in_the_list(page: Path) -> None:
    assert re.match(rf"# {page.name[:4]}\. .+\n\n\d{{4}}-\d\d-\d\d", page.read_text())
    assert f"]({page.name})" in (page.parent / "README.md").read_text()


def test_what_a_docstring_or_a_comment_names_by_its_path_exists() -> None:
    """Names of the library with their module, such as `sluice.model.job`, or with a name of it behind."""
    files = [*SOURCES, *(ROOT / "local").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    named = {name for file in files for name in re.findall(r"(?<!`)`(sluice(?:\.\w+)+)`", file.read_text())}
    assert len(named) > 40
    assert [name for name in sorted(named) if not _exists(name)] == []


def _exists(name: str) -> bool:
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True
