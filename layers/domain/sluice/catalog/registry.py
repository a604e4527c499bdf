"""The registry of importers, sources and lookups.

A new declaration is a file beside this one, its import here, and its line in one of the three tuples; nothing else
names it. Mistakes that concern several declarations (one name for two, two rates for one upstream) are raised when this
module is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from sluice import Importer, Lookup, Source
from sluice.catalog.civil_service.pangkat import pangkat
from sluice.catalog.civil_service.pensiun import pensiun
from sluice.catalog.civil_service.pg_akademik import pg_akademik
from sluice.catalog.civil_service.pg_profesi import pg_profesi
from sluice.catalog.civil_service.skk import skk
from sluice.catalog.dealers import dealers
from sluice.catalog.elections.commission import commission
from sluice.catalog.elections.voters import voters
from sluice.catalog.products import products
from sluice.catalog.telecom.datin import datin
from sluice.catalog.telecom.hsi import hsi
from sluice.catalog.telecom.jt import jt
from sluice.catalog.telecom.sos import sos
from sluice.model.errors import NotFound
from sluice.model.job import Job

IMPORTERS: tuple[Importer, ...] = (
    products,
    dealers,
    sos,
    hsi,
    jt,
    datin,
    voters,
)
SOURCES: tuple[Source, ...] = (
    pangkat,
    pensiun,
    pg_akademik,
    pg_profesi,
    skk,
)
LOOKUPS: tuple[Lookup, ...] = (commission,)


def importer_named(name: str) -> Importer:
    """Find an importer by its name or an alias.

    Raises
    ------
    NotFound
        If no importer has that name.
    """
    return _find("importer", _IMPORTERS, name)


def importer_of(job: Job) -> Importer:
    """Find the importer of a job; of a sync, the one that its source builds for its rows.

    Raises
    ------
    NotFound
        If it was removed since the job was made.
    """
    return source_named(job.importer).rows if job.is_sync else importer_named(job.importer)


def source_named(name: str) -> Source:
    """Find a source by its name.

    Raises
    ------
    NotFound
        If no source has that name.
    """
    return _find("source", _SOURCES, name)


def lookup_named(name: str) -> Lookup:
    """Find a lookup by its name.

    Raises
    ------
    NotFound
        If no lookup has that name.
    """
    return _find("lookup", _LOOKUPS, name)


def importers_by_name(importers: Iterable[Importer]) -> dict[str, Importer]:
    """Index importers by name and alias.

    Raises
    ------
    ValueError
        If two importers share a name.
    """
    return by_name("importers", importers, lambda importer: importer.aliases)


def sources_by_name(sources: Iterable[Source]) -> dict[str, Source]:
    """Index sources by name.

    Raises
    ------
    ValueError
        If two sources share a name, or declare two rates of one upstream.
    """
    named = by_name("sources", sources)
    check_rates(named.values())
    return named


def lookups_by_name(lookups: Iterable[Lookup]) -> dict[str, Lookup]:
    """Index lookups by name.

    Raises
    ------
    ValueError
        If two lookups share a name, or declare two rates of one upstream.
    """
    named = by_name("lookups", lookups)
    check_rates(named.values())
    return named


class _Declared(Protocol):
    """A declaration: programs use its name, people its title."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...


class _Rated(_Declared, Protocol):
    """A declaration that sends requests to an upstream, at most ``rate`` a second."""

    @property
    def upstream(self) -> str: ...

    @property
    def rate(self) -> float: ...


T = TypeVar("T", bound=_Declared)


def by_name(kind: str, declared: Iterable[T], aliases: Callable[[T], Iterable[str]] = lambda _: ()) -> dict[str, T]:
    """Index declarations of one kind by name and alias.

    Raises
    ------
    ValueError
        If two of them share a name.
    """
    named: dict[str, T] = {}
    for each in declared:
        for name in (each.name, *aliases(each)):
            if name in named:
                raise ValueError(f"{name!r} names two {kind}, “{named[name].title}” and “{each.title}”; rename one")
            named[name] = each
    return named


def check_rates(declared: Iterable[_Rated]) -> None:
    """Check that each upstream has one rate, because all workers share one rate limiter per upstream.

    Raises
    ------
    ValueError
        If two declarations of an upstream have different rates.
    """
    rates: dict[str, float] = {}
    for each in declared:
        rate = rates.setdefault(each.upstream, each.rate)
        if rate != each.rate:
            raise ValueError(
                f"{each.upstream!r} is declared with two rates, {rate:g} and {each.rate:g}; declare one for all"
            )


def _find(kind: str, named: Mapping[str, T], name: str) -> T:
    try:
        return named[name]
    except KeyError:
        raise NotFound(kind, name) from None


_IMPORTERS = importers_by_name(IMPORTERS)
_SOURCES = sources_by_name(SOURCES)
_LOOKUPS = lookups_by_name(LOOKUPS)
check_rates([*SOURCES, *LOOKUPS])
