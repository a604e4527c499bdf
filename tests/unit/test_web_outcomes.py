"""What pages say of a job: its outcome in words and colour, the verdict of a review, and the seconds of its phases."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from local.web import WEB
from sluice.wording import word_reason
from sluice.wording.english.rows import REASONS
from tests.support.javascript import evaluate

NONE = {"total": 0, "inserted": 0, "updated": 0, "unchanged": 0, "rejected": 0, "unprocessed": 0}
REJECTIONS = {"type": "/problems/rejections"}
OUTCOME = "jobs.map((job) => [it.stateText(job, (state) => `(${state})`, 'en'), it.kindOf(job)])"


def job(status: str = "completed", *, lookup: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a job as the API shows it; numbers are counts, and the total is their sum."""
    counts = NONE | {name: value for name, value in more.items() if name in NONE}
    counts["total"] = sum(counts.values())
    rest = {name: value for name, value in more.items() if name not in NONE}
    return {"status": status, "lookup": lookup, "suspended": None, "rollback": None, "counts": counts, **rest}


def test_a_finished_job_says_whether_its_rows_were_loaded() -> None:
    """A file whose rows were all rejected is completed too, and must not look like a success."""
    rolled_back = {"reversed": 8, "conflicts": 2, "failed": 0}
    expected = [
        (job(inserted=40), "Loaded", "good"),
        (job(unchanged=40), "Loaded", "good"),
        (job(inserted=4_960, rejected=40), "Loaded, 40 rejected", "warn"),
        (job(rejected=412), "Nothing loaded", "bad"),
        (job(), "No rows", "warn"),
        (job(inserted=3, lookup="nik"), "Looked up", "good"),
        (job(inserted=3, rejected=1_200, lookup="nik"), "Looked up, 1,200 rejected", "warn"),
        (job(rejected=2, lookup="nik"), "Nothing looked up", "bad"),
        (job("rolled_back", inserted=10, rollback=rolled_back | {"conflicts": 0}), "(rolled_back)", "over"),
        (job("rolled_back", inserted=10, rollback=rolled_back), "Rolled back, 2 kept", "warn"),
        (job("failed", inserted=5, unprocessed=5), "(failed)", "bad"),
        (job("failed", rejected=1, problem=REJECTIONS), "Nothing loaded: 1 rejected row", "bad"),
        (job("failed", inserted=3, rejected=2, problem=REJECTIONS), "Nothing loaded: 2 rejected rows", "bad"),
        (job("failed", unprocessed=5, problem={"type": "/problems/guard"}), "Nothing loaded: over a limit", "bad"),
        (job("in_review", unprocessed=5, problem={"type": "/problems/guard"}), "(in_review)", "asks"),
        (job("failed", problem={"type": "/problems/no-header"}), "(failed)", "bad"),
        (job("cancelled", inserted=5, unprocessed=5), "(cancelled)", "over"),
        (job("in_review", unprocessed=5), "(in_review)", "asks"),
        (job("loading", unprocessed=5, lookup="nik"), "(lookup)", "active"),
        (job("paused", unprocessed=5, suspended="away"), "(suspended)", "asks"),
        ({"status": "completed", "lookup": None}, "(completed)", "good"),
    ]
    found = evaluate("shared/outcomes.js", OUTCOME, jobs=[each for each, _, _ in expected])
    assert found == [[words, kind] for _, words, kind in expected]


def test_the_outcome_is_said_in_indonesian_with_its_numbers() -> None:
    jobs = [job(inserted=4_960, rejected=1_040), job(rejected=412)]
    found = evaluate("shared/outcomes.js", "jobs.map((job) => it.stateText(job, String, 'id'))", jobs=jobs)
    assert found == ["Dimuat, 1.040 ditolak", "Tidak ada yang dimuat"]


def test_the_parts_of_a_bar_are_the_rows_by_outcome() -> None:
    """They fill the bar, and a single row in a million is seen."""
    rollback = {"reversed": 7, "conflicts": 1, "failed": 0}
    jobs = [
        job(inserted=6, updated=2, unchanged=1, rejected=1),
        job("failed", inserted=999_999, unprocessed=1),
        job("in_review", rejected=40, unprocessed=4_960),
        job("rolled_back", inserted=8, rejected=2, rollback=rollback),
    ]
    parts = evaluate("shared/outcomes.js", "jobs.map(it.partsOf)", jobs=jobs)
    assert [[(part["name"], part["rows"]) for part in bar] for bar in parts] == [
        [("loaded", 8), ("unchanged", 1), ("rejected", 1)],
        [("loaded", 999_999), ("unprocessed", 1)],
        [("waiting", 4_960), ("rejected", 40)],
        [("loaded", 1), ("reversed", 7), ("rejected", 2)],
    ]
    assert all(sum(part["percent"] for part in bar) == pytest.approx(100) for bar in parts)
    assert parts[1][1]["percent"] > 1


def test_the_verdict_of_a_review_is_one_sentence() -> None:
    """Rows that the load would reject for their key are left out like rejected ones."""
    names = ("total", "rejected", "to_reject", "unchecked", "insert", "update", "unchanged", "delete")
    counts = dict.fromkeys(names, 0)
    previews = [
        counts | {"total": 5_000, "insert": 4_960, "rejected": 38, "to_reject": 2},
        counts | {"total": 4, "insert": 1, "update": 2, "unchanged": 1},
        counts | {"total": 412, "rejected": 412},
        counts,
        counts | {"total": 10, "rejected": 4, "to_reject": None} | dict.fromkeys(names[4:]),
        counts | {"total": 20, "insert": 9, "rejected": 1, "unchecked": 10},
        counts | {"total": 42, "delete": 40, "to_reject": 2},
        counts | {"total": 20, "insert": 5, "update": 15, "delete": 3},
    ]
    shown = [{"job": {"lookup": None}, "counts": each} for each in previews]
    assert evaluate("shared/outcomes.js", "shown.map((each) => it.verdictText(each, 'en'))", shown=shown) == [
        "Load 4,960 new rows, change 0, leave out 40.",
        "Load 1 new row, change 2, leave out 0. 1 row is already there, unchanged.",
        "Nothing can be loaded: 412 rows are rejected.",
        "There is no row to load.",
        "Load 6 rows, leave out 4.",
        "Load 9 new rows, change 0, leave out 1. 10 rows could not be checked.",
        "Delete 40 records, leave out 2 rows.",
        "Load 5 new rows, change 15, leave out 0. 3 records that the file lacks are deleted.",
    ]
    assert evaluate("shared/outcomes.js", "it.verdictText(shown, 'id')", shown=shown[0]) == (
        "Muat 4.960 baris baru, ubah 0, lewati 40."
    )


def test_how_far_a_job_is_is_said_with_the_numbers_of_the_readers_language() -> None:
    """The API's own sentence is English; one without a code that the page knows stays as it came."""
    progress = {"current": 2_000, "total": 12_000, "percent": 16, "message": "Loaded 2,000 of 12,000 rows"}
    jobs = [
        job("loading", inserted=2_000, unprocessed=10_000, progress=progress | {"code": "loading"}),
        job("parsing", progress=progress | {"code": "checking"}),
        job(
            "rolling_back",
            rollback={"reversed": 1, "conflicts": 0, "failed": 0},
            progress=progress | {"code": "rolling-back"},
        ),
        job("paused", progress=progress | {"code": "suspended", "message": "Nothing answers."}),
        job("loading", progress=progress | {"code": "waiting-for-worker", "waits_since": "2026-01-01T02:09:40Z"}),
    ]
    since = datetime.fromisoformat("2026-01-01T02:09:40Z").astimezone()
    words = "[...jobs.map((job) => it.progressText(job, 'id')), it.progressText(jobs[2], 'en')]"
    assert evaluate("shared/outcomes.js", words, jobs=jobs) == [
        "2.000 dari 12.000 baris dimuat",
        "2.000 dari 12.000 baris diperiksa",
        "1 baris dikembalikan",
        "Nothing answers.",
        f"Menunggu pekerja sejak {since:%H.%M.%S}",
        "Rolled back 1 row",
    ]


def test_what_has_become_of_the_rows_is_said_in_one_sentence() -> None:
    rollback = {"reversed": 38, "conflicts": 2, "failed": 0}
    jobs = [
        job(inserted=38, rejected=2),
        job(lookup="nik", inserted=3, rejected=1),
        job("rolled_back", inserted=40, rollback=rollback),
        job("failed"),
    ]
    assert evaluate("shared/outcomes.js", "jobs.map((job) => it.resultText(job, 'en'))", jobs=jobs) == [
        "38 added, 2 rejected.",
        "3 looked up, 1 rejected.",
        "40 added, 38 rolled back, 2 kept, because they were changed since.",
        "",
    ]


TIMELINE: dict[str, Any] = {
    "items": [
        {"at": "2026-03-01T08:00:02Z", "phase": "parse", "rows": 40},
        {"at": "2026-03-01T08:02:08Z", "phase": "load", "rows": 38},
        {"at": "2026-03-01T09:00:04Z", "phase": "undo", "rows": 38},
    ],
    "phases": [
        {"phase": "parse", "seconds": 3.25, "rows": 40},
        {"phase": "load", "seconds": 5.5, "rows": 38},
        {"phase": "undo", "seconds": 4, "rows": 38},
    ],
    "spans": [
        {"status": "queued", "phase": None, "from": "2026-03-01T07:59:00Z", "until": "2026-03-01T08:00:00Z"},
        {"status": "parsing", "phase": "parse", "from": "2026-03-01T08:00:00Z", "until": "2026-03-01T08:00:03.250Z"},
        {"status": "in_review", "phase": None, "from": "2026-03-01T08:00:03.250Z", "until": "2026-03-01T08:02:04Z"},
        {"status": "loading", "phase": "load", "from": "2026-03-01T08:02:04Z", "until": "2026-03-01T08:02:09.500Z"},
        {"status": "completed", "phase": None, "from": "2026-03-01T08:02:09.500Z", "until": "2026-03-01T09:00:00Z"},
        {"status": "rolling_back", "phase": "undo", "from": "2026-03-01T09:00:00Z", "until": "2026-03-01T09:00:04Z"},
    ],
}
LINES = "(() => { const rows = it.rowsOverTime(); %s return rows.lines(); })()"


def test_the_chart_has_the_seconds_that_the_api_has_measured_and_no_waits() -> None:
    lines = evaluate("console/timeline.js", LINES % "rows.take(found);", found=TIMELINE)
    assert [(line["phase"], line["seconds"], line["rows"]) for line in lines] == [
        ("parse", 3.25, 40),
        ("load", 5.5, 38),
        ("undo", 4, 38),
    ]
    points = [[(point["seconds"], point["rows"]) for point in line["points"]] for line in lines]
    assert points == [[(0, 0), (2, 40)], [(3.25, 0), (7.25, 38)], [(8.75, 0), (12.75, 38)]], "seconds of work, in a row"


def test_the_phase_under_way_grows_with_the_job() -> None:
    """Rows that were rejected before are not among the loaded ones."""
    spans = [*TIMELINE["spans"][:3], TIMELINE["spans"][3] | {"until": None}]
    found = {"items": TIMELINE["items"][:1], "phases": TIMELINE["phases"][:2], "spans": spans}
    progress = {"current": 22, "total": 40}
    now = job("loading", inserted=20, rejected=2, unprocessed=18, progress=progress, phase="load")
    now |= {"updated_at": "2026-03-01T08:02:06.500Z", "created_at": "2026-03-01T07:59:00Z", "started_at": None}
    lines = evaluate("console/timeline.js", LINES % "rows.take(found); rows.add(now);", found=found, now=now)
    assert (lines[0]["seconds"], lines[1]["seconds"], lines[1]["rows"]) == (3.25, 2.5, 20)
    assert lines[1]["points"][-1] == {"seconds": 5.75, "rows": 20}


def test_an_axis_of_rows_has_whole_numbers() -> None:
    """One row has no half; seconds may have fractions."""
    ticks = "[it.scale(1, 100, 4, 1), it.scale(3, 100, 4, 1), it.scale(119, 100, 4, 1), it.scale(0.6, 100, 4)]"
    found = evaluate("console/chart.js", f"{ticks}.map((each) => each.ticks)")
    assert found == [[0, 1], [0, 1, 2, 3], [0, 50, 100, 150], [0, 0.2, 0.4, 0.6]]


def test_durations_are_read_as_people_say_them() -> None:
    seconds = [0.04, 5.94, 9.96, 59.4, 59.6, 128, 3_599.6, 3_900, 7_200]
    found = evaluate("shared/strings.js", "seconds.map((each) => it.duration(each, 'en'))", seconds=seconds)
    assert found == ["0 s", "5.9 s", "10 s", "59 s", "1 min", "2 min 8 s", "1 h", "1 h 5 min", "2 h"]


def test_sizes_have_the_units_of_the_limits() -> None:
    sizes = [1, 999, 1_024, 52_428_800, 2 * 1_024**3]
    found = evaluate("shared/strings.js", "sizes.map((each) => it.bytes(each, 'en'))", sizes=sizes)
    assert found == ["1 byte", "999 bytes", "1 KiB", "50 MiB", "2 GiB"]


def reason(code: str, said: str = "as the API says it", **params: Any) -> dict[str, Any]:
    """Return a rejection as the API shows it."""
    return {"code": code, "reason": said, "params": params}


def test_reasons_are_said_in_the_readers_language_with_its_numbers() -> None:
    """A sentence of an importer, and one of a later version of the API, stays as it came."""
    rejections = [
        reason("below-minimum", minimum="0.00005"),
        reason("too-long", length=1_200),
        reason("not-a-choice", choices=["new", "used", 2]),
        reason("not-a-choice", expected="a colour"),
        reason("required", text="needs a branch"),
        reason("wrong-branch", region="north"),
        reason("duplicate-key", column="2024", first=12_345),
    ]
    said = "rejections.map((each) => it.reasonText(each, lang))"
    assert evaluate("shared/reasons.js", said, rejections=rejections, lang="id") == [
        "harus 0,00005 atau lebih",
        "lebih panjang dari 1.200 karakter",
        "harus salah satu dari 'new', 'used', atau 2",
        *["as the API says it"] * 3,
        "mengulang 2024 dari baris 12.345",
    ]
    assert evaluate("shared/reasons.js", said, rejections=rejections[:3], lang="en") == [
        "must be 0.00005 or more",
        "is longer than 1,200 characters",
        "must be one of 'new', 'used' or 2",
    ]


HINTS: list[tuple[str, dict[str, Any]]] = [
    ("wrong-form", {"form": "three capital letters, such as EUR"}),
    ("wrong-form", {"example": "III/a"}),
    ("wrong-form", {}),
    ("not-a-number", {"example": "12.50"}),
    ("not-a-date", {}),
    ("not-a-choice", {"choices": ["gold", "tin"], "nearest": "gold"}),
    ("implausible-year", {"year": "2568", "first": "1900", "last": "2100"}),
    ("unstorable-characters", {"character": "U+0007"}),
]


def test_what_helps_to_correct_a_cell_is_said_in_both_languages() -> None:
    """The form of a column, an example and the nearest word come from the importer; a year has no separators."""
    rejections = [reason(code, **params) for code, params in HINTS]
    said = "rejections.map((each) => it.reasonText(each, lang))"
    english = evaluate("shared/reasons.js", said, rejections=rejections, lang="en")
    assert english == [word_reason(code, params) for code, params in HINTS]
    assert evaluate("shared/reasons.js", said, rejections=rejections, lang="id")[:2] == [
        "harus three capital letters, such as EUR",
        "tidak ditulis dalam bentuk yang diharapkan, misalnya III/a",
    ]


def test_the_pages_say_a_reason_as_the_api_does() -> None:
    """In English, so that the workbook of errors and the screen agree."""
    words = re.findall(r'"reason\.([\w-]+)": "(.*)",', (WEB / "shared/words-reasons-en.js").read_text())
    assert len(words) > 20
    assert {code for code, _ in words} <= set(REASONS)
    for code, text in words:
        if isinstance(REASONS[code], str):
            assert text == REASONS[code]
