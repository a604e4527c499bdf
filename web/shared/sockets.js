/**
 * WebSockets of the API: `watchTenant` receives the changes of all jobs of the tenant, and reconnects by itself;
 * `heldSocket` is one connection.
 */

import { Problem, backOff, post, wait } from "./api.js";

/** API Gateway closes a WebSocket after ten idle minutes; the server ignores messages of clients. */
const KEEP_ALIVE_INTERVAL = 540_000;
/** Milliseconds until a connection that does not open is given up: a proxy may answer nothing. */
const OPEN_TIMEOUT = 10_000;
/** Milliseconds without a message after which a connection may be dead, or a message lost. */
const SILENCE_TIMEOUT = 45_000;

/** A ticket, which an address carries because browsers send no token there; null if the API has none. */
export async function ticket(path, options) {
  return post(path, undefined, options).catch((problem) => {
    if (problem instanceof Problem && problem.is("not-found")) return null;
    throw problem;
  });
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

/**
 * Hold one connection until it closes; resolves to whether it ever opened.
 * @param {string} url with a ticket
 * @param {object} options
 * @param {(message: any) => void} options.receive
 * @param {() => void} [options.onOpen]
 * @param {() => void} [options.onSilence] called after each 45 s without a message
 * @param {AbortSignal} [options.signal] closes the connection
 * @returns {Promise<boolean>}
 */
export function heldSocket(url, { receive, onOpen, onSilence, signal }) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(false);
    let opened = false;
    let silence = 0;
    const end = () => {
      clearInterval(keepAlive);
      clearTimeout(opening);
      clearTimeout(silence);
      signal?.removeEventListener("abort", stop);
      resolve(opened);
    };
    const stop = () => {
      socket.close();
      end(); // a dead connection reports its end late
    };
    const restartSilence = () => {
      clearTimeout(silence);
      if (!onSilence) return;
      silence = setTimeout(() => {
        onSilence();
        restartSilence();
      }, SILENCE_TIMEOUT);
    };
    let socket;
    try {
      socket = new WebSocket(url);
    } catch {
      return resolve(false); // a page with https may open no ws://, and some browsers throw where a policy forbids it
    }
    const opening = setTimeout(stop, OPEN_TIMEOUT);
    const keepAlive = setInterval(
      () => socket.readyState === WebSocket.OPEN && socket.send("{}"),
      KEEP_ALIVE_INTERVAL,
    );
    signal?.addEventListener("abort", stop, { once: true });
    socket.addEventListener("open", () => {
      opened = true;
      clearTimeout(opening);
      restartSilence();
      onOpen?.();
    });
    socket.addEventListener("message", (event) => {
      restartSilence();
      receive(JSON.parse(event.data));
    });
    socket.addEventListener("close", end);
  });
}
