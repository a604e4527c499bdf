"""A deployed local stack: its names and addresses, kept beside its processes, and boto3 clients of its AWS."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Self

from local.emulator import REGION, ROOT_KEY
from local.errors import LocalProblem
from local.issuer import Issuer

CONSOLE = "console/index.html"
"""Path of the console among the web pages."""

OUTPUTS = {
    "ApiUrl": "api_url",
    "FilesBucket": "files_bucket",
    "JobsTable": "jobs_table",
    "RecordsTable": "records_table",
    "UrgentQueueUrl": "urgent_queue_url",
    "StandardQueueUrl": "standard_queue_url",
    "LookupQueueUrl": "lookup_queue_url",
    "DeadLetterQueueUrl": "dead_letter_queue_url",
    "JobMachineArn": "job_machine_arn",
}
"""Outputs of template.yaml that every stack must have, and their fields; `Stack.outputs` has all outputs."""


@dataclass(frozen=True)
class Stack:
    """One deployed stack on a local AWS."""

    folder: str
    name: str
    endpoint: str
    issuer_url: str
    api_url: str
    files_bucket: str
    jobs_table: str
    records_table: str
    urgent_queue_url: str
    standard_queue_url: str
    lookup_queue_url: str
    dead_letter_queue_url: str
    job_machine_arn: str
    outputs: dict[str, str]
    region: str = REGION
    fingerprint: str = ""
    web_url: str = ""
    upstream_url: str = ""
    commission_url: str = ""

    @property
    def issuer(self) -> Issuer:
        """The issuer of tokens that this stack accepts."""
        return Issuer(Path(self.folder), self.issuer_url)

    @property
    def token_file(self) -> Path:
        """The file that holds a token of tenant ``demo`` with every scope."""
        return Path(self.folder) / "token"

    @property
    def console_url(self) -> str:
        """The web console's address."""
        return f"{self.web_url}/{CONSOLE}"

    def info(self) -> dict[str, Any]:
        """Return what ``sluice info`` shows of it."""
        return {
            "api_url": self.api_url,
            "token_file": str(self.token_file),
            "console": self.console_url,
            "issuer": self.issuer_url,
            "endpoint": self.endpoint,
        }

    def client(self, service: str) -> Any:
        """Return a boto3 client of the local account's root user."""
        return aws_client(service, self.endpoint, self.region)

    def new_token(self) -> str:
        """Write a fresh token to the token file, and return it."""
        token = self.issuer.mint()
        with NamedTemporaryFile("w", dir=self.folder, delete=False) as file:  # of mode 0600
            file.write(token)
        Path(file.name).replace(self.token_file)  # a reader sees the old token or the new one
        return token

    def save(self) -> None:
        """Write the description to the stack's folder, for `load`."""
        (Path(self.folder) / "stack.json").write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the description back.

        Raises
        ------
        LocalProblem
            When no stack is deployed from that folder.
        """
        try:
            return cls(**json.loads((folder / "stack.json").read_text()))
        except (FileNotFoundError, TypeError, ValueError):
            raise LocalProblem("Nothing is running here. Start it with: make up") from None


def aws_client(service: str, endpoint: str, region: str = REGION) -> Any:
    """Return a boto3 client for `endpoint` that takes nothing from the developer's own AWS configuration."""
    import boto3  # noqa: PLC0415 - half a second that `sluice` has no use for
    import botocore.session  # noqa: PLC0415

    unset = (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={"profile": (None, None, None, None), "config_file": unset, "credentials_file": unset}
    )
    session = boto3.Session(
        botocore_session=core, aws_access_key_id=ROOT_KEY, aws_secret_access_key=ROOT_KEY, region_name=region
    )
    return session.client(service, endpoint_url=endpoint)  # type: ignore[call-overload] # the service is not a literal
