"""Faults in rounds: chunks that are parsed once more because a decision has changed."""

from __future__ import annotations

from typing import Final

from tests.planted.fault import Fault

ROUND_FAULTS: Final = (
    Fault(
        name="stale-chunk-loaded",
        breaks="Rows are loaded as they were read before a cell proved another decimal mark.",
        file="layers/domain/sluice/usecases/rounds.py",
        old="is_stale = chunk.state is ChunkState.DONE and",
        new="is_stale = False and",
        tests=("tests/faults/test_rounds.py", "tests/faults/test_weeks.py"),
    ),
    Fault(
        name="counts-of-a-round-kept",
        breaks="Rows that are parsed twice are counted twice.",
        file="layers/domain/sluice/aws/chunks.py",
        old='{f"n_{name}": -value for name, value in chunk.counts.as_dict().items() if value}',
        new="{}",
        tests=("tests/integration/aws/test_chunks_rounds.py",),
    ),
    Fault(
        name="earlier-round-closes",
        breaks="A dead letter of the first round gives a chunk up that the second one has opened again.",
        file="layers/domain/sluice/aws/chunks.py",
        old="NOT #state IN ({', '.join(closed)}) AND {_IN_ROUND}",
        new="NOT #state IN ({', '.join(closed)}) AND (#round = #round OR :round = :round)",
        tests=("tests/integration/aws/test_chunks_rounds.py",),
    ),
    Fault(
        name="loaded-before-all-is-parsed",
        breaks="Rows are loaded while a chunk that could not be parsed may prove that they are read otherwise.",
        file="layers/domain/sluice/usecases/rounds.py",
        old="return any(each.evidence.shows(shown) for each in weak for shown in AMBIGUOUS)",
        new="return False",
        tests=("tests/unit/usecases/test_rounds_date_orders.py",),
    ),
    Fault(
        name="proof-forgotten",
        breaks="Prices are read by the mark of an earlier file although a cell of this one proves another.",
        file="layers/domain/sluice/schema/decisions.py",
        old="if column.proofs:",
        new='if column.proofs and how != "remembered":',
        tests=("tests/faults/test_weeks.py",),
    ),
    Fault(
        name="duplicates-of-earlier-round",
        breaks="A row counts as a duplicate although its key is another one by the answer.",
        file="layers/domain/sluice/usecases/rounds.py",
        old="JobFiles(job, services.files).remove_derived(there, job.delivery)",
        new="pass",
        tests=("tests/unit/usecases/test_staged_rows_duplicates.py",),
    ),
)
