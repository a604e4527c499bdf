"""The electoral commission: whether an ID number is registered as a voter, and in which ward."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sluice import Category, Lookup, LookupResult
from sluice.catalog.elections.id_number import why_not_an_id_number

_STATUSES = frozenset({"registered", "not-registered", "deceased"})
_WARD = re.compile(r"[0-9]{8}")


def _read(body: Any) -> LookupResult:
    """Read ``{"id_number": "…", "status": "registered" | "not-registered" | "deceased", "ward": "79800001" | null}``.

    Raises
    ------
    ValueError
        If it is something else; the message shows nothing of it.
    """
    if not isinstance(body, dict):
        raise ValueError("JSON that is not an object")
    status, ward = body.get("status"), body.get("ward")
    if not (isinstance(status, str) and status in _STATUSES):
        raise ValueError("an object without a known 'status'")
    if status != "registered":
        return LookupResult(status, None)
    if not (isinstance(ward, str) and _WARD.fullmatch(ward)):
        raise ValueError("an object without the eight digits of a 'ward'")
    return LookupResult(status, ward)


def _category_of(found: LookupResult, parameters: Mapping[str, str]) -> str:
    if found.status != "registered":
        return found.status
    return "registered-here" if found.value == parameters.get("ward") else "registered-elsewhere"


commission = Lookup(
    "commission",
    title="The electoral commission",
    upstream="commission",
    path="voters/{key}",
    read=_read,
    categories=(
        Category("registered-here", "Registered in this ward"),
        Category("registered-elsewhere", "Registered in another ward"),
        Category("not-registered", "Not registered"),
        Category("deceased", "Deceased"),
        Category("invalid-id", "Invalid ID number"),
        Category("lookup-failed", "Lookup failed"),
    ),
    rejects=why_not_an_id_number,
    category_of=_category_of,
    value_title="Ward found",
    invalid="invalid-id",
    failed="lookup-failed",
    echo="id_number",
)
