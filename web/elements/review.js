/** The preview: what would happen, the first rows, how columns were matched, what is refused. */

import { datesQuestion } from "./dates.js";
import { el, fill } from "./dom.js";
import { mappingView } from "./mapping.js";
import { problemBox } from "./problems.js";
import { refusedRows } from "./refusals.js";
import { number, t } from "./strings.js";
import { table } from "./table.js";

const COUNTS = ["insert", "update", "unchanged", "refused", "repeated", "unchecked", "left_out"];
/** Shown even when there are none. */
const ALWAYS = new Set(["insert", "update", "refused"]);

/**
 * @typedef {object} Review
 * @property {any} preview
 * @property {any} importer
 * @property {string} lang
 * @property {string} [base]
 * @property {(dates: Record<string, string>) => Promise<void>} onCommit
 * @property {((mapping: Record<string, string>) => void) | null} onRemap null when the file is no longer at hand
 * @property {() => Promise<void>} onCancel
 */

/**
 * @param {Review} review
 * @returns {Promise<HTMLElement>}
 */
export async function reviewView({ preview, importer, lang, base, onCommit, onRemap, onCancel }) {
  const { counts, job } = preview;
  const dates = datesQuestion(preview, lang);
  const refused = counts.refused > 0 ? await refusedRows(job.id, { lang, base }) : null;
  const trouble = el("div");
  const loadable = counts.insert + counts.update + counts.unchanged + counts.unchecked;
  const known = counts.insert !== null;
  const tried = (action) => async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    fill(trouble);
    try {
      await action();
    } catch (problem) {
      fill(trouble, problemBox(problem, lang));
    } finally {
      button.disabled = false;
    }
  };
  const load = tried(async () => {
    const answers = dates.answers();
    if (answers) await onCommit(answers);
  });
  const count = counts.insert + counts.update || loadable;
  const words = known ? t("review.commit", { count }, lang) : t("review.commit.unknown", {}, lang);
  const commit = el("button", { type: "button", class: "primary", onclick: load }, words);
  const cancel = el("button", { type: "button", onclick: tried(onCancel) }, t("job.cancel", {}, lang));
  const possible = job.links.commit && (!known || loadable > 0);
  return el(
    "div",
    { class: "stack wide" },
    el("p", {}, t("review.lead", { name: job.file.name }, lang)),
    countList(counts, lang),
    !possible && el("p", { class: "wrong" }, t("review.none", {}, lang)),
    dates.view,
    preview.rows.length > 0 && firstRows(preview, lang),
    refused && el("section", { class: "stack" }, el("p", { class: "muted" }, t("refusals.lead", {}, lang)), refused),
    mappingView(preview, importer, { lang, onRemap }),
    trouble,
    el("div", { class: "actions final" }, possible && commit, cancel),
  );
}

function countList(counts, lang) {
  const shown = COUNTS.filter((name) => counts[name] > 0 || (ALWAYS.has(name) && counts[name] !== null));
  const items = shown.map((name) => {
    const look = counts[name] > 0 && ["refused", "repeated", "unchecked"].includes(name) ? "bad" : "";
    return el("li", { class: look }, el("strong", {}, number(counts[name], lang)), " ", t(`review.${name}`, {}, lang));
  });
  return el("ul", { class: "counts" }, items);
}

function firstRows(preview, lang) {
  const columns = preview.columns.filter((column) => column.header);
  const titles = columns.map((column) => ({ title: column.title }));
  const rows = preview.rows.map(({ row, values }) => [
    number(row, lang),
    ...columns.map((column) => text(values[column.field], lang)),
  ]);
  return table(t("review.rows", {}, lang), [{ title: t("review.row", {}, lang), number: true }, ...titles], rows);
}

function text(value, lang) {
  if (typeof value === "boolean") return t(value ? "review.yes" : "review.no", {}, lang);
  return value === null || value === undefined ? "" : String(value);
}
