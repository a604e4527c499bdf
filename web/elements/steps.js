/** The steps of an import, and which of them the reader is at. */

import { el } from "./dom.js";
import { t } from "./strings.js";

/** Rows that are looked up are compared with nothing, so there is nothing to look at before. */
export const stepsOf = (importer) => ["file", "check", ...(importer?.lookup ? ["lookup"] : ["review", "load"])];

/**
 * @param {string[]} steps
 * @param {string} stage one of them; `done` is past them all, and anything else none of them
 * @param {string} lang
 * @returns {HTMLElement[]} an item for each
 */
export function stepItems(steps, stage, lang) {
  const at = stage === "done" ? steps.length : steps.indexOf(stage);
  return steps.map((step, place) => {
    const past = place < at && el("span", { class: "quiet" }, ` (${t("step.done", {}, lang)})`);
    const look = place === at ? { "aria-current": "step" } : { class: past ? "past" : "" };
    return el("li", look, `${place + 1}. ${t(`step.${step}`, {}, lang)}`, past);
  });
}
