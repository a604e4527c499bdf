/** What can be said of a file before it is sent. */

import { Problem } from "./api.js";

/**
 * @param {File} file
 * @param {{accepted: string[], maxBytes: number}} limits `accepted` are endings such as `.csv`; none takes all
 * @returns {Problem | null} null when it can be sent
 */
export function wrongWith(file, { accepted, maxBytes }) {
  const name = file.name;
  if (accepted.length && !accepted.some((ending) => name.toLowerCase().endsWith(ending))) {
    return new Problem({ type: "/problems/type", name, types: accepted.join(", ") });
  }
  if (file.size === 0) return new Problem({ type: "/problems/empty", name });
  if (maxBytes && file.size > maxBytes) {
    return new Problem({ type: "/problems/size", name, size: file.size, limit: maxBytes });
  }
  return null;
}

/**
 * The attribute `accepted-files` as a list.
 * @param {string | null} text
 * @returns {string[]}
 */
export function endings(text) {
  const all = (text ?? "").split(",").map((each) => each.trim().toLowerCase());
  return all.filter(Boolean).map((each) => (each.startsWith(".") ? each : `.${each}`));
}
