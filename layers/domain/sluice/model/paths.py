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


def work_of(ref: JobRef) -> str:
    """The folder of all that is made of a job."""
    return f"jobs/{ref.tenant}/{ref.id}/"


def read_of(ref: JobRef) -> list[str]:
    """The folders of what is made while a job is read and parsed."""
    return [f"jobs/{ref.tenant}/{ref.id}/{name}/" for name in ("slices", "staged", "dates", "rejections", "rejected")]


def pulled(ref: JobRef, index: int) -> str:
    """What a chunk was told by its upstream: totals, and the keys of its rows."""
    return f"jobs/{ref.tenant}/{ref.id}/staged/{index:06d}.pulled"


def staged(ref: JobRef, index: int) -> str:
    """Rows of a chunk that passed validation."""
    return f"jobs/{ref.tenant}/{ref.id}/staged/{index:06d}.rows"


def keys(ref: JobRef, index: int) -> str:
    """Digests of the keys of a chunk's staged rows."""
    return f"jobs/{ref.tenant}/{ref.id}/staged/{index:06d}.keys"


def repeats(ref: JobRef, index: int) -> str:
    """Rows of a chunk whose key an earlier row of the file has."""
    return f"jobs/{ref.tenant}/{ref.id}/staged/{index:06d}.repeats"


def dates(ref: JobRef, index: int) -> str:
    """What a chunk says of date columns whose order of day and month is not declared."""
    return f"{dates_of(ref)}{index:06d}.json"


def dates_of(ref: JobRef) -> str:
    """The folder of what all chunks say of their dates."""
    return f"jobs/{ref.tenant}/{ref.id}/dates/"


def found(ref: JobRef, index: int) -> str:
    """What the rows of a chunk were found to be by a lookup."""
    return f"jobs/{ref.tenant}/{ref.id}/found/{index:06d}.jsonl"


def rejections(ref: JobRef) -> str:
    """The folder of a job's rejected rows; names sort by chunk."""
    return f"jobs/{ref.tenant}/{ref.id}/rejections/"


def rejections_of(ref: JobRef, index: int, phase: PhaseName) -> str:
    """Rejected rows of one chunk in one phase."""
    # parse comes before load for the same chunk, as a person would expect: hence the letter
    return f"{rejections(ref)}{index:06d}-{'a' if phase is PhaseName.PARSE else 'b'}-{phase}.jsonl"


def rejected_cells(ref: JobRef, index: int, phase: PhaseName) -> str:
    """The rows that a chunk rejected in a phase, as they came."""
    return f"jobs/{ref.tenant}/{ref.id}/rejected/{index:06d}-{phase}.cells"


def kept(ref: JobRef) -> str:
    """The folder of the rows that a rollback left as they are; names sort by chunk."""
    return f"jobs/{ref.tenant}/{ref.id}/kept/"


def kept_of(ref: JobRef, index: int) -> str:
    """Rows of one chunk that a rollback left as they are."""
    return f"{kept(ref)}{index:06d}.jsonl"


def result(ref: JobRef, run: int, name: str) -> str:
    """A file made for download, of what a run of the job left."""
    return f"jobs/{ref.tenant}/{ref.id}/results/{run:04d}/{name}"
