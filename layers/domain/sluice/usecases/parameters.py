"""What an importer must know beside the file: from the request, or from the file's name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sluice.model.errors import FileRejected, RequestRejected
from sluice.model.job import Job
from sluice.reading.types import FileLayout
from sluice.schema.importer import Importer

_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")


def parameters_of(importer: Importer, file_name: str, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The parameters of a job: those that were given, else what the file's name says; some may be missing still.

    Raises
    ------
    RequestRejected
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
        found_in_name = re.search(parameter.from_name, file_name)
        if found_in_name and parameter.name not in found:
            found[parameter.name] = found_in_name[1]
    return found


def check_parameters(importer: Importer, job: Job) -> None:
    """Reject the file of a job that lacks a parameter.

    Raises
    ------
    FileRejected
        It says how to name the file.
    """
    for parameter in importer.parameters:
        if parameter.name not in job.parameters:
            raise FileRejected(
                "missing-parameter",
                "Something is missing in the file's name",
                f"{parameter.title} was not given, and the name '{job.file.name}' does not tell it. Name the file like "
                f"'{parameter.title} {parameter.example}.xlsx' and send it again.",
                parameter=parameter.name,
            )


def check_file_type(importer: Importer, file_name: str) -> None:
    """Reject a file whose name ends in none of the importer's file types.

    Raises
    ------
    FileRejected
        It names those that there are.
    """
    if importer.file_types and not file_name.lower().endswith(importer.file_types):
        raise _wrong_type(importer)


def check_format(importer: Importer, file_name: str, layout: FileLayout) -> None:
    """Reject text that calls itself a workbook, if the importer is particular about types.

    Raises
    ------
    FileRejected
        As `check_file_type`.
    """
    if importer.file_types and layout.format == "csv" and file_name.lower().endswith(_WORKBOOKS):
        raise _wrong_type(importer)


def _wrong_type(importer: Importer) -> FileRejected:
    wanted = " or ".join(importer.file_types)
    return FileRejected("wrong-file-type", "The file is of another type", f"{importer.title} takes {wanted} files.")


def _bad(detail: str) -> RequestRejected:
    return RequestRejected("invalid-parameter", "A parameter does not fit", detail)
