"""What a row says of its record: the columns that it fills, the values of the others, and the merged row.

A row says the columns that its file has, less its blank cells where blanks are kept. Only those are validated one by
one, stored and compared. Rules over several columns (`normalise` and validators of the whole model) need the merged
row: the record as it is, overlaid with what the row says; or the defaults, where there is no record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR
from decimal import Decimal
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, from_json

from sluice.model.errors import SluiceError
from sluice.model.options import LoadOptions
from sluice.schema.annotations import is_decimal
from sluice.schema.cell_types import Context, Conventions
from sluice.schema.cells import CellError, InvalidValue
from sluice.schema.currencies import ShownCurrency
from sluice.schema.importer import Column, Importer, Row, columns_of, currency_fields, key_of

#: A staged row is our own JSON: decimal points and ISO dates of any year, independent of the file.
AS_STAGED: Final = Conventions(years=(MINYEAR, MAXYEAR))

Values = dict[str, Any]
"""Values of a row or a record by field, as JSON has them."""
ReadRow = Callable[[Mapping[str, Any], Context], tuple[Row, bytes]]
"""Validates the cells of a row; returns its model and what it says, as JSON. Raises pydantic's ``ValidationError``."""


def has_rules(importer: Importer) -> bool:
    """Whether a row is checked or changed as a whole, by `normalise` or by validators of its model."""
    return importer.normalise is not None or bool(importer.row.__pydantic_decorators__.model_validators)


def columns_for(importer: Importer, options: LoadOptions) -> tuple[Column, ...]:
    """Return the columns that a file is searched for; ``required`` says which of them it must have.

    An update needs the key alone, and a file of keys to delete has no other column.
    """
    match options.mode:
        case "update":
            return tuple(replace(column, required=column.key) for column in importer.columns)
        case "delete":
            return (key_of(importer.row),)
        case _:
            return importer.columns


def cleared(column: Column, marker: str) -> Any:
    """Return what a row says of a column that it clears by a marker: its default; one without it cannot be cleared."""
    return CellError(marker, InvalidValue("not-clearable")) if column.required else column.default


def row_reader(
    importer: Importer,
    matched: Iterable[str],
    options: LoadOptions,
    currencies: Mapping[str, str] | None = None,
) -> ReadRow:
    """Return the function that reads rows of one file.

    Parameters
    ----------
    importer
        Of the job.
    matched
        Fields that the file has a column of.
    options
        Of the job: its mode says whether required columns may be missing, its blanks what an empty cell says.
    currencies
        Those that titles of the file name, by field. Such an amount is in it as if its cell said so.
    """
    titled = {name: ShownCurrency(code, frozenset({code})) for name, code in (currencies or {}).items()}
    there, names = set(matched), {column.field for column in importer.columns}
    keep = options.blanks == "keep"
    missing = names - there
    may_lack = {"update": names if keep else missing, "delete": names}.get(options.mode, set())
    rules = has_rules(importer)
    in_currency = currency_fields(importer.row)
    part = partial_model(importer.row, _loosened(importer, may_lack), rules=not rules)
    validate, dump = part.__pydantic_validator__.validate_python, part.__pydantic_serializer__.to_json

    def said(row: Row, without: set[str]) -> bytes:
        return dump(row, exclude_unset=True) if keep else dump(row, exclude=without or None)

    def read_once(values: Mapping[str, Any], context: Context, without: set[str]) -> tuple[Row, bytes]:
        if rules and (not without if not keep else len(values) == len(names)):
            return _with_rules(importer, values, context)
        row = validate(values, context=context)
        return row, said(row, without)

    def read(values: Mapping[str, Any], context: Context) -> tuple[Row, bytes]:
        if context.currencies:  # of a row that was rejected
            context.currencies.clear()
        row, body = read_once(values, context, missing)
        if titled:
            context.currencies = {name: each for name, each in titled.items() if name in values} | context.currencies
        if context.currencies and (unsaid := _unsaid_currencies(importer, in_currency, row, values, context)):
            if rules:
                return read_once({**values, **unsaid}, context, missing - unsaid.keys())
            row.model_fields_set.update(unsaid)  # it has their defaults
            body = said(row, missing - unsaid.keys())
        return row, body

    return read


def _unsaid_currencies(
    importer: Importer, in_currency: Mapping[str, str | None], row: Row, values: Mapping[str, Any], context: Context
) -> dict[str, Any]:
    """Compare the currencies beside a row's amounts with that of the row.

    Returns
    -------
    dict
        Currencies that the row does not say, because their cells are empty: the amounts are in those of the defaults,
        so the row says them too, else a record would keep another beside its new amount.

    Raises
    ------
    pydantic.ValidationError
        ``other-currency`` or ``no-currency`` of each amount in another currency.
    """
    unsaid: dict[str, Any] = {}
    wrong: list[InitErrorDetails] = []
    for name, shown in context.currencies.items():
        field = in_currency[name]
        currency = getattr(row, field) if field else importer.conventions.currency
        if field is None and not currency:
            continue  # neither the row nor the importer says one
        if currency not in shown.codes:
            error = InvalidValue("no-currency", shown=shown.text)
            if currency:
                error = InvalidValue("other-currency", shown=shown.text, currency=currency)
            wrong.append({"type": "value_error", "loc": (name,), "input": values[name], "ctx": {"error": error}})
        elif field and field not in values:
            unsaid[field] = currency
    if wrong:
        raise ValidationError.from_exception_data(importer.name, wrong)
    return unsaid


def _with_rules(importer: Importer, values: Mapping[str, Any], context: Context) -> tuple[Row, bytes]:
    row: Row = importer.row.__pydantic_validator__.validate_python(values, context=context)
    if importer.normalise:
        row = importer.normalise(row)
    return row, row.__pydantic_serializer__.to_json(row)


def _loosened(importer: Importer, may_lack: Iterable[str]) -> frozenset[str]:
    """Return those of some fields that their model requires, without the key."""
    required = {column.field for column in importer.columns if column.required and not column.key}
    return frozenset(required.intersection(may_lack))


@cache
def partial_model(row: type[Row], optional: frozenset[str], *, rules: bool) -> type[Row]:
    """Return the model of rows that may lack some required fields.

    Parameters
    ----------
    row
        The row model.
    optional
        The required fields that a row may lack; their value is ``None`` then.
    rules
        Whether validators of the whole model run.
    """
    if not optional and (rules or not row.__pydantic_decorators__.model_validators):
        return row

    def loosen(info: FieldInfo) -> None:
        info.default, info.validate_default = None, False

    return _derived(row, optional, loosen, validators=rules)


@cache
def _merged_model(row: type[Row], unsaid: frozenset[str]) -> type[Row]:
    """Return the model of a merged row: the fields that its file does not say are taken as they are."""

    def accept_any(info: FieldInfo) -> None:
        info.annotation, info.metadata = Any, []
        info.default, info.validate_default = None, False

    model = _derived(row, unsaid, accept_any, validators=True)
    known = model.__pydantic_decorators__
    fewer = {
        name: replace(each, info=replace(each.info, fields=tuple(set(each.info.fields) - unsaid)))
        for name, each in known.field_validators.items()
        if set(each.info.fields) - unsaid
    }
    model.__pydantic_decorators__ = replace(known, field_validators=fewer)
    model.model_rebuild(force=True)
    return model


def _derived(
    row: type[Row], names: frozenset[str], change: Callable[[FieldInfo], None], *, validators: bool
) -> type[Row]:
    model: type[Row] = type(row.__name__, (row,), {"__module__": row.__module__, "__doc__": row.__doc__})
    for name in names:
        model.__pydantic_fields__[name] = info = copy(model.__pydantic_fields__[name])
        change(info)
    if not validators:
        model.__pydantic_decorators__ = replace(model.__pydantic_decorators__, model_validators={})
    model.model_rebuild(force=True)
    return model


class Merge:
    """Completes what rows of an importer say, for records that are inserted or updated.

    Parameters
    ----------
    importer
        Of the rows.

    Attributes
    ----------
    defaults
        Values of the columns that a new row need not say.
    has_rules
        Whether the merged row is needed to know what is written.
    """

    def __init__(self, importer: Importer) -> None:
        self._importer = importer
        self._names = [column.field for column in importer.columns]
        self._key = key_of(importer.row).field
        self._decimals = {name for name in self._names if is_decimal(importer.row.model_fields[name].annotation)}
        self.defaults = _defaults(importer)
        self.has_rules = has_rules(importer)

    def is_whole(self, values: Values) -> bool:
        """Whether a row says every column; it has passed the importer's rules then."""
        return len(values) == len(self._names)

    def inserted(self, values: Values) -> Values:
        """Return the whole record that a row becomes: what it says, and defaults.

        Raises
        ------
        pydantic.ValidationError
            If a rule of the importer rejects it.
        """
        whole = self._ordered(self.defaults | values)
        if self.is_whole(values) or not self.has_rules:
            return whole
        return self._by_rules(whole, set(values) | self.defaults.keys())

    def updated(self, values: Values, record: Values) -> Values:
        """Return what a row says of an existing record, with what the importer's rules change in the merged row.

        Raises
        ------
        pydantic.ValidationError
            If a rule of the importer rejects the merged row; a value that only the record has rejects nothing.
        """
        if self.is_whole(values) or not self.has_rules:
            return values
        record = {name: record.get(name) for name in self._names}
        merged = self._by_rules(self._ordered(record | values), set(values))
        plain = self._as_rules_write(record)
        unsaid = [name for name in self._names if name not in values]
        changed = {name for name in unsaid if not self.same(name, merged[name], plain[name])}
        return {name: merged[name] for name in self._names if name in values or name in changed}

    def same(self, name: str, one: Any, other: Any) -> bool:
        """Whether two values of a column are equal; numbers are by their amount, so 12.5 equals 12.50."""
        if one == other:
            return type(one) is type(other) or not (isinstance(one, bool) or isinstance(other, bool))
        if name not in self._decimals or one is None or other is None:
            return False
        return Decimal(str(one)) == Decimal(str(other))

    def differing(self, values: Values, record: Values) -> list[str]:
        """List the columns whose value differs from that of the record; a column that the record lacks is ``None``."""
        return [name for name, value in values.items() if not self.same(name, value, record.get(name))]

    def _ordered(self, values: Values) -> Values:
        return {name: values[name] for name in self._names if name in values}

    def _by_rules(self, whole: Values, said: set[str]) -> Values:
        """Run the rules on a whole row, of which only what is said is validated; its result must be stable."""
        once = self._once(whole, said)
        try:
            is_stable = self._once(once, said) == once
        except ValidationError:
            is_stable = False
        if not is_stable or once[self._key] != whole[self._key]:
            raise SluiceError("unstable-rules", importer=self._importer.name)
        return once

    def _once(self, whole: Values, said: set[str]) -> Values:
        unsaid = frozenset(whole.keys() - said)
        model = _merged_model(self._importer.row, unsaid)
        values = whole | {name: _typed(self._importer.row, name, whole[name]) for name in unsaid}
        row: Row = model.__pydantic_validator__.validate_python(values, context=Context(AS_STAGED))
        if self._importer.normalise:
            row = self._importer.normalise(row)
        written: Values = from_json(row.__pydantic_serializer__.to_json(row))
        return written

    def _as_rules_write(self, record: Values) -> Values:
        """Write the values of a record as the rules' result writes them, where its types allow."""
        row = self._importer.row
        typed = {name: _typed(row, name, value) for name, value in record.items()}
        model = _merged_model(row, frozenset(self._names))
        written: Values = from_json(model.__pydantic_serializer__.to_json(model.model_construct(**typed)))
        return written


@cache
def _adapter(row: type[Row], name: str) -> TypeAdapter[Any]:
    info = row.model_fields[name]
    return TypeAdapter(info.rebuild_annotation())


def _typed(row: type[Row], name: str, value: Any) -> Any:
    """Read a record's value as its column's type; one that it does not allow stays as it is."""
    try:
        return _adapter(row, name).validate_python(value, context=Context(AS_STAGED))
    except ValidationError:
        return value


def _defaults(importer: Importer) -> Values:
    """Return the defaults of the columns that are not required, read as cells are."""
    names = {column.field for column in importer.columns if not column.required and not column.key}
    required = frozenset(column.field for column in columns_of(importer.row) if column.required)
    part = partial_model(importer.row, required, rules=False)
    row = part.__pydantic_validator__.validate_python({}, context=Context(importer.conventions))
    values: Values = from_json(part.__pydantic_serializer__.to_json(row, include=names))
    return values
