/** The console's texts, beside those of the elements, and the language that was chosen. */

import { addStrings, t as textOf, tOf as textFor } from "../elements/strings.js";

import { en } from "./words-en.js";
import { id } from "./words-id.js";

const KEPT = "sluice.language";
const PREFIX = "console.";

/** Names of their own, so that no text takes the place of an element's. */
const own = (words) => Object.fromEntries(Object.entries(words).map(([key, text]) => [PREFIX + key, text]));

addStrings({ en: own(en), id: own(id) });

/**
 * The console's text of that name.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export const t = (key, values) => textOf(PREFIX + key, values);

/**
 * The console's text of that name, or `key.lookup` if there is one and the rows are looked up instead of being loaded.
 * @param {{lookup?: string | null} | null} subject a job or an importer
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export const tOf = (subject, key, values) => textFor(subject, PREFIX + key, values);

/** The languages one can choose, each by its own name. */
export const LANGUAGES = { en: "English", id: "Bahasa Indonesia" };

/** Speak the language that was chosen last, or else the browser's. */
export function recallLanguage() {
  const kept = localStorage.getItem(KEPT);
  const browsers = /^(id|in)\b/i.test(navigator.language) ? "id" : "en";
  document.documentElement.lang = kept && kept in LANGUAGES ? kept : browsers;
}

/** Speak another language, today and tomorrow. */
export function chooseLanguage(language) {
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
}
