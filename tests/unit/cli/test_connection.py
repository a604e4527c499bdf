"""How the command line finds the API, and what it keeps of it."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from local import commands as local_commands
from local.errors import LocalProblem
from sluice_cli import connection
from sluice_cli.client import Bearer
from sluice_cli.connection import CONNECTIONS, Connection, Profile, current_token, find, profiles
from sluice_cli.errors import NotConnected
from sluice_cli.words import PROFILE

CALLER_URL, CALLER_TOKEN = "https://api.example.com/v1", "t0ken"
PLUGIN = Connection("http://127.0.0.1:4566/v1", Bearer("minted"))


class Plugin:
    """An entry point."""

    def __init__(self, found: Callable[[], Connection]) -> None:
        self.found = found

    def load(self) -> Callable[[], Connection]:
        return self.found


def plugins(monkeypatch: pytest.MonkeyPatch, *found: Plugin) -> None:
    """Replace the installed entry points."""
    monkeypatch.setattr(connection, "entry_points", lambda group: found if group == CONNECTIONS else ())


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution of its own, outside of a checkout."""
    plugins(monkeypatch)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the options and variables of a command."""

    def give(*, profile: str | None = None, token: str | None = None, api_url: str | None = None) -> None:
        PROFILE.set(profile)
        connection.TOKEN.set(token)
        if api_url:
            monkeypatch.setenv("SLUICE_API_URL", api_url)

    return give


def signed_in(name: str) -> Profile:
    """Keep a profile whose token is valid for long."""
    known = Profile(f"https://{name}.example.com/v1", "https://issuer", "cli", "openid", "http://127.0.0.1/")
    with profiles().changing() as kept:
        kept[name] = Profile(**{**vars(known), "access_token": f"of-{name}", "expires_at": 4e9})
    return kept[name]


def found() -> tuple[str, str]:
    """Return address and token of the API that is found."""
    return find().api_url, current_token(find())


def test_the_environment_comes_before_an_entry_point(
    monkeypatch: pytest.MonkeyPatch, given: Callable[..., None]
) -> None:
    plugins(monkeypatch, Plugin(lambda: pytest.fail("not called")))
    given(api_url=CALLER_URL, token=CALLER_TOKEN)
    assert found() == (CALLER_URL, CALLER_TOKEN)


def test_an_entry_point_comes_before_the_default_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a checkout, a command without options never reaches a deployment."""
    signed_in("default")
    plugins(monkeypatch, Plugin(lambda: PLUGIN))
    assert found() == (PLUGIN.api_url, "minted")


def test_a_token_that_is_given_replaces_that_of_an_entry_point_or_a_profile(
    monkeypatch: pytest.MonkeyPatch, given: Callable[..., None]
) -> None:
    kept = signed_in("prod")
    given(profile="prod", token=CALLER_TOKEN)
    assert found() == (kept.api_url, CALLER_TOKEN)
    plugins(monkeypatch, Plugin(lambda: PLUGIN))
    given(token=CALLER_TOKEN)
    assert found() == (PLUGIN.api_url, CALLER_TOKEN)


def test_a_profile_that_is_named_comes_before_everything(
    monkeypatch: pytest.MonkeyPatch, given: Callable[..., None]
) -> None:
    kept = signed_in("prod")
    plugins(monkeypatch, Plugin(lambda: pytest.fail("not called")))
    given(profile="prod", api_url=CALLER_URL)
    assert found() == (kept.api_url, "of-prod")


def test_the_default_profile_is_used_without_any_other(given: Callable[..., None]) -> None:
    kept = signed_in("default")
    assert found() == (kept.api_url, "of-default")


def test_an_unknown_profile_is_an_error_that_says_how_to_sign_in(given: Callable[..., None]) -> None:
    given(profile="staging")
    with pytest.raises(NotConnected, match="sluice --profile staging login"):
        find()


def test_an_address_without_a_token_is_an_error(given: Callable[..., None]) -> None:
    """The local stack's token is of no use on AWS."""
    given(api_url=CALLER_URL)
    with pytest.raises(NotConnected, match="SLUICE_TOKEN"):
        find()


def test_without_any_configuration_the_error_names_login_and_the_variables() -> None:
    with pytest.raises(NotConnected, match=r"(?s)sluice login .* SLUICE_API_URL .* SLUICE_TOKEN"):
        find()


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "tökén", "\x1b[31m"])
def test_a_text_that_is_no_token_is_rejected_and_not_quoted(token: str) -> None:
    """A header cannot have it, and the error of the HTTP library would print it."""
    with pytest.raises(NotConnected, match="spaces or other characters") as rejected:
        Bearer(token)
    assert token not in str(rejected.value)


def test_a_line_break_at_the_end_of_a_token_is_ignored() -> None:
    assert current_token(Connection("https://a/v1", Bearer("t0ken\n"))) == "t0ken"


def test_only_the_user_can_read_the_file_of_profiles(config: Path) -> None:
    signed_in("prod")
    kept = config / "sluice" / "profiles.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in kept.parent.iterdir()) == ["profiles.json", "profiles.lock"]


def test_a_change_that_fails_leaves_the_file_as_it_was(config: Path) -> None:
    signed_in("prod")
    before = (config / "sluice" / "profiles.json").read_text()
    with suppress(RuntimeError), profiles().changing() as kept:
        kept.clear()
        raise RuntimeError
    assert (config / "sluice" / "profiles.json").read_text() == before


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"format": 1}', '{"format": 1, "profiles": {"a": 1}}', '{"format": 1, "profiles": {"a": {}}}'],
)
def test_a_damaged_file_of_profiles_is_an_error_that_says_what_to_do(config: Path, text: str) -> None:
    signed_in("prod")
    (config / "sluice" / "profiles.json").write_text(text)
    with pytest.raises(NotConnected, match="Delete it, and sign in again"):
        profiles().read()


def test_a_file_of_a_newer_version_is_an_error(config: Path) -> None:
    signed_in("prod")
    (config / "sluice" / "profiles.json").write_text(json.dumps({"format": 2}))
    with pytest.raises(NotConnected, match="newer version"):
        profiles().read()


def test_neither_a_profile_nor_a_connection_shows_its_tokens() -> None:
    """A traceback or a log may quote them."""
    kept = signed_in("prod")
    assert "of-prod" not in repr(kept)
    assert "t0ken" not in repr(Connection("https://a/v1", Bearer("t0ken")))
    assert "t0ken" not in repr(Bearer("t0ken"))


def test_in_a_checkout_without_a_running_stack_the_error_says_make_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The entry point that pyproject.toml declares raises it."""
    monkeypatch.undo()
    monkeypatch.setattr(local_commands, "DEFAULT", tmp_path)
    monkeypatch.delenv("SLUICE_API_URL", raising=False)
    with pytest.raises(LocalProblem, match="make up"):
        find()
