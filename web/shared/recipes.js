/** The recipe of a job in words: decisions, how each was made, and what the file shows of them. */

import { Problem, get, post } from "./api.js";
import { LOCALES, day, has, language, number, t, when } from "./strings.js";

/** Names of values that are no words. */
const SIGNS = { ".": "point", ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "^": "caret", ":": "colon" };
const ISO_DAY = /^(\d{4,})-(\d\d)-(\d\d)$/;
const AMOUNT = /^-?\d+(\.\d+)?$/;

/** A value in the key of a text. */
export const sign = (value) => SIGNS[value] ?? value;

/**
 * Titles of columns by field, as far as the questions of a job name them.
 * @param {any} job
 * @returns {Record<string, string>}
 */
export function titlesOf({ questions }) {
  const about = questions.filter(({ key, params }) => key.includes(".") && params.column);
  return Object.fromEntries(about.map(({ key, params }) => [fieldOfKey(key), params.column]));
}

/** The field that a decision is about: what follows its kind. */
export const fieldOfKey = (key) => key.slice(key.indexOf(".") + 1);

/** The kind of a decision, such as `decimal`. */
export const kindOfKey = (key) => key.split(".")[0];

/**
 * The name of a decision, such as "Decimal mark of Price".
 * @param {string} key of the decision
 * @param {Record<string, string>} titles of columns by field
 * @param {string} [lang]
 */
export function decisionText(key, titles, lang = language()) {
  if (has(`decision.${key}`)) return t(`decision.${key}`, {}, lang);
  const field = fieldOfKey(key);
  return t(`decision.${kindOfKey(key)}`, { column: titles[field] ?? field }, lang, key);
}

/**
 * The value of a decision in words.
 * @param {string} key of the decision
 * @param {any} value
 * @param {Record<string, string>} titles of columns by field
 * @param {string} [lang]
 */
export function valueText(key, value, titles, lang = language()) {
  const named = `choice.${kindOfKey(key)}.${sign(value)}`;
  if (!Array.isArray(value) && has(named)) return t(named, {}, lang);
  if (has(`option.${key}.${value}`)) return t(`option.${key}.${value}`, {}, lang);
  if (Array.isArray(value)) return value.join(", ");
  if (value === null || typeof value !== "object") return String(value ?? "");
  if (Array.isArray(value)) return value.join(", ");
  return Object.entries(value).map(([header, field]) => `${header} → ${titles[field] ?? field}`).join(", ");
}

/**
 * How many cells show what, in a sentence for each kind of cells.
 * @param {{counts: Record<string, number>, rows: {row: number, cell: string, shows: string}[]}} evidence
 * @param {{lang?: string, withExamples?: boolean}} [options] `withExamples` adds the first cell of each kind
 * @returns {string[]}
 */
export function foundTexts({ counts, rows }, { lang = language(), withExamples = false } = {}) {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([shows, count]) => {
      const what = t(`found.${sign(shows)}`, { count }, lang, `${shows}: ${number(count, lang)}`);
      const first = withExamples && rows.find((each) => each.shows === shows);
      return first ? t("found.example", { what, cell: first.cell, row: first.row }, lang) : what;
    });
}

/** What a cell shows, in words. */
export const showsText = (shows, lang = language()) => t(`shows.${sign(shows)}`, {}, lang, shows);

/**
 * What a choice would do: how it reads the disputed cells, and how many others it would reject.
 * @param {{code: string, effect: string, params: Record<string, any>}} choice as the API shows it
 * @param {string} [lang]
 */
export function effectText({ code, effect, params }, lang = language()) {
  const cells = params.cells ?? (params.row === undefined || params.reads === undefined ? [] : [params]);
  const readings = cells.map(({ row, cell, reads }) =>
    t("effect.reads", { row, cell, reads: readingText(reads, lang) }, lang),
  );
  const rejected = params.rejected > 0 ? [t("effect.rejected", { count: params.rejected }, lang)] : [];
  const said = [...readings, ...rejected];
  if (said.length || "mark" in params || "order" in params) return said.join(" ");
  const sheets = params.sheets && sheetNames(params);
  return t(`effect.${code}`, { ...params, sheets, titles: params.titles?.join(", ") }, lang, effect);
}

/** The names of sheets; of many, only the first ones are there. */
const sheetNames = ({ sheets, count }) => sheets.join(", ") + (count > sheets.length ? ", …" : "");

/** What a cell is read as: a day in words, a number with its decimals and without groups, which could be mistaken. */
function readingText(reads, lang) {
  const [, year, month, date] = (ISO_DAY.exec(reads) ?? []).map(Number);
  if (year) return day(year, month, date, lang);
  if (!AMOUNT.test(reads)) return reads;
  // as text, because a number of JavaScript would round what has more than 15 digits
  return new Intl.NumberFormat(LOCALES[lang], { useGrouping: false, maximumFractionDigits: 20 }).format(reads);
}

/**
 * Send the answers of a reader.
 * @param {any} job as the reader saw it
 * @param {{version: number, answers: Record<string, any>}} body
 * @param {{lang?: string, base?: string}} [options]
 * @returns {Promise<{job: any, problem: Problem | null}>} the job as it is now, and the problem of answers that came too
 *   late: others came first, or the job has ended. Rejects with any other `Problem`
 */
export async function sendAnswers(job, body, { lang, base } = {}) {
  const path = `/jobs/${encodeURIComponent(job.id)}`;
  try {
    return { job: await post(`${path}/answers`, body, { base }), problem: null };
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 409) throw error;
    return { job: await get(path, { base }), problem: lateAnswer(error, job, lang) };
  }
}

/** The problem of answers that came after others, in the reader's language; any other problem as it is. */
function lateAnswer(problem, job, lang = language()) {
  if (!problem.is("answered-otherwise")) return problem;
  const titles = titlesOf(job);
  const key = "problem.answered-otherwise";
  const decided = Object.entries(problem.extra.holds ?? {}).map(([name, value]) =>
    t(`${key}.is`, { what: decisionText(name, titles, lang), value: valueText(name, value, titles, lang) }, lang),
  );
  const detail = decided.length ? t(key, { what: decided.join("; ") }, lang) : t(`${key}.open`, {}, lang);
  const words = { title: t(`${key}.title`, {}, lang), detail };
  return new Problem({ ...problem.extra, type: problem.type, status: problem.status, ...words });
}

/**
 * What was remembered of an earlier file, and how the headers of this one differ, in sentences; none without it.
 * @param {any} remembered as the API shows it of a job
 * @param {Record<string, string>} titles of columns by field
 * @param {string} [lang]
 * @returns {string[]}
 */
export function recallTexts(remembered, titles, lang = language()) {
  if (!remembered?.name && !remembered?.alike) return [];
  const { name, job, by, at, alike, drift } = remembered;
  const isUsed = alike === 1;
  const values = { name, job, by, at: when(at, lang), percent: Math.floor(alike * 100) };
  const lost = Object.entries(drift.missing)
    .filter(([header]) => !(header in drift.renamed))
    .map(([header, field]) => (field ? `${header} → ${titles[field] ?? field}` : header));
  const fresh = drift.new.filter((header) => !Object.values(drift.renamed).includes(header));
  const renamed = Object.entries(drift.renamed).map((pair) => pair.join(" → "));
  const lists = { lost, fresh, renamed };
  return [
    t(`recall.${name ? "name" : "job"}.${isUsed ? "used" : "offered"}`, values, lang),
    ...Object.entries(lists)
      .filter(([, headers]) => headers.length > 0)
      .map(([kind, headers]) => t(`recall.${kind}`, { headers: headers.join(", ") }, lang)),
  ];
}
