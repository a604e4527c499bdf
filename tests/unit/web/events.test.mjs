// Following a job when there is no event stream, no Sluice, or no connection: it always ends, with a problem that says
// what to do.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { configure } from "../../../web/shared/api.js";
import { followJob, ownStream, untilResumed } from "../../../web/shared/events.js";
import { install, stopClock, until } from "./browser.mjs";

const JOB = { id: "J1", version: 3, status: "completed", counts: {} };
const TICKET = { ticket: "t", links: { events: "https://api.example/v1/jobs/J1/events?ticket=t" } };

/** An API with the job, whose event streams are opened by `onStream`. */
const api = (url) => (url.pathname.endsWith("/ticket") ? [200, TICKET] : [200, JOB]);

beforeEach(() => {
  configure({ apiUrl: "https://api.example/v1", token: "x" });
  stopClock();
});

test("streams that are rejected three times are replaced by polling", async () => {
  const browser = install(api);
  browser.onStream = (stream) => stream.reject();
  const { value } = await until(followJob("J1"), 60);
  assert.deepEqual(value, JOB);
  assert.equal(browser.streams.length, 3);
  assert.equal(browser.requests.at(-1), "GET /v1/jobs/J1");
});

test("a server that is not Sluice is a problem at once", async () => {
  for (const [status, body] of [[501, "no"], [404, "<html>"], [405, ""], [200, "<html>"], [200, { importId: "1" }]]) {
    install(() => [status, body]);
    const { error, seconds } = await until(followJob("J1"), 60);
    assert.equal(error.type, "/problems/not-sluice", `${status} ${body}`);
    assert.equal(seconds, 0);
  }
});

test("a connection that stays lost ends after two minutes, also while the browser is offline", async () => {
  for (const online of [true, false]) {
    const browser = install(() => {
      throw new TypeError("Failed to fetch");
    });
    browser.online = online;
    const connections = [];
    const { error, seconds } = await until(followJob("J1", { onConnection: (is) => connections.push(is) }), 600);
    assert.equal(error.type, "/problems/connection-lost");
    assert.ok(seconds >= 120 && seconds < 180, `${seconds} s`);
    assert.deepEqual(connections, [false]);
  }
});

test("a connection that comes back within two minutes is no problem", async () => {
  const start = Date.now();
  const browser = install((url) => {
    if (Date.now() - start < 100_000) throw new TypeError("Failed to fetch");
    return api(url);
  });
  browser.onStream = (stream) => stream.reject();
  const { value } = await until(followJob("J1"), 600);
  assert.deepEqual(value, JOB);
});

test("an API that keeps failing ends with its own problem", async () => {
  install(() => [500, { type: "/problems/internal-error", title: "Internal error", detail: "Look at the log." }]);
  const { error } = await until(followJob("J1"), 600);
  assert.deepEqual([error.type, error.title, error.status], ["/problems/internal-error", "Internal error", 500]);
});

test("waiting for a paused job ends too when the connection stays lost", async () => {
  install(() => {
    throw new TypeError("Failed to fetch");
  });
  const { error } = await until(untilResumed({ ...JOB, status: "paused" }), 600);
  assert.equal(error.type, "/problems/connection-lost");
});

test("an abort ends the waiting with the signal's reason", async () => {
  install(() => {
    throw new TypeError("Failed to fetch");
  });
  const stopping = new AbortController();
  const following = followJob("J1", { signal: stopping.signal });
  stopping.abort("enough");
  assert.equal((await until(following, 10)).error, "enough");
});

test("a page's own stream has the id in the place of {id}, or at the end of its path", () => {
  install(api);
  assert.equal(ownStream("/live/{id}/events", "a b").href, "https://shop.example/live/a%20b/events");
  assert.equal(ownStream("/api/etl/buffer-progress", "J1").href, "https://shop.example/api/etl/buffer-progress/J1");
  assert.equal(ownStream("https://x.example/p/?a=1", "J1").href, "https://x.example/p/J1?a=1");
});
