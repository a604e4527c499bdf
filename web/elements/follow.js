/** A job's life as it happens: server-sent events, taken up again wherever they broke off, or polling without them. */

import { Problem, backOff, get, post, wait } from "./api.js";

/** A stream ends with one of these; what comes after starts with a move that somebody makes. */
const LAST = new Set(["in_review", "paused", "completed", "failed", "cancelled", "rolled_back"]);
const EVENTS = ["queued", "started", "progress", ...LAST];
/** The server ends each answer after 20 s at the most; longer without a sign means that the line is dead. */
const PATIENCE = 45_000;
/**
 * A broken line shows at once where the browser notices it. Else only time tells: without news an answer, its headers
 * included, comes after 20 s, and half a second lies before the next request.
 */
const GAP = 25_000;
const POLL = 1000;
/** A paused job moves when somebody makes it, which may be days away, or by itself when it is parked. */
const PAUSED = 5000;

/**
 * @typedef {object} Following
 * @property {(job: any, event: string) => void} [onJob] told of every version that is newer than the last
 * @property {(connected: boolean) => void} [onLine] told when the line breaks, and when it is there again
 * @property {AbortSignal} [signal]
 * @property {string} [base] instead of the configured API
 * @property {string} [url] another address of the events, with `{id}` for the job's id
 * @property {number} [newerThan] a version that is known already, and all before it
 */

/**
 * Follow a job to where its course ends or waits for somebody.
 * @param {string} jobId
 * @param {Following} [options]
 * @returns {Promise<any>} the job of the last event; rejects with a `Problem`, or with the signal's reason
 */
export async function follow(jobId, options = {}) {
  const seen = { version: options.newerThan ?? 0, eventId: "", job: null, told: true };
  const cut = () => broken(options, seen);
  addEventListener("offline", cut);
  if (!navigator.onLine) cut();
  try {
    for (let failed = 0; ; ) {
      options.signal?.throwIfAborted();
      const before = seen.version;
      const outcome = await attempt(jobId, options, seen);
      if (seen.job && LAST.has(seen.job.status)) return seen.job;
      failed = outcome === "moved" || seen.version > before ? 1 : failed + 1;
      await online(backOff(failed), options.signal);
    }
  } finally {
    removeEventListener("offline", cut);
  }
}

/**
 * Wait until somebody goes on with a paused job, or ends it, or it goes on by itself. No stream is held open for that.
 * @param {any} job as it was paused
 * @param {Following} [options]
 * @returns {Promise<any>} the job, moved; rejects as `follow` does
 */
export async function untilMoved(job, options = {}) {
  const seen = { told: true };
  for (;;) {
    await online(PAUSED, options.signal);
    try {
      const newer = await get(`/jobs/${encodeURIComponent(job.id)}`, options);
      restored(options, seen);
      if (newer.version > job.version && newer.status !== "paused") return newer;
    } catch (problem) {
      if (final(problem)) throw problem;
      broken(options, seen);
    }
  }
}

/** Whether asking again would be in vain. */
function final(problem) {
  return !(problem instanceof Problem) || (problem.status >= 400 && problem.status < 500);
}

async function attempt(jobId, options, seen) {
  try {
    const url = await streamUrl(jobId, options, seen);
    return url ? await listen(url, options, seen) : await poll(jobId, options, seen);
  } catch (problem) {
    if (final(problem)) throw problem;
    broken(options, seen);
    return "failed";
  }
}

/** Address of the stream with a fresh ticket; null where the API gives no tickets. */
async function streamUrl(jobId, options, seen) {
  const { base, signal, url } = options;
  const path = `/jobs/${encodeURIComponent(jobId)}`;
  const given = await post(`${path}/ticket`, undefined, { base, signal }).catch((problem) => {
    if (problem instanceof Problem && problem.is("not-found")) return null;
    throw problem;
  });
  if (!given) return null;
  restored(options, seen);
  const stream = new URL(given.links.events);
  const at = url ? new URL(url.replace("{id}", encodeURIComponent(jobId)), document.baseURI) : stream;
  at.searchParams.set("ticket", stream.searchParams.get("ticket"));
  if (seen.eventId) at.searchParams.set("last_event_id", seen.eventId);
  return at.href;
}

/** Listen until the stream's last event, or until the browser gives the line up. */
function listen(url, options, seen) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(url);
    let moved = false;
    let watchdog = 0;
    let gap = 0;
    const end = (settle, value) => {
      clearTimeout(watchdog);
      clearTimeout(gap);
      source.close();
      removeEventListener("online", afresh);
      options.signal?.removeEventListener("abort", stop);
      settle(value);
    };
    const stop = () => end(reject, options.signal?.reason);
    const afresh = () => end(resolve, "failed"); // a request of before the break may hang unanswered
    const alive = () => {
      clearTimeout(watchdog);
      clearTimeout(gap);
      gap = 0;
      watchdog = setTimeout(() => {
        broken(options, seen);
        end(resolve, "silent");
      }, PATIENCE);
    };
    addEventListener("online", afresh);
    options.signal?.addEventListener("abort", stop, { once: true });
    alive();
    source.addEventListener("open", () => {
      alive();
      restored(options, seen);
    });
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) {
        gap ||= setTimeout(() => broken(options, seen), GAP); // it connects again by itself
        return;
      }
      end(resolve, moved ? "moved" : "failed");
    });
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        alive();
        seen.eventId = event.lastEventId || seen.eventId;
        moved = take(JSON.parse(event.data).job, name, options, seen) || moved;
        if (LAST.has(name)) end(resolve, moved ? "moved" : "old");
      });
    }
  });
}

async function poll(jobId, options, seen) {
  for (;;) {
    const job = await get(`/jobs/${encodeURIComponent(jobId)}`, options);
    restored(options, seen);
    const moved = take(job, LAST.has(job.status) ? job.status : "progress", options, seen);
    if (LAST.has(job.status)) return moved ? "moved" : "old";
    await wait(POLL, options.signal);
  }
}

/** Take in what is news, and only that: after a reconnect the same event may come again. */
function take(job, event, { onJob }, seen) {
  if (job.version <= seen.version) return false;
  seen.version = job.version;
  seen.job = job;
  onJob?.(job, event);
  return true;
}

function broken({ onLine }, seen) {
  if (seen.told) onLine?.(false);
  seen.told = false;
}

function restored({ onLine }, seen) {
  if (!seen.told) onLine?.(true);
  seen.told = true;
}

/** Wait, but go on at once when the network comes back. */
function online(milliseconds, signal) {
  const again = new AbortController();
  const back = () => again.abort("online");
  addEventListener("online", back, { once: true });
  const either = signal ? AbortSignal.any([signal, again.signal]) : again.signal;
  return wait(milliseconds, either)
    .catch(() => signal?.throwIfAborted())
    .finally(() => removeEventListener("online", back));
}
