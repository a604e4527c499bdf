"""The script of the golden answers, second half: actions on jobs, lookups, and syncs."""

from __future__ import annotations

from typing import Any

from tests.integration.api.calling import EVERY_SCOPE
from tests.integration.api.golden import CONFLICTS, REJECTIONS, World, lookup_result
from tests.samples import SAMPLES
from tests.support import issuer

HEAD = b"Part Number,Description,Price\n"
IDS = ("8001015009087", "0501015009084", "9202204720083")


def script(world: World) -> None:
    """Record the answers of the second half."""
    dates(world)
    recipes(world)
    rejected_files(world)
    stops(world)
    failures(world)
    rollbacks(world)
    deletions(world)
    synchronous(world)
    voters(world)
    syncs(world)
    stuck(world)
    lists(world)


def dates(world: World) -> None:
    """Record jobs with dates that can be read in two ways."""
    head = b"Part Number,Description,Price,Updated\n"
    job_id = world.done("ambiguous dates", head + b"D-1,Filter,1,03/04/2025\nD-2,Belt,1,2025-12-31\n", questions="ask")
    here = f"/v1/jobs/{job_id}"
    world.get("ambiguous dates: preview", f"{here}/preview")
    version = world.get("ambiguous dates: asked", here).body["recipe"]["version"]
    world.post("ambiguous dates: commit without an answer", f"{here}/commit")
    wrong: dict[str, dict[str, object]] = {
        "of another column": {"date_order.sold": "dmy"},
        "that cannot be": {"date_order.updated": "ydm"},
    }
    for name, answers in wrong.items():
        body = {"version": version, "answers": answers}
        world.post(f"ambiguous dates: an answer {name}", f"{here}/answers", json_body=body)
    mine, other = ({"version": version, "answers": {"date_order": {"Updated": order}}} for order in ("mdy", "dmy"))
    world.post("ambiguous dates: answer", f"{here}/answers", json_body=mine)
    world.run(job_id)
    world.post("ambiguous dates: answer otherwise", f"{here}/answers", json_body=other)
    world.get("ambiguous dates: answered", here)
    world.get("ambiguous dates: record", "/v1/datasets/products/records", query={"key": "D-1"})
    job_id = world.done("dates that tell their order", head + b"D-3,Filter,1,03/04/2025\nD-4,Belt,1,12/31/2025\n")
    world.get("dates that tell their order: preview", f"/v1/jobs/{job_id}/preview")
    job_id = world.done("dates of both orders", head + b"D-5,Filter,1,31/12/2025\nD-6,Belt,1,12/31/2025\n")
    world.get("dates of both orders: rejections", f"/v1/jobs/{job_id}/{REJECTIONS}")


def recipes(world: World) -> None:
    """Record recipes that are kept by name, and a drop folder."""
    here = "/v1/importers/products"
    kept, folder = f"{here}/recipes/nordparts", f"{here}/drop-folder"
    world.call("a recipe: put", "PUT", kept, json_body={"decimal": {"Price": ","}})
    world.get("a recipe", kept)
    world.get("recipes", f"{here}/recipes")
    world.get("a drop folder as it is", folder)
    world.call("a drop folder: put", "PUT", folder, json_body={"recipe": "nordparts", "questions": "ask"})
    world.call("a recipe: delete", "DELETE", kept)


def rejected_files(world: World) -> None:
    """Record files that are rejected as a whole."""
    bodies = {
        "a PDF": b"%PDF-1.7",
        "an empty file": b"",
        "a file of another table": b"Apples,Pears\n1,2\n",
        "a column too few": b"Part Number,Description\nP-1,Filter\n",
        "a header twice": b"Part Number,Part Number,Description,Price\nP-1,P-1,Filter,1\n",
        "a header and no row": HEAD,
        "a broken workbook": b"PK\x03\x04 and no more",
    }
    jobs = [world.done(name, body) for name, body in bodies.items()]
    here = f"/v1/jobs/{jobs[-1]}"
    world.post("a rejected file: retry", f"{here}/retry")
    world.post("a rejected file: rollback", f"{here}/rollback")
    world.get("a rejected file: preview", f"{here}/preview")
    world.get("a rejected file: files", f"{here}/files")


def stops(world: World) -> None:
    """Record jobs that are paused, resumed and cancelled."""
    job_id = world.upload("pause: upload", HEAD + b"S-1,Filter,1\n", priority="urgent")
    here = f"/v1/jobs/{job_id}"
    world.run(job_id, upto="parse")
    world.get("pause: under way", here)
    world.get("pause: no files yet", f"{here}/files")
    world.get("pause: no preview yet", f"{here}/preview")
    world.get("pause: messages wait", "/v1/queues")
    world.post("pause", f"{here}/pause")
    world.run(job_id)
    world.get("paused", here)
    world.post("pause: not from there", f"{here}/rollback")
    world.post("pause again", f"{here}/pause")
    world.post("resume", f"{here}/resume")
    world.post("resume again", f"{here}/resume")
    world.run(job_id)
    world.get("resumed", here)
    world.get("resumed: log", f"{here}/log")
    job_id = world.upload("cancel: upload", HEAD + b"S-2,Filter,1\n")
    here = f"/v1/jobs/{job_id}"
    world.run(job_id, upto="load")
    world.get("cancel: under way", here)
    world.post("cancel", f"{here}/cancel")
    world.run(job_id)
    world.post("cancel again", f"{here}/cancel")
    world.post("cancelled: resume", f"{here}/resume")
    world.post("cancelled: rollback", f"{here}/rollback")
    world.run(job_id)
    world.get("cancelled and rolled back", here)


def failures(world: World) -> None:
    """Record jobs that fail and are retried."""
    job_id = world.upload("fail: upload", HEAD + b"E-1,Filter,1\nE-2,Belt,-1\n")
    here = f"/v1/jobs/{job_id}"
    world.run(job_id, fail="load")
    world.get("fail: unprocessed rows", here)
    world.get("fail: files", f"{here}/files")
    world.post("retry", f"{here}/retry")
    world.run(job_id)
    world.get("retried", here)
    world.post("retry: not from there", f"{here}/retry")
    job_id = world.upload("break: upload", HEAD + b"E-3,Filter,1\n")
    here = f"/v1/jobs/{job_id}"
    world.run(job_id, upto="load")
    world.abort(job_id)
    world.get("broken", here)
    world.post("broken: retry", f"{here}/retry")
    world.run(job_id)
    world.get("broken and retried: log", f"{here}/log")


def rollbacks(world: World) -> None:
    """Record rollbacks: of rows that later jobs have changed, and one that takes two attempts."""
    rows = b"R-1,Filter,1\nR-2,Belt,2\nR-3,Pump,3\nR-4,Hose,4\n"
    job_id = world.done("rollback: first", HEAD + rows)
    later = world.done("rollback: second", HEAD + rows.replace(b",1\n", b",10\n").replace(b",3\n", b",30\n"))
    here = f"/v1/jobs/{job_id}"
    world.post("rollback", f"{here}/rollback")
    world.run(job_id, upto="undo")
    world.get("rollback: under way", here)
    world.call("rollback: delete", "DELETE", here)
    world.run(job_id)
    world.get("rolled back with conflicts", here)
    page = world.get("conflicts", f"{here}/{CONFLICTS}", query={"limit": "1"}).body
    world.get("more conflicts", f"{here}/{CONFLICTS}", query={"limit": "1", "cursor": page["next"]})
    world.post("rollback again", f"{here}/rollback")
    world.get("rollback: log", f"{here}/log")
    here = f"/v1/jobs/{later}"
    world.post("rollback of the later", f"{here}/rollback")
    world.run(later, fail="undo")
    world.get("rollback incomplete", here)
    world.post("rollback incomplete: again", f"{here}/rollback")
    world.run(later)
    world.get("rolled back", here)
    world.get("rolled back: record", "/v1/datasets/products/records", query={"key": "R-1"})
    world.get("rolled back: history", "/v1/datasets/products/history", query={"key": "R-1"})


def deletions(world: World) -> None:
    """Record jobs whose files are deleted."""
    job_id = world.done("delete: upload and run", HEAD + b"X-1,Filter,1\nX-2,Belt,-1\n")
    here = f"/v1/jobs/{job_id}"
    world.call("delete: may not", "DELETE", here, token=issuer.token())
    world.call("delete: of another tenant", "DELETE", here, token=issuer.token(tenant="other", scope=EVERY_SCOPE))
    world.call("delete", "DELETE", here)
    world.call("delete again", "DELETE", here)
    world.get("deleted", here)
    for view in ("preview", REJECTIONS, "files", "log", "timeline"):
        world.get(f"deleted: {view}", f"{here}/{view}")
    world.post("deleted: rollback", f"{here}/rollback")


def synchronous(world: World) -> None:
    """Record an importer whose callers wait for the end."""

    def run() -> None:
        world.run(world.stack.jobs.page("acme", status=None, importer=None, limit=1, cursor=None).items[0].ref.id)

    with world.monkeypatch.context():
        world.meanwhile(run)
        query = {"importer": "dealers", "filename": "dealers.csv"}
        headers = {"Idempotency-Key": "two"}
        body = b"Code,Name,E-mail\nD-1,Nord,a@b.example\nD-2,Sued,nonsense\n"
        for name in ("synchronous", "synchronous: the same key"):
            world.post(name, "/v1/imports/upload", body=body, query=query, headers=headers)


def voters(world: World) -> None:
    """Record lists whose rows are looked up, one list at a time."""
    first, second = (sample for sample in SAMPLES if sample.importer == "voters")
    world.upstreams.found = {IDS[0]: lookup_result("registered", "79800001"), IDS[1]: lookup_result("deceased")}
    job_id = world.done("lookup", first.body(), "voters", first.filename)
    here = f"/v1/jobs/{job_id}"
    for view in ("preview", REJECTIONS, "timeline", "log"):
        world.get(f"lookup: {view}", f"{here}/{view}")
    for offer in world.get("lookup: files", f"{here}/files").body["items"]:
        world.get(f"lookup: {offer['name']}", f"{here}/files/{offer['name']}")
    world.post("lookup: rollback", f"{here}/rollback")
    world.done("lookup without a ward", first.body(), "voters", "list.xlsx")
    world.upstreams.down = True
    waits = world.done("lookup suspended", second.body(), "voters", second.filename)
    here = f"/v1/jobs/{waits}"
    behind = world.upload("lookup in line: upload", first.body(), "voters", "Ward 79800002.xlsx")
    world.arrive(behind)
    world.get("lookup in line", f"/v1/jobs/{behind}")
    world.post("lookup suspended: pause", f"{here}/pause")
    world.upstreams.down, world.upstreams.rejects = False, True
    world.post("lookup suspended: resume", f"{here}/resume")
    world.run(waits)
    world.get("lookup rejected", here)
    world.post("lookup rejected: retry while another is under way", f"{here}/retry")
    world.upstreams.rejects = False
    world.run(behind)
    world.get("lookup in line: its turn", f"/v1/jobs/{behind}")
    world.upstreams.found[IDS[2]] = lookup_result("not-registered")
    world.post("lookup rejected: retry", f"{here}/retry")
    world.run(waits)
    world.get("lookup retried", here)
    for name in ("result.xlsx", "summary.json", "errors.csv"):
        world.get(f"lookup retried: {name}", f"{here}/files/{name}")


def promotion(number: int, **changed: object) -> dict[str, object]:
    """Return a row of the source pangkat."""
    return {
        "nip": f"{number:018d}",
        "nama": f"Pegawai {number}",
        "golonganBaru": "III/b",
        "tmtGolongan": "01-04-2026",
        "tanggalUsulan": "01-02-2026",
        "statusUsulan": "Disetujui",
        **dict.fromkeys(("instansi", "noPertek", "tanggalPertek", "golonganLama")),
        **dict.fromkeys(("jenisKp", "masaKerjaTahun", "masaKerjaBulan")),
        **changed,
    }


def syncs(world: World) -> None:
    """Record sources, their syncs and their schedules."""
    rows: list[dict[str, Any]] = [promotion(number) for number in range(4)]
    world.upstreams.rows["pangkat"] = rows
    world.get("sources", "/v1/sources")
    job_id = world.post("sync", "/v1/syncs/pangkat").body["job"]["id"]
    world.post("sync: under way", "/v1/syncs/pangkat")
    world.run(job_id)
    world.post("sync: ended", "/v1/syncs/pangkat")
    world.get("sync: preview", f"/v1/jobs/{job_id}/preview")
    world.upstreams.rows["pangkat"] = [rows[0], promotion(1, nama="Pegawai Satu"), promotion(9, golonganBaru="V")]
    force = {"force": "true"}
    tripped = world.post("sync by force", "/v1/syncs/pangkat", query=force).body["job"]["id"]
    world.run(tripped)
    world.get("sync: guard", f"/v1/jobs/{tripped}")
    wrong = {"guards": {"max_change": {"nama": 0.5}}}
    world.post("sync: guard of no number", "/v1/syncs/pangkat", query=force, json_body=wrong)
    through = {"guards": {"max_deleted": 2}}
    again = world.post("sync with guards", "/v1/syncs/pangkat", query=force, json_body=through).body["job"]["id"]
    world.run(again)
    here = f"/v1/jobs/{again}"
    world.get("sync: deleted upstream", here)
    world.get("sync: rejections", f"{here}/{REJECTIONS}")
    world.get("sync: record", "/v1/datasets/pangkat/records", query={"deleted": "true"})
    world.get("syncs", "/v1/syncs/pangkat", query={"limit": "1"})
    world.get("sources: after a sync", "/v1/sources")
    world.post("sync: rollback", f"{here}/rollback")
    world.post("sync by force: rolling back", "/v1/syncs/pangkat", query={"force": "true"})
    world.run(again)
    world.get("sync: rolled back", here)
    world.post("no such source", "/v1/syncs/nothing")
    world.get("syncs of no source", "/v1/syncs/nothing")
    path = "/v1/syncs/pangkat/schedule"
    body: dict[str, Any] = {"every_minutes": 360, "starting_at": "2099-03-01T06:00:00+07:00"}
    world.call("schedule", "PUT", path, json_body=body)
    world.call("schedule without a beginning", "PUT", "/v1/syncs/skk/schedule", json_body={"every_minutes": 15})
    world.call("schedule: not as described", "PUT", path, json_body={"every_minutes": 14, "starting_at": "tomorrow"})
    world.call("schedule of no source", "PUT", "/v1/syncs/nothing/schedule", json_body=body)
    world.get("sources: with schedules", "/v1/sources")
    world.call("schedule: delete", "DELETE", path)
    world.call("schedule: delete again", "DELETE", path)
    world.call("schedule: delete of no source", "DELETE", "/v1/syncs/nothing/schedule")


def stuck(world: World) -> None:
    """Record syncs that are rejected, and stuck ones."""
    first, second = (
        world.post(f"stuck {source}", f"/v1/syncs/{source}").body["job"]["id"] for source in ("skk", "pensiun")
    )
    world.post("clean up nothing", "/v1/syncs/cleanup")
    world.age(first)
    world.post("clean up another source", "/v1/syncs/cleanup", query={"source": "pensiun"})
    world.post("clean up", "/v1/syncs/cleanup")
    world.post("clean up no source", "/v1/syncs/cleanup", query={"source": "nothing"})
    world.get("cleaned up", f"/v1/jobs/{first}")
    world.reject_pages()
    world.run(second)
    world.get("sync: rejected by its upstream", f"/v1/jobs/{second}")


def lists(world: World) -> None:
    """Record the list of all jobs at the end."""
    page = world.get("jobs", "/v1/jobs", query={"limit": "30"}).body
    world.get("more jobs", "/v1/jobs", query={"limit": "5", "cursor": page["next"]})
    world.get("jobs by status", "/v1/jobs", query={"status": "rolled_back"})
    world.get("jobs by importer", "/v1/jobs", query={"importer": "voters", "limit": "3"})
    world.get("jobs of another tenant", "/v1/jobs", token=issuer.token(tenant="other"))
