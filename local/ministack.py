"""Starts MiniStack with functions that share what is unpacked for them: ``python -P local/ministack.py``.

MiniStack unpacks the code and the layers of a function again for each of its processes, 60 MB, and Python compiles them
again: a second or more before a process does anything, and tests start some hundred. On AWS a layer is one read-only
folder for all environments too. This file runs in the environment of MiniStack and imports nothing else of Sluice.
"""

import gc
import hashlib
import tempfile
import threading
import zipfile
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar


class SharedZip(zipfile.ZipFile):
    """An archive that is unpacked once, to be linked into every folder that wants its content."""

    unpacked: ClassVar[dict[str, Path]] = {}
    _one_at_a_time: ClassVar = threading.Lock()

    def namelist(self) -> list[str]:
        """List the top of the archive; MiniStack looks every entry up in the file system, several times."""
        return sorted({name.partition("/")[0] for name in super().namelist()})

    def extractall(self, path: Any, *_: object) -> None:  # type: ignore[override]  # MiniStack passes a folder alone
        """Link the unpacked content into `path`; what Python compiles goes there, so it is shared too."""
        for entry in self._unpacked().iterdir():
            (Path(path) / entry.name).symlink_to(entry)

    def _unpacked(self) -> Path:
        content = repr([(entry.filename, entry.CRC) for entry in self.infolist()])
        digest = hashlib.sha256(content.encode()).hexdigest()
        with self._one_at_a_time:
            if digest not in self.unpacked:
                folder = Path(tempfile.mkdtemp(prefix="unpacked-"))
                super().extractall(folder, super().namelist())
                (folder / "__pycache__").mkdir(exist_ok=True)
                self.unpacked[digest] = folder
            return self.unpacked[digest]


def main() -> None:
    """Run MiniStack until it is stopped."""
    runtime: Any = import_module("ministack.core.lambda_runtime")
    runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZip})
    gc.set_threshold(50_000, 20, 50)  # it keeps whole tables in memory, which need not be looked through all the time
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
