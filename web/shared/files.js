/** Which files may be chosen, and the checks of a file before it is sent. */

import { Problem } from "./api.js";

/** Endings of media types. The type that a browser gives a file depends on what is installed there, so both count. */
const ENDINGS = {
  "text/csv": [".csv"],
  "application/csv": [".csv"],
  "text/tab-separated-values": [".tsv"],
  "text/plain": [".txt"],
  "text/*": [".csv", ".tsv", ".txt"],
  "application/vnd.ms-excel": [".xls"],
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": [".xlsx"],
  "application/vnd.ms-excel.sheet.macroenabled.12": [".xlsm"],
  "application/vnd.oasis.opendocument.spreadsheet": [".ods"],
  "application/gzip": [".gz"],
  "application/x-gzip": [".gz"],
};
const EVERYTHING = new Set(["*", "*.*", "*/*", ".*"]);

/**
 * The files that `accepted-files` names.
 * @typedef {object} Accepted
 * @property {string[]} endings in lower case, each with its dot; for people
 * @property {string[]} types media types, such as `text/csv` or `image/*`
 * @property {string} accept for a file chooser; "" accepts every file
 */

/**
 * Parse `accepted-files`: endings with or without a dot or a star, media types, and `*.*` or `*` for every file.
 * @param {string | null} text separated by commas
 * @returns {Accepted}
 */
export function acceptedFiles(text) {
  const all = (text ?? "").split(",").map((each) => each.trim().toLowerCase()).filter(Boolean);
  if (all.some((each) => EVERYTHING.has(each))) return { endings: [], types: [], accept: "" };
  const types = all.filter((each) => each.includes("/"));
  const named = all.filter((each) => !each.includes("/")).map((each) => `.${each.replace(/^\*?\.?/, "")}`);
  const endings = [...new Set([...named, ...types.flatMap((type) => ENDINGS[type] ?? [])])];
  return { endings, types, accept: [...endings, ...types].join(",") };
}

/**
 * The accepted endings for people; media types only where no ending is known for them.
 * @param {Accepted} accepted
 */
export function namesOf({ endings, types }) {
  return [...endings, ...types.filter((type) => !(type in ENDINGS))].join(", ");
}

/**
 * Check the type and size of a file.
 * @param {File} file
 * @param {{accepted: Accepted, maxBytes: number}} limits a `maxBytes` of 0 accepts every size
 * @returns {Problem | null} null if the file can be sent
 */
export function checkFile(file, { accepted, maxBytes }) {
  const name = file.name;
  if (accepted.accept && !accepts(accepted, file)) {
    return new Problem({ type: "/problems/type", name, types: namesOf(accepted) });
  }
  if (file.size === 0) return new Problem({ type: "/problems/empty", name });
  if (maxBytes && file.size > maxBytes) {
    return new Problem({ type: "/problems/size", name, size: file.size, limit: maxBytes });
  }
  return null;
}

function accepts({ endings, types }, { name, type }) {
  const given = (type ?? "").toLowerCase();
  const fits = (wanted) => given !== "" && (wanted.endsWith("/*") ? given.startsWith(wanted.slice(0, -1)) : given === wanted);
  return endings.some((ending) => name.toLowerCase().endsWith(ending)) || types.some(fits);
}
