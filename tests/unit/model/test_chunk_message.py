"""References of chunks as texts of queue messages."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.model.chunk import ChunkRef, JobRef, PhaseName, from_message, to_message
from sluice.model.errors import NewerFormat

REFS = st.builds(
    ChunkRef,
    job=st.builds(JobRef, tenant=st.text(min_size=1), id=st.text(min_size=1)),
    phase=st.sampled_from(PhaseName),
    index=st.integers(0, 10**6),
)


@given(REFS)
def test_a_message_decodes_to_its_chunk(ref: ChunkRef) -> None:
    """This holds for any name of a tenant."""
    assert from_message(to_message(ref)) == ref


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "{}",
        '{"tenant": "a", "job_id": "b", "phase": "parse"}',
        '{"tenant": "a", "job_id": "b", "phase": "dance", "index": 0}',
        '{"tenant": "a", "job_id": "b", "phase": "parse", "index": "x"}',
    ],
)
def test_a_foreign_message_is_not_taken_for_a_chunk(body: str) -> None:
    """It fails, and reaches the dead-letter queue, where an operator can inspect it."""
    with pytest.raises((ValueError, KeyError)):
        from_message(body)


def test_a_message_of_a_newer_version_is_an_error_and_not_work() -> None:
    """It comes again, and ends among the dead letters, where the newer version finds it."""
    newer = json.loads(to_message(ChunkRef(JobRef("acme", "01JOB"), PhaseName.LOAD, 3))) | {"format": 2}
    with pytest.raises(NewerFormat):
        from_message(json.dumps(newer))
