/** The questions of a job: one form for all of them, with what the file shows, and what each answer would do. */

import { el, scrollingTable } from "./dom.js";
import { effectText, foundTexts, showsText, sign } from "./recipes.js";
import { has, number, t } from "./strings.js";

/** Kinds that ask which header stands for a column. */
const ABOUT_HEADERS = new Set(["mapping", "drift"]);

/** Whether a job waits for answers; questions of a job that has ended stay open. */
export const isAsking = (job) => job.waiting_for === "answers" && job.questions.length > 0;

/**
 * A form for the questions of a job.
 * @param {any} job
 * @param {string} lang
 * @param {string} heading tag of its heading
 * @returns {{view: HTMLElement | null, answers: () => {version: number, answers: Record<string, any>} | null}} `view` is
 *   null if the job asks nothing; `answers` is the body of the call, or null while an answer is missing, which is shown
 */
export function questionForm(job, lang, heading) {
  if (!isAsking(job)) return { view: null, answers: () => null };
  const wrong = el("p", { class: "wrong", role: "alert" });
  const forms = job.questions.map((question) => ({ question, ...formOf(question, lang) }));
  const view = el(
    "section",
    { class: "stack question" },
    el(heading, {}, t("questions.heading", {}, lang)),
    el("p", { class: "muted" }, t("questions.lead", {}, lang)),
    forms.map((each) => each.view),
    wrong,
  );
  const answers = () => {
    const objection = ({ question, read }) =>
      read().wrong ?? t("questions.missing", { question: questionText(question, lang) }, lang);
    const open = forms.find(({ read }) => !read().answers);
    wrong.textContent = open ? objection(open) : "";
    open?.view.querySelector("input, select").focus();
    if (open) return null;
    return { version: job.recipe.version, answers: Object.assign({}, ...forms.map(({ read }) => read().answers)) };
  };
  return { view, answers };
}

/** A question in the reader's language; one that this page has no words for, in the API's. */
export function questionText({ kind, params, text }, lang) {
  const missing = (params.missing ?? [params.column]).join(", ");
  return t(`question.${kind}${kind === "guard" ? `.${params.guard}` : ""}`, { ...params, missing }, lang, text);
}

/**
 * The fields of a question, which `read` reads: `answers` by key, nothing without an answer, or what is `wrong` with it.
 * Nothing is preselected but what an earlier file was answered, and the header that likely means a column: a wrong
 * choice makes every row wrong.
 */
function formOf(question, lang) {
  if (ABOUT_HEADERS.has(question.kind)) return headerForm(question, lang);
  return question.choices.length ? choiceForm(question, lang) : textForm(question, lang);
}

function choiceForm(question, lang) {
  const { key, choices, params } = question;
  const usual = JSON.stringify(params.remembered);
  const inputs = choices.map(({ value }, place) =>
    el("input", { type: "radio", name: key, value: String(place), checked: JSON.stringify(value) === usual }),
  );
  const lines = choices.map((choice, place) => {
    const [name, effect] = choiceTexts(question, choice, lang);
    const id = `effect-${key}-${place}`;
    const hint = inputs[place].checked ? ` (${t("questions.usual", {}, lang)})` : "";
    if (effect) inputs[place].setAttribute("aria-describedby", id);
    const about = effect && el("p", { class: "muted small", id }, effect);
    return el("div", { class: "choice" }, el("label", {}, inputs[place], " ", name, hint), about);
  });
  const read = () => {
    const place = inputs.findIndex((input) => input.checked);
    return place < 0 ? {} : { answers: { [key]: choices[place].value } };
  };
  return { view: fieldset(question, lang, evidenceView(question, lang), lines), read };
}

/** The name of a choice, and what it would do; a choice without a name is called by its effect. */
export function choiceTexts({ kind }, choice, lang) {
  const { value } = choice;
  const isList = Array.isArray(value);
  const key = `choice.${kind}.${sign(value)}`;
  const plain = isList ? value.join(", ") : ["string", "number"].includes(typeof value) ? String(value) : "";
  const [name, effect] = [!isList && has(key) ? t(key, {}, lang) : plain, effectText(choice, lang)];
  return name ? [name, effect] : [effect, ""];
}

/** A select of the unmatched headers for each column that the file lacks. */
function headerForm(question, lang) {
  const { choices, params } = question;
  const mode = choices.find(({ code }) => code === "update-only")?.value;
  const none = mode ? [{ text: t("questions.none", {}, lang), answer: mode }] : [];
  const columns = headersByColumn(choices);
  const titles = Object.fromEntries(columns.map(({ field, title }) => [field, title]));
  // a mode that was answered last time is not a header
  const suggested = params.remembered?.mode ? {} : params.likely;
  const likely = { ...suggested, ...params.renamed, ...params.remembered };
  const fields = columns.map(({ title, field, headers }) => {
    const named = headers.map((header) => ({ text: header, header, answer: { columns: { [header]: field } } }));
    const options = [{ text: t("questions.choose", {}, lang) }, ...named, ...none];
    const select = el("select", {}, options.map(({ text }, at) => el("option", { value: String(at) }, text)));
    select.value = String(Math.max(options.findIndex((each) => isLikely(each, field, likely)), 0));
    const line = el("div", { class: "parameter" }, el("label", { class: "field" }, title, select));
    return { line, chosen: () => options[select.value] };
  });
  const read = () => {
    const chosen = fields.map((each) => each.chosen());
    if (chosen.some(({ answer }) => !answer)) return {};
    const headers = chosen.map(({ header }) => header).filter(Boolean);
    const twice = headers.find((header, at) => headers.indexOf(header) !== at);
    if (twice) return { wrong: t("questions.twice", { header: twice }, lang) };
    const matched = Object.assign({}, ...chosen.map(({ answer }) => answer.columns));
    const modes = chosen.map(({ answer }) => answer).filter((answer) => !answer.columns);
    return { answers: Object.assign({}, headers.length > 0 && { columns: matched }, ...modes) };
  };
  const known = Object.entries(params.known ?? {}).map(([header, field]) => `${header} → ${titles[field] ?? field}`);
  const notes = [
    params.headers && t("questions.headers", { row: params.header_row, headers: params.headers.join(", ") }, lang),
    known.length > 0 && t("questions.known", { pairs: known.join(", ") }, lang),
    mode && t("questions.none.effect", {}, lang),
  ].filter(Boolean);
  const about = notes.map((note) => el("p", { class: "muted small" }, note));
  return { view: fieldset(question, lang, fields.map(({ line }) => line), about), read };
}

/** Whether an option of a select is what an earlier file was answered, or the header that is likely renamed. */
function isLikely({ header, answer }, field, likely) {
  return header ? likely[header] === field : Boolean(answer) && answer.mode === likely.mode;
}

/**
 * The headers that could stand for each missing column, the most alike first.
 * @param {{code: string, value: any, params: Record<string, any>}[]} choices
 * @returns {{title: string, field: string, headers: string[]}[]}
 */
export function headersByColumn(choices) {
  const columns = new Map();
  for (const { value, params } of choices.filter(({ code }) => code === "match-header")) {
    const [[header, field]] = Object.entries(value);
    if (!columns.has(field)) columns.set(field, { title: params.column, field, headers: [] });
    columns.get(field).headers.push(header);
  }
  return [...columns.values()];
}

function textForm(question, lang) {
  const { key, kind } = question;
  const type = kind === "header" ? { type: "number", min: 1 } : { type: "text" };
  const input = el("input", { ...type, "aria-label": questionText(question, lang) });
  const value = () => (kind === "header" ? Number(input.value) : input.value.trim());
  const read = () => (value() ? { answers: { [key]: value() } } : {});
  return { view: fieldset(question, lang, evidenceView(question, lang), input), read };
}

const fieldset = (question, lang, ...content) =>
  el("fieldset", {}, el("legend", {}, questionText(question, lang)), content);

/** What the file shows: how many cells of each kind, the first of them, and the first rows that a guard has counted. */
function evidenceView({ evidence, params }, lang) {
  const found = foundTexts(evidence, { lang });
  return [
    found.length > 0 && el("p", { class: "muted" }, `${found.join("; ")}.`),
    evidence.rows.length > 0 && cellTable(evidence.rows, params.column, lang),
    params.examples?.length > 0 && exampleTable(params, lang),
    params.sheets?.length > 0 && sheetTable(params.sheets, lang),
  ];
}

/** The sheets that could be meant, with their first rows. */
function sheetTable(sheets, lang) {
  const names = ["sheet", "rows", "first_row", "header_row"];
  const titles = names.map((name) => ({ title: t(`evidence.${name}`, {}, lang), number: name === "header_row" || name === "rows" }));
  const cells = sheets.map(({ sheet, header_row: header, rows, is_hidden: isHidden, first_rows: [first] }) => [
    isHidden ? t("evidence.hidden", { sheet }, lang) : sheet,
    number(rows, lang),
    first ? first.cells.filter(Boolean).join(", ") : "",
    number(header, lang),
  ]);
  return scrollingTable(t("evidence.sheets", {}, lang), titles, cells);
}

function cellTable(rows, column, lang) {
  const titles = titlesOf(["row", "cell", "shows"], lang);
  const isOne = new Set(rows.map(({ sheet }) => sheet)).size === 1;
  const inOrder = isOne ? rows.toSorted((one, other) => one.row - other.row) : rows;
  const place = ({ sheet, row }) => (isOne ? number(row, lang) : `${sheet}: ${number(row, lang)}`);
  const cells = inOrder.map((each) => [place(each), each.cell, showsText(each.shows, lang)]);
  return scrollingTable(t("evidence.cells", { column }, lang), titles, cells);
}

function exampleTable({ guard, examples }, lang) {
  const names = ["sheet", "row", "key", "column", "reason", "changes"].filter((name) => examples.some((each) => name in each));
  const titles = titlesOf(names, lang);
  const change = ({ column, before, after }) => `${column}: ${before} → ${after ?? t("cell.empty", {}, lang)}`;
  const texts = {
    row: (value) => number(value, lang),
    changes: (value) => value.map(change).join(", "),
  };
  const cells = examples.map((each) => names.map((name) => (name in each ? (texts[name] ?? String)(each[name]) : "")));
  return scrollingTable(t(`evidence.${guard}`, {}, lang), titles, cells);
}

const titlesOf = (names, lang) =>
  names.map((name) => ({ title: t(`evidence.${name}`, {}, lang), number: name === "row" }));
