"""Send a file to be imported, with live progress bars on standard error."""

from pathlib import Path
from typing import Any

from local import render
from local.client import Answer, Client


def send(
    client: Client,
    file: Path,
    importer: str,
    *,
    wait: bool = True,
    patience: float = 900.0,
    **options: Any,
) -> Answer:
    """Upload `file` and return its job: settled when `wait`, else as it is right after the upload.

    Options are those of the API: mapping, parameters, review, force, priority, corrects.

    A job that does not change for `patience` seconds is given up on, by an error.
    """
    with render.progress() as shown:
        started = client.start_import(file, importer, **options)
        with file.open("rb") as content:
            task = shown.add_task("Uploading", total=file.stat().st_size, unit="bytes")
            client.upload(started["upload"], file.name, shown.wrap_file(content, task_id=task))
        job_id = started["job"]["id"]
        return render.watch(shown, client.follow(job_id, patience=patience)) if wait else client.get(f"/jobs/{job_id}")
