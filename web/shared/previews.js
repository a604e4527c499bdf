/** What a preview shows, in one place for console and dialog: rows with the scale of their numbers, and what changes. */

import { el } from "./dom.js";
import { reasonText } from "./reasons.js";
import { LOCALES, language, number, t } from "./strings.js";

/** Decimals that every browser can format. */
const MOST_DECIMALS = 20;

/**
 * @typedef {{field: string, title: string, required: boolean, header: string | null, default: any,
 *   decimals: number | null}} PreviewColumn
 */

/**
 * Formats the values of a column for its readers: numbers have as many decimals as the longest of them, and at least
 * those of the column, so that prices are 3.30 and 4.00.
 * @param {{decimals?: number | null}} column
 * @param {unknown[]} values all values that are shown together
 * @param {string} [lang]
 * @returns {(value: unknown) => string}
 */
export function cellFormat({ decimals = null }, values, lang = language()) {
  if (decimals === null) return (value) => plainText(value, lang);
  const least = Math.max(decimals, ...values.filter(isNumber).map(decimalsIn));
  if (least > MOST_DECIMALS) return (value) => plainText(value, lang); // rather unformatted than rounded
  const format = new Intl.NumberFormat(LOCALES[lang], { minimumFractionDigits: least, maximumFractionDigits: least });
  // as text, because a number of JavaScript would round what has more than 15 digits
  return (value) => (isNumber(value) ? format.format(/** @type {any} */ (String(value))) : plainText(value, lang));
}

const isNumber = (value) => /^-?\d+(\.\d+)?$/.test(String(value));

const decimalsIn = (value) => String(value).split(".")[1]?.length ?? 0;

/** A value that is no number, as text. */
export function plainText(value, lang = language()) {
  if (typeof value === "boolean") return t(value ? "review.yes" : "review.no", {}, lang);
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The columns of a preview that the file has. */
export const shownColumns = ({ columns }) => columns.filter(({ header }) => header !== null);

/**
 * The first rows of a file: those that would be loaded as they will be, and among them the rejected ones as they came.
 * @param {any} preview
 * @param {string} [lang]
 * @returns {{row: number, reason: string | null, cells: {text: string, wrong: boolean}[]}[]} `cells` in the order of
 *   `shownColumns`; `reason` says why the row is left out
 */
export function previewRows(preview, lang = language()) {
  const columns = shownColumns(preview);
  const formats = columns.map((column) =>
    cellFormat(column, preview.rows.map(({ values }) => values[column.field]), lang),
  );
  const place = placesOf(preview, lang);
  const good = preview.rows.map(({ sheet, row, values }) => ({
    row,
    ...place({ sheet, row }),
    reason: null,
    cells: columns.map(({ field }, at) => ({
      // a cell that says nothing stays blank, one that empties its column does not
      text: field in values ? formats[at](values[field]) || t("cell.empty", {}, lang) : "",
      wrong: false,
    })),
  }));
  const rejected = preview.rejected_rows.map(({ sheet, row, values, rejections }) => ({
    row,
    ...place({ sheet, row }),
    reason: rejections.map((each) => [each.column, reasonText(each, lang)].filter(Boolean).join(": ")).join("; "),
    cells: columns.map(({ field, title }) => ({
      text: plainText(values[field], lang),
      wrong: rejections.some(({ column }) => column === title),
    })),
  }));
  return [...good, ...rejected].sort((one, other) => one.at - other.at || one.row - other.row);
}

/** Where a row is, as its readers count: `place` has the name of the sheet, if several were read; `at` sorts sheets. */
function placesOf(preview, lang) {
  const sheets = (preview.job?.file?.sheets ?? []).map(({ sheet }) => sheet);
  return ({ sheet, row }) => ({
    place: sheets.length > 1 ? `${sheet}: ${number(row, lang)}` : number(row, lang),
    at: sheets.indexOf(sheet),
  });
}

/**
 * What a reader may not see of a workbook: sheets that are not read, hidden rows and columns, merged cells; in sentences.
 * @param {any} job
 * @param {string} [lang]
 * @returns {string[]}
 */
export function sheetTexts({ file }, lang = language()) {
  return (file?.notes ?? []).map(({ code, params, text }) => {
    const sheets = sheetNames(params, lang);
    return t(`note.${code}`, { count: params.count, sheets }, lang, `${text}.`);
  });
}

/** The sheets that a note is about, such as "Sheets Jan, Feb and 2 more"; those that are not read with their rows. */
function sheetNames({ sheets, more }, lang) {
  const names = sheets.map((each) => (typeof each === "string" ? each : unreadText(each, lang)));
  if (more) names.push(t("note.more", { count: more }, lang));
  const isPlain = typeof sheets[0] === "string";
  return isPlain ? t("note.sheets", { count: names.length, names: list(names, lang) }, lang) : list(names, lang);
}

function unreadText({ sheet, rows, is_hidden: isHidden }, lang) {
  const name = isHidden ? t("evidence.hidden", { sheet }, lang) : sheet;
  return rows === null ? name : t("note.unread", { sheet: name, count: rows }, lang);
}

/** A cell of `previewRows`: a wrong one is marked, and says so to screen readers too. */
export function cellMark({ text, wrong }, lang = language()) {
  if (!wrong) return text;
  return el("span", { class: "wrong" }, text || t("rejections.empty", {}, lang));
}

/**
 * What stays as it is: columns that the file lacks, and blank cells; in sentences.
 * @param {any} preview
 * @param {string} [lang]
 * @returns {string[]}
 */
export function untouchedTexts({ columns, counts, untouched }, lang = language()) {
  const sentences = [];
  if (untouched.length) {
    sentences.push(t("untouched.columns", { columns: list(titles(untouched), lang), count: untouched.length }, lang));
    // unless no row makes a new record
    if (counts.insert !== 0) sentences.push(defaultsText(untouched, columns, lang));
  }
  if (counts.kept_blank) sentences.push(t("untouched.blank", { count: counts.kept_blank }, lang));
  return sentences;
}

function defaultsText(untouched, columns, lang) {
  const valueOf = (column) => {
    const { decimals } = columns.find(({ field }) => field === column.field) ?? {};
    return cellFormat({ decimals }, [column.default], lang)(column.default);
  };
  const empty = untouched.filter((column) => valueOf(column) === "");
  const filled = untouched.filter((column) => valueOf(column) !== "");
  const parts = filled.map((column) => t("untouched.value", { column: column.title, value: valueOf(column) }, lang));
  if (empty.length) parts.push(t("untouched.empty", { columns: list(titles(empty), lang), count: empty.length }, lang));
  return t("untouched.new", { defaults: parts.join(", ") }, lang);
}

const titles = (columns) => columns.map(({ title }) => title);

/**
 * How many records change, by column, in a sentence; "" if the rows were not compared with the dataset.
 * @param {any} preview
 * @param {string} [lang]
 * @returns {string}
 */
export function changesText({ comparison }, lang = language()) {
  if (!comparison) return "";
  const columns = comparison.columns.map(({ title, records }) => `${title}\u00a0${number(records, lang)}`);
  return columns.length ? t("changes.columns", { columns: columns.join(", ") }, lang) : t("changes.none", {}, lang);
}

/** A sentence about long texts, if some are shortened. */
export function shortenedText({ rows, rejected_rows: rejected, comparison }, lang = language()) {
  const all = [...rows, ...rejected, ...(comparison ? [...comparison.changes, ...comparison.deletions] : [])];
  return all.some(({ shortened }) => shortened.length) ? t("changes.shortened", {}, lang) : "";
}

/**
 * Tables of what loading would do with existing records: those that change, those that are deleted, and rows that are
 * rejected; a table without rows is left out.
 * @param {any} preview
 * @param {string} [lang]
 * @returns {{name: string, caption: string, columns: {title: string, number: boolean}[], rows: unknown[][]}[]} a cell
 *   is a text, or what `{before, after}` a change has, see `changeCell`
 */
export function comparisonTables(preview, lang = language()) {
  if (!preview.comparison) return [];
  return [changes(preview, lang), deletions(preview, lang), rejections(preview, lang)].filter(({ rows }) => rows.length);
}

function changes(preview, lang) {
  const { columns, comparison, counts } = preview;
  const place = placesOf(preview, lang);
  const rows = comparison.changes;
  const fields = columns.filter(({ field }) => rows.some(({ after }) => field in after));
  const formats = fields.map((column) =>
    cellFormat(column, rows.flatMap(({ before, after }) => [before[column.field], after[column.field]]), lang),
  );
  const shown = (value, at) => formats[at](value) || t("cell.empty", {}, lang);
  const cells = ({ before, after }) =>
    fields.map(({ field }, at) =>
      field in after ? { before: shown(before[field], at), after: shown(after[field], at) } : "",
    );
  return {
    name: "changes",
    caption: captionOf("changes.rows", rows.length, counts.update, lang),
    columns: [...placeColumns(lang), ...fields.map(({ title, decimals }) => ({ title, number: decimals !== null }))],
    rows: rows.map((each) => [place(each).place, each.key, ...cells(each)]),
  };
}

function deletions(preview, lang) {
  const { columns, comparison, counts } = preview;
  const place = placesOf(preview, lang);
  const rows = comparison.deletions;
  const fields = columns.filter(({ field }) => rows.some(({ values }) => field in values));
  const formats = fields.map((column) => cellFormat(column, rows.map(({ values }) => values[column.field]), lang));
  return {
    name: "deletions",
    caption: captionOf("changes.deletions", rows.length, counts.delete, lang),
    columns: [...placeColumns(lang), ...fields.map(({ title, decimals }) => ({ title, number: decimals !== null }))],
    rows: rows.map(({ sheet, row, key, values }) => [
      row === null ? t("cell.empty", {}, lang) : place({ sheet, row }).place,
      key,
      ...fields.map(({ field }, at) => formats[at](values[field]) || t("cell.empty", {}, lang)),
    ]),
  };
}

function rejections(preview, lang) {
  const { comparison, counts } = preview;
  const place = placesOf(preview, lang);
  // once rows are loaded, they are among the rejected ones
  const all = counts.to_reject === null ? [] : comparison.rejections;
  const shown = new Set(all.map((each) => place(each).place)).size;
  return {
    name: "rejections",
    caption: captionOf("changes.rejections", shown, counts.to_reject, lang),
    columns: [
      { title: t("review.row", {}, lang), number: true },
      ...["column", "value", "reason"].map((name) => ({ title: t(`rejections.${name}`, {}, lang), number: false })),
    ],
    rows: all.map((each) => [place(each).place, each.column ?? "", each.value ?? "", reasonText(each, lang)]),
  };
}

const placeColumns = (lang) => [
  { title: t("review.row", {}, lang), number: true },
  { title: t("changes.key", {}, lang), number: false },
];

function captionOf(key, shown, total, lang) {
  return shown < total ? t(`${key}.first`, { count: shown, total }, lang) : t(key, {}, lang);
}

/** A cell of `comparisonTables`: of a change, the value before and the value after. */
export function changeCell(cell, lang = language()) {
  if (typeof cell !== "object") return cell;
  const arrow = el("span", { role: "img", "aria-label": t("changes.becomes", {}, lang) }, "→");
  return el("span", { class: "change" }, el("span", { class: "before" }, cell.before), " ", arrow, " ", cell.after);
}

const list = (texts, lang) => new Intl.ListFormat(LOCALES[lang], { type: "conjunction" }).format(texts);

/** How a column that the file or the source lacks is marked. */
export const missingMark = (preview, lang) => t(ofRows(preview, "columns.missing"), {}, lang);

/** How many columns have a header in the file, and how many headers are not used, in a sentence. */
export function matchedText(preview, lang = language()) {
  const { columns, unmatched_headers: unused } = preview;
  const matched = columns.filter(({ header }) => header !== null).length;
  const all = t(ofRows(preview, "columns.matched"), { matched, total: columns.length }, lang);
  return unused.length ? `${all}; ${t(ofRows(preview, "columns.unused"), { count: unused.length }, lang)}` : all;
}

/** The key of a text about where rows come from: a file, or a source. */
const ofRows = ({ job }, key) => (job.kind === "sync" ? `${key}.sync` : key);

/** Columns whose header in the file differs from their title in more than case and punctuation. */
export function renamedColumns({ columns }) {
  return columns.filter(({ header, title }) => header !== null && normalHeader(header) !== normalHeader(title));
}

/** Normalise a header as the API does before it compares: without case, accents, spaces and punctuation. */
export function normalHeader(header) {
  return header.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
