"""Data that no log line may show."""

from __future__ import annotations

import io
import itertools
import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from sluice.observability import _Discreet, logger

ID, SHOWN = "8001015009087", "800101*******"
_NUMBERS = itertools.count()
ACCOUNT, ULID, CHECKSUM = "123456789012", "01KC5RYQ8QJ3X7H2M9T4V6W8ZB", "ab12345678901234567cd"


class Lines:
    """A logger with the formatter of all functions, and its output."""

    def __init__(self, logger: Logger, out: io.StringIO) -> None:
        self.logger, self.out = logger, out

    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.text().splitlines()[-1])
        return line

    def text(self) -> str:
        return self.out.getvalue()


@pytest.fixture
def lines() -> Lines:
    out = io.StringIO()
    made = Logger(
        service=f"test-{next(_NUMBERS)}", stream=out, logger_formatter=_Discreet()
    )  # loggers are cached by name
    return Lines(made, out)


def test_all_functions_log_with_this_formatter() -> None:
    """They share one logger."""
    assert isinstance(logger.registered_formatter, _Discreet)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (ID, SHOWN),
        (f"voters/{ID}", f"voters/{SHOWN}"),
        (f"GET https://upstream.example/voters/{ID}?x=1 503", f"GET https://upstream.example/voters/{SHOWN}?x=1 503"),
        (f"{ID}, {ID}", f"{SHOWN}, {SHOWN}"),
        (f'"{ID}" \\" {ID}', f'"{SHOWN}" \\" {SHOWN}'),
        (f"n°\u00a0{ID}\u00e9{ID}", f"n°\u00a0{SHOWN}\u00e9{SHOWN}"),
        (f"'{ID}'\n{ID}", f"'{SHOWN}'\n{SHOWN}"),
    ],
)
def test_an_id_number_in_a_message_is_masked_except_for_the_day_of_birth(lines: Lines, said: str, shown: str) -> None:
    lines.logger.info(said)
    assert lines.last()["message"] == shown


def test_an_id_number_in_an_extra_key_is_masked(lines: Lines) -> None:
    """It may be at any depth, in a name, and a number."""
    lines.logger.append_keys(voter=ID)
    lines.logger.info({"asked": [ID, {ID: 1}]}, key=ID, number=int(ID), extra={"more": (ID,)})
    assert ID not in lines.text()
    line = lines.last()
    assert line["message"] == {"asked": [SHOWN, {SHOWN: 1}]}
    assert (line["voter"], line["key"], line["number"], line["more"]) == (SHOWN, SHOWN, SHOWN, [SHOWN])


def test_an_id_number_in_a_traceback_is_masked(lines: Lines) -> None:
    """It may be in the error's text, and in that of the error's cause."""
    answers: dict[str, str] = {}
    try:
        try:
            answers[ID]
        except KeyError as cause:
            raise ValueError(f"no answer for {ID}") from cause
    except ValueError:
        lines.logger.exception("it broke at %s", ID)
    assert ID not in lines.text()
    assert lines.last()["exception_name"] == "ValueError"
    assert lines.last()["exception"].count(SHOWN) >= 2


@pytest.mark.parametrize(
    "text",
    [
        ACCOUNT,
        f"arn:aws:sqs:us-east-1:{ACCOUNT}:StandardQueue",
        ULID,
        f"jobs/acme/{ULID}/staged/000001.rows",
        CHECKSUM,
        "12345678901234",
        "2026-01-01T12:00:00.123456+00:00",
        "8001*******",
    ],
)
def test_other_digits_are_not_masked(lines: Lines, text: str) -> None:
    """Account ids have 12 digits; ids of jobs contain letters."""
    lines.logger.info("of %s", text, key=text)
    assert (lines.last()["message"], lines.last()["key"]) == (f"of {text}", text)
