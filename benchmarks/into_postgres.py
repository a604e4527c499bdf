"""Workbooks through the whole stack into PostgreSQL, which has a rule of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from psycopg import sql

from benchmarks.end_to_end import everything, imported
from benchmarks.workbook import product
from local import postgres
from local.stack import Stack

_RULE = "house_rule"


def refuse_one(stack: Stack, rows: int) -> int:
    """Let the database refuse one product in the middle of the workbook, by a constraint; answers its row number.

    The table must be there: some products were imported before.
    """
    row = rows // 2
    key = str(product(row - 2)[0])
    with postgres.start(Path(stack.folder)).connect() as connection:
        rule = sql.SQL("ALTER TABLE products ADD CONSTRAINT {} CHECK (part_number <> {})")
        connection.execute(rule.format(sql.Identifier(_RULE), sql.Literal(key)))
    return row


def imported_but_one(
    stack: Stack, path: Path, refused: int, say: Callable[[str], object]
) -> tuple[float, dict[str, Any]]:
    """Import a workbook of which the database refuses a row.

    Returns
    -------
    tuple
        Seconds from the announcement to the end, and the job.

    Raises
    ------
    SystemExit
        If the database's rule cost any other row, or was not told in words.
    """
    seconds, job = imported(stack, path, say)
    found = [each for each in everything(stack, f"/jobs/{job['id']}/refusals") if _RULE in each["reason"]]
    if [each["row"] for each in found] != [refused]:
        raise SystemExit(f"The database's rule should have cost row {refused} alone: {found}")
    say(f"The database itself refused row {refused}: {found[0]['column']} {found[0]['value']} {found[0]['reason']}")
    return seconds, job
