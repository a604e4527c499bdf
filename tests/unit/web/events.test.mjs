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

const SOCKET = { ...TICKET, links: { ...TICKET.links, socket: "wss://socket.example/live?ticket=t" } };
const LOADING = { ...JOB, version: 1, status: "loading" };

test("a job is followed over the socket of its ticket, from the state in which it is when that opens", async () => {
  const browser = install((url) => (url.pathname.endsWith("/ticket") ? [200, SOCKET] : [200, LOADING]));
  const seen = [];
  browser.onSocket = async (socket) => {
    socket.open();
    for (let turns = 0; turns < 4; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    socket.message({ event: "queue.status", queues: {} });
    socket.message({ event: "job.progress", job: { ...LOADING, version: 2 } });
    socket.message({ event: "job.progress", job: { ...LOADING, version: 1 } });
    socket.message({ event: "job.completed", job: JOB });
  };
  const { value } = await until(followJob("J1", { onJob: ({ version }, event) => seen.push([version, event]) }), 5);
  assert.deepEqual(value, JOB);
  assert.deepEqual(seen, [[1, "progress"], [2, "progress"], [3, "completed"]]);
  assert.deepEqual([browser.sockets.length, browser.streams.length], [1, 0]);
  assert.equal(browser.sockets[0].readyState, 3, "it is closed");
});

test("a message that is lost is made up for after a silence", async () => {
  const start = Date.now();
  const now = () => (Date.now() - start < 60_000 ? LOADING : JOB);
  const browser = install((url) => [200, url.pathname.endsWith("/ticket") ? SOCKET : now()]);
  browser.onSocket = (socket) => socket.open();
  const { value, seconds } = await until(followJob("J1"), 120);
  assert.deepEqual(value, JOB);
  assert.ok(seconds <= 95, `${seconds} s`);
  assert.equal(browser.sockets.length, 1);
});

test("an answer that comes after its connection was lost ends the following", async () => {
  let answer;
  const late = new Promise((resolve) => (answer = resolve));
  const browser = install((url) => {
    if (url.pathname.endsWith("/ticket")) return [200, SOCKET];
    return browser.sockets.length === 1 ? late : [200, JOB];
  });
  const seen = [];
  browser.onSocket = async (socket) => {
    socket.open();
    if (browser.sockets.length > 1) return;
    browser.dispatch("offline");
    browser.dispatch("online");
    await new Promise((resolve) => setImmediate(resolve));
    answer([200, JOB]);
  };
  const stopping = new AbortController();
  const following = followJob("J1", { onJob: ({ version }) => seen.push(version), signal: stopping.signal });
  const { value } = await until(following, 20).finally(() => stopping.abort("enough"));
  assert.deepEqual([value, seen], [JOB, [3]]);
});

test("a job at work that has not changed is requested, since it may wait for a worker, of which no event tells", async () => {
  const start = Date.now();
  const passed = () => Math.round((Date.now() - start) / 1000);
  const working = (waits_since) => ({ ...LOADING, phase: "load", progress: { waits_since } });
  const now = () => working(passed() > 15 && passed() < 35 ? "2026-01-01T02:09:40Z" : null);
  for (const way of [{ onSocket: (socket) => socket.open() }, { onStream: (stream) => stream.dispatchEvent(sent(now())) }]) {
    stopClock();
    const ticket = way.onSocket ? SOCKET : TICKET;
    const browser = Object.assign(install((url) => [200, url.pathname.endsWith("/ticket") ? ticket : now()]), way);
    const stopping = new AbortController();
    const begin = Date.now();
    const seen = [];
    const onJob = ({ version, progress }) => seen.push([version, progress.waits_since]);
    setTimeout(() => stopping.abort("enough"), 44_000);
    await until(followJob("J1", { onJob, signal: stopping.signal }), 60);
    assert.ok(Date.now() - begin < 50_000);
    assert.deepEqual(seen, [[1, null], [1, "2026-01-01T02:09:40Z"], [1, null]]);
    assert.ok(browser.requests.filter((each) => each === "GET /v1/jobs/J1").length <= 5);
  }
});

/** A job in a server-sent event. */
const sent = (job) => Object.assign(new Event("progress"), { data: JSON.stringify({ job }), lastEventId: "1" });

test("sockets that do not open are replaced by event streams, and those by polling", async () => {
  const browser = install((url) => [200, url.pathname.endsWith("/ticket") ? SOCKET : JOB]);
  browser.onSocket = (socket) => browser.sockets.length === 1 && socket.close(); // the second one never answers
  browser.onStream = (stream) => stream.reject();
  const { value } = await until(followJob("J1"), 120);
  assert.deepEqual(value, JOB);
  assert.deepEqual([browser.sockets.length, browser.streams.length], [2, 3]);
});

test("a page's own stream is not replaced by the socket", async () => {
  const browser = install((url) => [200, url.pathname.endsWith("/ticket") ? SOCKET : JOB]);
  browser.onStream = (stream) => stream.reject();
  await until(followJob("J1", { url: "/live" }), 60);
  assert.equal(browser.sockets.length, 0);
  assert.ok(browser.streams[0].url.startsWith("https://shop.example/live/J1?ticket=t"));
});

test("an abort closes the socket", async () => {
  const browser = install((url) => [200, url.pathname.endsWith("/ticket") ? SOCKET : LOADING]);
  const stopping = new AbortController();
  browser.onSocket = (socket) => {
    socket.open();
    setImmediate(() => stopping.abort("enough"));
  };
  assert.equal((await until(followJob("J1", { signal: stopping.signal }), 10)).error, "enough");
  assert.equal(browser.sockets[0].readyState, 3);
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
