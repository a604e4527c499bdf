"""The recipe of a job: every decision about how its file is read, how each was made, and what is still open.

A decision has a key, such as ``header``, ``columns``, ``decimal.price`` or ``date_order.updated``: what it decides, and
the field that it is about, if it is about one. Its value is JSON. The options of the load (`sluice.model.options`) are
shown beside the decisions; they are the job's own and never open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, Self, get_args

#: How a decision was made; ``given`` and ``answered`` are a caller's and the strongest, the others follow by strength.
How = Literal["given", "answered", "proven", "remembered", "declared", "default"]
#: The decimal mark; the other one of the two groups thousands.
Mark = Literal[".", ","]
#: Order of day, month and year in dates that are written with numbers alone. A year of four digits is first or last for
#: all to see, so ``ymd`` is about years of two digits.
Order = Literal["dmy", "mdy", "ymd"]
#: Order of a column's dates. Of a column that a spreadsheet has half swapped, the typed dates are those whose day could
#: be a month; ``dmy-swapped`` and ``mdy-swapped`` swap day and month of those, and read its texts as the others do.
DateReading = Literal["dmy", "mdy", "ymd", "dmy-swapped", "mdy-swapped"]

#: The orders between which an ambiguous date is open, by what it shows.
OPEN_ORDERS: Final[Mapping[str, frozenset[Order]]] = {
    "either": frozenset({"dmy", "mdy"}),
    "dotted": frozenset({"dmy", "mdy"}),
    "dmy-or-ymd": frozenset({"dmy", "ymd"}),
    "any-order": frozenset({"dmy", "mdy", "ymd"}),
}
#: Dates whose year could be first although that is rare: what each shows as long as no other cell of its column speaks
#: for the year being first, ``""`` for nothing, and what it shows then.
RARELY_YMD: Final[Mapping[str, tuple[str, str]]] = {
    "dmy-rarely-ymd": ("dmy", "dmy-or-ymd"),
    "either-rarely-ymd": ("either", "any-order"),
    "dotted-rarely-ymd": ("dotted", "any-order"),
    "rarely-ymd": ("", "any-order"),
}
#: Whole numbers that would be fractions if their mark were the decimal mark, so that it must group thousands, and the
#: decimal mark for which that speaks.
WHOLE_GROUPS: Final[Mapping[str, Mark]] = {"point-groups": ",", "comma-groups": "."}

#: What a cell shows that is read by the decision.
AMBIGUOUS: Final = frozenset({"swappable", *OPEN_ORDERS, *RARELY_YMD, *WHOLE_GROUPS})
_ALL_ORDERS: Final = frozenset({"swappable", "year-first", "six-digits"})


def _readable(order: Order) -> frozenset[str]:
    opened = {shown for shown, orders in OPEN_ORDERS.items() if order in orders}
    return _ALL_ORDERS | opened | {each for each, (_, then) in RARELY_YMD.items() if then in opened}


#: What a cell may show so that a decision agrees with it. A typed date shows ``typed`` if its day is no month: then a
#: spreadsheet cannot have swapped the two.
AGREEING: Final[Mapping[str, frozenset[str]]] = {
    ".": frozenset({".", "either", "comma-groups", "other-groups"}),
    ",": frozenset({",", "either", "point-groups", "other-groups"}),
    "dmy": _readable("dmy") | {"dmy", "typed"},
    "mdy": _readable("mdy") | {"mdy", "typed"},
    "ymd": _readable("ymd") | {"ymd", "typed"},
    "dmy-swapped": _readable("dmy") | {"dmy"},
    "mdy-swapped": _readable("mdy") | {"mdy"},
}

#: What becomes of rows that a spreadsheet program hides.
Hidden = Literal["import", "skip"]

#: Decisions whose change splits the file anew; its header is matched to columns where it is split.
SPLITTING: Final = ("sheets", "header", "encoding", "delimiter", "quoting", "columns")
#: Those of them that are about text files.
OF_TEXTS: Final = ("encoding", "delimiter", "quoting")
#: Decisions about texts that stand for a blank cell, and texts that clear what a record has.
MARKERS: Final = ("null_markers", "clear_markers")
#: Decision that numbers of five digits are rejected in a column of dates, because cells show that dates have lost their
#: separators there, and may have lost a leading zero. Its value is `REJECT`; it is proven by a file, and never given.
FIVE_DIGITS, REJECT = "five_digits", "reject"
#: Decision that rows are rejected which stand below another header in their sheet. Its evidence are the rows of those
#: headers, its value is `REJECT`; it is proven by a file, and never given.
OTHER_HEADER: Final = "other_header"
#: Decisions that bear on every row of a file.
ON_EVERY_ROW: Final = ("constants", "hidden", OTHER_HEADER, *MARKERS)
#: Kinds of questions; a question about a column has its field behind the kind: ``decimal.price``.
KINDS: Final = ("sheet", "header", "mapping", "drift", "encoding", "delimiter", "decimal", "date_order", "guard")
#: Keys of the decisions about the sheets of a workbook, a list of names or `ALL_SHEETS`, and about its hidden rows.
SHEETS, HIDDEN = "sheets", "hidden"
#: All sheets that are shown, and whose headers have the same columns.
ALL_SHEETS: Final = "all"
#: Answer to a question about a missing column: the records are updated by the columns that the file has.
UPDATE_ONLY: Final = {"mode": "update"}

_BY_CALLER: Final = frozenset({"given", "answered"})
_STRENGTH: Final = {how: at for at, how in enumerate(reversed(get_args(How)))} | dict.fromkeys(_BY_CALLER, 4)


@dataclass(frozen=True)
class Shown:
    """A cell as evidence: its row number in the sheet, its text, what it shows, and the name of its sheet.

    A number shows its decimal mark, ``.`` or ``,``, or ``other-groups`` if neither groups its thousands; a date that is
    text its order, ``dmy``, ``mdy`` or ``ymd``, or ``year-first`` with a year of four digits and no dashes. An
    ambiguous one with points is ``dotted``: that speaks for the day being first. A number of six digits that would be a
    date shows ``six-digits``, and is rejected. A typed date is ``swappable`` if its day could be a month, else
    ``typed``. What ambiguous cells show is in `AMBIGUOUS`.
    """

    row: int
    cell: str
    shows: str
    sheet: str = ""


@dataclass(frozen=True)
class Evidence:
    """What the cells of a column show of a decision, in a chunk or in the whole file.

    Parameters
    ----------
    counts
        Number of cells by what they show, see `Shown`.
    rows
        The first cells of each, `EXAMPLES` at most, in the order of the file.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[Shown, ...] = ()

    def shows(self, *values: str) -> bool:
        """Whether a cell shows one of these."""
        return any(self.counts.get(value, 0) > 0 for value in values)


def to_evidence(kept: Mapping[str, Any]) -> Evidence:
    """Read evidence that `dataclasses.asdict` has written, from JSON."""
    return Evidence(kept["counts"], tuple(Shown(**each) for each in kept["rows"]))


#: Cells that evidence names of each kind.
EXAMPLES: Final = 3


def merge_evidence(parts: Iterable[Mapping[str, Evidence]]) -> dict[str, Evidence]:
    """Join the evidence of chunks, which come in the order of the file, by the keys of decisions."""
    whole: dict[str, Evidence] = {}
    for part in parts:
        for key, found in part.items():
            known = whole.get(key, Evidence())
            counts = {
                name: known.counts.get(name, 0) + found.counts.get(name, 0) for name in {**known.counts, **found.counts}
            }
            rows = [*known.rows]
            for row in found.rows:
                if sum(each.shows == row.shows for each in rows) < EXAMPLES:
                    rows.append(row)
            whole[key] = Evidence(counts, tuple(rows))
    return whole


@dataclass(frozen=True)
class Decision:
    """A decision of a recipe.

    Parameters
    ----------
    value
        As JSON.
    how
        How it was made.
    version
        Version of the recipe in which rows began to be read by this value and `is_strict`.
    evidence
        What the file shows of it.
    """

    value: Any
    how: How
    version: int = 1
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def is_strict(self) -> bool:
        """Whether cells that show another value are rejected: a caller made the decision."""
        return self.how in _BY_CALLER

    def rejects(self, shown: str) -> bool:
        """Whether a cell is rejected for what it shows."""
        return self.is_strict and shown not in AGREEING[self.value]

    def gives_way_to(self, how: How) -> bool:
        """Whether a decision that is made in another way replaces this one."""
        return _STRENGTH[how] >= _STRENGTH[self.how]


def depends_on(key: str, shown: str = "") -> str:
    """Name what a chunk depends on.

    Parameters
    ----------
    key
        Of a decision.
    shown
        What good cells show that can be read in one way only: they depend on the decision as far as it could reject
        them. Empty for ambiguous and rejected cells, which each other value could change.
    """
    return f"{key}={shown}" if shown else key


@dataclass(frozen=True)
class Choice:
    """A possible answer to a question; ``effect`` codes what it would do, see `sluice.wording`."""

    value: Any
    effect: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A decision that the file leaves open.

    Parameters
    ----------
    key
        Of the decision, and of the answer.
    kind
        One of `KINDS`.
    choices
        The values that can be answered, a likely one first; empty if any value of the decision's form can be.
    evidence
        What the file shows.
    params
        More of it, by kind: the missing column and its likely headers, or what a guard has counted.
    """

    key: str
    kind: str
    choices: tuple[Choice, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """The decisions about a file so far; ``version`` rises with every change of one.

    Parameters
    ----------
    version
        1 when the job is created.
    decisions
        By key.
    """

    version: int = 1
    decisions: Mapping[str, Decision] = field(default_factory=dict)

    def value(self, key: str, otherwise: Any = None) -> Any:
        """Return the value of a decision."""
        found = self.decisions.get(key)
        return otherwise if found is None else found.value

    def of_kind(self, kind: str) -> dict[str, Decision]:
        """Return the decisions about single columns, by field: those with the key ``{kind}.{field}``."""
        prefix = f"{kind}."
        return {key.removeprefix(prefix): each for key, each in self.decisions.items() if key.startswith(prefix)}

    @property
    def columns(self) -> dict[str, str]:
        """Headers of the file that were assigned to columns: ``{header: field or title}``."""
        return dict(self.value("columns", {}))

    @property
    def constants(self) -> dict[str, str]:
        """Parameters of the importer, which hold for the whole file, by name."""
        return {name: each.value for name, each in self.of_kind("constants").items()}

    def with_decisions(
        self, made: Mapping[str, tuple[Any, How]], evidence: Mapping[str, Evidence] | None = None
    ) -> Recipe:
        """Return the recipe of the next version with decisions made or replaced; this one if nothing changes.

        A decision keeps its version if its rows are read as before: the same value, as strictly.
        """
        new, version = dict(self.decisions), self.version + 1
        for key, (value, how) in made.items():
            old, now = self.decisions.get(key), Decision(value, how, version, (evidence or {}).get(key, Evidence()))
            if old is not None and (old.value, old.is_strict) == (now.value, now.is_strict):
                now = replace(now, version=old.version)
            new[key] = now
        return self if new == self.decisions else Recipe(version, new)

    def without_evidence(self) -> Recipe:
        """Return the recipe without cells of its file."""
        return replace(
            self, decisions={key: replace(each, evidence=Evidence()) for key, each in self.decisions.items()}
        )

    def is_stale(self, version: int, depends: Iterable[str]) -> bool:
        """Whether a chunk must be parsed anew.

        Parameters
        ----------
        version
            Of the recipe that it was parsed with.
        depends
            `depends_on` of each decision about a column whose cells show something in the chunk, or are rejected.
        """
        newer = {key: each for key, each in self.decisions.items() if each.version > version}
        if any(key.split(".")[0] in ON_EVERY_ROW for key in newer):
            return True
        named = (each.partition("=") for each in depends)
        return any(key in newer and (not shown or newer[key].rejects(shown)) for key, _, shown in named)

    def splits_anew(self, version: int) -> bool:
        """Whether a file that was split by an earlier version of the recipe must be split anew."""
        return any(self.decisions[key].version > version for key in SPLITTING if key in self.decisions)


@dataclass(frozen=True)
class Drift:
    """How the headers of a file differ from those that a remembered recipe knew.

    Parameters
    ----------
    missing
        Headers that the file lacks, with the field that each was matched to, ``""`` for an ignored one.
    new
        Headers that the recipe did not know.
    renamed
        Likely pairs of the two: a missing header, and the new one whose letters are most alike.
    """

    missing: Mapping[str, str] = field(default_factory=dict)
    new: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recall:
    """The remembered recipe that a job uses or offers; the decisions that it made have the `How` ``remembered``.

    Parameters
    ----------
    name
        Of a recipe that is kept by name; ``""`` for that of the last file of this shape.
    job
        Id of the job that it was taken from; ``""`` for one that is kept by name.
    by, at
        Who requested that job, and its end; or who wrote the recipe, and when.
    alike
        How alike the headers are, from 0 to 1; below 1 nothing is decided by it.
    offered
        Values that are preselected where a question asks, by the keys of decisions.
    drift
        How the headers differ.
    """

    name: str
    job: str
    by: str
    at: datetime
    alike: float = 1.0
    offered: Mapping[str, Any] = field(default_factory=dict)
    drift: Drift = field(default_factory=Drift)

    def as_dict(self) -> dict[str, Any]:
        """Write it as JSON."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """Read what `as_dict` wrote."""
        drift = Drift(**{**kept["drift"], "new": tuple(kept["drift"]["new"])})
        return cls(**{**kept, "at": datetime.fromisoformat(kept["at"]), "drift": drift})
