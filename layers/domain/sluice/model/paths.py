"""Keys of the objects in the bucket: the tenant comes before anything of theirs."""

from __future__ import annotations

from sluice.model.chunk import JobRef, PhaseName

UPLOADS = "uploads"
INCOMING = "incoming"


def upload(ref: JobRef, file_name: str) -> str:
    """The uploaded file of a job."""
    return f"{UPLOADS}/{ref.tenant}/{ref.id}/{file_name}"


def slices(ref: JobRef) -> str:
    """The folder where `plan` leaves the cut file for the workers."""
    return f"jobs/{ref.tenant}/{ref.id}/slices/"


def staged(ref: JobRef, index: int) -> str:
    """Rows of a chunk that passed validation."""
    return f"jobs/{ref.tenant}/{ref.id}/staged/{index:06d}.rows"


def keys(ref: JobRef, index: int) -> str:
    """Digests of the keys of a chunk's staged rows."""
    return f"jobs/{ref.tenant}/{ref.id}/staged/{index:06d}.keys"


def repeats(ref: JobRef, index: int) -> str:
    """Rows of a chunk whose key an earlier row of the file has."""
    return f"jobs/{ref.tenant}/{ref.id}/staged/{index:06d}.repeats"


def refusals(ref: JobRef) -> str:
    """The folder of a job's refused rows; names sort by chunk."""
    return f"jobs/{ref.tenant}/{ref.id}/refusals/"


def refusals_of(ref: JobRef, index: int, phase: PhaseName) -> str:
    """Refused rows of one chunk in one phase."""
    # parse comes before load for the same chunk, as a person would expect: hence the letter
    return f"{refusals(ref)}{index:06d}-{'a' if phase is PhaseName.PARSE else 'b'}-{phase}.jsonl"


def journal(ref: JobRef, index: int) -> str:
    """Before-images of the rows a chunk changed."""
    return f"jobs/{ref.tenant}/{ref.id}/journal/{index:06d}.jsonl"
