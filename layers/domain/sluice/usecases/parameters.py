"""The parameters of an importer, from the request or the file's name, and its file types."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sluice.model.errors import FileRejected, RequestRejected
from sluice.model.job import Job
from sluice.reading.types import FileLayout
from sluice.schema.importer import Importer

_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")


def parameters_of(importer: Importer, file_name: str, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Collect the parameters of a job: given ones first, then those in the file's name; some may still be missing.

    Raises
    ------
    RequestRejected
        ``invalid-parameter``, if a given parameter is unknown to the importer or has the wrong form.
    """
    found: dict[str, str] = {}
    known = {parameter.name: parameter for parameter in importer.parameters}
    for name, value in (given or {}).items():
        if name not in known:
            raise RequestRejected(
                "invalid-parameter", case="unknown", importer=importer.title, name=name, known=list(known)
            )
        if not re.fullmatch(known[name].pattern, value):
            title, example = known[name].title, known[name].example
            raise RequestRejected("invalid-parameter", case="wrong-form", title=title, example=example)
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
        ``missing-parameter``, with a file name that would contain it.
    """
    for parameter in importer.parameters:
        if parameter.name not in job.parameters:
            raise FileRejected(
                "missing-parameter",
                parameter=parameter.name,
                title=parameter.title,
                example=parameter.example,
                file=job.file.name,
            )


def check_file_type(importer: Importer, file_name: str) -> None:
    """Reject a file whose name ends in none of the importer's file types.

    Raises
    ------
    FileRejected
        ``wrong-file-type``, with the importer's file types.
    """
    if importer.file_types and not file_name.lower().endswith(importer.file_types):
        raise _wrong_type(importer)


def check_format(importer: Importer, file_name: str, layout: FileLayout) -> None:
    """Reject a text file that has the name of a workbook, if the importer restricts file types.

    Raises
    ------
    FileRejected
        ``wrong-file-type``.
    """
    if importer.file_types and layout.format == "csv" and file_name.lower().endswith(_WORKBOOKS):
        raise _wrong_type(importer)


def _wrong_type(importer: Importer) -> FileRejected:
    return FileRejected("wrong-file-type", importer=importer.title, types=list(importer.file_types))
