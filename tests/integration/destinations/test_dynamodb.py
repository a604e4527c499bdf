"""The records table: a chunk survives a worker's death between two steps, and the limits of DynamoDB hold."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.destinations.dynamodb.stored import SHARDS
from sluice.model.errors import NotYet
from sluice.model.options import LoadOptions
from sluice.schema.importer import Importer
from sluice.schema.staging import Applied, Batch, Undone
from sluice.schema.validation import GoodRow
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import OFFERS, PLAIN, RULED, THINGS, batch, staged
from tests.support.files import MemoryFiles

JOURNAL = "jobs/acme/{job}/journal/000000.jsonl"
FIRST = batch({f"P-{number}": 1 for number in range(30)})
SECOND = batch({f"P-{number}": 1 + number % 2 for number in range(45)}, job="02JOB")
#: Content of the table ``before`` and ``after`` the second job; the first test that needs it computes it.
_expected: dict[str, list[Any]] = {}
# archive, first rows, last rows
WRITES = 3


class Death(Exception):
    """The death of a worker."""


class Dying:
    """A DynamoDB client that dies at the given write, before or after its effect."""

    def __init__(self, client: Any, *, at: int, after: bool) -> None:
        self._client = client
        self.left = at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if not name.startswith(("batch_write", "put", "delete", "transact")):
            return real

        def call(**wanted: Any) -> Any:
            self.left -= 1
            if self.left >= 0:
                return real(**wanted)
            if self._after and self.left == -1:
                real(**wanted)
            raise Death

        return call


def target(client: Any, files: MemoryFiles) -> Target:
    return Target(DynamoDestination(client, "RecordsTable", files, 90), DynamoRecords(client, "RecordsTable"))


def everything(client: Any) -> list[Any]:
    """Return all items of the table, in a fixed order, without the instants."""
    items = client.scan(TableName="RecordsTable")["Items"]
    for item in items:
        for name in ("at", "since", "until"):
            item.pop(name, None)
    return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


@pytest.fixture
def expected(client: Any) -> dict[str, list[Any]]:
    """Return the table's content before and after the second job; the table is empty afterwards."""
    if not _expected:
        whole = target(client, MemoryFiles())
        whole.destination.apply(FIRST)
        before = everything(client)
        assert whole.destination.apply(SECOND) == Applied(15, 15, 15)
        after = everything(client)
        assert whole.destination.undo(SECOND) == Undone(30)
        assert everything(client) == before
        whole.destination.undo(FIRST)
        assert everything(client) == []
        _expected.update(before=before, after=after)
    return _expected


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(WRITES))
def test_a_worker_may_die_at_any_write_of_a_load(
    client: Any, expected: dict[str, list[Any]], at: int, after: bool
) -> None:
    """The next worker finds the journal and completes the load, with the result of an undisturbed one."""
    files = MemoryFiles()
    target(client, files).destination.apply(FIRST)
    with pytest.raises(Death):
        target(Dying(client, at=at, after=after), files).destination.apply(SECOND)
    assert target(client, files).destination.apply(SECOND) == Applied(15, 15, 15)
    assert everything(client) == expected["after"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(WRITES))
def test_the_partial_load_of_a_dead_worker_is_undone(
    client: Any, expected: dict[str, list[Any]], at: int, after: bool
) -> None:
    files = MemoryFiles()
    target(client, files).destination.apply(FIRST)
    with pytest.raises(Death):
        target(Dying(client, at=at, after=after), files).destination.apply(SECOND)
    assert target(client, files).destination.undo(SECOND) == Undone(30)
    assert everything(client) == expected["before"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_worker_may_die_at_any_write_of_an_undo(client: Any, expected: dict[str, list[Any]], after: bool) -> None:
    """The next worker counts rows that are restored already as reversed."""
    files = MemoryFiles()
    target(client, files).destination.apply(FIRST)
    at = 0
    while True:
        target(client, files).destination.apply(SECOND)
        dying = Dying(client, at=at, after=after)
        try:
            target(dying, files).destination.undo(SECOND)
        except Death:
            assert target(client, files).destination.undo(SECOND) == Undone(30)
        assert everything(client) == expected["before"]
        if dying.left >= 0:
            break
        files.objects = {key: body for key, body in files.objects.items() if "02JOB" not in key}
        at += 1
    assert at > 1


def test_a_worker_that_dies_before_the_journal_writes_nothing(client: Any) -> None:
    files = MemoryFiles()

    def die(key: str, body: bytes) -> bool:
        raise Death

    files.write_once = die  # type: ignore[method-assign]
    with pytest.raises(Death):
        target(client, files).destination.apply(FIRST)
    assert everything(client) == []


def test_the_journal_contains_the_records_before_the_first_attempt(client: Any) -> None:
    files = MemoryFiles()
    target(client, files).destination.apply(batch({"A": 1}))
    for _ in range(2):
        target(client, files).destination.apply(batch({"A": 9, "B": 2}, job="02JOB"))
    head, *lines = files.read(JOURNAL.format(job="02JOB")).split(b"\n")
    entries = dict(json.loads(line) for line in lines)
    assert json.loads(head)["unchanged"] == 0
    assert (entries["B"]["before"], entries["B"]["wrote"]["amount"]) == (None, 2)
    before = entries["A"]["before"]
    assert (before["job"], json.loads(before["data"])["amount"], entries["A"]["wrote"]["amount"]) == ("01JOB", 1, 9)


class Throttled:
    """A DynamoDB client whose table takes a number of writes, and throttles every other one."""

    def __init__(self, client: Any, takes: int) -> None:
        self._client = client
        self._left = takes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_write_item(self, **wanted: Any) -> Any:
        ((table, requests),) = wanted["RequestItems"].items()
        taken, left = requests[: self._left], requests[self._left :]
        self._left -= len(taken)
        if taken:
            self._client.batch_write_item(RequestItems={table: taken})
        return {"UnprocessedItems": {table: left} if left else {}}


def test_a_load_ends_before_its_worker_and_the_next_attempt_goes_on_where_it_stopped(client: Any) -> None:
    """A table that is throttled for longer than a worker lives costs waits, and no attempt of the chunk."""
    files = MemoryFiles()
    chunk = replace(batch({f"P-{number}": 1 for number in range(40)}), until=1.0)
    with pytest.raises(NotYet):
        target(Throttled(client, 25), files).destination.apply(chunk)
    assert len(everything(client)) == 25
    assert target(Throttled(client, 15), files).destination.apply(chunk) == Applied(40, 0, 0), "15 were missing"
    assert len(everything(client)) == 40


def test_only_a_superseded_record_takes_a_second_write(client: Any) -> None:
    """An importer without an archive has no second write."""
    files = MemoryFiles()
    target(client, files).destination.apply(FIRST)
    assert len(everything(client)) == 30
    target(client, files).destination.apply(SECOND)
    assert len(everything(client)) == 45 + 15
    third = batch({f"P-{number}": 7 for number in range(45)}, job="03JOB", importer=PLAIN)
    target(client, files).destination.apply(third)
    assert len(everything(client)) == 45 + 15


class Watched:
    """A DynamoDB client that notes which records are read whole."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.whole: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_get_item(self, **wanted: Any) -> Any:
        for request in wanted["RequestItems"].values():
            if "#data" in request["ProjectionExpression"]:
                self.whole |= {key["sk"]["S"] for key in request["Keys"]}
        return self._client.batch_get_item(**wanted)


def offers(importer: Importer, cells: dict[str, dict[str, Any]], *, job: str, columns: list[str]) -> Batch:
    options = LoadOptions(blanks="keep")
    rows = staged(importer, cells, columns, options)
    return Batch("acme", importer, job, 0, rows, options, matched=frozenset(["code", *columns]))


def test_a_file_without_an_optional_column_reads_only_those_records_whole_that_change(client: Any) -> None:
    """Its rows say less than their records, which have the defaults of the other columns."""
    cells = {f"P-{number}": {"low": "1.50", "label": "a" if number % 2 else None} for number in range(20)}
    columns = ["low", "label"]
    target(client, MemoryFiles()).destination.apply(offers(OFFERS, cells, job="01JOB", columns=columns))
    watched = Watched(client)
    changed = offers(OFFERS, cells | {"P-7": {"low": "2", "label": "a"}}, job="02JOB", columns=columns)
    destination = target(watched, MemoryFiles()).destination
    assert destination.compare(changed).updated == 1
    assert destination.apply(changed) == Applied(0, 1, 19)
    assert watched.whole == {"P-7"}


def test_records_are_read_whole_where_a_blank_cell_keeps_a_value_or_rules_see_the_merged_row(client: Any) -> None:
    """The digest of what the row and the defaults make does not say how many values are kept, nor what a rule does."""
    columns = ["low", "label", "stock"]
    cells = {"A": {"low": "1.50", "label": "a"}, "B": {"low": "1.50", "label": "b", "stock": "4"}}
    for importer, unchanged in ((OFFERS, {"A"}), (RULED, {"A", "B"})):
        watched = Watched(client)
        destination = target(watched, MemoryFiles()).destination
        destination.apply(offers(importer, cells, job="01JOB", columns=columns))
        done = destination.apply(offers(importer, cells, job="02JOB", columns=columns))
        assert (done.unchanged, done.kept_blank) == (2, 1)
        assert watched.whole == unchanged


def test_records_without_an_instant_have_a_history_and_are_restored(client: Any) -> None:
    """Records may be older than the attribute."""
    files = MemoryFiles()
    there = target(client, files)
    there.destination.apply(batch({"A": 1}))
    [item] = client.scan(TableName="RecordsTable")["Items"]
    del item["at"]
    client.put_item(TableName="RecordsTable", Item=item)
    there.destination.apply(batch({"A": 2}, job="02JOB"))
    [version] = there.records.history("acme", "things", "A")
    assert (version["from"], version["job"]) == (None, "01JOB")
    assert there.destination.undo(batch({"A": 2}, job="02JOB")) == Undone(1)
    assert client.scan(TableName="RecordsTable")["Items"] == [item]


def test_a_row_that_another_job_writes_between_read_and_write_is_a_conflict(client: Any) -> None:
    """The table checks the condition, not the worker."""
    files = MemoryFiles()
    there = target(client, files)
    there.destination.apply(batch({"A": 1, "B": 1}))
    there.destination.apply(batch({"A": 2, "B": 2, "C": 2}, job="02JOB"))

    class Slow(Dying):
        """Another job writes in between."""

        def __getattr__(self, name: str) -> Any:
            if name.startswith(("put", "delete", "transact")) and self.left:
                self.left = 0
                there.destination.apply(batch({"A": 3, "C": 3}, job="03JOB"))
            return getattr(self._client, name)

    undone = target(Slow(client, at=1, after=False), files).destination.undo(
        batch({"A": 2, "B": 2, "C": 2}, job="02JOB")
    )
    assert (undone.reversed, [(left.key, left.job_id) for left in undone.kept]) == (1, [("A", "03JOB"), ("C", "03JOB")])
    assert there.amounts() == {"A": 3, "B": 1, "C": 3}


@pytest.mark.parametrize("key", ["ö" * 513, "x" * 1025])
def test_only_the_row_that_is_too_large_is_rejected(client: Any, key: str) -> None:
    destination = target(client, MemoryFiles()).destination
    rows = batch({"A": 1, key: 2})
    applied = destination.apply(rows)
    assert (applied.inserted, [rejection.row for rejection in applied.rejections]) == (1, [3])
    assert destination.apply(rows) == applied
    compared = destination.compare(replace(rows, job_id="02JOB"))
    assert (compared.inserted, compared.unchanged, compared.rejections) == (0, 1, applied.rejections)
    assert destination.undo(rows) == Undone(1)

    huge = GoodRow(9, "B", "hash", json.dumps({"text": "x" * 420_000}).encode())
    applied = destination.apply(Batch("acme", THINGS, "02JOB", 0, [huge]))
    assert (applied.inserted, [rejection.row for rejection in applied.rejections]) == (0, [9])


def test_a_row_is_rejected_if_the_merged_record_is_too_large(client: Any) -> None:
    """Each of its parts fits, but not the record that they become."""
    there = target(client, MemoryFiles())
    there.destination.apply(batch({"A": {"name": "x" * 210_000}, "B": 1}))
    before = there.all()
    body = json.dumps({"tags": ["y" * 210_000]}).encode()
    rows = [GoodRow(number, key, "hash", body) for number, key in ((2, "A"), (3, "B"))]
    change = Batch("acme", THINGS, "02JOB", 0, rows, LoadOptions("update"))
    for result in (there.destination.compare(change), there.destination.apply(change)):
        assert (result.updated, [(each.row, each.code) for each in result.rejections]) == (1, [(2, "over-record-size")])
    assert there.destination.apply(change) == result
    assert there.all()["A"] == before["A"]


def test_the_largest_row_with_the_longest_key_is_superseded_and_restored(client: Any) -> None:
    """The archive has room for the attributes beside the values."""
    there = target(client, MemoryFiles())
    key = "ö" * 512
    size = 405_000 - 2_600 - 1_200  # moto's limit is 4 KB below that of DynamoDB
    rows = [batch({key: {"name": letter * size}}, job="01JOBJOBJOBJOBJOBJOBJOBJOB" + letter) for letter in "AB"]
    for one in rows:
        assert not there.destination.apply(one).rejections
    assert len(there.records.history("acme", "things", key)) == 1
    assert there.destination.undo(rows[1]) == Undone(1)
    assert there.records.get("acme", "things", key)["values"]["name"][0] == "A"


def test_records_are_spread_over_all_shards(client: Any) -> None:
    target(client, MemoryFiles()).destination.apply(batch(dict.fromkeys((f"P-{number}" for number in range(300)), 1)))
    assert len({item["pk"]["S"] for item in everything(client)}) == SHARDS
