"""What Sluice makes of pages, in one step."""

from __future__ import annotations

from collections.abc import Iterable

from sluice.rows.check import Checked, check_rows
from sluice.sources.page import Page
from sluice.sources.records import fields_of, records_of
from sluice.sources.source import Source


def check_pages(source: Source, pages: Iterable[Page]) -> Checked:
    """Validate the rows of pages as a sync does."""
    return check_rows(source.rows, fields_of(source), source.name, records_of(source, pages))
