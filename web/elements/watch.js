/** All jobs of the tenant as they change, over a WebSocket that is opened again whenever it breaks. */

import { Problem, backOff, post, wait } from "./api.js";

/** API Gateway ends a connection after ten minutes without a word; what a client says is ignored. */
const KEEP_ALIVE = 540_000;

/**
 * @typedef {object} Watching
 * @property {(message: any) => void} onEvent `{event, job}`, or `{event: "queue.status", queues}`; of a job only what
 *   is newer than what was told before
 * @property {() => void} [onOpen] time to ask for what is shown: nothing is sent on connecting
 * @property {(why: "gone" | "none") => void} [onClose] the line broke, and is tried again; or there is no WebSocket
 *   at all, and `watch` ends
 * @property {AbortSignal} [signal]
 * @property {string} [base] instead of the configured API
 */

/**
 * Watch until the signal says stop. Ends early only where the API has no WebSocket or refuses the caller.
 * @param {Watching} options
 * @returns {Promise<void>}
 */
export async function watch({ onEvent, onOpen, onClose, signal, base }) {
  const versions = new Map();
  const tell = (message) => {
    if (message.job) {
      if (message.job.version <= (versions.get(message.job.id) ?? 0)) return;
      versions.set(message.job.id, message.job.version);
    }
    onEvent(message);
  };
  for (let failed = 0; !signal?.aborted; ) {
    try {
      const url = await socketUrl(base, signal);
      if (!url) return onClose?.("none");
      const opened = await connection(url, { tell, onOpen, signal });
      if (signal?.aborted) return;
      failed = opened ? 1 : failed + 1;
    } catch (problem) {
      if (signal?.aborted) return;
      if (problem instanceof Problem && problem.status >= 400 && problem.status < 500) throw problem;
      failed += 1;
    }
    onClose?.("gone");
    await wait(backOff(failed), signal).catch(() => {});
  }
}

async function socketUrl(base, signal) {
  const given = await post("/tickets", undefined, { base, signal }).catch((problem) => {
    if (problem instanceof Problem && problem.is("not-found")) return null;
    throw problem;
  });
  return given?.links?.socket ?? null;
}

/** One connection, until it ends; tells whether it ever opened. */
function connection(url, { tell, onOpen, signal }) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    let opened = false;
    const stop = () => socket.close();
    const beat = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send("{}"), KEEP_ALIVE);
    signal?.addEventListener("abort", stop, { once: true });
    socket.addEventListener("open", () => {
      opened = true;
      onOpen?.();
    });
    socket.addEventListener("message", (event) => tell(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      clearInterval(beat);
      signal?.removeEventListener("abort", stop);
      resolve(opened);
    });
  });
}
