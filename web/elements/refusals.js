/** Refused rows, a page at a time: where the wrong cell is, what is in it, and what is the matter with it. */

import { get } from "./api.js";
import { el } from "./dom.js";
import { problemBox } from "./problems.js";
import { number, t } from "./strings.js";
import { table } from "./table.js";

const PAGE = 20;

/**
 * @param {string} jobId
 * @param {{lang: string, base?: string}} options
 * @returns {Promise<HTMLElement | null>} null when no row was refused
 */
export async function refusedRows(jobId, { lang, base }) {
  const path = `/jobs/${encodeURIComponent(jobId)}/refusals`;
  const page = (cursor) => get(path, { query: { limit: PAGE, cursor }, base });
  const first = await page("");
  if (!first.items.length) return null;
  const sheets = first.items.some((item) => item.sheet);
  const columns = ["sheet", "row", "column", "value", "reason"].slice(sheets ? 0 : 1);
  const titles = columns.map((name) => ({ title: t(`refusals.${name}`, {}, lang), number: name === "row" }));
  const rows = (items) => items.map((item) => columns.map((name) => cell(name, item[name], lang)));
  const shown = table(t("refusals.heading", {}, lang), titles, rows(first.items));
  const status = el("p", { class: "quiet", role: "status" });
  let next = first.next;
  let count = first.items.length;
  const more = el("button", { type: "button", hidden: !next, onclick: () => show() }, t("refusals.more", {}, lang));
  const box = el("div", { class: "stack" }, shown, more, status);
  const show = async () => {
    more.disabled = true;
    try {
      const following = await page(next);
      shown.add(rows(following.items));
      next = following.next;
      count += following.items.length;
      status.textContent = t("refusals.shown", { count }, lang);
      if (!next) shown.focus(); // the button goes away, and takes the focus with it
      more.hidden = !next;
    } catch (problem) {
      box.append(problemBox(problem, lang));
    } finally {
      more.disabled = false;
    }
  };
  return box;
}

function cell(name, value, lang) {
  if (name === "row" && typeof value === "number") return number(value, lang);
  if (name !== "value") return value;
  const empty = value === null || value === undefined || value === "";
  return el("td", { class: empty ? "muted" : "wrong" }, empty ? t("refusals.empty", {}, lang) : String(value));
}
