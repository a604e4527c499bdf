"""Where each parameter of the template arrives, in the template as CloudFormation gets it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.integration.template import transformed

FUNCTIONS = "AWS::Lambda::Function"
LOGS = "AWS::Logs::LogGroup"
#: Parameters that decide a condition alone.
SWITCHES = {"EnableAccessLogs", "EnableConsole", "EnableTracing", "EnableWebSocket", "LocalEndpoint"}
#: Those whose value is in the console's configuration, which `test_nested_stacks` reads.
CONSOLE = {"ConsoleClientId", "ConsoleScopes", "ConsoleSignIn"}
#: Types of which every resource gets the parameter, and the property.
EVERY = {
    "Architecture": {(FUNCTIONS, "Architectures")},
    "GigabytesPerTenant": {(FUNCTIONS, "TENANT_GIGABYTES")},
    "JobsPerTenant": {(FUNCTIONS, "TENANT_JOBS")},
    "KmsKeyArn": {
        (LOGS, "KmsKeyId"),
        ("AWS::S3::Bucket", "KMSMasterKeyID"),
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::DynamoDB::Table", "KMSMasterKeyId"),
    },
    "LogRetentionDays": {(LOGS, "RetentionInDays")},
    "PythonRuntime": {(FUNCTIONS, "Runtime")},
    "RetentionDays": {(FUNCTIONS, "KEEP_DAYS")},
    "SyncsPerTenant": {(FUNCTIONS, "TENANT_SYNCS")},
    "WaitsPerTenant": {(FUNCTIONS, "TENANT_WAITS")},
}
_REACH_THE_DATABASE = {"ApiFunction", "DispatchFunction", "WorkFunction"}
_KNOW_CALLERS = {"ApiFunction", "EventsFunction", "SocketFunction"}
#: Resources that get the parameter, by the property.
SOME: dict[str, dict[str, set[str]]] = {
    "AlarmTopic": {"AlarmTopic": {"AlarmStack"}},
    "AllowedOrigin": {"AllowedOrigins": {"FilesBucket"}},
    "ApiConcurrency": {"ReservedConcurrentExecutions": {"ApiFunction"}},
    "ApiRequestsPerSecond": {
        "ThrottlingRateLimit": {"ApiliveStage", "SocketStage"},
        "ThrottlingBurstLimit": {"ApiliveStage", "SocketStage"},
    },
    "Audience": {"AUDIENCE": _KNOW_CALLERS},
    "DatabaseSecretArn": {
        "DATABASE_SECRET_ARN": _REACH_THE_DATABASE,
        "Resource": {f"{name}Role" for name in _REACH_THE_DATABASE},
    },
    "EventsConcurrency": {"ReservedConcurrentExecutions": {"EventsFunction"}},
    "ExecutionLogLevel": {"Level": {"JobMachine"}},
    "Issuer": {"ISSUER": _KNOW_CALLERS},
    "JwksUrl": {"JWKS_URL": _KNOW_CALLERS},
    "LookupConcurrency": {"MaximumConcurrency": {"LookupFunctionLookup"}},
    "PublicSocketUrl": {"socket_url": {"ApiliveStage"}, "ConnectSources": {"ConsoleStack"}},
    "PublicUrl": {"base_url": {"ApiliveStage"}, "BASE_URL": {"AnnounceFunction"}, "ConnectSources": {"ConsoleStack"}},
    "RecordsReads": {"ReadUnitsPerSecond": {"RecordsTable"}},
    "RecordsWrites": {"WriteUnitsPerSecond": {"RecordsTable"}},
    "SecurityGroupIds": {"SecurityGroupIds": _REACH_THE_DATABASE | {"LookupFunction"}},
    "SubnetIds": {"SubnetIds": _REACH_THE_DATABASE | {"LookupFunction"}},
    "TenantClaim": {"TENANT_CLAIM": _KNOW_CALLERS},
    "UpstreamsSecretArn": {
        "UPSTREAMS_SECRET_ARN": {"LookupFunction", "PlanFunction", "WorkFunction"},
        "Resource": {"LookupFunctionRole", "PlanFunctionRole", "WorkFunctionRole"},
    },
    "WorkConcurrency": {"MaximumConcurrency": {"WorkFunctionStandard", "WorkFunctionUrgent"}},
}
_STEPS = re.compile(r"\d+|Fn::.*")


def resources(kind: str | None = None) -> dict[str, dict[str, Any]]:
    """Return the properties of the resources, or of those of a type."""
    found = transformed()["Resources"].items()
    return {name: each.get("Properties", {}) for name, each in found if kind in (None, each["Type"])}


def referred(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a part of the template refers to, and by which way."""
    if isinstance(node, list):
        node = {str(at): each for at, each in enumerate(node)}
    if not isinstance(node, dict):
        return
    if isinstance(node.get("Ref"), str):
        yield node["Ref"], path
    text = node.get("Fn::Sub", "")
    for name in re.findall(r"\$\{(\w+)\}", text if isinstance(text, str) else text[0]):
        yield name, path
    for key, each in node.items():
        yield from referred(each, (*path, key))


def arrivals() -> dict[str, dict[str, set[str]]]:
    """Return where each parameter arrives: parameter, property, names of resources."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for resource, properties in resources().items():
        for name, path in referred(properties, ()):
            if name in transformed()["Parameters"]:
                named = [step for step in path if not _STEPS.fullmatch(step)]
                place = "ConnectSources" if "ConnectSources" in named else named[-1]
                found[name][place].add(resource)
    return found


def test_every_parameter_arrives_where_it_is_meant_to() -> None:
    """One that is passed on under a wrong name, or to one resource too few, would show on AWS alone."""
    found = {name: dict(places) for name, places in arrivals().items()}
    assert set(found) - CONSOLE == set(EVERY) | set(SOME)
    assert set(transformed()["Parameters"]) == set(EVERY) | set(SOME) | SWITCHES | CONSOLE
    assert {name: found[name] for name in SOME} == SOME
    for name, wanted in EVERY.items():
        for kind, place in wanted:
            assert set(resources(kind)) <= found[name][place], (name, kind)


def test_what_switches_turn_on_is_there() -> None:
    stages = [each.get("AccessLogSetting") for each in resources("AWS::ApiGateway::Stage").values()]
    stages += [each.get("AccessLogSettings") for each in resources("AWS::ApiGatewayV2::Stage").values()]
    assert len(stages) == 2
    assert all(each["DestinationArn"]["Fn::GetAtt"][0].endswith("AccessLog") for each in stages if each)
    assert None not in stages
    assert {each["TracingConfig"]["Mode"] for each in resources(FUNCTIONS).values()} == {"Active"}
    (machine,) = resources("AWS::StepFunctions::StateMachine").values()
    assert machine["TracingConfiguration"]["Enabled"]


def test_what_a_switch_has_turned_on_is_turned_off_by_it() -> None:
    """An update that leaves the property out would leave it on, with a log group and a permission that are gone."""
    plain = {name: each["Properties"] for name, each in transformed(options=False)["Resources"].items()}
    machine, stage = plain["JobMachine"], plain["ApiliveStage"]
    assert machine["LoggingConfiguration"]["Level"] == {"Ref": "ExecutionLogLevel"}
    assert machine["LoggingConfiguration"].get("Destinations") == {"Ref": "AWS::NoValue"}
    assert machine["TracingConfiguration"] == {"Enabled": False}
    assert stage["TracingEnabled"] is False
    assert {plain[name]["TracingConfig"]["Mode"] for name in resources(FUNCTIONS)} == {"PassThrough"}


def test_an_event_of_the_bucket_that_fails_goes_to_a_queue() -> None:
    (config,) = resources("AWS::Lambda::EventInvokeConfig").values()
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["LostEventsQueue", "Arn"]}
    assert config["FunctionName"] == {"Ref": "OnUploadFunction"}


def test_addresses_of_a_domain_have_no_path() -> None:
    """API Gateway passes on the path behind a domain, and routes have none."""
    for name in ("PublicUrl", "PublicSocketUrl"):
        pattern = transformed()["Parameters"][name]["AllowedPattern"]
        assert all(
            re.fullmatch(pattern, each) for each in ("", "https://imports.example.com", "https://x.example:8443")
        )
        wrong = ("https://x.example/", "https://x.example/imports", "wss://x.example", "x.example", "https://")
        assert not any(re.fullmatch(pattern, each) for each in wrong)
