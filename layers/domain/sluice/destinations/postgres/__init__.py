"""The destination whose datasets are tables of a PostgreSQL database."""

from sluice.destinations.postgres.connection import Database
from sluice.destinations.postgres.destination import PostgresDestination
from sluice.destinations.postgres.records import PostgresRecords

__all__ = ["Database", "PostgresDestination", "PostgresRecords"]
