/** Texts, numbers and dates in the reader's language: English or Bahasa Indonesia. */

import { en } from "./words-en.js";
import { id } from "./words-id.js";

const LOCALES = { en: "en-GB", id: "id-ID" };

/** @type {Record<string, Record<string, string>>} */
const texts = { en: { ...en }, id: { ...id } };

/**
 * Add texts of other pages.
 * @param {Record<string, Record<string, string>>} more by language
 */
export function addStrings(more) {
  for (const [lang, added] of Object.entries(more)) texts[lang] = { ...texts[lang], ...added };
}

/**
 * The text of that name. `{name}` stands for a value, numbers are written the reader's way, and where `count` is one
 * the text `key.one` is taken if there is one.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 * @param {string} [lang]
 * @returns {string}
 */
export function t(key, values = {}, lang = language()) {
  const words = texts[lang] ?? texts.en;
  const one = values.count === 1 ? words[`${key}.one`] : undefined;
  const text = one ?? words[key] ?? texts.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number(value, lang) : String(value);
  });
}

/**
 * The text of that name, or `key.lookup` if there is one and the rows are looked up instead of being loaded.
 * @param {{lookup?: string | null} | null} subject a job or an importer
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 * @param {string} [lang]
 * @returns {string}
 */
export function tOf(subject, key, values = {}, lang = language()) {
  return t(subject?.lookup && has(`${key}.lookup`) ? `${key}.lookup` : key, values, lang);
}

/**
 * Whether there is a text of that name.
 * @param {string} key
 */
export function has(key) {
  return key in texts.en;
}

/**
 * The language to speak at an element: the nearest `lang` around it, across shadow roots; else the browser's.
 * @param {Element | null} [element]
 * @returns {"en" | "id"}
 */
export function language(element = null) {
  /** @type {Element | null} */
  let at = element ?? document.documentElement;
  while (at) {
    const holder = at.closest("[lang]");
    if (holder?.getAttribute("lang")) return known(holder.getAttribute("lang"));
    const root = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : null;
  }
  return known(document.documentElement.lang || navigator.language);
}

function known(tag) {
  // "in" is what Bahasa Indonesia was called before ISO 639 changed it
  return /^(id|in)\b/i.test(tag ?? "") ? "id" : "en";
}

/**
 * @param {number} value
 * @param {string} [lang]
 */
export function number(value, lang = language()) {
  return new Intl.NumberFormat(LOCALES[lang]).format(value);
}

/**
 * @param {number} value
 * @param {string} [lang]
 */
export function bytes(value, lang = language()) {
  const units = ["byte", "kB", "MB", "GB", "TB"];
  const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  if (power === 0) return t("bytes", { count: value }, lang);
  const shown = new Intl.NumberFormat(LOCALES[lang], { maximumFractionDigits: power > 1 ? 1 : 0 });
  return `${shown.format(value / 1000 ** power)} ${units[power]}`;
}

/**
 * @param {string | number | Date | null | undefined} date
 * @param {string} [lang]
 */
export function when(date, lang = language()) {
  if (!date) return "";
  return new Intl.DateTimeFormat(LOCALES[lang], { dateStyle: "medium", timeStyle: "short" }).format(new Date(date));
}

/**
 * A day without a time, such as 4 May 2026.
 * @param {number} year
 * @param {number} month from 1
 * @param {number} date
 * @param {string} [lang]
 */
export function day(year, month, date, lang = language()) {
  const format = new Intl.DateTimeFormat(LOCALES[lang], { dateStyle: "long", timeZone: "UTC" });
  return format.format(new Date(Date.UTC(year, month - 1, date)));
}
