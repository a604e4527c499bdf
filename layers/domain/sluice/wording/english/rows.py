"""Sentences about rows: why they are rejected, keep a job from loading, or stay; about progress and questions."""

from __future__ import annotations

from json import dumps, loads
from math import ceil
from typing import Final

from sluice.wording.catalogue import Params, Sentence, with_forms
from sluice.wording.english.forms import listed, percent, quoted, rows

# Shares are rounded up to a tenth of a percent.
_PER_MILLE: Final = 1000
_WHOLE: Final = "Correct the file and import it whole."


def _choices(params: Params) -> str:
    """List the choices like ``'new', 'used' or 2``: text in quotes, numbers without."""
    if "choices" not in params:
        return f"must be one of {params['expected']}"
    *others, last = [repr(choice) for choice in params["choices"]]
    nearest = f". Is {params['nearest']!r} meant?" if "nearest" in params else ""
    return f"must be one of {', '.join(others)} or {last}{nearest}" if others else f"must be one of {last}{nearest}"


def _such_as(text: str) -> Sentence:
    """Word a reason with an example of its column, if it has one."""
    return lambda params: f"{text}, such as {params['example']}" if "example" in params else text


def _wrong_form(params: Params) -> str:
    """Word the form that an importer declares, or an example."""
    such_as = f", such as {params['example']}" if "example" in params else ""
    return f"must be {params['form']}" if "form" in params else f"is not written in the expected form{such_as}"


def _of_sheet(params: Params) -> str:
    """Name the sheet of a row, where the file has several."""
    return f" of sheet '{params['sheet']}'" if params.get("sheet") else ""


REASONS: Final[dict[str, Sentence]] = {
    # of a cell, by its type and its column's rules
    "required": "is required",
    "not-clearable": "cannot be cleared, because the column needs a value. Write the value",
    "below-minimum": "must be {minimum} or more",
    "not-above": "must be more than {limit}",
    "above-maximum": "must be {maximum} or less",
    "not-below": "must be less than {limit}",
    "too-long": "is longer than {length} characters",
    "too-short": "is shorter than {length} characters",
    "not-text": _such_as("is a date, a time or a yes or no. Format the cell as text, and write the text anew"),
    "no-result": "is what programs write where they have no value. Empty the cell, or name it among the null markers",
    "no-value": (
        "is what people write for no value, or for 0. Write the value, empty the cell, or name it among the null "
        "markers"
    ),
    "unstorable-characters": "has characters that cannot be stored. Write it anew without them",
    "invisible-character": "has an invisible character ({character}) in place {place}. Write it anew without that",
    "wrong-form": _wrong_form,
    "not-a-choice": _choices,
    "not-whole": _such_as("is not a whole number"),
    "not-a-number": _such_as("is not a number"),
    "too-many-digits": "has too many digits",
    "over-digits": "has more than {digits} digits",
    "over-decimal-places": "has more than {places} decimal places",
    "shortened-number": _such_as("is a number that a program has shortened. Write it as text, with all digits"),
    "over-precision": (
        "has more digits than the {digits} that a spreadsheet keeps of a number. Write all of them as text"
    ),
    "shown-otherwise": _such_as("is a number that its cell shows as something else. Write what it shows as text"),
    "not-digits": _such_as("must be digits only"),
    "not-a-date": _such_as("is not a date"),
    "unclear-digits": _such_as("is a number that can be several dates. Write day, month and year with separators"),
    "unclear-month": "has the month '{month}', which is one month here and another elsewhere. Write it as a number",
    "other-weekday": "has a day of the week that its date is not. Correct the one or the other",
    "not-in-calendar": "is not a date of the calendar",
    "implausible-year": "has the year {year}, and this column takes years from {first} to {last}",
    "other-decimal-mark": "is written with the decimal mark '{shown}', and this column is read with '{mark}'",
    "day-first": "is written day first, and this column is read in another order",
    "month-first": "is written month first, and this column is read in another order",
    "year-first": "is written year first, and this column is read in another order",
    "lost-zero": "may be a date without its leading zero, as numbers of six digits stand beside it. Write it as a date",
    "year-last": "is written year last, and this column is read year first",
    "not-swapped": "is a date whose day is no month, and this column is read with day and month swapped",
    "two-currencies": "has two currencies, {first} and {second}. Write the one that the amount is in",
    "other-currency": (
        "is in {shown}, and its row is in {currency}. Write the amount in {currency}, or say the row's currency"
    ),
    "several-currencies": "stands for several currencies ({codes} …). Write the code of the one that is meant",
    "no-currency": "is in {shown}, and its row has no currency. Write the row's currency, or the amount alone",
    "not-yes-or-no": "must be yes or no, such as yes, no, 1 or 0",
    "unreadable-row": "has a value that cannot be read. Write its dates and numbers anew",
    "other-header": (
        "looks like the header of another table, so it and the rows below it were rejected. Upload them as a file of "
        "their own"
    ),
    "below-other-header": (
        "stands below row {at_row:,}, which looks like the header of another table. Upload the rows from there on as a "
        "file of their own"
    ),
    "quotes": "has a quote in the middle of a value; a quote in a quoted value is written twice",
    "surplus-values": (
        "has {found} values under {titles} headers; a value that contains the delimiter must be in quotes"
    ),
    "spreadsheet-error": "is an error of the spreadsheet. Correct its formula, or write the value",
    "uncomputed-formula": (
        "is a formula without a value. Save the file in a spreadsheet program, which computes it, or write the value"
    ),
    "wrong-type": "is not what this column holds",
    "duplicate-key": lambda params: f"repeats the {params['column']} of row {params['first']}{_of_sheet(params)}",
    "merged-cells": (
        "is merged with the cell of another column, or hidden below a merged cell. Unmerge the cells, and write the "
        "value of each"
    ),
    "not-a-row-number": "is not a row number",
    "not-a-rejected-row": "is not a row that job {job} has rejected",
    "not-of-corrected-job": "is not job {job}, which this file corrects. Correct the rows of each job in its own file",
    "computed-text": "was the text '{text}', of which a program has made a formula. Write it as text again",
    "unclear-apostrophe": "may have an apostrophe that the report added. Keep its column '{column}', which says so",
    "import-whole": "nothing of its file was loaded. Correct the file and import it whole",
    "key-exists": "exists already; mode 'insert' changes no record",
    "key-unknown": "is not in the dataset; mode '{mode}' adds no record",
    "over-record-size": "is larger than a record can be",
    "database-too-long": "is longer than the database's column allows",
    "database-too-large": "is a larger number than the database's column holds",
    "database-no-date": "is a date that the database does not have",
    "database-nul": "has a character that the database cannot hold",
    "database-required": "is required by the database",
    "database-empty-column": "has nothing for '{column}', which the database requires",
    "database-reference": "refers to something that is not in the database (rule '{rule}')",
    "database-in-use": "is still in use by the table '{table}'",
    "database-unique": "is taken by another row (rule '{rule}')",
    "database-check": "is not allowed by the database's rule '{rule}'",
    "database-exclusion": "conflicts with another row (rule '{rule}')",
    "database-index": "is longer than the database's index allows",
    "database-skipped": "is skipped by a trigger or a rule of the database's table",
    "database-trigger": "is not taken by the database: {text}",
    "database-type": "is not what the database's column holds",
    # of a row that a rollback left
    "removed-since": "was removed since",
    "changed-since": "was changed since by another job",
    "no-image": "cannot be put back, because its earlier version is no longer in the archive",
    "objection": "cannot be put back, because it {objection}",
    # of a lookup
    "no-answer": "No answer",
}


def _again(params: Params) -> str:
    """Say which call lets a job through; a sync is started, a file imported again."""
    source = params.get("source")
    return f"call POST /v1/syncs/{source}?force=true" if source else "import the file again"


def _with_examples(params: Params) -> str:
    """List examples after a colon; rows with a reason or with values before and after, records by their key."""
    shown = [_example(each) for each in params["examples"]]
    if not shown:
        return "."
    more = params["found"] - len(shown)
    return ": " + "; ".join(shown) + (f"; and {more:,} more." if more > 0 else ".")


def _example(example: Params) -> str:
    key = f" ({example['key']})" if "row" in example and "key" in example else ""
    what = f"row {example['row']:,}{key}" if "row" in example else str(example["key"])
    if "reason" in example:
        column = f"{example['column']} " if example["column"] else ""
        return f"{what}: {column}{example['reason']}"
    changes = [f"{each['column']} {each['before']} → {each['after']}" for each in example.get("changes", ())]
    return what + (f": {', '.join(changes)}" if changes else "")


def _many_rejected(params: Params) -> str:
    found, total = params["found"], params["total"]
    enough = ceil(found / total * _PER_MILLE) / _PER_MILLE
    return (
        f"{found:,} of {rows(total)} are rejected, and the job allows {percent(params['limit'])}"
        f"{_with_examples(params)} Nothing was loaded. Correct the file and import it again; to load the other rows "
        f'all the same, {_again(params)} with the guards {{"max_rejected": {enough:g}}}.'
    )


def _many_deleted(params: Params) -> str:
    limit = loads(params["limit"])
    allowed = percent(params["limit"]) if isinstance(limit, float) else f"{limit:,}"
    what = "list of the source" if params.get("source") else "file"
    return (
        f"{params['found']:,} of {params['total']:,} records are not in the {what} and would be deleted, and the job "
        f"allows {allowed}{_with_examples(params)} Nothing was loaded. Check whether the {what} is complete; to delete "
        f'them all the same, {_again(params)} with the guards {{"max_deleted": {params["found"]}}}.'
    )


def _large_changes(params: Params) -> str:
    limits = ", ".join(f"{name} by {percent(dumps(limit))}" for name, limit in loads(params["limit"]).items())
    enough = ", ".join(f'"{name}": {dumps(limit)}' for name, limit in loads(params["enough"]).items())
    return (
        f"{rows(params['found'])} would change a number by more than the job allows ({limits})"
        f"{_with_examples(params)} Nothing was loaded. Check these values; to load them all the same, {_again(params)} "
        f'with the guards {{"max_change": {{{enough}}}}}.'
    )


def _rejections(params: Params) -> str:
    are = "is" if params["found"] == 1 else "are"
    return f"{rows(params['found'])} {are} rejected, and the job loads all rows or none{_with_examples(params)}"


def _rejections_undone(params: Params) -> str:
    left = params["kept"] + params["failed"]
    kept = f" {rows(left)} could not be restored; GET /v1/jobs/{params['id']}/kept lists them." if left else ""
    return (
        f"{_rejections(params)} The load stopped there, so other rows may be rejected too; what had been loaded was "
        f"taken back.{kept} {_WHOLE}"
    )


#: Details of problems about the rows of a job, by type and case.
DETAILS: Final[dict[str, Sentence]] = {
    "invalid-decision/unknown": with_forms("'{key}' is no decision. Decisions are: {known}.", known=listed),
    "invalid-decision/value": with_forms("'{key}' can be: {known}.", known=listed),
    "invalid-decision/row-number": "'{key}' is the number of a row: 1 is the first.",
    "invalid-decision/sheet-names": "'{key}' is the name of a sheet, a list of names, or all.",
    "invalid-decision/no-sheet": with_forms("No sheet {names}, only: {known}.", names=quoted, known=quoted),
    "invalid-decision/markers": '\'{key}\' is a list of up to 20 short texts, such as ["NULL", "n/a"].',
    "invalid-decision/twice": "'{key}' comes twice. Give it once.",
    "invalid-decision/no-decimal": with_forms(
        "{importer} has no column '{name}' with a decimal mark. Its columns of numbers are: {known}.", known=listed
    ),
    "invalid-decision/no-date_order": with_forms(
        "{importer} has no column '{name}' of dates. Its columns of dates are: {known}.", known=listed
    ),
    "invalid-decision/no-column": with_forms(
        "{importer} has no column '{name}'. Its columns are: {known}.", known=listed
    ),
    "invalid-decision/column-twice": "Two headers are given for the column '{name}'. Give one.",
    "guard/max_rejected": _many_rejected,
    "guard/max_deleted": _many_deleted,
    "guard/max_change": _large_changes,
    "rejections/checked": lambda params: f"{_rejections(params)} Nothing was loaded. {_WHOLE}",
    "rejections/undoing": lambda params: f"{_rejections(params)} What was loaded is being taken back.",
    "rejections/undone": _rejections_undone,
}

PROGRESS: Final[dict[str, Sentence]] = {
    "waiting-for-file": "Waiting for the file",
    "queued": "Waiting to start",
    "waiting-for-importer": "Waits for job {waits_for.job}: this importer runs one job at a time",
    "waiting-for-dataset": "Waits for job {waits_for.job}, which loads into the same dataset",
    "waiting-for-worker": (
        "Waiting for a worker since {since:%H:%M:%S} UTC. Either all are busy with other jobs, or one has stopped, and "
        "another takes over within about six minutes. The job goes on by itself"
    ),
    "reading-file": "Reading the file",
    "reading-source": "Reading the source",
    "comparing": lambda params: (
        f"Compared {params['counts'].compared:,} of {params['counts'].checked - params['counts'].rejected:,} rows with "
        "what is there"
    ),
    "checking": "Checked {counts.checked:,} of {counts.total:,} rows",
    "in-review": lambda params: (
        f"Waiting for review: {params['counts'].checked - params['counts'].rejected:,} of {params['counts'].total:,} "
        "rows can be loaded"
    ),
    "rolling-back": lambda params: f"Rolled back {rows(params['counts'].reversed)}",
    "rolling-back-conflicts": lambda params: (
        f"Rolled back {rows(params['counts'].reversed)}, kept {params['counts'].conflicts:,} that were changed since"
    ),
    "loading": "Loaded {counts.loaded:,} of {counts.total:,} rows",
    "deleting-absent": "Deleted {counts.absent:,} of {counts.to_absent:,} records that the file lacks",
    "looking-up": "Looked up {counts.loaded:,} of {counts.total:,} rows",
}


def _about_header(params: Params) -> str:
    """Ask for a header in place of the columns that the file lacks."""
    columns = " and ".join(f"'{title}'" for title in params.get("missing") or [params["column"]])
    return f"Which header of the file stands for {columns}?"


def _about_sheets(params: Params) -> str:
    sheets = params.get("sheets", [])
    if len(sheets) == 1:
        return f"Only the hidden sheet '{sheets[0]['sheet']}' has the columns of this import. Is it meant?"
    return "Which sheet is meant? Several have the columns of this import."


def _read_sheets(params: Params) -> str:
    names, more = params["sheets"], params["count"] - len(params["sheets"])
    named = ", ".join(f"'{name}'" for name in names) + (f" and {more:,} more" if more else "")
    what = f"sheet {named} is read" if params["count"] == 1 else f"the sheets {named} are read, one after the other"
    return f"{what}: {rows(params['rows'])}"


def _about_guard(params: Params) -> str:
    found, total, guard = params.get("found", 0), params.get("total", 0), params.get("guard")
    match guard:
        case "max_rejected":
            what = f"{found:,} of {rows(total)} are rejected"
        case "max_deleted":
            what = f"{found:,} of {total:,} records are not in the file and would be deleted"
        case _:
            what = f"{rows(found)} would change a number by more than its limit"
    return f"{what}, and the guard '{guard}' allows less. Load the file all the same?"


def _read_as(params: Params) -> str:
    """Show what an ambiguous cell would be read as, and how many cells would be rejected."""
    example = f"row {params['row']:,}: {params['cell']} is {params['reads']}" if "row" in params else ""
    rejected = f"{params['rejected']:,} cells are rejected" if params.get("rejected") else ""
    return "; ".join(filter(None, (example, rejected))) or "cells are read so"


#: By kind; the parameters are those of the question, and ``column``, the title of the column that it is about.
QUESTIONS: Final[dict[str, Sentence]] = {
    "sheet": _about_sheets,
    "header": "Which row is the header? Several rows have the columns of this import.",
    "mapping": _about_header,
    "drift": lambda params: f"The file differs from the last one. {_about_header(params)}",
    "encoding": "In which encoding is the text of the file written?",
    "delimiter": "Which character separates the columns?",
    "decimal": "Which decimal mark does the column '{column}' use: a point or a comma?",
    "date_order": "In which order does the column '{column}' write day, month and year?",
    "guard": _about_guard,
}

#: By code.
EFFECTS: Final[dict[str, Sentence]] = {
    "read-sheets": _read_sheets,
    "read-decimal": _read_as,
    "read-dates": _read_as,
    "swap-dates": lambda params: f"typed dates get day and month swapped; {_read_as(params)}",
    "match-header": "'{header}' is read as the column '{column}'",
    "match-headers": lambda params: " and ".join(
        f"'{header}' is read as the column '{column}'" for header, column in params["pairs"].items()
    ),
    "update-only": "existing records are updated, and rows with a new key are rejected",
    "read-encoding": "row {row:,} is {text}",
    "read-delimiter": "row {row:,} is {text}",
    "header-row": with_forms("row {row:,} is the header ({titles}), and the rows below it are read", titles=quoted),
    "exceed-guard": "the file is loaded all the same",
    "cancel": "the job is cancelled, and nothing is loaded",
}


def _of_sheets(one: str, several: str) -> Sentence:
    """Word a note about sheets; ``one`` is said of a count of 1."""

    def say(params: Params) -> str:
        names, more = quoted(params["sheets"]), params["more"]
        where = f"{names} and {more:,} more" if more else names
        kind = "Sheet" if len(params["sheets"]) == 1 else "Sheets"
        return f"{kind} {where}: {(one if params['count'] == 1 else several).format_map(params)}"

    return say


def _not_read(params: Params) -> str:
    named = [
        f"{'hidden sheet' if each['is_hidden'] else 'sheet'} '{each['sheet']}'"
        + ("" if each["rows"] is None else f" ({rows(each['rows'])})")
        for each in params["sheets"]
    ]
    return f"Not read: {', '.join(named)}" + (f" and {params['more']:,} more sheets" if params["more"] else "")


#: By code.
NOTES: Final[dict[str, Sentence]] = {
    "hidden-rows": _of_sheets("1 hidden row is read like the others", "{count:,} hidden rows are read like the others"),
    "hidden-rows-skipped": _of_sheets("1 hidden row is skipped", "{count:,} hidden rows are skipped"),
    "filter": _of_sheets("a filter is set", "filters are set"),
    "hidden-columns": _of_sheets(
        "1 hidden column is read like the others", "{count:,} hidden columns are read like the others"
    ),
    "merged-ranges": _of_sheets(
        "1 merged range; each of its rows has the merged value",
        "{count:,} merged ranges; each of their rows has the merged value",
    ),
    "sheets-not-read": _not_read,
    "untitled-values": lambda params: f"Not read: values behind the last header, in {rows(params['count'])}",
}


def question(params: Params) -> str:
    """Word the problem of a job whose file leaves a decision open, with an answer that would have helped."""
    asked: Sentence = QUESTIONS.get(params["kind"], str(params["key"]))
    text = asked.format_map(params) if isinstance(asked, str) else asked(params)
    if "answer" not in params:
        why = "Cells of the file contradict each other, so no recipe decides it"
        return f"{text} Nothing was loaded. {why}: correct the file, or let the job ask."
    example = f"for instance {params['answer']}, or let the job ask."
    if "readings" not in params:
        return f"{text} Nothing was loaded. Import the file again with the recipe that fits, {example}"
    read = " and ".join(f"{each['text']} with '{each['value']}'" for each in params["readings"])
    return (
        f"{text} Nothing was loaded. Row {params['readings'][0]['row']:,} reads {read}. Check which of these or other "
        f"readings is right, and import the file again with its recipe, {example}"
    )
