"""Sentences about rejected files, and what the sender can do next."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from sluice.wording.catalogue import Params, Sentence, with_forms
from sluice.wording.english.forms import listed, quoted, status_name

TITLES: Final[dict[str, Sentence]] = {
    "not-a-spreadsheet": "The file is not a spreadsheet",
    "empty-file": "The file has no rows",
    "no-header": "No header row was found",
    "missing-header": "Required columns are missing",
    "duplicate-header": "Several headers match one column",
    "bad-mapping": "The mapping does not match the file",
    "too-large": "The file is too large",
    "too-many-rows": "The file has too many rows",
    "encrypted-workbook": "The workbook is protected by a password",
    "zip-bomb": "The file unpacks to far too much",
    "unsafe-file": "The file declares XML entities",
    "unknown-encoding": "The text encoding is not clear",
    "damaged-file": "The file is damaged",
    "missing-parameter": "A parameter is missing",
    "wrong-file-type": "The file is of another type",
    "no-row-numbers": "The file does not say which rows it corrects",
    "corrects-another-job": "The file corrects another job",
    "same-file": "The same file was imported before",
    "no-such-sheet": "The workbook has no such sheet",
    "different-sheets": "The sheets have different columns",
    "file-gone": "The file was deleted",
    "file-changed": "The file was changed while it was read",
}

#: When each type occurs, in Markdown; the API serves it, and docs/problems.md has it.
MEANINGS: Final[dict[str, str]] = {
    "not-a-spreadsheet": "Another kind of file, which the detail names, or binary data.",
    "empty-file": "No byte, or no row with a value.",
    "no-header": (
        "No row has half of the required columns. The detail quotes the first row as it was read, and names the likely "
        "cause. Members: `expected`, `required`, `nearest`, `header_row`, `first_row`, `cause`, `sheet`, `sheets`, "
        "`delimiter`."
    ),
    "missing-header": (
        "Required columns are missing. Members: `missing`, `nearest`, `header_row`, `first_row`, `sheet`, `sheets`, "
        "`delimiter`."
    ),
    "duplicate-header": (
        "Several headers match the same column, and a mapping must name the one that is meant. Members: `field`, "
        "`found`, `header_row`, `sheet`, `sheets`, `delimiter`."
    ),
    "bad-mapping": "The mapping names a header or a column that does not exist. Members: `unknown` or `absent`.",
    "too-large": (
        "More bytes than the importer takes, or more memory or time than reading may. Members: `limit`, `bytes`."
    ),
    "too-many-rows": "More rows than the importer takes. Members: `limit`.",
    "encrypted-workbook": "A password is needed.",
    "zip-bomb": "The archive inflates to far more bytes than it has.",
    "unsafe-file": "The XML declares entities.",
    "unknown-encoding": "Two encodings at once, or bytes that the encoding lacks; the detail names the rows.",
    "damaged-file": "Truncated, or not as its format requires.",
    "missing-parameter": (
        "A parameter was not given, and the file's name does not contain it; the detail says how to give it. "
        "Members: `parameter`."
    ),
    "wrong-file-type": "The importer does not take files with this extension.",
    "corrects-another-job": "The file is the errors file of another job than the one in `corrects`.",
    "no-row-numbers": "A correction without the column that says which rows it corrects.",
    "same-file": "The file was imported before; `force` imports it again. Members: `job`, `link`.",
    "no-such-sheet": "The recipe names a sheet that the workbook does not have. Members: `absent`, `sheets`.",
    "different-sheets": (
        "The recipe names sheets whose headers do not have the same columns, so their rows are no single table. "
        "Members: `heads`, each with `sheet` and `headers`."
    ),
    "file-gone": "The uploaded file was deleted before it was read.",
    "file-changed": "The uploaded file was overwritten after its import had begun.",
}


def _missing_header(params: Params) -> str:
    nearest = params["nearest"]
    advice = f"Add or rename the columns, or map them. {_mapping_of(nearest)}".rstrip()
    if params.get("has_key"):
        advice += " In mode 'update' a file needs the key alone; it changes existing records and adds none."
    read = f" It reads {quoted(params['first_row'])}." if params.get("first_row") else ""
    return f"Row {params['header_row']:,}{_place(params)} lacks {_with_nearest(nearest)}.{read} {advice}"


def _duplicate_header(params: Params) -> str:
    found = params["found"]
    first = f"Row {params['header_row']:,}{_place(params)}: the" if "header_row" in params else "The"
    text = f"{first} headers {quoted(found)} all match the column '{params['column']}'."
    header = (
        f"{found[0]} [{params['letters'][0]}]" if len(set(found)) < len(found) and "letters" in params else found[0]
    )
    recipe = json.dumps({"columns": {header: params["field"]}}, ensure_ascii=False)
    return f"{text} Map the one that is meant in the recipe, such as {recipe}, or rename or remove all but one."


def _no_header(params: Params) -> str:
    """Quote what was read in place of a header; problems of earlier versions have only what was expected."""
    code = params.get("cause", "")
    if code == "one-column" and params.get("sheet"):
        code = "one-column-sheet"
    cause = _CAUSES.get(code, "").format_map({**params, "sign": _sign(params.get("character"))})
    parts = ["No row has at least half of the columns that this import requires."]
    if params.get("first_row"):
        parts.append(f"Row {params['header_row']:,}{_place(params)} reads {quoted(params['first_row'])}.")
    if cause:
        parts.append(cause)
    nearest = {title: near for title, near in params["nearest"].items() if near} if "nearest" in params else {}
    if nearest:
        near = f"Nearest, in row {params['nearest_row']:,}: {_with_nearest(nearest)}. {_mapping_of(nearest)}"
        parts.append(near.rstrip())
    parts.append(f"The header needs {quoted(params.get('required') or params['expected'])}.")
    return " ".join(parts)


def _with_nearest(nearest: Mapping[str, str | None]) -> str:
    return ", ".join(f"'{title}'" + (f" (nearest: '{near}')" if near else "") for title, near in nearest.items())


def _mapping_of(nearest: Mapping[str, str | None]) -> str:
    """Write the recipe that maps the nearest headers; nothing if none is near, or one is nearest to two columns."""
    columns = {near: title for title, near in nearest.items() if near}
    if not columns or len(columns) < sum(map(bool, nearest.values())):
        return ""
    return f"If the nearest are meant, the recipe is {json.dumps({'columns': columns}, ensure_ascii=False)}."


def _place(params: Params) -> str:
    """Say of which sheet a row is, or by which delimiter it was split."""
    if params.get("sheet"):
        return f" of the sheet '{params['sheet']}'"
    return f" (split at each {_sign(params['delimiter'])})" if params.get("delimiter") else ""


def _sign(character: str | None) -> str:
    if character is None:
        return ""
    return _SIGNS.get(character, f"'{character}'")


_SIGNS: Final[dict[str, str]] = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_CAUSES: Final[dict[str, str]] = {
    "blank-row": "Row {header_row:,}, which was given as the header, is blank or not there.",
    "markup": (
        "This is markup, as a web page (HTML) or an XML file has it. Open the file in a spreadsheet program, and save "
        "it as .xlsx or .csv."
    ),
    "quoted-lines": (
        "The whole row is one value, which contains a {sign}: each line stands in one pair of quotes. Save the file "
        "as CSV again from its source, or remove the quotes around the lines."
    ),
    "delimiter": (
        "The whole row is one value: its delimiter seems to be {sign}, which is not read. Save the file with a comma, "
        "semicolon, tab or vertical bar as the delimiter."
    ),
    "one-column": "The file has one column only. Check its delimiter and its quotes.",
    "one-column-sheet": "This sheet has text in one column only: the table may be on another sheet.",
    "data": "This looks like data: the file seems to have no header row. Add one above the data.",
    "title-block": (
        "Titles stand above the table. If the header is further down, name its row in the recipe, such as "
        '{{"header": 60}}.'
    ),
}


_CUT_OFF: Final = "it ends too early; the upload or the download before it was cut off"
_DAMAGE: Final[dict[str, str]] = {
    "cut-off": _CUT_OFF,
    "unclosed-quote": "a quote opens in row {at_row:,} and is never closed",
    "line-ends": "its lines end with {character}, which spreadsheet programs do not take for a line end",
    "endless-record": "row {at_row:,} is longer than a megabyte",
    "garbled-gzip": "its gzip data is garbled",
    "broken-row": "row {at_row:,} or the one below it breaks the format",
    "not-a-workbook": "it is not a complete workbook",
    "fatal": "it is damaged in a way that stops its reader",
    "zip-directory": "its zip directory is broken or cut off",
    "unknown-code-page": "its texts are in a code page that it does not name",
    "wrong-checksum": "the checksum of its part {part} is wrong",
    "misplaced-part": "its part {part} is not where its directory says",
    "unknown-packing": "its part {part} is packed in a way that spreadsheets are not",
    "garbled-part": "its part {part} is garbled",
    "malformed-part": "its part {part} is not well-formed XML",
    "no-root": "its part {part} has no {element} element",
    "no-rows-element": "its part {part} has no rows element",
    "unfinished-rows": "its part {part} ends in the middle of the rows",
    "endless-row": "one of its rows has no end",
    "endless-text": "one of its texts has no end",
    "malformed-text": "one of its texts is not well-formed XML",
    "unknown-text": "a cell names text {text:,} of {count:,}",
    "repeated-row": "row {at_row:,} comes twice, or after a later one, among the rows from {first_row:,} on",
    "merged-ranges": "one of its sheets has more than {limit:,} ranges of merged cells",
    "shared-part": "two of its sheets are in the part {part}",
    "lost-sheet": "the rows of its sheet {sheet} are missing",
    "sheets": "it has more than {limit:,} sheets",
    "sheet-name": "the name of one of its sheets has more than {limit:,} characters",
    "formats": "it has more than {limit:,} formats",
    "hidden-columns": "one of its sheets has more than {limit:,} ranges of hidden columns",
    "merged-overlap": "its merged cells overlap at row {at_row:,}",
    "unknown-column": "it names a column that no sheet has",
    "wrong-row-numbers": "cells of row {at_row:,} carry other row numbers",
}
_BOMBS: Final[dict[str, str]] = {
    "large-part": "holds {part} of {size:,} bytes",
    "lying-part": "holds {part}, which is larger than it says",
    "entries": "has {entries:,} entries",
    "total": "unpacks to {unpacked:,} bytes",
    "ratio": "unpacks {packed:,} bytes to {unpacked:,}",
    "overlap": "has entries that overlap",
}
_BEYOND: Final[dict[str, str]] = {
    "memory": "more than {megabytes:,} MB of memory",
    "time": "more time than there is for a file",
    "cells": "more space than there is for its cells",
    "planner": "more memory or time than the function has that reads it ({error})",
}
_KINDS: Final[dict[str, str]] = {
    **{
        kind: f"The file is {what}. Save its table as .xlsx or .csv, and upload that file."
        for kind, what in {
            "pdf": "a PDF document",
            "rtf": "a text document (RTF)",
            "word": "a Word document",
            "slides": "a presentation",
            "mail": "an e-mail message",
            "book": "an e-book",
            "web-page": "a web page (HTML), whatever its name says",
            "opendocument-text": "an OpenDocument text",
            "xml": "an XML file, whatever its name says",
            "json": "JSON data",
        }.items()
    },
    **{
        kind: f"The file is {what}. Export its table as .xlsx or .csv, and upload that file."
        for kind, what in {
            "parquet": "a Parquet file",
            "avro": "an Avro file",
            "arrow": "an Arrow file",
            "sqlite": "a SQLite database",
            "hdf": "an HDF5 file",
            "access": "a Microsoft Access database",
            "opendocument-base": "an OpenDocument database",
            "sql": "a file of SQL statements",
        }.items()
    },
    **{
        kind: f"The file is {what}. Open it in a spreadsheet program, save it as .xlsx, and upload that file."
        for kind, what in {
            "binary-workbook": "an Excel binary workbook (.xlsb)",
            "old-workbook": "an Excel file of version 4 or older",
            "xml-workbook": "an XML spreadsheet 2003, whatever its name says",
            "flat-opendocument": "a flat OpenDocument file (XML)",
            "lotus": "a Lotus 1-2-3 worksheet",
            "sylk": "a SYLK file",
            "dif": "a DIF file",
        }.items()
    },
    "numbers": (
        "The file is a document of Apple Numbers, Pages or Keynote. In Numbers choose File, Export To, Excel, and "
        "upload that file."
    ),
    "quoted-lines": (
        "Each line of the file is in one pair of quotes, as in a table that was saved as CSV twice. The first line "
        "reads {line}. Remove the quotes around the lines, or export the table anew as .xlsx or CSV."
    ),
    "picture": "The file is a picture. Upload the table that it shows as .xlsx or .csv.",
    "film": "The file is a film or a sound. Upload a table as .xlsx or .csv.",
    "program": "The file is a program. Upload a table as .xlsx or .csv.",
    "packed": "The file is an archive. Unpack it, and upload the .xlsx or .csv file inside.",
    "archive": "The file is an archive (ZIP) without a table. Upload a table as .xlsx or .csv.",
}


def _with_sheets(sentence: Callable[[Params], str]) -> Callable[[Params], str]:
    """Name all sheets of a workbook behind a sentence about one of them."""

    def say(params: Params) -> str:
        sheets = params.get("sheets")
        return (
            f"{sentence(params)} The sheets are {quoted(sheets)}; no other one fits better."
            if sheets
            else sentence(params)
        )

    return say


def _different_sheets(params: Params) -> str:
    heads = "; ".join(f"'{each['sheet']}' has {quoted(each['headers'])}" for each in params["heads"])
    return f"Rows of different columns cannot be read as one table: {heads}. Import the sheets one by one."


def _archive_of_tables(params: Params) -> str:
    others = f" and {params['count'] - 1:,} more" if params["count"] > 1 else ""
    return f"The file is an archive (ZIP) with {params['first']}{others} inside. Unpack it, and upload each file."


DETAILS: Final[dict[str, Sentence]] = {
    **{f"not-a-spreadsheet/{kind}": sentence for kind, sentence in _KINDS.items()},
    "not-a-spreadsheet/archive-of-tables": _archive_of_tables,
    "not-a-spreadsheet/nul": "Row {at_row:,} holds binary data. Save the file as .xlsx or as CSV UTF-8.",
    "not-a-spreadsheet/binary": "The file contains binary data. Upload an .xlsx, .xls, .ods or CSV file.",
    "not-a-spreadsheet/packed-workbook": "Only text may be packed with gzip. Upload the file inside as it is.",
    "empty-file/no-bytes": "The file has no content. Was it saved?",
    "empty-file/no-row": "No row of the file has a value in it.",
    "empty-file/no-sheet": "No sheet of the workbook that is shown has a value in it.",
    "empty-file/no-saved-value": (
        "No sheet of the workbook that is shown has a value in it. Formulas count once the workbook was saved by a "
        "spreadsheet program."
    ),
    "no-header": _with_sheets(_no_header),
    "missing-header": _with_sheets(_missing_header),
    "duplicate-header": _with_sheets(_duplicate_header),
    "bad-mapping/unknown": with_forms(
        "There is no column {unknown}; the columns are {known}.", unknown=quoted, known=listed
    ),
    "bad-mapping/absent": with_forms(
        "The mapping names {absent}, which row {header_row:,} does not have; its headers are {headers}.",
        absent=quoted,
        headers=quoted,
    ),
    "too-large/uploaded": "The file has {bytes:,} bytes, {limit:,} are allowed. Split it and upload the parts.",
    "too-large/announced": "It has {bytes:,} bytes; {importer} takes files of up to {limit:,} bytes.",
    "too-large/whole-file": (
        "The file has {bytes:,} bytes; .xls and .ods files of up to {limit:,} can be read. Save its table as .xlsx or "
        "CSV, and upload that file."
    ),
    **{
        f"too-large/{case}": f"To read the file takes {what}. Save its table as .xlsx or CSV, or split it."
        for case, what in _BEYOND.items()
    },
    "too-many-rows": "At most {limit:,} rows can be imported at once. Split the file and upload the parts.",
    "encrypted-workbook/workbook": (
        "The workbook is protected by a password. Save a copy without the password and upload that."
    ),
    "encrypted-workbook/archive": "Remove the password of the archive and upload it again.",
    **{
        f"zip-bomb/{case}": f"The archive {what}, as no real spreadsheet does. It was not opened."
        for case, what in _BOMBS.items()
    },
    "zip-bomb/members": "The file has {members:,} packed members with hardly any text, as no real table does.",
    "zip-bomb/gzip": "The file unpacks {packed:,} bytes to {unpacked:,} or more, as no real table does.",
    "unsafe-file": "Its part {part} declares XML entities, which no spreadsheet program writes.",
    "unknown-encoding/mixed": (
        "The text is in two encodings: row {utf8_row:,} is UTF-8, row {other_row:,} is not. Save it as CSV UTF-8."
    ),
    "unknown-encoding/lacks": (
        "Row {bad_row:,} has byte {byte}, which the encoding {encoding} lacks there. Name another `encoding` in the "
        "recipe, or save the file as CSV UTF-8."
    ),
    "unknown-encoding/marked": (
        "The file begins with the byte order mark of {marked}, so its encoding is not {encoding}. Leave `encoding` out "
        "of the recipe."
    ),
    "unknown-encoding/none": (
        "Row {other_row:,} is in none of the encodings that can be read as a whole file. Save it as CSV UTF-8."
    ),
    **{
        f"damaged-file/{case}": (
            f"The file cannot be read: {what}. Open it in the program that made it, save it again and upload that copy."
        )
        for case, what in _DAMAGE.items()
    },
    "missing-parameter": (
        "{title} was not given, and the name '{file}' does not contain it. Name the file like '{title} {example}.xlsx' "
        "and send it again."
    ),
    "wrong-file-type": with_forms("{importer} takes {types} files.", types=" or ".join),
    "no-row-numbers": (
        "Its column '{column}' is missing. Correct the rows in the errors.xlsx of job {corrects}, and keep that column "
        "as it is."
    ),
    "corrects-another-job": (
        "It was sent with corrects={corrects}, but it is the errors file of job {marked}. Send it without 'corrects', "
        "or send the errors file of job {corrects}."
    ),
    "same-file/asks": (
        "Job {job} of {created} UTC has the same file. It waits for an answer: POST /v1/jobs/{job}/answers. To import "
        "it again, send it with force=true."
    ),
    "same-file": with_forms(
        "Job {job} of {created} UTC has the same file ({status}). To import it again, send it with force=true.",
        status=status_name,
    ),
    "no-such-sheet": with_forms(
        "The workbook has no sheet {absent} with a value; its sheets are {sheets}.", absent=quoted, sheets=quoted
    ),
    "different-sheets": _different_sheets,
    "file-gone": "The uploaded file was deleted. Upload it again.",
    "file-changed": "The file was overwritten after the import had begun. Upload it again, under another name.",
}
