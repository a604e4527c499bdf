"""What a deployed local stack is called and where it is: the stack's outputs, kept beside its processes."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from local.emulator import REGION
from local.errors import LocalProblem
from local.issuer import Issuer

CONSOLE = "console/index.html"
"""The console among the web pages."""

OUTPUTS = {
    "ApiUrl": "api_url",
    "FilesBucket": "files_bucket",
    "JobsTable": "jobs_table",
    "RecordsTable": "records_table",
    "UrgentQueueUrl": "urgent_queue_url",
    "StandardQueueUrl": "standard_queue_url",
    "DeadLetterQueueUrl": "dead_letter_queue_url",
    "JobMachineArn": "job_machine_arn",
}
"""Outputs of template.yaml that are needed, and the fields they become; `Stack.outputs` has them all."""


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
        """Who mints tokens that this stack takes."""
        return Issuer(Path(self.folder), self.issuer_url)

    @property
    def token_file(self) -> Path:
        """A file that holds a token with every scope for tenant ``demo``."""
        return Path(self.folder) / "token"

    @property
    def console_url(self) -> str:
        """The web console's address."""
        return f"{self.web_url}/{CONSOLE}"

    def info(self) -> dict[str, Any]:
        """Return what ``sluice info --json`` prints."""
        return {
            "api_url": self.api_url,
            "token_file": str(self.token_file),
            "console": self.console_url,
            "issuer": self.issuer_url,
            "endpoint": self.endpoint,
        }

    def client(self, service: str) -> Any:
        """Return a boto3 client of the local account's root user, whatever AWS settings the developer has."""
        from local.aws import client  # noqa: PLC0415 - half a second that `sluice` has no use for

        return client(service, self.endpoint, self.region)

    def new_token(self) -> str:
        """Write a fresh token to the token file, and return it."""
        token = self.issuer.mint()
        self.token_file.touch(mode=0o600)
        self.token_file.write_text(token)
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
            When no stack was deployed from that folder.
        """
        try:
            return cls(**json.loads((folder / "stack.json").read_text()))
        except (FileNotFoundError, TypeError, ValueError):
            raise LocalProblem("Nothing is running here. Start it with: make up") from None
