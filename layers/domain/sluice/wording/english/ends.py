"""Sentences about what comes too late: what has expired, and a file that a newer one has overtaken."""

from __future__ import annotations

from typing import Any, Final

from sluice.wording.catalogue import Sentence, with_forms

TITLES: Final[dict[str, Sentence]] = {
    "expired": "It is not kept any more",
    "images-gone": "The earlier values are not kept any more",
    "overtaken": "A newer file of the drop folder was loaded before",
    "upload-expired": "The file did not arrive",
    "review-expired": "The import was not committed",
}

MEANINGS: Final[dict[str, str]] = {
    "expired": (
        "A job that ended long ago is retried, rolled back or corrected, or its rows or files are asked for. What that "
        "needs was kept until `expired_at`. Members: `expired_at`."
    ),
    "images-gone": "Rows stay as they are after a rollback, because what they were before is not kept any more.",
    "overtaken": (
        "A file of the drop folder waited, and a newer one was loaded into the dataset meanwhile. Nothing of it was "
        "loaded since then. Import it with `force` if its values are to replace those of the newer one. Members: "
        "`overtaken_by`."
    ),
    "upload-expired": "No file arrived within a day.",
    "review-expired": "The job was not committed within seven days. Import the file again.",
}


def _day(at: Any) -> str:
    return str(at)[:10]


DETAILS: Final[dict[str, Sentence]] = {
    "expired/retry": with_forms(
        "The parts of its file were kept until {expired_at}. Import the file again.", expired_at=_day
    ),
    "expired/rollback": with_forms(
        "The earlier values of its rows were kept until {expired_at}, so the rows stay. Import a file with the values "
        "that they should have.",
        expired_at=_day,
    ),
    "expired/correct": with_forms(
        "The rejected rows of job {id} were kept until {expired_at}. Import the corrected rows as a file of their own.",
        expired_at=_day,
    ),
    "expired/read": with_forms(
        "Its rows and files were kept until {expired_at}. Import the file again to see them.", expired_at=_day
    ),
    "not-found/chunk": "There is no chunk '{name}' any more.",
    "images-gone": "What its rows were before is not kept any more, so they stay.",
    "overtaken": (
        "Job {overtaken_by} has loaded a newer file of the drop folder into the dataset. To load this file over it, "
        "import it again with force; if the newer file is complete, there is nothing to do."
    ),
    "upload-expired": "No file arrived within a day. Start the import again.",
    "review-expired": "The job waited in review for 7 days. Nothing was loaded. Import the file again.",
}
