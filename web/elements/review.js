/** The preview: counts, questions about dates, the first rows, rejected rows, and how columns are matched. */

import { el, fill, scrollingTable } from "../shared/dom.js";
import { problemBox } from "../shared/problems.js";
import { day, number, t } from "../shared/strings.js";

import { rejectedRows } from "./outcome.js";

const COUNTS = ["insert", "update", "unchanged", "rejected", "to_reject", "unchecked", "ignored"];
/** Shown even if they are zero. */
const ALWAYS = new Set(["insert", "update", "rejected"]);
const BAD = new Set(["rejected", "to_reject", "unchecked"]);
const DATE_ORDERS = ["dmy", "mdy"];
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
  const dates = dateQuestion(preview, lang);
  const rejected = counts.rejected > 0 ? await rejectedRows(job.id, { lang, base, onProblem }) : null;
  const trouble = el("div");
  const loadable = counts.insert + counts.update + counts.unchanged + counts.unchecked;
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
  const label = isCompared ? t("review.commit", { count }, lang) : t("review.commit.unknown", {}, lang);
  const commit = el("button", { type: "button", class: "primary", onclick: load }, label);
  const cancel = el("button", { type: "button", onclick: guarded(onCancel) }, t("job.cancel", {}, lang));
  const canLoad = job.links.commit && (!isCompared || loadable > 0);
  return el(
    "div",
    { class: "stack wide" },
    el("p", {}, t("review.lead", { name: job.file.name }, lang)),
    countList(counts, lang),
    !canLoad && el("p", { class: "wrong" }, t("review.none", {}, lang)),
    dates.view,
    preview.rows.length > 0 && firstRows(preview, lang),
    rejected &&
      el("section", { class: "stack" }, el("p", { class: "muted" }, t("rejections.lead", {}, lang)), rejected),
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
  const columns = preview.columns.filter((column) => column.header);
  const titles = columns.map((column) => ({ title: column.title }));
  const rows = preview.rows.map(({ row, values }) => [
    number(row, lang),
    ...columns.map((column) => cellText(values[column.field], lang)),
  ]);
  return scrollingTable(
    t("review.rows", {}, lang),
    [{ title: t("review.row", {}, lang), number: true }, ...titles],
    rows,
  );
}

function cellText(value, lang) {
  if (typeof value === "boolean") return t(value ? "review.yes" : "review.no", {}, lang);
  return value === null || value === undefined ? "" : String(value);
}

/**
 * The question about dates that can be read day first or month first.
 * @param {any} preview its rows have these dates read day first
 * @param {string} lang
 * @returns {{view: HTMLElement | null, answers: () => Record<string, string> | null}} `answers` is null while an answer
 *   is missing, and then shows which
 */
function dateQuestion(preview, lang) {
  const ambiguous = preview.columns.filter((column) => preview.ambiguous_dates.includes(column.title));
  if (!ambiguous.length) return { view: null, answers: () => ({}) };
  const missing = el("p", { class: "wrong", role: "alert" });
  const groups = ambiguous.map((column) => dateOrders(column, preview.rows, lang));
  const view = el(
    "section",
    { class: "stack question" },
    el("h4", {}, t("dates.heading", {}, lang)),
    el("p", {}, t("dates.lead", {}, lang)),
    groups.map((each) => each.view),
    missing,
  );
  const answers = () => {
    const open = groups.find((each) => !each.answer());
    missing.textContent = open ? t("dates.missing", {}, lang) : "";
    open?.view.querySelector("input").focus();
    return open ? null : Object.fromEntries(groups.map((each) => [each.field, each.answer()]));
  };
  return { view, answers };
}

function dateOrders(column, rows, lang) {
  const inputs = DATE_ORDERS.map((order) => el("input", { type: "radio", name: `dates-${column.field}`, value: order }));
  const labels = inputs.map((input) => el("label", {}, input, " ", dateExample(input.value, column.field, rows, lang)));
  const view = el("fieldset", {}, el("legend", {}, column.title), labels);
  return { field: column.field, view, answer: () => inputs.find((input) => input.checked)?.value };
}

/** An order with the first date that differs between the two orders, as this order reads it. */
function dateExample(order, field, rows, lang) {
  const name = t(`dates.${order}`, {}, lang);
  for (const { row, values } of rows) {
    const [year, month, date] = String(values[field] ?? "").split("T")[0].split("-").map(Number);
    if (!(year && month && date) || month === date || date > 12) continue;
    const read = order === "dmy" ? day(year, month, date, lang) : day(year, date, month, lang);
    return t("dates.example", { order: name, row: number(row, lang), date: read }, lang);
  }
  return name;
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
    "section",
    { class: "stack" },
    el("h4", {}, t("mapping.heading", {}, lang)),
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
  const left = headers.find((header) => !users.has(header) && chosen.get(names.get(normal(header))) === "");
  return left ? t("mapping.displaced", { header: left, column: title.get(names.get(normal(left))) }, lang) : "";
}

/** The part of the choices that the API's own matching would not find. */
function mappingOf(chosen, columns, headers) {
  const names = fieldsByName(columns);
  const matches = (field) => headers.filter((header) => names.get(normal(header)) === field);
  const differing = [...chosen].filter(([field, header]) => header && matches(field).join("\n") !== header);
  return Object.fromEntries(differing.map(([field, header]) => [header, field]));
}

function fieldsByName(columns) {
  const names = new Map();
  for (const { field, title, aliases } of columns) {
    for (const name of [field, title, ...aliases]) if (!names.has(normal(name))) names.set(normal(name), field);
  }
  return names;
}

/** Normalise a header as the API does before it compares: without case, accents, spaces and punctuation. */
function normal(header) {
  return header.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
