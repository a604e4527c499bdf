"""No text is read in a wrong encoding: it is read right, asked about, or rejected with the rows that show why."""

from __future__ import annotations

import codecs
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.model.errors import FileRejected
from sluice.reading import Reading
from sluice.reading.encoding import ENCODINGS, encoding_named
from tests.unit.reading.driving import questions_of, read_all, segments_of

#: Words of a language, and the encodings in which files of it come.
WORDS = {
    "Czech": ("Žárovka světlomet řízení kolečko Škoda", ["windows-1250", "iso-8859-2", "cp852"]),
    "Polish": ("Łożysko koła Gęś ćwierć źródło", ["windows-1250", "iso-8859-2", "cp852"]),
    "Hungarian": ("erdő fűtőtest hűtő körte", ["windows-1250", "iso-8859-2", "cp852"]),
    "Latvian": ("Rīga Jēkabpils šķūnis ūdens", ["windows-1257", "iso-8859-13"]),
    "Lithuanian": ("Šiauliai ąžuolas ėjimas žąsis", ["windows-1257", "iso-8859-13"]),
    "Turkish": ("İstanbul Şişli Ağrı dağı ışık", ["windows-1254", "iso-8859-9"]),
    "Greek": ("Φίλτρο λαδιού Αθήνα", ["windows-1253", "iso-8859-7"]),
    "Russian": ("Фильтр масляный Москва шт", ["windows-1251", "koi8-r", "cp866", "iso-8859-5"]),
    "Ukrainian": ("Київ їжак фільтр", ["windows-1251", "koi8-u"]),
    "Hebrew": ("מסנן שמן תל", ["windows-1255", "iso-8859-8"]),
    "Arabic": ("مرشح الزيت", ["windows-1256", "iso-8859-6"]),
    "Chinese": ("机油滤清器 刹车片 只", ["gb18030"]),
    "Chinese, traditional": ("機油濾清器 煞車片 個", ["big5"]),
    "Korean": ("오일 필터 브레이크", ["euc_kr"]),
    "Japanese": ("油フィルター ブレーキパッド 表計算 ソート", ["shift_jis", "cp932", "euc_jp"]),
    "German": ("Ölfilter Kühler Straße Größe", ["cp850", "cp437", "mac_roman", "windows-1252", "iso-8859-15"]),
    "French": ("Crème brûlée déjà œuvre", ["mac_roman", "windows-1252", "iso-8859-15"]),
    "Spanish": ("España máquina camión", ["cp850", "cp437", "mac_roman", "windows-1252"]),
}
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
CASES = [(words, encoding) for words, encodings in WORDS.values() for encoding in [*encodings, *UNICODE]]


def table_of(words: list[str], before: int, *, line_end: str = "\r\n") -> tuple[str, list[tuple[int, list[str]]]]:
    """Write a table with so many ASCII rows above those words, and the records below the header."""
    rows = [["A-1", "plain", "1"]] * before + [[f"B-{at}", word, "2"] for at, word in enumerate(words)]
    text = line_end.join(";".join(row) for row in [["Part Number", "Description", "Price"], *rows])
    return text, list(enumerate(rows, 2))


@given(
    case=st.sampled_from(CASES),
    count=st.integers(1, 4),
    before=st.sampled_from([0, 1, 6, 7, 8, 20_000]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    chunk_rows=st.sampled_from([7, 10_000]),
    is_packed=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_a_text_is_read_right_or_asked_about_or_rejected(
    case: tuple[str, str], count: int, before: int, line_end: str, chunk_rows: int, is_packed: bool
) -> None:
    """Wherever the first character beyond ASCII stands; an encoding that reads it right is among the choices."""
    words, encoding = case[0].split()[:count], case[1]
    text, wanted = table_of(words, before, line_end=line_end)
    file = text.encode(encoding)
    file = gzip.compress(file, 1) if is_packed else file
    questions = questions_of(file)
    reading = None
    if questions:
        assert [each.key for each in questions] == ["encoding"]
        right = [
            choice.value
            for choice in questions[0].choices
            if all(word.encode(encoding).decode(choice.value) == word for word in words)
        ]
        assert right, f"{encoding} is not offered: {[choice.value for choice in questions[0].choices]}"
        reading = Reading(given={"encoding": right[0]}, answered=frozenset({"encoding"}))
    assert read_all(file, after_row=1, chunk_rows=chunk_rows, reading=reading) == wanted


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize("words", ["Müller", "Москва", "東京", "café 😀"])
def test_structure_proves_unicode(encoding: str, words: str) -> None:
    """A byte order mark is optional."""
    text, wanted = table_of([words], 3)
    assert questions_of(text.encode(encoding)) == []
    assert read_all(text.encode(encoding), after_row=1) == wanted


@pytest.mark.parametrize("encoding", sorted({*ENCODINGS} - {"utf-16", "utf-32"}))
def test_each_encoding_that_can_be_named_is_read(encoding: str) -> None:
    """Of every letter that it has, in its own place."""
    every = [chr(code) for code in range(0xA1, 0x3000) if chr(code).isalpha() and _has(encoding, chr(code))][:300]
    text, wanted = table_of(["".join(every)] * 5, 2)
    assert read_all(text.encode(encoding), after_row=1, chunk_rows=2, reading=Reading({"encoding": encoding})) == wanted


def _has(encoding: str, letter: str) -> bool:
    try:
        return letter.encode(encoding).decode(encoding) == letter
    except UnicodeError:
        return False


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("UTF8", "utf-8"),
        ("cp1252", "windows-1252"),
        ("latin1", "iso-8859-1"),
        ("ISO_8859-15", "iso-8859-15"),
        ("SJIS", "shift_jis"),
        ("GB18030", "gb18030"),
        ("koi8_r", "koi8-r"),
        ("macroman", "mac_roman"),
        ("windows-874", "cp874"),
        ("TIS-620", "iso-8859-11"),
        ("MS949", "cp949"),
        ("windows-950", "cp950"),
        ("GBK", "gb18030"),
        ("utf-7", None),
        ("rot13", None),
        ("hex", None),
        ("", None),
        (None, None),
        ("x" * 500, None),
        ("utf\0-8", None),
    ],
)
def test_an_encoding_can_be_named_in_any_usual_way(name: object, ours: str | None) -> None:
    assert encoding_named(name) == ours


@pytest.mark.parametrize(
    ("encoding", "byte", "shown"),
    [
        ("windows-1252", b"\x81", "81"),
        ("utf-8", b"\xe9", "E9"),
        ("iso-8859-15", b"\x80", "80"),
        ("shift_jis", b"\xff", "FF"),
        ("gb18030", b"\xff", "FF"),
        ("windows-1257", b"\xa1", "A1"),
    ],
)
@pytest.mark.parametrize("before", [0, 30_000])
def test_a_byte_that_the_encoding_lacks_rejects_the_file(encoding: str, byte: bytes, shown: str, before: int) -> None:
    """No character takes its place; the problem names its row."""
    file = table_of(["x"], before)[0].encode() + b"\r\nC-1;" + byte + b" x;3\r\nC-2;y;4\r\n"
    with pytest.raises(FileRejected) as rejected:
        read_all(file, reading=Reading({"encoding": encoding}))
    params = rejected.value.problem.params
    assert (rejected.value.problem.code, params["byte"], params["bad_row"]) == (
        "unknown-encoding/lacks",
        shown,
        before + 3,
    )


@given(
    first=st.sampled_from(["utf-8", "cp1252"]),
    between=st.sampled_from([0, 1, 40_000]),
    above=st.sampled_from([0, 3, 40_000]),
    words=st.lists(st.sampled_from(["Müller", "café", "Größe", "España"]), min_size=2, max_size=2),
)
@settings(max_examples=20, deadline=None)
def test_two_encodings_are_found_in_either_order(first: str, between: int, above: int, words: list[str]) -> None:
    """However far apart; the problem names a row of each."""
    second = "cp1252" if first == "utf-8" else "utf-8"
    plain = b"A-1;plain;1\n"
    rows = [plain * above, f"B-1;{words[0]};1\n".encode(first), plain * between, f"B-2;{words[1]};1\n".encode(second)]
    with pytest.raises(FileRejected) as rejected:
        read_all(b"Part Number;Description;Price\n" + b"".join(rows))
    params = rejected.value.problem.params
    places = {first: above + 2, second: above + between + 3}
    assert rejected.value.problem.code == "unknown-encoding/mixed"
    assert (params["utf8_row"], params["other_row"]) == (places["utf-8"], places["cp1252"])


def test_a_marked_text_in_another_encoding_below_is_rejected() -> None:
    with pytest.raises(FileRejected, match="mixed"):
        read_all(codecs.BOM_UTF8 + b"id;name\n1;caf\xe9\n")


def test_windows_1252_and_a_code_page_of_dos_in_one_file_are_never_read_silently() -> None:
    """The bytes of one are none of the other, so it is asked about at least."""
    assert questions_of("id;name\n1;Müller\n".encode("cp1252") + "2;Müller\n".encode("cp850"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_the_mark_of_an_appended_file_belongs_to_no_value(encoding: str) -> None:
    """Nor does it hide the quote of the first field behind it."""
    parts = ['\ufeff"id";"name"\n"1";"a;b"\n', '\ufeff"2";"c;d"\n']
    records = read_all("".join(parts).encode(encoding), reading=Reading({"delimiter": ";"}), chunk_rows=1)
    assert records == [(1, ["id", "name"]), (2, ["1", "a;b"]), (3, ["2", "c;d"])]
    bare = "\ufeffid;name\n1;a\n\ufeff2;b\n\ufeff\n\ufeffid;name\n".encode(encoding)
    assert read_all(bare, reading=Reading({"delimiter": ";"}))[2:] == [(3, ["2", "b"]), (5, ["id", "name"])]


def test_a_mark_in_a_value_is_part_of_it() -> None:
    assert read_all('id,name\n1,"a\n\ufeffb"\n'.encode())[1] == (2, ["1", "a\n\ufeffb"])


def test_text_that_looks_like_utf_7_stays_as_it_is() -> None:
    assert read_all(b"id,name\n1,Caf+AOk-\n")[1] == (2, ["1", "Caf+AOk-"])


def test_text_that_was_encoded_twice_stays_as_it_is() -> None:
    """It is valid UTF-8, and nothing shows what it was."""
    text = "Câble café".encode().decode("cp1252")
    assert read_all(f"id,name\n1,{text}\n".encode())[1] == (2, ["1", text])


@pytest.mark.parametrize("before", [0, 100_000])
def test_a_zero_byte_rejects_the_file_and_names_its_row(before: int) -> None:
    with pytest.raises(FileRejected) as rejected:
        read_all(b"id,name\n" + b"1,plain text\n" * (before or 30) + b"2,a\0b\n3,c\n")
    assert (rejected.value.problem.code, rejected.value.problem.params["at_row"]) == (
        "not-a-spreadsheet/nul",
        (before or 30) + 2,
    )


def test_a_control_character_is_left_to_its_column() -> None:
    """Wherever in the file it stands: the column rejects it, and the other rows are read."""
    assert read_all(b"id,name\n1,a\x08b\n")[1] == (2, ["1", "a\x08b"])


def test_the_end_mark_of_dos_is_no_row() -> None:
    assert read_all(b"id,name\r\n1,a\r\n\x1a") == [(1, ["id", "name"]), (2, ["1", "a"])]


def test_a_given_encoding_that_the_file_contradicts_is_asked_about() -> None:
    """UTF-8 is proven, and each of its characters could be read in both; an answer is final."""
    file = "id,name\n1,Müller\n".encode()
    (question,) = questions_of(file, Reading({"encoding": "windows-1252"}))
    assert [choice.value for choice in question.choices] == ["utf-8", "windows-1252"]
    answered = Reading({"encoding": "windows-1252"}, answered=frozenset({"encoding"}))
    assert read_all(file, reading=answered)[1] == (2, ["1", "MÃ¼ller"])


def test_a_mark_contradicts_another_encoding() -> None:
    with pytest.raises(FileRejected, match="marked"):
        read_all(codecs.BOM_UTF8 + b"id,name\n1,a\n", reading=Reading({"encoding": "windows-1252"}))


def test_a_remembered_encoding_is_stronger_than_a_guess_and_weaker_than_a_proof() -> None:
    remembered = Reading(remembered={"encoding": "windows-1250"})
    assert segments_of("id;name\n1;Müller\n".encode("cp1250"), reading=remembered)[0].encoding == "windows-1250"
    assert segments_of("id;name\n1;Müller\n".encode(), reading=remembered)[0].encoding == "utf-8"


def test_encodings_that_differ_far_below_are_both_offered() -> None:
    """ISO 8859-2 and Windows-1250 read the first rows alike, and the last one differently."""
    rows = "".join(f"{at};řečiště {at};1\n" for at in range(20_000))
    file = f"id;name;price\n{rows}x;Šťáva;1\n".encode("iso-8859-2")
    (question,) = questions_of(file)
    assert {"iso-8859-2", "windows-1250"} <= {choice.value for choice in question.choices}


def test_an_encoding_that_reads_the_first_rows_only_is_not_offered() -> None:
    """A byte far below is no letter of a Chinese text; of a table on one page it is one."""
    rows = "".join(f"{at};只 {at}\n" for at in range(8_000)).encode("gb18030")
    above, below = questions_of(b"id;name\n" + rows), questions_of(b"id;name\n" + rows + b"x;\xff\xff\n")
    offered = [{choice.value for question in each for choice in question.choices} for each in (above, below)]
    assert "gb18030" in offered[0]
    assert offered[1]
    assert "gb18030" not in offered[1]


def test_bytes_that_are_utf_8_by_chance_are_asked_about() -> None:
    """The Chinese letter would be a Hebrew accent without its letter."""
    (question,) = questions_of("id;name\n1;只\n".encode("gb18030"))
    assert {"gb18030", "utf-8"} <= {choice.value for choice in question.choices}


@pytest.mark.parametrize(
    ("words", "encoding"),
    [("系统", "gb18030"), ("为", "gb18030"), ("位 台", "gb18030"), ("店", "euc_jp"), ("친척", "cp949")],
)
def test_characters_of_two_bytes_that_are_utf_8_by_chance_are_asked_about(words: str, encoding: str) -> None:
    """Greek and Armenian letters in one word, or letters alone that are no words."""
    (question,) = questions_of("\n".join(["id;name", *(f"1;{word}" for word in words.split())]).encode(encoding))
    assert encoding in {choice.value for choice in question.choices}


@pytest.mark.parametrize(
    "words",
    [
        "Ø 12",
        "20 °C",
        "½",
        "Lampe à LED",
        "Müller",
        "e\u0301te\u0301",
        "шт",
        "10 Ω",
        "да",
        "Plzeň č.p. 5",
        "Işık A.Ş.",
        "1\xa0250",
        "1\u066c23",
    ],
)
def test_a_short_text_in_utf_8_is_read_without_a_question(words: str) -> None:
    assert questions_of(f"id;name\n1;{words}\n".encode()) == []


def test_the_question_shows_the_first_row_in_each_candidate() -> None:
    file = "id;name\n1;plain\n2;Žárovka světlomet řízení\n".encode("cp1250")
    (question,) = questions_of(file)
    shown = {choice.value: choice.params for choice in question.choices}
    assert shown["windows-1250"]["text"] == "2;Žárovka světlomet řízení"
    assert {each["row"] for each in shown.values()} == {3}
    assert len({each["text"] for each in shown.values()}) == len(shown)
    assert question.choices[0].value == "windows-1250"
