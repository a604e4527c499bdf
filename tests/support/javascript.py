"""Runs modules of `web/` in the Node that Playwright brings, for what needs no browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

from playwright._impl._driver import compute_driver_executable

WEB = Path(__file__).parents[2] / "web"
NODE: Final = str(compute_driver_executable()[0])
"""Node.js; a machine needs no other."""
#: The little that the modules need of a page: its language.
PAGE = 'globalThis.document = { documentElement: { lang: "en", closest: () => null, getRootNode: () => null } };'


def evaluate(module: str, expression: str, **values: Any) -> Any:
    """Return the value of an expression over the exports of a module, called ``it``, and JSON values by name."""
    given = "".join(f"const {name} = {json.dumps(value)};" for name, value in values.items())
    script = f"{PAGE} const it = await import({json.dumps((WEB / module).as_uri())}); {given}"
    script += f"process.stdout.write(JSON.stringify({expression}));"
    command = [NODE, "--input-type=module", "--no-warnings", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
