"""The composition root: connects the ports of the use cases with their adapters, once per process."""

from __future__ import annotations

import gc
import platform
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from sluice.aws.chunks import DynamoChunks
from sluice.aws.dynamodb import wait_for_transactions
from sluice.aws.expiry import DynamoEndedJobs
from sluice.aws.jobs import DynamoJobs
from sluice.aws.locks import DynamoLocks
from sluice.aws.lookup_cache import DynamoLookupCache
from sluice.aws.quotas import Waits
from sluice.aws.recipes import DynamoRecipes
from sluice.aws.s3 import S3Files
from sluice.aws.scheduler import EventBridgeSchedules
from sluice.aws.sqs import SqsQueue
from sluice.aws.step_functions import StepFunctionsMachine
from sluice.aws.websockets import DynamoConnections, DynamoTickets, GatewaySockets
from sluice.catalog.registry import IMPORTERS, SOURCES
from sluice.config import ApiSettings, Settings
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.model.quota import Limits
from sluice.observability import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from mypy_boto3_dynamodb.service_resource import Table

    from sluice.aws.upstreams import SharedUpstreams
    from sluice.destinations.postgres import Database
    from sluice.usecases.ports import Destination, Records

# A statement ends before the function that waits for it: 60 s in `work`, 30 s in `api`.
_WORK_STATEMENT_SECONDS = 45
_API_STATEMENT_SECONDS = 15
# A password that was rotated meanwhile is read again when the database rejects the old one.
_SECRET_SECONDS = 3600
# "standard" retries throttled calls and lost connections, with jitter (boto3 guide, "Retries"). A worker has up to
# eight concurrent requests to DynamoDB.
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=16, connect_timeout=5)


#: The database of this process, by its secret.
_databases: dict[str, Database] = {}


@cache
def _table(name: str) -> Table:
    table = boto3.resource("dynamodb", config=_CONFIG).Table(name)
    wait_for_transactions(table.meta.client)
    return table


def _look_for_cycles_seldom() -> None:
    """Let Python's garbage collector run seldom: rows are millions of objects that live shortly and refer to no other.

    Looking through them, and through the modules, takes a tenth of a worker's time (``make bench ARGS=worker``).
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@cache
def ended_jobs(settings: Settings) -> DynamoEndedJobs:
    """Return the jobs that have ended, for what expires of them."""
    return DynamoEndedJobs(_table(settings.jobs_table), settings.keep_days)


@cache
def services(settings: Settings) -> AwsServices:
    """Return the services of a function, by its settings."""
    _look_for_cycles_seldom()
    # which patch of the runtime it was, when a function behaves otherwise than before
    logger.info("environment", boto3=boto3.__version__, python=platform.python_version())
    return AwsServices(settings)


class AwsServices:
    """The `Services` of a deployment; each port is created at its first use.

    A function has the settings of the ports that its use case needs.

    Raises
    ------
    AttributeError
        By a port whose setting the function does not have; it names the setting.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def jobs(self) -> DynamoJobs:
        """Jobs in DynamoDB."""
        found = self._settings
        limits = Limits(found.tenant_jobs, found.tenant_gigabytes * 1024**3, found.tenant_syncs)
        return DynamoJobs(_table(found.jobs_table), found.keep_days, limits)

    @cached_property
    def chunks(self) -> DynamoChunks:
        """Barriers and chunks in DynamoDB."""
        return DynamoChunks(_table(self._settings.jobs_table))

    @cached_property
    def locks(self) -> DynamoLocks:
        """Locks in DynamoDB."""
        return DynamoLocks(_table(self._settings.jobs_table))

    @cached_property
    def files(self) -> S3Files:
        """Objects in S3."""
        return files(self._setting("files_bucket"))

    @cached_property
    def queue(self) -> SqsQueue:
        """Queues of the function's settings, by name: ``urgent``, ``standard``, ``lookup``, ``dead``."""
        names = {"urgent": "urgent", "standard": "standard", "lookup": "lookup", "dead": "dead_letter"}
        urls = {name: getattr(self._settings, f"{setting}_queue_url", "") for name, setting in names.items()}
        return SqsQueue(boto3.client("sqs", config=_CONFIG), {name: url for name, url in urls.items() if url})

    @cached_property
    def machine(self) -> StepFunctionsMachine:
        """State machine; a function that only answers tokens does not need its ARN."""
        arn = getattr(self._settings, "machine_arn", "")
        return StepFunctionsMachine(boto3.client("stepfunctions", config=_CONFIG), arn)

    @cached_property
    def destination(self) -> Destination:
        """Destination: the database of the secret, or the records table with its journals in the bucket."""
        if secret_arn := self._setting("database_secret_arn"):
            from sluice.destinations.postgres import PostgresDestination  # noqa: PLC0415 - see `_database`

            return PostgresDestination(self._database(secret_arn))
        # requests are built in one place and have one shape; validating them would take a quarter of a load's time
        # a throttled one is sent again by `RecordTable`, which looks at the clock; botocore's waits are 3 s together
        config = _CONFIG.merge(
            Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": 3})
        )
        client, table = boto3.client("dynamodb", config=config), self._setting("records_table")
        return DynamoDestination(client, table, self.files, self._settings.keep_days)

    @cached_property
    def records(self) -> Records:
        """Read access to the database of the secret, or to the records table."""
        if secret_arn := self._setting("database_secret_arn"):
            from sluice.destinations.postgres import PostgresRecords  # noqa: PLC0415 - see `_database`

            known = [*IMPORTERS, *(source.rows for source in SOURCES)]
            return PostgresRecords(self._database(secret_arn), known)
        return DynamoRecords(boto3.client("dynamodb", config=_CONFIG), self._setting("records_table"))

    @cached_property
    def upstreams(self) -> SharedUpstreams:
        """Upstreams of the secret; none without a secret."""
        from sluice.aws.upstreams import SharedUpstreams  # noqa: PLC0415 - importing httpx takes 100 ms, few need it

        arn = self._setting("upstreams_secret_arn")
        return SharedUpstreams(
            _table(self._settings.jobs_table), lambda fresh: _secret_of(arn, fresh=fresh) if arn else {}
        )

    @cached_property
    def lookup_cache(self) -> DynamoLookupCache:
        """Results of lookups, in the jobs table."""
        return DynamoLookupCache(_table(self._settings.jobs_table))

    @cached_property
    def recipes(self) -> DynamoRecipes:
        """Recipes and settings of drop folders, in the jobs table."""
        return DynamoRecipes(_table(self._settings.jobs_table))

    @cached_property
    def schedules(self) -> EventBridgeSchedules:
        """Schedules of syncs, in a group of their own."""
        return EventBridgeSchedules(
            boto3.client("scheduler", config=_CONFIG),
            self._setting("schedule_group"),
            self._setting("scheduled_function_arn"),
            self._setting("scheduler_role_arn"),
        )

    def _database(self, secret_arn: str) -> Database:
        """Return the database of the secret, which all ports of a process share, and so one connection."""
        is_api = isinstance(self._settings, ApiSettings)
        return _database(secret_arn, _API_STATEMENT_SECONDS if is_api else _WORK_STATEMENT_SECONDS)

    def _setting(self, name: str) -> str:
        return str(getattr(self._settings, name))


@cache
def files(bucket: str) -> S3Files:
    """Return the port to the objects of a bucket."""
    # presigned forms must name the bucket's region: the global host redirects, and browsers do not follow a redirect
    regional = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return S3Files(boto3.client("s3", config=_CONFIG.merge(regional)), bucket)


def _database(secret_arn: str, statement_seconds: int) -> Database:
    """Return the database; imported here, because importing psycopg takes 100 ms and many stacks have no database."""
    from sluice.destinations.postgres import Database  # noqa: PLC0415

    if secret_arn not in _databases:
        _databases[secret_arn] = Database(
            lambda fresh: _secret_of(secret_arn, fresh=fresh), statement_seconds=statement_seconds
        )
    return _databases[secret_arn]


def release_connections() -> None:
    """Close the connection to the database, if one is open: a process that waits for its next call needs none."""
    for database in _databases.values():
        database.close()


@cache
def _secrets() -> SecretsProvider:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider  # noqa: PLC0415 - 50 ms that few need

    return SecretsProvider(boto_config=_CONFIG)


def _secret_of(arn: str, *, fresh: bool) -> dict[str, Any]:
    secret: Any = _secrets().get(arn, max_age=_SECRET_SECONDS, transform="json", force_fetch=fresh)
    return dict(secret)


@cache
def idempotency_store(table: str) -> DynamoDBPersistenceLayer:
    """Return the store of the API's responses by their idempotency keys."""
    from aws_lambda_powertools.utilities.idempotency import (  # noqa: PLC0415 - takes 50 ms, only the API needs it
        DynamoDBPersistenceLayer,
    )

    return DynamoDBPersistenceLayer(table, boto3_client=boto3.client("dynamodb", config=_CONFIG))


@cache
def tickets(table: str) -> DynamoTickets:
    """Return the store of tickets, in the jobs table."""
    return DynamoTickets(_table(table))


@cache
def waits(table: str, most: int) -> Waits:
    """Return the store of calls that wait, in the jobs table."""
    return Waits(_table(table), most)


@cache
def connections(table: str) -> DynamoConnections:
    """Return the store of WebSocket connections, in the jobs table."""
    return DynamoConnections(_table(table))


@cache
def sockets(endpoint: str) -> GatewaySockets:
    """Return the sender of messages to WebSocket connections."""
    return GatewaySockets(boto3.client("apigatewaymanagementapi", endpoint_url=endpoint, config=_CONFIG))
