"""Steps that tests of sources share."""

from __future__ import annotations

from collections.abc import Iterable

from sluice.schema.validation import Checked, check_rows
from sluice.upstream.source import Source, SourcePage, fields_of, records_of


def check_pages(source: Source, pages: Iterable[SourcePage]) -> Checked:
    """Validate the rows of pages as a sync does."""
    return check_rows(source.rows, fields_of(source), source.name, records_of(source, pages))
