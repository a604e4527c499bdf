/** News for the pages, from one WebSocket for the whole console; where there is none, pages ask again by themselves. */

import { watch } from "../elements/watch.js";

const ASK_AGAIN = 3000;

/**
 * @typedef {object} Listener
 * @property {(job: any) => void} [job] a job has changed, or is new
 * @property {(queues: any) => void} [queues] the queues' depths have changed
 * @property {() => Promise<void>} [again] ask for everything that is shown: some news may have been missed
 */

/** @type {Set<Listener>} */
const listeners = new Set();
let connected = false;

/**
 * Hear of news until the signal says stop.
 * @param {Listener} listener
 * @param {AbortSignal} signal
 */
export function listen(listener, signal) {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener), { once: true });
}

/**
 * Connect, and stay connected.
 * @param {(state: "live" | "reconnecting" | "polling") => void} tell
 * @param {AbortSignal} signal
 */
export function connect(tell, signal) {
  connected = false;
  const timer = setInterval(() => !connected && !document.hidden && askAgain(), ASK_AGAIN);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  watch({
    signal,
    onOpen() {
      connected = true;
      tell("live");
      askAgain();
    },
    onClose(why) {
      connected = false;
      tell(why === "none" ? "polling" : "reconnecting");
    },
    onEvent(message) {
      for (const listener of listeners) {
        if (message.job) listener.job?.(message.job);
        else if (message.queues) listener.queues?.(message.queues);
      }
    },
  }).catch(() => signal.aborted || tell("polling")); // refused: what pages ask for says why
}

/**
 * Which rows a list no longer has, as its first page says, asked for once more: those within its range of ids that it
 * does not name. Ids sort by time of creation, newest first.
 * @param {{items: {id: string}[], next: string | null}} page
 * @param {string[]} before ids that were shown when it was asked for; later ones it may not know yet
 */
export function gone(page, before) {
  const there = new Set(page.items.map(({ id }) => id));
  const oldest = page.next ? page.items.at(-1)?.id : "";
  return before.filter((id) => oldest !== undefined && id >= oldest && !there.has(id));
}

/** A page that still waits for its last answer is not asked to ask once more. */
const busy = new WeakSet();

function askAgain() {
  for (const listener of listeners) {
    if (!listener.again || busy.has(listener)) continue;
    busy.add(listener);
    listener
      .again()
      .catch(() => {}) // the next time may do better; the state of the connection is shown
      .finally(() => busy.delete(listener));
  }
}
