"""A stack's description and its boto3 clients."""

from pathlib import Path
from typing import Any

import pytest

from local.errors import LocalProblem
from local.stack import OUTPUTS, Stack

ENDPOINT = "http://127.0.0.1:4566"
OUTPUT: dict[str, Any] = {"outputs": {}, **dict.fromkeys(OUTPUTS.values(), "x")}


def test_a_saved_stack_is_loaded_again(tmp_path: Path) -> None:
    stack = Stack(folder=str(tmp_path), name="s", endpoint=ENDPOINT, issuer_url="", **OUTPUT)
    stack.save()
    assert Stack.load(tmp_path) == stack


@pytest.mark.parametrize("content", [None, "{", '{"folder": "."}'], ids=["no file", "no JSON", "another version"])
def test_a_folder_without_a_stack_is_an_error_that_says_make_up(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "stack.json").write_text(content)
    with pytest.raises(LocalProblem, match="make up"):
        Stack.load(tmp_path)


def test_a_client_of_the_local_aws_ignores_a_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 rejects a profile that does not exist."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    stack = Stack(folder=".", name="s", endpoint=ENDPOINT, issuer_url="", **OUTPUT)
    assert stack.client("s3").meta.endpoint_url == ENDPOINT
