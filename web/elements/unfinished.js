/** Uploads in parts that broke off: remembered, so that choosing the same file again goes on where they stopped. */

import { Problem, apiRoot, get } from "./api.js";

const PREFIX = "sluice-upload:";

/**
 * What is still open of this file's upload, if it was begun for the same request.
 * @param {File} file
 * @param {import("./send.js").Sending} options
 * @returns {Promise<{job: any, upload: any} | null>}
 */
export async function recall(file, options) {
  const jobId = stored()?.getItem(name(file, options));
  if (!jobId) return null;
  const { base, signal } = options;
  const path = `/jobs/${encodeURIComponent(jobId)}`;
  try {
    const upload = await get(`${path}/upload`, { base, signal });
    return { job: await get(path, { base, signal }), upload };
  } catch (problem) {
    if (!(problem instanceof Problem) || ![404, 409].includes(problem.status)) throw problem;
    forget(file, options); // it has arrived, was cancelled, or is somebody else's
    return null;
  }
}

/**
 * @param {File} file
 * @param {import("./send.js").Sending} options
 * @param {string} jobId
 */
export function remember(file, options, jobId) {
  try {
    stored()?.setItem(name(file, options), jobId);
  } catch {
    // a full store only means that the upload cannot be taken up again
  }
}

/**
 * @param {File} file
 * @param {import("./send.js").Sending} options
 */
export function forget(file, options) {
  stored()?.removeItem(name(file, options));
}

function name(file, { base, body }) {
  const request = JSON.stringify(Object.entries(body).sort(([one], [other]) => (one < other ? -1 : 1)));
  return `${PREFIX}${apiRoot(base)}|${file.name}|${file.size}|${file.lastModified}|${request}`;
}

function stored() {
  try {
    return globalThis.localStorage;
  } catch {
    return null; // pages in a sandbox have none
  }
}
