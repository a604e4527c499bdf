"""A client of Sluice's public API that knows only what the OpenAPI description says."""

import json
import re
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

import httpx
from httpx_sse import EventSource

from sluice_cli.errors import NotConnected, RequestFailed, Stalled, Unreachable
from sluice_cli.words import command

WAITING_OR_ENDED: Final = frozenset({"completed", "failed", "cancelled", "rolled_back", "in_review", "paused"})
"""States that a job does not leave by itself, unless it is suspended."""

_PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
_GATEWAY_ERRORS: Final = frozenset({502, 503, 504})
"""Statuses that a gateway in front of the API responds with on its own."""
_PASSING: Final = _GATEWAY_ERRORS | {429}
"""Statuses after which the same request may succeed."""


@dataclass(frozen=True)
class Response:
    """A response of the API: its JSON as received, and the same parsed."""

    text: str
    body: Any
    headers: Mapping[str, str]


NOT_MODIFIED: Final = Response("", None, {})
"""The response to a conditional request when nothing has changed."""


class Bearer(httpx.Auth):
    """Adds a bearer token to each request.

    Raises
    ------
    NotConnected
        For a text that no header can have; it is not quoted, since it may hold a token.
    """

    def __init__(self, token: str) -> None:
        self._token = token.strip()
        if not re.fullmatch(r"[!-~]+", self._token):
            raise NotConnected(
                "The token has spaces or other characters that no token has. Copy it again, as one line."
            )

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class Client:
    """Calls the API at `api_url` (with its ``/v1``).

    Parameters
    ----------
    token
        A bearer token, or what adds one to each request.
    transport
        Replaces the network in tests.
    """

    def __init__(self, api_url: str, token: str | httpx.Auth, *, transport: httpx.BaseTransport | None = None) -> None:
        timeout = httpx.Timeout(60.0, connect=5.0)
        self._api_url = api_url.rstrip("/")
        auth = Bearer(token) if isinstance(token, str) else token
        headers = {"Accept": "application/json"}
        self._api = httpx.Client(auth=auth, headers=headers, timeout=timeout, transport=transport)
        self._files = httpx.Client(timeout=httpx.Timeout(600.0, connect=5.0), transport=transport)  # without the token

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._api.close()
        self._files.close()

    def get(self, path: str, **query: object) -> Response:
        """GET a path below the API's address; parameters that are None are not sent."""
        return self._call("GET", path, params={name: str(value) for name, value in query.items() if value is not None})

    def post(self, path: str, body: Mapping[str, Any] | None = None, **query: object) -> Response:
        """POST to a path below the API's address."""
        return self._call(
            "POST", path, json=dict(body or {}), params={name: str(value) for name, value in query.items()}
        )

    def put(self, path: str, body: Mapping[str, Any]) -> Response:
        """PUT to a path below the API's address."""
        return self._call("PUT", path, json=dict(body))

    def delete(self, path: str) -> Response:
        """DELETE a path below the API's address."""
        return self._call("DELETE", path)

    def save(self, path: str, target: Path, *, patience: float = 900.0) -> int:
        """Stream the file at a path below the API's address to `target`; return its bytes.

        A file that is still being written (503) is requested again, for at most `patience` seconds.
        """
        deadline = time.monotonic() + patience
        while True:
            with _reaching(self._api_url):
                response = self._api.get(self._api_url + path)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                break
            time.sleep(_pause(response.headers))
        if response.is_redirect:
            location = response.headers["Location"]
            with _reaching(location), self._files.stream("GET", location) as found, target.open("wb") as out:
                found.raise_for_status()
                return sum(out.write(block) for block in found.iter_bytes())
        if response.is_error:
            _body_of(response)  # raises
        return target.write_bytes(response.content)

    def start_import(self, file: Path, importer: str, *, name: str | None = None, **options: Any) -> Any:
        """Announce a file; return ``{"job": …, "upload": …}``. Options are those of the API; None is not sent.

        Parameters
        ----------
        name
            Name of the file for the job, if it is another than on this machine.
        """
        body: dict[str, Any] = {"importer": importer, "filename": name or file.name, "bytes": file.stat().st_size}
        return self.post("/imports", body | {name: value for name, value in options.items() if value is not None}).body

    def upload(self, target: Mapping[str, Any], name: str, content: IO[bytes]) -> None:
        """Stream a file to the presigned form of `start_import`, its fields before the file, as S3 demands."""
        with _reaching(str(target["url"])):
            response = self._files.request(
                str(target["method"]), str(target["url"]), data=dict(target["fields"]), files={"file": (name, content)}
            )
        if response.is_error:
            message = re.search(r"<Message>([^<]*)</Message>", response.text)
            detail = message[1] if message else response.text[:500]
            raise RequestFailed(response.status_code, {"title": "The file could not be uploaded", "detail": detail})

    def follow(
        self, job_id: str, *, patience: float = 900.0, sleep: Callable[[float], None] = time.sleep
    ) -> Iterator[Response]:
        """Poll a job: yield its present state and every later one, until it waits or has ended.

        A suspended job is polled further, because it resumes by itself. So is any job while a connection breaks or a
        gateway responds for the API: the job goes on meanwhile.

        Raises
        ------
        Stalled
            When the job has not changed for `patience` seconds.
        """
        etag: str | None = None
        changed, failures = time.monotonic(), 0
        while True:
            try:
                response = self._call("GET", f"/jobs/{job_id}", headers={"If-None-Match": etag} if etag else None)
            except (Unreachable, RequestFailed) as error:
                passing = isinstance(error, Unreachable) or error.status in _PASSING
                if etag is None or not passing or time.monotonic() - changed > patience:
                    raise
                sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1
                continue
            failures = 0
            if response is not NOT_MODIFIED:
                etag, changed = response.headers.get("ETag"), time.monotonic()
                yield response
                if response.body["status"] in WAITING_OR_ENDED and not response.body.get("suspended"):
                    return
            if time.monotonic() - changed > patience:
                raise Stalled(
                    f"Job {job_id} has not changed for {patience:.0f} s. Look again: {command('job', job_id)}"
                )
            sleep(_pause(response.headers))

    def events(
        self, job_id: str, *, patience: float = 900.0, sleep: Callable[[float], None] = time.sleep
    ) -> Iterator[Response]:
        """Follow a job's server-sent events: yield its present state and every later one, until the stream ends.

        The API ends a response after a while, and connections break; each time the stream is requested again from the
        last event on (``Last-Event-ID``). A 204 is its end. After a response without an event the job is requested,
        because no event says that it waits for a worker.

        Raises
        ------
        Stalled
            When the API has not responded for `patience` seconds.
        """
        last, failures, heard = "", 0, time.monotonic()
        job: dict[str, Any] = {}
        waits: str | None = None
        while True:
            stream = self._open_stream(job_id, last)
            if stream is None:
                if time.monotonic() - heard > patience:
                    look = command("job", job_id)
                    raise Stalled(f"The API has not responded for {patience:.0f} s. Look again: {look}")
                sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1
                continue
            if stream.status_code == httpx.codes.NO_CONTENT:
                return
            failures, heard, retry, is_quiet = 0, time.monotonic(), 0.5, True
            for event in EventSource(stream).iter_sse():
                last = event.id or last
                retry = retry if event.retry is None else event.retry / 1000
                if event.data:
                    is_quiet, waits = False, None
                    job = json.loads(event.data)["job"]
                    yield Response(json.dumps(job), job, {})
            if is_quiet and job.get("phase") and (found := self._waiting(job_id)):
                before, waits = waits, found.body["progress"]["waits_since"]
                if waits != before:
                    yield found
            sleep(retry)

    def _waiting(self, job_id: str) -> Response | None:
        """Request a job; None if it does not wait for a worker, or the connection broke."""
        with suppress(Unreachable, RequestFailed):
            found = self._call("GET", f"/jobs/{job_id}")
            return found if (found.body.get("progress") or {}).get("waits_since") else None
        return None

    def _open_stream(self, job_id: str, last: str) -> httpx.Response | None:
        """Request a job's events after the `last` one; None if the connection broke, or not the API responded."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        try:
            response = self._api.get(f"{self._api_url}/jobs/{job_id}/events", headers=headers)
        except httpx.TransportError:
            return None
        if response.is_error and response.status_code not in _PASSING:
            _body_of(response)  # raises
        is_stream = response.headers.get("Content-Type", "").startswith("text/event-stream")
        return response if is_stream or response.status_code == httpx.codes.NO_CONTENT else None

    def _call(self, method: str, path: str, **request: Any) -> Response:
        with _reaching(self._api_url):
            response = self._api.request(method, self._api_url + path, **request)
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return NOT_MODIFIED
        if response.status_code == httpx.codes.NO_CONTENT:
            return Response("", None, response.headers)
        return Response(response.text, _body_of(response), response.headers)


def _body_of(response: httpx.Response) -> Any:
    try:
        body = response.json()
    except ValueError:
        body = None
    if response.is_error or body is None:
        if isinstance(body, dict) and "title" in body:
            raise RequestFailed(response.status_code, body)
        message = body.get("message") if isinstance(body, dict) else None  # a gateway's own response
        title = f"The API responded with {response.status_code} {response.reason_phrase}"
        raise RequestFailed(response.status_code, {"title": title, "detail": message or response.text[:500]})
    return body


def _pause(headers: Mapping[str, str]) -> float:
    """Return the seconds until the next request: ``Retry-After``, but at most one, because a person waits."""
    try:
        return min(max(float(headers.get("Retry-After", 0.25)), 0.1), 1.0)
    except ValueError:
        return 1.0


@contextmanager
def _reaching(address: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        local = "//127.0.0.1" in address or "//localhost" in address
        advice = "On a laptop, start Sluice with: make up" if local else "Check the address and your network."
        raise Unreachable(f"No response from {address} ({reason}). {advice}") from error
