/** The options of a load: what rows do to the dataset, as fields of a form and in words. */

import { el } from "./dom.js";
import { number, t } from "./strings.js";

/** Options of a few words each, in the order of the form. */
const WORDS = ["mode", "blanks", "deletes", "on_rejections"];
/** Guards that are shares, which the form takes in percent. */
const SHARES = ["max_rejected", "max_deleted"];
const PERCENT = 100;
/** Modes in which records are deleted. */
const DELETING = new Set(["mirror", "delete"]);

/**
 * Fields for the options that an importer leaves to its callers; a lookup has none.
 * @param {{options: any, choices: Record<string, string[]>}} importer as the API shows it
 * @param {string} lang
 * @param {Record<string, unknown>} [fixed] options that the page gives; they have no field
 */
export function optionFields(importer, lang, fixed = {}) {
  const selects = new Map(
    WORDS.filter((name) => !(name in fixed) && importer.choices[name]?.length > 1).map((name) => [
      name,
      selectOf(name, importer, lang),
    ]),
  );
  const shares = new Map(
    SHARES.filter((name) => !("guards" in fixed) && importer.choices.guards?.includes(name)).map((name) => [
      name,
      el("input", { type: "number", name, min: 0, max: PERCENT - 1, step: "any" }),
    ]),
  );
  const lines = new Map(
    [...selects, ...shares].map(([name, input]) => [name, lineOf(t(`option.${name}`, {}, lang), input)]),
  );
  const mode = () => String(fixed.mode ?? (selects.get("mode")?.value || importer.options?.mode));
  const isMeant = (name) => isPossible(name, mode());
  const show = () => lines.forEach((line, name) => (line.hidden = !isMeant(name)));
  selects.get("mode")?.addEventListener("change", show);
  show();
  return {
    lines: [...lines.values()],
    /** The part of a file's announcement that holds the options. */
    extra() {
      const values = (inputs) => [...inputs].filter(([name]) => isMeant(name)).map(([name, { value }]) => [name, value]);
      return { ...chosen(values(selects), values(shares)), ...fixed };
    },
  };
}

/**
 * Whether an option means something in a mode: one about deleting, only where records are deleted.
 * @param {string} name
 * @param {string} mode
 */
export function isPossible(name, mode) {
  if (name === "max_deleted") return mode === "mirror"; // the mode `delete` names its keys
  return name !== "deletes" || DELETING.has(mode);
}

/**
 * The options that a form gives; an empty field is the importer's.
 * @param {[string, string][]} words
 * @param {[string, string][]} percents
 */
export function chosen(words, percents) {
  const given = percents.filter(([, value]) => value !== "");
  const guards = Object.fromEntries(given.map(([name, value]) => [name, Number(value) / PERCENT]));
  return {
    ...Object.fromEntries(words.filter(([, value]) => value)),
    ...(given.length > 0 && { guards }),
  };
}

/**
 * The options of a job in a sentence for each; rejected rows and limits only where they stop something.
 * @param {any} options as the API shows them
 * @param {string} [lang]
 */
export function optionsText(options, lang) {
  const { max_rejected: rejected, max_deleted: deleted, max_change: change } = options.guards;
  const percent = (share) => number(share * PERCENT, lang);
  const records = Number.isInteger(deleted) && deleted > 0;
  const sentences = [
    ...["mode", "blanks", "deletes"].filter((name) => options[name]).map((name) => t(`option.${name}.${options[name]}`, {}, lang)),
    options.on_rejections === "stop" && t("option.on_rejections.stop", {}, lang),
    rejected !== null && t("option.max_rejected.set", { percent: percent(rejected) }, lang),
    deleted !== null && !records && t("option.max_deleted.set", { percent: percent(deleted) }, lang),
    deleted !== null && records && t("option.max_deleted.records", { count: deleted }, lang),
    ...Object.entries(change).map(([column, share]) => t("option.max_change.set", { column, percent: percent(share) }, lang)),
  ];
  return sentences.filter(Boolean).join(" ");
}

function selectOf(name, { options, choices }, lang) {
  const words = (value) => t(`option.${name}.${value}`, {}, lang);
  const usual = options[name] ? t("option.usual", { what: words(options[name]) }, lang) : t("option.usual.mode", {}, lang);
  return el(
    "select",
    { name },
    el("option", { value: "" }, usual),
    choices[name].map((value) => el("option", { value }, words(value))),
  );
}

const lineOf = (title, input) => el("div", { class: "parameter" }, el("label", { class: "field" }, title, input));
