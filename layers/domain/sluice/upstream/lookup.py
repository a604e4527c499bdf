"""The declaration of a lookup, and its results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.model.rejection import STORED_TEXT


@dataclass(frozen=True)
class Category:
    """A kind of row in a result: its name in programs and its title for people."""

    slug: str
    title: str


@dataclass(frozen=True)
class LookupResult:
    """What an upstream says of one key; this much is cached.

    Parameters
    ----------
    status
        In the upstream's own words, such as ``registered``.
    value
        One value more to show in the result, such as the number of a ward; ``None`` if there is none.
    """

    status: str
    value: str | None


@dataclass(frozen=True)
class LookupBatch:
    """The keys of one call that have no result.

    Parameters
    ----------
    failed
        Keys whose tries all failed; left out of ``repr``, because a key may be personal data.
    down
        Whether the upstream is down. Then keys that are neither failed nor have a result were not tried to the end.
    silent
        Whether no request had a sign of life: a result, or a response that rejects just that key.
    """

    failed: list[str] = field(repr=False)
    down: bool
    silent: bool


@dataclass(frozen=True)
class Finding:
    """The category of a row after a lookup; ``code`` and ``params`` give a reason where the category alone does not."""

    row: int
    category: str
    value: str | None = None
    code: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


def to_finding(stored: dict[str, Any]) -> Finding:
    """Read a finding that was stored as JSON with the names of its fields; in format 0 its reason is a sentence."""
    if "reason" in stored:
        text = stored.pop("reason")
        stored |= {"code": STORED_TEXT, "params": {"text": text}} if text else {}
    return Finding(**stored)


#: Takes a key and its result as soon as the result is there.
OnResult = Callable[[str, LookupResult], None]


@dataclass(frozen=True)
class Lookup:
    """A question that an upstream answers for one key at a time, and what the results mean.

    Parameters
    ----------
    name
        The name that importers give it.
    title
        Name of the upstream, for people.
    upstream
        Name of the upstream in the deployment's secret: its address, credentials and rate.
    path
        Path of a key, relative to the upstream's address; ``{key}`` stands for the key.
    read
        Makes a `LookupResult` of a response's JSON; raises `ValueError` if the JSON has another form, with words such
        as "a JSON list" that show nothing of its content.
    categories
        All categories of rows, in the order of the result.
    rejects
        Returns why a key is not looked up at all; ``None`` if it is a valid key.
    category_of
        Returns the slug of a result's category, from the result and the job's parameters.
    value_title
        Header of the result's column with `LookupResult.value`.
    invalid, failed
        Slugs of the categories of keys that are not looked up, and of keys without a result.
    echo
        Field of a response that repeats the key, if it has one: a response about another key is a failure.
    rate
        Requests a second that the upstream allows, of all workers together; three quarters of them are used, see
        `sluice.upstream.rate_limiter.spacing`.
    at_once
        Requests of one worker that are under way at most. Two workers then use the default rate up while responses take
        a second or less.
    keep_hours
        Hours for which a result is cached.

    Raises
    ------
    ValueError
        If the path has no place for the key, or a category is missing or declared twice.
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
    at_once: int = 20
    keep_hours: int = 168

    def __post_init__(self) -> None:
        slugs = [category.slug for category in self.categories]
        if "{key}" not in self.path:
            raise ValueError(f"the path of {self.name!r} has no {{key}}; put it where the key belongs")
        if len(set(slugs)) < len(slugs) or not {self.invalid, self.failed} <= set(slugs):
            raise ValueError(
                f"declare the categories of {self.name!r} once each, {self.invalid!r} and {self.failed!r} included"
            )
