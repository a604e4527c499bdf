"""The work on a chunk of the lookup phase: each staged row gets a category."""

from __future__ import annotations

from sluice.catalog.registry import lookup_named
from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.errors import TryLater, UpstreamDown
from sluice.model.job import Job
from sluice.model.rejection import CUSTOM
from sluice.schema.validation import GoodRow
from sluice.upstream.lookup import Finding, Lookup, LookupResult
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.services import Services
from sluice.usecases.staged_rows import reject_at_delivery, staged_rows

# Attempts at a chunk before a key without an answer gets the category of failed keys.
_ATTEMPTS = 3
#: The same limit while the upstream is down and only keys remain that have failed before: it may fail for these keys
#: alone. `sluice.usecases.control` sets the delay between two such attempts.
ATTEMPTS_WHILE_DOWN = 20
_AGAIN_SECONDS = 5


def lookup_chunk(job: Job, chunk: Chunk, *, now: int, before: float, services: Services) -> Counts:
    """Ask for each key of the chunk that has no cached result, and store the rows' categories.

    Each result is cached as soon as it arrives, so its key is not asked for again even if this attempt fails.

    Parameters
    ----------
    now, before
        The current time and the deadline of the attempt, in epoch seconds.

    Returns
    -------
    Counts
        Rows with a category (as inserted), and rejected rows with a duplicate key.

    Raises
    ------
    TryLater
        If the upstream did not answer some keys; the next attempt asks for those alone.
    UpstreamDown
        If the upstream is down.
    """
    lookup, cache, files = lookup_named(job.lookup or ""), services.lookup_cache, services.files
    staged = staged_rows(job, chunk.ref.index, files)
    rejected = {row.key: reason for row in staged.rows if (reason := lookup.rejects(row.key))}
    known = cache.get(job.ref.tenant, lookup, [row.key for row in staged.rows if row.key not in rejected], now=now)

    def keep(key: str, found: LookupResult) -> None:
        cache.keep(job.ref.tenant, lookup, key, found, until=now + lookup.keep_hours * 3600)
        known[key] = found

    missing = [row.key for row in staged.rows if row.key not in rejected and row.key not in known]
    if missing:
        asked = services.upstreams.ask(lookup, missing, before=before, on_result=keep)
        # without any known result the keys are a fair sample: no answer to any of them means that the upstream is down
        if (asked.down and chunk.attempts < ATTEMPTS_WHILE_DOWN) or (asked.silent and not known):
            raise UpstreamDown(lookup.title)
        if asked.failed and chunk.attempts < _ATTEMPTS:
            raise TryLater("lookups-failed", _AGAIN_SECONDS, count=len(asked.failed))
    findings = [_finding(lookup, job, row, rejected, known) for row in staged.rows]
    # an invalid key is no duplicate: in a list with a dash for each missing number, every dash is an invalid key
    invalid = {row: reason for row, (key, _) in staged.duplicates.items() if (reason := lookup.rejects(key))}
    findings += [_invalid(row, lookup, reason) for row, reason in invalid.items()]
    JobFiles(job, files).write_findings(chunk.ref.index, findings)
    duplicates = {row: found for row, found in staged.duplicates.items() if row not in invalid}
    return Counts(inserted=len(findings), rejected=reject_at_delivery(job, chunk, [], duplicates, files))


def _finding(
    lookup: Lookup, job: Job, row: GoodRow, rejected: dict[str, str], known: dict[str, LookupResult]
) -> Finding:
    if row.key in rejected:
        return _invalid(row.number, lookup, rejected[row.key])
    found = known.get(row.key)
    if found is None:
        return Finding(row.number, lookup.failed, code="no-answer")
    return Finding(row.number, lookup.category_of(found, job.recipe.constants), value=found.value)


def _invalid(row: int, lookup: Lookup, text: str) -> Finding:
    return Finding(row, lookup.invalid, code=CUSTOM, params={"text": text})
