"""A client of the API, generated from its description by openapi-python-client."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from local.paths import AWS_BIN

PACKAGE = "generated_sluice_client"
# Nothing is formatted afterwards, and a workbook is bytes.
_CONFIG = {
    "post_hooks": [],
    "content_type_overrides": {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "application/octet-stream"
    },
}


class GeneratedClient:
    """The modules of a generated client."""

    def __init__(self, folder: Path) -> None:
        root = folder / PACKAGE
        spec = spec_from_file_location(PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)])
        assert spec is not None
        assert spec.loader is not None
        package = module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
        self.client: ModuleType = import_module(f"{PACKAGE}.client")
        self.types: ModuleType = import_module(f"{PACKAGE}.types")
        self.models: ModuleType = import_module(f"{PACKAGE}.models")
        self.calls: dict[str, ModuleType] = {
            path.stem: import_module(f"{PACKAGE}.api.{path.parent.name}.{path.stem}")
            for path in sorted((root / "api").glob("*/*.py"))
            if path.stem != "__init__"
        }

    def forget(self) -> None:
        """Remove its modules, so that another one can be imported."""
        for name in [each for each in sys.modules if each == PACKAGE or each.startswith(f"{PACKAGE}.")]:
            del sys.modules[name]


def generate(document: Any, folder: Path) -> str:
    """Generate a client into a folder; return what the generator prints, which has its warnings."""
    (folder / "openapi.json").write_text(json.dumps(document))
    (folder / "config.json").write_text(json.dumps(_CONFIG))
    command = [str(AWS_BIN / "openapi-python-client"), "generate", "--meta", "none"]
    command += ["--path", "openapi.json", "--config", "config.json", "--output-path", PACKAGE]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout + made.stderr
