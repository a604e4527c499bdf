"""How many rows went where."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Counts:
    """Rows of a job, or what one chunk adds to them.

    Parameters
    ----------
    total
        Rows below the header that are not blank. Until a chunk is parsed its blank rows are still in here.
    checked
        Rows parsed and validated so far.
    inserted, updated, unchanged
        Rows delivered, by what they did to the dataset.
    refused
        Rows that are wrong by their own content.
    """

    total: int = 0
    checked: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def loaded(self) -> int:
        """Rows delivered."""
        return self.inserted + self.updated + self.unchanged

    @property
    def unprocessed(self) -> int:
        """Rows neither delivered nor refused; with those it always adds up to the total."""
        return self.total - self.loaded - self.refused

    def as_dict(self) -> dict[str, int]:
        """Every stored count by its name."""
        return asdict(self)

    def __add__(self, other: Counts) -> Counts:
        mine, theirs = asdict(self), asdict(other)
        return Counts(**{name: mine[name] + theirs[name] for name in mine})
