"""Format numbers of stored objects."""

from __future__ import annotations

import pytest

from sluice.model.errors import NewerFormat, format_of
from sluice.wording import word_detail


def test_an_object_without_a_number_has_format_0() -> None:
    assert format_of({}, "A journal", newest=1) == 0


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_known_format_is_returned(number: int) -> None:
    assert format_of({"format": number}, "A journal", newest=2) == number


@pytest.mark.parametrize("number", [3, -1, "1", 1.0, None, True])
def test_an_unknown_format_is_an_error_that_names_the_object(number: object) -> None:
    with pytest.raises(NewerFormat) as error:
        format_of({"format": number}, "A journal", newest=2)
    assert error.value.problem.type == "newer-format"
    assert word_detail(error.value.problem).startswith(f"A journal has format {number}")
