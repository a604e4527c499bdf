"""A fault, as `tests.planted.faults` declares it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A fault to plant.

    Parameters
    ----------
    name
        Names it on the command line.
    breaks
        What goes wrong with it, in one sentence.
    file
        Where it is planted, from the root of the checkout.
    old, new
        The text that is replaced, which occurs exactly once, and what stands in its place.
    tests
        Test files, each of which has a test that fails with the fault.
    """

    name: str
    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
