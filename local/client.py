"""A client of Sluice's public API, knowing nothing that is not in its OpenAPI description."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

import httpx

from local import events
from local.errors import Refused, Stalled, Unreachable

SETTLED: Final = frozenset({"completed", "failed", "cancelled", "rolled_back", "in_review", "paused"})
"""States in which a job does not go on by itself, unless it is parked."""


@dataclass(frozen=True)
class Answer:
    """An answer of the API: its JSON as it came, and the same parsed."""

    text: str
    body: Any
    headers: Mapping[str, str]


class Client:
    """Calls the API at `api_url` (with its ``/v1``) with a bearer token. `transport` is for the tests."""

    def __init__(self, api_url: str, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        timeout = httpx.Timeout(60.0, connect=5.0)
        self._api_url = api_url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._api = httpx.Client(headers=headers, timeout=timeout, transport=transport)
        self._files = httpx.Client(timeout=httpx.Timeout(600.0, connect=5.0), transport=transport)  # without the token

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._api.close()
        self._files.close()

    def get(self, path: str, **query: object) -> Answer:
        """GET a path below the API's address; parameters that are None are left out."""
        return self._call("GET", path, params={name: str(value) for name, value in query.items() if value is not None})

    def post(self, path: str, body: Mapping[str, Any] | None = None, **query: object) -> Answer:
        """POST to a path below the API's address."""
        return self._call(
            "POST", path, json=dict(body or {}), params={name: str(value) for name, value in query.items()}
        )

    def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        """PUT to a path below the API's address."""
        return self._call("PUT", path, json=dict(body))

    def delete(self, path: str) -> Answer:
        """DELETE a path below the API's address."""
        return self._call("DELETE", path)

    def save(self, path: str, target: Path, *, patience: float = 900.0) -> int:
        """Save the file at a path below the API's address, streamed; return its bytes.

        A file that is still being made is asked for again, as long as `patience` says.
        """
        deadline = time.monotonic() + patience
        while True:
            with _reached(self._api_url):
                answer = self._api.get(self._api_url + path)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                break
            time.sleep(_pause(answer.headers))
        if answer.is_redirect:
            where = answer.headers["Location"]
            with _reached(where), self._files.stream("GET", where) as found, target.open("wb") as out:
                found.raise_for_status()
                return sum(out.write(block) for block in found.iter_bytes())
        if answer.is_error:
            _body_of(answer)  # raises
        return target.write_bytes(answer.content)

    def start_import(self, file: Path, importer: str, **options: Any) -> Any:
        """Announce a file; return ``{"job": …, "upload": …}``. Options are those of the API; None is left out."""
        body: dict[str, Any] = {"importer": importer, "filename": file.name, "bytes": file.stat().st_size}
        return self.post("/imports", body | {name: value for name, value in options.items() if value is not None}).body

    def upload(self, target: Mapping[str, Any], name: str, content: IO[bytes]) -> None:
        """Send a file, streamed, where `start_import` said. The form's fields come before the file, as S3 demands."""
        with _reached(str(target["url"])):
            answer = self._files.request(
                str(target["method"]), str(target["url"]), data=dict(target["fields"]), files={"file": (name, content)}
            )
        if answer.is_error:
            message = re.search(r"<Message>(.*?)</Message>", answer.text, re.DOTALL)
            detail = message[1] if message else answer.text[:500]
            raise Refused(answer.status_code, {"title": "The file could not be uploaded", "detail": detail})

    def follow(
        self, job_id: str, *, patience: float = 900.0, sleep: Callable[[float], None] = time.sleep
    ) -> Iterator[Answer]:
        """Give the job as it is and after every change, until it has settled; one that is parked goes on by itself.

        Raises
        ------
        Stalled
            When nothing has changed for `patience` seconds.
        """
        etag: str | None = None
        changed = time.monotonic()
        while True:
            answer = self._call("GET", f"/jobs/{job_id}", headers={"If-None-Match": etag} if etag else None)
            if answer is not NOT_MODIFIED:
                etag, changed = answer.headers.get("ETag"), time.monotonic()
                yield answer
                if answer.body["status"] in SETTLED and not answer.body.get("parked"):
                    return
            if time.monotonic() - changed > patience:
                raise Stalled(
                    f"Nothing has happened to job {job_id} for {patience:.0f} s. Look again: sluice job {job_id}"
                )
            sleep(_pause(answer.headers))

    def events(
        self, job_id: str, *, patience: float = 900.0, sleep: Callable[[float], None] = time.sleep
    ) -> Iterator[Answer]:
        """Give the job as it is and after every change, as its event stream tells, until the stream is over.

        Raises
        ------
        Stalled
            When there was no answer for `patience` seconds.
        """

        def ask(last: str) -> httpx.Response:
            headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
            answer = self._api.get(f"{self._api_url}/jobs/{job_id}/events", headers=headers)
            if answer.is_client_error:
                _body_of(answer)
            return answer

        for data in events.follow(ask, patience=patience, sleep=sleep):
            job = json.loads(data)["job"]
            yield Answer(json.dumps(job), job, {})

    def _call(self, method: str, path: str, **request: Any) -> Answer:
        with _reached(self._api_url):
            answer = self._api.request(method, self._api_url + path, **request)
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return NOT_MODIFIED
        if answer.status_code == httpx.codes.NO_CONTENT:
            return Answer("", None, answer.headers)
        return Answer(answer.text, _body_of(answer), answer.headers)


NOT_MODIFIED: Final = Answer("", None, {})
"""The answer to a conditional request when nothing has changed."""


def _body_of(answer: httpx.Response) -> Any:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if answer.is_error or body is None:
        if isinstance(body, dict) and "title" in body:
            raise Refused(answer.status_code, body)
        told = body.get("message") if isinstance(body, dict) else None  # a gateway's own answer
        title = f"The API answered {answer.status_code} {answer.reason_phrase}"
        raise Refused(answer.status_code, {"title": title, "detail": told or answer.text[:500]})
    return body


def _pause(headers: Mapping[str, str]) -> float:
    """Return how long to wait before asking again: as the server says, and a second at most, since a person waits."""
    try:
        return min(max(float(headers.get("Retry-After", 0.25)), 0.1), 1.0)
    except ValueError:
        return 1.0


@contextmanager
def _reached(address: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise Unreachable(f"No answer from {address} ({reason}). On a laptop, start Sluice with: make up") from error
