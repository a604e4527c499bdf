"""The templates of the nested stacks: what the stack passes to them, what alarms watch, what the console sends."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local import web
from local.deploy import TEMPLATES
from local.paths import ROOT
from sluice.observability import metrics
from tests.integration.template import template

NESTED = {"ConsoleStack": "console.yaml", "AlarmStack": "alarms.yaml"}
# The dimension that identifies a resource in a namespace of AWS, and the resource's type.
WATCHED = {
    ("AWS/Lambda", "FunctionName"): "AWS::Serverless::Function",
    ("AWS/SQS", "QueueName"): "AWS::SQS::Queue",
    ("AWS/States", "StateMachineArn"): "AWS::Serverless::StateMachine",
}
# What alarms differ in; all other properties are the same.
OWN = {"AlarmDescription", "Namespace", "MetricName", "Dimensions", "Statistic", "Period", "Threshold"}
# Alarms that ring at more than a single event.
THRESHOLDS = {"UrgentWaitsAlarm": 1800, "StandardWaitsAlarm": 1800, "LookupWaitsAlarm": 6 * 3600}


def passed(stack: str) -> dict[str, Any]:
    """Return the parameters that the stack passes to a nested one."""
    parameters: dict[str, Any] = template()["Resources"][stack]["Properties"]["Parameters"]
    return parameters


def alarms() -> dict[str, dict[str, Any]]:
    """Return the properties of each alarm."""
    resources = template("alarms.yaml")["Resources"].items()
    return {name: each["Properties"] for name, each in resources if each["Type"] == "AWS::CloudWatch::Alarm"}


def functions() -> set[str]:
    """Return the functions of the stack."""
    resources = template()["Resources"].items()
    return {name for name, resource in resources if resource["Type"] == "AWS::Serverless::Function"}


def test_every_nested_stack_has_a_template_that_is_deployed_and_linted() -> None:
    resources = template()["Resources"].items()
    nested = {name: each for name, each in resources if each["Type"] == "AWS::CloudFormation::Stack"}
    assert {name: each["Properties"]["TemplateURL"] for name, each in nested.items()} == NESTED
    assert {"template.yaml", *NESTED.values()} == set(TEMPLATES) == {path.name for path in ROOT.glob("*.yaml")}


@pytest.mark.parametrize("stack", NESTED)
def test_an_emulator_gets_no_nested_stack(stack: str) -> None:
    """A local server serves the pages, and no operator waits for an alarm. `LocalEndpoint` is empty on AWS only."""
    condition = template()["Resources"][stack]["Condition"]
    assert condition == "IsOnAws" or template()["Conditions"][condition][0] == "IsOnAws"
    assert template()["Conditions"]["IsOnAws"] == ["LocalEndpoint", ""]


@pytest.mark.parametrize(("stack", "name"), NESTED.items())
def test_a_nested_stack_gets_the_parameters_that_it_uses_and_no_other(stack: str, name: str) -> None:
    """A missing one fails the deployment on AWS, where it costs ten minutes."""
    text = (ROOT / name).read_text()
    used = set(re.findall(r"!Ref (\w+)", text)) | set(re.findall(r"\$\{(\w+)[.}]", text))
    declared = set(template(name)["Parameters"])
    assert declared == set(passed(stack))
    assert declared <= used


@pytest.mark.parametrize("alarm", alarms())
def test_an_alarm_watches_a_resource_of_the_stack(alarm: str) -> None:
    """An alarm on a dimension that nothing reports stays silent for ever."""
    properties = alarms()[alarm]
    (dimension,) = properties["Dimensions"]
    if properties["Namespace"] == metrics.namespace:
        assert dimension == {"Name": "service", "Value": "Service"}
        emitted = f'name="{properties["MetricName"]}"'
        assert any(emitted in path.read_text() for path in ROOT.glob("functions/*/app.py")), "no function emits it"
        return
    value = passed("AlarmStack")[dimension["Value"]]
    if dimension["Name"] == "ApiName":  # SAM gives an API the title of its stack
        assert value == "AWS::StackName"
        return
    resource = value[1] if isinstance(value, list) else value.split(".")[0]  # !If [condition, resource, ""]
    assert resource == dimension["Value"], "the parameter has the name of its resource"
    declared = template()["Resources"][resource]
    assert declared["Type"] == WATCHED[properties["Namespace"], dimension["Name"]]
    assert template("alarms.yaml")["Resources"][alarm].get("Condition") == declared.get("Condition")


def test_every_function_has_an_alarm_of_its_errors_under_its_name() -> None:
    watched = {
        name: properties["Dimensions"][0]["Value"]
        for name, properties in alarms().items()
        if (properties["Namespace"], properties["MetricName"]) == ("AWS/Lambda", "Errors")
    }
    assert watched == {f"{name.removesuffix('Function')}ErrorsAlarm": name for name in functions()}


def test_alarms_differ_in_what_they_watch_alone() -> None:
    """CloudFormation has no way to write the common properties once; this test is their owner."""
    common = [{name: value for name, value in each.items() if name not in OWN} for each in alarms().values()]
    assert common == [common[0]] * len(common)
    assert {name: each["Threshold"] for name, each in alarms().items() if each["Threshold"] != 1} == THRESHOLDS
    assert common[0] == {
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": ["HasAlarmTopic", ["AlarmTopic"], "AWS::NoValue"],
    }


def test_the_dashboard_shows_metrics_that_the_stack_has() -> None:
    """Each widget names resources of the stack, and metrics of ours that a function emits."""
    body = template("alarms.yaml")["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    names = set(re.findall(r"\$\{(\w+)\}", body)) | {"Service"}
    assert names <= {*template("alarms.yaml")["Parameters"], "Service"}
    shown = json.loads(re.sub(r"\$\{[^}]*\}", "x", body))["widgets"]
    ours = {metric[1] for widget in shown for metric in widget["properties"]["metrics"] if metric[0] == "Sluice"}
    emitted = "".join(path.read_text() for path in ROOT.glob("functions/*/app.py"))
    assert ours == {"JobsCompleted", "JobsFailed", "UnprocessedRows", "StuckJobs"}
    assert all(f'"{name}"' in emitted or name.startswith("Jobs") for name in ours)


def rules(policy: str) -> dict[str, list[str]]:
    """Return the sources of each directive of a Content-Security-Policy."""
    directives = [rule.split() for rule in policy.split(";")]
    return {name: sources for name, *sources in directives}


def test_cloudfront_and_the_local_server_send_the_same_policy() -> None:
    """Only the hosts differ: the API, its WebSocket, both names of the bucket, and the issuer."""
    headers = template("console.yaml")["Resources"]["ConsoleHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    text = headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    assert rules(text) == rules(web.headers(["${ConnectSources}"])["Content-Security-Policy"])
    assert passed("ConsoleStack")["ConnectSources"][0].split() == [
        "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}",
        "${Socket}",
        "${Domain}",
        "${SocketDomain}",
        "https://${FilesBucket}.s3.${AWS::Region}.${AWS::URLSuffix}",
        "https://${FilesBucket}.s3.${AWS::URLSuffix}",
        "${SignIn}",
    ]
