"""The comparison before a load: what it stores, which jobs have one, and what a preview shows of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from sluice.api.previews import PreviewResponse, preview_response
from sluice.model.chunk import ChunkRef, JobRef, PhaseName
from sluice.model.job import Job
from sluice.model.options import Guards, LoadOptions
from sluice.model.rejection import Rejection
from sluice.model.status import Status
from sluice.reports.rejected_rows import RejectedRow
from sluice.schema.importer import key_of
from sluice.schema.said import Merge
from sluice.schema.staging import Batch, Change, Compared
from sluice.schema.validation import GoodRow
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.views import ShownRow, preview
from tests.support.destination import MemoryDestination
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness

GUARDED = LoadOptions(guards=Guards(max_rejected=0.5))
TITLES = ("Part Number", "Description", "Brand", "Price", "Stock")
TITLES_OF_PRICES = ("Part Number", "Description", "Price")


class ComparingDestination(MemoryDestination):
    """A destination in memory that compares by what rows say, in every mode."""

    def compare(self, batch: Batch) -> Compared:
        counts, changed = Counter[str](), Counter[str]()
        changes: list[Change] = []
        rejections: list[Rejection] = []
        for row, effect, change in self._effects(batch):
            counts[effect] += 1
            changed.update(list(change.after) if change else ())
            changes += [change] if change and len(changes) < 100 else []
            if effect.startswith("key-"):
                title = key_of(batch.importer.row).title
                rejections.append(Rejection("", row.number, title, row.key, effect, {"mode": batch.options.mode}))
        return Compared(
            counts["inserted"],
            counts["updated"],
            counts["unchanged"],
            rejections,
            counts["deleted"],
            self._kept_blank(batch),
            changed,
            changes,
        )

    def _effects(self, batch: Batch) -> Iterator[tuple[GoodRow, str, Change | None]]:
        there, merge = self._there(batch), Merge(batch.importer)
        for row in batch.rows:
            image = there.get(row.key)
            if image is None:
                yield row, "inserted" if batch.options.inserts else "key-unknown", None
                continue
            record, said = json.loads(image.data), json.loads(row.values)
            if batch.options.mode == "insert":
                yield row, "key-exists", None
            elif batch.options.mode == "delete":
                yield row, "deleted", Change(row.number, row.key, record, {})
            elif names := merge.differing(said, record):
                before, after = ({name: values.get(name) for name in names} for values in (record, said))
                yield row, "updated", Change(row.number, row.key, before, after)
            else:
                yield row, "unchanged", None

    def _kept_blank(self, batch: Batch) -> int:
        there = self._there(batch)
        known = [(json.loads(there[row.key].data), json.loads(row.values)) for row in batch.rows if row.key in there]
        return sum(record.get(name) is not None for record, said in known for name in batch.matched - said.keys())


@pytest.fixture
def harness(harness: Harness) -> Harness:
    """Return the harness with a destination of 30 records that compares in every mode."""
    harness.destination = ComparingDestination(harness.files)
    rows = [(f"P-{number:03d}", "Bolt", "Acme", "3.3", number) for number in range(1, 31)]
    harness.run(harness.upload(csv_file(rows, TITLES)))
    return harness


def look(harness: Harness, ref: JobRef, limit: int = 20) -> PreviewResponse:
    """Return the preview as callers get it."""
    found = preview(ref, limit=limit, jobs=harness.jobs, chunks=harness.chunks, files=harness.files)
    return preview_response(found, "")


def reviewed(harness: Harness, rows: Sequence[Sequence[object]], titles: Sequence[str], **options: object) -> JobRef:
    """Return a job in review."""
    given = LoadOptions(**options)  # type: ignore[arg-type]  # the tests name them
    ref = harness.upload(csv_file(rows, titles), review=True, force=True, options=given)
    assert harness.run(ref).status is Status.IN_REVIEW
    return ref


def test_a_preview_shows_values_before_and_after_and_counts_changes_by_column(harness: Harness) -> None:
    """The rows come from several chunks; a column that stays the same is not shown."""
    rows = [(f"P-{number:03d}", "Bolt", "4.00" if number > 5 else "3.30") for number in range(1, 26)]
    rows[19] = ("P-020", "Nut", "3.30")
    ref = reviewed(harness, rows, TITLES_OF_PRICES)
    shown = look(harness, ref).comparison
    assert shown is not None
    assert [(each.title, each.records) for each in shown.columns] == [("Description", 1), ("Price", 19)]
    assert [each.row for each in shown.changes] == list(range(7, 27))
    assert shown.changes[0].model_dump() == {
        "sheet": "",
        "row": 7,
        "key": "P-006",
        "before": {"price": "3.3"},
        "after": {"price": "4"},
        "shortened": [],
    }
    assert (shown.changes[14].before, shown.changes[14].after) == ({"description": "Bolt"}, {"description": "Nut"})
    assert (shown.deletions, shown.rejections) == ([], [])


def test_columns_that_the_file_lacks_are_untouched_with_the_default_of_new_records(harness: Harness) -> None:
    ref = reviewed(harness, [("P-001", "Bolt", "1")], TITLES_OF_PRICES)
    shown = {each.field: each.default for each in look(harness, ref).untouched}
    assert {"brand": None, "stock": 0}.items() <= shown.items()
    assert not {"part_number", "description", "price"} & shown.keys()


def test_a_preview_counts_the_blank_cells_that_keep_their_value(harness: Harness) -> None:
    rows = [("P-001", "Bolt", "", "4", ""), ("P-002", "Bolt", "Acme", "3.3", 2), ("X-1", "Bolt", "", "4", "")]
    ref = reviewed(harness, rows, TITLES)
    shown = look(harness, ref)
    assert (shown.counts.kept_blank, shown.counts.insert) == (2, 1)
    assert harness.jobs.get(ref).counts.kept_blank == 0, "only the load counts them for the job"
    assert "brand" not in shown.rows[0].values


@pytest.mark.parametrize(
    ("mode", "code", "rows"),
    [("insert", "key-exists", [3, 4]), ("update", "key-unknown", [2]), ("delete", "key-unknown", [2])],
)
def test_rows_that_the_mode_does_not_allow_are_shown_before_they_are_rejected(
    harness: Harness, mode: str, code: str, rows: list[int]
) -> None:
    """They are decided anew by the load, so the job does not count them as rejected yet."""
    files = [("X-1", "Bolt", "4"), ("P-001", "Bolt", "4"), ("P-002", "Bolt", "3.3")]
    ref = reviewed(harness, files, TITLES_OF_PRICES, mode=mode)
    shown, job = look(harness, ref), harness.jobs.get(ref)
    assert shown.comparison is not None
    assert [(each.row, each.code, each.column) for each in shown.comparison.rejections] == [
        (row, code, "Part Number") for row in rows
    ]
    assert (shown.counts.to_reject, shown.counts.rejected, job.counts.rejected) == (len(rows), 0, 0)
    assert JobFiles(harness.jobs.get(ref), harness.files).rejections_page(limit=10, cursor=None).items == []


def test_rows_with_the_key_of_an_earlier_row_are_among_those_to_be_rejected(harness: Harness) -> None:
    ref = reviewed(harness, [*products(12), *products(1, first=3)], ("Part Number", "Description", "Price", "Stock"))
    shown = look(harness, ref)
    assert shown.comparison is not None
    (rejection,) = shown.comparison.rejections
    assert (rejection.row, rejection.code, rejection.reason) == (
        14,
        "duplicate-key",
        "repeats the Part Number of row 4",
    )
    assert shown.counts.to_reject == 1


def test_records_to_be_deleted_are_shown_with_their_values(harness: Harness) -> None:
    ref = reviewed(harness, [("P-001",), ("P-002",)], ("Part Number",), mode="delete")
    shown = look(harness, ref)
    assert shown.comparison is not None
    assert [(each.row, each.key, each.values["brand"]) for each in shown.comparison.deletions] == [
        (2, "P-001", "Acme"),
        (3, "P-002", "Acme"),
    ]
    assert (shown.counts.delete, shown.comparison.changes, shown.untouched) == (2, [], [])


def test_a_second_attempt_replaces_the_comparison_of_the_first(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after it has stored the first; meanwhile the dataset changes."""
    ref = harness.upload(csv_file([("P-001", "Nut", "4")], TITLES_OF_PRICES), review=True)
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.COMPARE)
    chunk = harness.queue.messages.pop()
    with monkeypatch.context() as dying:
        dying.setattr(harness.chunks, "close", None)
        with pytest.raises(TypeError):
            harness.work(chunk)
    stored = JobFiles(harness.jobs.get(ref), harness.files)
    assert [found.changed for found in stored.compared()] == [{"description": 1, "price": 1}]
    harness.run(harness.upload(csv_file([("P-001", "Nut", "3")], TITLES_OF_PRICES)))
    harness.work(chunk, now=NOW + LEASE + 1)
    assert [found.changed for found in stored.compared()] == [{"price": 1}]
    assert harness.jobs.get(ref).counts.to_update == 1


def test_a_job_that_compares_first_does_so_without_a_review(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(25)), options=GUARDED)
    job = harness.run(ref)
    assert (job.status, job.counts.to_insert, job.counts.inserted) == (Status.COMPLETED, 25, 25)
    compared = harness.chunks.of_phase(ref, PhaseName.COMPARE)
    assert len(list(compared)) == 3
    shown = look(harness, ref).counts
    assert (shown.insert, shown.to_reject) == (25, None)


def test_a_job_without_guards_and_review_is_not_compared(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(25)), options=LoadOptions())
    job = harness.run(ref)
    assert (job.status, job.counts.compared) == (Status.COMPLETED, 0)
    assert look(harness, ref).comparison is None


def give_up_comparing(harness: Harness, *, review: bool) -> tuple[JobRef, Job]:
    """Return a job that could compare one of its three chunks in no attempt."""
    ref = harness.upload(csv_file(products(25)), options=GUARDED, review=review)
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    assert harness.phase(ref, PhaseName.LOAD) == "compare"
    harness.dispatch(ref, PhaseName.COMPARE)
    harness.give_up(harness.queue.messages.pop(1))
    harness.deliver()
    assert harness.phase(ref, PhaseName.LOAD) == "uncompared"
    return ref, harness.finish(ref)


@pytest.mark.parametrize("review", [False, True])
def test_a_job_that_could_not_be_compared_fails_and_loads_nothing(harness: Harness, review: bool) -> None:
    """A guard could not be judged; a retry compares the rest."""
    ref, job = give_up_comparing(harness, review=review)
    assert (job.status, job.counts.loaded, job.counts.unprocessed) == (Status.FAILED, 0, 25)
    assert job.problem is not None
    assert [each["first_row"] for each in job.problem.params["failed"]] == [12]
    assert look(harness, ref).comparison is None, "a part of it would be wrong in silence"
    harness.retry(ref)
    job = harness.run(ref)
    if review:
        assert (job.status, job.counts.to_insert) == (Status.IN_REVIEW, 25)
        harness.commit(ref)
        job = harness.run(ref)
    assert (job.status, job.counts.inserted, job.counts.to_insert) == (Status.COMPLETED, 25, 25)


def test_a_job_that_was_paused_while_it_was_compared_goes_on_comparing(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(25)), options=GUARDED)
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.COMPARE)
    harness.work(harness.queue.messages.pop(0))
    harness.pause(ref)
    harness.queue.messages.clear()
    assert harness.finish(ref).status is Status.PAUSED
    harness.resume(ref)
    job = harness.run(ref)
    assert (job.status, job.counts.to_insert, job.counts.inserted) == (Status.COMPLETED, 25, 25)


def test_a_load_that_failed_is_retried_after_its_comparison(harness: Harness) -> None:
    """What is compared and loaded stays so."""
    ref = harness.upload(csv_file(products(25)), options=GUARDED)
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.phase(ref, PhaseName.COMPARE)
    harness.dispatch(ref, PhaseName.LOAD)
    harness.give_up(harness.queue.messages.pop(1))
    harness.deliver()
    assert harness.finish(ref).status is Status.FAILED
    harness.retry(ref)
    job = harness.run(ref)
    assert (job.status, job.counts.to_insert, job.counts.inserted) == (Status.COMPLETED, 25, 25)


def test_the_first_hundred_rows_of_each_kind_are_shown(harness: Harness) -> None:
    rows = [(f"N-{number:03d}", "Bolt", "1") for number in range(150)]
    titles = TITLES_OF_PRICES
    harness.run(harness.upload(csv_file(rows, titles)))
    changed = [(key, text, "2") for key, text, _ in rows]
    shown = look(harness, reviewed(harness, changed, titles)).comparison
    assert shown is not None
    assert [each.row for each in shown.changes] == list(range(2, 102))
    assert [each.records for each in shown.columns] == [150]
    shown = look(harness, reviewed(harness, changed, titles, mode="insert")).comparison
    assert shown is not None
    assert [each.row for each in shown.rejections] == list(range(2, 102))


def test_long_texts_are_shortened_to_where_they_differ_and_the_response_stays_small(harness: Harness) -> None:
    """A response of Lambda has 6 MB at most, and is JSON within JSON."""
    text = "ä\\" * 15_000
    titles = TITLES_OF_PRICES
    rows = [(f"L-{number:03d}", f"{text}old", "1") for number in range(100)]
    destination = harness.destination
    ref = reviewed(harness, [(key, "Bolt", "2") for key, _, _ in rows], titles)
    batch = next(iter(destination.datasets))
    assert batch == ("acme", "products")
    changes = [
        Change(row, key, {"description": before, "price": "1"}, {"description": f"{text}new", "price": "1.5"})
        for row, (key, before, _) in enumerate(rows, start=2)
    ]
    for index in range(2):
        JobFiles(harness.jobs.get(ref), harness.files).write_compared(
            index, Compared(0, 100, 0, changed={"price": 1}, changes=changes)
        )
    shown = look(harness, ref, limit=200)
    assert shown.comparison is not None
    first = shown.comparison.changes[0]
    assert (first.shortened, first.before["price"]) == (["description"], "1")
    assert first.before["description"].startswith("…")
    assert (first.before["description"][-3:], first.after["description"][-3:]) == ("old", "new")
    assert len(first.after["description"]) <= 301
    assert len(json.dumps(json.dumps(shown.model_dump(mode="json")))) < 6_000_000
    assert len(shown.comparison.changes) == 100


def test_a_response_about_very_large_rows_has_fewer_of_them(harness: Harness) -> None:
    """All of its lists have rows still, and its counts are those of all rows."""
    ref = reviewed(harness, [("P-001", "Bolt", "2")], TITLES_OF_PRICES)
    found = preview(ref, limit=20, jobs=harness.jobs, chunks=harness.chunks, files=harness.files)
    large = {f"column_{number}": "ä" * 400 for number in range(60)}
    compared = Compared(
        0,
        100,
        0,
        [Rejection("", row, "Price", "ä" * 400, "custom", {"text": "ä" * 900}) for row in range(200)],
        changes=[*[Change(row, "k", large, large) for row in range(100)], *[Change(0, "k", large, {})] * 100],
    )
    rows = [ShownRow(row, large) for row in range(200)]
    rejected = [RejectedRow(row, ["ä" * 400], compared.rejections[:2]) for row in range(200)]
    shown = preview_response(replace(found, rows=rows, rejected=rejected, compared=compared), "")
    assert shown.comparison is not None
    comparison = shown.comparison
    lengths = [len(shown.rows), len(shown.rejected_rows), len(comparison.changes), len(comparison.deletions)]
    assert all(0 < length < 100 for length in lengths)
    assert 0 < len(shown.comparison.rejections) < 200
    assert len(json.dumps(json.dumps(shown.model_dump(mode="json")))) < 6_000_000
    assert shown.counts.update == 100


def test_a_comparison_that_lacks_a_chunk_is_not_shown(harness: Harness) -> None:
    """An earlier version counted effects and stored no values: "nothing changes" would be wrong in silence."""
    ref = reviewed(harness, products(25), TITLES_OF_PRICES + TITLES[-1:])
    assert look(harness, ref).comparison is not None
    harness.files.remove(f"jobs/acme/{ref.id}/compared/000001.json")
    shown = look(harness, ref)
    assert (shown.comparison, shown.counts.update) == (None, None)


def test_a_lookup_is_not_compared(harness: Harness) -> None:
    """It has no dataset, whatever its importer's options say."""
    job = replace(harness.jobs.get(harness.upload(csv_file(products(3)))), lookup="commission", options=GUARDED)
    assert not job.compares_first


def test_a_chunk_of_a_job_is_named_by_its_comparison(harness: Harness) -> None:
    ref = reviewed(harness, products(25), ("Part Number", "Description", "Price", "Stock"))
    names = harness.files.names(f"jobs/acme/{ref.id}/compared/")
    assert [name.rpartition("/")[2] for name in names] == ["000000.json", "000001.json", "000002.json"]
    assert harness.files.read(names[0]).startswith(b'{"format": 1}\n')
    assert harness.chunks.get(ChunkRef(ref, PhaseName.COMPARE, 2)) is not None
