"""What a caller may give for an importer: parameters, which a file's name may hold too, file types, and options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sluice.model.errors import FileRejected, InvalidOption, RequestRejected
from sluice.model.job import Job
from sluice.model.options import DELETING, GivenOptions
from sluice.reading.header import names_of, normal
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


def options_of(importer: Importer, given: GivenOptions) -> GivenOptions:
    """Check the options that a caller gave for an importer; return them with fields where they named titles.

    Raises
    ------
    InvalidOption
        If the importer has no modes, or an option means nothing in the mode of the job.
    """
    named = list(given.as_dict())
    if named and importer.lookup:
        raise InvalidOption("lookup", option=named[0], importer=importer.title)
    mode = given.mode or importer.mode
    if given.deletes and mode not in DELETING:
        raise InvalidOption("deletes-nothing", option="deletes", mode=mode)
    if "max_deleted" in given.guards and mode != "mirror":
        case = "names-its-keys" if mode in DELETING else "deletes-nothing"
        raise InvalidOption(case, option="max_deleted", mode=mode)
    if "max_change" not in given.guards:
        return given
    return replace(given, guards={**given.guards, "max_change": _changes(importer, given.guards["max_change"])})


def _changes(importer: Importer, given: Mapping[str, float]) -> dict[str, float]:
    names, numeric, found = names_of(importer.columns), importer.numeric_columns, dict[str, float]()
    for name, share in given.items():
        field = names.get(normal(name), "")
        if field not in numeric:
            known = [column.title for column in numeric.values()]
            raise InvalidOption("no-number", option="max_change", importer=importer.title, name=name, known=known)
        if field in found:
            raise InvalidOption("column-twice", option="max_change", name=name)
        found[field] = share
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
