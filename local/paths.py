"""Paths of a checkout."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
"""The checkout."""

BIN: Final = ROOT / ".venv" / "bin"
"""Development tools, among them ``uv``, which the dependencies layer is built with."""

AWS_BIN: Final = ROOT / ".venv-aws" / "bin"
"""``sam`` and ``ministack``, in an environment of their own because ministack pins botocore."""

LOCAL: Final = ROOT / ".local"
"""State and logs of running local stacks. Deleted by ``make clean``, ignored by git."""

DEFAULT: Final = LOCAL / "default"
"""The stack of ``make up`` and ``make demo``."""
