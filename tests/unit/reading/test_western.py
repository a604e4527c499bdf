"""Words in Windows-1252 read as text, words in other encodings as none, or as one that may be meant as well."""

from __future__ import annotations

import pytest

from sluice.reading.western import is_western, rivals_of, share_read


def words_of(text: str, encoding: str) -> list[bytes]:
    """Return the words beyond ASCII as they stand in a file."""
    return sorted({word for word in text.encode(encoding).split() if not word.isascii()})


def is_certain(text: str, encoding: str) -> bool:
    """Whether words are taken for Windows-1252 without a question."""
    words = words_of(text, encoding)
    return is_western(words) and not rivals_of(words)


@pytest.mark.parametrize(
    "text",
    [
        "Ölfilter für Kühler Müller Straße 5 € „Größe“ Böden – Räder 20° m² ½",
        "Straße",
        "größe prix €",
        "Crème brûlée à la carte Câble café Citroën L’été où déjà voilà œuvre Noël garçon n° 5 « bon » première",
        "café",
        "España año niño máquina camión teléfono página ¿Qué? nº 5 1ª Málaga",
        "Málaga",
        "lámpara máquina plástico",
        "São João coração pães ações três avô irmã",
        "perché città più è però così lunedì qualità",
        "coördinatie café ruïne één financiële",
        "Smørrebrød på gården Ærø Øresund kød blå",
        "Räksmörgås på Åland blåbär",
        "Hyvää päivää työpöytä",
        "Þórður maður hús á veginum góðan",
        "pàgina col·lecció què això Barça",
        "don’t café – “quote” 5£ naïve résumé…",
        "MÜLLER GRÖßE CAFÉ ESPAÑA",
        "Müller Citroën España Smørrebrød Škoda",
        "n.º 3 Cª 1ª nº 5",
        "Ø 12 ½ 20 °C ±5",
        "«¿Qué?» ½” 5’’ (été…) l’eau”… Noël™",
        "København Køge håndtag Århus",
        "Forlì caffè qualità",
        "Škoda",
    ],
)
def test_western_languages_are_read_without_a_question(text: str) -> None:
    assert is_certain(text, "cp1252")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Žárovka světlomet řízení Škoda", "cp1250"),
        ("řeka", "cp1250"),
        ("Łożysko koła Gęś", "cp1250"),
        ("erdő", "cp1250"),
        ("erdő fűtő", "cp1250"),
        ("încălzire mașină", "iso-8859-16"),
        ("Kočnica čavao", "cp1250"),
        ("Rīga Jēkabpils Liepāja šķūnis", "cp1257"),
        ("Rīga", "cp1257"),
        ("Šiauliai ąžuolas ėjimas", "cp1257"),
        ("põhi mõõt", "cp1257"),
        ("İstanbul Şişli Ağrı dağı", "cp1254"),
        ("Ağrı", "cp1254"),
        ("Sarı", "cp1254"),
        ("Işık", "cp1254"),
        ("Φίλτρο λαδιού Αθήνα", "cp1253"),
        ("Φίλτρο", "iso-8859-7"),
        ("Фильтр масляный Москва", "cp1251"),
        ("шт", "cp1251"),
        ("Фильтр масляный", "koi8-r"),
        ("Фильтр масляный", "cp866"),
        ("Фильтр", "iso-8859-5"),
        ("מסנן שמן", "cp1255"),
        ("مرشح", "cp1256"),
        ("机油滤清器", "gbk"),
        ("只", "gbk"),
        ("件", "gbk"),
        ("오일 필터", "euc_kr"),
        ("油フィルター", "shift_jis"),
        ("油フィルター", "euc_jp"),
        ("機油濾清器", "big5"),
        ("Ölfilter für Kühler Câble café", "mac_roman"),
        ("Köln", "mac_roman"),
        ("García", "mac_roman"),
        ("España", "mac_roman"),
        ("Ölfilter für Kühler Straße", "cp437"),
        ("Ölfilter für Kühler", "cp850"),
        ("Straße", "cp850"),
        ("máquina", "cp850"),
        ("voilà", "cp850"),
        ("Gutschein 5 € Œuvre", "iso-8859-15"),
        ("5 €", "iso-8859-15"),
        ("Žárovka světlomet", "iso-8859-2"),
        ("Žárovka světlomet", "cp852"),
        # short for something, without a vowel
        ("Işık A.Ş. Ağrı", "cp1254"),
        ("Koç Holding A.Ş. Arçelik A.Ş.", "cp1254"),
        ("Horní č.p. 3", "cp1250"),
        ("Nová č. 5", "cp1250"),
        ("ul. św. Jana", "cp1250"),
        ("ul. św. Jana koń", "cp1250"),
        ("ř. 5", "cp1250"),
        # many consonants
        ("čtvrtek", "cp1250"),
        ("wstrzymać", "cp1250"),
        # one letter of a language
        ("Plzeň", "cp1250"),
        ("vaňa skriňa remeň", "cp1250"),
        ("Műszer Gyűrű Szűrés Fűtés", "cp1250"),
        ("eļļas", "cp1257"),
        ("Tokį", "cp1257"),
        ("Aprangą", "cp1257"),
        ("đon rđa", "cp1250"),
        ("kočnica kvačilo", "cp1250"),
        ("pipă roată casă", "cp1250"),
        ("xưng", "cp1258"),
        # foreign names beside
        ("Işık Citroën", "cp1254"),
        ("Würth Schäffler kočnica Citroën", "cp1250"),
        # signs in a row, and beside letters
        ("北京", "gb18030"),
        ("5只", "gb18030"),
        ("口5", "gb18030"),
        ("部品", "shift_jis"),
        ("部品A", "shift_jis"),
        ("価格", "shift_jis"),
        ("名前", "shift_jis"),
        ("品", "shift_jis"),
        ("電池", "shift_jis"),
        ("要", "shift_jis"),
        ("部品", "euc_jp"),
        ("부품", "euc_kr"),
        ("零件", "big5"),
        ("叛徒", "big5"),
    ],
)
def test_no_other_encoding_is_taken_for_windows_1252(text: str, encoding: str) -> None:
    """Even a single word is asked about, if it could be a word in another encoding."""
    assert not is_certain(text, encoding)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Фильтр масляный Москва", "windows-1251"),
        ("Фильтр масляный Москва", "koi8-r"),
        ("Фильтр масляный Москва", "cp866"),
        ("Φίλτρο λαδιού Αθήνα", "windows-1253"),
        ("Žárovka světlomet", "windows-1250"),
        ("Žárovka světlomet", "cp852"),
        ("Rīga Jēkabpils Liepāja", "windows-1257"),
    ],
)
def test_words_read_as_their_own_language(text: str, encoding: str) -> None:
    assert share_read(words_of(text, encoding), encoding) == 1


def test_the_case_of_letters_separates_the_encodings_of_cyrillic() -> None:
    """KOI8-R has small letters where Windows-1251 has capitals."""
    assert share_read(words_of("Фильтр масляный Москва", "koi8-r"), "windows-1251") < 0.5
