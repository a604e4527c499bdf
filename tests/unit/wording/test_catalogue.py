"""Every code of the source has its wording in one place, and another language is one more file."""

from __future__ import annotations

import pytest

from sluice import wording
from sluice.model.errors import ATTEMPT_FAILED, FileRejected, NotFound, Problem, UpstreamDown, UpstreamRejected
from sluice.model.rejection import Rejection, code_of, to_rejection
from sluice.model.status import Status
from sluice.schema.staging import KeptRow
from sluice.usecases.views import progress_of
from sluice.wording import (
    CATALOGUES,
    ENGLISH,
    word_detail,
    word_problem,
    word_progress,
    word_reason,
    word_rejection,
)
from sluice.wording.catalogue import Catalogue
from tests.support.factories import make_job
from tests.unit.wording.codes import problem_codes, reason_codes

ENGLISH_CATALOGUE = CATALOGUES[ENGLISH]
INDONESIAN = Catalogue(
    language="id",
    meanings={},
    titles={"too-large": "Berkas terlalu besar"},
    details={"too-large/uploaded": "Berkas berisi {bytes} byte; batasnya {limit} byte."},
    reasons={"below-minimum": "harus {minimum} atau lebih", "wrong-branch": "bukan cabang wilayah {region}"},
    progress={"queued": "Menunggu giliran"},
)


@pytest.fixture
def indonesian(monkeypatch: pytest.MonkeyPatch) -> str:
    """A second language, as its file would add it."""
    monkeypatch.setitem(CATALOGUES, INDONESIAN.language, INDONESIAN)
    return INDONESIAN.language


def test_english_words_every_problem_of_the_source_and_no_other() -> None:
    """A problem is raised by its type and, where the type has several sentences, a case."""
    codes = problem_codes()
    assert set(ENGLISH_CATALOGUE.details) == codes
    # an error of an attempt is shown inside the problem of its job alone
    assert set(ENGLISH_CATALOGUE.titles) == {code.split("/")[0] for code in codes} - {ATTEMPT_FAILED}
    assert set(ENGLISH_CATALOGUE.meanings) == set(ENGLISH_CATALOGUE.titles)


def test_english_words_every_reason_of_the_source_and_no_other() -> None:
    """The sentence of an importer's own rule has none here."""
    assert set(ENGLISH_CATALOGUE.reasons) == reason_codes() - {"custom", "stored-text"}


def test_english_words_the_progress_of_a_job_in_every_state() -> None:
    """Every phase is covered."""
    codes = {progress_of(make_job(status=status)).code for status in Status}
    assert codes <= set(ENGLISH_CATALOGUE.progress)


def test_a_problem_is_worded_from_type_case_and_parameters() -> None:
    """Numbers are shown as people write them."""
    problem = FileRejected("too-large", case="uploaded", bytes=12_000, limit=10_000).problem
    assert word_problem(problem) == (
        "The file is too large",
        "The file has 12,000 bytes, 10,000 are allowed. Split it and upload the parts.",
    )
    assert word_detail(NotFound("job", "01X").problem) == "There is no job '01X'."


def test_a_second_language_needs_only_its_catalogue(indonesian: str) -> None:
    """Sentences that it lacks are in English."""
    problem = FileRejected("too-large", case="uploaded", bytes=12, limit=10).problem
    assert word_problem(problem, indonesian) == ("Berkas terlalu besar", "Berkas berisi 12 byte; batasnya 10 byte.")
    assert word_rejection(Rejection("", 2, "Price", "-1", "below-minimum", {"minimum": 0}), indonesian) == (
        "harus 0 atau lebih"
    )
    assert word_progress(make_job(status=Status.QUEUED), "queued", indonesian) == "Menunggu giliran"
    assert word_reason("required", {}, indonesian) == "is required"


def test_the_rule_of_an_importer_is_worded_by_its_error_type_in_a_language_that_has_it(indonesian: str) -> None:
    """Any other language shows the sentence that the importer raised."""
    params = {"region": "Jawa", "text": "is not a branch of region Jawa"}
    assert word_reason("wrong-branch", params) == "is not a branch of region Jawa"
    assert word_reason("wrong-branch", params, indonesian) == "bukan cabang wilayah Jawa"


@pytest.mark.parametrize("code", CATALOGUES[ENGLISH].reasons)
def test_an_importers_own_sentence_is_shown_whatever_its_code_is(code: str) -> None:
    """An importer may choose an error type that is one of our codes, whose sentence has other parameters."""
    assert word_reason(code, {"text": "is too long for 3"}).endswith("is too long for 3")


def test_every_module_with_a_catalogue_is_a_language() -> None:
    """A language is a module of the package."""
    assert set(CATALOGUES) == {"en"}
    assert wording.ENGLISH in CATALOGUES


def test_a_problem_within_a_problem_is_worded_too() -> None:
    """One example is the error of a chunk in the problem of its job."""
    error = {"type": "damaged-file", "params": {"case": "cut-off"}}
    failed = [{"first_row": 1_000, "last_row": 1_999, "error": each} for each in (error, None)]
    problem = Problem("unprocessed-rows", {"case": "loading", "rows": 2_000, "chunks": 7, "failed": failed})
    said = word_detail(problem)
    assert said.startswith("2,000 rows were neither loaded nor rejected: rows 1,000 to 1,999 (The file cannot be read:")
    assert "rows 1,000 to 1,999 (no answer from the worker); and 5 more. Retry" in said


def test_a_reason_within_a_reason_is_worded_too() -> None:
    """One example is the rejection by the database in the reason why a row could not be rolled back."""
    row = KeptRow("A", "01JOB", "objection", {"objection": {"code": "database-unique", "params": {"rule": "names"}}})
    assert word_reason(row.code, row.params) == "cannot be put back, because it is taken by another row (rule 'names')"


def test_a_code_that_no_language_has_is_shown_as_it_is() -> None:
    """A newer version may have stored it, and a list that shows it must not fail."""
    assert word_problem(Problem("not-invented-yet", {"case": "here"})) == ("not-invented-yet", "not-invented-yet/here")
    assert word_reason("not-invented-yet", {}) == "not-invented-yet"


def test_sentences_that_an_older_version_stored_are_shown_as_they_are() -> None:
    """The ledger of a database keeps them as long as its rows."""
    stored = {"sheet": "", "row": 3, "column": "Price", "value": "x", "reason": "is not a number"}
    assert word_rejection(to_rejection(stored)) == "is not a number"
    assert word_reason(*code_of({"key": "A", "job": None, "reason": "was removed since"})) == "was removed since"
    words = {"title": "The file is empty", "detail": "It has no row."}
    assert word_problem(Problem("empty-file", {"stored": words})) == ("The file is empty", "It has no row.")


def test_a_duplicate_key_that_an_older_version_stored_keeps_its_code() -> None:
    """A correction compares codes."""
    stored = {"sheet": "", "row": 3, "column": "SKU", "value": "A", "reason": "repeats the SKU of row 2"}
    rejection = to_rejection(stored)
    assert (rejection.code, rejection.params) == ("duplicate-key", {"column": "SKU", "first": 2})
    assert word_rejection(rejection) == "repeats the SKU of row 2"


def test_the_response_of_an_upstream_is_part_of_the_detail() -> None:
    """Its content is not."""
    rejected = UpstreamRejected("bad-answer", upstream="SIASN", what="/pegawai from row 1 on", got="status 403")
    assert word_detail(rejected.problem) == (
        "The request to SIASN for /pegawai from row 1 on got status 403. "
        "Check its path and the credentials in the secret."
    )
    assert word_detail(UpstreamDown("SIASN").problem).startswith("SIASN does not answer.")
