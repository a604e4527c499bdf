/** Calls of the API: bearer token, idempotency keys, retries, problems. Its files: downloads.js. */

import { apiUrl, bearer, ready, refused } from "./session.js";

const TRIES = 5;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const TRY_AGAIN = new Set([502, 503, 504]);

/** What went wrong, as RFC 9457 has it; `status` is 0 when no answer came. */
export class Problem extends Error {
  /** @param {{status?: number, type?: string, title?: string, detail?: string}} facts further facts become `extra` */
  constructor({ status = 0, type = "about:blank", title = "", detail = "", ...extra }) {
    super(detail || title);
    this.name = "Problem";
    this.status = status;
    this.type = type;
    this.title = title;
    this.detail = detail;
    this.extra = extra;
  }

  /**
   * Whether it is of that kind.
   * @param {string} name last part of the type, such as "same-file"
   */
  is(name) {
    return this.type === `/problems/${name}`;
  }
}

/**
 * Wait, but not longer than somebody wants to.
 * @param {number} milliseconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function wait(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * How long to wait before the next try: half a second, doubled each time, at most 8 s, a little by chance.
 * @param {number} tried how often it was tried
 */
export function backOff(tried) {
  return Math.min(FIRST_WAIT * 2 ** Math.max(tried - 1, 0), LONGEST_WAIT) * (0.75 + Math.random() / 4);
}

/**
 * The address of a path; links of answers are addresses already.
 * @param {string} path
 * @param {string} [base] instead of the configured API
 */
export function address(path, base) {
  return /^https?:/.test(path) ? new URL(path) : new URL(apiRoot(base) + path, document.baseURI);
}

/**
 * The address of a path, once it is known where the API is.
 * @param {string} path
 * @param {string} [base]
 */
export async function located(path, base) {
  if (!base && !(await ready())) {
    throw new Problem({ type: "/problems/settings", detail: "configure({ apiUrl, token }) was not called." });
  }
  return address(path, base);
}

/**
 * The API's address: the given one, else the configured one.
 * @param {string} [base]
 */
export function apiRoot(base) {
  return (base || apiUrl()).replace(/\/+$/, "");
}

/**
 * @param {string} path
 * @param {{query?: Record<string, unknown>, signal?: AbortSignal, base?: string}} [options]
 * @returns {Promise<any>} the answer's body
 */
export async function get(path, { query = {}, signal, base } = {}) {
  const url = await located(path, base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, String(value));
  }
  return body(await call(url, { signal }, base));
}

/**
 * @param {string} path
 * @param {unknown} [content] sent as JSON; may be left out
 * @param {{idempotencyKey?: string, signal?: AbortSignal, base?: string}} [options]
 * @returns {Promise<any>} the answer's body
 */
export async function post(path, content, { idempotencyKey = newKey(), signal, base } = {}) {
  const headers = { "Idempotency-Key": idempotencyKey };
  if (content !== undefined) headers["Content-Type"] = "application/json";
  const sent = content === undefined ? undefined : JSON.stringify(content);
  return body(await call(await located(path, base), { method: "POST", headers, signal, body: sent }, base));
}

/**
 * DELETE.
 * @param {string} path
 * @param {{signal?: AbortSignal, base?: string}} [options]
 * @returns {Promise<any>} the answer's body
 */
export async function remove(path, { signal, base } = {}) {
  return body(await call(await located(path, base), { method: "DELETE", signal }, base));
}

/**
 * An authorised call, made again when no answer comes or the API is busy; answers that refuse become a `Problem`.
 * @param {URL} url
 * @param {RequestInit} request
 * @param {string} [base]
 * @returns {Promise<Response>}
 */
export async function call(url, request, base) {
  for (let tried = 1; ; tried += 1) {
    const answer = await once(url, request, base).catch((error) => {
      if (request.signal?.aborted) throw request.signal.reason;
      if (error instanceof Problem || tried >= TRIES) throw unreachable(error);
      return null;
    });
    if (answer && (answer.ok || answer.type === "opaqueredirect" || answer.status === 304)) return answer;
    const problem = answer && (await problemOf(answer));
    if (problem && !passing(problem)) {
      if (problem.status === 401) refused(problem);
      throw problem;
    }
    if (problem && tried >= TRIES) throw problem;
    const asked = Number(answer?.headers.get("Retry-After") ?? 0) * 1000;
    await wait(Math.max(Math.min(asked, LONGEST_WAIT), backOff(tried)), request.signal ?? undefined);
  }
}

async function once(url, request, base) {
  const headers = new Headers(request.headers);
  // the token is for the API alone, whatever an address in an answer says
  if (url.origin === address("/", base).origin) headers.set("Authorization", `Bearer ${await bearer()}`);
  return fetch(url, { ...request, headers });
}

function passing(problem) {
  return TRY_AGAIN.has(problem.status) || problem.is("request-in-progress");
}

function unreachable(error) {
  if (error instanceof Problem) return error;
  return new Problem({ type: "/problems/unreachable", detail: String(error?.message ?? error) });
}

/** @param {Response} answer */
async function problemOf(answer) {
  const facts = await answer.json().catch(() => ({}));
  return new Problem({ title: answer.statusText || `HTTP ${answer.status}`, ...facts, status: answer.status });
}

async function body(answer) {
  return answer.status === 204 ? null : answer.json();
}

/** A name for a call that is made at most once; `randomUUID` is missing where the page came without TLS. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export { download, save } from "./downloads.js";
