"""What a look-up has found, as a workbook and as a summary."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, TypeVar

from sluice.lookups.registry import lookup_named
from sluice.model.chunk import ChunkState, PhaseName
from sluice.model.job import Job
from sluice.reports.result_workbook import CategorisedRow, write_result_workbook
from sluice.reports.summary import summarise
from sluice.usecases.declared import importer_of
from sluice.usecases.lookup_chunk import findings_of
from sluice.usecases.ports import Chunks, Files
from sluice.usecases.workspace import JobWorkspace

T = TypeVar("T")

# Chunks that are read while the rows of one are written: S3 takes some 20 ms for each of three objects, and a large
# file has hundreds of chunks.
_AHEAD = 8

RESULT_XLSX = "result.xlsx"
SUMMARY_JSON = "summary.json"


def write_result(job: Job, out: BinaryIO, *, chunks: Chunks, files: Files) -> int:
    """Write the workbook with a sheet for each category; answers its rows."""
    plan, lookup = JobWorkspace(job.ref, files).read_plan(), lookup_named(job.lookup or "")
    counts = write_result_workbook(
        out,
        categories=lookup.categories,
        value_title=lookup.value_title,
        titles=plan.header.titles,
        rows=_rows(job, chunks, files),
        facts=_facts(job),
    )
    return sum(counts.values())


def write_summary(job: Job, out: BinaryIO, *, chunks: Chunks, files: Files) -> int:
    """Write how many rows are in each category, as JSON; answers how many there are in all."""

    def of_chunk(index: int) -> list[str]:
        return [each.category for each in findings_of(job.ref, index, files)]

    found = Counter(_read_ahead(of_chunk, _done(job, chunks)))
    content = summarise(lookup_named(job.lookup or "").categories, found, _facts(job))
    out.write(json.dumps(content, ensure_ascii=False, indent=2).encode())
    return found.total()


def _rows(job: Job, chunks: Chunks, files: Files) -> Iterator[CategorisedRow]:
    workspace = JobWorkspace(job.ref, files)
    parsed = {chunk.ref.index: chunk for chunk in chunks.of_phase(job.ref, PhaseName.PARSE)}

    def of_chunk(index: int) -> list[CategorisedRow]:
        found = {each.row: each for each in findings_of(job.ref, index, files)}
        return [
            CategorisedRow(number, cells, each.category, each.value, each.reason)
            for number, cells in workspace.records(parsed[index], job.file)
            if (each := found.get(number))
        ]

    return _read_ahead(of_chunk, _done(job, chunks))


def _read_ahead(read: Callable[[int], list[T]], indexes: Iterable[int]) -> Iterator[T]:
    """What is read of each chunk, in order, a few chunks at once."""
    ahead: deque[Future[list[T]]] = deque()
    with ThreadPoolExecutor(_AHEAD) as pool:
        for index in indexes:
            ahead.append(pool.submit(read, index))
            if len(ahead) > _AHEAD:
                yield from ahead.popleft().result()
        for rows in ahead:
            yield from rows.result()


def _done(job: Job, chunks: Chunks) -> Iterator[int]:
    for chunk in chunks.of_phase(job.ref, PhaseName.LOAD):
        if chunk.state is ChunkState.DONE:
            yield chunk.ref.index


def _facts(job: Job) -> dict[str, str]:
    """What the result is of, and what of the file is not in it."""
    titles = {parameter.name: parameter.title for parameter in importer_of(job).parameters}
    facts = {"File": job.file.name}
    facts |= {titles.get(name, name): value for name, value in job.parameters.items()}
    facts |= {"Job": job.ref.id, "Rows in the file": f"{job.counts.total:,}"}
    if job.counts.refused:
        facts["Refused, see errors.xlsx"] = f"{job.counts.refused:,}"
    if job.counts.unprocessed:
        facts["Not looked up"] = f"{job.counts.unprocessed:,}"
    return facts | ({"Ended": job.finished_at.isoformat(timespec="seconds")} if job.finished_at else {})
