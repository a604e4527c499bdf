"""How a file is sent: by a form, or in parts."""

from __future__ import annotations

from pydantic import BaseModel, Field

from sluice.edge.answers import JobAnswer
from sluice.usecases.parts import Parts


class UploadForm(BaseModel):
    """How to send the file: a multipart form of these fields, then the file as ``file``."""

    method: str
    url: str
    fields: dict[str, str]
    expires_in: int = Field(description="Seconds until the form is worth nothing.")


class PartAnswer(BaseModel):
    """A part of the file: ``bytes`` of it are PUT to ``url``."""

    number: int
    bytes: int
    url: str | None = Field(description="Null when the part has arrived.")


class UploadParts(BaseModel):
    """How to send the file in parts of ``part_bytes``, the last of the rest; a POST to ``links.self`` joins them."""

    method: str = "PUT"
    part_bytes: int
    parts: list[PartAnswer]
    expires_in: int = Field(description="Seconds until the addresses are worth nothing; a GET gives new ones.")
    links: dict[str, str]


class ImportAnswer(BaseModel):
    """Answer of ``POST /v1/imports``."""

    job: JobAnswer
    upload: UploadForm | UploadParts


def parts_answer(job_id: str, parts: Parts, base_url: str) -> UploadParts:
    """Show where the parts of a file go."""
    shown = [PartAnswer(number=part.number, bytes=part.bytes, url=part.url) for part in parts.parts]
    here = {"self": f"{base_url}/v1/jobs/{job_id}/upload"}
    return UploadParts(part_bytes=parts.part_bytes, parts=shown, expires_in=parts.expires_in, links=here)
