"""The declaration of a lookup, and what comes of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Category:
    """A kind of row in a result: what programs call it, and people."""

    slug: str
    title: str


@dataclass(frozen=True)
class LookupResult:
    """What an upstream says of one key.

    Parameters
    ----------
    status
        In the upstream's own words, such as ``registered``.
    value
        What else is shown of it in the result, such as the number of a ward; ``None`` if there is nothing.
    """

    status: str
    value: str | None


@dataclass(frozen=True)
class LookupBatch:
    """What became of keys that were not answered.

    Parameters
    ----------
    failed
        Keys whose tries all came to nothing; not shown.
    down
        Whether the upstream is away. Then the keys that are neither here nor answered were not asked for to the end.
    silent
        Whether no request had a sensible answer.
    """

    failed: list[str] = field(repr=False)
    down: bool
    silent: bool


#: Takes a key and its answer as soon as that is there.
OnResult = Callable[[str, LookupResult], None]


@dataclass(frozen=True)
class Lookup:
    """A question that an upstream answers for one key at a time, and what the answers mean.

    Parameters
    ----------
    name
        What importers call it.
    title
        For people: who is asked.
    upstream
        Whose address and credentials it is asked with.
    path
        Of a key, below the upstream's address; ``{key}`` stands for the key.
    read
        Makes a `LookupResult` of a response's JSON. It raises `ValueError` when the form is not the expected one, with
        words such as "a JSON list" that show nothing of its content.
    categories
        All that a row can be, in the order of the result.
    rejects
        Says why a key is not asked for at all; ``None`` if nothing is wrong with it.
    category_of
        The slug of an answer's category, from the answer and the job's parameters.
    value_title
        Header of the result's column with `LookupResult.value`.
    invalid, failed
        Slugs of the categories for keys that are not asked for, and for those that nobody answered.
    echo
        Field of an answer that repeats the key, if there is one: an answer about another key is none.
    rate
        Requests a second that the upstream allows, of all workers together; three quarters are used, see
        `upstream.turns.spacing`.
    at_once
        Requests of one worker that are under way at most.
    keep_hours
        How long an answer is good for.
    """

    name: str
    title: str
    upstream: str
    path: str
    read: Callable[[Any], LookupResult]
    categories: tuple[Category, ...]
    rejects: Callable[[str], str | None]
    category_of: Callable[[LookupResult, Mapping[str, str]], str]
    value_title: str
    invalid: str
    failed: str
    echo: str | None = None
    rate: float = 50.0
    at_once: int = 10
    keep_hours: int = 168

    def __post_init__(self) -> None:
        """Find mistakes of the declaration at import.

        Raises
        ------
        ValueError
            If the path has no place for the key, or a category is missing or there twice.
        """
        slugs = [category.slug for category in self.categories]
        if "{key}" not in self.path:
            raise ValueError(f"the path of {self.name!r} has no {{key}}")
        if len(set(slugs)) < len(slugs) or not {self.invalid, self.failed} <= set(slugs):
            raise ValueError(f"the categories of {self.name!r} are not what it names")
