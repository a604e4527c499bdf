"""Node.js for tests of `web/`: the one that comes with Playwright, so that a machine needs no other."""

from typing import Final

from playwright._impl._driver import compute_driver_executable

NODE: Final = str(compute_driver_executable()[0])
