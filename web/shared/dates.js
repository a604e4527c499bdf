/** The question about dates that can be read day first or month first, with the file's own dates. */

import { el } from "./dom.js";
import { day, number, t } from "./strings.js";

const DATE_ORDERS = ["dmy", "mdy"];

/**
 * The question about the columns whose dates can be read in two ways.
 * @param {any} preview its rows have these dates read day first
 * @param {string} lang
 * @param {string} heading tag of its heading
 * @returns {{view: HTMLElement | null, answers: () => Record<string, string> | null}} `answers` is null while an answer
 *   is missing, and then shows which
 */
export function dateQuestion(preview, lang, heading) {
  const ambiguous = preview.columns.filter((column) => preview.ambiguous_dates.includes(column.title));
  if (!ambiguous.length) return { view: null, answers: () => ({}) };
  const missing = el("p", { class: "wrong", role: "alert" });
  const groups = ambiguous.map((column) => dateOrders(column, preview.rows, lang));
  const view = el(
    "section",
    { class: "stack question" },
    el(heading, {}, t("dates.heading", {}, lang)),
    el("p", {}, t("dates.lead", {}, lang)),
    groups.map((each) => each.view),
    missing,
  );
  const answers = () => {
    const open = groups.find((each) => !each.answer());
    missing.textContent = open ? t("dates.missing", {}, lang) : "";
    open?.view.querySelector("input").focus();
    return open ? null : Object.fromEntries(groups.map((each) => [each.field, each.answer()]));
  };
  return { view, answers };
}

/** No order is preselected, because a wrong one makes every date of the column wrong. */
function dateOrders(column, rows, lang) {
  const inputs = DATE_ORDERS.map((order) => el("input", { type: "radio", name: `dates-${column.field}`, value: order }));
  const labels = inputs.map((input) => el("label", {}, input, " ", dateExample(input.value, column.field, rows, lang)));
  const view = el("fieldset", {}, el("legend", {}, column.title), labels);
  return { field: column.field, view, answer: () => inputs.find((input) => input.checked)?.value };
}

/** An order with the first date that differs between the two orders, as this order reads it. */
function dateExample(order, field, rows, lang) {
  const name = t(`dates.${order}`, {}, lang);
  for (const { row, values } of rows) {
    const [year, month, date] = String(values[field] ?? "").split("T")[0].split("-").map(Number);
    if (!(year && month && date) || month === date || date > 12) continue;
    const read = order === "dmy" ? day(year, month, date, lang) : day(year, date, month, lang);
    return t("dates.example", { order: name, row: number(row, lang), date: read }, lang);
  }
  return name;
}
