"""Commands about the deployment that is called: sign in to it, sign out, and show its addresses."""

import json
import webbrowser
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import httpx
import typer

from sluice_cli import connection, output, words
from sluice_cli.commands import Json
from sluice_cli.connection import DEFAULT_PROFILE, Profile
from sluice_cli.errors import LoginFailed, NotConnected, Unreachable
from sluice_cli.oidc import REDIRECT, Issuer, claims, secure
from sluice_cli.words import command

_LABELS: Final = {
    "api_url": "API",
    "api_docs": "API docs",
    "token_expires_at": "token expires",
    "endpoint": "local AWS",
}


def login(
    address: Annotated[
        str | None,
        typer.Argument(help="Address of the console, or with --issuer of the API. Default: those of the profile."),
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="The issuer, for a deployment without a console.")] = None,
    client_id: Annotated[
        str | None, typer.Option(help="Id of the command line's client at the issuer; default: the console's.")
    ] = None,
    scopes: Annotated[str | None, typer.Option(help="Scopes to ask for, separated by spaces.")] = None,
    redirect: Annotated[
        str | None,
        typer.Option(help="Redirect address, where the issuer knows a fixed one, such as http://localhost:8765/."),
    ] = None,
    device: Annotated[
        bool, typer.Option("--device", help="Sign in with the browser of another machine, by a code.")
    ] = False,
) -> None:
    """Sign in to a deployment, and keep its addresses and tokens as a profile (--profile, else `default`)."""
    name = words.PROFILE.get() or DEFAULT_PROFILE
    stored = connection.profiles()
    with connection.issuer_http() as http:
        profile = _profile(stored.read().get(name), address, issuer, http)
        given = {"client_id": client_id, "scopes": scopes, "redirect": redirect}
        profile = connection.replaced(profile, {field: value for field, value in given.items() if value})
        if not profile.client_id:
            raise typer.BadParameter("Give --client-id: the id of a public client at the issuer.")
        at = Issuer.discover(profile.issuer, profile.client_id, profile.scopes, http)
        tokens = at.sign_in_elsewhere(_show_code) if device else at.sign_in(profile.redirect, _open_page)
    with stored.changing() as profiles:
        profiles[name] = profile.having(tokens)
    who = claims(tokens.access_token).get("sub")
    output.note(f"Signed in to {profile.api_url}" + (f" as {who}" if who else ""))
    if not tokens.refresh_token:
        output.note("The issuer gave no refresh token: sign in again when the token expires.")
    if connection.shadows_default() and name == DEFAULT_PROFILE and not words.PROFILE.get():
        output.note(f"Here another API comes first. To use this one: sluice --profile {name} …")


def logout() -> None:
    """Sign out of a profile: revoke its refresh token where the issuer can, and delete its tokens here."""
    name = words.PROFILE.get() or DEFAULT_PROFILE
    with connection.profiles().changing() as profiles:
        if name not in profiles:
            raise NotConnected(f"There is no profile {name!r}.")
        profile = profiles[name]
        profiles[name] = profile.signed_out()
    revoked = False
    if profile.refresh_token:
        with suppress(LoginFailed, Unreachable), connection.issuer_http() as http:
            issuer = Issuer.discover(profile.issuer, profile.client_id, profile.scopes, http)
            revoked = issuer.revoke(profile.refresh_token)
    output.note(f"Signed out of profile {name!r}.")
    if profile.refresh_token and not revoked:
        output.note("The issuer did not revoke the refresh token; the copy on this machine is deleted.")


def info(as_json: Json = False) -> None:
    """Show which API the commands call, as whom, and the addresses that belong to it."""
    found = connection.find()
    facts: dict[str, Any] = {"api_url": found.api_url, "api_docs": f"{found.api_url}/docs", **found.facts}
    try:
        facts |= _said_by(connection.current_token(found))
    finally:  # without a valid token the addresses are of use all the same
        if as_json:
            output.line(json.dumps(facts))
        else:
            for what, value in facts.items():
                shown = words.local_time(value) if what.endswith("_at") else value
                output.say(f"{_LABELS.get(what, what.replace('_', ' ')):<16}{shown}")


def _said_by(token: str) -> dict[str, str]:
    """Return what a token says of its caller, as far as it says anything."""
    said = claims(token)
    expires = datetime.fromtimestamp(said["exp"], UTC).isoformat().replace("+00:00", "Z") if "exp" in said else None
    facts = {"caller": said.get("sub"), "token_scopes": said.get("scope"), "token_expires_at": expires}
    return {what: str(value) for what, value in facts.items() if value}


def _profile(old: Profile | None, address: str | None, issuer: str | None, http: httpx.Client) -> Profile:
    """Return the profile to sign in to: the one that is known, or a new one by what the console says of itself."""
    if address is None:
        if old is None:
            raise typer.BadParameter(f"Give the address of the console: {command('login', 'https://CONSOLE-ADDRESS')}")
        return connection.replaced(old, {"issuer": issuer} if issuer else {})
    secure(address)
    if issuer:
        return Profile(address.rstrip("/"), issuer, "", "openid imports:read imports:write", REDIRECT)
    parts = urlsplit(address)
    settings = f"{parts.scheme}://{parts.netloc}/config.json"
    try:
        response = http.get(settings)
        found = response.raise_for_status().json()
        api_url, issuer_url = str(found["api_url"]), found["issuer"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        raise LoginFailed(
            f"{settings} has no settings of a console. Without one, give the API's address, --issuer and --client-id."
        ) from None
    if not issuer_url:
        raise LoginFailed(
            f"The console at {address} is not set up for signing in (ConsoleClientId). "
            "Give the API's address with --issuer and --client-id, or set SLUICE_API_URL and SLUICE_TOKEN."
        )
    scopes = found.get("scopes") or "openid"
    return Profile(secure(api_url), str(issuer_url), str(found["client_id"]), str(scopes), REDIRECT, address)


def _open_page(page: str) -> None:
    output.note(f"Sign in with your browser. If no page opens, open this one:\n{page}")
    with suppress(webbrowser.Error):
        webbrowser.open(page)


def _show_code(page: str, code: str) -> None:
    output.note(f"Open {page} in any browser, and type this code: {code}")
