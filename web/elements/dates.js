/** The question about dates that can be read in two ways. */

import { el } from "./dom.js";
import { day, number, t } from "./strings.js";

const ORDERS = ["dmy", "mdy"];

/**
 * @param {any} preview its rows have such dates read day first
 * @param {string} lang
 * @returns {{view: HTMLElement | null, answers: () => Record<string, string> | null}} `answers` is null, and says so,
 *   while one is missing
 */
export function datesQuestion(preview, lang) {
  const asked = preview.columns.filter((column) => preview.undecided_dates.includes(column.title));
  if (!asked.length) return { view: null, answers: () => ({}) };
  const said = el("p", { class: "wrong", role: "alert" });
  const groups = asked.map((column) => group(column, preview.rows, lang));
  const view = el(
    "section",
    { class: "stack question" },
    el("h4", {}, t("dates.heading", {}, lang)),
    el("p", {}, t("dates.lead", {}, lang)),
    groups.map((each) => each.view),
    said,
  );
  const answers = () => {
    const open = groups.find((each) => !each.answer());
    said.textContent = open ? t("dates.missing", {}, lang) : "";
    open?.view.querySelector("input").focus();
    return open ? null : Object.fromEntries(groups.map((each) => [each.field, each.answer()]));
  };
  return { view, answers };
}

function group(column, rows, lang) {
  const inputs = ORDERS.map((order) => el("input", { type: "radio", name: `dates-${column.field}`, value: order }));
  const labels = inputs.map((input) => el("label", {}, input, " ", meaning(input.value, column.field, rows, lang)));
  const view = el("fieldset", {}, el("legend", {}, column.title), labels);
  return { field: column.field, view, answer: () => inputs.find((input) => input.checked)?.value };
}

/** What the first date that tells the two apart would be. */
function meaning(order, field, rows, lang) {
  const name = t(`dates.${order}`, {}, lang);
  for (const { row, values } of rows) {
    const [year, month, date] = String(values[field] ?? "").split("T")[0].split("-").map(Number);
    if (!(year && month && date) || month === date || date > 12) continue;
    const read = order === "dmy" ? day(year, month, date, lang) : day(year, date, month, lang);
    return t("dates.example", { order: name, row: number(row, lang), date: read }, lang);
  }
  return name;
}
