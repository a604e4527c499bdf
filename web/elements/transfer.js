/** One request that sends bytes and tells how many have gone: `fetch` cannot tell. */

import { Problem } from "./api.js";

/** A line may die without a word: so long without a byte going or an answer coming, and it counts as broken. */
const STALL = 60_000;

/**
 * @param {"POST" | "PUT"} method
 * @param {string} url
 * @param {FormData | Blob} content
 * @param {{signal?: AbortSignal, onSent?: (bytes: number) => void}} [options]
 * @returns {Promise<void>} rejects with a `Problem`: `unreachable`, or with the store's status
 */
export function transfer(method, url, content, { signal, onSent } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    let stalled = 0;
    const moving = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => {
        end(reject, new Problem({ type: "/problems/unreachable" }));
        request.abort();
      }, STALL);
    };
    const end = (settle, value) => {
      clearTimeout(stalled);
      signal?.removeEventListener("abort", stop);
      settle(value);
    };
    request.open(method, url);
    request.upload.addEventListener("progress", (event) => {
      moving();
      onSent?.(event.loaded);
    });
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) end(resolve);
      else end(reject, new Problem({ type: "/problems/not-stored", status: request.status, detail: reason(request) }));
    });
    request.addEventListener("error", () => end(reject, new Problem({ type: "/problems/unreachable" })));
    request.addEventListener("abort", () => end(reject, signal?.reason));
    signal?.addEventListener("abort", stop, { once: true });
    moving();
    request.send(content);
  });
}

/**
 * Wait while the browser has no network at all.
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function connected(signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    if (navigator.onLine) return resolve();
    const heard = new AbortController();
    const end = (settle, value) => {
      heard.abort();
      settle(value);
    };
    addEventListener("online", () => end(resolve), { signal: heard.signal });
    signal?.addEventListener("abort", () => end(reject, signal.reason), { signal: heard.signal });
  });
}

/** S3 answers with XML that says why. */
function reason({ responseText }) {
  return /<Message>([^<]*)<\/Message>/.exec(responseText)?.[1] ?? "";
}
