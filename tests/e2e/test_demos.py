"""The demos, at a small size and on the stack of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from local.demos import products, sync, voters
from local.stack import Stack


@pytest.fixture
def upstreams(stack: Stack, loopback: None) -> Iterator[None]:
    """Take the faults that a demo sets from the stack's fake upstreams again."""
    yield
    for url in (stack.upstream_url, stack.commission_url):
        httpx.post(f"{url}/_reset").raise_for_status()


@pytest.mark.usefixtures("upstreams")
@pytest.mark.parametrize(
    ("demo", "rows", "shown"),
    [
        (products.demo, 2_000, "2,000 rows in"),
        (sync.demo, 1_000, "40 rows have left the register"),
        (voters.demo, 100, "Looking up the 100 voters"),
    ],
    ids=["products", "sync", "voters"],
)
def test_a_demo_shows_what_it_promises(
    demo: Callable[[Stack, int], int], rows: int, shown: str, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each checks its own outcome, and prints how it deviates."""
    code = demo(stack, rows)
    printed = capsys.readouterr()
    assert code == 0, printed.err
    assert shown in printed.out
    assert stack.console_url in printed.out
