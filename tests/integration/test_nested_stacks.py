"""The templates of the nested stacks: what the stack passes to them, what alarms watch, what the console sends."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, get_args

import pytest

from local import web
from local.deploy import TEMPLATES
from local.paths import ROOT
from sluice.model.status import Status
from sluice.observability import ErrorMetric, metrics
from tests.integration.template import template

NESTED = {"ConsoleStack": "console.yaml", "AlarmStack": "alarms.yaml"}
# The dimension that identifies a resource in a namespace of AWS, and the resource's type.
WATCHED = {
    ("AWS/Lambda", "FunctionName"): "AWS::Serverless::Function",
    ("AWS/SQS", "QueueName"): "AWS::SQS::Queue",
    ("AWS/States", "StateMachineArn"): "AWS::Serverless::StateMachine",
}
# The dimension `service` of each metric of ours: the variable of all functions that Powertools reads it from.
SERVICE = template()["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
# Counted at the end of each run, by the job's status.
OF_STATUSES = {f"Jobs{status.title().replace('_', '')}" for status in Status}
# What alarms differ in; all other properties are the same.
OWN = {"AlarmDescription", "Namespace", "MetricName", "Dimensions", "Statistic", "Period", "Threshold"}
# Alarms that ring at more than a single event.
THRESHOLDS = {
    "ApiFaultsAlarm": 25,
    "UrgentWaitsAlarm": 1800,
    "StandardWaitsAlarm": 1800,
    "LookupWaitsAlarm": 6 * 3600,
}


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


def emitted() -> set[str]:
    """Return the metrics that the handlers' code emits: by `add_metric` and `count_error`, and around a chunk."""
    sources = [*(ROOT / "functions").rglob("*.py"), ROOT / "layers" / "domain" / "sluice" / "observability.py"]
    calls = [node for path in sources for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    found = set[str]()
    for call in calls:
        match call:
            case ast.Call(func=ast.Name("count_error"), args=[ast.Constant(str(name)), *_]):
                found.add(name)
            case ast.Call(func=ast.Attribute(attr="add_metric"), keywords=[ast.keyword("name", named), *_]):
                found |= {str(named.value)} if isinstance(named, ast.Constant) else OF_STATUSES
    return found


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
        assert passed("AlarmStack")["Service"] == SERVICE
        assert properties["MetricName"] in emitted(), "no function emits it"
        assert "Condition" not in template("alarms.yaml")["Resources"][alarm]
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


def test_every_error_that_a_function_catches_rings_an_alarm_of_its_name() -> None:
    """Lambda counts only what a handler raises."""
    ours = {name: each["MetricName"] for name, each in alarms().items() if each["Namespace"] == metrics.namespace}
    caught = {metric for metric in emitted() if metric.endswith("Errors")}
    assert caught == set(get_args(ErrorMetric))
    assert caught <= set(ours.values())
    assert ours == {f"{metric}Alarm": metric for metric in ours.values()}


def test_no_batch_hides_its_errors() -> None:
    """A batch that reports its messages succeeds for Lambda, so the function that processes one counts them."""
    sources = {path: path.read_text() for path in (ROOT / "functions").rglob("*.py")}
    batches = {path.parent.name for path, text in sources.items() if "process_partial_response(" in text}
    assert batches == {path.parent.name for path, text in sources.items() if "@chunk_errors(" in text}
    resources = template()["Resources"].values()
    reporting = {
        each["Properties"]["FunctionName"]
        for each in resources
        if "FunctionResponseTypes" in each.get("Properties", {})
    }
    handlers = {template()["Resources"][name]["Properties"]["Handler"] for name in reporting}
    assert handlers == {f"functions.{name}.app.handler" for name in batches}


def test_throttles_of_every_worker_ring_an_alarm() -> None:
    """A throttled message counts as received, and is no error."""
    workers = {
        name
        for name in functions()
        if template()["Resources"][name]["Properties"]["Handler"] == "functions.work.app.handler"
    }
    watched = [each["Dimensions"][0]["Value"] for each in alarms().values() if each["MetricName"] == "Throttles"]
    assert sorted(watched) == sorted(workers) == ["LookupFunction", "WorkFunction"]


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
    assert ours == {"JobsCompleted", "JobsFailed", "UnprocessedRows", "StuckJobs", *get_args(ErrorMetric)}
    assert ours <= emitted()


def test_dashboards_of_two_regions_have_two_names() -> None:
    """All regions of an account share their names: the same stack in a second region would overwrite the first's."""
    dashboard = template("alarms.yaml")["Resources"]["Dashboard"]["Properties"]
    assert dashboard["DashboardName"] == "${Service}-${AWS::Region}"
    assert "${AWS::Region}" in dashboard["DashboardBody"]


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
