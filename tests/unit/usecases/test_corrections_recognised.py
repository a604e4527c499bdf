"""An errors file is recognised as a correction, whichever way it comes and whatever program has saved it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.downloads import ERRORS_CSV, ERRORS_XLSX, LOADED_CSV
from tests.support.factories import PRODUCT_TITLES, csv_file
from tests.support.harness import Harness
from tests.support.spreadsheets import (
    DOORS,
    PROGRAMS,
    Door,
    Table,
    as_csv,
    as_xlsx,
    by_folder,
    by_form,
    edited,
    priced,
    table_of,
)
from tests.unit.usecases.rejected import TEXTS, notes, rejected_job, rows_of, stored


@pytest.fixture
def first(harness: Harness) -> Job:
    """Return a job of which every row was rejected for its price."""
    return rejected_job(harness)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_an_errors_file_is_linked_to_its_job_and_its_texts_are_stored_as_they_came(
    harness: Harness, first: Job, program: str, door: Door
) -> None:
    """Nothing but the file says that it is a correction."""
    name, saved_by, filename = PROGRAMS[program]
    job = harness.run(door(harness, saved_by(harness.make_file(first.ref, name)), filename))
    assert (job.status, job.corrects, job.counts.inserted) == (Status.COMPLETED, first.ref.id, len(TEXTS))
    assert stored(harness) == {f"P-{place}": text for place, text in enumerate(TEXTS)}
    assert notes(harness, job) == [f"this file corrects job {first.ref.id}"]
    assert notes(harness, first)[-1] == f"corrected by job {job.ref.id}"


# What both formats hold: no half of a surrogate pair, no NUL, none of the characters that XML has no place for.
ANY = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("=+-@'＝;,\"\t\n\r_x\u202e\u2028"),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(ANY, min_size=1, max_size=4),
    save=st.sampled_from([as_csv, as_xlsx]),
    program=st.sampled_from(sorted(PROGRAMS)),
    door=st.sampled_from(DOORS),
)
@example(texts=["'=A1", "-1;-2", "a\r\n\r\n=b", "_x0041_"], save=as_csv, program="csv, edited", door=by_form)
@example(texts=["'=A1", "-1;-2", "a\n\n=b", "'-5"], save=as_csv, program="xlsx, edited", door=by_folder)
@example(texts=["'=A1", '="01"', ' ="01"', "''-5"], save=as_xlsx, program="xlsx, saved as csv", door=by_form)
@example(texts=["'=A1", '="01"', ' ="01"', "''-5"], save=as_xlsx, program="csv, edited", door=by_form)
@example(texts=["a\r=1", "_x0041_", "_x000D_"], save=as_csv, program="xlsx, saved as csv", door=by_form)
@example(texts=["a\r=1", "_x0041_", "_x000D_"], save=as_csv, program="csv, saved as xlsx", door=by_form)
def test_any_text_goes_through_errors_files_unchanged(
    texts: list[str], save: Callable[[Table], bytes], program: str, door: Door
) -> None:
    """What is stored is what a file without the mistake would have stored.

    A word proves UTF-8: a text file with one odd letter alone is asked about.
    """
    texts = [*texts, "Größe"]
    harness, plain = Harness(), Harness()
    file = f"a.{'csv' if save is as_csv else 'xlsx'}"
    table: Table = [[*PRODUCT_TITLES], *([*row] for row in rows_of(texts))]
    first = harness.run(harness.upload(save(table), filename=file))
    name, saved_by, filename = PROGRAMS[program]
    job = harness.run(door(harness, saved_by(harness.make_file(first.ref, name)), filename))
    plain.run(plain.upload(save(priced(table)), filename=file))
    assert (job.corrects, stored(harness)) == (first.ref.id, stored(plain))


def test_a_recognised_correction_takes_mapping_and_dates_of_the_corrected_job(harness: Harness) -> None:
    """Its headers are those of the first file, one of them like a formula; a question is asked once."""
    titles = ("Teil", "-Was", "Preis", "Zahl", "Datum")
    mapping = {"Teil": "part_number", "-Was": "description", "Preis": "price", "Zahl": "stock", "Datum": "updated"}
    body = csv_file([("P-1", "a", "1", 1, "03/04/2025"), ("P-2", "-b", "dear", 1, "03/04/2025")], titles)
    ref = harness.upload(body, recipe={"columns": mapping})
    harness.run(ref)
    harness.answer(ref, {"date_order": {"updated": "mdy"}})
    first = harness.run(ref)
    for name in (ERRORS_CSV, ERRORS_XLSX):
        mended = harness.make_file(first.ref, name)
        table = [
            [{"dear": "2" if name == ERRORS_CSV else "3"}.get(cell, cell) for cell in row] for row in table_of(mended)
        ]
        job = harness.run(harness.upload(as_csv(table) if name == ERRORS_CSV else as_xlsx(table), filename=name))
        decided = (job.recipe.columns, job.recipe.value("date_order.updated"))
        assert (job.corrects, *decided) == (first.ref.id, mapping, "mdy")
        values = harness.destination.values("acme", "products")
        assert (values["P-2"]["updated"], values["P-2"]["description"]) == (values["P-1"]["updated"], "-b")


def test_the_recognised_and_the_named_correction_are_the_same_job(harness: Harness, first: Job) -> None:
    """One path leads to both."""
    body = edited(harness.make_file(first.ref, ERRORS_XLSX))
    named = harness.run(harness.upload(body, corrects=first.ref.id))
    found = harness.run(harness.upload(body, force=True))
    same = ("corrects", "recipe", "status", "review")
    assert [getattr(named, name) for name in same] == [getattr(found, name) for name in same]
    assert found.counts.unchanged == named.counts.inserted == len(TEXTS)


def test_a_plan_that_dies_after_the_link_is_linked_once(
    harness: Harness, first: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = harness.upload(edited(harness.make_file(first.ref, ERRORS_XLSX)))
    with monkeypatch.context() as broken:
        broken.setattr(harness.jobs, "describe", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            harness.plan(ref)
    job = harness.run(ref)
    assert (job.corrects, job.counts.inserted) == (first.ref.id, len(TEXTS))
    assert notes(harness, job) == [f"this file corrects job {first.ref.id}"]
    assert notes(harness, first).count(f"corrected by job {job.ref.id}") == 1


def test_a_correction_is_corrected_by_its_own_errors(harness: Harness, first: Job) -> None:
    """Its errors name the rows and the job of the correction; rows that were dropped stay rejected."""
    table = table_of(harness.make_file(first.ref, ERRORS_CSV))
    second = harness.run(harness.upload(as_csv([*priced(table)[:4], *table[4:6]])))
    assert (second.corrects, second.counts.inserted, second.counts.rejected) == (first.ref.id, 3, 2)
    again = table_of(harness.make_file(second.ref, ERRORS_CSV))
    assert [(row[0], row[1]) for row in again[1:]] == [("5", f"'{second.ref.id}"), ("6", f"'{second.ref.id}")]
    third = harness.run(harness.upload(as_csv(priced(again))))
    assert (third.corrects, third.counts.inserted) == (second.ref.id, 2)
    assert stored(harness) == {f"P-{place}": TEXTS[place] for place in range(5)}


def test_the_same_mended_file_twice_is_the_same_file(harness: Harness, first: Job) -> None:
    body = edited(harness.make_file(first.ref, ERRORS_XLSX))
    job = harness.run(harness.upload(body))
    again = harness.run(harness.upload(body))
    assert again.problem is not None
    assert (again.status, again.problem.type, again.problem.params["job"]) == (Status.FAILED, "same-file", job.ref.id)
    assert (again.corrects, job.counts.inserted) == (None, len(TEXTS))


def test_two_people_who_mend_the_same_rows_at_once_load_each_row_once(harness: Harness, first: Job) -> None:
    """Both jobs are linked; the later one changes what the earlier one has loaded."""
    table = table_of(harness.make_file(first.ref, ERRORS_XLSX))
    place = table[0].index("Stock")
    other = [table[0], *([*row[:place], "9", *row[place + 1 :]] for row in table[1:])]
    refs = [harness.upload(as_xlsx(priced(each)), filename="errors.xlsx") for each in (table, other)]
    for ref in refs:
        harness.plan(ref)
    jobs = [harness.run(ref) for ref in refs]
    assert [job.corrects for job in jobs] == [first.ref.id] * 2
    assert [(job.counts.inserted, job.counts.updated) for job in jobs] == [(len(TEXTS), 0), (0, len(TEXTS))]
    assert len(stored(harness)) == len(TEXTS)
    assert notes(harness, first)[-2:] == [f"corrected by job {ref.id}" for ref in refs]


def test_a_file_of_loaded_rows_is_imported_as_it_was_stored(harness: Harness, first: Job) -> None:
    """It corrects nothing, and its apostrophes are not stored either."""
    job = harness.run(harness.upload(edited(harness.make_file(first.ref, ERRORS_XLSX))))
    before = stored(harness)
    again = harness.run(harness.upload(harness.make_file(job.ref, LOADED_CSV), filename="loaded.csv"))
    assert (again.corrects, again.counts.unchanged, stored(harness)) == (None, len(TEXTS), before)
