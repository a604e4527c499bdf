"""Other libraries: the workbook of products into PostgreSQL, each in a process of its own, in ``.venv-peers``.

Each does what its documentation recommends for many rows. Nothing of Sluice is imported here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.clock import Clock, report

ADDRESS: Final = "PEERS_DATABASE"
"""Environment variable with the address of the database."""

_TABLE: Final = """
CREATE TABLE products (
    part_number text PRIMARY KEY, description text NOT NULL, brand text, category text, price numeric NOT NULL,
    currency text NOT NULL, stock bigint NOT NULL, free_stock bigint NOT NULL, supplier text, updated date
)
"""
_FIELDS: Final = {
    "part_number": "Part Number",
    "description": "Description",
    "brand": "Brand",
    "category": "Category",
    "price": "Price",
    "currency": "Currency",
    "stock": "Stock",
    "free_stock": "Free Stock",
    "supplier": "Supplier",
    "updated": "Updated",
}


Load = Callable[[Path, str], object]
"""Loads a workbook into the database at an address; a reader ignores the address."""


def openpyxl() -> Load:
    """Read the workbook with openpyxl's read-only mode, and nothing more."""
    from openpyxl import load_workbook

    def read(path: Path, _: str) -> int:
        return sum(1 for _row in load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True))

    return read


def calamine() -> Load:
    """Read the workbook with python-calamine, and nothing more."""
    from python_calamine import CalamineWorkbook

    return lambda path, _: CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def pandas() -> Load:
    """Read the workbook into a DataFrame, and COPY it into a table."""
    import psycopg
    import python_calamine  # noqa: F401 - pandas imports it when it reads
    from pandas import read_excel

    def load(path: Path, database: str) -> None:
        frame = read_excel(path, engine="calamine")
        with psycopg.connect(database) as connection:
            connection.execute(_TABLE)
            with connection.cursor().copy("COPY products FROM STDIN (FORMAT csv)") as copy:
                copy.write(frame.to_csv(header=False, index=False))

    return load


def polars() -> Load:
    """Read the workbook into a DataFrame, and write it through ADBC into a table that ADBC creates."""
    import adbc_driver_postgresql.dbapi  # noqa: F401 - Polars imports it when it writes
    import fastexcel  # noqa: F401 - Polars imports it when it reads
    from polars import read_excel

    def load(path: Path, database: str) -> None:
        frame = read_excel(path, engine="calamine")
        frame.write_database("products", database, engine="adbc", if_table_exists="replace")

    return load


def dlt() -> Load:
    """Run a pipeline that merges the workbook's rows into a table by their key."""
    os.environ.update(RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="ERROR")
    from dlt import pipeline, resource
    from dlt.destinations import postgres
    from pandas import read_excel

    def load(path: Path, database: str) -> None:
        def products() -> Any:
            yield read_excel(path, engine="calamine").set_axis(list(_FIELDS), axis="columns")

        rows = resource(products, write_disposition="merge", primary_key="part_number")
        with TemporaryDirectory() as folder:
            made = pipeline("peers", pipelines_dir=folder, destination=postgres(database), dataset_name="public")
            made.run(rows, loader_file_format="csv").raise_on_failed_jobs()

    return load


def django() -> Load:
    """Import the workbook in django-import-export's bulk mode, with the settings of its notes on performance.

    The model's table is created beforehand, as a migration would.
    """
    model = _django_model(os.environ[ADDRESS])
    from import_export.instance_loaders import CachedInstanceLoader
    from import_export.resources import modelresource_factory
    from tablib import Dataset

    options = {"import_id_fields": ("part_number",), "use_bulk": True, "skip_diff": True, "skip_html_diff": True}
    made = modelresource_factory(model, meta_options={**options, "instance_loader_class": CachedInstanceLoader})

    def load(path: Path, _: str) -> None:
        with path.open("rb") as file:
            found = Dataset().load(file, format="xlsx")
        found.headers = list(_FIELDS)
        made().import_data(found, raise_errors=True, use_transactions=True)

    return load


def _django_model(database: str) -> Any:
    from django import conf, setup
    from django.db import connection, models

    server = urlsplit(database)
    settings = {"HOST": server.hostname, "PORT": server.port, "USER": server.username, "PASSWORD": server.password}
    default = {"ENGINE": "django.db.backends.postgresql", "NAME": server.path.lstrip("/"), **settings}
    conf.settings.configure(DATABASES={"default": default}, INSTALLED_APPS=["import_export"], USE_TZ=True)
    setup()

    class Product(models.Model):  # type: ignore[misc] # Django is only in .venv-peers
        part_number = models.CharField(max_length=40, primary_key=True)
        description = models.CharField(max_length=500)
        brand = models.CharField(max_length=80, null=True)
        category = models.CharField(max_length=80, null=True)
        price = models.DecimalField(max_digits=20, decimal_places=4)
        currency = models.CharField(max_length=3)
        stock = models.BigIntegerField()
        free_stock = models.BigIntegerField()
        supplier = models.CharField(max_length=120, null=True)
        updated = models.DateField(null=True)

        class Meta:
            app_label = "peers"
            db_table = "products"

    with connection.schema_editor() as editor:
        editor.create_model(Product)
    return Product


PEERS: Final[dict[str, tuple[Callable[[], Load], tuple[str, ...]]]] = {
    "openpyxl": (openpyxl, ("openpyxl",)),
    "calamine": (calamine, ("python-calamine",)),
    "pandas": (pandas, ("pandas", "psycopg")),
    "polars": (polars, ("polars", "adbc-driver-postgresql")),
    "dlt": (dlt, ("dlt",)),
    "django": (django, ("django-import-export", "django")),
}


def main(name: str, path: str, rows: str) -> None:
    """Let a library load the workbook into the database at `ADDRESS`, and report; its imports are not clocked."""
    prepare, packages = PEERS[name]
    load = prepare()

    def measure(clock: Clock) -> int:
        with clock:
            load(Path(path), os.environ[ADDRESS])
        return int(rows)

    report(measure, versions={package: version(package) for package in packages})


if __name__ == "__main__":
    main(*sys.argv[1:])
