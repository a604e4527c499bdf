"""AWS in this process, as the tests of the other stores have it."""

from __future__ import annotations

from tests.integration.stores.conftest import aws

__all__ = ["aws"]
