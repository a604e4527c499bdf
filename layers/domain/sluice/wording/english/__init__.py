"""English: every sentence that the API, the workbooks and the log of a job show.

A detail says what is wrong and what to do next. A code with a slash is a type and one of its cases.
"""

from __future__ import annotations

from typing import Final

from sluice.wording.catalogue import Catalogue
from sluice.wording.english import calls, ends, files, rows

CATALOGUE: Final = Catalogue(
    language="en",
    titles=files.TITLES | calls.TITLES | ends.TITLES,
    meanings=files.MEANINGS | calls.MEANINGS | ends.MEANINGS,
    details=files.DETAILS | calls.DETAILS | ends.DETAILS | rows.DETAILS,
    reasons=rows.REASONS,
    progress=rows.PROGRESS,
    questions=rows.QUESTIONS,
    effects=rows.EFFECTS,
    notes=rows.NOTES,
)
