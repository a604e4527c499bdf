"""What the meter of ``make cost`` counts, by the rules by which AWS bills."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from benchmarks.meter import Meter, item_bytes, metered

SIGNED_FOR_S3 = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20261128/us-east-1/s3/aws4_request"}


class Tables:
    """One item of 1,500 bytes in a table with an index by ``active``."""

    item: Mapping[str, Any] = {"pk": {"S": "a" * 1_498}}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": self.item}

    def describe_table(self, **_: Any) -> dict[str, Any]:
        return {"Table": {"GlobalSecondaryIndexes": [{"KeySchema": [{"AttributeName": "active"}]}]}}


@pytest.fixture
def meter() -> Meter:
    return Meter(Tables())


def dynamodb(meter: Meter, action: str, body: Mapping[str, Any], answer: Mapping[str, Any], *, failed: bool) -> None:
    target = {"X-Amz-Target": f"DynamoDB_20120810.{action}"}
    meter.request("POST", "/", target, json.dumps(body).encode(), json.dumps(answer).encode(), failed=failed)


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"name": {"S": "é"}}, 4 + 2),
        ({"n": {"N": "7"}}, 1 + 2),
        ({"n": {"N": "1234"}}, 1 + 3),
        ({"n": {"N": "-120.50"}}, 1 + 3 + 1),
        ({"n": {"N": "1000000"}}, 1 + 2),
        ({"b": {"B": "AAAA"}}, 1 + 3),
        ({"x": {"NULL": True}}, 1 + 1),
        ({"x": {"BOOL": False}}, 1 + 1),
        ({"l": {"L": [{"S": "ab"}, {"S": "c"}]}}, 1 + 3 + 3 + 2),
        ({"m": {"M": {"k": {"S": "v"}}}}, 1 + 3 + 1 + 2),
        ({"s": {"SS": ["a", "bc"]}}, 1 + 3),
    ],
)
def test_an_item_has_the_size_that_dynamodb_counts(item: Mapping[str, Any], size: int) -> None:
    """Names and values count, digits in pairs, lists and maps three bytes and one for each element."""
    assert item_bytes(item) == size


SMALL, LARGE = {"pk": {"S": "a"}}, {"pk": {"S": "a" * 5_000}}


@pytest.mark.parametrize(
    ("action", "body", "answer", "writes", "reads"),
    [
        ("PutItem", {"TableName": "t", "Item": SMALL}, {}, 1, 0),
        ("PutItem", {"TableName": "t", "Item": LARGE}, {}, 5, 0),
        ("PutItem", {"TableName": "t", "Item": {**SMALL, "active": {"S": "1"}}}, {}, 2, 0),
        ("UpdateItem", {"TableName": "t", "Key": SMALL, "UpdateExpression": "SET counted = :n"}, {}, 2, 0),
        (
            "UpdateItem",
            {
                "TableName": "t",
                "Key": SMALL,
                "UpdateExpression": "REMOVE #a",
                "ExpressionAttributeNames": {"#a": "active"},
            },
            {},
            3,
            0,
        ),
        (
            "BatchWriteItem",
            {"RequestItems": {"t": [{"PutRequest": {"Item": SMALL}}, {"DeleteRequest": {"Key": SMALL}}]}},
            {},
            1 + 1,
            0,
        ),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "t", "Item": SMALL}}]}, {}, 2, 0),
        ("GetItem", {"TableName": "t", "ConsistentRead": True}, {"Item": LARGE}, 0, 2),
        ("GetItem", {"TableName": "t"}, {}, 0, 0.5),
        (
            "BatchGetItem",
            {"RequestItems": {"t": {"Keys": [SMALL] * 3, "ConsistentRead": True}}},
            {"Responses": {"t": [SMALL]}},
            0,
            3,
        ),
        ("Query", {"TableName": "t", "ConsistentRead": True}, {"Items": [SMALL] * 100}, 0, 1),
    ],
)
def test_units_of_dynamodb_are_those_of_the_items(
    meter: Meter, action: str, body: Mapping[str, Any], answer: Mapping[str, Any], writes: float, reads: float
) -> None:
    """A write is rounded up to 1 KB, twice in a transaction and once more for a changed index; a read to 4 KB."""
    dynamodb(meter, action, body, answer, failed=False)
    assert (meter.used()["dynamodb_writes"], meter.used()["dynamodb_reads"]) == (writes, reads)


@pytest.mark.parametrize(("problem", "writes"), [("ConditionalCheckFailedException", 1), ("ValidationException", 0)])
def test_a_write_whose_condition_fails_is_billed(meter: Meter, problem: str, writes: int) -> None:
    dynamodb(meter, "PutItem", {"TableName": "t", "Item": SMALL}, {"__type": problem}, failed=True)
    assert meter.used()["dynamodb_writes"] == writes


@pytest.mark.parametrize(
    ("method", "path", "headers", "counted"),
    [
        ("PUT", "/bucket/jobs/a", SIGNED_FOR_S3, {"s3_writes": 1}),
        ("GET", "/bucket/jobs/a", SIGNED_FOR_S3, {"s3_reads": 1}),
        ("HEAD", "/bucket/jobs/a", SIGNED_FOR_S3, {"s3_reads": 1}),
        ("GET", "/bucket?list-type=2&prefix=jobs/", SIGNED_FOR_S3, {"s3_writes": 1}),
        ("DELETE", "/bucket/jobs/a", SIGNED_FOR_S3, {}),
        ("GET", "/bucket/a?X-Amz-Credential=test/1/us-east-1/s3/aws4_request", {}, {"s3_reads": 1}),
        ("POST", "/bucket", {"Content-Type": "multipart/form-data; boundary=1"}, {"s3_writes": 1}),
        ("POST", "/", {"X-Amz-Target": "AmazonSQS.SendMessageBatch"}, {"sqs_requests": 2}),
        ("GET", "/_aws/execute-api/a1/live/v1/jobs", {}, {"api_requests": 1}),
        ("POST", "/_aws/execute-api/a1/live/@connections/c1", {}, {"socket_messages": 3}),
        ("POST", "/", {"X-Amz-Target": "AWSStepFunctions.StartExecution"}, {}),
    ],
)
def test_requests_are_counted_as_they_are_billed(
    meter: Meter, method: str, path: str, headers: Mapping[str, str], counted: Mapping[str, int]
) -> None:
    """A listing costs as a write, a deletion nothing; 70 KB are two requests of SQS and three messages."""
    meter.request(method, path, headers, b"a" * 70_000, b"")
    assert dict(meter.used()) == counted


class Echo(BaseHTTPRequestHandler):
    """An API that answers with what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


def test_the_proxy_passes_requests_on_and_counts_them() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with metered(f"http://127.0.0.1:{server.server_address[1]}") as (address, meter), httpx.Client() as http:
            answers = [http.post(f"{address}/_aws/execute-api/a/live", content=b"x" * size) for size in (0, 10, 10**6)]
            assert [(each.status_code, len(each.content)) for each in answers] == [(201, 0), (201, 10), (201, 10**6)]
        assert meter.used() == {"api_requests": 3}
    finally:
        server.shutdown()
        server.server_close()
