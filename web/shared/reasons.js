/** Why a row was rejected, in the reader's language, from the code and the parameters that the API stores. */

import { LOCALES, has, language, t } from "./strings.js";

/** Parameters that are numbers, also if they come as text, as exact decimals do; a column's title may look like one. */
const LIMITS = new Set(["minimum", "maximum", "limit"]);
const NUMERIC = /^-?\d+(\.\d+)?$/;

/**
 * The reason of a rejection; finishes the sentence "this value …".
 * @param {{code: string, params: Record<string, any>, reason: string}} rejection
 * @param {string} [lang]
 * @returns {string} the API's own sentence where the page has no words for the code, or an importer has its own
 */
export function reasonText({ code, params, reason }, lang = language()) {
  const key = `reason.${code}`;
  if (!has(key) || params.text !== undefined || (code === "not-a-choice" && !params.choices)) return reason;
  const values = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, shown(name, value, lang)]));
  const where = code === "duplicate-key" && params.sheet ? ".sheet" : "";
  const text = t(params.form ? "hint.form" : key + where, values, lang);
  const hint = ["example", "nearest"].find((name) => params[name] !== undefined);
  return hint ? t(`hint.${hint}`, { reason: text, ...values }, lang) : text;
}

function shown(name, value, lang) {
  if (Array.isArray(value)) return new Intl.ListFormat(LOCALES[lang], { type: "disjunction" }).format(value.map(quoted));
  const isNumber = typeof value === "number" || (LIMITS.has(name) && NUMERIC.test(String(value)));
  // as text and with every decimal: a limit that is rounded is another limit
  const format = new Intl.NumberFormat(LOCALES[lang], { maximumFractionDigits: 20 });
  return isNumber ? format.format(/** @type {any} */ (String(value))) : String(value);
}

const quoted = (choice) => (typeof choice === "string" ? `'${choice}'` : String(choice));
