"""What an importer must know beside the file: from the request, or from the file's name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sluice.model.errors import FileRefused, RequestRefused
from sluice.model.job import Job
from sluice.reading.contract import Layout
from sluice.rows.importer import Importer

_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")


def parameters_of(importer: Importer, file_name: str, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The parameters of a job: those that were given, else what the file's name says; some may be missing still.

    Raises
    ------
    RequestRefused
        If one was given that the importer does not have, or cannot be what it is.
    """
    found: dict[str, str] = {}
    known = {parameter.name: parameter for parameter in importer.parameters}
    for name, value in (given or {}).items():
        if name not in known:
            named = ", ".join(known) or "none"
            raise _bad(f"{importer.title} knows no parameter '{name}'; it has: {named}.")
        if not re.fullmatch(known[name].pattern, value):
            raise _bad(f"{known[name].title} has to look like {known[name].example}.")
        found[name] = value
    for parameter in importer.parameters:
        told = re.search(parameter.from_name, file_name)
        if told and parameter.name not in found:
            found[parameter.name] = told[1]
    return found


def check_parameters(importer: Importer, job: Job) -> None:
    """Refuse the file of a job that lacks a parameter.

    Raises
    ------
    FileRefused
        It says how to name the file.
    """
    for parameter in importer.parameters:
        if parameter.name not in job.parameters:
            raise FileRefused(
                "missing-parameter",
                "Something is missing in the file's name",
                f"{parameter.title} was not given, and the name '{job.file.name}' does not tell it. Name the file like "
                f"'{parameter.title} {parameter.example}.xlsx' and send it again.",
                parameter=parameter.name,
            )


def check_file_type(importer: Importer, file_name: str) -> None:
    """Refuse a file whose name ends in none of the importer's file types.

    Raises
    ------
    FileRefused
        It names those that there are.
    """
    if importer.file_types and not file_name.lower().endswith(importer.file_types):
        raise _wrong_type(importer)


def check_format(importer: Importer, file_name: str, layout: Layout) -> None:
    """Refuse text that calls itself a workbook, if the importer is particular about types.

    Raises
    ------
    FileRefused
        As `check_file_type`.
    """
    if importer.file_types and layout.format == "csv" and file_name.lower().endswith(_WORKBOOKS):
        raise _wrong_type(importer)


def _wrong_type(importer: Importer) -> FileRefused:
    wanted = " or ".join(importer.file_types)
    return FileRefused("wrong-file-type", "The file is of another type", f"{importer.title} takes {wanted} files.")


def _bad(detail: str) -> RequestRefused:
    return RequestRefused("bad-parameter", "A parameter does not fit", detail)
