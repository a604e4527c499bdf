"""What becomes of text files of odd encodings, delimiters and quotes: one test a case, with the exact outcome."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.model.options import LoadOptions
from tests.reading.outcomes import Outcome, outcome_of
from tests.support.harness import Harness

HEADER = "Part Number;Description;Price;Stock;Brand\r\n"
DEALERS = "Dealer Code,Name,City,Country,Phone\r\n"


def of_dealers(body: str) -> Outcome:
    """Import dealers."""
    return outcome_of(body.encode(), "dealers.csv", "dealers")


def answered(body: bytes, recipe: dict[str, Any]) -> Outcome:
    """Import a file whose caller gave what the question asks."""
    return outcome_of(body, "file.csv", recipe=recipe)


# ---------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    ("encoding", "rows"),
    [
        ("windows-1250", [("Žárovka světlomet řízení", "Škoda"), ("Łożysko koła", "Gęś")]),
        ("cp850", [("Ölfilter für Kühler", "Müller")]),
        ("cp437", [("Ölfilter für Kühler", "Müller")]),
        ("iso-8859-15", [("Gutschein 5 €", "Œuvre")]),
        ("shift_jis", [("油フィルター", "日本部品"), ("ブレーキパッド", "表計算")]),
        ("windows-1257", [("Eļļas filtrs", "Rīga"), ("Bremžu kluči", "Jēkabpils")]),
        ("windows-1254", [("Yağ filtresi", "İstanbul"), ("Işık", "Şişli")]),
        ("windows-1253", [("Φίλτρο λαδιού", "Αθήνα")]),
        ("windows-1251", [("Фильтр масляный", "Москва")]),
        ("koi8-r", [("Фильтр масляный", "Москва")]),
        ("cp866", [("Фильтр масляный", "Москва")]),
        ("windows-1255", [("מסנן שמן", "תל אביב")]),
        ("gb18030", [("机油滤清器", "博世")]),
        ("euc_kr", [("오일 필터", "현대")]),
        ("mac_roman", [("Ölfilter für Kühler", "Citroën")]),
    ],
)
def test_a_text_in_another_encoding_asks_and_is_read_right_then(encoding: str, rows: list[tuple[str, str]]) -> None:
    lines = [f"Z-{at};{text};12.50;3;{brand}\r\n" for at, (text, brand) in enumerate(rows)]
    body = (HEADER + "".join(lines)).encode(encoding)
    asked = outcome_of(body, "file.csv")
    assert list(asked.questions) == ["encoding"]
    choices = [choice.value for choice in asked.questions["encoding"].choices]
    right = [each for each in choices if body.decode(each) == body.decode(encoding)]
    assert right == choices[:1] or right
    read = answered(body, {"encoding": right[0]})
    assert read.table("description", "brand") == dict(enumerate(rows, 2))
    assert not read.rejections


def test_two_encodings_are_rejected_with_both_rows() -> None:
    body = (HEADER + "M-1;Câble café;12.50;3;Citroën\r\n").encode("cp1252") + "M-2;Câble café;1;3;Citroën\r\n".encode()
    outcome = outcome_of(body, "file.csv")
    assert outcome.problem == "unknown-encoding/mixed"
    assert "row 3 is UTF-8, row 2 is not" in outcome.detail


def test_utf_16_without_a_mark_is_read() -> None:
    body = (HEADER + "U-1;Ölfilter;12.50;3;Müller\r\n").encode("utf-16-be")
    assert outcome_of(body, "file.csv").table("description", "brand") == {2: ("Ölfilter", "Müller")}


def test_text_that_was_encoded_twice_is_loaded_as_it_is() -> None:
    twice = "Câble".encode().decode("cp1252")
    assert outcome_of((HEADER + f"M-1;{twice};1;3;x\r\n").encode(), "file.csv").table("description") == {2: (twice,)}


# ---------------------------------------------------------------------- fields and quotes


def test_an_unquoted_comma_rejects_its_row_alone() -> None:
    outcome = of_dealers(
        DEALERS + "D-1,Meyer,Hamburg,Germany,040 1\r\nD-2,Meyer, Sohn & Co,Hamburg,Germany,040 2\r\n"
        "D-3,Petersen,Kiel,Germany,1\r\n"
    )
    assert outcome.table("name", "city") == {2: ("Meyer", "Hamburg"), 4: ("Petersen", "Kiel")}
    assert outcome.rejected == {
        3: ["row: has 6 values under 5 headers; a value that contains the delimiter must be in quotes"]
    }


def test_a_trailing_delimiter_does_not_hide_a_shifted_row() -> None:
    """The header has a field more than titles; the value there is one too many all the same."""
    outcome = of_dealers("Dealer Code,Name,City,\r\nD-1,Meyer,Kiel,\r\nD-2,Meyer, Sohn,Kiel\r\nD-3,Ode,Kiel,\r\n")
    assert outcome.table("name", "city") == {2: ("Meyer", "Kiel"), 4: ("Ode", "Kiel")}
    assert (list(outcome.rejected), outcome.notes) == ([3], [])


def test_trailing_delimiters_on_rows_alone_are_no_values() -> None:
    outcome = of_dealers(DEALERS + "D-1,Meyer,Hamburg,Germany,040 1,\r\nD-2,Petersen,Kiel,Germany,0431 3,,\r\n")
    assert outcome.table("name", "phone") == {2: ("Meyer", "040 1"), 3: ("Petersen", "0431 3")}


def test_a_remark_behind_an_empty_field_is_no_shifted_value() -> None:
    outcome = of_dealers("Dealer Code,Name,City,,\r\nD-1,Meyer,Kiel,,new\r\n")
    assert outcome.table("name", "city") == {2: ("Meyer", "Kiel")}
    assert len(outcome.notes) == 1


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_column_without_a_title_right_behind_the_last_one_is_not_read_and_said(mark: str) -> None:
    """The header row has a field for it; a row with more fields than that row has a delimiter in a value."""
    lines = ["Dealer Code;Name;City;", "D-1;Meyer;Kiel;new", "D-2;Ode;Kiel;", "D-3;Ode;Kiel;5;", "D-4;Ode;Kiel;;5"]
    outcome = of_dealers("\r\n".join([*lines, "D-5;Ode;Ulm;;", ""]).replace(";", mark))
    assert outcome.table("name", "city") == {2: ("Meyer", "Kiel"), 3: ("Ode", "Kiel"), 6: ("Ode", "Ulm")}
    assert list(outcome.rejected) == [4, 5]
    assert outcome.notes == ["Not read: values behind the last header, in 1 row"]


def test_a_short_row_has_empty_cells() -> None:
    outcome = of_dealers(DEALERS + "D-1,Meyer\r\nD-2,Petersen,Kiel,Germany,0431 3\r\n")
    assert outcome.table("name", "city") == {2: ("Meyer", None), 3: ("Petersen", "Kiel")}


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x1e", "\x1c"])
@pytest.mark.parametrize("behind", ["", "\r\n"])
def test_a_text_whose_line_ends_are_none_is_rejected(end: str, behind: str) -> None:
    """All of it would be its header, and the job complete without a row."""
    lines = ["Dealer Code;Name;City", "D-1;Meyer;Kiel", "D-2;Ode;Hamburg", ""]
    outcome = of_dealers(end.join(lines) + behind)
    assert outcome.job.problem is not None
    assert (outcome.job.problem.type, outcome.job.problem.params["character"]) == ("damaged-file", f"U+{ord(end):04X}")


@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\\n", "\\r\\n", "<br>", "<BR/>"])
@pytest.mark.parametrize("above", ["", "List of dealers\r\n"])
def test_a_text_whose_rows_are_all_in_the_line_of_its_header_is_rejected(end: str, above: str) -> None:
    """They would be titles, and the job complete without a row."""
    outcome = of_dealers(above + end.join(["Dealer Code,Name,City", "D-1,Meyer,Kiel", "D-2,Ode,Hamburg", ""]))
    named = f"U+{ord(end):04X}" if len(end) == 1 else end
    assert outcome.problem == "damaged-file/line-ends"
    assert f"its lines end with {named}," in outcome.detail


@pytest.mark.parametrize("sign", ["\x0b", "\\n", "<br>"])
def test_a_line_end_of_another_kind_in_a_value_of_the_last_row_is_its_own(sign: str) -> None:
    outcome = of_dealers(f"Dealer Code,Name,City\r\nD-1,Meyer{sign}Ode,Kiel")
    assert (outcome.problem, outcome.job.counts.total) == (None, 1)


def test_a_separator_within_a_line_is_no_line_end() -> None:
    outcome = of_dealers("Dealer Code;Name;City\r\nD-1;Meyer\u2028Ode;Kiel\r\n")
    assert outcome.table("name") == {2: ("Meyer\u2028Ode",)}


QUOTES = ["row: has a quote in the middle of a value; a quote in a quoted value is written twice"]


@pytest.mark.parametrize(
    "lines",
    [
        ('D-2;"Quick;Kiel;Germany;1', 'D-3;Tube 3";Kiel;Germany;2'),
        ('D-2;Meyer;Kiel;Germany;"1', 'D-3;Tube;Kiel;Germany;2"'),
        ('D-2;"Quick;Kiel;Germany;1', "D-3;Tube;Kiel;Germany;2", "", 'D-4;Tube;"" Kiel;Germany";2'),
        ('D-2; "Quick; Kiel; Germany; 1', 'D-3; Tube 3"; Kiel; Germany; 2'),
        ('D-2;"Quick;Kiel;Germany;1', 'D-3;Tube 3";"Kiel;Mitte";Germany;2'),
    ],
)
def test_two_lone_quotes_swallow_no_row_in_silence(lines: tuple[str, ...]) -> None:
    """What stands between them would be one value of one record, and the records below the first one be gone."""
    rows = ["D-1;Meyer;Kiel;Germany;0431 1", *lines, "D-9;Ode;Kiel;Germany;0431 9"]
    for end in ("\r\n", "\n", "\r"):
        outcome = of_dealers(end.join([DEALERS.strip().replace(",", ";"), *rows, ""]))
        assert outcome.rejected == {3: QUOTES}
        assert outcome.table("dealer_code", "name") == {2: ("D-1", "Meyer"), 4: ("D-9", "Ode")}


@pytest.mark.parametrize(
    "address",
    [
        "Dock 4, Gate 2\nKiel, Germany",
        "Dock 4,Gate 2,Hall,East,1\nKiel,Germany",
        "Dock 4\r\nKiel",
        "Dock, 4, Gate, 2\nHall, East, 1, Kiel, Germany",
        'the "Dock"\n4',
    ],
)
def test_a_quoted_address_of_several_lines_stays_one_value(address: str) -> None:
    quoted = address.replace('"', '""')
    outcome = of_dealers(DEALERS + f'D-1,"{quoted}",Kiel,Germany,1\r\nD-2,Ode,"{quoted}",Germany,2\r\n')
    assert outcome.table("name", "city") == {2: (address, "Kiel"), 3: ("Ode", address)}


def test_a_blank_before_a_quote_belongs_to_no_value() -> None:
    outcome = of_dealers(
        'Dealer Code, Name, City, Country\r\nD-1, "Meyer, Sohn & Co", Hamburg, Germany\r\n'
        'D-2, "Petersen" ,\t"Kiel", "Germany"\r\n'
    )
    assert outcome.table("name", "city", "country") == {
        2: ("Meyer, Sohn & Co", "Hamburg", "Germany"),
        3: ("Petersen", "Kiel", "Germany"),
    }


def test_single_quotes_are_read() -> None:
    outcome = of_dealers(
        "Dealer Code,Name,City,Country\r\n'D-1','Meyer, Sohn','Hamburg','Germany'\r\n"
        "'D-2','Rock ''n'' Roll','Kiel','x'\r\n"
    )
    assert outcome.table("dealer_code", "name", "city") == {
        2: ("D-1", "Meyer, Sohn", "Hamburg"),
        3: ("D-2", "Rock 'n' Roll", "Kiel"),
    }


def test_an_apostrophe_at_the_beginning_of_a_name_is_no_quote() -> None:
    outcome = of_dealers("Dealer Code,Name,City\r\nD-1,'t Hooft,'s-Gravenhage\r\nD-2,'n Sync,Kiel\r\n")
    assert outcome.table("name", "city") == {2: ("'t Hooft", "'s-Gravenhage"), 3: ("'n Sync", "Kiel")}


def test_a_backslash_escapes_a_quote_where_the_file_shows_it() -> None:
    outcome = of_dealers(
        'Dealer Code,Name,City\r\n"D-1","Meyer \\"Big\\", Sohn","C:\\\\Kiel"\r\n"D-2","A\\B","Kiel"\r\n'
    )
    assert outcome.table("name", "city") == {2: ('Meyer "Big", Sohn', "C:\\Kiel"), 3: ("A\\B", "Kiel")}


def test_a_backslash_at_the_end_of_a_value_is_none() -> None:
    outcome = of_dealers('Dealer Code,Name,City\r\n"D-1","C:\\Meyer\\","Hamburg"\r\n"D-2","Petersen","Kiel"\r\n')
    assert outcome.table("name", "city") == {2: ("C:\\Meyer\\", "Hamburg"), 3: ("Petersen", "Kiel")}


def test_a_quote_in_the_middle_of_a_quoted_value_rejects_its_row() -> None:
    outcome = of_dealers('Dealer Code,Name,City\r\nD-1,"Big" Meyer,Kiel\r\nD-2,"Ode",Kiel\r\nD-3,5" Pipe,Kiel\r\n')
    assert outcome.table("name") == {3: ("Ode",), 4: ('5" Pipe',)}
    assert outcome.rejected == {
        2: ["row: has a quote in the middle of a value; a quote in a quoted value is written twice"]
    }


# ---------------------------------------------------------------------- delimiters


@pytest.mark.parametrize("mark", [*",;\t|^:~#!*&"])
def test_each_delimiter_is_read(mark: str) -> None:
    body = mark.join(["Part Number", "Description", "Price"]) + "\r\n" + mark.join(["S-1", "Filter", "12.50"]) + "\r\n"
    outcome = outcome_of(body.encode(), "file.csv")
    assert outcome.table("description") == {2: ("Filter",)}
    assert outcome.job.file.delimiter == mark


def test_the_header_outweighs_even_commas() -> None:
    """On each line, there are as many commas as bars."""
    outcome = outcome_of(
        b"Part Number|Description|Price|Remark (a, b, c)\r\n0017|PT2, ODP, FAB|1.5|x\r\n0018|PT3, ODP, FAB|2.5|y\r\n",
        "file.csv",
    )
    assert outcome.table("part_number", "description") == {2: ("0017", "PT2, ODP, FAB"), 3: ("0018", "PT3, ODP, FAB")}


def test_a_trailing_delimiter_on_every_other_row_does_not_mislead() -> None:
    rows = [f"S-{at};Filter, small;12.50;4{';' if at % 2 else ''}\r\n" for at in range(8)]
    outcome = outcome_of(("Part Number;Description;Price;Stock;\r\n" + "".join(rows)).encode(), "file.csv")
    assert set(outcome.table("description", "stock").values()) == {("Filter, small", 4)}
    assert len(outcome.rows) == 8


def test_two_delimiters_that_fit_are_a_question() -> None:
    """Neither finds more of the header, and the rows are even under both."""
    body = b"Part Number;Price,Description\r\nA;1,x\r\nB;2,y\r\n"
    outcome = outcome_of(body, "file.csv")
    assert list(outcome.questions) == ["delimiter"]
    assert {choice.value for choice in outcome.questions["delimiter"].choices} == {",", ";"}


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_line_that_declares_the_delimiter_is_no_row(line: str) -> None:
    body = f"{line}\r\nPart Number;Description;Price\r\nS-1;a,b;1\r\n"
    assert outcome_of(body.encode(), "file.csv").table("description") == {2: ("a,b",)}


def test_a_declared_delimiter_under_which_no_header_is_found_gives_way() -> None:
    body = b"sep=,\r\nPart Number;Description;Price\r\nS-1;a;1\r\n"
    assert outcome_of(body, "file.csv").table("description") == {2: ("a",)}


def test_a_file_with_one_column_needs_no_delimiter() -> None:
    """Nor does it need one that happens to be in a value."""
    harness = Harness()
    outcome_of(b'Part Number,Description,Price\r\n"A,1",x,1\r\n', "first.csv", on=harness)
    job = harness.run(harness.upload(b"Part Number\r\nA,1\r\n", options=LoadOptions("delete")))
    assert job.counts.deleted == 1


# ---------------------------------------------------------------------- zeros


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("zeros", [1, 100, 1_500_000])
def test_zeros_behind_the_last_line_are_no_part_of_a_text(encoding: str, zeros: int) -> None:
    body = (DEALERS + "D-1,Müller,Köln,Germany,1\r\n").encode(encoding)
    assert outcome_of(body + bytes(zeros), "dealers.csv", "dealers").table("name") == {2: ("Müller",)}


@pytest.mark.parametrize("zeros", [1, 2])
def test_zeros_within_a_text_or_behind_a_part_of_a_line_reject_it_and_name_the_row(zeros: int) -> None:
    """A crash fills up what it has not written: the last value may be cut off."""
    cut = of_dealers(DEALERS + "D-1,Meyer,Kiel,Germany,1\r\nD-2,Ode,Hamb" + "\0" * zeros)
    assert "Row 3 holds binary data" in cut.detail
    within = of_dealers(DEALERS + "D-1,Me" + "\0" * zeros + "yer,Kiel,Germany,1\r\n" + "\0")
    assert (cut.problem, within.problem) == ("not-a-spreadsheet/nul",) * 2
    assert "Row 2 holds binary data" in within.detail
