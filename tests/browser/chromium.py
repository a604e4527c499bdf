"""The Chromium of this machine. ``python -m tests.browser.chromium`` installs Debian's where there is none.

``make test`` runs it first, so that a missing browser costs a minute or one line, and no suite that fails at its end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

#: Names of Chromium and of the browsers built from it: Debian, Ubuntu, Google's and Microsoft's packages.
NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
)
#: Where apt installs programs, whether or not ``PATH`` names it.
DEBIAN: Final = "/usr/bin"
_MACOS: Final = ("Google Chrome", "Chromium", "Microsoft Edge")
_PACKAGES: Final = ("chromium", "fonts-dejavu-core")
MISSING: Final = (
    "The browser tests need Chromium: install Chromium or Google Chrome, such as by `apt-get install chromium`, "
    "`brew install --cask chromium` or `playwright install chromium`, or set CHROMIUM to its path."
)


def find() -> str | None:
    """Return the path of a Chromium: ``CHROMIUM``, one on ``PATH`` or of apt, an app of macOS, or Playwright's own."""
    given = os.environ.get("CHROMIUM")
    if given:
        return shutil.which(given)
    programs = os.pathsep.join((os.environ.get("PATH", os.defpath), DEBIAN))
    on_path = (shutil.which(name, path=programs) for name in NAMES)
    apps = (Path("/Applications", f"{name}.app", "Contents/MacOS", name) for name in _MACOS)
    downloads = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    playwrights = sorted(downloads.glob("chromium-*/chrome-linux*/chrome"), reverse=True)
    files = (str(path) for path in (*apps, *playwrights) if path.is_file() and os.access(path, os.X_OK))
    return next((path for path in (*on_path, *files) if path), None)


def install() -> bool:
    """Install Debian's package with ``apt-get``; return False where that is not there or not allowed."""
    apt = shutil.which("apt-get")
    if apt is None:
        return False
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]  # -n: a question for a password would stop the suite
    if as_root and shutil.which("sudo") is None:
        return False
    env = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", apt, "-qq"]
    commands = ([*env, "update"], [*env, "install", "-y", "--no-install-recommends", *_PACKAGES])
    return all(subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0 for command in commands)


def main() -> int:
    """Find a Chromium or install one; 1 with one line on standard error if there is none."""
    if find() is not None:
        return 0
    print("Installing Chromium for the browser tests (apt-get install chromium)", file=sys.stderr)
    if install() and find() is not None:
        return 0
    print(MISSING, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
