"""Expiry: what jobs have left goes when its time after their end is over, and what belongs to no job goes by its age.

The sweeper's function runs it every hour. A job is found by the stage that is written with its end, and looked at as it
is then: if it has gone on, nothing of it expires. Each step can be repeated, and a job that dies in the middle is found
in the same stage an hour later: its objects go first, then its items, and it last of all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from ulid import ULID

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, NotFound
from sluice.model.job import SYSTEM, Job
from sluice.model.lock import file_lock
from sluice.model.retention import ANSWERED, RETRY_TIME, Stage, StoredObject, is_kept
from sluice.model.status import Status
from sluice.usecases.artifacts import INCOMING, UPLOADS, JobFiles
from sluice.usecases.control import delete_job
from sluice.usecases.services import Services

# A retry that is accepted at the last moment begins within this time, and clocks of functions differ by less.
_MARGIN = timedelta(hours=1)
# Roots of the bucket below which each job has a folder, `{tenant}/{job}/`.
_OF_JOBS = ("jobs/", f"{UPLOADS}/")


class EndedJobs(Protocol):
    """The store of jobs, by what is kept of those that have ended."""

    def of_stage(self, stage: Stage, *, before: datetime) -> Iterator[Job]:
        """Yield the jobs of all tenants in a stage that were created before a time."""

    def keep(self, job: Job) -> None:
        """Note that the parts of a job's file are removed, unless the job has changed since it was read."""

    def forget(self, ref: JobRef) -> None:
        """Remove a job and its log."""

    def missing(self, refs: Iterable[JobRef]) -> list[JobRef]:
        """List those of the jobs that are not there."""

    def has_file(self, tenant: str, key: str, written: datetime) -> bool:
        """Return whether a job has an object of the drop folder, written at this time, as its file."""


class Bucket(Protocol):
    """The bucket, by age."""

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the folders in a folder, sorted; each ends with a slash."""

    def written_before(self, prefix: str, moment: datetime) -> Iterator[StoredObject]:
        """Yield the objects whose keys begin with the prefix, and that were written before a moment."""


@dataclass(frozen=True)
class Expiry:
    """One look at what has expired.

    Parameters
    ----------
    ended, bucket, services
        The ports.
    now
        Time of the look.
    keep
        How long what a job leaves is kept after its end.
    """

    ended: EndedJobs
    bucket: Bucket
    services: Services
    now: datetime
    keep: timedelta

    def run(self, *, before: float, complain: Callable[[str, Exception], None]) -> int:
        """Remove what has expired; the next look does what is left.

        Parameters
        ----------
        before
            Epoch seconds at which nothing more is begun.
        complain
            Called with the id of a job, or an object's key, whose removal failed, and the error.

        Returns
        -------
        int
            Number of jobs, folders and objects that were looked at.
        """
        done = 0
        for name, remove in self._steps():
            if time.time() >= before:
                break
            try:
                remove()
            except (Conflict, NotFound):
                pass  # since it was read, a caller has continued the job, or another look has removed it
            except Exception as error:  # noqa: BLE001 - an error of one job must not delay the others
                complain(name, error)
            done += 1
        return done

    def _steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield what is to be looked at, with its name; a job that is younger than its time has not expired either."""
        ages = {Stage.ENDED: timedelta(), Stage.FAILED: min(RETRY_TIME, self.keep), Stage.KEPT: self.keep}
        for stage, age in ages.items():
            for job in self.ended.of_stage(stage, before=self.now - age):
                yield job.ref.id, partial(self._see_to, job, stage)
        for folder in self._without_job():
            yield folder, partial(self.services.files.remove, folder)
        for found in self._dropped_without_job():
            yield found.key, partial(self.services.files.remove_file, found.key, found.etag)

    def _see_to(self, job: Job, stage: Stage) -> None:
        if job.kept_until is not None and self.now >= job.kept_until + ANSWERED:
            self._remove(job)
        elif stage is not Stage.KEPT and not job.hold and not self._can_be_retried(job):
            if not job.lookup:  # the results of a lookup show the rows as they came
                for number in range(job.split + 1):
                    JobFiles(replace(job, split=number), self.services.files).remove_slices()
            self.ended.keep(job)

    def _can_be_retried(self, job: Job) -> bool:
        return job.status is Status.FAILED and is_kept(job, "retry", self.now - _MARGIN)

    def _remove(self, job: Job) -> None:
        services = self.services
        # the mark of a deleted job comes first: no caller continues it from then on
        delete_job(job.ref, by=SYSTEM, now=int(self.now.timestamp()), services=services)
        if job.file.sha256:
            lock = file_lock(job.ref.tenant, job.importer, job.file.sha256, job.given.claimed)
            services.locks.release(lock, job.ref)
        self.ended.forget(job.ref)

    # ------------------------------------------------------------------ what belongs to no job

    def _without_job(self) -> Iterator[str]:
        """Yield the folders whose jobs are not there, such as those that an earlier version has let expire."""
        for root in _OF_JOBS:
            for tenant in self.bucket.folders(root):
                folders = {_ref_of(folder): folder for folder in self._old_folders(tenant)}
                yield from (folders[ref] for ref in self.ended.missing(folders))

    def _old_folders(self, tenant: str) -> Iterator[str]:
        """Yield the folders of the jobs of a tenant that were created so long ago that they may have expired."""
        for folder in self.bucket.folders(tenant):
            try:
                created = ULID.from_str(_ref_of(folder).id).datetime
            except ValueError:  # an id that no version has made
                continue
            if created >= self._oldest:
                return  # those that follow are younger
            yield folder

    def _dropped_without_job(self) -> Iterator[StoredObject]:
        """Yield the objects of the drop folder that are the files of no job, such as those whose event was lost."""
        for found in self.bucket.written_before(f"{INCOMING}/", self._oldest):
            tenant = found.key.split("/")[1]
            if not self.ended.has_file(tenant, found.key, found.written):
                yield found

    @property
    def _oldest(self) -> datetime:
        return self.now - self.keep - ANSWERED


def _ref_of(folder: str) -> JobRef:
    _, tenant, job_id, _ = folder.split("/")
    return JobRef(tenant, job_id)
