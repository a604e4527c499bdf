/** What went wrong, in an alert that says what to do. */

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
  const facts = /** @type {any} */ (error);
  if (typeof facts?.type === "string" && facts.title) return new Problem(facts);
  return new Problem({ type: "/problems/settings", detail: String(facts?.message ?? facts) });
}

/**
 * Title and detail in the reader's language where the page knows the problem; the server's as they come otherwise.
 * @param {Problem} problem
 * @param {string} lang
 * @returns {{title: string, detail: string}}
 */
export function explain(problem, lang) {
  const key = `wrong.${problem.type.replace("/problems/", "")}`;
  if (!has(key)) return { title: problem.title, detail: problem.detail };
  const values = { ...problem.extra, detail: problem.detail };
  for (const name of ["size", "limit"]) if (typeof values[name] === "number") values[name] = bytes(values[name], lang);
  return { title: t(`${key}.title`, {}, lang), detail: t(key, values, lang) };
}

/**
 * An alert about a problem.
 * @param {unknown} error
 * @param {string} lang
 * @param {...(Node | null | false)} actions buttons that lead on
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
