"""Which files are asked about for what they have beside digits, and which encoding is the first choice."""

from __future__ import annotations

import pytest

from tests.unit.reading.driving import questions_of


def asked_about(values: list[str], encoding: str, title: str = "price") -> list[str]:
    """Return the choices of the question about a file with these values, the likeliest first; none if none is asked."""
    body = "\r\n".join([f"id;name;{title}", *(f"A-{at};plain;{value}" for at, value in enumerate(values))])
    return [choice.value for question in questions_of(body.encode(encoding)) for choice in question.choices]


@pytest.mark.parametrize("rows", [1, 3, 300])
@pytest.mark.parametrize(
    "value",
    [
        "1{:02},50 €",
        "1{:02},50€",
        "€ 1{:02}.50",
        "£1{:02}.50",
        "£{:02}.50",
        "£ 1,2{:02}.50",
        "12\xa03{:02},50",
        "12\xa03{:02},50\xa0€",
        "12’3{:02}.50",
        "Küchenplatte 60 × 1{:02} cm",
        "M8×1{:02}, ½ Zoll",
        "Größe 6 × 4 × {:02}",
        "4Ø12 {:02}",
        "remblokken vóór {:02}",
    ],
)
def test_signs_beside_digits_are_read_without_a_question(value: str, rows: int) -> None:
    """In other encodings they are letters, and no amount has one."""
    assert asked_about([value.format(at % 100) for at in range(rows)], "cp1252") == []


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        ("Ł12", "cp1250"),  # £ in Windows-1252, as in the next two
        ("Ł 5", "cp1250"),
        ("ú", "cp850"),
        ("Ä 5", "mac_roman"),  # €
        ("5 ó 6", "mac_roman"),  # a dash
        ("12á34", "cp850"),  # a blank
        ("24 Ч", "cp1251"),  # ×, as in the others
        ("Ч", "cp1251"),
        ("60 Χ 40", "cp1253"),
        ("5 в 1", "koi8-r"),
        ("12,50 €", "mac_roman"),  # a letter in Windows-1252, as in the others
        ("12 345,50".replace(" ", "\xa0"), "cp850"),
        ("12 345,50".replace(" ", "\xa0"), "mac_roman"),
        ("£12.50", "cp850"),
        ("12.50 р", "cp1251"),
    ],
)
@pytest.mark.parametrize("rows", [1, 3])
def test_letters_of_other_encodings_that_would_be_signs_are_asked_about(value: str, encoding: str, rows: int) -> None:
    assert len(asked_about([value] * rows, encoding)) > 1


@pytest.mark.parametrize(
    ("values", "encoding", "first"),
    [
        (["12 €", "15 €"], "cp1252", "windows-1252"),
        (["£12", "£15"], "cp1252", "windows-1252"),
        (["60 cm × 40 cm"], "cp1252", "windows-1252"),
        (["60 × 40", "M8×50"], "cp1252", "windows-1252"),
        (["Kühler", "Größe", "Köln", "Genève"], "cp1252", "windows-1252"),
        (["Фильтр масляный", *(f"{at}\xa0250,50" for at in range(10, 99))], "cp1251", "windows-1251"),
        (["מסנן שמן", "תל אביב", "12,50 €"], "cp1255", "windows-1255"),
        (["오일 필터", "브레이크 패드 앞", "전구"], "cp949", "cp949"),
        (["주식회사 한국상사", "서울특별시"], "cp949", "cp949"),
        (["ผ้าเบรกหน้า", "หลอดไฟ “พิเศษ” – 5"], "cp874", "cp874"),
        (["宏碁股份有限公司", "台灣汽車零件"], "cp950", "cp950"),
        (["똠방각하", "한국상사"], "cp949", "cp949"),
        (["㈱鈴木商店", "有限会社髙橋自動車"], "cp932", "cp932"),
        (["erdő", "fűtő"], "cp1250", "windows-1250"),
        (["Łożysko", "koła 12,50 zł"], "cp1250", "windows-1250"),
    ],
)
def test_the_encoding_of_the_text_is_the_first_choice(values: list[str], encoding: str, first: str) -> None:
    assert asked_about(values, encoding)[0] == first


@pytest.mark.parametrize("value", ["×", "5 ¢", "20 ‰", "Ç 5", "a·b", "12Ä34", "§", "ÿ"])
def test_windows_1252_is_always_a_choice(value: str) -> None:
    """Where it is asked about at all."""
    assert "windows-1252" in (asked_about([value], "cp1252") or ["windows-1252"])


def test_the_question_shows_the_first_row_that_the_likeliest_two_read_differently() -> None:
    """Not the first with a letter beyond ASCII; and from where it is in sight."""
    rows = [f"{at};Köln;Kühler Größe" for at in range(300)]
    far = f"D900;Kühn;{'plain ' * 40}Genève"
    (question,) = questions_of("\n".join(["id;name;city", *rows, far]).encode("cp1252"))
    (first, second) = question.choices[:2]
    assert (first.params["row"], second.params["row"]) == (302, 302)
    assert first.params["text"].endswith("plain Genève")
    assert second.params["text"].endswith("plain Genčve")
