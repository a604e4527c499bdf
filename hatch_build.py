"""Build hook of the repository's own project: it exists for editable installs only, and builds no other wheel."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DevelopmentOnly(BuildHookInterface):  # type: ignore[type-arg] # hatchling finds it by being the only subclass
    """Rejects a standard wheel, which would put the development stack `local` into site-packages."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Raise unless the build is editable."""
        if version != "editable":
            raise RuntimeError(
                "This repository is installed for development, by `make setup`. "
                "To install the command line, name its folder: pipx install ./cli"
            )
