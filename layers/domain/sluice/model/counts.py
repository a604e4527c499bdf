"""Counts of rows by what happened to them."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Counts:
    """The counts of a job, or what one chunk adds to them; each is a number of rows.

    Parameters
    ----------
    total
        Records below the header. The blank rows of a chunk are included until the chunk is parsed.
    checked
        Rows parsed and validated so far.
    skipped
        Rows that are left out by choice: the hidden ones, if the recipe says so.
    ignored
        Rows that are no records, such as totals rows; they are in no other count.
    untitled
        Rows with values behind the last header of their sheet, in columns that are not read; in no sum.
    inserted, updated, unchanged
        Rows delivered, by their effect on the dataset.
    deleted
        Rows whose record was deleted, because the job deletes the keys of its file.
    rejected
        Rows that are wrong by their own content, or that the job's mode does not allow.
    kept_blank
        Blank cells whose record kept its value; they are cells, and in no sum.
    to_insert, to_update, to_leave, to_delete, to_reject
        Rows that were compared with the dataset before the load, by the effect that loading would have; those with the
        key of an earlier row, and those that the order of their dates makes wrong, are among `to_reject`.
    in_scope, to_absent
        Records of the dataset before the load, and those of them whose keys the file lacks; counted in ``mirror``.
    absent, absent_left
        Of `to_absent`: records that were deleted, and records that were left because they have changed meanwhile.
        They are records and no rows of the file, and in no sum.
    over_limit
        Compared rows in which a number would change by more than the guard ``max_change`` allows.
    reversed, conflicts, rollback_failed
        Changed rows that a rollback restored, left because they were changed since, or failed to restore.
    """

    total: int = 0
    checked: int = 0
    skipped: int = 0
    ignored: int = 0
    untitled: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0
    kept_blank: int = 0
    to_insert: int = 0
    to_update: int = 0
    to_leave: int = 0
    to_delete: int = 0
    to_reject: int = 0
    in_scope: int = 0
    to_absent: int = 0
    absent: int = 0
    absent_left: int = 0
    over_limit: int = 0
    reversed: int = 0
    conflicts: int = 0
    rollback_failed: int = 0

    @property
    def loaded(self) -> int:
        """Rows delivered."""
        return self.inserted + self.updated + self.unchanged + self.deleted

    @property
    def changed(self) -> int:
        """Records that the job has changed, and that a rollback has to restore."""
        return self.inserted + self.updated + self.deleted + self.absent

    @property
    def compared(self) -> int:
        """Rows compared with the dataset."""
        return self.to_insert + self.to_update + self.to_leave + self.to_delete + self.to_reject

    @property
    def undone(self) -> int:
        """Changed rows that a rollback has processed, with any outcome."""
        return self.reversed + self.conflicts + self.rollback_failed

    @property
    def to_delete_yet(self) -> int:
        """Records whose keys the file lacks, and which are neither deleted nor left."""
        return self.to_absent - self.absent - self.absent_left

    @property
    def unprocessed(self) -> int:
        """Rows neither delivered, rejected nor skipped; with them, the counts always add up to the total."""
        return self.total - self.loaded - self.rejected - self.skipped

    def as_dict(self) -> dict[str, int]:
        """Return every stored count by its name."""
        return asdict(self)

    def __add__(self, other: Counts) -> Counts:
        mine, theirs = asdict(self), asdict(other)
        return Counts(**{name: mine[name] + theirs[name] for name in mine})
