"""What a job does to its dataset: the mode, what blank cells mean, what deleting does, and the guards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, get_args

from sluice.model.errors import GUARD, Problem

#: What a row does to the record of its key:
#: ``upsert`` updates or inserts, ``insert`` inserts only, ``update`` updates only, ``mirror`` is an upsert that also
#: deletes the records whose keys the file lacks, ``delete`` deletes.
Mode = Literal["upsert", "insert", "update", "mirror", "delete"]
#: A blank cell: ``keep`` says nothing, so the record keeps its value; ``clear`` says the column's default.
Blanks = Literal["keep", "clear"]
#: Deleting: ``mark`` leaves the record and marks it as deleted; ``remove`` removes it.
Deletes = Literal["mark", "remove"]
#: Rejected rows: ``continue`` loads the others; ``stop`` loads nothing.
OnRejections = Literal["continue", "stop"]

MODES: Final = get_args(Mode)
#: Modes in which a job deletes records.
DELETING: Final = frozenset[Mode]({"mirror", "delete"})


@dataclass(frozen=True)
class Guards:
    """Limits beyond which a job does not load without a person's consent.

    Parameters
    ----------
    max_rejected
        Share of the rows that may be rejected, from 0 to 1; ``None`` is any.
    max_deleted
        What ``mirror`` may delete: a share of the records in its scope if it is a float, a number of records if it is
        an int.
    max_change
        By field: the share of its old value that a number may change by; 0.5 is half.
    """

    max_rejected: float | None = None
    max_deleted: float | int = 0.1
    max_change: Mapping[str, float] = field(default_factory=dict, hash=False)

    @property
    def are_own(self) -> bool:
        """Whether an importer or a caller has set one; `max_deleted` has a default."""
        return self != Guards()


@dataclass(frozen=True)
class Effects:
    """What a load would do, as far as guards limit it; known when the whole file is parsed and compared.

    Parameters
    ----------
    total, rejected
        Rows of the file, and those of them that are rejected.
    deleted, scope
        Records that ``mirror`` would delete, and all records in its scope.
    changed
        Rows in which a number would change by more than `Guards.max_change` allows.
    enough
        By field: the limit in `Guards.max_change` that lets all of those rows through.
    examples
        The first rows or records that each guard counts, by the guard's name, as JSON without floats.
    """

    total: int = 0
    rejected: int = 0
    deleted: int = 0
    scope: int = 0
    changed: int = 0
    enough: Mapping[str, float] = field(default_factory=dict)
    examples: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


def tripped_guards(guards: Guards, effects: Effects) -> list[Problem]:
    """Return a problem of type `GUARD` for each guard that a load would trip.

    Its parameters are ``guard``, its name; ``limit``, as JSON; ``found`` of ``total`` rows or records; ``examples``;
    and that of `max_change` also ``enough``, as JSON.
    """
    tripped = []
    share = guards.max_rejected
    if share is not None and effects.total and effects.rejected / effects.total > share:
        tripped.append(_tripped("max_rejected", share, effects.rejected, effects.total, effects))
    if _is_beyond(guards.max_deleted, effects.deleted, effects.scope):
        tripped.append(_tripped("max_deleted", guards.max_deleted, effects.deleted, effects.scope, effects))
    if effects.changed:
        problem = _tripped("max_change", dict(guards.max_change), effects.changed, effects.total, effects)
        tripped.append(replace(problem, params={**problem.params, "enough": json.dumps(dict(effects.enough))}))
    return tripped


def _is_beyond(limit: float | int, found: int, total: int) -> bool:
    """Whether a number exceeds a limit: a share of the total if that is a float, a number if it is an int."""
    return bool(total) and found / total > limit if isinstance(limit, float) else found > limit


def _tripped(name: str, limit: Any, found: int, total: int, effects: Effects) -> Problem:
    examples = [dict(each) for each in effects.examples.get(name, ())]
    params = {"guard": name, "limit": json.dumps(limit), "found": found, "total": total, "examples": examples}
    return Problem(GUARD, {"case": name, **params})


@dataclass(frozen=True)
class LoadOptions:
    """The options of a load, as an importer declares them or a caller gives them.

    Parameters
    ----------
    mode
        What rows do to records.
    blanks
        What a blank cell says.
    deletes
        What ``mirror`` and ``delete`` do to a record; ``None`` is the mode's default, see `how_to_delete`.
    on_rejections
        What a rejected row does to the others.
    guards
        Limits of the load.
    """

    mode: Mode = "upsert"
    blanks: Blanks = "keep"
    deletes: Deletes | None = None
    on_rejections: OnRejections = "continue"
    guards: Guards = field(default_factory=Guards)

    @property
    def how_to_delete(self) -> Deletes:
        """What deleting does: by default ``mirror`` marks, and ``delete`` removes what its file names."""
        return self.deletes or ("remove" if self.mode == "delete" else "mark")

    @property
    def inserts(self) -> bool:
        """Whether a row with a new key is inserted."""
        return self.mode in {"upsert", "insert", "mirror"}

    @property
    def always_compares(self) -> bool:
        """Whether the job is compared with its dataset before it loads, reviewed or not."""
        return self.mode != "upsert" or self.on_rejections == "stop" or self.guards.are_own

    @property
    def limits_rejections(self) -> bool:
        """Whether rejected rows can keep the others from being loaded."""
        return self.on_rejections == "stop" or self.guards.max_rejected is not None


@dataclass(frozen=True)
class GivenOptions:
    """What a caller gave of the options of a load; what is ``None``, or not among the guards, was not given.

    Parameters
    ----------
    mode, blanks, deletes, on_rejections
        As in `LoadOptions`.
    guards
        Attributes of `Guards` by name.
    recipe
        Digest of the decisions on reading that were given beside the options; empty if there are none.
    """

    mode: Mode | None = None
    blanks: Blanks | None = None
    deletes: Deletes | None = None
    on_rejections: OnRejections | None = None
    guards: Mapping[str, Any] = field(default_factory=dict, hash=False)
    recipe: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return what was given, by name."""
        return {name: value for name, value in vars(self).items() if value not in (None, {}, "")}

    @property
    def options(self) -> dict[str, Any]:
        """The options that were given, by name."""
        return {name: value for name, value in self.as_dict().items() if name != "recipe"}

    def beside(self, named: GivenOptions) -> GivenOptions:
        """Return the same with the options of a named recipe, where this gives none."""
        return replace(named, **self.options | {"guards": {**named.guards, **self.guards}})

    def with_recipe(self, decisions: Mapping[str, Any]) -> GivenOptions:
        """Return the same with decisions on reading, by key, that were given too."""
        return replace(self, recipe=_digest(decisions) if decisions else "")

    def over(self, options: LoadOptions) -> LoadOptions:
        """Return options in which those that were given replace single ones of others, such as an importer's.

        Of `max_change` only the columns that were given are replaced.
        """
        guards = dict(self.guards)
        if changes := guards.get("max_change"):
            guards["max_change"] = {**options.guards.max_change, **changes}
        return replace(options, **self.options | {"guards": replace(options.guards, **guards)})

    @property
    def claimed(self) -> str:
        """Digest of what makes another import of the same file; empty if nothing of it was given.

        It is made of what the caller gave, never of what became of it, so that neither an answer nor a later version
        of the importer's declaration changes it. Guards and `on_rejections` change no row, so they are not part of it.
        """
        given = {name: value for name in ("mode", "blanks", "deletes", "recipe") if (value := getattr(self, name))}
        return _digest(given) if given else ""


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
