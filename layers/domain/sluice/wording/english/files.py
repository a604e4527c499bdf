"""Sentences about rejected files, and what the sender can do next."""

from __future__ import annotations

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
    "other-sheets": "The workbook has other sheets",
    "file-gone": "The file was deleted",
    "file-changed": "The file was changed while it was read",
}

#: When each type occurs, in Markdown; the API serves it, and docs/problems.md has it.
MEANINGS: Final[dict[str, str]] = {
    "not-a-spreadsheet": "Another kind of file, which the detail names, or binary data.",
    "empty-file": "No byte, or no row with a value.",
    "no-header": "None of the first rows has a known header. Members: `expected`.",
    "missing-header": "Required columns are missing. Members: `missing`, `nearest`.",
    "duplicate-header": "Several headers match the same column. Members: `field`, `found`.",
    "bad-mapping": "The mapping names a header or a column that does not exist. Members: `unknown` or `absent`.",
    "too-large": "More bytes than the importer takes. Members: `limit`, `bytes`.",
    "too-many-rows": "More rows than the importer takes. Members: `limit`.",
    "encrypted-workbook": "A password is needed.",
    "zip-bomb": "The archive inflates to far more bytes than it has.",
    "unsafe-file": "The XML declares entities.",
    "unknown-encoding": "UTF-32, or two encodings at once. Members: `row`.",
    "damaged-file": "Truncated, or not as its format requires.",
    "missing-parameter": (
        "A parameter was not given, and the file's name does not contain it; the detail says how to give it. "
        "Members: `parameter`."
    ),
    "wrong-file-type": "The importer does not take files with this extension.",
    "corrects-another-job": "The file is the errors file of another job than the one in `corrects`.",
    "no-row-numbers": "A correction without the column that says which rows it corrects.",
    "same-file": "The file was imported before; `force` imports it again. Members: `job`, `link`.",
    "other-sheets": (
        "Mode `mirror` would delete the records of rows on sheets that are not read. Members: `read`, `others`, "
        "`count`."
    ),
    "file-gone": "The uploaded file was deleted before it was read.",
    "file-changed": "The uploaded file was overwritten after its import had begun.",
}


def _missing_header(params: Params) -> str:
    nearest = params["nearest"].items()
    missing = [f"'{title}'" + (f" (nearest: '{near}')" if near else "") for title, near in nearest]
    advice = "Add or rename the columns, or map them."
    if params.get("has_key"):
        advice += " In mode 'update' a file needs the key alone; it changes existing records and adds none."
    return f"Row {params['header_row']:,} lacks {', '.join(missing)}. {advice}"


def _mixed_encoding(params: Params) -> str:
    place = f" near row {params['row']:,}" if params["row"] else ""
    return f"The text begins as UTF-8 and goes on as something else{place}. Save it as CSV UTF-8."


_CUT_OFF: Final = "it ends too early; the upload or the download before it was cut off"
_DAMAGE: Final[dict[str, str]] = {
    "cut-off": _CUT_OFF,
    "unclosed-quote": "a quote opens in row {at_row:,} and is never closed",
    "endless-record": "row {at_row:,} is longer than a megabyte",
    "garbled-gzip": "its gzip data is garbled",
    "broken-row": "row {at_row:,} or the one below it breaks the format",
    "not-a-workbook": "it is not a complete workbook",
    "zip-directory": "its zip directory is broken or cut off",
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
    "unknown-entity": "the rows from {first_row:,} on name an entity that XML does not know",
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
_KINDS: Final[dict[str, str]] = {
    **{
        kind: f"The file is {what}. Save its table as .xlsx or .csv, and upload that file."
        for kind, what in {
            "pdf": "a PDF document",
            "rtf": "a text document (RTF)",
            "word": "a Word document",
            "slides": "a presentation",
            "mail": "an e-mail message",
            "numbers": "an Apple Numbers document",
            "book": "an e-book",
            "web-page": "a web page (HTML), whatever its name says",
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
        }.items()
    },
    "picture": "The file is a picture. Upload the table that it shows as .xlsx or .csv.",
    "film": "The file is a film or a sound. Upload a table as .xlsx or .csv.",
    "program": "The file is a program. Upload a table as .xlsx or .csv.",
    "packed": "The file is an archive. Unpack it, and upload the .xlsx or .csv file inside.",
    "archive": "The file is an archive (ZIP) without a table. Upload a table as .xlsx or .csv.",
}


def _other_sheets(params: Params) -> str:
    more = f" and {params['count'] - len(params['others']):,} more" if params["count"] > len(params["others"]) else ""
    return (
        f"Mode 'mirror' deletes what the file lacks, and only its sheet '{params['read']}' is read, not "
        f"{quoted(params['others'])}{more}. Remove or hide the other sheets, or import the file in mode 'upsert'."
    )


def _archive_of_tables(params: Params) -> str:
    others = f" and {params['count'] - 1:,} more" if params["count"] > 1 else ""
    return f"The file is an archive (ZIP) with {params['first']}{others} inside. Unpack it, and upload each file."


DETAILS: Final[dict[str, Sentence]] = {
    **{f"not-a-spreadsheet/{kind}": sentence for kind, sentence in _KINDS.items()},
    "not-a-spreadsheet/archive-of-tables": _archive_of_tables,
    "not-a-spreadsheet/nul": "The file contains binary data. Save it as .xlsx or as CSV UTF-8.",
    "not-a-spreadsheet/binary": "The file contains binary data. Upload an .xlsx, .xls, .ods or CSV file.",
    "not-a-spreadsheet/packed-workbook": "Only text may be packed with gzip. Upload the file inside as it is.",
    "empty-file/no-bytes": "The file has no content. Was it saved?",
    "empty-file/no-row": "No row of the file has a value in it.",
    "empty-file/no-sheet": "No sheet of the workbook that is shown has a value in it.",
    "empty-file/no-saved-value": (
        "No sheet of the workbook that is shown has a value in it. Formulas count once the workbook was saved by a "
        "spreadsheet program."
    ),
    "no-header": with_forms(
        "None of the first rows has a known header. The first row should read {expected}.", expected=quoted
    ),
    "missing-header": _missing_header,
    "duplicate-header": with_forms(
        "The headers {found} all match the column '{column}'. Remove or rename all but one.", found=quoted
    ),
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
    "too-many-rows": "At most {limit:,} rows can be imported at once. Split the file and upload the parts.",
    "encrypted-workbook/workbook": (
        "The workbook is protected by a password. Save a copy without the password and upload that."
    ),
    "encrypted-workbook/archive": "Remove the password of the archive and upload it again.",
    **{
        f"zip-bomb/{case}": f"The archive {what}, as no real spreadsheet does. It was not opened."
        for case, what in _BOMBS.items()
    },
    "zip-bomb/gzip": "The file unpacks {packed:,} bytes to {unpacked:,} or more, as no real table does.",
    "unsafe-file": "Its part {part} declares XML entities, which no spreadsheet program writes.",
    "unknown-encoding/utf-32": "The text is in UTF-32, which is not read. Save it as CSV UTF-8.",
    "unknown-encoding/utf-16": "The text begins as UTF-16 but is not. Save it as CSV UTF-8.",
    "unknown-encoding/mixed": _mixed_encoding,
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
    "other-sheets": _other_sheets,
    "file-gone": "The uploaded file was deleted. Upload it again.",
    "file-changed": "The file was overwritten after the import had begun. Upload it again, under another name.",
}
