/** Fields for an importer's parameters, such as a ward; a file's name fills them in where it contains the value. */

import { Problem } from "./api.js";
import { el } from "./dom.js";
import { problemBox } from "./problems.js";
import { t } from "./strings.js";

/**
 * Fields for the parameters of an importer. A typed value belongs to the file that was chosen last, also when that
 * file is sent again; once it has ended, to the next file. The name of every other file is read again. Of several
 * files at once, a typed value applies to those whose names do not contain one.
 * @param {{name: string, title: string, pattern: string, example: string, from_name: string}[]} parameters
 * @param {string} lang
 */
export function parameterFields(parameters, lang) {
  /** What the values typed now belong to; null: the file that is chosen next. @type {File | Set<File> | null} */
  let current = null;
  const fields = parameters.map((parameter) => field(parameter, lang, () => current));
  return {
    lines: fields.map(({ line }) => line),
    /** The values by name: constants of the file's recipe. */
    constants() {
      return Object.fromEntries(fields.map(({ name, value }) => [name, value()]).filter(([, value]) => value));
    },
    /**
     * Fill in the values for a file.
     * @param {File} file
     * @param {{several?: Set<File> | null, more?: boolean}} [options] the files that were chosen together, and whether
     *   some of them are still to come
     * @returns the fields without a valid value; the file cannot be sent before they have one
     */
    take(file, { several = null, more = false } = {}) {
      current = several && more ? several : file;
      for (const each of fields) each.take(file, several);
      return fields.filter((each) => !each.isValid());
    },
    /**
     * Note that a file has ended: imported (`well`), or rejected or failed, so that it may be chosen again.
     * @param {File | null} file
     * @param {{well?: boolean, more?: boolean}} [options]
     */
    ended(file, { well = false, more = false } = {}) {
      if (current instanceof Set && !more) current = null;
      if (!file || !(current instanceof File) || !isSame(file, current)) return;
      current = null;
      for (const each of fields) each.ended(well);
    },
    focus: () => fields.find((each) => !each.isValid())?.input.focus(),
  };
}

function field({ name, title, pattern, example, from_name: fromName }, lang, current) {
  const about = el("span", { class: "small muted", id: `about-${name}` }, t("parameter.about", { example }, lang));
  const wrong = el("span", { class: "small wrong", id: `wrong-${name}` });
  const described = `${wrong.id} ${about.id}`;
  const input = el("input", { name, pattern, required: true, autocomplete: "off", "aria-describedby": described });
  const whole = new RegExp(`^(?:${pattern})$`);
  const value = () => input.value.trim();
  const isValid = () => whole.test(value());
  /** @type {string | null} */
  let typed = null;
  /** The file or files that the typed value belongs to; null: the next. @type {File | Set<File> | null} */
  let owner = null;
  let taken = "";

  // browsers mark a required field as invalid before the reader could fill it in, so the mark is set here
  const mark = (isWrong) => {
    input.ariaInvalid = String(isWrong);
    wrong.textContent = isWrong && value() ? formatText(title, example, lang) : "";
  };
  mark(false);
  input.addEventListener("input", () => {
    typed = input.value === "" ? null : input.value; // an empty field is filled in again
    owner = current();
    if (input.ariaInvalid === "true") mark(value() !== "" && !isValid());
  });
  input.addEventListener("change", () => mark(value() !== "" && !isValid()));

  return {
    name,
    title,
    example,
    input,
    value,
    isValid,
    line: el("div", { class: "parameter" }, el("label", { class: "field" }, title, input), wrong, about),
    take(file, several) {
      const named = new RegExp(fromName).exec(file.name)?.[1] ?? "";
      const isOwn = owner instanceof File && isSame(owner, file);
      const isShared = owner === null || owner === several;
      const isMine = isOwn || (isShared && !(several && named));
      input.value = taken = (isMine && typed) || named;
      mark(!isValid());
      if (several && isShared) owner = several;
      else if (isMine) owner = file;
      else if (!several) typed = null;
    },
    ended(well) {
      const isLate = typed !== null && typed !== taken && owner instanceof File;
      if (isLate) owner = null; // typed while the file was being sent
      else if (well) {
        typed = null;
        input.value = "";
      }
    },
  };
}

/** Browsers make a new `File` each time the same file is chosen. */
function isSame(one, other) {
  return ["name", "size", "lastModified"].every((property) => one[property] === other[property]);
}

/**
 * The problem of a file that was not sent because of its parameters.
 * @param {{title: string, example: string, value: () => string}[]} invalid
 * @param {string} lang
 * @param {{file?: File, several?: boolean}} [options] `file` names the file in the title; with `several`, the reader
 *   has to choose the file again
 * @returns {Problem}
 */
export function parameterProblem(invalid, lang, { file, several = false } = {}) {
  const form = several ? ".several" : "";
  const missing = invalid.filter((each) => !each.value()).map(({ title }) => title);
  const wrong = invalid.filter((each) => each.value());
  const sentences = [
    ...wrong.map(({ title, example }) => formatText(title, example, lang)),
    wrong.length > 0 && t(`parameter.correct${form}`, {}, lang),
    missing.length > 0 && t(`parameter.missing${form}`, { what: missing.join(", ") }, lang),
  ];
  const title = t(file ? "parameter.unsent.named" : "parameter.unsent", { name: file?.name }, lang);
  return new Problem({ type: "/problems/parameters", title, detail: sentences.filter(Boolean).join(" ") });
}

/** An alert about a file that was not sent because of its parameters, with a button to send it. */
export function parameterBox(file, invalid, lang, send) {
  const button = el("button", { type: "button", onclick: send }, t("parameter.send", { name: file.name }, lang));
  return problemBox(parameterProblem(invalid, lang, { file }), lang, button);
}

const formatText = (title, example, lang) => t("parameter.wrong", { title, example }, lang);
