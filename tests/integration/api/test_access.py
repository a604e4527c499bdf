"""Authorization: every route, with every token that it must reject."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sluice.model.chunk import PhaseName
from sluice.model.rejection import Rejection
from sluice.model.status import Status
from sluice.usecases.artifacts import JobFiles
from tests.integration.api.calling import OPEN, READING, SAMPLES, Answer, call, every, get, guarded, routes
from tests.integration.stack import Stack
from tests.support import issuer
from tests.support.factories import make_chunk, make_job

# Nothing is deployed for these tests: a rejected caller must not have reached any store.
ADMINISTERING = {("DELETE", f"/v1/jobs/{SAMPLES['job_id']}"), ("POST", "/v1/syncs/cleanup")}
EVERY_GUARDED = pytest.mark.parametrize(("method", "path"), guarded())
pytestmark = [
    pytest.mark.usefixtures("function_settings"),
    # Powertools reads the files of the docs page without closing them.
    pytest.mark.filterwarnings("ignore:unclosed file .*swagger_ui:ResourceWarning"),
]


def assert_problem(answer: Answer, status: int, type_: str) -> None:
    """Expect a problem of this type, and nothing else."""
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["type"] == f"/problems/{type_}"
    assert {"type", "title", "status", "detail"} <= set(answer.body)


def test_all_routes_but_the_open_ones_are_tried_here() -> None:
    """The list comes from the resolver itself, so it includes every new route."""
    assert len(guarded()) >= 10
    assert {path for _, path in routes()} - {path for _, path in guarded()} == OPEN


@pytest.mark.usefixtures("no_aws")
@pytest.mark.parametrize("path", sorted(OPEN))
@pytest.mark.parametrize("token", [None, "rubbish"])
def test_open_routes_answer_without_a_token(path: str, token: str | None) -> None:
    """They show no data of any tenant."""
    assert get(path, token=token).status == 200


@pytest.mark.usefixtures("no_aws")
@EVERY_GUARDED
@pytest.mark.parametrize(
    "token",
    [
        pytest.param(None, id="none"),
        pytest.param("rubbish", id="rubbish"),
        pytest.param(issuer.expired(), id="expired"),
        pytest.param(issuer.token(aud="other"), id="wrong audience"),
        pytest.param(issuer.token(iss="https://elsewhere.example"), id="wrong issuer"),
        pytest.param(issuer.token(key="forger"), id="forged"),
        pytest.param(issuer.unsigned(), id="unsigned"),
        pytest.param(issuer.token(tenant="a#b"), id="impossible tenant"),
    ],
)
def test_every_route_rejects_an_invalid_token(method: str, path: str, token: str | None) -> None:
    """The response says which kind of token it needs."""
    answer = call(method, path, token=token)
    assert_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.usefixtures("no_aws")
@EVERY_GUARDED
def test_a_token_without_the_scope_is_not_enough(method: str, path: str) -> None:
    """A token with only the other scope is not enough either."""
    reads = method == "GET" or path in READING
    needed = "imports:read" if reads else "imports:write"
    others = {"imports:read", "imports:write"} - {needed}
    if (method, path) in ADMINISTERING:
        needed, others = "imports:admin", {"imports:read imports:write"}
    for scope in (None, "openid profile", *others):
        answer = call(method, path, token=issuer.token(scope=scope))
        assert_problem(answer, 403, "forbidden")
        assert answer.body["scope"] == needed


@pytest.mark.usefixtures("stack")
@EVERY_GUARDED
def test_the_scope_of_an_administrator_opens_every_route(method: str, path: str) -> None:
    """The status then depends on the request."""
    assert call(method, path, token=issuer.token(scope="imports:admin")).status not in {401, 403, 500}


@pytest.mark.usefixtures("no_aws")
def test_an_unknown_address_needs_a_token_too() -> None:
    """The response is the same as for a known address."""
    assert_problem(get("/v1/secrets", token=None), 401, "unauthorized")
    assert_problem(get("/v1/secrets"), 404, "not-found")


@pytest.mark.parametrize("rest", ["", "/rejections"])
def test_the_job_of_another_tenant_is_not_found(stack: Stack, rest: str) -> None:
    """The response is that of a job that never existed, apart from the id."""
    theirs = replace(make_job("other", status=Status.COMPLETED), created_at=datetime.now(UTC))
    stack.jobs.add(theirs)
    chunk = make_chunk(theirs.ref)
    JobFiles(theirs, stack.files).write_rejections(chunk, [Rejection("S", 2, "Price", "x", "not-a-number")], [])
    path = f"/v1/jobs/{theirs.ref.id}{rest}"
    assert get(path, token=issuer.token(tenant="other")).status == 200
    found = get(path)
    assert_problem(found, 404, "not-found")
    never = get(path.replace(theirs.ref.id, SAMPLES["job_id"]))
    assert found.text == never.text.replace(SAMPLES["job_id"], theirs.ref.id)


def test_lists_show_the_callers_tenant_only(stack: Stack) -> None:
    """This includes tenants whose names begin alike."""
    for tenant in ("acme", "acme2", "acm", "other"):
        stack.jobs.add(make_job(tenant))
    tenants = {"acme": 1, "acme2": 1, "empty": 0}
    for tenant, count in tenants.items():
        answer = get("/v1/jobs", token=issuer.token(tenant=tenant))
        assert len(answer.body["items"]) == count
    assert len(every("/v1/jobs")) == 1


def test_users_whose_issuer_writes_odd_tenants_share_nothing(stack: Stack) -> None:
    """They have no tenant at all, although one of the names that their claims read like exists."""
    for tenant in ("None", "True", "5", "null"):
        stack.jobs.add(make_job(tenant))
    for odd in (None, True, 5, [], ["None"], {"None": 1}, ""):
        bearer = issuer.with_claims(issuer.claims(scope="imports:admin") | {"tenant": odd})
        for path in ("/v1/jobs", "/v1/datasets/products/records", "/v1/sources"):
            assert_problem(get(path, token=bearer), 401, "unauthorized")
        upload = call("POST", "/v1/imports/upload", body=b"a", token=bearer, headers={"Idempotency-Key": "k"})
        assert_problem(upload, 401, "unauthorized")


def test_an_idempotency_key_belongs_to_a_caller_of_a_tenant(stack: Stack) -> None:
    """Two callers whose names together read alike have keys of their own."""
    body = {"importer": "products", "filename": "a.csv", "bytes": 1}
    callers = [("acme", "ann"), ("acme", "ann2"), ("acmeann", "2"), ("acme2", "ann")]
    made = {
        call(
            "POST",
            "/v1/imports",
            json_body=body,
            token=issuer.token(tenant=tenant, sub=subject),
            headers={"Idempotency-Key": "k"},
        ).body["job"]["id"]
        for tenant, subject in callers
    }
    assert len(made) == len(callers)


def test_a_cursor_does_not_lead_into_another_tenants_list(stack: Stack) -> None:
    """A cursor belongs to the list of one tenant."""
    for number in range(3):
        stack.jobs.add(make_job("other", number=number))
    cursor = get("/v1/jobs", token=issuer.token(tenant="other"), query={"limit": "1"}).body["next"]
    assert cursor
    answer = get("/v1/jobs", query={"cursor": cursor})
    assert (answer.status, answer.body["type"]) == (400, "/problems/invalid-cursor")


@pytest.mark.parametrize("scope", ["imports:read", "imports:read imports:write", "imports:admin"])
def test_a_job_of_the_callers_tenant_is_shown_with_the_scope(stack: Stack, scope: str) -> None:
    """Valid callers get responses, so the tests above reject for the right reason."""
    job = make_job()
    stack.jobs.add(job)
    assert get(f"/v1/jobs/{job.ref.id}", token=issuer.token(scope=scope)).body["id"] == job.ref.id
    assert PhaseName.PARSE not in get(f"/v1/jobs/{job.ref.id}").text
