/** The review: the verdict, questions about dates, rejected rows, the first rows, and how columns are matched. */

import { dateQuestion } from "../shared/dates.js";
import { el, fill, scrollingTable } from "../shared/dom.js";
import { verdictText } from "../shared/outcomes.js";
import {
  cellMark, changeCell, changesText, comparisonTables, matchedText, normalHeader, previewRows, shortenedText,
  shownColumns, untouchedTexts,
} from "../shared/previews.js";
import { problemBox } from "../shared/problems.js";
import { number, t } from "../shared/strings.js";

import { rejectedRows } from "./outcome.js";

const COUNTS = ["insert", "update", "delete", "unchanged", "rejected", "to_reject", "unchecked", "ignored"];
/** Shown even if they are zero. */
const ALWAYS = new Set(["insert", "update", "rejected"]);
const BAD = new Set(["rejected", "to_reject", "unchecked"]);
/** Longest header that the API accepts in a mapping. */
const LONGEST_HEADER = 100;

/**
 * @typedef {object} Review
 * @property {any} preview
 * @property {any} importer
 * @property {string} lang
 * @property {string} [base]
 * @property {(dates: Record<string, string>) => Promise<void>} onCommit
 * @property {((mapping: Record<string, string>) => void) | null} onRemap null if the page does not have the file
 * @property {() => Promise<void>} onCancel
 * @property {(problem: unknown) => void} [onProblem] called with every problem that is shown here
 */

/**
 * The stage in which a reader looks at the preview, then loads the rows or cancels.
 * @param {Review} review
 * @returns {Promise<HTMLElement>}
 */
export async function reviewView({ preview, importer, lang, base, onCommit, onRemap, onCancel, onProblem }) {
  const { counts, job } = preview;
  const dates = dateQuestion(preview, lang, "h4");
  const rejected = counts.rejected > 0 ? await rejectedRows(job.id, { lang, base, onProblem }) : null;
  const trouble = el("div");
  const loadable = counts.insert + counts.update + counts.unchanged + counts.delete + counts.unchecked;
  const isCompared = counts.insert !== null;
  const guarded = (action) => async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    fill(trouble);
    try {
      await action();
    } catch (problem) {
      fill(trouble, problemBox(problem, lang));
      onProblem?.(problem);
    } finally {
      button.disabled = false;
    }
  };
  const load = guarded(async () => {
    const answers = dates.answers();
    if (answers) await onCommit(answers);
  });
  const count = counts.insert + counts.update || loadable;
  const key = !isCompared ? "review.commit.unknown" : count === counts.delete ? "review.commit.delete" : "review.commit";
  const label = t(key, { count }, lang);
  const commit = el("button", { type: "button", class: "primary", onclick: load }, label);
  const cancel = el("button", { type: "button", onclick: guarded(onCancel) }, t("job.cancel", {}, lang));
  const canLoad = job.links.commit && (!isCompared || loadable > 0);
  return el(
    "div",
    { class: "stack wide" },
    el("p", { class: "verdict" }, verdictText(preview, lang)),
    el("p", { class: "muted" }, t("review.lead", { name: job.file.name }, lang)),
    job.problem ? problemBox(job.problem, lang) : !canLoad && el("p", { class: "wrong" }, t("review.none", {}, lang)),
    dates.view,
    rejected && el("section", { class: "stack rejected" }, rejected),
    changesView(preview, lang),
    preview.rows.length > 0 && firstRows(preview, lang),
    countList(counts, lang),
    mappingView(preview, importer, { lang, onRemap }),
    trouble,
    el("div", { class: "actions final" }, canLoad && commit, cancel),
  );
}

function countList(counts, lang) {
  const visible = COUNTS.filter((name) => counts[name] > 0 || (ALWAYS.has(name) && counts[name] !== null));
  const items = visible.map((name) => {
    const look = counts[name] > 0 && BAD.has(name) ? "bad" : "";
    return el("li", { class: look }, el("strong", {}, number(counts[name], lang)), " ", t(`review.${name}`, {}, lang));
  });
  return el("ul", { class: "counts" }, items);
}

function firstRows(preview, lang) {
  const rows = previewRows(preview, lang);
  const hasReasons = rows.some(({ reason }) => reason);
  const titles = shownColumns(preview).map(({ title, decimals }) => ({ title, number: decimals !== null }));
  const reasons = hasReasons ? [{ title: t("rejections.reason", {}, lang) }] : [];
  const table = scrollingTable(
    t("review.rows", {}, lang),
    [{ title: t("review.row", {}, lang), number: true }, ...reasons, ...titles],
    rows.map(({ row, reason, cells }) => [
      number(row, lang),
      ...(hasReasons ? [reason ? el("span", { class: "wrong" }, reason) : ""] : []),
      ...cells.map((cell) => cellMark(cell, lang)),
    ]),
  );
  return table;
}

/** What loading changes in existing records, and what it leaves as it is. */
function changesView(preview, lang) {
  const untouched = untouchedTexts(preview, lang);
  const lines = [changesText(preview, lang), ...untouched, shortenedText(preview, lang)].filter(Boolean);
  const tables = comparisonTables(preview, lang).map(({ caption, columns, rows }) =>
    scrollingTable(caption, columns, rows.map((cells) => cells.map((cell) => changeCell(cell, lang)))),
  );
  if (!lines.length && !tables.length) return null;
  const texts = el("ul", { class: "plain-list" }, lines.map((line) => el("li", {}, line)));
  return el("section", { class: "stack changes" }, el("h4", {}, t("changes.heading", {}, lang)), texts, tables);
}

/** The header that is matched to each column; without `onRemap` the choices are disabled. */
function mappingView(preview, importer, { lang, onRemap }) {
  const found = [...preview.columns.map((column) => column.header), ...preview.unmatched_headers].filter(Boolean);
  const headers = [...new Set(found)].filter((header) => header.length <= LONGEST_HEADER);
  const selects = new Map();
  const wrong = el("p", { class: "wrong", role: "status" });
  const apply = el("button", { type: "button", disabled: true }, t("mapping.apply", {}, lang));
  const chosen = () => new Map([...selects].map(([field, select]) => [field, select.value]));
  const changed = () => {
    const objection = objectionTo(chosen(), importer.columns, headers, lang);
    const same = preview.columns.every((column) => (column.header ?? "") === selects.get(column.field).value);
    wrong.textContent = same ? "" : objection;
    apply.disabled = same || objection !== "";
  };
  apply.addEventListener("click", () => onRemap?.(mappingOf(chosen(), importer.columns, headers)));
  const rows = preview.columns.map((column) => {
    const label = t("mapping.for", { column: column.title }, lang);
    const select = el("select", { "aria-label": label, disabled: !onRemap, onchange: changed });
    const options = column.header && !headers.includes(column.header) ? [column.header, ...headers] : headers;
    const none = el("option", { value: "" }, t("mapping.none", {}, lang));
    fill(select, none, options.map((header) => el("option", { value: header }, header)));
    select.value = column.header ?? "";
    selects.set(column.field, select);
    const required = column.required && el("span", { class: "muted" }, ` (${t("mapping.required", {}, lang)})`);
    return el("li", {}, el("span", { class: "column" }, column.title, required), select);
  });
  const unmatched = preview.unmatched_headers.join(", ");
  return el(
    "details",
    { class: "stack" },
    el("summary", {}, `${t("mapping.heading", {}, lang)}: ${matchedText(preview, lang)}`),
    el("p", { class: "muted" }, t(onRemap ? "mapping.lead" : "mapping.nofile", {}, lang)),
    el("ul", { class: "mapping" }, rows),
    unmatched && el("p", { class: "muted" }, t("mapping.unmatched", { headers: unmatched }, lang)),
    onRemap && el("div", { class: "actions" }, apply),
    wrong,
  );
}

/** Why the API would reject a choice of headers, in a sentence; "" if it would accept it. */
function objectionTo(chosen, columns, headers, lang) {
  const title = new Map(columns.map((column) => [column.field, column.title]));
  const users = new Map();
  for (const [field, header] of chosen) {
    if (!header) continue;
    const other = users.get(header);
    if (other) return t("mapping.twice", { header, one: title.get(other), other: title.get(field) }, lang);
    users.set(header, field);
  }
  const lacking = columns.find((column) => column.required && !chosen.get(column.field));
  if (lacking) return t("mapping.lacking", { column: lacking.title }, lang);
  // the API matches a header that is not chosen by its name, unless its column has another header
  const names = fieldsByName(columns);
  const left = headers.find((header) => !users.has(header) && chosen.get(names.get(normalHeader(header))) === "");
  return left ? t("mapping.displaced", { header: left, column: title.get(names.get(normalHeader(left))) }, lang) : "";
}

/** The part of the choices that the API's own matching would not find. */
function mappingOf(chosen, columns, headers) {
  const names = fieldsByName(columns);
  const matches = (field) => headers.filter((header) => names.get(normalHeader(header)) === field);
  const differing = [...chosen].filter(([field, header]) => header && matches(field).join("\n") !== header);
  return Object.fromEntries(differing.map(([field, header]) => [header, field]));
}

function fieldsByName(columns) {
  const names = new Map();
  for (const { field, title, aliases } of columns) {
    for (const name of [field, title, ...aliases]) if (!names.has(normalHeader(name))) names.set(normalHeader(name), field);
  }
  return names;
}
