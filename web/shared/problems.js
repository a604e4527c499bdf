/** Problems in the reader's language, and the alert that shows one. */

import { Problem } from "./api.js";
import { el } from "./dom.js";
import { bytes, has, t, when } from "./strings.js";

/** Problems of the API that readers of other languages meet; its own sentences are English, and the more exact ones. */
const TRANSLATED = new Set(["quota", "expired", "overtaken"]);

/**
 * Any error as a `Problem`.
 * @param {unknown} error
 * @returns {Problem}
 */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  const members = /** @type {any} */ (error);
  if (typeof members?.type === "string" && members.title) return new Problem(members);
  return new Problem({ type: "/problems/unexpected", reason: String(members?.message ?? members) });
}

/**
 * What an `error` event carries: the problem with title and detail in the reader's language, and more. As a text it is
 * what a reader is shown.
 * @param {unknown} error
 * @param {string} lang
 * @param {Record<string, unknown>} [more] such as `importId` and `job`
 */
export function failure(error, lang, more = {}) {
  const problem = asProblem(error);
  const { title, detail } = explain(problem, lang);
  Object.assign(problem, { title, detail, message: detail || title });
  const text = { value: () => problem.toString() }; // not enumerable, so that the members stay the documented ones
  return Object.defineProperty({ ...more, problem }, "toString", text);
}

/**
 * Title and detail: those of the API; in the reader's language for a problem that the page found by itself, and for the
 * few of the API that have words for it.
 * @param {Problem} problem
 * @param {string} lang
 * @returns {{title: string, detail: string}}
 */
export function explain(problem, lang) {
  const kind = problem.type.replace("/problems/", "");
  // the API says of a file that was imported before when that was, in English only
  const isOurs = kind === "same-file" || (lang !== "en" && TRANSLATED.has(kind));
  if (problem.title && !isOurs) return { title: problem.title, detail: problem.detail };
  const key = has(`problem.${kind}`) ? `problem.${kind}` : "problem.unexpected";
  const values = { reason: problem.type, ...problem.extra, status: problem.status, detail: problem.detail };
  for (const name of ["size", "limit"]) if (typeof values[name] === "number") values[name] = bytes(values[name], lang);
  if (values.expired_at) values.expired_at = when(values.expired_at, lang);
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
