"""The API's contract: pydantic models of requests and responses, events and problem details."""

from __future__ import annotations
