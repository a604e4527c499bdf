/**
 * Follow one job: over a WebSocket, which costs a deployment next to nothing while nothing changes; where there is none,
 * by server-sent events, of which each holds a function; where a proxy lets neither pass, by polling.
 */

import { Problem, apiRoot, backOff, get, notSluice, wait } from "./api.js";
import { heldSocket, ticket } from "./sockets.js";

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
/** Milliseconds without a change after which a job at work is requested: it may wait for a worker, which is no event. */
const QUIET_INTERVAL = 10_000;
/** WebSockets that never opened, after which the job is followed by event streams: a proxy may let none pass. */
const SOCKET_ATTEMPTS = 2;

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
  const rejected = { rejectedSockets: 0, rejectedStreams: 0 };
  const state = { ...connection(), ...rejected, version: options.newerThan ?? 0, eventId: "", job: null };
  const onOffline = () => setConnected(false, options, state);
  addEventListener("offline", onOffline);
  if (!navigator.onLine) onOffline();
  const stopAsking = askWhileQuiet(jobId, options, state);
  try {
    for (let failures = 0; !hasEnded(state); ) {
      options.signal?.throwIfAborted();
      const before = state.version;
      const outcome = await attempt(jobId, options, state);
      if (hasEnded(state)) break;
      throwIfLost(state);
      failures = outcome === "changed" || state.version > before ? 1 : failures + 1;
      await waitOrOnline(backOff(failures), options.signal);
    }
    return state.job;
  } finally {
    stopAsking();
    removeEventListener("offline", onOffline);
  }
}

/** Whether the newest known version is the last one until an action changes the job. */
const hasEnded = ({ job }) => job !== null && LAST_EVENTS.has(job.status);

/** Whether a job is at work on rows, so that it may have to wait for a worker. */
export const isAtWork = (job) => Boolean(job.phase) && ["parsing", "loading", "rolling_back"].includes(job.status);

/** Whether a job differs from what was seen before: it is newer, or in the same version begins or ends to wait. */
export function isNews(job, before) {
  if (job.version !== before.version) return job.version > before.version;
  return (job.progress?.waits_since ?? null) !== (before.progress?.waits_since ?? null);
}

/** Request a job at work that has not changed for a while, until the returned function is called. */
function askWhileQuiet(jobId, options, state) {
  const ended = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ended.signal]) : ended.signal;
  const ask = async () => {
    for (let seen = null; ; seen = state.version) {
      await wait(QUIET_INTERVAL, signal);
      if (!state.job || state.version !== seen || !isAtWork(state.job)) continue;
      const job = await get(`/jobs/${encodeURIComponent(jobId)}`, { ...options, signal }).catch(() => null);
      // a newer version comes with the events, which know whether it is the last one
      if (job?.version === state.version) accept(job, "progress", options, state);
    }
  };
  ask().catch(() => {}); // the signal
  return () => ended.abort("ended");
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
    const links = state.rejectedStreams < STREAM_ATTEMPTS ? await ticketLinks(jobId, options, state) : null;
    if (!links) return await poll(jobId, options, state);
    // a page's own stream has no socket beside it
    if (links.socket && !options.url && state.rejectedSockets < SOCKET_ATTEMPTS)
      return await hold(links.socket, jobId, options, state);
    return await listen(streamUrl(links.events, jobId, options, state), options, state);
  } catch (problem) {
    if (isFinal(problem)) throw problem;
    fail(problem, options, state);
    return "failed";
  }
}

/** The links that a fresh ticket opens; null if the API has no tickets. */
async function ticketLinks(jobId, options, state) {
  const { base, signal } = options;
  const issued = await ticket(`/jobs/${encodeURIComponent(jobId)}/ticket`, { base, signal });
  if (!issued) return null;
  setConnected(true, options, state);
  if (!issued.links?.events) throw notSluice(apiRoot(base), 200);
  return issued.links;
}

/** Address of the stream, with the ticket and the id of the last event. */
function streamUrl(link, jobId, { url }, state) {
  const stream = new URL(link);
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

/**
 * Follow the job over a WebSocket until its last event, or until the connection closes. A connection sends no state when
 * it opens, and a message may be lost, so the job is requested when it opens and after each silence.
 */
async function hold(url, jobId, options, state) {
  const closing = new AbortController();
  const before = state.version;
  const look = async () => {
    const job = await get(`/jobs/${encodeURIComponent(jobId)}`, options);
    receive(job, LAST_EVENTS.has(job.status) ? job.status : "progress");
  };
  const receive = (job, event) => {
    accept(job, event, options, state);
    if (hasEnded(state)) closing.abort("ended"); // even if an answer for the connection before brought the news
  };
  const lost = (problem) => closing.abort(isFinal(problem) ? problem : "lost");
  const onOnline = () => closing.abort("lost"); // a connection from before the break may never get a message
  addEventListener("online", onOnline);
  let opened = false;
  try {
    const signal = options.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal;
    opened = await heldSocket(url, {
      signal,
      onOpen: () => {
        setConnected(true, options, state);
        look().catch(lost);
      },
      onSilence: () => look().catch(lost),
      receive: ({ event, job }) => job && receive(job, event.replace("job.", "")),
    });
  } finally {
    removeEventListener("online", onOnline);
  }
  options.signal?.throwIfAborted();
  if (closing.signal.reason instanceof Error) throw closing.signal.reason;
  state.rejectedSockets = opened ? 0 : state.rejectedSockets + 1;
  return state.version > before ? "changed" : "failed";
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

/** Accept what is new about the job; after a reconnect the same event may come again. */
function accept(job, event, { onJob }, state) {
  if (!isNews(job, state.job ?? { version: state.version, progress: job.progress })) return false;
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
