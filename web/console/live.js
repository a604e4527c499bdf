/** Live changes for the pages, from one WebSocket for the whole console; without a WebSocket, pages poll. */

import { watchTenant } from "../shared/sockets.js";

const POLL_INTERVAL = 3000;

/**
 * @typedef {object} Listener
 * @property {(job: any) => void} [job] a job has changed, or is new
 * @property {(queues: any) => void} [queues] the depths of the queues have changed
 * @property {() => Promise<void>} [refresh] request everything that is shown, because changes may have been missed
 */

/** @type {Set<Listener>} */
const listeners = new Set();
/** Listeners whose last refresh has not ended. */
const refreshing = new WeakSet();
let connected = false;

/**
 * Listen to changes until the signal aborts.
 * @param {Listener} listener
 * @param {AbortSignal} signal
 */
export function listen(listener, signal) {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener), { once: true });
}

/**
 * Connect, and stay connected.
 * @param {(state: "live" | "reconnecting" | "polling") => void} onState
 * @param {AbortSignal} signal
 */
export function connect(onState, signal) {
  connected = false;
  const timer = setInterval(() => !connected && !document.hidden && refreshAll(), POLL_INTERVAL);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  watchTenant({
    signal,
    onOpen() {
      connected = true;
      onState("live");
      refreshAll();
    },
    onClose(reason) {
      connected = false;
      onState(reason === "unavailable" ? "polling" : "reconnecting");
    },
    onEvent(message) {
      for (const listener of listeners) {
        if (message.job) listener.job?.(message.job);
        else if (message.queues) listener.queues?.(message.queues);
      }
    },
  }).catch(() => signal.aborted || onState("polling")); // rejected; the requests of the pages show why
}

/**
 * Ids of rows that a list has lost, according to its first page: shown ids within the page's range that it does not
 * contain. Ids sort by time of creation, newest first.
 * @param {{items: {id: string}[], next: string | null}} page
 * @param {string[]} before ids that were shown when the page was requested; the page may lack later ones
 */
export function removedIds(page, before) {
  const present = new Set(page.items.map(({ id }) => id));
  const oldest = page.next ? page.items.at(-1)?.id : "";
  return before.filter((id) => oldest !== undefined && id >= oldest && !present.has(id));
}

function refreshAll() {
  for (const listener of listeners) {
    if (!listener.refresh || refreshing.has(listener)) continue;
    refreshing.add(listener);
    listener
      .refresh()
      .catch(() => {}) // the next refresh may succeed; the frame shows the state of the connection
      .finally(() => refreshing.delete(listener));
  }
}
