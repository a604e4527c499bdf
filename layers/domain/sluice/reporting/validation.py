"""What Excel is told to check while somebody types: never more than what the importer itself would reject."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sluice.reporting.columns import ColumnFacts

#: Characters that a list of choices may have inside a validation, commas included (Excel's limit).
LIST_CHARACTERS: Final = 255
_MESSAGE, _TITLE = 255, 32
# What Excel holds: any number, any date of its calendar.
_SMALLEST, _LARGEST = -9.99e307, 9.99e307
_FIRST_DAY = date(1900, 1, 1)
# The words of a drop-down list, by the word that the column's example uses.
_FLAGS = (("yes", "no"), ("ya", "tidak"), ("true", "false"), ("active", "inactive"), ("aktif", "nonaktif"))
_VALIDATES = {"whole": "integer", "number": "decimal", "money": "decimal"}


def offered(facts: ColumnFacts) -> tuple[str, ...]:
    """What a drop-down list of the column offers; empty when it has none."""
    if facts.kind != "flag":
        return facts.choices
    word = facts.example.casefold() if isinstance(facts.example, str) else None
    return next((pair for pair in _FLAGS if word in pair), _FLAGS[0])


def is_short(choices: tuple[str, ...]) -> bool:
    """Whether the choices fit into the validation itself; others need a range of cells."""
    return len(",".join(choices)) <= LIST_CHARACTERS and not any("," in choice for choice in choices)


def validation_of(facts: ColumnFacts, source: str | None) -> dict[str, Any] | None:
    """The options of XlsxWriter's ``data_validation`` for the cells of a column, ``None`` for no check.

    Lists stop what they do not have. All else only warns: an importer also takes numbers and dates as text, such as
    ``Rp 1.250.000``, which Excel would not count as one.

    Parameters
    ----------
    facts
        The column.
    source
        Range of cells with the column's choices, where they are not short.
    """
    if choices := offered(facts):
        rule: dict[str, Any] | None = {"validate": "list", "source": source or list(choices)}
    elif facts.kind == "date":
        rule = {"validate": "date"} | (_between(facts) or {"criteria": ">=", "value": _FIRST_DAY})
    elif facts.kind in _VALIDATES:
        anything = {"criteria": "between", "minimum": _SMALLEST, "maximum": _LARGEST}
        rule = {"validate": _VALIDATES[facts.kind]} | (_between(facts) or anything)
    else:
        rule = _length(facts)
    if rule is None:
        return None
    said = f"This column holds {facts.holds}" + (f": {facts.allowed}." if facts.allowed else ".")
    return rule | {
        "error_type": "stop" if choices else "warning",
        "error_title": facts.title[:_TITLE],
        "error_message": said if len(said) <= _MESSAGE else said[: _MESSAGE - 1] + "…",
    }


def _between(facts: ColumnFacts) -> dict[str, Any] | None:
    limits = facts.limits
    lower = limits.gt if limits.ge is None else limits.ge
    upper = limits.lt if limits.le is None else limits.le
    if lower is not None and upper is not None:
        return {"criteria": "between", "minimum": lower, "maximum": upper}  # Excel's includes both ends
    if lower is not None:
        return {"criteria": ">" if limits.ge is None else ">=", "value": lower}
    if upper is not None:
        return {"criteria": "<" if limits.le is None else "<=", "value": upper}
    return None


def _length(facts: ColumnFacts) -> dict[str, Any] | None:
    least, most = facts.limits.min_length, facts.limits.max_length
    if least is not None and most is not None:
        return {"validate": "length", "criteria": "between", "minimum": least, "maximum": most}
    if most is not None:
        return {"validate": "length", "criteria": "<=", "value": most}
    if least is not None:
        return {"validate": "length", "criteria": ">=", "value": least}
    return None
