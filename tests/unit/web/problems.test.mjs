// What a page learns of a failure: words for every problem, as members and as a text.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Problem, configure, get, post } from "../../../web/shared/api.js";
import { explain, failure } from "../../../web/shared/problems.js";
import { send } from "../../../web/shared/uploader.js";
import { en } from "../../../web/shared/words-en.js";
import { en as ofApi } from "../../../web/shared/words-problems-en.js";
import { install, stopClock, until } from "./browser.mjs";

/** What each problem of the pages themselves carries. */
const FACTS = {
  name: "a.csv", types: ".xlsx", size: 5, limit: 4, count: 2, host: "api.example", url: "https://api.example", status: 404,
  element: "sluice-upload", attribute: "extra-data", property: "extraData", example: "{}", value: "x", reason: "away",
  expired_at: "2026-03-01T10:00:00Z", overtaken_by: "01J",
};
const OWN = Object.keys({ ...en, ...ofApi }).flatMap((key) => /^problem\.([a-z-]+)\.title$/.exec(key)?.[1] ?? []);

beforeEach(() => {
  configure({ apiUrl: "https://api.example/v1", token: "x" });
  stopClock();
});

test("every problem that pages find by themselves has words in both languages, without a gap", () => {
  assert.ok(OWN.length > 15);
  for (const name of OWN) {
    for (const lang of ["en", "id"]) {
      const { problem } = failure(new Problem({ type: `/problems/${name}`, ...FACTS }), lang);
      for (const text of [problem.title, problem.detail]) {
        assert.ok(text && !/[{}]\w|undefined|\w\}/.test(text.replaceAll(/\{"importer.*?\}|\{ apiUrl.*?\}/g, "")), text);
      }
    }
    const [first, second] = ["en", "id"].map((lang) => explain(new Problem({ type: `/problems/${name}`, ...FACTS }), lang));
    assert.notEqual(first.title, second.title, name);
  }
});

test("the detail of an error event is a sentence as a text, and has the documented members", () => {
  const detail = failure(new Problem({ type: "/problems/empty", name: "a.csv" }), "en", { importId: "J1", job: null });
  assert.equal(String(detail), "The file is empty: “a.csv” has no content. Choose another file.");
  assert.equal(`${detail.problem}`, String(detail));
  assert.equal(detail.problem.message, "“a.csv” has no content. Choose another file.");
  assert.deepEqual(Object.keys(detail), ["importId", "job", "problem"]);
});

test("the API's words stay, and an unknown error has some", () => {
  const given = new Problem({ type: "/problems/forbidden", title: "Not allowed", detail: "The token lacks jobs:write." });
  assert.equal(String(failure(given, "id")), "Not allowed: The token lacks jobs:write.");
  const text = String(failure(new TypeError("x is undefined"), "en"));
  assert.equal(text, "Something unexpected happened: x is undefined. Reload the page, then try again.");
  assert.match(String(failure({ type: "about:blank" }, "en")), /^Something unexpected happened: /);
});

test("a reader of another language meets its words for what the API says of limits and of what is over", () => {
  const given = { title: "It is not kept any more", detail: "Kept until 2026-03-01.", expired_at: "2026-03-01T10:00:00Z" };
  const said = (type, lang) => explain(new Problem({ type: `/problems/${type}`, overtaken_by: "01J", ...given }), lang);
  for (const type of ["quota", "expired", "overtaken"]) {
    assert.deepEqual(said(type, "en"), { title: given.title, detail: given.detail });
    assert.notEqual(said(type, "id").title, given.title);
  }
  assert.match(said("expired", "id").detail, /sampai 1 Mar 2026/);
  assert.match(said("overtaken", "id").detail, /Pekerjaan 01J /);
});

test("a response without problem details gets a type by its status", async () => {
  const types = { 401: "unauthorized", 403: "forbidden", 404: "not-sluice", 429: "try-later", 500: "internal-error", 502: "try-later" };
  for (const [status, type] of Object.entries(types)) {
    install(() => [Number(status), { message: "No" }]);
    const { error } = await until(get("/jobs"), 60);
    assert.deepEqual([error.type, error.status], [`/problems/${type}`, Number(status)]);
  }
});

test("a token that cannot be had is its own problem, and no request is made", async () => {
  const browser = install(() => [200, {}]);
  const token = () => {
    throw new Error("the session has ended");
  };
  configure({ token });
  const { error } = await until(get("/jobs"), 60);
  assert.deepEqual([error.type, error.extra.reason, browser.requests], ["/problems/token", "the session has ended", []]);
});

test("without a connection the problem names the host", async () => {
  install(() => {
    throw new TypeError("Failed to fetch");
  });
  const { error } = await until(post("/imports", {}), 60);
  assert.equal(error.type, "/problems/unreachable");
  assert.equal(explain(error, "en").detail, "api.example cannot be reached. Check your network, then try again.");
});

test("an answer to an announcement that is not Sluice's is a problem that names the address", async () => {
  install(() => [201, { importId: "1" }]);
  const file = new File(["a"], "a.csv");
  const sending = send(file, { body: { importer: "products" }, uploadUrl: "/api/etl/upload" });
  const { error } = await until(sending, 10);
  assert.deepEqual([error.type, error.extra.url], ["/problems/not-sluice", "https://shop.example/api/etl/upload"]);
});

test("a limit of the tenant is shown at once, and not tried again", async () => {
  const quota = { type: "/problems/quota", title: "Too much", detail: "500 jobs", status: 429 };
  const browser = install(() => [429, quota]);
  await assert.rejects(post("/imports", {}), (problem) => problem.is("quota"));
  assert.equal(browser.requests.length, 1);
});
