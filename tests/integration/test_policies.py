"""What roles may do, in the template as CloudFormation gets it: own resources alone, but for what is listed here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.integration.template import transformed

#: Managed policies that SAM attaches, and why no policy of ours takes their place.
MANAGED = {
    "AWSLambdaBasicExecutionRole": "writes to log groups and reads none",
    "AWSXrayWriteOnlyAccess": "X-Ray has no resources",
    "AWSLambdaVPCAccessExecutionRole": "a network interface has no ARN before it exists",
}
#: Functions that reach the database, and may therefore run in a VPC.
IN_VPC = {"ApiFunctionRole", "DispatchFunctionRole", "WorkFunctionRole", "LookupFunctionRole"}
#: Actions on all resources, by role: AWS has no resources for deliveries of logs and for traces.
ANYTHING = {
    "JobMachineRole": {
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
    }
}
PREFIXES = {"uploads/*", "incoming/*", "jobs/*"}


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of the resources of a type."""
    found = transformed()["Resources"].items()
    return {name: each["Properties"] for name, each in found if each["Type"] == kind}


def roles() -> dict[str, dict[str, Any]]:
    """Return the properties of each role."""
    return of_type("AWS::IAM::Role")


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements() -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """Yield what each role is allowed: the role, the actions, and the statement."""
    for role, properties in roles().items():
        for policy in properties.get("Policies", []):
            for each in listed(policy["PolicyDocument"]["Statement"]):
                assert each["Effect"] == "Allow"
                yield role, listed(each["Action"]), each


def test_a_role_has_no_managed_policy_but_those_with_a_reason() -> None:
    """SAM attaches policies that reach every queue or stream of the account where a function declares such events."""
    for role, properties in roles().items():
        text = [json.dumps(arn) for arn in properties.get("ManagedPolicyArns", [])]
        attached = {arn.rsplit("/", 1)[-1].rstrip('"]}') for arn in text}
        assert attached <= set(MANAGED), role
        assert ("AWSLambdaVPCAccessExecutionRole" in attached) == (role in IN_VPC), role


def test_an_action_on_all_resources_has_a_reason() -> None:
    wide = [(role, actions) for role, actions, each in statements() if "*" in listed(each["Resource"])]
    found = {role: {action for other, some in wide if other == role for action in some} for role, _ in wide}
    assert found == ANYTHING


def test_every_action_is_named() -> None:
    assert [(role, some) for role, some, _ in statements() if any("*" in action for action in some)] == []


def test_the_bucket_is_listed_below_prefixes_alone() -> None:
    """No role lists all that the bucket has."""
    conditions = [each.get("Condition") for _, some, each in statements() if "s3:ListBucket" in some]
    assert conditions
    assert all(set(listed(each["StringLike"]["s3:prefix"])) <= PREFIXES for each in conditions if each)
    assert None not in conditions


def test_a_function_receives_from_the_queues_and_streams_that_invoke_it() -> None:
    """The poller works with the function's role, so that has to allow what is polled, and no more."""
    sources: dict[str, list[Any]] = {}
    for name, mapping in of_type("AWS::Lambda::EventSourceMapping").items():
        assert name.startswith(mapping["FunctionName"]["Ref"]), "another name would be another source, beside the first"
        sources.setdefault(f"{mapping['FunctionName']['Ref']}Role", []).append(mapping["EventSourceArn"])
    allowed: dict[str, list[Any]] = {}
    for role, some, each in statements():
        if {"sqs:ReceiveMessage", "sqs:DeleteMessage", "dynamodb:GetRecords"} & set(some):
            assert {"sqs:GetQueueAttributes", "dynamodb:DescribeStream"} & set(some), role
            allowed.setdefault(role, []).extend(listed(each["Resource"]))
    assert set(sources) == {"WorkFunctionRole", "LookupFunctionRole", "GiveUpFunctionRole", "AnnounceFunctionRole"}
    assert {role: sorted(map(str, some)) for role, some in allowed.items()} == {
        role: sorted(map(str, some)) for role, some in sources.items()
    }


def test_every_function_may_use_the_key_of_the_deployment() -> None:
    """Queues, tables and objects are encrypted with it, if there is one."""
    (policy,) = of_type("AWS::IAM::Policy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}
    assert {each["Ref"] for each in policy["Roles"]} == {name for name in roles() if name.endswith("FunctionRole")}


def test_what_is_stored_is_encrypted_with_the_key_of_the_deployment() -> None:
    """Every bucket, table, queue and log group; the console's pages, which are no secret, lie in another template."""
    key = {"Ref": "KmsKeyArn"}
    (bucket,) = of_type("AWS::S3::Bucket").values()
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
    assert all(each["SSESpecification"]["KMSMasterKeyId"] == key for each in of_type("AWS::DynamoDB::Table").values())
    assert all(each["KmsMasterKeyId"] == key for each in of_type("AWS::SQS::Queue").values())
    assert all(each["KmsKeyId"] == key for each in of_type("AWS::Logs::LogGroup").values())


def test_pages_can_read_what_the_gateway_answers_itself() -> None:
    """A browser would show an error of CORS in the place of a 429, 413 or 504."""
    body = of_type("AWS::ApiGateway::RestApi")["Api"]["Body"]
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX", "INTEGRATION_FAILURE"):
        headers = body["x-amazon-apigateway-gateway-responses"][kind]["responseParameters"]
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"


def test_a_request_to_a_throttled_function_may_be_repeated() -> None:
    """API Gateway would answer 500, after which neither the pages nor the command line try again."""
    body = of_type("AWS::ApiGateway::RestApi")["Api"]["Body"]
    response = body["x-amazon-apigateway-gateway-responses"]["INTEGRATION_FAILURE"]
    assert response["statusCode"] == "503"
    assert response["responseParameters"]["gatewayresponse.header.Retry-After"] == "'5'"
    assert "message" in json.loads(response["responseTemplates"]["application/json"])


def test_a_stream_is_served_by_a_function_of_its_own_and_everything_else_by_the_api() -> None:
    """API Gateway chooses by path and method together, so another method of the path goes to the API too."""
    paths = of_type("AWS::ApiGateway::RestApi")["Api"]["Body"]["paths"]
    served = {
        (path, method): json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert "${EventsFunction.Arn}" in served.pop(("/v1/jobs/{job}/events", "get"))
    assert {path for path, _ in served} == {"/{proxy+}"}
    assert all("${ApiFunction.Arn}" in uri for uri in served.values())


def test_a_new_runtime_comes_with_a_deployment() -> None:
    """boto3 is the runtime's own, and AWS would replace it between two deployments."""
    found = of_type("AWS::Lambda::Function").values()
    assert {each["RuntimeManagementConfig"]["UpdateRuntimeOn"] for each in found} == {"FunctionUpdate"}
