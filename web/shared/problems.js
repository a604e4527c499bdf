/** Problems in the reader's language, the alert that shows one, and the checks of a file before it is sent. */

import { Problem } from "./api.js";
import { el } from "./dom.js";
import { bytes, has, t } from "./strings.js";

/**
 * Any error as a `Problem`.
 * @param {unknown} error
 * @returns {Problem}
 */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  const members = /** @type {any} */ (error);
  if (typeof members?.type === "string" && members.title) return new Problem(members);
  return new Problem({ type: "/problems/settings", detail: String(members?.message ?? members) });
}

/**
 * Title and detail in the reader's language if the page has words for the type; otherwise those of the API.
 * @param {Problem} problem
 * @param {string} lang
 * @returns {{title: string, detail: string}}
 */
export function explain(problem, lang) {
  const key = `problem.${problem.type.replace("/problems/", "")}`;
  if (!has(key)) return { title: problem.title, detail: problem.detail };
  const values = { ...problem.extra, detail: problem.detail };
  for (const name of ["size", "limit"]) if (typeof values[name] === "number") values[name] = bytes(values[name], lang);
  return { title: t(`${key}.title`, {}, lang), detail: t(key, values, lang) };
}

/**
 * An alert about a problem.
 * @param {unknown} error
 * @param {string} lang
 * @param {...(Node | null | false)} actions buttons with a way on
 * @returns {HTMLElement}
 */
export function problemBox(error, lang, ...actions) {
  const { title, detail } = explain(asProblem(error), lang);
  return el(
    "div",
    { class: "problem" },
    el("div", { role: "alert" }, el("p", { class: "title" }, title), detail && el("p", {}, detail)),
    actions.some(Boolean) && el("div", { class: "actions" }, actions),
  );
}

/**
 * Check the type and size of a file.
 * @param {File} file
 * @param {{accepted: string[], maxBytes: number}} limits `accepted` are endings such as `.csv`; an empty list accepts
 *   every file, and a `maxBytes` of 0 every size
 * @returns {Problem | null} null if the file can be sent
 */
export function checkFile(file, { accepted, maxBytes }) {
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
 * Parse the attribute `accepted-files`.
 * @param {string | null} text
 * @returns {string[]} endings in lower case, each with its dot
 */
export function endings(text) {
  const all = (text ?? "").split(",").map((each) => each.trim().toLowerCase());
  return all.filter(Boolean).map((each) => (each.startsWith(".") ? each : `.${each}`));
}
