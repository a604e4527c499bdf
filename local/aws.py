"""boto3 clients of a local AWS."""

import os
from typing import Any

import boto3
import botocore.session

from local.emulator import REGION, ROOT_KEY


def client(service: str, endpoint: str, region: str = REGION) -> Any:
    """Return a boto3 client for `endpoint` that takes nothing from the developer's own AWS configuration."""
    unset = (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={"profile": (None, None, None, None), "config_file": unset, "credentials_file": unset}
    )
    session = boto3.Session(
        botocore_session=core, aws_access_key_id=ROOT_KEY, aws_secret_access_key=ROOT_KEY, region_name=region
    )
    return session.client(service, endpoint_url=endpoint)  # type: ignore[call-overload] # the service is not a literal
