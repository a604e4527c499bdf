"""Writes the page of each importer in `docs/importers/` from its row model: ``python -m local.docs.importer_pages``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from local.paths import ROOT
from sluice.catalog.registry import IMPORTERS, lookup_named
from sluice.reports.columns import ColumnFacts, describe, format_value
from sluice.schema.cell_types import DECIMAL, Conventions
from sluice.schema.importer import Importer

PAGES: Final = ROOT / "docs" / "importers"

_PAGE = """\
# {title}

<!-- Written by `python -m local.docs.importer_pages` from the row model; change that instead. -->

{about}

{options}

## Columns

| column | meaning | type | required | other headers | values | example |
|---|---|---|---|---|---|---|
{rows}

The key names the record. Headers are matched without regard to case, accents, spaces and punctuation. Columns may
come in any order, and further ones are ignored. [What each type takes](../adding-an-importer.md#2-choose-types).
"""
_MARKS = {".": "point", ",": "comma"}
_DATES = {
    "dmy": "day first where a date is written with numbers alone",
    "mdy": "month first where a date is written with numbers alone",
    None: "in the order that the file makes clear; where it does not, the job stops in review and asks",
}
_BLANKS = {
    "keep": "Blank cells [keep](../what-an-import-changes.md#blank-cells) the value of an existing record.",
    "clear": "Blank cells [clear](../what-an-import-changes.md#blank-cells) the value of an existing record.",
}


def page_of(importer: Importer) -> str:
    """Return the Markdown page of an importer."""
    return _PAGE.format(
        title=importer.title,
        about=importer.row.__doc__,
        options="\n".join(f"- {line}" for line in _options(importer)),
        rows="\n".join(_row(facts, importer.conventions) for facts in describe(importer)),
    )


def _options(importer: Importer) -> Iterator[str]:
    names = ", ".join(f"`{name}`" for name in (importer.name, *importer.aliases))
    kinds = {facts.kind for facts in describe(importer)}
    yield f"Importer: {names}." + ("" if importer.lookup else f" Dataset: `{importer.dataset}`.")
    if kinds & {"number", "money", "whole"}:
        yield f"Numbers: decimal {_MARKS[importer.conventions.decimal or DECIMAL]}."
    if "date" in kinds:
        yield f"Dates: {_DATES[importer.conventions.dates]}."
    types = f"{' or '.join(f'`{ending}`' for ending in importer.file_types)}, " if importer.file_types else ""
    yield f"Files: {types}at most {importer.max_rows:,} rows and {importer.max_bytes // 1024**2:,} MiB."
    if not importer.lookup:
        yield _BLANKS[importer.blanks]
    if importer.synchronous:
        yield "A direct upload waits for the result."
    if importer.review:
        yield "Jobs stop in review before anything is loaded."
    if importer.archive:
        yield "Superseded rows are kept, with the time from which and until which they were valid."
    if importer.lookup:
        categories = ", ".join(f"*{category.title}*" for category in lookup_named(importer.lookup).categories)
        yield f"Rows are looked up with `{importer.lookup}` instead of being loaded. Each becomes one of: {categories}."
    for parameter in importer.parameters:
        yield (
            f"{parameter.title}: given as `{parameter.name}`, or found in the name of the file, as in "
            f"`{parameter.title} {parameter.example}{(importer.file_types or ('.xlsx',))[0]}`."
        )
    if importer.one_at_a_time:
        yield "Jobs run one at a time; later ones wait in a queue."


def _row(facts: ColumnFacts, conventions: Conventions) -> str:
    required = "key" if facts.key else "yes" if facts.required else "no"
    if facts.default is not None:
        required += f", else {format_value(facts.default, conventions)}"
    cells = (
        facts.title,
        facts.description or "",
        facts.holds,
        required,
        ", ".join(facts.aliases),
        facts.allowed,
        f"`{format_value(facts.example, conventions)}`",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> None:
    """Write all pages; remove those of importers that no longer exist."""
    PAGES.mkdir(exist_ok=True)
    for page in PAGES.glob("*.md"):
        page.unlink()
    for importer in IMPORTERS:
        (PAGES / f"{importer.name}.md").write_text(page_of(importer))


if __name__ == "__main__":
    main()
