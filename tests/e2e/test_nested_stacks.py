"""A stack as AWS gets it, with the nested stacks of the console and the alarms."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import deploy
from local.paths import ROOT
from local.stack import Stack

NAME = "sluice-as-on-aws"
ISSUER = "https://issuer.example.com"


@pytest.fixture
def outputs(stack: Stack) -> Iterator[dict[str, str]]:
    """Deploy what was built for the local stack once more, as `make deploy` does, and return the outputs."""
    if "AWS_ENDPOINT_URL" in os.environ:
        pytest.skip("this stack costs money on AWS, and LocalStack's free edition has no CloudFront")
    template = Path(stack.folder) / "sam" / "build" / "template.yaml"
    settings = ["--config-file", str(ROOT / "samconfig.toml"), "--no-confirm-changeset"]
    overrides = ["--parameter-overrides", f"Issuer={ISSUER}", f"PythonRuntime=python{deploy.PYTHON}"]
    environment = deploy._environment(stack.endpoint)
    cloudformation = stack.client("cloudformation")
    try:
        arguments = ["deploy", "--template-file", str(template), "--stack-name", NAME, *settings, *overrides]
        deploy._sam(arguments, environment, Path(stack.folder) / "as-on-aws.log")
        described = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]
        yield {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    finally:
        cloudformation.delete_stack(StackName=NAME)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})


def test_console_and_alarms_are_nested_stacks_of_a_deployment_on_aws(stack: Stack, outputs: dict[str, str]) -> None:
    """Their templates are built, packaged and created with parameters of the stack; its outputs name the console."""
    s3, cloudfront, cloudwatch = (stack.client(service) for service in ("s3", "cloudfront", "cloudwatch"))

    assert deploy.publish(stack.client("cloudformation"), s3, NAME) == outputs["ConsoleUrl"]
    page = s3.get_object(Bucket=outputs["ConsoleBucket"], Key="console/index.html")["Body"].read()
    assert page == (ROOT / "web" / "console" / "index.html").read_bytes()
    (distribution,) = cloudfront.list_distributions()["DistributionList"]["Items"]
    assert outputs["ConsoleUrl"] == f"https://{distribution['DomainName']}/console/index.html"

    functions = stack.client("lambda").get_paginator("list_functions").paginate()
    deployed = {each["FunctionName"] for page in functions for each in page["Functions"]}
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    watched = {alarm["Dimensions"][0]["Value"] for alarm in alarms if alarm["MetricName"] == "Errors"}
    assert watched == {name for name in deployed if name.startswith(f"{NAME}-")}
    others = {alarm["Dimensions"][0]["Value"] for alarm in alarms} - watched
    assert others >= {NAME, outputs["JobMachineArn"], outputs["DeadLetterQueueUrl"].rpartition("/")[2]}
    queues = {url.rpartition("/")[2] for url in stack.client("sqs").list_queues()["QueueUrls"]}
    assert others - {NAME, outputs["JobMachineArn"]} <= queues, "no alarm watches what is not there"
