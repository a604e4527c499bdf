/**
 * Live events of the API: `followJob` follows one job by server-sent events, or polls where there are none;
 * `watchTenant` receives all jobs of the tenant over a WebSocket. Both reconnect by themselves.
 */

import { Problem, apiRoot, backOff, get, notSluice, post, wait } from "./api.js";

/** A stream ends with one of these events; the next change of the job comes after an action. */
const LAST_EVENTS = new Set(["in_review", "paused", "completed", "failed", "cancelled", "rolled_back"]);
const EVENTS = ["queued", "started", "progress", ...LAST_EVENTS];
/** The API ends each response after 20 s; a longer silence means that the connection is dead. */
const SILENCE_TIMEOUT = 45_000;
/**
 * Milliseconds of reconnecting before the connection is reported as lost. Without news, the headers of a response come
 * after up to 20 s, and the browser waits half a second between requests.
 */
const RECONNECT_TIMEOUT = 25_000;
/**
 * Milliseconds, and failed attempts in that time, after which a lost connection ends `followJob`. Attempts count too,
 * because a computer that resumes from sleep finds a long time gone by and a network that is not ready yet.
 */
const LOST_TIMEOUT = 120_000;
const LOST_ATTEMPTS = 5;
/** Streams that were rejected before they opened, after which the job is polled: a proxy may have no event streams. */
const STREAM_ATTEMPTS = 3;
const POLL_INTERVAL = 1000;
/** A pause may last for days, so it is polled, and seldom. A suspended job resumes by itself. */
const PAUSE_POLL_INTERVAL = 5000;
/** API Gateway closes a WebSocket after ten idle minutes; the server ignores messages of clients. */
const KEEP_ALIVE_INTERVAL = 540_000;

/**
 * @typedef {object} Following
 * @property {(job: any, event: string) => void} [onJob] called with every version that is newer than the last
 * @property {(connected: boolean) => void} [onConnection] called when the connection breaks and when it is back
 * @property {AbortSignal} [signal]
 * @property {string} [base] replaces the configured API
 * @property {string} [url] another address of the events, with `{id}` for the job's id, or the address before it
 * @property {number} [newerThan] ignore this version and those before it
 */

/**
 * Follow a job until it ends, pauses or waits for review.
 * @param {string} jobId
 * @param {Following} [options]
 * @returns {Promise<any>} the job of the last event; rejects with a `Problem`, `connection-lost` after two minutes
 *   without a connection, or with the signal's reason
 */
export async function followJob(jobId, options = {}) {
  const state = { ...connection(), version: options.newerThan ?? 0, eventId: "", job: null, rejectedStreams: 0 };
  const onOffline = () => setConnected(false, options, state);
  addEventListener("offline", onOffline);
  if (!navigator.onLine) onOffline();
  try {
    for (let failures = 0; ; ) {
      options.signal?.throwIfAborted();
      const before = state.version;
      const outcome = await attempt(jobId, options, state);
      if (state.job && LAST_EVENTS.has(state.job.status)) return state.job;
      throwIfLost(state);
      failures = outcome === "changed" || state.version > before ? 1 : failures + 1;
      await waitOrOnline(backOff(failures), options.signal);
    }
  } finally {
    removeEventListener("offline", onOffline);
  }
}

/**
 * Wait until a paused job resumes or ends. It polls, because a stream would stay open for the whole pause.
 * @param {any} job as it was paused
 * @param {Following} [options]
 * @returns {Promise<any>} the changed job; rejects as `followJob` does
 */
export async function untilResumed(job, options = {}) {
  const state = connection();
  for (;;) {
    await waitOrOnline(PAUSE_POLL_INTERVAL, options.signal);
    try {
      const newer = await get(`/jobs/${encodeURIComponent(job.id)}`, options);
      setConnected(true, options, state);
      if (newer.version > job.version && newer.status !== "paused") return newer;
    } catch (problem) {
      if (isFinal(problem)) throw problem;
      fail(problem, options, state);
      throwIfLost(state);
    }
  }
}

/** The state of a connection: since when it is lost, and the problem and the number of failed attempts since then. */
const connection = () => ({ connected: true, lostAt: 0, failures: 0, problem: null });

/** Note a failed attempt. */
function fail(problem, options, state) {
  setConnected(false, options, state);
  state.failures += 1;
  state.problem = problem;
}

/** Give up a connection that is lost for long; a server that answers has a better problem to show. */
function throwIfLost({ connected, lostAt, failures, problem }) {
  if (connected || failures < LOST_ATTEMPTS || Date.now() - lostAt < LOST_TIMEOUT) return;
  throw problem?.status ? problem : new Problem({ type: "/problems/connection-lost" });
}

/** Whether another request would fail in the same way. */
function isFinal(problem) {
  return !(problem instanceof Problem) || problem.isRejection;
}

async function attempt(jobId, options, state) {
  try {
    const url = state.rejectedStreams < STREAM_ATTEMPTS ? await streamUrl(jobId, options, state) : null;
    return url ? await listen(url, options, state) : await poll(jobId, options, state);
  } catch (problem) {
    if (isFinal(problem)) throw problem;
    fail(problem, options, state);
    return "failed";
  }
}

/** Address of the stream with a fresh ticket; null if the API has no tickets. */
async function streamUrl(jobId, options, state) {
  const { base, signal, url } = options;
  const path = `/jobs/${encodeURIComponent(jobId)}`;
  const issued = await ticket(`${path}/ticket`, { base, signal });
  if (!issued) return null;
  setConnected(true, options, state);
  if (!issued.links?.events) throw notSluice(apiRoot(base), 200);
  const stream = new URL(issued.links.events);
  const address = url ? ownStream(url, jobId) : stream;
  address.searchParams.set("ticket", stream.searchParams.get("ticket"));
  if (state.eventId) address.searchParams.set("last_event_id", state.eventId);
  return address.href;
}

/** The address of a page's own stream: the id is in the place of `{id}`, otherwise at the end of the path. */
export function ownStream(url, jobId) {
  const id = encodeURIComponent(jobId);
  const address = new URL(url.replace("{id}", id), document.baseURI);
  if (!url.includes("{id}")) address.pathname = `${address.pathname.replace(/\/+$/, "")}/${id}`;
  return address;
}

/** A ticket, which a stream's address carries because browsers send no token there; null if the API has none. */
async function ticket(path, options) {
  return post(path, undefined, options).catch((problem) => {
    if (problem instanceof Problem && problem.is("not-found")) return null;
    throw problem;
  });
}

/** Listen until the stream's last event, or until the browser closes the connection. */
function listen(url, options, state) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(url);
    let changed = false;
    let opened = false;
    let silence = 0;
    let reconnecting = 0;
    const end = (settle, value) => {
      clearTimeout(silence);
      clearTimeout(reconnecting);
      source.close();
      removeEventListener("online", onOnline);
      options.signal?.removeEventListener("abort", stop);
      settle(value);
    };
    const stop = () => end(reject, options.signal?.reason);
    const onOnline = () => end(resolve, "failed"); // a request from before the break may never get a response
    const restartTimers = () => {
      clearTimeout(silence);
      clearTimeout(reconnecting);
      reconnecting = 0;
      silence = setTimeout(() => {
        setConnected(false, options, state);
        end(resolve, "silent");
      }, SILENCE_TIMEOUT);
    };
    addEventListener("online", onOnline);
    options.signal?.addEventListener("abort", stop, { once: true });
    restartTimers();
    source.addEventListener("open", () => {
      opened = true;
      state.rejectedStreams = 0;
      restartTimers();
      setConnected(true, options, state);
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) {
        // the browser reconnects by itself
        reconnecting ||= setTimeout(() => setConnected(false, options, state), RECONNECT_TIMEOUT);
        return;
      }
      if (!opened) state.rejectedStreams += 1;
      end(resolve, changed ? "changed" : "failed");
    });
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        restartTimers();
        state.eventId = event.lastEventId || state.eventId;
        changed = accept(JSON.parse(event.data).job, name, options, state) || changed;
        if (LAST_EVENTS.has(name)) end(resolve, changed ? "changed" : "unchanged");
      });
    }
  });
}

async function poll(jobId, options, state) {
  for (;;) {
    const job = await get(`/jobs/${encodeURIComponent(jobId)}`, options);
    setConnected(true, options, state);
    const changed = accept(job, LAST_EVENTS.has(job.status) ? job.status : "progress", options, state);
    if (LAST_EVENTS.has(job.status)) return changed ? "changed" : "unchanged";
    await wait(POLL_INTERVAL, options.signal);
  }
}

/** Accept a newer version of the job; after a reconnect the same event may come again. */
function accept(job, event, { onJob }, state) {
  if (job.version <= state.version) return false;
  state.version = job.version;
  state.job = job;
  onJob?.(job, event);
  return true;
}

/** Report a change of the connection once. */
function setConnected(connected, { onConnection }, state) {
  if (state.connected === connected) return;
  Object.assign(state, connected ? connection() : { connected, lostAt: Date.now() });
  onConnection?.(connected);
}

/** Wait, but stop waiting when the network comes back. */
function waitOrOnline(milliseconds, signal) {
  const back = new AbortController();
  const onOnline = () => back.abort("online");
  addEventListener("online", onOnline, { once: true });
  const either = signal ? AbortSignal.any([signal, back.signal]) : back.signal;
  return wait(milliseconds, either)
    .catch(() => signal?.throwIfAborted())
    .finally(() => removeEventListener("online", onOnline));
}

/**
 * @typedef {object} Watching
 * @property {(message: any) => void} onEvent `{event, job}`, only with a version that is newer than the last, or
 *   `{event: "queue.status", queues}`
 * @property {() => void} [onOpen] the connection is open. It sends no state, so the page requests what it shows
 * @property {(reason: "lost" | "unavailable") => void} [onClose] the connection was lost and is opened again; or the
 *   API has no WebSocket, and `watchTenant` ends
 * @property {AbortSignal} [signal]
 * @property {string} [base] replaces the configured API
 */

/**
 * Watch all jobs of the tenant until the signal aborts. Ends early if the API has no WebSocket; rejects with a
 * `Problem` if the API rejects the caller.
 * @param {Watching} options
 * @returns {Promise<void>}
 */
export async function watchTenant({ onEvent, onOpen, onClose, signal, base }) {
  const versions = new Map();
  const receive = (message) => {
    if (message.job) {
      if (message.job.version <= (versions.get(message.job.id) ?? 0)) return;
      versions.set(message.job.id, message.job.version);
    }
    onEvent(message);
  };
  for (let failures = 0; !signal?.aborted; ) {
    try {
      const url = (await ticket("/tickets", { base, signal }))?.links?.socket;
      if (!url) return onClose?.("unavailable");
      const opened = await heldSocket(url, { receive, onOpen, signal });
      if (signal?.aborted) return;
      failures = opened ? 1 : failures + 1;
    } catch (problem) {
      if (signal?.aborted) return;
      if (problem instanceof Problem && problem.isRejection) throw problem;
      failures += 1;
    }
    onClose?.("lost");
    await wait(backOff(failures), signal).catch(() => {});
  }
}

/** Hold one connection until it closes; resolves to whether it ever opened. */
function heldSocket(url, { receive, onOpen, signal }) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    let opened = false;
    const stop = () => socket.close();
    const keepAlive = setInterval(
      () => socket.readyState === WebSocket.OPEN && socket.send("{}"),
      KEEP_ALIVE_INTERVAL,
    );
    signal?.addEventListener("abort", stop, { once: true });
    socket.addEventListener("open", () => {
      opened = true;
      onOpen?.();
    });
    socket.addEventListener("message", (event) => receive(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      clearInterval(keepAlive);
      signal?.removeEventListener("abort", stop);
      resolve(opened);
    });
  });
}
