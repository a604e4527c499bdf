/** What became of the rows of an import: counts, rejected rows, and files to download. */

import { download, get } from "../shared/api.js";
import { el, fill, scrollingTable } from "../shared/dom.js";
import { kindOf, outcomeBar, showsParts, stateText } from "../shared/outcomes.js";
import { sheetTexts } from "../shared/previews.js";
import { problemBox } from "../shared/problems.js";
import { reasonText } from "../shared/reasons.js";
import { bytes, has, number, t, tOf } from "../shared/strings.js";

const COUNTS = [
  "inserted", "updated", "deleted", "unchanged", "absent", "absent_left", "skipped", "rejected", "unprocessed",
];
/** The file that a lookup is made for, so it comes first. */
const RESULT = "result.xlsx";
const PAGE = 20;

/**
 * @typedef {object} Showing
 * @property {string} lang
 * @property {string} [base] replaces the configured API
 * @property {(problem: unknown) => void} [onProblem] called with every problem that is shown here
 */

/**
 * The last stage of an import.
 * @param {any} job
 * @param {Showing} options
 * @returns {Promise<HTMLElement>}
 */
export async function outcome(job, showing) {
  const { lang } = showing;
  const counted = COUNTS.filter((name) => job.counts[name] > 0);
  const text = (name) => tOf(job, `done.${name}`, { count: job.counts[name] }, lang);
  const sentences = counted.map((name) => el("li", { class: name }, text(name)));
  const notes = sheetTexts(job, lang);
  const rejected = job.links.rejections && job.counts.rejected > 0 && (() => rejectedRows(job.id, showing));
  const bar = outcomeBar();
  if (showsParts(job)) bar.show(job, lang);
  return el(
    "div",
    { class: "stack wide" },
    el("p", { class: `verdict ${kindOf(job)}` }, stateText(job, (state) => t(`status.${state}`, {}, lang), lang)),
    showsParts(job) && bar,
    sentences.length > 0 ? el("ul", { class: "outcome" }, sentences) : el("p", {}, tOf(job, "done.nothing", {}, lang)),
    notes.length > 0 && el("ul", { class: "plain-list quiet" }, notes.map((text) => el("li", {}, text))),
    job.links.files && (await section(() => fileList(job, showing), showing)),
    rejected && (await section(rejected, showing)),
  );
}

/**
 * Rejected rows, page by page: where each wrong cell is, its value, and the reason.
 * @param {string} jobId
 * @param {Showing} options
 * @returns {Promise<HTMLElement | null>} null if no row was rejected
 */
export async function rejectedRows(jobId, { lang, base, onProblem }) {
  const path = `/jobs/${encodeURIComponent(jobId)}/rejections`;
  const page = (cursor) => get(path, { query: { limit: PAGE, cursor }, base });
  const first = await page("");
  if (!first.items.length) return null;
  const hasSheets = first.items.some((item) => item.sheet);
  const columns = ["sheet", "row", "column", "value", "reason"].slice(hasSheets ? 0 : 1);
  const titles = columns.map((name) => ({ title: t(`rejections.${name}`, {}, lang), number: name === "row" }));
  const valueOf = (item, name) => (name === "reason" ? reasonText(item, lang) : item[name]);
  const rows = (items) => items.map((item) => columns.map((name) => cell(name, valueOf(item, name), lang)));
  const table = scrollingTable(t("rejections.heading", {}, lang), titles, rows(first.items));
  const status = el("p", { class: "quiet", role: "status" });
  let next = first.next;
  let count = first.items.length;
  const more = el("button", { type: "button", hidden: !next, onclick: () => show() }, t("rejections.more", {}, lang));
  const box = el("div", { class: "stack" }, table, more, status);
  const show = async () => {
    more.disabled = true;
    try {
      const following = await page(next);
      table.add(rows(following.items));
      next = following.next;
      count += following.items.length;
      status.textContent = t("rejections.shown", { count }, lang);
      if (!next) table.focus(); // the button is hidden, which would lose the focus
      more.hidden = !next;
    } catch (problem) {
      box.append(problemBox(problem, lang));
      onProblem?.(problem);
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
  return el("td", { class: empty ? "muted" : "wrong" }, empty ? t("rejections.empty", {}, lang) : String(value));
}

/** A section that loads by itself: if it fails, its problem and a button stand in its place, and the rest is shown. */
async function section(load, { lang, onProblem }) {
  const place = el("div", { class: "stack" });
  const retry = el("button", { type: "button", onclick: () => show() }, t("job.follow", {}, lang));
  const failed = (problem) => {
    onProblem?.(problem);
    return problemBox(problem, lang, retry);
  };
  const show = async () => fill(place, await load().catch(failed));
  await show();
  return place;
}

async function fileList(job, showing) {
  const { lang, base } = showing;
  const { items } = await get(`/jobs/${encodeURIComponent(job.id)}/files`, { base });
  if (!items.length) return null;
  items.sort((one, other) => Number(other.name === RESULT) - Number(one.name === RESULT));
  const rows = items.map((file) => el("li", {}, fileButton(job, file, showing)));
  return el("section", { class: "stack" }, el("h4", {}, t("done.files", {}, lang)), el("ul", { class: "files" }, rows));
}

function fileButton(job, file, { lang, base, onProblem }) {
  const title = has(`file.${file.name}`) ? t(`file.${file.name}`, {}, lang) : file.title;
  const size = file.bytes === null ? "" : bytes(file.bytes, lang);
  const label = `${file.name}: ${size ? t("file.download", { title, size }, lang) : title}`;
  const trouble = el("div");
  const button = el("button", { type: "button" }, label);
  button.addEventListener("click", async () => {
    fill(trouble);
    button.textContent = t("file.preparing", { title: file.name }, lang);
    try {
      await download(job.id, file.name, { base });
    } catch (problem) {
      fill(trouble, problemBox(problem, lang));
      onProblem?.(problem);
    } finally {
      button.textContent = label;
    }
  });
  return [button, trouble];
}
