"""The files of a job in the bucket: every S3 key, and how each object is encoded and decoded.

========================================  ======================================================================
key, below ``jobs/{tenant}/{job}/``       content
========================================  ======================================================================
``slices/layout.json``                    how each sheet is read, and which cell belongs to which field
``slices/{chunk}.slice``, ``slices/*``    the rows of a chunk as they came, and what all chunks share of the file
``staged/{chunk}.rows``                   rows that passed validation
``staged/{chunk}.keys``                   digests of their keys
``staged/{chunk}.duplicates``             rows whose key an earlier row of the file has
``staged/{chunk}.pulled``                 rows, totals and fields that the upstream sent while the chunk was read
``staged/{chunk}.present``                digests of the keys of all rows, the rejected ones too, in mode ``mirror``
``absent/ranges.json``                    the ranges of keys in which a dataset is compared with the keys of the file
``partial/{chunk}.json``                  what dead workers have delivered of a chunk, and the rows that they have not
``absent/{chunk}.jsonl``                  records whose keys the file lacks
``evidence/{chunk}.json``                 what the cells of a chunk show of decisions
``compared/{chunk}.json``                 what loading a chunk would change: counts by column, and its first rows
``rejections/{chunk}-{a|b}-{phase}``      rejections of a chunk in a phase
``rejected/{chunk}-{phase}.cells``        the rejected rows as they came
``found/{chunk}.jsonl``                   results of a lookup
``kept/{chunk}.jsonl``                    rows that a rollback left as they are
``kept/{chunk}-a-absent.jsonl``           records that a mirror left as they are
``results/{run}/{name}``                  a file made for download
``journal/``                              before-images; `sluice.destinations.dynamodb` owns them
========================================  ======================================================================

Of a file that was split anew, all but ``results`` and ``journal`` lies below ``split-{n}/``.

Uploads are stored under ``uploads/{tenant}/{job}/``, dropped files under ``incoming/{tenant}/{importer}/``. An object
that is read whole begins with a line that names its format. Slices are read by ranges, so they carry no such line; the
format of ``layout.json`` applies to them. Objects of format 0 have no such line either, and some had other names; they
are read as well, so that a job that an earlier version has ended can be rolled back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict
from itertools import groupby
from typing import Any, BinaryIO

from sluice.model.chunk import Chunk, ChunkRef, JobRef, PhaseName
from sluice.model.errors import NotFound, format_of
from sluice.model.job import DROP_FOLDER, Job, JobFile
from sluice.model.page import Page, decode_cursor, encode_cursor, invalid_cursor
from sluice.model.recipe import Evidence, to_evidence
from sluice.model.rejection import Rejection, to_rejection
from sluice.reading import Segment, read_cells, read_segment, shortened, write_cells
from sluice.reading.sheets import FilePlan, to_plan
from sluice.reports.rejected_rows import RejectedRow
from sluice.schema.cells import Record
from sluice.schema.staging import Compared, dump_compared, dump_staged, load_compared, load_staged
from sluice.schema.validation import GoodRow
from sluice.upstream.lookup import Finding, to_finding
from sluice.upstream.source import PulledChunk
from sluice.usecases.ports import Files

#: Row number of a row, and the name of its sheet, empty if the file has one.
FirstRow = tuple[int, str]
UPLOADS = "uploads"
INCOMING = DROP_FOLDER
#: Kinds of digests of keys: of the rows that are staged, and of all rows.
STAGED = "keys"
PRESENT = "present"

# Folders that are written while a job is read and parsed; they are removed when a source is read again.
_READ = ("slices", "staged", "evidence", "compared", "rejections", "rejected")
# Objects that are read at once: of 10 million rows there are a thousand, and a caller waits for them.
_AT_ONCE = 32
_LAYOUT = "layout.json"
_FORMAT = 1
_HEAD = re.compile(rb'\{"format": [^\n]*\}')
# Parts of names, and what they were in format 0.
_EARLIER = (("rejections/", "refusals/"), ("rejected/", "refused/"), (".duplicates", ".repeats"))
# A cursor names an object of a folder and a line in it.
_FIRST_NAME = ""
_NAME = re.compile(r"\d{6,}(?:-[ab]-[a-z]+)?\.jsonl")


def upload_key(ref: JobRef, file_name: str) -> str:
    """Return the key of a job's uploaded file."""
    return f"{UPLOADS}/{ref.tenant}/{ref.id}/{file_name}"


def job_folder(ref: JobRef) -> str:
    """Return the folder of everything that Sluice derives from a job's file."""
    return f"jobs/{ref.tenant}/{ref.id}/"


def result_key(ref: JobRef, run: int, name: str) -> str:
    """Return the key of a download; its content depends on the run of the job."""
    return f"{job_folder(ref)}results/{run:04d}/{name}"


class JobFiles:
    """The files of one job, in its present split; also the `Workspace` in which `sluice.reading` splits the file.

    The name of each object follows from the job, its split and the chunk, so a second attempt overwrites the first.
    """

    def __init__(self, job: Job, files: Files) -> None:
        self._ref, self._files = job.ref, files
        self._root = job_folder(job.ref) + (f"split-{job.split}/" if job.split else "")

    def write(self, name: str, body: bytes) -> None:
        """Store a whole object among the slices."""
        self._files.write(f"{self._root}slices/{name}", body)

    def create(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Store a stream of unknown length among the slices."""
        return self._files.create(f"{self._root}slices/{name}")

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Read a range of an object among the slices, or all of it."""
        return self._files.read(f"{self._root}slices/{name}", start, end)

    def write_slice(self, segment: Segment) -> None:
        """Store the bytes of a segment, unless it is a byte range of the upload."""
        if segment.body is not None:
            self.write(f"{segment.index:06d}.slice", segment.body)

    def records(self, chunk: Chunk, upload: JobFile) -> Iterator[Record]:
        """Read the rows of a chunk, merged cells filled in, from its slice or from a range of the uploaded file."""
        segment = Segment(chunk.ref.index, chunk.first_row, chunk.rows, chunk.start, chunk.end)
        index, end, sheet = chunk.ref.index, chunk.end, self.read_plan().of(chunk.ref.index)
        body = self._files.read(upload.key, chunk.start, end, upload.etag) if end else self.slice(index)
        records = read_segment(sheet.layout, segment, body, self, sheet.header.titles)
        return sheet.filled(index, records, self)

    def slice(self, index: int) -> bytes:
        """Read the slice of a chunk."""
        return self.read(f"{index:06d}.slice")

    def write_plan(self, plan: FilePlan) -> None:
        """Store how the sheets of the file are read, which every worker needs."""
        self._write_json(f"slices/{_LAYOUT}", asdict(plan))

    def read_plan(self) -> FilePlan:
        """Read what `write_plan` stored."""
        kept = self._read_json(f"slices/{_LAYOUT}")
        return to_plan(kept.get("sheets") or [{"first_chunk": 0, **kept}])

    # ------------------------------------------------------------------ results of a chunk

    def write_staged(self, index: int, rows: Iterable[GoodRow]) -> None:
        """Store the rows of a chunk that passed validation."""
        self._write(f"staged/{index:06d}.rows", dump_staged(rows))

    def staged(self, index: int) -> list[GoodRow]:
        """Read the staged rows of a chunk; raises `NotFound` if it staged none."""
        return load_staged(self._read(f"staged/{index:06d}.rows"))

    def write_keys(self, index: int, digests: bytes, kind: str = STAGED) -> None:
        """Store the digests of the keys of a chunk's staged rows, or of all its rows (`PRESENT`)."""
        self._write(f"staged/{index:06d}.{kind}", digests)

    def keys(self, index: int, kind: str = STAGED) -> bytes:
        """Read what `write_keys` stored."""
        return self._read(f"staged/{index:06d}.{kind}")

    def write_ranges(self, ranges: list[str]) -> None:
        """Store the ranges of keys of the dataset."""
        self._write_json("absent/ranges.json", ranges)

    def ranges(self) -> list[str]:
        """Read what `write_ranges` stored; raises `NotFound`."""
        return list(self._read_json("absent/ranges.json"))

    def write_absent(self, index: int, records: Iterable[tuple[str, str]]) -> None:
        """Store records whose keys the file lacks: keys and fingerprints."""
        self._write(f"absent/{index:06d}.jsonl", "".join(json.dumps(record) + "\n" for record in records).encode())

    def absent(self, index: int) -> list[tuple[str, str]]:
        """Read what `write_absent` stored."""
        return [(key, seen) for key, seen in map(json.loads, self._read(f"absent/{index:06d}.jsonl").splitlines())]

    def write_partial(self, index: int, found: Mapping[str, Any]) -> None:
        """Store what dead workers have delivered of a chunk, see `sluice.usecases.deliver`."""
        self._write_json(f"partial/{index:06d}.json", found)

    def partial(self, index: int) -> Mapping[str, Any]:
        """Read what `write_partial` stored; raises `NotFound`."""
        return dict(self._read_json(f"partial/{index:06d}.json"))

    def write_duplicates(self, index: int, first_rows: dict[int, FirstRow]) -> None:
        """Store the duplicate rows of a chunk: ``{row number: the first row with the same key}``."""
        self._write_json(f"staged/{index:06d}.duplicates", first_rows)

    def duplicates(self, index: int) -> dict[int, FirstRow]:
        """Read what `write_duplicates` stored; empty if the chunk has no duplicates."""
        try:
            found = self._read_json(f"staged/{index:06d}.duplicates")
        except NotFound:
            return {}
        # a number in a version that read one sheet
        return {int(row): (first, "") if isinstance(first, int) else (*first,) for row, first in found.items()}

    def write_evidence(self, index: int, evidence: Mapping[str, Evidence]) -> None:
        """Store what the cells of a chunk show of decisions, by their keys."""
        self._write_json(f"evidence/{index:06d}.json", {key: asdict(found) for key, found in evidence.items()})

    def evidence(self) -> Iterator[dict[str, Evidence]]:
        """Read what `write_evidence` stored, of every chunk that has some, in the order of the file."""
        for found in self._read_all("evidence"):
            yield {key: to_evidence(kept) for key, kept in found.items()}

    def write_pulled(self, index: int, pulled: PulledChunk) -> None:
        """Store what the upstream sent while a chunk was read."""
        self._write_json(f"staged/{index:06d}.pulled", asdict(pulled))

    def pulled(self, index: int) -> PulledChunk:
        """Read what `write_pulled` stored."""
        return PulledChunk(**self._read_json(f"staged/{index:06d}.pulled"))

    def write_findings(self, index: int, findings: Iterable[Finding]) -> None:
        """Store the categories that a lookup gave to the rows of a chunk."""
        self._write_lines(f"found/{index:06d}.jsonl", findings)

    def findings(self, index: int) -> Iterator[Finding]:
        """Read what `write_findings` stored."""
        for line in self._read(f"found/{index:06d}.jsonl").splitlines():
            yield to_finding(json.loads(line))

    def write_compared(self, index: int, found: Compared) -> None:
        """Store what a person reads of the comparison of a chunk."""
        self._write_json(f"compared/{index:06d}.json", dump_compared(found))

    def compared(self) -> Iterator[Compared]:
        """Read what `write_compared` stored, of every chunk in the order of the file."""
        yield from map(load_compared, self._read_all("compared"))

    # ------------------------------------------------------------------ rejected rows

    def write_rejections(
        self, chunk: Chunk, rejections: list[Rejection], records: Iterable[Record], *, again: bool = False
    ) -> None:
        """Store the rejections of a chunk, and its rejected rows unchanged; nothing if there are none, unless again."""
        if not (rejections or again or chunk.is_again):
            return
        ref, rejected = chunk.ref, {rejection.row for rejection in rejections}
        rows = shortened(record for record in records if record[0] in rejected)
        self._write(f"rejected/{ref.index:06d}-{ref.phase}.cells", write_cells(rows))
        self._write_lines(_rejections_name(ref), sorted(rejections, key=lambda rejection: rejection.row))

    def rejections(self, ref: ChunkRef) -> list[Rejection]:
        """Read the rejections of a chunk in a phase."""
        try:
            lines = self._read(_rejections_name(ref)).splitlines()
        except NotFound:
            return []
        return [to_rejection(json.loads(line)) for line in lines]

    def rejections_page(self, *, limit: int, cursor: str | None) -> Page[Rejection]:
        """Read a page of the job's rejections, chunk by chunk."""
        page = self._page("rejections/", limit=limit, cursor=cursor)
        return Page([to_rejection(item) for item in page.items], page.next)

    def rejected_rows(self) -> Iterator[RejectedRow]:
        """Read every rejected row of the job, unchanged and in the order of the file, with its rejections."""
        names = (_name(key).removesuffix(".jsonl").split("-") for key in self._names("rejections/"))
        for index, of_chunk in groupby(names, key=lambda parts: int(parts[0])):
            refs = [ChunkRef(self._ref, PhaseName(phase), index) for _, _, phase in of_chunk]
            yield from sorted((row for ref in refs for row in self.rejected_of(ref)), key=lambda row: row.number)

    def rejected_of(self, ref: ChunkRef) -> Iterator[RejectedRow]:
        """Read the rejected rows of a chunk in a phase."""
        rejections = self.rejections(ref)
        if rejections:
            cells = dict(read_cells(self._read(f"rejected/{ref.index:06d}-{ref.phase}.cells")))
            for number, of_row in groupby(rejections, key=lambda rejection: rejection.row):
                yield RejectedRow(number, cells.get(number, []), list(of_row))

    # ------------------------------------------------------------------ rollbacks and downloads

    def write_kept(self, index: int, rows: Iterable[dict[str, Any]], phase: PhaseName = PhaseName.UNDO) -> None:
        """Store the rows of a chunk that a rollback, or the deletion of absent records, left as they are."""
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        name = f"{index:06d}" if phase is PhaseName.UNDO else f"{index:06d}-a-{phase}"
        self._write(f"kept/{name}.jsonl", lines.encode())

    def kept_page(self, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
        """Read a page of the rows that a rollback left as they are."""
        return self._page("kept/", limit=limit, cursor=cursor)

    # ------------------------------------------------------------------ removal

    def remove_read(self) -> None:
        """Remove what reading and parsing wrote, before the source is read again."""
        for folder in _READ:
            self._files.remove(f"{self._root}{folder}/")

    def remove_derived(self, delivered: Container[int], delivery: PhaseName) -> None:
        """Remove what was derived from the rows of all chunks, except of the chunks that are being delivered.

        That is the comparison with what it has rejected, and which rows have duplicate keys.
        """
        self._files.remove(f"{self._root}compared/")
        self._files.remove(f"{self._root}absent/")
        derived = (".duplicates", f"-b-{delivery}.jsonl", f"-{delivery}.cells")
        folders = ("staged", "rejections", "rejected")
        for key in (key for folder in folders for key in self._files.names(f"{self._root}{folder}/")):
            if key.endswith(derived) and int(_name(key)[:6]) not in delivered:
                self._files.remove_file(key, None)

    def remove_slices(self) -> None:
        """Remove the parts of the file, which no more call needs; how it was read stays, for its reports."""
        self._files.remove(f"{self._root}slices/", but=f"{self._root}slices/{_LAYOUT}")

    def remove_all(self) -> None:
        """Remove everything that was derived from the job's file, and the upload itself."""
        self._files.remove(job_folder(self._ref))
        self._files.remove(upload_key(self._ref, ""))

    # ------------------------------------------------------------------ codec

    def _write(self, name: str, body: bytes) -> None:
        self._files.write(self._root + name, b'{"format": %d}\n' % _FORMAT + body)

    def _read(self, name: str) -> bytes:
        key = self._root + name
        try:
            return _body(self._files.read(key), key)
        except NotFound:
            if (earlier := _earlier(name)) == name:
                raise
        return self._files.read(self._root + earlier)

    def _names(self, folder: str) -> Sequence[str]:
        return self._files.names(self._root + folder) or self._files.names(self._root + _earlier(folder))

    def _write_json(self, name: str, content: Any) -> None:
        self._write(name, json.dumps(content).encode())

    def _read_json(self, name: str) -> Any:
        return json.loads(self._read(name))

    def _read_all(self, folder: str) -> Iterator[Any]:
        """Read the JSON objects of a folder in the order of their names."""
        names = [f"{folder}/{_name(key)}" for key in self._names(f"{folder}/")]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            yield from pool.map(self._read_json, names)

    def _write_lines(self, name: str, items: Iterable[Any]) -> None:
        self._write(name, "".join(json.dumps(asdict(item)) + "\n" for item in items).encode())

    def _page(self, folder: str, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
        """Read a page of the JSON lines in a folder, object by object.

        The cursor holds the name of an object instead of an index, because a running job adds objects between others.
        """
        first, line = _position(cursor)
        keys = [key for key in self._names(folder) if _name(key) >= first]
        if keys and _name(keys[0]) != first:
            line = 0
        items: list[dict[str, Any]] = []
        for key in keys:
            lines = _body(self._files.read(key), key).splitlines()
            taken = lines[line : line + limit - len(items)]
            items += [json.loads(text) for text in taken]
            line += len(taken)
            if line < len(lines) or (len(items) == limit and key != keys[-1]):
                return Page(items, encode_cursor(_name(key), line))
            line = 0
        return Page(items, None)


def _rejections_name(ref: ChunkRef) -> str:
    # The letter sorts the rejections of parse before those of load within a chunk.
    return f"rejections/{ref.index:06d}-{'a' if ref.phase is PhaseName.PARSE else 'b'}-{ref.phase}.jsonl"


def _earlier(name: str) -> str:
    for now, before in _EARLIER:
        name = name.replace(now, before)
    return name


def _name(key: str) -> str:
    return key.rpartition("/")[2]


def _body(stored: bytes, key: str) -> bytes:
    """Return the content of an object, without the line that names its format."""
    head, _, body = stored.partition(b"\n")
    if not _HEAD.fullmatch(head):
        return stored  # format 0
    format_of(json.loads(head), f"The object {key}", newest=_FORMAT)
    return body


def _position(cursor: str | None) -> tuple[str, int]:
    match [_FIRST_NAME, 0] if cursor is None else decode_cursor(cursor):
        case [str(name), int(line)] if line >= 0 and (name == _FIRST_NAME or _NAME.fullmatch(name)):
            return name, line
        case _:
            raise invalid_cursor()
