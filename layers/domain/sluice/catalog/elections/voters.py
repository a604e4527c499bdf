"""Voters: each is looked up at the electoral commission, and the results become a workbook."""

from __future__ import annotations

from sluice import Importer, Parameter, Row, column
from sluice.catalog.conventions import INTERNATIONAL
from sluice.catalog.elections.id_number import IdNumber
from sluice.catalog.people_titles import FIRST_NAMES, MOBILES, PERSON_NUMBERS, SURNAMES, WARDS

# Eight digits after the word "ward", wherever they are; else the first eight that stand by themselves and are not a
# date. Many names have a date too, so 20260315 and 15032026 are passed over.
_DAY = "(?:0[1-9]|[12][0-9]|3[01])"
_MONTH = "(?:0[1-9]|1[0-2])"
_YEAR = "(?:19|20)[0-9]{2}"
_FROM_NAME = (
    "^(?:.*[Ww][Aa][Rr][Dd][^0-9]{0,3}"
    f"|.*?(?<![0-9])(?!(?:{_YEAR}{_MONTH}{_DAY}|{_DAY}{_MONTH}{_YEAR})(?![0-9])))"
    "([0-9]{8})(?![0-9])"
)


class Voter(Row):
    """A person who may be registered as a voter, with an ID number."""

    # The only required column: a row can be looked up without the others.
    id_number: IdNumber = column(
        "ID Number",
        "ID No",
        "Identity Number",
        "Identity No",
        "SA ID",
        "RSA ID Number",
        synonyms=PERSON_NUMBERS,
        key=True,
        max_length=100,
        description="South African ID number. One that is wrong is not rejected; the result says so.",
        examples=["8001015009087"],
    )
    first_names: str | None = column(
        "First Names",
        "First Name",
        "Names",
        "Forenames",
        synonyms=FIRST_NAMES,
        default=None,
        max_length=200,
        description="First names of the voter.",
        examples=["Thandiwe Grace"],
    )
    surname: str | None = column(
        "Surname",
        "Last Name",
        "Family Name",
        synonyms=SURNAMES,
        default=None,
        max_length=200,
        description="Surname of the voter.",
        examples=["Mokoena"],
    )
    cell: str | None = column(
        "Cell",
        "Cell Number",
        "Cell No",
        "Cellphone",
        "Cellphone Number",
        "Mobile",
        synonyms=MOBILES,
        default=None,
        max_length=100,
        description="Telephone number of the voter.",
        examples=["082 123 4567"],
    )
    ward: str | None = column(
        "Ward",
        "Ward Number",
        "Ward No",
        "Ward ID",
        synonyms=WARDS,
        default=None,
        max_length=100,
        description="Ward that the voter gave; the commission's own is in the result.",
        examples=["79800001"],
    )


voters = Importer(
    "voters",
    row=Voter,
    dataset="voters",
    title="Voters",
    conventions=INTERNATIONAL,
    # At 37 lookups a second, which are used of the commission's 50, three workers need 15 s for a chunk each; a worker
    # has 49 s. Smaller chunks would show more progress, and be more invocations.
    chunk_rows=180,
    max_rows=100_000,  # three quarters of an hour of lookups
    max_bytes=50 * 1024**2,
    lookup="commission",
    parameters=(
        Parameter(
            name="ward",
            title="Ward",
            pattern="[0-9]{8}",
            example="79800001",
            from_name=_FROM_NAME,
        ),
    ),
    file_types=(".xlsx", ".xls"),
    one_at_a_time=True,
)
