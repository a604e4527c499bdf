/** What a preview shows, in one place for console and dialog: cells with their scale, rows in order, missing columns. */

import { el } from "./dom.js";
import { reasonText } from "./reasons.js";
import { LOCALES, language, t } from "./strings.js";

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

/** The columns of a preview as they are shown: those of the file first, then those that it lacks. */
export function shownColumns({ columns }) {
  return [...columns.filter(({ header }) => header !== null), ...missingColumns(columns)];
}

const missingColumns = (columns) => columns.filter(({ header }) => header === null);

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
  const good = preview.rows.map(({ row, values }) => ({
    row,
    reason: null,
    cells: columns.map(({ field }, at) => ({ text: formats[at](values[field]) || t("cell.empty", {}, lang), wrong: false })),
  }));
  const rejected = preview.rejected_rows.map(({ row, values, rejections }) => ({
    row,
    reason: rejections.map((each) => [each.column, reasonText(each, lang)].filter(Boolean).join(": ")).join("; "),
    cells: columns.map(({ field, title }) => ({
      text: plainText(values[field], lang),
      wrong: rejections.some(({ column }) => column === title),
    })),
  }));
  return [...good, ...rejected].sort((one, other) => one.row - other.row);
}

/** A cell of `previewRows`: a wrong one is marked, and says so to screen readers too. */
export function cellMark({ text, wrong }, lang = language()) {
  if (!wrong) return text;
  return el("span", { class: "wrong" }, text || t("rejections.empty", {}, lang));
}

/**
 * What happens to the columns that the file lacks, in sentences; none if it has all of them.
 * @param {any} preview
 * @param {string} [lang]
 * @returns {string[]}
 */
export function missingTexts({ columns, job }, lang = language()) {
  const missing = missingColumns(columns);
  // a lookup writes nothing, and what a sync writes beside its source's fields is its own
  if (!missing.length || job.lookup || job.kind === "sync") return [];
  const empty = missing.filter((column) => plainText(column.default, lang) === "");
  const others = missing.filter((column) => !empty.includes(column));
  const became = others.map((column) => {
    const value = cellFormat(column, [column.default], lang)(column.default);
    return t("missing.becomes", { column: column.title, value }, lang);
  });
  const emptied = t("missing.empty", { columns: list(empty, lang), count: empty.length }, lang);
  return [...(empty.length ? [emptied] : []), ...became];
}

function list(columns, lang) {
  return new Intl.ListFormat(LOCALES[lang], { type: "conjunction" }).format(columns.map(({ title }) => title));
}

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
