/** What an importer must know beside a file, such as a ward: fields, filled in from the name of the file if it tells. */

import { Problem } from "./api.js";
import { el } from "./dom.js";
import { problemBox } from "./problems.js";
import { t } from "./strings.js";

/**
 * Fields for what an importer must know. What is typed belongs to the file that was chosen last, also when that is sent
 * again, and once it is known what became of that one, to the next; the name of any other file is read anew. Of several
 * at once, what is typed is for those whose names do not tell.
 * @param {{name: string, title: string, pattern: string, example: string, from_name: string}[]} parameters
 * @param {string} lang
 */
export function parameterFields(parameters, lang) {
  /** Whom it is for what is typed now; none: the file that is chosen next. @type {File | Set<File> | null} */
  let current = null;
  const fields = parameters.map((parameter) => field(parameter, lang, () => current));
  return {
    lines: fields.map(({ line }) => line),
    /** What of it goes into the announcement of a file. */
    extra() {
      const values = fields.map(({ name, value }) => [name, value()]).filter(([, value]) => value);
      return values.length > 0 ? { parameters: Object.fromEntries(values) } : {};
    },
    /**
     * Fill in what belongs to a file; answers the fields that keep it back.
     * @param {File} file
     * @param {{several?: Set<File> | null, more?: boolean}} [options] those that it is one of, and whether others of
     *   them are still to come
     */
    take(file, { several = null, more = false } = {}) {
      current = several && more ? several : file;
      for (const each of fields) each.take(file, several);
      return fields.filter((each) => !each.isFine());
    },
    /**
     * Nothing more comes of a file: it is imported (`well`), or was refused or has failed, and may be chosen again.
     * @param {File | null} file
     * @param {{well?: boolean, more?: boolean}} [options]
     */
    ended(file, { well = false, more = false } = {}) {
      if (current instanceof Set && !more) current = null;
      if (!file || !(current instanceof File) || !isSame(file, current)) return;
      current = null;
      for (const each of fields) each.ended(well);
    },
    focus: () => fields.find((each) => !each.isFine())?.input.focus(),
  };
}

function field({ name, title, pattern, example, from_name: fromName }, lang, current) {
  const about = el("span", { class: "small muted", id: `about-${name}` }, t("parameter.about", { example }, lang));
  const wrong = el("span", { class: "small wrong", id: `wrong-${name}` });
  const described = `${wrong.id} ${about.id}`;
  const input = el("input", { name, pattern, required: true, autocomplete: "off", "aria-describedby": described });
  const whole = new RegExp(`^(?:${pattern})$`);
  const value = () => input.value.trim();
  const isFine = () => whole.test(value());
  /** @type {string | null} */
  let typed = null;
  /** Whom it was typed for; none: the next. @type {File | Set<File> | null} */
  let owner = null;
  let taken = "";

  // said in so many words, for a browser calls a required field invalid before anybody could fill it in
  const mark = (isWrong) => {
    input.ariaInvalid = String(isWrong);
    wrong.textContent = isWrong && value() ? wrongWords(title, example, lang) : "";
  };
  mark(false);
  input.addEventListener("input", () => {
    typed = input.value === "" ? null : input.value; // an empty field is filled in again
    owner = current();
    if (input.ariaInvalid === "true") mark(value() !== "" && !isFine());
  });
  input.addEventListener("change", () => mark(value() !== "" && !isFine()));

  return {
    name,
    title,
    example,
    input,
    value,
    isFine,
    line: el("div", { class: "parameter" }, el("label", { class: "field" }, title, input), wrong, about),
    take(file, several) {
      const told = new RegExp(fromName).exec(file.name)?.[1] ?? "";
      const isOwn = owner instanceof File && isSame(owner, file);
      const isShared = owner === null || owner === several;
      const isMine = isOwn || (isShared && !(several && told));
      input.value = taken = (isMine && typed) || told;
      mark(!isFine());
      if (several && isShared) owner = several;
      else if (isMine) owner = file;
      else if (!several) typed = null;
    },
    ended(well) {
      const isLate = typed !== null && typed !== taken && owner instanceof File;
      if (isLate) owner = null; // it was typed while the file was on its way
      else if (well) {
        typed = null;
        input.value = "";
      }
    },
  };
}

/** Chosen once more, a file is another object. */
function isSame(one, other) {
  return ["name", "size", "lastModified"].every((fact) => one[fact] === other[fact]);
}

/**
 * Why a file is kept back.
 * @param {{title: string, example: string, value: () => string}[]} lacking
 * @param {string} lang
 * @param {{file?: File, several?: boolean}} [options] whether the file is named; of several, it has to be chosen again
 * @returns {Problem}
 */
export function lackingProblem(lacking, lang, { file, several = false } = {}) {
  const form = several ? ".several" : "";
  const untold = lacking.filter((each) => !each.value()).map(({ title }) => title);
  const wrong = lacking.filter((each) => each.value());
  const sentences = [
    ...wrong.map(({ title, example }) => wrongWords(title, example, lang)),
    wrong.length > 0 && t(`parameter.correct${form}`, {}, lang),
    untold.length > 0 && t(`parameter.untold${form}`, { what: untold.join(", ") }, lang),
  ];
  const title = t(file ? "parameter.kept.named" : "parameter.kept", { name: file?.name }, lang);
  return new Problem({ type: "/problems/lacking", title, detail: sentences.filter(Boolean).join(" ") });
}

/** A file that is kept back, and a button to send it after all. */
export function keptBack(file, lacking, lang, send) {
  const button = el("button", { type: "button", onclick: send }, t("parameter.send", { name: file.name }, lang));
  return problemBox(lackingProblem(lacking, lang, { file }), lang, button);
}

const wrongWords = (title, example, lang) => t("parameter.wrong", { title, example }, lang);
