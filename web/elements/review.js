/** The review: the questions of the job, the verdict, rejected rows, the first rows, and how columns are matched. */

import { el, fill, scrollingTable } from "../shared/dom.js";
import { mappingView } from "../shared/mapping.js";
import { progressText, verdictText } from "../shared/outcomes.js";
import {
  cellMark, changeCell, changesText, comparisonTables, previewRows, sheetTexts, shortenedText, shownColumns,
  untouchedTexts,
} from "../shared/previews.js";
import { problemBox } from "../shared/problems.js";
import { isAsking, questionForm } from "../shared/questions.js";
import { number, t } from "../shared/strings.js";

import { rejectedRows } from "./outcome.js";

const COUNTS = ["insert", "update", "delete", "unchanged", "skipped", "rejected", "to_reject", "unchecked", "ignored"];
/** Shown even if they are zero. */
const ALWAYS = new Set(["insert", "update", "rejected"]);
const BAD = new Set(["rejected", "to_reject", "unchecked"]);

/**
 * @typedef {object} Review
 * @property {any} job
 * @property {any} preview null if the file cannot be read before a question is answered
 * @property {any} importer
 * @property {string} lang
 * @property {string} [base]
 * @property {() => Promise<void>} onCommit
 * @property {(body: {version: number, answers: Record<string, any>}) => Promise<void>} onAnswer
 * @property {() => Promise<void>} onCancel
 * @property {(problem: unknown) => void} [onProblem] called with every problem that is shown here
 */

/**
 * The stage in which a reader answers questions and looks at the preview, then loads the rows or cancels.
 * @param {Review} review
 * @returns {Promise<HTMLElement>}
 */
export async function reviewView({ job, preview, importer, lang, base, onCommit, onAnswer, onCancel, onProblem }) {
  const questions = questionForm(job, lang, "h4");
  const trouble = el("div");
  const guarded = (action) => async () => {
    const buttons = [...view.querySelectorAll("button:not(:disabled)")];
    for (const button of buttons) button.disabled = true;
    fill(trouble);
    try {
      await action();
    } catch (problem) {
      fill(trouble, problemBox(problem, lang));
      onProblem?.(problem);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  };
  const send = () => {
    const body = questions.answers();
    if (body) guarded(() => onAnswer(body))();
  };
  const remap = (columns) => guarded(() => onAnswer({ version: job.recipe.version, answers: { columns } }))();
  const onRemap = job.links.answers && !questions.view ? remap : null;
  const cancel = el("button", { type: "button", onclick: guarded(onCancel) }, t("job.cancel", {}, lang));
  const first = questions.view
    ? el("button", { type: "button", class: "primary", onclick: send }, t("questions.send", {}, lang))
    : commitButton(preview, lang, guarded(onCommit));
  const view = el(
    "div",
    { class: "stack wide" },
    questions.view,
    preview && (await previewParts({ preview, importer, onRemap, isLoadable: Boolean(first), lang, base, onProblem })),
    trouble,
    el("div", { class: "actions final" }, first, cancel),
  );
  return view;
}

/** What the commit would do, and the rows; `isLoadable` says whether it can be. */
async function previewParts({ preview, importer, onRemap, isLoadable, lang, base, onProblem }) {
  const { counts, job } = preview;
  const rejected = counts.rejected > 0 ? await rejectedRows(job.id, { lang, base, onProblem }) : null;
  return [
    el("p", { class: "verdict" }, isAsking(job) ? progressText(job, lang) : verdictText(preview, lang)),
    el("p", { class: "muted" }, t("review.lead", { name: job.file.name }, lang)),
    job.problem ? problemBox(job.problem, lang) : !isLoadable && el("p", { class: "wrong" }, t("review.none", {}, lang)),
    rejected && el("section", { class: "stack rejected" }, rejected),
    changesView(preview, lang),
    preview.rows.length > 0 && firstRows(preview, lang),
    countList(counts, lang),
    mappingView(preview, importer.columns, { lang, onRemap }),
  ];
}

/** The button that loads the rows; null if there is nothing to load. */
function commitButton({ counts, job }, lang, onclick) {
  const loadable = counts.insert + counts.update + counts.unchanged + counts.delete + counts.unchecked;
  const isCompared = counts.insert !== null;
  if (!job.links.commit || (isCompared && !loadable)) return null;
  const count = counts.insert + counts.update || loadable;
  const key = !isCompared ? "review.commit.unknown" : count === counts.delete ? "review.commit.delete" : "review.commit";
  return el("button", { type: "button", class: "primary", onclick }, t(key, { count }, lang));
}

function countList(counts, lang) {
  const visible = COUNTS.filter((name) => counts[name] > 0 || (ALWAYS.has(name) && counts[name] !== null));
  const items = visible.map((name) => {
    const look = counts[name] > 0 && BAD.has(name) ? "bad" : "";
    return el("li", { class: look }, el("strong", {}, number(counts[name], lang)), " ", t(`review.${name}`, {}, lang));
  });
  return el("ul", { class: "counts" }, items);
}

function firstRows(preview, lang) {
  const rows = previewRows(preview, lang);
  const hasReasons = rows.some(({ reason }) => reason);
  const titles = shownColumns(preview).map(({ title, decimals }) => ({ title, number: decimals !== null }));
  const reasons = hasReasons ? [{ title: t("rejections.reason", {}, lang) }] : [];
  const table = scrollingTable(
    t("review.rows", {}, lang),
    [{ title: t("review.row", {}, lang), number: true }, ...reasons, ...titles],
    rows.map(({ place, reason, cells }) => [
      place,
      ...(hasReasons ? [reason ? el("span", { class: "wrong" }, reason) : ""] : []),
      ...cells.map((cell) => cellMark(cell, lang)),
    ]),
  );
  return table;
}

/** What loading changes in existing records, and what it leaves as it is. */
function changesView(preview, lang) {
  const untouched = untouchedTexts(preview, lang);
  const about = sheetTexts(preview.job, lang);
  const lines = [changesText(preview, lang), ...untouched, ...about, shortenedText(preview, lang)].filter(Boolean);
  const tables = comparisonTables(preview, lang).map(({ caption, columns, rows }) =>
    scrollingTable(caption, columns, rows.map((cells) => cells.map((cell) => changeCell(cell, lang)))),
  );
  if (!lines.length && !tables.length) return null;
  const texts = el("ul", { class: "plain-list" }, lines.map((line) => el("li", {}, line)));
  return el("section", { class: "stack changes" }, el("h4", {}, t("changes.heading", {}, lang)), texts, tables);
}
