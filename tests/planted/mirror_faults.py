"""Faults in what mirrors delete."""

from __future__ import annotations

from typing import Final

from tests.planted.fault import Fault

_TESTS: Final = ("tests/unit/usecases/test_absent.py",)
_ABSENT: Final = "layers/domain/sluice/usecases/absent.py"

MIRROR_FAULTS: Final = (
    Fault(
        name="rejected-row-absent",
        breaks="A mirror deletes the record of a rejected row.",
        file=_ABSENT,
        old="for row, key in found if key is not None or row in rejected}",
        new="for row, key in found if key is None}",
        tests=_TESTS,
    ),
    Fault(
        name="unreadable-key-ignored",
        breaks="A mirror deletes records although a key of its file cannot be read.",
        file=_ABSENT,
        old="if digest == _UNREADABLE]",
        new="if False]",
        tests=_TESTS,
    ),
    Fault(
        name="absent-before-the-load",
        breaks="A mirror deletes although some of its rows were not loaded.",
        file=_ABSENT,
        old="if not all(chunk.state is ChunkState.DONE for chunk in chunks):",
        new="if False:",
        tests=_TESTS,
    ),
    Fault(
        name="absent-whatever-it-is-now",
        breaks="A mirror deletes a record that another job has changed since.",
        file="layers/domain/sluice/destinations/dynamodb/journal.py",
        old="if self._batch.if_as_seen and",
        new="if False and",
        tests=_TESTS,
    ),
    Fault(
        name="absent-not-guarded",
        breaks="Half a file in mode mirror deletes half of the dataset.",
        file="layers/domain/sluice/usecases/staged_rows.py",
        old="deleted=sum(counts.to_absent for counts in compared)",
        new="deleted=0",
        tests=_TESTS,
    ),
    Fault(
        name="other-sheets-unread",
        breaks="A mirror deletes the records of the rows on a sheet that is not read.",
        file="layers/domain/sluice/usecases/plan.py",
        old="mirrors=job.mirrors",
        new="mirrors=False",
        tests=("tests/unit/usecases/test_plan_sheets.py",),
    ),
    Fault(
        name="two-texts-one-key",
        breaks="A mirror deletes the record 7 although its file has the row 007.",
        file="layers/domain/sluice/destinations/postgres/keys.py",
        old="if not _is_by_text(connection, table):",
        new="if False:",
        tests=("tests/integration/destinations/test_keys.py",),
    ),
)
