"""Counts what AWS would bill: a proxy before the local AWS sees every request of functions and clients.

Units of DynamoDB are counted from the sizes of items: those that a request wrote or got back, or that are there after
an update. Requests are signed, so that none can be made to ask for what it consumed. What happens inside of the
emulator is read from it afterwards: invocations and their durations from the functions' logs, transitions from the
executions' history, and what is kept in S3.
"""

from __future__ import annotations

import base64
import json
import math
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import cache
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from local.processes import LOOPBACK
from local.stack import Stack, aws_client

READ_UNIT: Final = 4096
"""Bytes of a consistent read that DynamoDB bills as one unit; half of one if it is eventually consistent."""
WRITE_UNIT: Final = 1024
"""Bytes of a write that DynamoDB bills as one unit; twice in a transaction."""
QUEUE_UNIT: Final = 65_536
"""Bytes of a request that SQS bills as one."""
SOCKET_UNIT: Final = 32_768
"""Bytes of a message that API Gateway bills as one."""
LOG_OVERHEAD: Final = 26
"""Bytes that CloudWatch Logs bills for each line beside its text."""

_QUEUED: Final = ("WorkFunction", "LookupFunction")
"""Outputs that name functions which a queue invokes, message by message."""

_BILLED_FAILURES: Final = (b"ConditionalCheckFailedException", b"TransactionCanceledException")

_REPORT: Final = re.compile(r"Billed Duration: (\d+) ms\tMemory Size: (\d+) MB")
_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade"})


def item_bytes(item: Mapping[str, Any]) -> int:
    """Return the size of an item as DynamoDB counts it, in bytes.

    Source: "DynamoDB item sizes and formats" of the Amazon DynamoDB Developer Guide.
    """
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    sizes: dict[str, Callable[[], int]] = {
        "S": lambda: len(content.encode()),
        "N": lambda: _number_bytes(content),
        "B": lambda: len(base64.b64decode(content)),
        "L": lambda: 3 + sum(1 + _value_bytes(each) for each in content),
        "M": lambda: 3 + len(content) + item_bytes(content),
        "SS": lambda: sum(len(each.encode()) for each in content),
        "NS": lambda: sum(map(_number_bytes, content)),
    }
    return sizes.get(kind, lambda: 1)()  # true, false and null


def _number_bytes(content: str) -> int:
    number = Decimal(content).normalize().as_tuple()
    return (len(number.digits) + 1) // 2 + 1 + number.sign


class Meter:
    """What was used so far, by its name in ``prices.toml``.

    Parameters
    ----------
    tables
        A client of DynamoDB that the meter looks items and indexes up with.
    """

    def __init__(self, tables: Any) -> None:
        self._lock = threading.Lock()
        self._used: Counter[str] = Counter()
        self._tables = tables

    def used(self) -> Counter[str]:
        """Return what was used since the meter began."""
        with self._lock:
            return Counter(self._used)

    def add(self, name: str, amount: float) -> None:
        """Count some more."""
        with self._lock:
            self._used[name] += amount  # type: ignore[assignment]  # units of DynamoDB are halves

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, answer: bytes, *, failed: bool = False
    ) -> None:
        """Count a request that was responded to, also if the response says that it `failed`."""
        service, _, action = headers.get("X-Amz-Target", "").partition(".")
        if service.startswith("DynamoDB_"):
            # a write whose condition is not met is billed as one that is done, another error is not
            if not failed or any(name in answer for name in _BILLED_FAILURES):
                self._dynamodb(action, json.loads(body or b"{}"), {} if failed else json.loads(answer or b"{}"))
        elif service == "AmazonSQS":
            self.add("sqs_requests", max(1, math.ceil(len(body) / QUEUE_UNIT)))
        elif "/@connections/" in path:
            self.add("socket_messages", max(1, math.ceil(len(body) / SOCKET_UNIT)))
        elif path.startswith(("/_aws/execute-api/", "/restapis/")):
            self.add("api_requests", 1)
        elif not service and _is_s3(headers, path, method):
            listing = method == "GET" and urlsplit(path).path.strip("/").count("/") == 0
            if method in {"PUT", "POST"} or listing:
                self.add("s3_writes", 1)
            elif method in {"GET", "HEAD"}:
                self.add("s3_reads", 1)

    def _dynamodb(self, action: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        if action in {"PutItem", "UpdateItem", "DeleteItem"}:
            self._write(asked)
        elif action == "BatchWriteItem":
            for table, requests in asked["RequestItems"].items():
                for put_or_delete in requests:
                    self._write({"TableName": table, **next(iter(put_or_delete.values()))})
        elif action == "TransactWriteItems":
            for each in asked["TransactItems"]:
                self._write(next(iter(each.values())), times=2)
        else:
            self._reads(action, asked, answer)

    def _reads(self, action: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        consistent = asked.get("ConsistentRead", False)
        if action == "GetItem":
            self._read([answer.get("Item", {})], consistent=consistent)
        elif action == "BatchGetItem":
            for table, wanted in asked["RequestItems"].items():
                found = answer.get("Responses", {}).get(table, [])
                missing: list[Mapping[str, Any]] = [{}] * (len(wanted["Keys"]) - len(found))
                self._read([*found, *missing], consistent=wanted.get("ConsistentRead", False))
        elif action == "TransactGetItems":
            for each in answer.get("Responses", []):
                self._read([each.get("Item", {})] * 2, consistent=True)
        elif action in {"Query", "Scan"}:
            self._units(sum(map(item_bytes, answer.get("Items", []))), consistent=consistent)

    def _write(self, request: Mapping[str, Any], times: int = 1) -> None:
        """Count a write to a table, and one to each index that changes, which has only keys.

        An updated item is looked up. A deleted one is gone, and counted as the smallest: those that jobs delete by the
        thousand are records, which are smaller than a unit, and a look at each would slow the job.
        """
        item = request.get("Item", {})
        if "UpdateExpression" in request:
            item = self._now(request["TableName"], request["Key"])
        changed = {*request.get("Item", {}), *_words(request.get("UpdateExpression", ""), request)}
        indexed = sum(key in changed for key in self._index_keys(request["TableName"]))
        self.add("dynamodb_writes", max(1, math.ceil(item_bytes(item) / WRITE_UNIT)) * times + indexed)

    def _now(self, table: str, key: Mapping[str, Any]) -> Mapping[str, Any]:
        found: dict[str, Any] = self._tables.get_item(TableName=table, Key=key).get("Item", {})
        return found

    @cache  # noqa: B019 - one meter lives as long as the program
    def _index_keys(self, table: str) -> tuple[str, ...]:
        indexes = self._tables.describe_table(TableName=table)["Table"].get("GlobalSecondaryIndexes", [])
        return tuple(index["KeySchema"][0]["AttributeName"] for index in indexes)

    def _read(self, items: list[Mapping[str, Any]], *, consistent: bool) -> None:
        for item in items:
            self._units(item_bytes(item), consistent=consistent)

    def _units(self, size: int, *, consistent: bool) -> None:
        units = max(1, math.ceil(size / READ_UNIT))
        self.add("dynamodb_reads", units if consistent else units / 2)


def _words(expression: str, request: Mapping[str, Any]) -> set[str]:
    """Return the names of attributes in an expression."""
    names: Mapping[str, str] = request.get("ExpressionAttributeNames", {})
    return {names.get(word, word) for word in re.findall(r"#?\w+", expression)}


def _is_s3(headers: Mapping[str, str], path: str, method: str) -> bool:
    """Tell requests to S3 by the service in their signature; a form that a browser sends has one in its body."""
    signed = headers.get("Authorization", "") + "".join(parse_qs(urlsplit(path).query).get("X-Amz-Credential", []))
    form = method == "POST" and headers.get("Content-Type", "").startswith("multipart/form-data")
    return "/s3/aws4_request" in signed or form


@contextmanager
def metered(upstream: str) -> Iterator[tuple[str, Meter]]:
    """Yield the address of a proxy before the local AWS at `upstream`, and its meter, as long as the block lasts."""
    meter, target = Meter(aws_client("dynamodb", upstream)), urlsplit(upstream)

    class Proxy(_Proxy):
        host, port, counting = target.hostname or LOOPBACK, target.port or 80, meter

    server = ThreadingHTTPServer((LOOPBACK, 0), Proxy)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}", meter
    finally:
        server.shutdown()
        server.server_close()


class _Proxy(BaseHTTPRequestHandler):
    """Passes a request on, and counts it."""

    protocol_version = "HTTP/1.1"
    # a response of two packets would wait 40 ms for the receipt of the first, and no lookup would keep to its slot
    wbufsize = -1
    disable_nagle_algorithm = True
    host: str
    port: int
    counting: Meter

    def _pass_on(self) -> None:
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._tunnel()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        upstream = HTTPConnection(self.host, self.port, timeout=900)
        try:
            upstream.request(self.command, self.path, body, {**headers, "Content-Length": str(len(body))})
            response = upstream.getresponse()
            answer = response.read()
        finally:
            upstream.close()
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        if self.command == "HEAD":
            self.send_header("Content-Length", response.getheader("Content-Length") or "0")
        else:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.wfile.flush()
        if response.status < 500:
            failed, named = response.status >= 400, {name.title(): value for name, value in self.headers.items()}
            self.counting.request(self.command, self.path, named, body, answer, failed=failed)

    def __getattr__(self, name: str) -> Any:
        """Take requests of every method."""
        if name.startswith("do_"):
            return self._pass_on
        raise AttributeError(name)

    def _tunnel(self) -> None:
        """Pass bytes of a WebSocket both ways until one side ends."""
        self.close_connection = True
        with socket.create_connection((self.host, self.port)) as upstream:
            head = f"{self.requestline}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
            upstream.sendall(f"{head}\r\n".encode())
            back = threading.Thread(target=_copy, args=(upstream, self.connection), daemon=True)
            back.start()
            _copy(self.connection, upstream)
            back.join()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def functions(stack: Stack) -> list[dict[str, Any]]:
    """Return the configurations of all functions of the local AWS, which has one stack."""
    pages = stack.client("lambda").get_paginator("list_functions").paginate()
    return [function for page in pages for function in page["Functions"]]


def configure(stack: Stack, name: str = "", **variables: str) -> None:
    """Set environment variables of a function, by its name in the template, or else of all functions."""
    for function in functions(stack):
        if name in function["FunctionName"]:
            known = function.get("Environment", {}).get("Variables", {})
            stack.client("lambda").update_function_configuration(
                FunctionName=function["FunctionName"], Environment={"Variables": {**known, **variables}}
            )


def inside(stack: Stack) -> Counter[str]:
    """Count what happened within the local AWS since it started; a queued invocation is a receipt and a deletion."""
    used: Counter[str] = Counter()
    logs, queued = stack.client("logs"), {stack.outputs[name] for name in _QUEUED if name in stack.outputs}
    for function in functions(stack):
        group = function["LoggingConfig"]["LogGroup"]
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
            for event in page["events"]:
                used["log_mb"] += (len(event["message"].encode()) + LOG_OVERHEAD) / 1e6  # type: ignore[assignment]
                if found := _REPORT.search(event["message"]):
                    used["lambda_requests"] += 1
                    used["lambda_gb_seconds"] += int(found[1]) / 1000 * int(found[2]) / 1024  # type: ignore[assignment]
                    used["sqs_requests"] += 2 * (function["FunctionName"] in queued)
    used["state_transitions"] = _transitions(stack)
    used["s3_mb"] = _kept(stack)  # type: ignore[assignment]
    return used


def _transitions(stack: Stack) -> int:
    states, count = stack.client("stepfunctions"), 0
    for page in states.get_paginator("list_executions").paginate(stateMachineArn=stack.job_machine_arn):
        for execution in page["executions"]:
            history = states.get_paginator("get_execution_history").paginate(executionArn=execution["executionArn"])
            count += sum(each["type"].endswith("StateEntered") for found in history for each in found["events"])
    return count


def _kept(stack: Stack) -> float:
    listed = stack.client("s3").get_paginator("list_objects_v2").paginate(Bucket=stack.files_bucket)
    return float(sum(each["Size"] for page in listed for each in page.get("Contents", []))) / 1e6
