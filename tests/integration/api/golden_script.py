"""The script of the golden answers, first half: access, importers, ways to send a file, views of a job."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration.api.golden import CONFLICTS, LONGEST_WAIT, REJECTIONS, World
from tests.integration.stack import BUCKET, MACHINE, client
from tests.samples import SAMPLES
from tests.support import issuer

READER = "imports:read"
WRITER = "imports:write"
#: Valid rows, rows with many kinds of errors, a duplicate key, a total.
WRONG = b"""Part Number,Description,Price,Stock,Updated,Active,Colour
P-1,Filter,9.50,4,2026-01-31,yes,red
P-2,Belt,"1,234.50",,31/01/2026,no,
P-3,Pump,-1,3,,,
,No number,1,1,,,
P-5,,free,many,yesterday,perhaps,
P-1,Filter again,2,,,,
P-7,'=HYPERLINK("x"),3,1.5,,,
P-8,Hose,1,2,2026-02-01,TRUE,green
Total,,1250.00,,,,
"""
#: P-1 has another price, P-2 is unchanged, P-9 is new.
LATER = b"""Part Number,Description,Price,Stock,Updated,Active
P-1,Filter,10.50,4,2026-01-31,yes
P-2,Belt,"1,234.50",,31/01/2026,no
P-9,Valve,7,,,
"""
GOOD = b"Part Number,Description,Price\nG-1,Filter,9.50\nG-2,Belt,3\n"
JOB: dict[str, object] = {"importer": "products", "filename": "prices.csv", "bytes": 100}
PART = 8 * 1024**2


def script(world: World) -> None:
    """Record the answers of the first half."""
    access(world)
    importers(world)
    announcements(world)
    parts(world)
    first = views(world)
    corrections(world, first)
    updates(world, first)
    downloads(world, first)
    live(world, first)
    samples(world)


def access(world: World) -> None:
    """Record missing and invalid tokens, and invalid requests."""
    for path in ("health", "docs", "problems/same-file"):
        world.get(path, f"/v1/{path}", token=None)
    world.get("a parameter that the call does not have", "/v1/jobs", query={"requested_by": "ann"})
    world.get("no token", "/v1/jobs", token=None)
    world.get("not a token", "/v1/jobs", token="x")
    world.get("an expired token", "/v1/jobs", token=issuer.expired())
    world.get("no scope to read", "/v1/jobs", token=issuer.token(scope=WRITER))
    world.post("no scope to write", "/v1/imports", json_body=JOB, token=issuer.token(scope=READER))
    world.get("no such address", "/v1/nothing")
    world.call("a browser asks first", "OPTIONS", "/v1/jobs", token=None)
    world.get("a limit of none", "/v1/jobs", query={"limit": "0"})
    world.get("an unknown status", "/v1/jobs", query={"status": "happy"})
    world.get("no jobs", "/v1/jobs")
    world.get("a cursor of jobs that is none", "/v1/jobs", query={"cursor": "x" * 100})
    world.get("no such job", "/v1/jobs/01KC5RYQ8QJ3X7H2M9T4V6W8ZB")
    world.get("empty queues", "/v1/queues")
    with world.break_queues():
        world.get("an error of ours", "/v1/queues")


def importers(world: World) -> None:
    """Record the importers."""
    for importer in world.get("importers", "/v1/importers").body["items"]:
        name = importer["name"]
        world.get(f"template of {name}", f"/v1/importers/{name}/template.xlsx")
    world.get("importer", "/v1/importers/products")
    world.get("no such importer", "/v1/importers/nothing")
    world.get("no such template", "/v1/importers/nothing/template.xlsx")


def announcements(world: World) -> None:
    """Record announced files, with and without idempotency keys."""
    key = {"Idempotency-Key": "one"}
    expected = world.post("announce", "/v1/imports", json_body=JOB, headers=key).body
    world.post("announce again", "/v1/imports", json_body=JOB, headers=key)
    world.post("a key of another request", "/v1/imports", json_body=JOB | {"bytes": 7}, headers=key)
    world.post("a key that is none", "/v1/imports", json_body=JOB, headers={"Idempotency-Key": "é"})
    wrong: dict[str, dict[str, object]] = {
        "an unknown importer": {"importer": "nothing"},
        "a file that is too large": {"importer": "dealers", "bytes": 20 * 1024**2 + 1},
        "a file of another type": {"importer": "voters"},
        "a constant that does not fit": {"importer": "voters", "filename": "a.xlsx"}
        | {"recipe": {"constants": {"ward": "7"}}},
        "a constant that is unknown": {"recipe": {"constants": {"ward": "79800001"}}},
        "a column without a decimal mark": {"recipe": {"decimal": {"Updated": ","}}},
        "an encoding": {"recipe": {"encoding": "utf-8"}},
        "two modes": {"mode": "update", "recipe": {"mode": "upsert"}},
        "a name that there was": {"mapping": {"Preis": "price"}},
        "a member that is unknown": {"surprise": True},
        "a priority that is none": {"priority": "now", "sha256": "x"},
        "a job to correct that is unknown": {"corrects": "01KC5RYQ8QJ3X7H2M9T4V6W8ZB"},
    }
    for name, changed in wrong.items():
        world.post(name, "/v1/imports", json_body=JOB | changed)
    world.post("a body that is no JSON", "/v1/imports", body=b"{")
    world.post("a body of another type", "/v1/imports", body=b"<a/>", headers={"Content-Type": "application/xml"})
    world.post("no importer", "/v1/imports/upload", body=GOOD)
    query = {"importer": "products"}
    world.post("a body that is too large", "/v1/imports/upload", body=b"x" * (PART // 2 + 1), query=query)
    job_id = expected["job"]["id"]
    world.get("waiting for the file", f"/v1/jobs/{job_id}")
    world.get("not in parts", f"/v1/jobs/{job_id}/upload")
    client("s3").put_object(Bucket=BUCKET, Key=expected["upload"]["fields"]["key"], Body=GOOD)
    world.arrive(job_id)
    world.get("queued", f"/v1/jobs/{job_id}")
    world.run(job_id)
    world.get("announced and completed", f"/v1/jobs/{job_id}")
    columns = {"Nummer": "part_number", "Was": "Description", "Preis": "Price"}
    mapped = JOB | {"recipe": {"columns": columns}, "priority": "urgent"}
    expected = world.post("announce with a recipe", "/v1/imports", json_body=mapped).body
    body = b"Nummer,Was,Preis\nM-1,Rad,4\n"
    client("s3").put_object(Bucket=BUCKET, Key=expected["upload"]["fields"]["key"], Body=body)
    world.run(expected["job"]["id"])
    world.get("mapped headers", f"/v1/jobs/{expected['job']['id']}/preview")
    sha256 = hashlib.sha256(GOOD).hexdigest()
    world.post("the same file", "/v1/imports", json_body=JOB | {"sha256": sha256})
    world.post("the same file by force", "/v1/imports", json_body=JOB | {"sha256": sha256, "force": True})


def parts(world: World) -> None:
    """Record a file that is uploaded in parts."""
    asked = JOB | {"bytes": PART + 10, "multipart": True}
    announced = world.post("announce parts", "/v1/imports", json_body=asked).body
    here = f"/v1/jobs/{announced['job']['id']}/upload"
    sizes = (PART, 10)
    urls = [part["url"] for part in announced["upload"]["parts"]]
    world.send_part(urls[1], b"x" * sizes[1])
    world.get("a part has arrived", here)
    world.post("a part is missing", here)
    world.send_part(urls[0], b"x" * sizes[0])
    world.post("all parts are there", here)
    world.arrive(announced["job"]["id"])
    world.get("no part is wanted", here)
    world.post("cancel a queued job", f"/v1/jobs/{announced['job']['id']}/cancel")
    given_up = world.post("announce parts again", "/v1/imports", json_body=asked).body
    for upload in client("s3").list_multipart_uploads(Bucket=BUCKET)["Uploads"]:
        client("s3").abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])
    world.get("the upload is over", f"/v1/jobs/{given_up['job']['id']}/upload")


def views(world: World) -> str:
    """Record every view of a job of products with rejected rows."""
    job_id = world.done("wrong rows", WRONG)
    here = f"/v1/jobs/{job_id}"
    etag = world.get("wrong rows: seen", here).headers["etag"]
    world.get("wrong rows: not modified", here, headers={"If-None-Match": etag})
    for view in ("preview", REJECTIONS, CONFLICTS, "timeline", "log", "files"):
        world.get(f"wrong rows: {view}", f"{here}/{view}")
    world.get("a preview of some rows", f"{here}/preview", query={"limit": "1"})
    world.get("a preview of too many rows", f"{here}/preview", query={"limit": "201"})
    page = world.get("some rejections", f"{here}/{REJECTIONS}", query={"limit": "2"}).body
    world.get("more rejections", f"{here}/{REJECTIONS}", query={"limit": "2", "cursor": page["next"]})
    for view in (REJECTIONS, CONFLICTS):
        world.get(f"a cursor of {view} that is none", f"{here}/{view}", query={"cursor": "x"})
    page = world.get("some records", "/v1/datasets/products/records", query={"limit": "3"}).body
    world.get("more records", "/v1/datasets/products/records", query={"limit": "3", "cursor": page["next"]})
    world.get("a cursor of records that is none", "/v1/datasets/products/records", query={"cursor": "x"})
    world.get("no such dataset", "/v1/datasets/nothing/records")
    world.get("a record", "/v1/datasets/products/records", query={"key": "P-2"})
    world.get("no such record", "/v1/datasets/products/records", query={"key": "P-3"})
    world.get("no history yet", "/v1/datasets/products/history", query={"key": "P-1"})
    query = {"importer": "products", "filename": "again.csv"}
    world.post("the same file uploaded", "/v1/imports/upload", body=WRONG, query=query)
    return job_id


def corrections(world: World, first: str) -> None:
    """Record corrections of rejected rows."""
    body = b"Original row,Part Number,Description,Price\n4,P-3,Pump,1\n2,P-1,Sneaked,1\nx,P-4,Odd,1\n7,P-1,Again,1\n"
    job_id = world.done("correction", body, corrects=first)
    world.get("correction: rejections", f"/v1/jobs/{job_id}/{REJECTIONS}")
    world.get("corrected: log", f"/v1/jobs/{first}/log")
    body = b"Part Number,Description,Price\nP-3,Pump,1\n"
    world.done("correction without row numbers", body, corrects=first)
    query = {"importer": "dealers", "corrects": first}
    world.post("correction by another importer", "/v1/imports/upload", body=body, query=query)


def updates(world: World, first: str) -> None:
    """Record a job in review that changes records, and the history of these."""
    job_id = world.done("in review", LATER, review="true")
    here = f"/v1/jobs/{job_id}"
    world.get("in review: preview", f"{here}/preview")
    world.post("commit: with dates", f"{here}/commit", json_body={"dates": {"Updated": "dmy"}})
    world.post("commit: may not", f"{here}/commit", token=issuer.token(scope=READER))
    world.post("commit: of another tenant", f"{here}/commit", token=issuer.token(tenant="other"))
    world.post("commit", f"{here}/commit", token=issuer.token(sub="ben"))
    world.run(job_id)
    world.get("committed", here)
    world.get("committed: log", f"{here}/log")
    world.get("committed: timeline", f"{here}/timeline")
    world.post("commit: not from there", f"/v1/jobs/{first}/commit")
    world.get("updated record", "/v1/datasets/products/records", query={"key": "P-1"})
    world.get("history", "/v1/datasets/products/history", query={"key": "P-1"})
    world.get("history of no dataset", "/v1/datasets/nothing/history", query={"key": "P-1"})


def downloads(world: World, first: str) -> None:
    """Record downloads of a job's files, and of files that are not available."""
    here = f"/v1/jobs/{first}/files"
    with made_by_no_one(world):
        world.get("a file that is being made", f"{here}/errors.csv")
        machine = client("stepfunctions")
        for attempt in ("", "-2", "-3", "-4", "-5"):
            name = f"{first}-loaded.csv{attempt}"
            begun = machine.start_execution(stateMachineArn=MACHINE, name=name, input="{}")
            machine.stop_execution(executionArn=begun["executionArn"])
        world.get("a file that could not be made", f"{here}/loaded.csv")
    world.get("no such file", f"{here}/result.xlsx")
    world.get("errors.xlsx", f"{here}/errors.xlsx")
    job_id = world.done("files", b"Part Number,Description,Price\nF-1,Filter,1\nF-2,Belt,-1\n")
    here = f"/v1/jobs/{job_id}/files"
    for offer in world.get("files: offers", here).body["items"]:
        world.get(f"files: {offer['name']}", f"{here}/{offer['name']}")
    world.get("files: made", here)
    ticket = world.post("a ticket for a file", f"/v1/jobs/{job_id}/ticket").body["ticket"]
    world.get("a file by a ticket", f"{here}/errors.csv", query={"ticket": ticket}, token=None)


@contextmanager
def made_by_no_one(world: World) -> Iterator[None]:
    """Make no file that is requested within the block, and let the API not wait for one."""
    with world.monkeypatch.context() as impatient:
        impatient.setattr(LONGEST_WAIT, 0.0)
        world.machine.makes_files = False
        yield
        world.machine.makes_files = True


def live(world: World, first: str) -> None:
    """Record tickets and event streams."""
    here = f"/v1/jobs/{first}"
    world.post("a ticket for all jobs", "/v1/tickets")
    world.post("a ticket for no job", "/v1/jobs/01KC5RYQ8QJ3X7H2M9T4V6W8ZB/ticket")
    ticket = world.post("a ticket for a job", f"{here}/ticket", token=issuer.token(scope=READER)).body["ticket"]
    stream = world.get("events", f"{here}/events", query={"ticket": ticket}, token=None)
    seen = next(line[4:] for line in stream.text.splitlines() if line.startswith("id: "))
    headers = {"Last-Event-ID": seen}
    world.get("events: over", f"{here}/events", query={"ticket": ticket}, headers=headers, token=None)
    world.get("events: a used ticket", f"{here}/events", query={"ticket": ticket}, token=None)
    other = world.upload("live: upload", b"Part Number,Description,Price\nL-1,Filter,1\n")
    world.get("events: a ticket of another job", f"/v1/jobs/{other}/events", query={"ticket": ticket}, token=None)
    stream = world.get("events: by a token", f"/v1/jobs/{other}/events")
    seen = next(line[4:] for line in stream.text.splitlines() if line.startswith("id: "))
    world.get("events: no news", f"/v1/jobs/{other}/events", headers={"Last-Event-ID": seen})
    world.run(other)
    world.get("events: the end", f"/v1/jobs/{other}/events", headers={"Last-Event-ID": seen})


def samples(world: World) -> None:
    """Record the samples of every importer."""
    for sample in SAMPLES:
        if sample.importer != "voters":
            name = f"sample {sample.importer}: {sample.filename}"
            job_id = world.done(name, sample.body(), sample.importer, sample.filename)
            world.get(f"{name}: preview", f"/v1/jobs/{job_id}/preview")
            world.get(f"{name}: rejections", f"/v1/jobs/{job_id}/{REJECTIONS}")
            world.get(f"{name}: errors.csv", f"/v1/jobs/{job_id}/files/errors.csv")
    for dataset in dict.fromkeys(sample.importer for sample in SAMPLES):
        world.get(f"records of {dataset}", f"/v1/datasets/{dataset}/records")
