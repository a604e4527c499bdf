/** One request that sends bytes and tells how many have gone: `fetch` cannot tell. */

import { Problem } from "./api.js";

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
    const end = (settle, value) => {
      signal?.removeEventListener("abort", stop);
      settle(value);
    };
    request.open(method, url);
    request.upload.addEventListener("progress", (event) => onSent?.(event.loaded));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) end(resolve);
      else end(reject, new Problem({ type: "/problems/not-stored", status: request.status, detail: reason(request) }));
    });
    request.addEventListener("error", () => end(reject, new Problem({ type: "/problems/unreachable" })));
    request.addEventListener("abort", () => end(reject, signal?.reason));
    signal?.addEventListener("abort", stop, { once: true });
    request.send(content);
  });
}

/** S3 answers with XML that says why. */
function reason({ responseText }) {
  return /<Message>([^<]*)<\/Message>/.exec(responseText)?.[1] ?? "";
}
