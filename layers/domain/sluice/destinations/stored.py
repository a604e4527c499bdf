"""Stored results: what applying and undoing a chunk did, as JSON.

PostgreSQL keeps them in the ledger, the records table beside its journals. The names in them are a contract between
versions of Sluice, whatever the fields of the dataclasses are called::

    applied    {"format": 2, "inserted": 1, "updated": 1, "unchanged": 1, "deleted": 0, "kept_blank": 0,
                "rejections": [rejection, ...]}
    undone     {"format": 2, "reversed": 1, "conflicts": [kept row, ...], "failed": [kept row, ...]}
    rejection  {"sheet": "", "row": 4, "column": "Price", "value": "5000", "code": "...", "params": {...}}
    kept row   {"key": "K-9", "job": "01...", "code": "...", "params": {...}, "columns": ["price", ...]}

Format 1 has no ``deleted``, ``kept_blank`` and ``columns``. Format 0 has no number. It has ``refusals`` in place of
``rejections``, ``kept`` in place of ``conflicts``, and ``job_id`` in place of ``job``. Either may have a sentence,
``reason``, in place of ``code`` and ``params``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.model.errors import format_of
from sluice.model.rejection import Rejection, code_of, to_rejection
from sluice.schema.staging import Applied, KeptRow, Undone

_FORMAT = 2


def dump_applied(applied: Applied) -> dict[str, Any]:
    """Write the result of applying a chunk."""
    return {
        "format": _FORMAT,
        "inserted": applied.inserted,
        "updated": applied.updated,
        "unchanged": applied.unchanged,
        "deleted": applied.deleted,
        "kept_blank": applied.kept_blank,
        "rejections": [dump_rejection(rejection) for rejection in applied.rejections],
    }


def load_applied(stored: Mapping[str, Any]) -> Applied:
    """Read the result of applying a chunk; raises `NewerFormat`."""
    number = format_of(stored, "The result of a load", newest=_FORMAT)
    rejections = stored["rejections" if number else "refusals"]
    return Applied(
        stored["inserted"],
        stored["updated"],
        stored["unchanged"],
        [to_rejection(each) for each in rejections],
        stored.get("deleted", 0),
        stored.get("kept_blank", 0),
    )


def dump_undone(undone: Undone) -> dict[str, Any]:
    """Write the result of undoing a chunk."""
    return {
        "format": _FORMAT,
        "reversed": undone.reversed,
        "conflicts": [_dump_kept_row(row) for row in undone.kept],
        "failed": [_dump_kept_row(row) for row in undone.failed],
    }


def load_undone(stored: Mapping[str, Any]) -> Undone:
    """Read the result of undoing a chunk; raises `NewerFormat`."""
    number = format_of(stored, "The result of a rollback", newest=_FORMAT)
    conflicts, job = ("conflicts", "job") if number else ("kept", "job_id")
    return Undone(
        stored["reversed"],
        [_load_kept_row(each, job) for each in stored[conflicts]],
        [_load_kept_row(each, job) for each in stored["failed"]],
    )


def dump_rejection(rejection: Rejection) -> dict[str, Any]:
    """Write a rejection; `to_rejection` reads it."""
    return {
        "sheet": rejection.sheet,
        "row": rejection.row,
        "column": rejection.column,
        "value": rejection.value,
        "code": rejection.code,
        "params": dict(rejection.params),
    }


def _dump_kept_row(row: KeptRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "job": row.job_id,
        "code": row.code,
        "params": dict(row.params),
        "columns": list(row.columns),
    }


def _load_kept_row(stored: Mapping[str, Any], job: str) -> KeptRow:
    return KeptRow(stored["key"], stored[job], *code_of(stored), columns=tuple(stored.get("columns", ())))
