"""Writes `docs/problems.md` from the types of problems and their words: ``python -m local.docs.problem_page``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from local.paths import ROOT
from sluice.api.problems import STATUSES
from sluice.wording import CATALOGUES, ENGLISH, word_type

PAGE: Final = ROOT / "docs" / "problems.md"

_TEXT = """\
# Problems

<!-- Written by `python -m local.docs.problem_page` from `sluice.wording.english`; change that instead. -->

Errors of the [API](api.md) are `application/problem+json` (RFC 9457): `type`, `title`, `detail`, `status`, and members
for programs that depend on the type. The `type` is `/problems/` and one of the names below; `GET {{ApiUrl}}{{type}}`,
which the header `Link` of the response names in full, explains it without a token. Names do not change; titles are the
same for every problem of a type; details are for people.

## Of a call

The call was rejected, or failed. A type may also be the problem of a job.

{calls}
## Of a job

The job is `failed` and this is its `problem`, without `status`. If its file was rejected, no row was read. Otherwise
what was loaded stays. A job with `review-expired` is `cancelled`, one with `upstream-down` is `paused`.
A `damaged-file` that shows only while a slice is parsed costs that slice: the rest is loaded, and the job ends with
`unprocessed-rows`, which quotes it.

{jobs}"""


def page() -> str:
    """Return the Markdown page."""
    jobs = sorted(CATALOGUES[ENGLISH].titles.keys() - STATUSES.keys())
    return _TEXT.format(calls=_entries(STATUSES), jobs=_entries(jobs)).rstrip() + "\n"


def _entries(types: Iterable[str]) -> str:
    return "".join(_entry(type) for type in types)


def _entry(type: str) -> str:
    title, meaning = word_type(type) or ("", "")
    status = f" `{STATUSES[type]}`" if type in STATUSES else ""
    return f"### {type}\n{title}.{status}  \n{meaning}\n\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
