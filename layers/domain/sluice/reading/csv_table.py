"""A text file as a table: its encoding, delimiter and quoting, and its split into byte ranges or slices.

The delimiter is the one under which the importer's header is found; where that leaves several, the one under which the
rows are even. Slices are made where the text is packed, or in an encoding in which a byte below 0x80 may be a part of
another character; other texts are split into byte ranges of the upload.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from sluice.model.errors import FileRejected
from sluice.model.recipe import Choice, Evidence, How, Question, Shown
from sluice.reading.encoding import UTF_8, Found, find_encoding, is_sliced, other_line_end, reads_as, transcoded
from sluice.reading.records import Dialect, Records, RecordSplitter, read_records, row_at
from sluice.reading.survey import TextSurvey
from sluice.reading.types import FileLayout, Limits, Reading, Segment, SheetFacts
from sluice.schema.cells import BrokenRow, Record

#: Bytes from the start by which delimiter and quoting are found.
SAMPLE_BYTES: Final = 256 * 1024
#: Delimiters that are looked for; of those under which no header is found, the first four come first.
DELIMITERS: Final = ",;\t|^:~#!*&"
# Records of the sample by which delimiter and quoting are chosen, and those that are searched for the header.
_RECORDS: Final = 200
_HEAD: Final = 50
# Characters of a row that a question shows.
_SHOWN: Final = 120
# Of these, before a difference that is far behind.
_BEFORE: Final = 40


class CsvTable:
    """A text table; a `TabularFile`, and its only `Table`.

    Parameters
    ----------
    stream
        Returns the bytes of the text from an offset on; called several times.
    ranges
        Whether the stream's offsets are the upload's: then segments are byte ranges. Of a packed file they are not.
    filename
        Breaks ties between delimiters under which no header is found.
    limits
        Of which ``max_rows`` counts rows below the header, blank ones too, except in slices wholly blank.
    reading
        What holds already, and how a header is recognised.

    Raises
    ------
    FileRejected
        ``empty-file``, ``damaged-file`` for other line ends, ``not-a-spreadsheet`` or ``unknown-encoding``; others
        while the stream is read.
    """

    def __init__(
        self,
        stream: Callable[[int], Iterator[bytes]],
        ranges: bool,
        filename: str,
        limits: Limits,
        reading: Reading,
    ) -> None:
        self._stream = stream
        self._limits = limits
        sample = _first(stream(0), SAMPLE_BYTES)
        survey = reading.survey or TextSurvey.of(stream(0))
        self._found = find_encoding(sample, survey, reading, stream)
        self._start = self._found.mark
        self._is_sliced = is_sliced(self._found.encoding)
        self._ranges = ranges and not self._is_sliced
        text = sample[self._start :].decode(self._found.encoding, "ignore")
        if not text.strip(DELIMITERS + '\r\n\x1a "'):
            raise FileRejected("empty-file", case="no-row")
        if end := other_line_end(text, DELIMITERS, reading):
            raise FileRejected("damaged-file", case="line-ends", character=end)
        declared, hint = _declared_delimiter(text)
        is_cut = len(sample) == SAMPLE_BYTES
        whole = text[hint : max(text.rfind("\n"), text.rfind("\r")) + 1] if is_cut else text[hint:]
        self._chosen = choose_dialect(_Sample(whole or text, is_cut), filename, reading, declared)
        self._start += len(text[:hint].encode(self._found.encoding))
        if self._found.faults:
            raise self._unreadable(self._found)

    @property
    def layout(self) -> FileLayout:
        """See `Table.layout`."""
        dialect, encoding = self._chosen.dialect, self._found.encoding
        details = {"slices": UTF_8 if self._is_sliced else encoding, "quoting": dialect.quoting}
        return FileLayout("csv", "", encoding, dialect.delimiter, details)

    @property
    def properties(self) -> dict[str, str]:
        """See `TabularFile.properties`."""
        return {}

    @property
    def tables(self) -> tuple[CsvTable]:
        """See `TabularFile.tables`."""
        return (self,)

    sheet = ""
    is_hidden = False
    facts = SheetFacts()

    def count_rows(self, after_row: int) -> int:
        """See `Table.count_rows`."""
        pieces = self._records(after_row, _RECORDS)
        return sum(1 for each in pieces for _ in read_records(self.layout, each.first_row, each.body))

    @property
    def decisions(self) -> dict[str, tuple[Any, How]]:
        """See `TabularFile.decisions`."""
        dialect = self._chosen.dialect
        return {
            "encoding": (self._found.encoding, self._found.how),
            "delimiter": (dialect.delimiter, self._chosen.delimiter_how),
            "quoting": (dialect.quoting, self._chosen.quoting_how),
        }

    @property
    def questions(self) -> tuple[Question, ...]:
        """See `TabularFile.questions`."""
        if self._found.candidates:
            return (self._ask_for_encoding(),)
        return (self._ask_for_delimiter(),) if self._chosen.rivals else ()

    def head(self, count: int) -> list[Record]:
        """See `Table.head`."""
        records: list[Record] = []
        for piece in self._records(0, count):
            records.extend(read_records(self.layout, piece.first_row, piece.body))
            if len(records) >= count:
                break
        return records[:count]

    def split(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        """See `Table.split`."""
        rows = 0
        for index, piece in enumerate(self._records(after_row, chunk_rows)):
            rows += piece.rows
            if rows > self._limits.max_rows:
                raise FileRejected("too-many-rows", limit=self._limits.max_rows)
            if self._ranges:
                yield Segment(index, piece.first_row, piece.rows, piece.start, piece.end)
            else:
                yield Segment(index, piece.first_row, piece.rows, body=piece.body)

    def _records(self, after_row: int, chunk_rows: int) -> Iterator[Records]:
        return RecordSplitter(self._blocks(), self._chosen.dialect, self._start).slices(after_row, chunk_rows)

    def _blocks(self, end: int | None = None) -> Iterator[bytes]:
        """Yield the text below its mark and the line that declares the delimiter, as it is split."""
        blocks = self._stream(self._start)
        if end is not None:
            blocks = _limited(blocks, end - self._start)
        return transcoded(blocks, self._found.encoding) if self._is_sliced else blocks

    def _row_at(self, offset: int) -> tuple[int, bytes]:
        """Return the number and the bytes of the record at an offset of the stream."""
        if self._is_sliced:
            return row_at(self._blocks(offset), self._chosen.dialect, None)
        return row_at(self._blocks(), self._chosen.dialect, offset - self._start)

    def _unreadable(self, found: Found) -> FileRejected:
        """Reject a text in two encodings, or one with bytes that its encoding lacks, naming the rows."""
        rows = {f"{name}_row": self._row_at(offset)[0] for name, offset in found.faults.items()}
        return FileRejected("unknown-encoding", case=found.case, encoding=found.encoding, **found.params, **rows)

    def _ask_for_encoding(self) -> Question:
        dialect = self._chosen.dialect
        rows = [row_at(self._stream(self._start), dialect, offset - self._start) for offset in self._found.doubtful]
        starts = [_start_of(body, self._found.candidates[:2]) for _, body in rows]
        choices = [
            Choice(name, "read-encoding", {"encoding": name, **_read_as(name, rows, starts)})
            for name in self._found.candidates
        ]
        shown = tuple(Shown(row, reads_as(body, "ascii")[:_SHOWN], "bytes") for row, body in rows)
        return Question("encoding", "encoding", tuple(choices), Evidence({}, shown))

    def _ask_for_delimiter(self) -> Question:
        choices = [
            Choice(mark, "read-delimiter", {"delimiter": mark, "row": row, "text": _fields_shown(cells)})
            for mark, (row, cells) in self._chosen.rivals.items()
        ]
        return Question("delimiter", "delimiter", tuple(choices))


def _fields_shown(cells: list[str]) -> str:
    return " · ".join(f"'{cell}'" for cell in cells)[:_SHOWN]


def _start_of(body: bytes, encodings: Sequence[str]) -> int:
    """Return where to show a record from, so that the first difference between two readings is in sight."""
    readings = [reads_as(body, encoding) for encoding in encodings]
    differing = next((at for at, letters in enumerate(zip(*readings, strict=False)) if len({*letters}) > 1), 0)
    return 0 if differing < _SHOWN - _BEFORE else differing - _BEFORE


def _read_as(encoding: str, rows: list[tuple[int, bytes]], starts: list[int]) -> dict[str, Any]:
    texts = [
        ("…" if start else "") + reads_as(body, encoding)[start:][:_SHOWN]
        for (_, body), start in zip(rows, starts, strict=True)
    ]
    shown = [{"row": row, "text": text} for (row, _), text in zip(rows, texts, strict=True)]
    return {**shown[-1], "rows": shown}


def _first(blocks: Iterator[bytes], count: int) -> bytes:
    data = b""
    for block in blocks:
        data += block
        if len(data) >= count:
            break
    return data[:count]


def _limited(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for block in blocks:
        yield block[:count]
        count -= len(block)
        if count <= 0:
            return


def _declared_delimiter(text: str) -> tuple[str, int]:
    """Return the delimiter that a first line such as ``sep=;`` declares to Excel, and the length of that line."""
    match = re.match(r'"?sep=([^\w\s"]|\t)"?(?:\r\n|\n|\r)', text, re.IGNORECASE)
    return (match[1], match.end()) if match else ("", 0)


# ---------------------------------------------------------------------- delimiter and quoting


@dataclass(frozen=True)
class Chosen:
    """How a text is delimited and quoted.

    Parameters
    ----------
    dialect
        The most likely one.
    delimiter_how, quoting_how
        How they were decided.
    rivals
        If the delimiter is open: each that fits, with the first record that they read differently.
    """

    dialect: Dialect
    delimiter_how: How
    quoting_how: How = "default"
    rivals: Mapping[str, tuple[int, list[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Sample:
    """Whole lines from the start of a text, and whether it goes on."""

    text: str
    is_cut: bool


class _Trial:
    """A sample as a dialect reads it."""

    def __init__(self, sample: _Sample, dialect: Dialect, reading: Reading) -> None:
        self.dialect = dialect
        rows = enumerate(dialect.rows(sample.text, is_cut=sample.is_cut), 1)
        self.records = list(islice(((row, cells) for row, cells in rows if any(map(str.strip, cells))), _RECORDS))
        head: list[Record] = [(row, [cell or None for cell in cells]) for row, cells in self.records[:_HEAD]]
        self.fit = reading.fit(head)
        self.below = [cells for row, cells in self.records if row > self.fit.row]
        self.broken = sum(type(cells) is BrokenRow for cells in self.below)
        width = self.fit.width
        self.bad = self.broken + (sum(any(cells[width:]) for cells in self.below) if width else 0)

    def wrapped(self, quote: str) -> int:
        """Count the cells that a quote begins and ends."""
        cells = (cell.strip() for _, cells in self.records for cell in cells)
        return sum(len(cell) > 1 and cell[0] == quote == cell[-1] for cell in cells)

    @property
    def evenness(self) -> tuple[float, int]:
        """Share of the records that are as wide as most, wider than a cell; and that width."""
        counts = Counter(len(cells) for _, cells in self.records if len(cells) > 1)
        width, times = max(counts.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return times / max(len(self.records), 1), width


def choose_dialect(sample: _Sample, filename: str, reading: Reading, declared: str = "") -> Chosen:
    """Choose delimiter and quoting.

    Parameters
    ----------
    sample
        Start of the text.
    filename
        Breaks ties between delimiters under which no header is found.
    declared
        The delimiter that the file itself declares.
    """
    given, quoting = reading.given.get("delimiter"), reading.given.get("quoting", "double")
    marks = [given] if given else _marks(sample.text, filename, declared)
    trials = [_Trial(sample, Dialect(mark, quoting), reading) for mark in marks]
    best = max(trial.fit[:2] for trial in trials)
    fitting = [trial for trial in trials if trial.fit[:2] == best]
    if given:
        chosen = Chosen(trials[0].dialect, "given")
    elif not best[1]:
        chosen = _choose_even(trials, declared)
    else:
        chosen = _choose_fitting(fitting, declared or reading.remembered.get("delimiter", ""), bool(declared))
    trial = next(trial for trial in trials if trial.dialect is chosen.dialect)
    return _with_quoting(sample, chosen, trial, reading)


def _marks(sample: str, filename: str, declared: str) -> list[str]:
    """List the delimiters to be tried, likely ones first; the last of them makes one column of the text."""
    order = "\t,;|" + DELIMITERS[4:] if filename.lower().endswith((".tsv", ".tab")) else DELIMITERS
    there = [mark for mark in order if mark in sample]
    alone = next((mark for mark in order if mark not in sample), "\x1f")
    return list(dict.fromkeys([*([declared] if declared else []), *there, alone]))


def _choose_fitting(fitting: list[_Trial], preferred: str, is_declared: bool) -> Chosen:
    """Choose between delimiters under which the header is found equally well: by even rows, else by a question."""
    even = [trial for trial in fitting if not trial.bad] or fitting
    rivals = [trial for at, trial in enumerate(even) if all(trial.records != each.records for each in even[:at])]
    if len(rivals) == 1:
        return Chosen(rivals[0].dialect, "proven")
    for trial in rivals:
        if trial.dialect.delimiter == preferred:
            return Chosen(trial.dialect, "proven" if is_declared else "remembered")
    shown = zip(*(trial.records for trial in rivals), strict=False)
    at = next((at for at, read in enumerate(shown) if any(each != read[0] for each in read)), 0)
    return Chosen(rivals[0].dialect, "default", rivals={trial.dialect.delimiter: trial.records[at] for trial in rivals})


def _choose_even(trials: list[_Trial], declared: str) -> Chosen:
    """Choose a delimiter without a header: the one under which most records are equally wide."""
    if declared:
        return Chosen(trials[0].dialect, "proven")
    usual = [trial for trial in trials if trial.dialect.delimiter in DELIMITERS[:4]]
    even = max(usual or trials, key=lambda trial: trial.evenness)
    if not even.evenness[1]:
        even = max(trials, key=lambda trial: trial.evenness)
    if not even.evenness[1]:  # a column alone: any character that is not there would do as well
        even = trials[-1]
    return Chosen(even.dialect, "default")


# In each row of our own exports, quoted as in RFC 4180: the id of a job, behind the sign that texts are escaped.
_OWN_MARK = re.compile(r"'[0-9A-HJKMNP-TV-Z]{26}")


def _with_quoting(sample: _Sample, chosen: Chosen, trial: _Trial, reading: Reading) -> Chosen:
    """Choose the way of quoting: another one than the usual if rows are even under it alone, or most rows show it."""
    if "quoting" in reading.given:
        return replace(chosen, quoting_how="given")
    if any(_OWN_MARK.fullmatch(cell) for cells in trial.below for cell in cells):
        return chosen
    mark, remembered = chosen.dialect.delimiter, reading.remembered.get("quoting")
    rows, usual = max(len(trial.below), 1), trial
    single = sum(any(cell.lstrip().startswith("'") for cell in cells) for cells in trial.below)
    names = [
        *(["double-backslash"] if '\\"' in sample.text else []),
        *(["single"] if single else []),
        *(["single-backslash"] if single and "\\'" in sample.text else []),
    ]
    for name in names:
        other = _Trial(sample, Dialect(mark, name), reading)
        if 2 * len(other.below) < rows:
            continue  # an open quote has taken in the lines behind it
        is_better = other.bad < trial.bad and not other.broken
        is_shown = chosen.quoting_how == "default" and 2 * single >= rows and 10 * other.broken <= rows
        is_shown = is_shown and usual.wrapped("'") > other.wrapped('"')  # a text may begin with an apostrophe
        if is_better or (is_shown and name != "double-backslash"):
            chosen, trial = replace(chosen, dialect=other.dialect, quoting_how="proven"), other
    if chosen.quoting_how == "default" and remembered in names:
        return replace(chosen, dialect=Dialect(mark, remembered), quoting_how="remembered")
    return chosen
