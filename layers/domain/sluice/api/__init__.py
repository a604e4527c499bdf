"""What callers send and get, as pydantic models: the API's contract."""

from __future__ import annotations
