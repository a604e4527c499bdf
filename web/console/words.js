/** The console's texts, and the language that the reader chose. */

import { LANGUAGES, addWords, languageOf, t as sharedText, tOf as sharedTextOf } from "../shared/strings.js";

import { en } from "./words-en.js";
import { id } from "./words-id.js";

const STORAGE_KEY = "sluice.language";
const PREFIX = "console.";

addWords(PREFIX, { en, id });

/**
 * The console's text of a key.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export const t = (key, values) => sharedText(PREFIX + key, values);

/**
 * The console's text of a key, or of `key.lookup` if it exists and the importer looks its rows up.
 * @param {{lookup?: string | null} | null} subject a job or an importer
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export const tOf = (subject, key, values) => sharedTextOf(subject, PREFIX + key, values);

/** Set the language that was chosen last, or the browser's. */
export function recallLanguage() {
  const chosen = localStorage.getItem(STORAGE_KEY);
  document.documentElement.lang = chosen && chosen in LANGUAGES ? chosen : languageOf(navigator.language);
}

/** Set a language, and remember it. */
export function chooseLanguage(language) {
  localStorage.setItem(STORAGE_KEY, language);
  document.documentElement.lang = language;
}
