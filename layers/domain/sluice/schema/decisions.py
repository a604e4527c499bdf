"""The decisions that the cells of a column can prove: its decimal mark, and the order of its dates.

A cell that can be read in one way only is read so. These decisions are about the others, so they matter only where a
column has ambiguous cells:

- A caller's answer is final. What a caller gave holds, unless cells prove another value: then it is a question.
- Anything else gives way to what all proving cells of the column show; if they contradict each other, to a question.
- Without such a proof, what speaks for a value goes before Sluice's own: a whole number that would be a fraction
  otherwise, and the other columns of the same kind, as one program has written them all. If that speaks for two values,
  or against one that is remembered or that the importer declares, it is a question.
- Dates with points speak for the day being first, in their column and of themselves alone.
- If nothing speaks for a value, one that neither the importer nor an earlier file decided is a question, and so is
  whether a year of two digits is first, about which no importer declares anything.

Where numbers of six digits show that dates have lost their separators, numbers of five digits may be such dates without
their leading zero, and are rejected (`FIVE_DIGITS`).

A row with the header of another table rejects the rows below it (`OTHER_HEADER`), whatever the chunks that they are in.

Whether a spreadsheet has half swapped a column (`sluice.schema.dates.is_half_swapped`) is never proven, only shown not
to be: it is a question until a caller answers it, or the next file of a remembered recipe shows it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

from sluice.model.recipe import (
    AMBIGUOUS,
    EXAMPLES,
    FIVE_DIGITS,
    OPEN_ORDERS,
    OTHER_HEADER,
    RARELY_YMD,
    REJECT,
    WHOLE_GROUPS,
    Choice,
    Decision,
    Evidence,
    How,
    Mark,
    Order,
    Question,
    Recipe,
    Shown,
)
from sluice.schema.cell_types import DATE_ORDER, DECIMAL, SWAPPED
from sluice.schema.cells import InvalidValue
from sluice.schema.dates import date_from_text, is_half_swapped, swapped
from sluice.schema.importer import Importer
from sluice.schema.numbers import amount_from_text

_DECIMAL: Final = "decimal"
_DATE_ORDER: Final = "date_order"
_Settled = tuple[Any, How, tuple[Choice, ...]]
"""A value, how it was decided, and the choices of the question that it is; none if it is no question."""
_MARKS: Final = frozenset(get_args(Mark))
_ORDERS: Final = frozenset(get_args(Order))
# What dates show where it is open whether their year comes first, and what speaks for a year that does.
_YEAR_OPEN: Final = frozenset({"dmy-or-ymd", "any-order"})
_OPEN: Final = OPEN_ORDERS.keys() | RARELY_YMD.keys()
_YMD: Final = _YEAR_OPEN | {"ymd", "year-first"}


def decisions_for(importer: Importer, fields: Mapping[int, str]) -> dict[str, tuple[Any, How]]:
    """Return the decisions that a file needs before its rows are read.

    Parameters
    ----------
    importer
        Of the job.
    fields
        Which cell (counted from 0) belongs to which field.

    Returns
    -------
    dict
        For each column whose cells may be ambiguous, by key: the importer's value (``declared``) or Sluice's
        (``default``).
    """
    conventions, there = importer.conventions, set(fields.values())
    marks: tuple[Any, How] = (conventions.decimal, "declared") if conventions.decimal else (DECIMAL, "default")
    orders: tuple[Any, How] = (conventions.dates, "declared") if conventions.dates else (DATE_ORDER, "default")
    return {
        f"{column.decided_by}.{column.field}": marks if column.decided_by == _DECIMAL else orders
        for column in importer.columns
        if column.field in there and column.decided_by
    }


def settle(recipe: Recipe, evidence: Mapping[str, Evidence], importer: Importer) -> tuple[Recipe, list[Question]]:
    """Decide what all rows of a file prove, and ask what they leave open.

    Parameters
    ----------
    recipe
        By which the rows were read.
    evidence
        Of all chunks, by the keys of the decisions.
    importer
        Of the job.

    Returns
    -------
    tuple
        The recipe with proven decisions and the evidence of all, and the open questions. An open decision keeps its
        value. Settling once more changes nothing.
    """
    titles = {column.field: column.title for column in importer.columns}
    initial = decisions_for(importer, dict(enumerate(titles)))
    unmade = {key: Decision(*initial[key]) for key in evidence.keys() & initial.keys() - recipe.decisions.keys()}
    recipe = Recipe(recipe.version, {**recipe.decisions, **unmade})  # the rows of a source have no plan to make them
    columns = {
        key: _column(key.partition(".")[0], evidence.get(key, Evidence()))
        for key in recipe.decisions
        if key.partition(".")[0] in (_DECIMAL, _DATE_ORDER)
    }
    made: dict[str, tuple[Any, How]] = {}
    if OTHER_HEADER in evidence and OTHER_HEADER not in recipe.decisions:
        made[OTHER_HEADER] = REJECT, "proven"
    questions = []
    for key, column in columns.items():
        kind, _, name = key.partition(".")
        decision, found = recipe.decisions[key], evidence.get(key, Evidence())
        others = _said_by_others(key, columns, recipe)
        if kind == _DECIMAL:
            value, how, choices = _mark(decision, column, others, found)
        else:
            value, how, choices = _order(decision, column, others, found, importer)
        made[key] = value, how
        if found.shows("six-digits") and (doubt := f"{FIVE_DIGITS}.{name}") not in recipe.decisions:
            made[doubt] = REJECT, "proven"
            rows = tuple(row for row in found.rows if row.shows == "six-digits")
            evidence = {**evidence, doubt: Evidence({"six-digits": found.counts["six-digits"]}, rows)}
        if choices:
            questions.append(Question(key, kind, choices, found, {"column": titles.get(name, name)}))
    return recipe.with_decisions(made, evidence), questions


@dataclass(frozen=True)
class _Column:
    """What the cells of a column say of the decision about it.

    Parameters
    ----------
    counts
        As in the evidence, where a date whose year is rarely first shows what it does in this column.
    proofs
        Values that cells prove.
    hints
        Values that cells speak for; a proof goes before them.
    possible
        Values by which all ambiguous cells can be read.
    is_open
        Whether there are any.
    """

    counts: Counter[str]
    proofs: frozenset[Any]
    hints: frozenset[Any]
    possible: frozenset[Any]
    is_open: bool


def _column(kind: str, found: Evidence) -> _Column:
    counts = Counter({shown: count for shown, count in found.counts.items() if count})
    return _numbers(counts) if kind == _DECIMAL else _dates(counts)


def _numbers(counts: Counter[str]) -> _Column:
    groups = counts.keys() & WHOLE_GROUPS.keys()
    proofs, hints = _MARKS & counts.keys(), frozenset(WHOLE_GROUPS[each] for each in groups)
    if "other-groups" in counts and not proofs:
        hints = _MARKS  # the column groups with neither, so the mark of an ambiguous cell would be its decimal mark
    return _Column(counts, proofs, hints, _MARKS, bool(groups or counts["either"]))


def _dates(counts: Counter[str]) -> _Column:
    speaks_for_ymd = not counts.keys().isdisjoint(_YMD)
    for rare, (usual, then) in RARELY_YMD.items():
        if shown := then if speaks_for_ymd else usual:
            counts[shown] += counts[rare]
    counts = +Counter({shown: count for shown, count in counts.items() if shown not in RARELY_YMD})
    opened = [orders for shown, orders in OPEN_ORDERS.items() if shown in counts]
    possible = _ORDERS.intersection(*opened)
    proofs = _ORDERS & counts.keys()
    return _Column(counts, proofs or (possible if len(possible) == 1 else proofs), frozenset(), possible, bool(opened))


def _said_by_others(key: str, columns: Mapping[str, _Column], recipe: Recipe) -> frozenset[Any]:
    """Return the values that speak from the other columns of the same kind: by their cells, by a caller, by memory.

    A column that groups with spaces says nothing of the marks of others. What is remembered of two columns of a file
    may differ.
    """
    said: set[Any] = set()
    own = recipe.decisions[key]
    for other, column in columns.items():
        if other == key or other.partition(".")[0] != key.partition(".")[0] or not column.counts:
            continue
        decision = recipe.decisions[other]
        said |= column.proofs or (column.hints if len(column.hints) == 1 else set())
        is_known = decision.how == "remembered" != own.how and not column.proofs
        said |= {decision.value.removesuffix(SWAPPED)} if decision.is_strict or is_known else set()
    return frozenset(said)


def _mark(decision: Decision, column: _Column, others: frozenset[Any], found: Evidence) -> _Settled:
    value, how, is_open = _prove(decision.value, decision.how, column, others, asks=("default",))
    if not is_open:
        return value, how, ()
    likely = value
    if how == "default" and not column.proofs:  # an amount has three decimals less often than thousands
        likely = "," if any("." in cell.cell for cell in found.rows if cell.shows in AMBIGUOUS) else "."
    marks = sorted((".", ","), key=lambda mark: (-column.counts[mark], mark != likely))
    return value, how, tuple(_read_decimal(mark, found) for mark in marks)


def _order(
    decision: Decision, column: _Column, others: frozenset[Any], found: Evidence, importer: Importer
) -> _Settled:
    value, how = decision.value, decision.how
    if how == "answered":
        return value, how, ()
    if value.endswith(SWAPPED) and how != "given" and found.shows("typed"):
        value, how = value.removesuffix(SWAPPED), "proven"  # a day above 12 was never a month
    order, ending = value.removesuffix(SWAPPED), value[len("dmy") :]
    asks: tuple[How, ...] = ("default", "declared") if column.counts.keys() & _YEAR_OPEN else ("default",)
    if column.counts["dotted"]:
        column = replace(column, hints=_said_by_points(column, how, others))
    order, how, is_open = _prove(order, how, column, others, asks=asks)
    is_doubtful = _is_doubtful(order + ending, how, found)
    if not (is_open or is_doubtful):
        return order + ending, how, ()
    possible = column.possible | column.proofs | ({"ymd"} if found.shows(*RARELY_YMD) else set())
    orders = {*possible} if is_open else {order, *column.proofs}
    likely = sorted(orders, key=lambda each: (-column.counts[each], each != order, each))
    endings = (SWAPPED, "") if is_doubtful else ("",)
    cells = [cell for cell in found.rows if is_doubtful and cell.shows == "swappable"]
    cells += [cell for cell in found.rows if is_open and cell.shows in _OPEN][:EXAMPLES]
    values = [each + end for each in likely for end in (endings if each != "ymd" else ("",))]
    return decision.value, decision.how, tuple(_read_dates(each, cells, found, importer) for each in values)


def _said_by_points(column: _Column, how: How, others: frozenset[Any]) -> frozenset[Any]:
    """Return the orders that a column's dates with points speak for.

    It is day first. Ambiguous dates in another form are not settled by that: beside them, it is a question what speaks
    for both, unless something else says the order of those.
    """
    elsewhere = _YEAR_OPEN | ({"either"} if how in ("default", "proven") else set())
    is_settled = column.proofs or others or column.counts.keys().isdisjoint(elsewhere)
    return frozenset({"dmy"} if is_settled else {"dmy", "mdy"})


def _prove(
    value: Any, how: How, column: _Column, others: frozenset[Any], *, asks: tuple[How, ...]
) -> tuple[Any, How, bool]:
    """Return the value that a decision has by what cells say, how it is made, and whether it is open.

    Parameters
    ----------
    others
        What other columns say.
    asks
        How decisions were made that are a question if nothing speaks for any value.
    """
    if how == "answered" or not column.is_open:
        return value, how, False
    if how == "given":
        return value, how, any(proof != value for proof in column.proofs)
    if column.proofs:
        (proof, *more) = column.proofs | column.hints
        is_proven = not more and proof in column.possible
        return (proof, "proven", False) if is_proven else (value, how, True)
    said = column.hints | (others & column.possible)
    if len(said) != 1:
        return value, how, (bool(said) and how != "remembered") or how in asks
    (hint,) = said
    if how in ("default", "proven"):
        return hint, "proven", False
    return value, how, hint != value


def _is_doubtful(value: str, how: How, found: Evidence) -> bool:
    """Whether the file leaves open that a spreadsheet has swapped its typed dates."""
    if not value.endswith(SWAPPED):
        return is_half_swapped(found)
    if how == "given":
        return found.shows("swappable") and found.shows("typed")
    is_confirmed = is_half_swapped(found) and found.shows(value.removesuffix(SWAPPED))
    return found.shows("swappable") and not is_confirmed


def _read_decimal(mark: Any, found: Evidence) -> Choice:
    def read(cell: Shown) -> str:
        return f"{amount_from_text(cell.cell, mark)[0]:f}"

    either = [cell for cell in found.rows if cell.shows == "either"]
    cells = either or [cell for cell in found.rows if cell.shows in AMBIGUOUS]
    return Choice(mark, "read-decimal", {"mark": mark, **_effect(mark, found, cells, read)})


def _read_dates(value: str, cells: list[Shown], found: Evidence, importer: Importer) -> Choice:
    order: Any = value.removesuffix(SWAPPED)

    def read(cell: Shown) -> str:
        day, _ = date_from_text(cell.cell, order, importer.conventions.vocabulary)
        return (swapped(day) if cell.shows == "swappable" and value != order else day).isoformat()

    effect = "read-dates" if value == order else "swap-dates"
    return Choice(value, effect, {"order": order, **_effect(value, found, cells, read)})


def _effect(value: Any, found: Evidence, cells: list[Shown], read: Any) -> dict[str, Any]:
    """Return what an answer would do: how it reads the first disputed cells, and how many others it rejects."""
    answered = Decision(value, "answered")
    shown = []
    for cell in cells:
        reads = cell.cell
        with suppress(InvalidValue):  # a cell that is too long is shown without its end
            reads = read(cell)
        shown.append({"row": cell.row, "cell": cell.cell, "reads": reads})
    rejected = sum(count for shows, count in found.counts.items() if answered.rejects(shows))
    return {**shown[0], "rejected": rejected, "cells": shown}
