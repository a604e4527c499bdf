"""The token of a phase is answered when its last chunk is closed, and not a chunk before."""

from __future__ import annotations

import pytest

from sluice.model.chunk import PhaseName
from sluice.usecases.rounds import answer_if_passed
from tests.support.factories import csv_file, products
from tests.support.harness import NOW, Harness, small_chunks


@pytest.mark.parametrize("phase", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_phase_with_one_open_chunk_answers_nothing(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, phase: PhaseName
) -> None:
    small_chunks(monkeypatch)
    ref = harness.upload(csv_file(products(35)))
    harness.plan(ref)
    if phase is PhaseName.LOAD:
        harness.phase(ref, PhaseName.PARSE)
    token = harness.dispatch(ref, phase)
    *messages, last = harness.queue.messages
    assert len(messages) == 3
    for message in messages:
        harness.work(message)
        answer_if_passed(ref, phase, NOW, harness)
        assert token not in harness.machine.answers
    harness.work(last)
    assert harness.machine.answers[token] == {"outcome": "done"}
