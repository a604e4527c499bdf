"""The decisions that the cells of a column can prove: its decimal mark, and the order of day and month of its dates.

A cell that can be read in one way only is read so. These decisions are about the others, so they matter only where a
column has ambiguous cells:

- A caller's answer is final. What a caller gave holds, unless cells prove another value: then it is a question.
- Anything else gives way to what all proving cells of the column show; if they contradict each other, to a question.
- Without a proof, a mark stays as it is; an order that neither the importer nor an earlier file decided is a question.

Whether a spreadsheet has half swapped a column (`sluice.schema.dates.is_half_swapped`) is never proven, only shown not
to be: it is a question until a caller answers it, or the next file of a remembered recipe shows it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from sluice.model.recipe import AMBIGUOUS, Choice, Decision, Evidence, How, Question, Recipe, Shown
from sluice.schema.cell_types import DATE_ORDER, DECIMAL, SWAPPED
from sluice.schema.cells import InvalidValue
from sluice.schema.dates import date_from_text, is_half_swapped, swapped
from sluice.schema.importer import Importer
from sluice.schema.numbers import amount_from_text

_DECIMAL: Final = "decimal"
_DATE_ORDER: Final = "date_order"
_Settled = tuple[Any, How, tuple[Choice, ...]]
"""A value, how it was decided, and the choices of the question that it is; none if it is no question."""


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
    unmade = {key: Decision(*initial[key]) for key in evidence.keys() - recipe.decisions.keys()}
    recipe = Recipe(recipe.version, {**recipe.decisions, **unmade})  # the rows of a source have no plan to make them
    made: dict[str, tuple[Any, How]] = {}
    questions = []
    for key, decision in recipe.decisions.items():
        kind, _, name = key.partition(".")
        if kind not in (_DECIMAL, _DATE_ORDER):
            continue
        found = evidence.get(key, Evidence())
        value, how, choices = _mark(decision, found) if kind == _DECIMAL else _order(decision, found, importer)
        made[key] = value, how
        if choices:
            questions.append(Question(key, kind, choices, found, {"column": titles.get(name, name)}))
    return recipe.with_decisions(made, evidence), questions


def _mark(decision: Decision, found: Evidence) -> _Settled:
    proofs = [mark for mark in (".", ",") if found.shows(mark)]
    value, how, is_open = _prove(decision.value, decision.how, proofs, found, asks=False)
    if not is_open:
        return value, how, ()
    marks = sorted((".", ","), key=lambda mark: (-found.counts.get(mark, 0), mark != value))
    return value, how, tuple(_read_decimal(mark, found) for mark in marks)


def _order(decision: Decision, found: Evidence, importer: Importer) -> _Settled:
    value, how = decision.value, decision.how
    if how == "answered":
        return value, how, ()
    if value.endswith(SWAPPED) and how != "given" and found.shows("typed"):
        value, how = value.removesuffix(SWAPPED), "proven"  # a day above 12 was never a month
    proofs = [order for order in ("dmy", "mdy") if found.shows(order)]
    order, ending = value.removesuffix(SWAPPED), value[len("dmy") :]
    order, how, is_open = _prove(order, how, proofs, found, asks=True)
    is_doubtful = _is_doubtful(order + ending, how, found)
    if not (is_open or is_doubtful):
        return order + ending, how, ()
    orders = {"dmy", "mdy"} if is_open else {order, *proofs}
    likely = sorted(orders, key=lambda each: (-found.counts.get(each, 0), each != order))
    endings = (SWAPPED, "") if is_doubtful else ("",)
    disputed = [*(["swappable"] if is_doubtful else []), *(["either"] if is_open else [])]
    values = [each + end for each in likely for end in endings]
    return decision.value, decision.how, tuple(_read_dates(each, disputed, found, importer) for each in values)


def _prove(value: Any, how: How, proofs: list[str], found: Evidence, *, asks: bool) -> tuple[Any, How, bool]:
    """Return the value that a decision has by what cells prove, how it is made, and whether it is open.

    Parameters
    ----------
    asks
        Whether ambiguous cells without any proof are a question.
    """
    if how == "answered" or not found.shows("either"):
        return value, how, False
    if how == "given":
        return value, how, any(proof != value for proof in proofs)
    if len(proofs) == 1:
        return proofs[0], "proven", False
    return value, how, bool(proofs) or (asks and how == "default")


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

    cells = [cell for cell in found.rows if cell.shows in AMBIGUOUS]
    return Choice(mark, "read-decimal", {"mark": mark, **_effect(mark, found, cells, read)})


def _read_dates(value: str, disputed: Iterable[str], found: Evidence, importer: Importer) -> Choice:
    order: Any = value.removesuffix(SWAPPED)

    def read(cell: Shown) -> str:
        day, _ = date_from_text(cell.cell, order, importer.conventions.vocabulary)
        return (swapped(day) if cell.shows == "swappable" and value != order else day).isoformat()

    cells = [cell for shows in disputed for cell in found.rows if cell.shows == shows]
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
