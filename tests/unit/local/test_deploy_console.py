"""The web pages of a deployment on AWS: content of the bucket, settings of the console, headers."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local import deploy

OUTPUTS = {
    "ApiUrl": "https://api.example/live/v1",
    "ConsoleBucket": "console",
    "ConsoleUrl": "https://d1.example/console/index.html",
}
SIGN_IN = {"Issuer": "https://issuer.example", "ConsoleClientId": "web", "ConsoleScopes": "openid"}


class Described:
    """A CloudFormation with one stack."""

    def __init__(self, outputs: dict[str, str], parameters: dict[str, str]) -> None:
        self.stack = {
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        }

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert StackName == "sluice"
        return {"Stacks": [self.stack]}


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make some web pages."""
    (tmp_path / "console").mkdir()
    (tmp_path / "console" / "index.html").write_text("<title>Console</title>")
    (tmp_path / "console" / "jobs.js").write_text("export {};")
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "import.html").write_text("<title>Example</title>")
    monkeypatch.setattr(deploy, "WEB", tmp_path)
    return tmp_path


@mock_aws
def test_the_bucket_holds_the_present_pages_and_the_settings(pages: Path) -> None:
    s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
    s3.create_bucket(Bucket="console")
    s3.put_object(Bucket="console", Key="console/old.js", Body=b"")
    assert deploy.publish(Described(OUTPUTS, SIGN_IN), s3, "sluice") == OUTPUTS["ConsoleUrl"]
    kinds = {
        found["Key"]: s3.head_object(Bucket="console", Key=found["Key"])["ContentType"]
        for found in s3.list_objects_v2(Bucket="console")["Contents"]
    }
    assert kinds == {
        "config.json": "application/json",
        "console/index.html": "text/html",
        "console/jobs.js": "text/javascript",
    }
    assert s3.head_object(Bucket="console", Key="console/jobs.js")["CacheControl"] == "no-cache"
    config = json.loads(s3.get_object(Bucket="console", Key="config.json")["Body"].read())
    assert config == {
        "api_url": OUTPUTS["ApiUrl"],
        "issuer": "https://issuer.example",
        "client_id": "web",
        "scopes": "openid",
    }


def test_without_a_client_id_the_console_gets_no_issuer() -> None:
    config = deploy._console_config(OUTPUTS, SIGN_IN | {"ConsoleClientId": ""})
    assert (config["issuer"], config["client_id"]) == (None, None)


def test_a_stack_without_a_console_is_not_changed() -> None:
    assert deploy.publish(Described({"ApiUrl": "https://api.example"}, {}), None, "sluice") is None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ("sluice", None, None)),
        (["--stack-name", "mine", "--region=eu-central-1"], ("mine", "eu-central-1", None)),
        (["--profile", "work", "--config-env", "local"], ("sluice", None, "work")),
        (["--guided"], ("sluice", None, None)),
    ],
)
def test_stack_region_and_profile_are_those_of_sam_deploy(
    arguments: list[str], expected: tuple[str, str | None, str | None]
) -> None:
    assert deploy.deployed_with(arguments) == expected
