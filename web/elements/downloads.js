/** Files from the API to the reader's disk. */

import { call, located, post } from "./api.js";

/**
 * Fetch with the token, and hand over as a file: for small files that need it, such as templates.
 * @param {string} path
 * @param {string} filename
 * @param {{base?: string}} [options]
 */
export async function save(path, filename, { base } = {}) {
  const answer = await call(await located(path, base), {}, base);
  const url = URL.createObjectURL(await answer.blob());
  offer(url, filename);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * Download a file of a job. It is asked for without following the redirect first, which makes it if need be and tells
 * of a problem here; then the browser is sent to it, with a ticket in place of the token.
 * @param {string} jobId
 * @param {string} name
 * @param {{base?: string}} [options]
 */
export async function download(jobId, name, { base } = {}) {
  const url = await located(`/jobs/${encodeURIComponent(jobId)}/files/${encodeURIComponent(name)}`, base);
  await call(url, { redirect: "manual" }, base);
  const { ticket } = await post(`/jobs/${encodeURIComponent(jobId)}/ticket`, undefined, { base });
  url.searchParams.set("ticket", ticket);
  offer(url.href, name);
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
