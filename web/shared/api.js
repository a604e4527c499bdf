/**
 * Client of the API: where it is, the bearer token, retries, idempotency keys, problems (RFC 9457) and downloads.
 *
 * Address and token are kept in memory only.
 */

const MAX_ATTEMPTS = 5;
const FIRST_DELAY = 500;
const MAX_DELAY = 8000;
const RETRYABLE = new Set([429, 502, 503, 504]);
/** Types of problems by the status of a response that is none, such as those of API Gateway and of proxies. */
const TYPES = { 401: "unauthorized", 403: "forbidden", 429: "try-later", 500: "internal-error" };
/** Milliseconds that a call waits for `configure`: a page may load its settings first. */
const CONFIGURE_TIMEOUT = 10_000;

/** @typedef {string | (() => string | Promise<string>)} TokenSource */

/** @type {{apiUrl: string, token: TokenSource}} */
let settings = { apiUrl: "", token: "" };

/** @type {Set<(problem: Problem) => void>} */
const unauthorizedListeners = new Set();

let markConfigured = () => {};
const configured = new Promise((resolve) => {
  markConfigured = () => resolve(true);
});

/** What went wrong, with the members of RFC 9457; `status` is 0 when no response came. */
export class Problem extends Error {
  /** @param {{status?: number, type?: string, title?: string, detail?: string}} members others become `extra` */
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
   * Whether the problem has this type.
   * @param {string} name last segment of the type, such as "same-file"
   */
  is(name) {
    return this.type === `/problems/${name}`;
  }

  /** Whether the same request would fail again: the API rejected it (4xx), or the page has to change. */
  get isRejection() {
    const rejected = this.status >= 400 && this.status < 500 && this.status !== 429;
    return rejected || this.status === 501 || this.is("not-sluice") || this.is("token") || this.is("not-configured");
  }

  /** The title and the detail as one text. */
  toString() {
    return [this.title, this.detail].filter(Boolean).join(": ") || this.type;
  }
}

/**
 * The problem of a page whose address of the API leads to another server.
 * @param {string | URL} url
 * @param {number} status of its response
 */
export function notSluice(url, status) {
  return new Problem({ type: "/problems/not-sluice", status, url: String(url) });
}

/**
 * Set the API's address and the bearer token. Settings that are left out keep their value.
 * @param {{apiUrl?: string, token?: TokenSource}} changes a token function is called before each request, so that it
 *   can return a fresh token
 */
export function configure(changes) {
  settings = { ...settings, ...changes };
  if (settings.apiUrl) markConfigured();
}

/**
 * Call back when the API rejects the token (401).
 * @param {(problem: Problem) => void} callback
 * @returns {() => void} removes the callback
 */
export function onUnauthorized(callback) {
  unauthorizedListeners.add(callback);
  return () => unauthorizedListeners.delete(callback);
}

/**
 * Base address of the API, without a trailing slash.
 * @param {string} [base] replaces the configured address
 */
export function apiRoot(base) {
  return (base || settings.apiUrl).replace(/\/+$/, "");
}

/**
 * Wait; an abort rejects with the signal's reason.
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
 * Delay before the next attempt in milliseconds: exponential from 0.5 s to 8 s, with jitter.
 * @param {number} attempts how many have failed
 */
export function backOff(attempts) {
  return Math.min(FIRST_DELAY * 2 ** Math.max(attempts - 1, 0), MAX_DELAY) * (0.75 + Math.random() / 4);
}

/**
 * GET a JSON body.
 * @param {string} path or an absolute link
 * @param {{query?: Record<string, unknown>, signal?: AbortSignal, base?: string}} [options] empty query values are
 *   left out
 * @returns {Promise<any>}
 */
export async function get(path, { query = {}, signal, base } = {}) {
  const url = await resolveUrl(path, base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, String(value));
  }
  return bodyOf(await request(url, { signal }, base), url);
}

/**
 * POST, with an idempotency key so that a retried request is carried out once.
 * @param {string} path
 * @param {unknown} [content] sent as JSON
 * @param {{idempotencyKey?: string, signal?: AbortSignal, base?: string}} [options]
 * @returns {Promise<any>} the response's body
 */
export async function post(path, content, { idempotencyKey = newKey(), signal, base } = {}) {
  return send("POST", path, { content, headers: { "Idempotency-Key": idempotencyKey }, signal, base });
}

/**
 * PUT.
 * @param {string} path
 * @param {unknown} content sent as JSON
 * @param {{signal?: AbortSignal, base?: string}} [options]
 * @returns {Promise<any>} the response's body
 */
export async function put(path, content, options = {}) {
  return send("PUT", path, { content, ...options });
}

/**
 * DELETE.
 * @param {string} path
 * @param {{signal?: AbortSignal, base?: string}} [options]
 * @returns {Promise<any>} the response's body; null if there is none
 */
export async function remove(path, options = {}) {
  return send("DELETE", path, options);
}

/**
 * Save a small file that needs the token, such as a template.
 * @param {string} path
 * @param {string} filename
 * @param {{base?: string}} [options]
 */
export async function save(path, filename, { base } = {}) {
  const response = await request(await resolveUrl(path, base), {}, base);
  const url = URL.createObjectURL(await response.blob());
  offer(url, filename);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * Download a file of a job. The first request does not follow the redirect: it makes the file where needed, and a
 * problem is thrown here. Then the browser goes to the address with a ticket, because a link carries no token.
 * @param {string} jobId
 * @param {string} name
 * @param {{base?: string}} [options]
 */
export async function download(jobId, name, { base } = {}) {
  const url = await resolveUrl(`/jobs/${encodeURIComponent(jobId)}/files/${encodeURIComponent(name)}`, base);
  await request(url, { redirect: "manual" }, base);
  const { ticket } = await post(`/jobs/${encodeURIComponent(jobId)}/ticket`, undefined, { base });
  url.searchParams.set("ticket", ticket);
  offer(url.href, name);
}

async function send(method, path, { content, headers = {}, signal, base } = {}) {
  const withType = content === undefined ? headers : { ...headers, "Content-Type": "application/json" };
  const body = content === undefined ? undefined : JSON.stringify(content);
  const url = await resolveUrl(path, base);
  return bodyOf(await request(url, { method, headers: withType, body, signal }, base), url);
}

/** Make an authorised request; retry without a response or while the API is busy. Rejections throw a `Problem`. */
async function request(url, options, base) {
  for (let attempt = 1; ; attempt += 1) {
    const response = await authorisedFetch(url, options, base).catch((error) => {
      if (options.signal?.aborted) throw options.signal.reason;
      if (error instanceof Problem || attempt >= MAX_ATTEMPTS) throw unreachable(error, url);
      return null;
    });
    if (response && (response.ok || response.type === "opaqueredirect" || response.status === 304)) return response;
    const problem = response && (await problemOf(response, url));
    if (problem && !isRetryable(problem)) {
      if (problem.status === 401) for (const callback of unauthorizedListeners) callback(problem);
      throw problem;
    }
    if (problem && attempt >= MAX_ATTEMPTS) throw problem;
    const retryAfter = Number(response?.headers.get("Retry-After") ?? 0) * 1000;
    await wait(Math.max(Math.min(retryAfter, MAX_DELAY), backOff(attempt)), options.signal ?? undefined);
  }
}

async function authorisedFetch(url, options, base) {
  const headers = new Headers(options.headers);
  // links in responses may lead to other hosts, which must not get the token
  if (url.origin === absolute("/", base).origin) headers.set("Authorization", `Bearer ${await bearer()}`);
  return fetch(url, { ...options, headers });
}

async function bearer() {
  try {
    return typeof settings.token === "function" ? await settings.token() : settings.token;
  } catch (error) {
    throw error instanceof Problem ? error : new Problem({ type: "/problems/token", reason: String(error?.message ?? error) });
  }
}

/** The address of a path, once the API's address is known. */
async function resolveUrl(path, base) {
  await untilConfigured(base);
  return absolute(path, base);
}

/**
 * Wait until the API's address is known.
 * @param {string} [base] replaces the configured address
 * @returns {Promise<void>} rejects with a `Problem` if `configure` is not called in time
 */
export async function untilConfigured(base) {
  if (!base && !(await isConfigured())) throw new Problem({ type: "/problems/not-configured" });
}

async function isConfigured() {
  return Promise.race([configured, new Promise((resolve) => setTimeout(resolve, CONFIGURE_TIMEOUT, false))]);
}

function absolute(path, base) {
  try {
    return /^https?:/.test(path) ? new URL(path) : new URL(apiRoot(base) + path, document.baseURI);
  } catch {
    throw notSluice(apiRoot(base), 0);
  }
}

function isRetryable(problem) {
  // a limit of jobs under way holds for minutes or days: a person decides
  if (problem.is("quota")) return false;
  return RETRYABLE.has(problem.status) || problem.is("request-in-progress");
}

function unreachable(error, url) {
  if (error instanceof Problem) return error;
  return new Problem({ type: "/problems/unreachable", host: url.host, reason: String(error?.message ?? error) });
}

/**
 * The problem of a response; one without problem details gets a type by its status, and words where it is shown.
 * @param {Response} response
 * @param {URL} url
 */
async function problemOf(response, url) {
  const { status } = response;
  const members = await response.json().catch(() => null);
  if (members?.title) return new Problem({ ...members, status });
  const type = TYPES[status] ?? (RETRYABLE.has(status) ? "try-later" : null);
  return type ? new Problem({ type: `/problems/${type}`, status }) : notSluice(url, status);
}

/** The JSON of a response; a page of HTML means that the address is not the API's. */
async function bodyOf(response, url) {
  if (response.status === 204) return null;
  return response.json().catch((error) => {
    throw error instanceof SyntaxError ? notSluice(url, response.status) : unreachable(error, url);
  });
}

/** A new idempotency key; `crypto.randomUUID` is missing on pages that are served without TLS. */
function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function offer(href, filename) {
  const link = document.createElement("a");
  link.href = href;
  link.download = filename;
  link.rel = "noopener";
  document.body.append(link);
  link.click();
  link.remove();
}
