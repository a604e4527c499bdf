"""Every source there is: a new one is a file beside this one and a line here."""

from __future__ import annotations

from collections.abc import Iterable

from sluice.rows import declared
from sluice.sources.pangkat import pangkat
from sluice.sources.pensiun import pensiun
from sluice.sources.pg_akademik import pg_akademik
from sluice.sources.pg_profesi import pg_profesi
from sluice.sources.skk import skk
from sluice.sources.source import Source

SOURCES: tuple[Source, ...] = (
    pangkat,
    pensiun,
    pg_akademik,
    pg_profesi,
    skk,
)


def by_name(sources: Iterable[Source]) -> dict[str, Source]:
    """Every name with its source.

    Raises
    ------
    ValueError
        If two sources share a name, or name two rates of one upstream: a mistake of the declarations, found at import.
    """
    named = declared.by_name("sources", sources)
    declared.check_rates(named.values())
    return named


_BY_NAME = by_name(SOURCES)


def source_named(name: str) -> Source:
    """Find a source by its name.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    return declared.find("source", _BY_NAME, name)
