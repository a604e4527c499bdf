"""Corrections: import the rejected rows of a job again from its corrected errors file, which names that job.

The caller may name it too, with ``corrects``; the file need not have the mark of an errors file then.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sluice.model.chunk import ChunkRef, JobRef, PhaseName
from sluice.model.errors import Conflict, FileRejected, NotFound
from sluice.model.job import Job
from sluice.model.options import GivenOptions, LoadOptions
from sluice.model.recipe import FIVE_DIGITS, MARKERS, Decision, Recipe
from sluice.model.rejection import DUPLICATE_KEY, JOB_TITLE, ROW_TITLE, SHEET_TITLE, Rejection
from sluice.model.retention import check_kept
from sluice.model.status import INACTIVE, Status
from sluice.reading import Header
from sluice.reading.sheets import FilePlan, SheetPlan
from sluice.reports.cells import RecordTexts, unescape_formula
from sluice.reports.csv_files import NUMBER_TITLE
from sluice.reports.rejected_rows import JOB_PROPERTY, JobMark, RejectedRow
from sluice.schema.cells import UNCOMPUTED, Cell, CellError, FormattedNumber, NumberCell, Record
from sluice.schema.importer import Importer
from sluice.schema.rejections import as_text
from sluice.schema.text import unwrapped
from sluice.schema.validation import Checked, GoodRow
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.ports import Chunks, Jobs
from sluice.usecases.services import Services

# Name of the sheet and number of a row of the corrected file.
OriginalRow = tuple[str, int]
# Cases of `check_corrected` in which the file must not be imported like any other: its rows alone are not enough, or
# they are the job's own.
_FINAL = frozenset({"under-way", "nothing-loaded"})
# Kinds of the decisions that bear on rows; those on the file as a whole are made anew.
_ON_ROWS = frozenset({"constants", "decimal", "date_order", FIVE_DIGITS, *MARKERS})
# Digits of a row number, more than any sheet needs, and characters of a text that a rejection quotes.
_ROW_DIGITS, _SHOWN = 12, 50


def check_corrected(ref: JobRef, importer: str, jobs: Jobs) -> Job:
    """Get the job that a correction corrects.

    Raises
    ------
    NotFound
        If there is no such job.
    Conflict
        If it belongs to another importer, is under way, was deleted, or has rejected or loaded no row.
    """
    job = jobs.get(ref)
    if job.importer != importer:
        raise Conflict("cannot-correct", case="other-importer", id=ref.id, made_by=job.importer, importer=importer)
    if job.status not in INACTIVE:
        raise Conflict("cannot-correct", case="under-way", id=ref.id, status=str(job.status))
    if job.deleted:
        raise Conflict("cannot-correct", case="deleted", id=ref.id)
    check_kept(job, "correct", datetime.now(UTC))
    if job.has_loaded_nothing:
        raise Conflict("cannot-correct", case="nothing-loaded", id=ref.id)
    if not job.counts.rejected:
        raise Conflict("cannot-correct", case="nothing-rejected", id=ref.id)
    return job


def as_correction(job: Job, corrected: Job) -> Job:
    """Make a job a correction: its cells are read as those of the original file were, and its headers match as there.

    What the caller of the correction gave takes precedence, and so do constants in the name of its file.
    """
    remembered = {key: each for key, each in job.recipe.decisions.items() if each.how == "remembered"}
    own = {key: each for key, each in job.recipe.decisions.items() if key not in remembered}
    return replace(
        job,
        corrects=corrected.ref.id,
        recipe=replace(job.recipe, decisions={**remembered, **_answered(corrected.recipe), **own}),
        options=_options_of_correction(job.given, corrected.options),
    )


def _answered(recipe: Recipe) -> dict[str, Decision]:
    """Return the decisions of a job that hold for its correction, which another workbook, or a text file, may be."""
    return {
        key: Decision(each.value, "answered")
        for key, each in recipe.decisions.items()
        # headers that matched by themselves do so again, and a column that needs no correction may be missing
        if key.partition(".")[0] in _ON_ROWS or (key == "columns" and each.is_strict)
    }


def _options_of_correction(given: GivenOptions, corrected: LoadOptions) -> LoadOptions:
    """Return the options of a correction: its few rows say nothing about the keys that they lack, nor about shares."""
    options = given.over(LoadOptions(corrected.mode, corrected.blanks, corrected.deletes))
    return replace(options, mode="upsert") if options.mode == "mirror" else options


def recognise(
    job: Job, heads: list[list[Record]], properties: Mapping[str, str], services: Services
) -> tuple[list[list[Record]], Job]:
    """Make a job a correction if its file is the errors file of another job; the caller need not say so.

    Anyone can write the mark of a file. If it names a job that has not made such a file of this importer for this
    tenant, the file is imported like any other, and the job's log says so.

    Parameters
    ----------
    heads
        First rows of each sheet that are not blank.
    properties
        Custom properties of the file.

    Returns
    -------
    tuple
        The first rows without escapes, and the job as it is stored.

    Raises
    ------
    FileRejected
        ``corrects-another-job`` if the caller said otherwise; ``cannot-correct``, see `check_corrected`.
    """
    mark = next(filter(None, (_mark_of(head, properties) for head in heads)), None)
    if mark is None:
        return heads, job
    if mark.escaped:
        heads = [[(number, [_unescaped(cell) for cell in cells]) for number, cells in head] for head in heads]
    if job.corrects is None:
        job = _link(job, mark.job, services)
    elif job.corrects != mark.job:
        raise FileRejected("corrects-another-job", corrects=job.corrects, marked=mark.job)
    return heads, job


def _mark_of(head: list[Record], properties: Mapping[str, str]) -> JobMark | None:
    """Find the mark of an errors file: in its column, below the header, or else in the properties of the workbook."""
    for at, (_, titles) in enumerate(head):
        if ROW_TITLE in titles:
            place = titles.index(JOB_TITLE) if JOB_TITLE in titles else None
            marks = (_mark(cells, place) for _, cells in head[at + 1 :])
            return next(filter(None, marks), None) or JobMark.read(properties.get(JOB_PROPERTY))
    return None


def _link(job: Job, marked: str, services: Services) -> Job:
    try:
        corrected = check_corrected(JobRef(job.ref.tenant, marked), job.importer, services.jobs)
    except (NotFound, Conflict) as error:
        if error.problem.params.get("case") in _FINAL:
            raise FileRejected.of(error.problem) from None
        corrected = None
    if corrected is not None and corrected.status is not Status.ROLLED_BACK:
        job = services.jobs.link(as_correction(job, corrected), corrected, note=f"this file corrects job {marked}")
        if job.corrects:
            return job
    note = f"this file names job {marked}, which has no rows to correct here; it is imported like any other file"
    if note not in {entry.note for entry in services.jobs.entries(job.ref)}:
        services.jobs.log(job, note=note)
    return job


def check_correction(job: Job, header: Header) -> None:
    """Check that the file of a correction has the column of row numbers; accept every file of other jobs.

    Raises
    ------
    FileRejected
        ``no-row-numbers``.
    """
    if job.corrects and ROW_TITLE not in header.titles:
        raise FileRejected("no-row-numbers", column=ROW_TITLE, corrects=job.corrects)


@dataclass(frozen=True)
class Selected:
    """The rows of a chunk, and which of them its job takes.

    Parameters
    ----------
    records
        All rows, their text as it was before a report escaped it.
    wanted
        Rows to check and to load.
    rejections
        A rejection for each other row.
    duplicates
        In a correction: original rejections of the rows that were rejected as duplicate keys, by row number.
    """

    records: list[Record]
    wanted: list[Record]
    rejections: list[Rejection] = field(default_factory=list)
    duplicates: Mapping[int, Rejection] = field(default_factory=dict)

    def joined(self, checked: Checked, equal_keys: Callable[[list[str]], Mapping[str, str]]) -> Checked:
        """Add the rows that the job does not take to those that were checked, as rejected ones.

        A duplicate whose key was not changed is rejected again: loading it would overwrite the first row. A program
        that saves the file may write the key in another way; ``equal_keys`` is as in `Destination`.
        """
        again = self._still_duplicate(checked.good, equal_keys)
        duplicates = {rejection.row for rejection in again}
        return replace(
            checked,
            good=[row for row in checked.good if row.number not in duplicates],
            rejections=self.rejections + checked.rejections + again,
            seen=checked.seen + len(self.rejections),
        )

    def _still_duplicate(
        self, good: Iterable[GoodRow], equal_keys: Callable[[list[str]], Mapping[str, str]]
    ) -> list[Rejection]:
        found = [(row, was, was.value or "") for row in good if (was := self.duplicates.get(row.number))]
        changed = [key for row, _, earlier in found if row.key != earlier for key in (row.key, earlier)]
        equal = equal_keys(changed) if changed else {}
        return [
            replace(was, row=row.number)
            for row, was, earlier in found
            if equal.get(row.key, row.key) == equal.get(earlier, earlier)
        ]


def select_rows(job: Job, importer: Importer, sheet: SheetPlan, records: list[Record], services: Services) -> Selected:
    """Select the rows of a chunk of a report: in a correction, those that the corrected job rejected; else all.

    Texts of the rows that are marked as escaped are as they were before.
    """
    selected = _unescape(importer, sheet, records)
    if job.corrects:
        selected = _select_corrected(job, importer, selected, sheet, services)
    return selected


def _unescape(importer: Importer, sheet: SheetPlan, records: list[Record]) -> Selected:
    """Undo the escape of formulas in the rows that are marked as escaped.

    Of a row that has lost its mark, nothing says whether an apostrophe is its own: it is rejected if it matters.
    """
    header = sheet.header
    place = _place(header, JOB_TITLE)
    titles = {column.field: column.title for column in importer.columns}
    fields = [(at, titles[name]) for at, name in header.fields.items()]
    selected = Selected([], [])
    is_export = NUMBER_TITLE in header.titles and ROW_TITLE not in header.titles
    unescape = RecordTexts(importer.conventions.markers).unescape if is_export else unescape_formula
    for number, cells in records:
        mark = _mark(cells, place)
        unescaped = [_unescaped(cell) for cell in cells]
        row = (number, [_restored(cell, unescape) for cell in cells] if mark and mark.escaped else cells)
        selected.records.append(row)
        changed = (
            [] if mark else [(title, cells[at]) for at, title in fields if unescaped[at : at + 1] != cells[at : at + 1]]
        )
        if changed:
            [(title, text), *_] = changed
            selected.rejections.append(
                Rejection(sheet.name, number, title, str(text), "unclear-apostrophe", {"column": JOB_TITLE})
            )
        else:
            selected.wanted.append(row)
    return selected


def _select_corrected(job: Job, importer: Importer, rows: Selected, sheet: SheetPlan, services: Services) -> Selected:
    corrects = JobRef(job.ref.tenant, job.corrects or "")
    try:
        stored = JobFiles(services.jobs.get(corrects), services.files)
    except NotFound:  # its retention has ended, so no row of the file is its own
        stored = JobFiles(replace(job, ref=corrects), services.files)
    plan = None
    with suppress(NotFound):  # the corrected job was deleted meanwhile, so no row of the file is its own
        plan = stored.read_plan()
    job_place, named = _place(sheet.header, JOB_TITLE), _Named(sheet.header, plan)
    numbers = {number: named.row_of(cells) for number, cells in rows.wanted}
    before = _Texts(importer, sheet.header, plan)
    wanted_rows = {each for each in numbers.values() if each}
    rejected = _rejected_rows(corrects, job.delivery, wanted_rows, services.chunks, stored, plan) if plan else {}
    wanted: list[Record] = []
    unmatched: list[Rejection] = []
    duplicates: dict[int, Rejection] = {}
    for number, cells in rows.wanted:
        original, mark = numbers[number], _mark(cells, job_place)
        row = rejected.get(original) if original else None
        if row and (mark is None or mark.job == corrects.id):
            if computed := before.computed(sheet.name, number, cells, row):
                unmatched.append(computed)
                continue
            wanted.append((number, cells))
            if row.rejections[-1].code == DUPLICATE_KEY:
                duplicates[number] = row.rejections[-1]
        else:
            unmatched.append(_unmatched(sheet.name, number, original, mark, corrects.id))
    return Selected(rows.records, wanted, rows.rejections + unmatched, duplicates)


class _Texts:
    """The texts that the corrected rows had; libraries make formulas of those with ``=``, XlsxWriter with a 0."""

    def __init__(self, importer: Importer, header: Header, corrected: FilePlan | None) -> None:
        titles = {column.field: column.title for column in importer.columns}
        self._columns = {
            each.name: [(titles[field], at, places[field]) for at, field in header.fields.items() if field in places]
            for each in (corrected.sheets if corrected else ())
            if (places := {field: at for at, field in each.header.fields.items()})
        }

    def computed(self, sheet: str, number: int, cells: list[Cell], before: RejectedRow) -> Rejection | None:
        """Reject a row with a value in place of such a text, unless that was rejected, or the text of a formula."""
        wrong = {rejection.column for rejection in before.rejections}
        for title, at, place in self._columns[before.sheet]:
            was = before.cells[place] if place < len(before.cells) else None
            now = cells[at] if at < len(cells) else None
            if isinstance(was, CellError) and (was.code, was.text) == (UNCOMPUTED, now):
                return Rejection(sheet, number, title, was.text[:_SHOWN], UNCOMPUTED)
            if isinstance(was, str) and was.startswith("=") and isinstance(now, NumberCell) and title not in wrong:
                return Rejection(sheet, number, title, as_text(now), "computed-text", {"text": was[:_SHOWN]})
        return None


def _unmatched(sheet: str, number: int, original: OriginalRow | None, mark: JobMark | None, job: str) -> Rejection:
    if mark and mark.job != job:
        return Rejection(sheet, number, JOB_TITLE, mark.job, "not-of-corrected-job", {"job": job})
    if original is None:
        return Rejection(sheet, number, ROW_TITLE, None, "not-a-row-number")
    return Rejection(sheet, number, ROW_TITLE, str(original[1]), "not-a-rejected-row", {"job": job})


def _place(header: Header, title: str) -> int | None:
    """Return the column with this title, unless the importer has a column of that title itself."""
    return next((at for at, each in enumerate(header.titles) if each == title and at not in header.fields), None)


def _mark(cells: list[Cell], place: int | None) -> JobMark | None:
    return JobMark.read(cells[place]) if place is not None and place < len(cells) else None


def _unescaped(cell: Cell) -> Cell:
    return unescape_formula(cell) if isinstance(cell, str) else cell


def _restored(cell: Cell, unescape: Callable[[str], str]) -> Cell:
    """Undo the escape of a cell of an escaped row; one that begins with ``=`` is a person's, as in any CSV file."""
    if not isinstance(cell, str):
        return cell
    return unwrapped(cell) if cell.startswith("=") else unescape(cell)


def _row_number(cells: list[Cell], place: int | None) -> int | None:
    match cells[place] if place is not None and place < len(cells) else None:
        case bool():
            return None
        case FormattedNumber(value=float(number)) | (int() | float() as number) if float(number).is_integer():
            return int(number)
        case str(text) if text.strip().isdecimal() and len(text) < _ROW_DIGITS:
            return int(text)
        case _:
            return None


class _Named:
    """Finds out which row of the corrected file a row of the correction names."""

    def __init__(self, header: Header, corrected: FilePlan | None) -> None:
        self._row, self._sheet = _place(header, ROW_TITLE), _place(header, SHEET_TITLE)
        self._known = corrected.names if corrected else [""]

    def row_of(self, cells: list[Cell]) -> OriginalRow | None:
        """Return sheet and number; ``None`` if the row does not name both."""
        number = _row_number(cells, self._row)
        if number is None:
            return None
        if len(self._known) == 1:  # the column of the sheet is not needed
            return self._known[0], number
        cell = cells[self._sheet] if self._sheet is not None and self._sheet < len(cells) else None
        # a program may make a number of a name such as 2026
        name = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else unescape_formula(str(cell))
        return (name, number) if name in self._known else None


def _rejected_rows(
    ref: JobRef, delivery: PhaseName, rows: set[OriginalRow], chunks: Chunks, stored: JobFiles, plan: FilePlan
) -> dict[OriginalRow, RejectedRow]:
    """Find these rows as they were rejected; read only the chunks that contain them."""
    parsed = list(chunks.of_phase(ref, PhaseName.PARSE))
    firsts = [(plan.place_of(plan.of(chunk.ref.index).name), chunk.first_row) for chunk in parsed]
    places = (bisect_right(firsts, (plan.place_of(sheet), number)) - 1 for sheet, number in rows)
    indexes = {parsed[at].ref.index for at in places if at >= 0}
    return {
        (row.sheet, row.number): row
        for index in indexes
        for phase in (PhaseName.PARSE, delivery)
        for row in stored.rejected_of(ChunkRef(ref, phase, index))
        if (row.sheet, row.number) in rows
    }
