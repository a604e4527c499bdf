"""Which API the command line calls, and as whom: the environment, a checkout's local stack, or a profile.

Profiles are kept in one file of the user's configuration folder, which only the user can read, because it has tokens.
"""

import json
import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import httpx
import typer
from filelock import FileLock, Timeout

from sluice_cli import words
from sluice_cli.client import Bearer, Client
from sluice_cli.errors import LoginFailed, NotConnected, Unreachable
from sluice_cli.oidc import Issuer, Tokens

CONNECTIONS: Final = "sluice_cli.connections"
"""Entry-point group of functions without parameters that return a `Connection`: in a checkout, that of `local`."""

DEFAULT_PROFILE: Final = "default"
TOKEN: Final[ContextVar[str | None]] = ContextVar("token", default=None)
"""Token that ``--token`` or ``SLUICE_TOKEN`` gives."""

_FORMAT: Final = 1
_EARLY: Final = 60.0
"""Seconds before its expiry at which a token is exchanged."""
_ISSUER_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Connection:
    """An API: its address with ``/v1``, how to call it, and what `sluice info` shows of it beside."""

    api_url: str
    auth: httpx.Auth = field(repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    """A deployment, our client at its issuer, and the tokens of the person who is signed in."""

    api_url: str
    issuer: str
    client_id: str
    scopes: str
    redirect: str
    console: str | None = None
    access_token: str | None = field(default=None, repr=False)
    expires_at: float = 0.0
    refresh_token: str | None = field(default=None, repr=False)

    def having(self, tokens: Tokens) -> "Profile":
        """Return the profile with new tokens."""
        return replace(self, **asdict(tokens))

    def signed_out(self) -> "Profile":
        """Return the profile without tokens."""
        return replace(self, access_token=None, expires_at=0.0, refresh_token=None)


class Profiles:
    """The file of profiles; every change is made under a lock, and replaces the file as a whole."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "profiles.json"
        self._lock = FileLock(folder / "profiles.lock", mode=0o600, timeout=_ISSUER_SECONDS * 2)

    def read(self) -> dict[str, Profile]:
        """Return the profiles by name.

        Raises
        ------
        NotConnected
            When the file cannot be read.
        """
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
            if stored["format"] != _FORMAT:
                raise NotConnected(f"A newer version wrote {self._file}. Upgrade this one.")
            return {name: Profile(**profile) for name, profile in stored["profiles"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise NotConnected(
                f"{self._file} cannot be read ({type(error).__name__}). Delete it, and sign in again."
            ) from None

    @contextmanager
    def changing(self) -> Iterator[dict[str, Profile]]:
        """Yield the profiles to change; they are written at the end of the block, unless it raises."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with self._lock:
                profiles = self.read()
                yield profiles
                self._write(profiles)
        except Timeout:
            raise NotConnected(f"Another command holds {self._lock.lock_file}. Run this one again.") from None

    def _write(self, profiles: Mapping[str, Profile]) -> None:
        stored = {"format": _FORMAT, "profiles": {name: asdict(each) for name, each in profiles.items()}}
        # a temporary file has mode 0600; it is removed if the block raises before it has its name
        with NamedTemporaryFile("w", encoding="utf-8", dir=self._file.parent, delete=False) as file:
            try:
                file.write(json.dumps(stored, indent=2) + "\n")
                file.close()
                Path(file.name).replace(self._file)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise


class ProfileAuth(httpx.Auth):
    """Adds the access token of a profile; exchanges the refresh token when it expires, or when the API rejects it."""

    def __init__(self, profiles: Profiles, name: str, http: Callable[[], httpx.Client]) -> None:
        self._profiles, self._name, self._http = profiles, name, http

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request, and once more with a new token if the first one is rejected."""
        profile = self._profiles.read().get(self._name)
        if profile is None or profile.access_token is None:
            raise NotConnected(f"Signed out of profile {self._name!r}. {self._sign_in()}")
        if profile.refresh_token and profile.expires_at - time.time() < _EARLY:
            profile = self._refreshed_early(profile)
        request.headers["Authorization"] = f"Bearer {profile.access_token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED and profile.refresh_token:
            request.headers["Authorization"] = f"Bearer {self._refreshed(profile).access_token}"
            yield request

    def _refreshed_early(self, old: Profile) -> Profile:
        """Return the profile with new tokens, or as it is while the issuer does not respond and its token is valid."""
        try:
            return self._refreshed(old)
        except Unreachable:
            if old.expires_at > time.time():
                return old
            raise

    def _refreshed(self, old: Profile) -> Profile:
        """Return the profile with new tokens, unless another process has exchanged them meanwhile."""
        with self._profiles.changing() as profiles:
            profile = profiles.get(self._name, old)
            if profile.access_token != old.access_token and profile.access_token is not None:
                return profile
            if profile.refresh_token is None:
                raise NotConnected(f"The sign-in to profile {self._name!r} has expired. {self._sign_in()}")
            with self._http() as http:
                try:
                    issuer = Issuer.discover(profile.issuer, profile.client_id, profile.scopes, http)
                    profiles[self._name] = profile.having(issuer.refresh(profile.refresh_token))
                except LoginFailed as error:
                    raise NotConnected(f"{error} {self._sign_in()}") from None
            return profiles[self._name]

    def _sign_in(self) -> str:
        return f"Sign in again: {words.command('login')}"


def profiles() -> Profiles:
    """Return the user's profiles."""
    return Profiles(Path(typer.get_app_dir("sluice")))


def issuer_http() -> httpx.Client:
    """Return a client for an issuer."""
    return httpx.Client(timeout=_ISSUER_SECONDS, headers={"Accept": "application/json"})


def connect() -> Client:
    """Return a client of the API that `find` finds."""
    found = find()
    return Client(found.api_url, found.auth)


def find() -> Connection:
    """Find the API to call.

    A profile that is named comes first, then ``SLUICE_API_URL``, then the first function of the entry-point group
    `CONNECTIONS` (in a checkout, that of the local stack), then the profile `DEFAULT_PROFILE`. A token that is given
    takes the place of any other.

    Raises
    ------
    NotConnected
        When no API is configured, or there is no token for it.
    """
    named, api_url, token = words.PROFILE.get(), os.environ.get("SLUICE_API_URL"), TOKEN.get()
    if named:
        return _by_profile(named, token)
    if api_url:
        if not token:
            raise NotConnected("SLUICE_API_URL is set, SLUICE_TOKEN is not. Set it to a token that this API accepts.")
        return Connection(api_url, Bearer(token))
    for known in entry_points(group=CONNECTIONS):
        found: Connection = known.load()()
        return replace(found, auth=Bearer(token)) if token else found
    if DEFAULT_PROFILE in profiles().read():
        return _by_profile(DEFAULT_PROFILE, token)
    raise NotConnected(
        f"No API is configured. Sign in to a deployment: {words.command('login', 'https://CONSOLE-ADDRESS')}\n"
        "On a machine, set SLUICE_API_URL to the API's address with /v1, and SLUICE_TOKEN to a token."
    )


def replaced(profile: Profile, values: Mapping[str, str]) -> Profile:
    """Return a profile with other settings, and without the tokens that belong to the old ones."""
    return replace(profile.signed_out(), **values)  # type: ignore[arg-type] # only fields that are texts


def shadows_default() -> bool:
    """Whether another API comes before the profile `DEFAULT_PROFILE`."""
    return bool(os.environ.get("SLUICE_API_URL") or list(entry_points(group=CONNECTIONS)))


def current_token(found: Connection) -> str:
    """Return the token that a connection sends, to show what it says of itself."""
    request = next(found.auth.sync_auth_flow(httpx.Request("GET", found.api_url)))
    return str(request.headers["Authorization"]).removeprefix("Bearer ")


def _by_profile(name: str, token: str | None) -> Connection:
    stored = profiles()
    profile = stored.read().get(name)
    if profile is None:
        raise NotConnected(
            f"There is no profile {name!r}. Sign in: {words.command('login', 'https://CONSOLE-ADDRESS')}"
        )
    facts: dict[str, Any] = {"profile": name, "console": profile.console, "issuer": profile.issuer}
    auth = Bearer(token) if token else ProfileAuth(stored, name, issuer_http)
    return Connection(profile.api_url, auth, {what: where for what, where in facts.items() if where})
