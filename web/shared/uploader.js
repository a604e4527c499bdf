/**
 * Sends a file: announces it to the API, then uploads it to the storage service (S3).
 *
 * A small file goes as one form. A large one goes in parts: several at once, each retried by itself. The browser
 * remembers an unfinished upload, so that choosing the same file again sends only the missing parts.
 */

import { Problem, apiRoot, backOff, get, notSluice, post, untilConfigured, wait } from "./api.js";

const MULTIPART_ABOVE = 16 * 1024 * 1024;
/** Web Crypto hashes a whole file in memory; the API compares larger files after the upload. */
const DIGEST_UP_TO = 64 * 1024 * 1024;
const PARALLEL_PARTS = 3;
const MAX_ATTEMPTS = 5;
/** Milliseconds without a byte sent or a response, after which a connection counts as broken. */
const STALL_TIMEOUT = 60_000;
/** Milliseconds without a network before that is reported; the upload goes on when the network is back. */
const LOST_TIMEOUT = 120_000;
const STORAGE_PREFIX = "sluice-upload:";

/**
 * @typedef {object} Sending
 * @property {Record<string, any>} body of the announcement: importer, recipe, questions, review,
 *   priority, force, corrects
 * @property {string} [base] replaces the configured API
 * @property {string} [uploadUrl] where files are announced; otherwise `/imports` of the API
 * @property {(progress: {sent: number, total: number}) => void} [onProgress]
 * @property {(job: any) => void} [onForm] called with a job whose file goes as a form: if the upload stops, it cannot
 *   be resumed
 * @property {(problem: Problem) => void} [onLost] called once each time when there is no network for two minutes
 * @property {AbortSignal} [signal]
 */

/**
 * Send a file, or resume its unfinished upload.
 * @param {File} file
 * @param {Sending} options
 * @returns {Promise<any>} the job; rejects with a `Problem`, or with the signal's reason
 */
export async function send(file, { onLost, ...rest }) {
  const options = { ...rest, network: network(onLost) };
  await untilConfigured(options.base); // the key of an unfinished upload has the API's address
  const { job, upload } = (await recall(file, options)) ?? (await announce(file, options));
  if (!upload.parts) {
    await sendForm(file, job, upload, options);
    return job;
  }
  remember(file, options, job.id);
  const sent = await sendParts(file, job, upload, options);
  forget(file, options);
  return sent;
}

async function announce(file, { body, base, uploadUrl, signal }) {
  const announcement = { ...body, filename: file.name, bytes: file.size };
  if (file.size > MULTIPART_ABOVE) announcement.multipart = true;
  const digest = body.force ? null : await sha256(file);
  signal?.throwIfAborted();
  if (digest) announcement.sha256 = digest;
  const path = uploadUrl ? new URL(uploadUrl, document.baseURI).href : "/imports";
  const announced = post(path, announcement, { base }).then((answer) => {
    if (answer?.job?.links && answer.upload) return answer;
    throw notSluice(uploadUrl ? path : apiRoot(base) + path, 201);
  });
  const stopped = new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([announced, stopped]);
  } catch (error) {
    // the API may have created the job although the reader stopped; without a cancel it would wait for its file
    if (signal?.aborted) announced.then(({ job }) => post(job.links.cancel, undefined, { base })).catch(() => {});
    throw error;
  }
}

/** The digest with which the API recognises a file that was imported before, before it is uploaded. */
async function sha256(file) {
  if (!globalThis.crypto?.subtle || file.size > DIGEST_UP_TO) return null;
  const content = await file.arrayBuffer().catch((error) => {
    throw new Problem({ type: "/problems/unreadable", detail: String(error.message ?? error) });
  });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sendForm(file, job, { url, fields }, { onProgress, onForm, signal }) {
  onForm?.(job);
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file, file.name);
  await transfer("POST", url, form, {
    signal,
    // the count includes the form's own fields, a kilobyte or two
    onSent: (sent) => onProgress?.({ sent: Math.min(sent, file.size), total: file.size }),
  });
  onProgress?.({ sent: file.size, total: file.size });
}

/**
 * Send the missing parts, then complete the upload.
 * @param {File} file
 * @param {any} job
 * @param {{part_bytes: number, parts: {number: number, bytes: number, url: string | null}[]}} upload
 * @param {Sending} options
 */
async function sendParts(file, job, upload, { base, network, onProgress, signal }) {
  const sent = new Map(upload.parts.map((part) => [part.number, part.url ? 0 : part.bytes]));
  const note = (number, bytes) => {
    sent.set(number, bytes);
    onProgress?.({ sent: [...sent.values()].reduce((sum, each) => sum + each, 0), total: file.size });
  };
  const missing = upload.parts.filter((part) => part.url);
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const path = `/jobs/${encodeURIComponent(job.id)}/upload`;
  const worker = async () => {
    for (let part = missing.shift(); part; part = missing.shift()) {
      const start = (part.number - 1) * upload.part_bytes;
      const slice = file.slice(start, start + part.bytes);
      await sendPart(slice, part, { path, base, network, signal: either, onSent: (bytes) => note(part.number, bytes) });
      note(part.number, part.bytes);
    }
  };
  const workers = Array.from({ length: PARALLEL_PARTS }, worker);
  try {
    await Promise.all(workers);
  } catch (problem) {
    failed.abort(problem);
    await Promise.allSettled(workers);
    throw problem;
  }
  await network(signal);
  return post(path, undefined, { base, signal });
}

async function sendPart(slice, part, { path, base, network, signal, onSent }) {
  let url = part.url;
  for (let attempt = 1; ; attempt += 1) {
    await network(signal);
    try {
      return await transfer("PUT", url, slice, { signal, onSent: (bytes) => onSent(Math.min(bytes, part.bytes)) });
    } catch (problem) {
      onSent(0);
      if (!(problem instanceof Problem)) throw problem;
      if (!navigator.onLine) attempt -= 1; // an attempt without a network does not count
      else if (attempt >= MAX_ATTEMPTS) throw problem;
      await wait(backOff(attempt), signal);
      await network(signal);
      // a part's address expires after an hour, which S3 answers with 403
      if (problem.status === 403) url = await renewedUrl(path, part.number, { base, signal });
      if (!url) return undefined; // the part arrived, and only its response was lost
    }
  }
}

async function renewedUrl(path, number, options) {
  const upload = await get(path, options);
  return upload.parts.find((part) => part.number === number)?.url;
}

/**
 * Send bytes with one request. `XMLHttpRequest`, because `fetch` does not report how many bytes were sent.
 * @param {"POST" | "PUT"} method
 * @param {string} url
 * @param {FormData | Blob} content
 * @param {{signal?: AbortSignal, onSent?: (bytes: number) => void}} [options]
 * @returns {Promise<void>} rejects with a `Problem`: `unreachable`, or `not-stored` with the status of S3
 */
function transfer(method, url, content, { signal, onSent } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    let timer = 0;
    const restartTimer = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        end(reject, unreachable(url));
        request.abort();
      }, STALL_TIMEOUT);
    };
    const end = (settle, value) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      settle(value);
    };
    request.open(method, url);
    request.upload.addEventListener("progress", (event) => {
      restartTimer();
      onSent?.(event.loaded);
    });
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) end(resolve);
      else end(reject, new Problem({ type: "/problems/not-stored", status: request.status, detail: reason(request) }));
    });
    request.addEventListener("error", () => end(reject, unreachable(url)));
    request.addEventListener("abort", () => end(reject, signal?.reason));
    signal?.addEventListener("abort", stop, { once: true });
    restartTimer();
    request.send(content);
  });
}

const unreachable = (url) => new Problem({ type: "/problems/unreachable", host: new URL(url, document.baseURI).host });

/** The message of S3's XML error document. */
function reason({ responseText }) {
  return /<Message>([^<]*)<\/Message>/.exec(responseText)?.[1] ?? "";
}

/** Make a function that waits while the browser is offline; several parts that wait report a lost network once. */
function network(onLost) {
  let lost = false;
  const report = () => {
    if (!lost) onLost?.(new Problem({ type: "/problems/upload-lost" }));
    lost = true;
  };
  return (signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (navigator.onLine) return resolve();
      const listening = new AbortController();
      const timer = setTimeout(report, LOST_TIMEOUT);
      const end = (settle, value) => {
        clearTimeout(timer);
        lost = false;
        listening.abort();
        settle(value);
      };
      addEventListener("online", () => end(resolve), { signal: listening.signal });
      signal?.addEventListener("abort", () => end(reject, signal.reason), { signal: listening.signal });
    });
}

/** The job and the missing parts of an unfinished upload of this file with the same announcement; null without one. */
async function recall(file, options) {
  const jobId = storage()?.getItem(storageKey(file, options));
  if (!jobId) return null;
  const { base, signal } = options;
  const path = `/jobs/${encodeURIComponent(jobId)}`;
  try {
    const upload = await get(`${path}/upload`, { base, signal });
    return { job: await get(path, { base, signal }), upload };
  } catch (problem) {
    if (!(problem instanceof Problem) || ![404, 409].includes(problem.status)) throw problem;
    forget(file, options); // the file arrived, the job was cancelled, or it belongs to another tenant
    return null;
  }
}

function remember(file, options, jobId) {
  try {
    storage()?.setItem(storageKey(file, options), jobId);
  } catch {
    // the storage is full; the upload cannot be resumed
  }
}

function forget(file, options) {
  storage()?.removeItem(storageKey(file, options));
}

function storageKey(file, { base, body }) {
  const request = JSON.stringify(Object.entries(body).sort(([one], [other]) => (one < other ? -1 : 1)));
  return `${STORAGE_PREFIX}${apiRoot(base)}|${file.name}|${file.size}|${file.lastModified}|${request}`;
}

function storage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null; // sandboxed pages have no storage
  }
}
