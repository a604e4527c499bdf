"""A local AWS that another program runs, such as LocalStack: what it is, what it lacks, how its functions reach it."""

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from botocore.exceptions import ClientError

from local.errors import LocalProblem
from local.processes import LOOPBACK
from local.stack import aws_client

NAME: Final = "localhost.localstack.cloud"
"""A name of LocalStack's that means it on this machine, by public DNS, and in the containers of its functions."""

_KEYS: Final = "jwks.json"
_OF_THIS_MACHINE: Final = frozenset({LOOPBACK, "localhost", "::1"})


@dataclass(frozen=True)
class LocalAws:
    """A local AWS at an address.

    Parameters
    ----------
    endpoint
        Its address for programs of this machine.
    instance
        Differs for every start of an emulator that loses its stacks when it ends; empty if it does not say.
    parameters
        Parameters of template.yaml that a stack needs there.
    is_localstack
        Whether it is LocalStack, whose functions may be containers.
    """

    endpoint: str
    instance: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    is_localstack: bool = False

    @property
    def in_containers(self) -> bool:
        """Whether functions run in containers, which do not reach the loopback interface of this machine."""
        return "Architecture" in self.parameters

    def with_keys(self, name: str, key_set: Mapping[str, Any]) -> dict[str, str]:
        """Return the parameters of the stack `name`, whose functions need the issuer's keys.

        LocalStack gets the keys as an object in a bucket, because its containers do not reach an issuer on the loopback
        interface of this machine. Functions of another emulator are processes of this machine.
        """
        if not self.is_localstack:
            return dict(self.parameters)
        s3, bucket = aws_client("s3", self.endpoint), f"{name}-issuer"
        s3.create_bucket(Bucket=bucket)  # again and again: in us-east-1 that is no error for its owner
        s3.put_object(Bucket=bucket, Key=_KEYS, Body=json.dumps(key_set).encode(), ContentType="application/json")
        inside = self.parameters.get("LocalEndpoint", self.endpoint)
        return {**self.parameters, "JwksUrl": f"{inside}/{bucket}/{_KEYS}"}


def find(endpoint: str) -> LocalAws:
    """Ask the local AWS at `endpoint` what it is.

    ``localhost`` is written as a number: else a bucket's address would be ``BUCKET.localhost``, a name that many
    machines do not know.

    Raises
    ------
    LocalProblem
        When nothing responds there.
    """
    endpoint = _with_host(endpoint.rstrip("/"), "127.0.0.1")
    try:
        response = httpx.get(f"{endpoint}/_localstack/info", timeout=10, trust_env=False)
    except httpx.HTTPError as error:
        raise LocalProblem(
            f"Nothing responds at {endpoint}, the AWS_ENDPOINT_URL: {error}. Start LocalStack there, or unset "
            "AWS_ENDPOINT_URL for a local AWS of Sluice's own."
        ) from error
    info = response.json() if response.is_success else {}  # another emulator has no such path
    parameters = {} if _has_sockets(endpoint) else {"EnableWebSocket": "false"}
    if info.get("is_docker"):
        parameters |= {"LocalEndpoint": _with_host(endpoint, NAME), "Architecture": _architecture()}
    return LocalAws(endpoint, str(info.get("session_id", "")), parameters, is_localstack=bool(info))


def _has_sockets(endpoint: str) -> bool:
    """Return whether it has WebSocket APIs. CloudFormation would report placeholders of them as created."""
    try:
        aws_client("apigatewayv2", endpoint).get_apis()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 501:
            return False
        raise
    return True


def _with_host(endpoint: str, host: str) -> str:
    """Return an address of this machine under another name of it; one of another machine stays as it is."""
    parts = urlsplit(endpoint)
    if parts.hostname not in _OF_THIS_MACHINE:
        return endpoint
    return parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}").geturl()


def _architecture() -> str:
    """Return the processor of containers, which is that of this machine."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
