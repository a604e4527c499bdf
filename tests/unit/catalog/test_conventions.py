"""The conventions of the catalogue: which words their importers read beside the English ones."""

from __future__ import annotations

from datetime import date
from typing import Any
from unicodedata import combining, normalize

import pytest
from pydantic import TypeAdapter, ValidationError

from sluice import Conventions, Date, Flag, Money
from sluice.catalog.civil_service.proposal import REGISTER_CONVENTIONS
from sluice.catalog.conventions import INDONESIAN, INTERNATIONAL
from sluice.schema.cell_types import Context

ALL = [INTERNATIONAL, INDONESIAN, REGISTER_CONVENTIONS]


def read(kind: Any, cell: str, conventions: Conventions) -> Any:
    """Read a cell."""
    return TypeAdapter(kind).validate_python(cell, context=Context(conventions))


@pytest.mark.parametrize("conventions", ALL)
@pytest.mark.parametrize(
    ("name", "month"),
    [
        *[("Januari", 1), ("Februari", 2), ("Peb", 2), ("Maret", 3), ("April", 4), ("Mei", 5), ("Juni", 6)],
        *[("Juli", 7), ("Agustus", 8), ("Ags", 8), ("Agt", 8), ("September", 9), ("Okt", 10), ("Nopember", 11)],
        *[("Desember", 12), ("May", 5), ("Aug", 8), ("October", 10), ("dec", 12)],
    ],
)
def test_months_have_english_and_indonesian_names(conventions: Conventions, name: str, month: int) -> None:
    assert read(Date, f"17 {name} 2025", conventions) == date(2025, month, 17)


@pytest.mark.parametrize("conventions", ALL)
@pytest.mark.parametrize(
    "cell",
    [
        *("mardi 4 mars 2025", "mar. 4 mars 2025", "martes, 4 de marzo de 2025", "martedì 4 marzo 2025", "4-mar.-25"),
        *("terça-feira, 4 de março de 2025", "4/mar/25", "dinsdag 4 maart 2025", "wtorek, 4 marca 2025", "4 mrt 2025"),
        *("4 Mart 2025 Salı", "4 MART 2025", "вторник, 4 марта 2025 г.", "4 мар. 2025", "2025. március 4., kedd"),
        *("tisdag den 4 mars 2025", "tirsdag den 4. marts 2025", "tiistai 4. maaliskuuta 2025", "úterý 4. března 2025"),
        *(
            "2025年3月4日火曜日",
            "2025/03/04(火)",
            "2025年3月4日 星期二",
            "2025년 3월 4일 화요일",
            "Selasa, 4 Maret 2025",
        ),
        *("Dienstag, 4. März 2025", "Di, 04.03.2025", "Di. 4.3.25", "Tue, 04 Mar 2025", "Tuesday, March 4, 2025"),
    ],
)
def test_dates_may_have_the_words_of_the_languages_of_the_titles(conventions: Conventions, cell: str) -> None:
    """These are the long and short dates of spreadsheets in their languages."""
    assert read(Date, cell, conventions) == date(2025, 3, 4)


#: Months of a language whose words we do not read, with their genitives and abbreviations (Unicode CLDR).
CROATIAN = (
    "siječanj siječnja sij|veljača veljače velj|ožujak ožujka ožu|travanj travnja tra|svibanj svibnja svi|"
    "lipanj lipnja lip|srpanj srpnja srp|kolovoz kolovoza kol|rujan rujna ruj|listopad listopada lis|"
    "studeni studenoga stu|prosinac prosinca pro"
)


def test_no_month_is_another_one_in_croatian() -> None:
    """Most others share their words with one of ours; a vocabulary never has a word with two meanings itself."""
    words = INTERNATIONAL.vocabulary
    theirs = {name: at for at, names in enumerate(CROATIAN.split("|"), start=1) for name in names.split()}
    assert {name: words.month(name) for name in theirs if words.month(name)} == {"pro": theirs["pro"]}
    for cell in ("4 listopada 2025", "4. listopadu 2025", "4 lip 25", "2025 SRP 4"):
        with pytest.raises(ValueError, match="unclear-month"):
            read(Date, cell, INTERNATIONAL)


@pytest.mark.parametrize(
    "year",
    [
        "ene feb mar abr may jun jul ago sep oct nov dic",
        "janv févr mars avr mai juin juil août sept oct nov déc",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "oca şub mar nis may haz tem ağu eyl eki kas ara",
        "янв фев мар апр май июн июл авг сен окт ноя дек",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października ? grudnia",
        "ledna února března dubna května června července srpna září října ? prosince",
        "január február március április május június július augusztus szeptember október november december",
        "januari februari mars april maj juni juli augusti september oktober november december",
        "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
    ],
)
def test_no_month_of_a_language_is_read_while_another_fails(year: str) -> None:
    """But for November in Polish and Czech, which is unclear. Names may lack accents, and be in capitals."""
    for at, name in enumerate(year.split(), start=1):
        plain = "".join(each for each in normalize("NFKD", name.replace("ı", "i")) if not combining(each))
        for word in {name, name.upper(), plain} - {"?"}:
            assert read(Date, f"28-{word}-25", INTERNATIONAL) == date(2025, at, 28)


@pytest.mark.parametrize("conventions", ALL)
@pytest.mark.parametrize(
    ("word", "value"),
    [
        *[("ya", True), ("Aktif", True), ("benar", True), ("yes", True)],
        *[
            ("TIDAK", False),
            ("nonaktif", False),
            ("Non Aktif", False),
            ("Tidak Aktif", False),
            ("salah", False),
            ("no", False),
        ],
    ],
)
def test_yes_and_no_may_be_english_or_indonesian(conventions: Conventions, word: str, value: bool) -> None:
    assert read(Flag, word, conventions) is value


@pytest.mark.parametrize(("conventions", "cell"), [(INTERNATIONAL, "Rp 1,250.50"), (INDONESIAN, "Rp 1.250,50")])
def test_the_decimal_mark_follows_the_conventions(conventions: Conventions, cell: str) -> None:
    assert str(read(Money, cell, conventions)) == "1250.5"


@pytest.mark.parametrize("word", ["tak", "jo", "ja", "VRAI", "wahr", "on", "✓", "n/a", "-", "none", "×", "2", "ya?"])
def test_yes_and_no_in_other_languages_are_rejected(word: str) -> None:
    """Polish yes is Malay no, and Swedish yes Albanian no: an importer of one country adds its own words."""
    with pytest.raises(ValidationError):
        read(Flag, word, INTERNATIONAL)
