/** A file to Sluice: announced, then sent straight to the store, as one form or in parts that can be taken up again. */

import { Problem, post } from "./api.js";
import { sendParts } from "./parts.js";
import { forget, recall, remember } from "./unfinished.js";
import { transfer } from "./transfer.js";

/** Larger files go in parts. */
export const MULTIPART_ABOVE = 16 * 1024 * 1024;
/** A digest is made of the whole file at once, in memory; larger ones are compared when they have arrived. */
const DIGEST_UP_TO = 64 * 1024 * 1024;

/**
 * @typedef {object} Sending
 * @property {Record<string, any>} body of the announcement: importer, parameters, review, mapping, priority,
 *   force, corrects
 * @property {string} [base] instead of the configured API
 * @property {string} [uploadUrl] where files are announced; else `/imports` of the API
 * @property {(progress: {sent: number, total: number}) => void} [onProgress]
 * @property {(job: any) => void} [onForm] told of a job that is announced and gets its file as a form: broken off,
 *   it cannot be gone on with
 * @property {AbortSignal} [signal]
 */

/**
 * Send a file. One that was broken off goes on with the parts that are missing, also after the page was reloaded.
 * @param {File} file
 * @param {Sending} options
 * @returns {Promise<any>} the job; rejects with a `Problem`, or with the signal's reason
 */
export async function send(file, options) {
  const { onProgress, onForm } = options;
  const { job, upload } = (await recall(file, options)) ?? (await announce(file, options));
  if (upload.parts) {
    remember(file, options, job.id);
    const sent = await sendParts(file, job, upload, options);
    forget(file, options);
    return sent;
  }
  onForm?.(job);
  const form = new FormData();
  for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
  form.append("file", file, file.name);
  await transfer("POST", upload.url, form, {
    signal: options.signal,
    // the form's own fields are sent as well, a kilobyte or two
    onSent: (sent) => onProgress?.({ sent: Math.min(sent, file.size), total: file.size }),
  });
  onProgress?.({ sent: file.size, total: file.size });
  return job;
}

async function announce(file, { body, base, uploadUrl, signal }) {
  const announced = { ...body, filename: file.name, bytes: file.size };
  if (file.size > MULTIPART_ABOVE) announced.multipart = true;
  const digest = body.force ? null : await sha256(file);
  signal?.throwIfAborted();
  if (digest) announced.sha256 = digest;
  const path = uploadUrl ? new URL(uploadUrl, document.baseURI).href : "/imports";
  const asked = post(path, announced, { base });
  const stopped = new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([asked, stopped]);
  } catch (error) {
    // a call that is broken off may be carried out all the same, and leave a job that nobody knows
    if (signal?.aborted) asked.then(({ job }) => post(job.links.cancel, undefined, { base })).catch(() => {});
    throw error;
  }
}

/** By which the API knows a file that it has imported before, before it is sent. */
async function sha256(file) {
  if (!globalThis.crypto?.subtle || file.size > DIGEST_UP_TO) return null;
  const content = await file.arrayBuffer().catch((error) => {
    throw new Problem({ type: "/problems/unreadable", detail: String(error.message ?? error) });
  });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
