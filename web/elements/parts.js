/** A large file in parts: a few at a time, each tried again by itself, those that have arrived not sent twice. */

import { Problem, backOff, get, post, wait } from "./api.js";
import { connected, transfer } from "./transfer.js";

const AT_ONCE = 3;
const TRIES = 5;

/**
 * Send the parts that are missing, and say when all are there.
 * @param {File} file
 * @param {any} job
 * @param {{part_bytes: number, parts: {number: number, bytes: number, url: string | null}[]}} upload
 * @param {import("./send.js").Sending} options
 * @returns {Promise<any>} the job
 */
export async function sendParts(file, job, upload, { base, onProgress, signal }) {
  const sent = new Map(upload.parts.map((part) => [part.number, part.url ? 0 : part.bytes]));
  const tell = (number, bytes) => {
    sent.set(number, bytes);
    onProgress?.({ sent: [...sent.values()].reduce((sum, each) => sum + each, 0), total: file.size });
  };
  const waiting = upload.parts.filter((part) => part.url);
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const path = `/jobs/${encodeURIComponent(job.id)}/upload`;
  const worker = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      const start = (part.number - 1) * upload.part_bytes;
      const slice = file.slice(start, start + part.bytes);
      await sendPart(slice, part, { path, base, signal: either, onSent: (bytes) => tell(part.number, bytes) });
      tell(part.number, part.bytes);
    }
  };
  const workers = Array.from({ length: AT_ONCE }, worker);
  try {
    await Promise.all(workers);
  } catch (problem) {
    failed.abort(problem);
    await Promise.allSettled(workers);
    throw problem;
  }
  await connected(signal);
  return post(path, undefined, { base, signal });
}

async function sendPart(slice, part, { path, base, signal, onSent }) {
  let url = part.url;
  for (let tried = 1; ; tried += 1) {
    await connected(signal);
    try {
      return await transfer("PUT", url, slice, { signal, onSent: (bytes) => onSent(Math.min(bytes, part.bytes)) });
    } catch (problem) {
      onSent(0);
      if (!(problem instanceof Problem)) throw problem;
      if (!navigator.onLine) tried -= 1; // without a network it was no try
      else if (tried >= TRIES) throw problem;
      await wait(backOff(tried), signal);
      await connected(signal);
      // an address is good for an hour only; a refusal may mean that this one is spent
      if (problem.status === 403) url = await renewed(path, part.number, { base, signal });
      if (!url) return undefined; // it has arrived, only the answer got lost
    }
  }
}

async function renewed(path, number, options) {
  const upload = await get(path, options);
  return upload.parts.find((part) => part.number === number)?.url;
}
