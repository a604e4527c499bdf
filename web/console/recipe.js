/** The tab with the recipe of a job: each decision, how it was made, what the file shows of it, and how to change it. */

import { get } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { mappingView } from "../shared/mapping.js";
import { decisionText, foundTexts, kindOfKey, recallTexts, titlesOf, valueText } from "../shared/recipes.js";
import { language, t as sharedText } from "../shared/strings.js";

import { importers } from "./catalogue.js";
import { loadInto, row, runButton, table } from "./components.js";
import { answer } from "./questions.js";
import { t } from "./words.js";

/** Values that a reader can choose for a decision, by its kind; those of swapped dates only where cells may be. */
const VALUES = { decimal: [".", ","], date_order: ["dmy", "mdy", "ymd", "dmy-swapped", "mdy-swapped"] };

/** Whether decisions can be changed: in review, once nothing is asked. */
const canChange = (job) => Boolean(job.links.answers) && !job.questions.length;

/** Whether anything was decided about the file of a job, or is remembered of an earlier one. */
export const hasRecipe = (job) =>
  Object.keys(job.recipe.decisions).length > 0 || recallTexts(job.remembered, {}).length > 0;

/** @param {Element} place */
export function recipe(place, { path, job, signal, onJob }) {
  const load = async () => {
    const [found, preview] = await Promise.all([
      job.kind === "sync" ? [] : importers(),
      canChange(job) && job.links.preview ? get(`${path}/preview`, { query: { limit: 1 }, signal }) : null,
    ]);
    return { columns: found.find(({ name }) => name === job.importer)?.columns ?? [], preview };
  };
  return loadInto(place, signal, load, ({ columns, preview }) => recipeView(job, columns, preview, onJob));
}

function recipeView(job, columns, preview, onJob) {
  const titles = { ...Object.fromEntries(columns.map(({ field, title }) => [field, title])), ...titlesOf(job) };
  const recall = recallTexts(job.remembered, titles);
  const trouble = el("div", { class: "padding" });
  const send = (answers) => answer(job, { version: job.recipe.version, answers }, onJob);
  const matching = el("div", { class: "padding" });
  const onRemap = (value) => runButton(matching.querySelector("button"), trouble, () => send({ columns: value }));
  if (preview) matching.append(mappingView(preview, columns, { lang: language(), onRemap }));
  return [
    el("p", { class: "padding muted" }, t(canChange(job) ? "recipe.lead.change" : "recipe.lead")),
    recall.length > 0 && el("ul", { class: "padding lines" }, recall.map((line) => el("li", {}, line))),
    Object.keys(job.recipe.decisions).length > 0 && decisions(job, titles, { send, trouble }),
    matching,
    trouble,
  ];
}

function decisions(job, titles, { send, trouble }) {
  const open = new Set(job.questions.map(({ key }) => key));
  const changeable = canChange(job);
  const columns = [
    { title: t("recipe.decision") },
    { title: t("recipe.value"), class: "value" },
    { title: t("recipe.how") },
    { title: t("recipe.found"), class: "value" },
    ...(changeable ? [{ title: t("recipe.change") }] : []),
  ];
  const { body, around } = table({ caption: t("tab.recipe"), columns, cards: true, class: "decisions" });
  const cells = ([key, decision]) => [
    decisionText(key, titles),
    valueText(key, decision.value, titles),
    sharedText(`how.${open.has(key) ? "open" : decision.how}`),
    found(decision.evidence),
    ...(changeable ? [changeForm(key, decision, titles, { send, trouble }) ?? t("none")] : []),
  ];
  body.append(...Object.entries(job.recipe.decisions).map((each) => row(columns, cells(each), { cards: true })));
  return around;
}

/** How many cells show what, each kind with its first cell. */
function found(evidence) {
  const texts = foundTexts(evidence, { withExamples: true });
  return texts.length ? el("ul", { class: "plain-list" }, texts.map((text) => el("li", {}, text))) : t("none");
}

/** A choice of another value; null for a decision that has no few values. */
function changeForm(key, { value, evidence }, titles, { send, trouble }) {
  const maySwap = evidence.counts.swappable > 0 || String(value).endsWith("-swapped");
  const values = (VALUES[kindOfKey(key)] ?? []).filter((each) => maySwap || !each.endsWith("-swapped"));
  if (!values.length) return null;
  const label = decisionText(key, titles);
  const select = el("select", { "aria-label": label });
  select.append(...values.map((each) => el("option", { value: each }, valueText(key, each, titles))));
  select.value = value;
  const name = t("recipe.change.go");
  const button = el("button", { disabled: true, "aria-label": `${name}: ${label}` }, name);
  select.addEventListener("change", () => (button.disabled = select.value === value));
  const onsubmit = (event) => {
    event.preventDefault();
    runButton(button, trouble, () => send({ [key]: select.value }));
  };
  return el("form", { class: "row", onsubmit }, select, button);
}
