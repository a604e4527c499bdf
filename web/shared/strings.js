/** Texts, numbers and dates in the reader's language: English or Bahasa Indonesia. */

import { el } from "./dom.js";
import { en } from "./words-en.js";
import { id } from "./words-id.js";
import { en as problemsEn } from "./words-problems-en.js";
import { id as problemsId } from "./words-problems-id.js";
import { en as reasonsEn } from "./words-reasons-en.js";
import { id as reasonsId } from "./words-reasons-id.js";
import { en as recipeEn } from "./words-recipe-en.js";
import { id as recipeId } from "./words-recipe-id.js";

/** The languages, each under its own name. */
export const LANGUAGES = { en: "English", id: "Bahasa Indonesia" };

/** Locales that format numbers and times. */
export const LOCALES = { en: "en-GB", id: "id-ID" };

/** @type {Record<string, Record<string, string>>} */
const texts = {
  en: { ...en, ...problemsEn, ...reasonsEn, ...recipeEn },
  id: { ...id, ...problemsId, ...reasonsId, ...recipeId },
};

/**
 * Add the texts of a page. Their keys get a prefix, so that they replace none of the shared texts.
 * @param {string} prefix
 * @param {Record<string, Record<string, string>>} words by language
 */
export function addWords(prefix, words) {
  for (const [lang, added] of Object.entries(words)) {
    for (const [key, text] of Object.entries(added)) texts[lang][prefix + key] = text;
  }
}

/**
 * The text of a key. `{name}` is replaced by a value, numbers are formatted, and `key.one` is taken if `count` is 1
 * and the text exists.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 * @param {string} [lang]
 * @param {string} [otherwise] what stands for a key without a text
 * @returns {string}
 */
export function t(key, values = {}, lang = language(), otherwise = key) {
  const words = texts[lang] ?? texts.en;
  const one = values.count === 1 ? words[`${key}.one`] : undefined;
  const text = one ?? words[key] ?? texts.en[key] ?? otherwise;
  return text.replace(/\{(\w+)\}/g, (placeholder, name) => {
    const value = values[name];
    if (value === undefined) return placeholder;
    return typeof value === "number" ? number(value, lang) : String(value);
  });
}

/**
 * The text of a key, or of `key.lookup` if it exists and the importer looks its rows up instead of loading them.
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
 * Whether a key has a text.
 * @param {string} key
 */
export function has(key) {
  return key in texts.en;
}

/**
 * The language of an element: the nearest `lang` around it, across shadow roots; otherwise the browser's.
 * @param {Element | null} [element]
 * @returns {"en" | "id"}
 */
export function language(element = null) {
  /** @type {Element | null} */
  let at = element ?? document.documentElement;
  while (at) {
    const ancestor = at.closest("[lang]");
    if (ancestor?.getAttribute("lang")) return languageOf(ancestor.getAttribute("lang"));
    const root = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : null;
  }
  return languageOf(document.documentElement.lang || navigator.language);
}

/**
 * The language of a tag; English if Sluice does not speak it.
 * @param {string | null} tag a language tag (BCP 47)
 * @returns {"en" | "id"}
 */
export function languageOf(tag) {
  // ISO 639 had "in" as the code of Bahasa Indonesia before it became "id"
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
 * A size in the units in which limits are set: 1 KiB has 1,024 bytes, so 50 MiB are not 52.4 MB.
 * @param {number} value
 * @param {string} [lang]
 */
export function bytes(value, lang = language()) {
  const units = ["byte", "KiB", "MiB", "GiB", "TiB"];
  const power = value < 1024 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1);
  if (power === 0) return t("bytes", { count: value }, lang);
  const format = new Intl.NumberFormat(LOCALES[lang], { maximumFractionDigits: power > 1 ? 1 : 0 });
  return `${format.format(value / 1024 ** power)} ${units[power]}`;
}

/**
 * Date and time to the second, in the reader's time zone.
 * @param {string | number | Date | null | undefined} date
 * @param {string} [lang]
 */
export function when(date, lang = language()) {
  if (!date) return "";
  return new Intl.DateTimeFormat(LOCALES[lang], { dateStyle: "medium", timeStyle: "medium" }).format(new Date(date));
}

/**
 * The time of a day to the second, in the reader's time zone.
 * @param {string} date
 * @param {string} [lang]
 */
export function clock(date, lang = language()) {
  return new Intl.DateTimeFormat(LOCALES[lang], { timeStyle: "medium" }).format(new Date(date));
}

/**
 * An element with a time in the reader's zone; its title has the same time in UTC.
 * @param {string | null | undefined} date
 * @param {string} [lang]
 */
export function timeMark(date, lang = language()) {
  if (!date) return el("time", {});
  const utc = new Intl.DateTimeFormat(LOCALES[lang], { dateStyle: "medium", timeStyle: "long", timeZone: "UTC" });
  return el("time", { dateTime: date, title: utc.format(new Date(date)) }, when(date, lang));
}

/**
 * The reader's time zone: its name, such as Asia/Jakarta, and its offset, such as GMT+7.
 * @param {string} [lang]
 */
export function zone(lang = language()) {
  const format = new Intl.DateTimeFormat(LOCALES[lang], { timeZoneName: "shortOffset" });
  const offset = format.formatToParts(new Date()).find(({ type }) => type === "timeZoneName")?.value ?? "";
  return { name: format.resolvedOptions().timeZone, offset };
}

/**
 * How long something took, such as 5.9 s, 2 min 8 s or 1 h 5 min.
 * @param {number} seconds
 * @param {string} [lang]
 */
export function duration(seconds, lang = language()) {
  const whole = Math.round(seconds);
  if (seconds < 9.95) return t("duration.seconds", { count: Math.round(seconds * 10) / 10 }, lang);
  if (whole < 60) return t("duration.seconds", { count: whole }, lang);
  const minutes = whole < 3600 ? Math.floor(whole / 60) : Math.round(whole / 60);
  const parts = whole < 3600 ? { minutes, seconds: whole % 60 } : { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
  return Object.entries(parts)
    .filter(([, count], at) => at === 0 || count > 0)
    .map(([unit, count]) => t(`duration.${unit}`, { count }, lang))
    .join(" ");
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
