/** How a file was understood, and what its first rows will be. */

import { el } from "../elements/dom.js";
import { number } from "../elements/strings.js";

import { shown } from "./parts.js";
import { t, tOf } from "./strings.js";
import { row, scroller, table } from "./tables.js";

const COUNTS = ["insert", "update", "unchanged", "refused", "repeated"];
/** Rows that are looked up are compared with nothing. */
const LOOKUP_COUNTS = ["refused", "repeated"];

/** @param {any} found the answer of `GET /jobs/{id}/preview` */
export function preview(found) {
  const counts = (found.job.lookup ? LOOKUP_COUNTS : COUNTS).filter((name) => found.counts[name] !== null);
  const ofFile = found.job.kind !== "sync";
  const where = t(found.sheet ? "preview.where" : "preview.headerRow", { sheet: found.sheet, row: found.header_row });
  const columns = t(ofFile ? "preview.columns" : "preview.fields");
  return [
    el(
      "div",
      { class: "padding" },
      ofFile && el("p", {}, where),
      el("p", { class: "muted" }, counts.map((name) => `${number(found.counts[name])} ${t(`preview.${name}`)}`).join(" · ")),
      found.undecided_dates.length
        ? el("p", {}, t("preview.undecided", { columns: found.undecided_dates.join(", ") }))
        : null,
      found.ignored.length ? el("p", {}, t("preview.ignored", { headers: found.ignored.join(", ") })) : null,
    ),
    el("div", { class: "padding" }, el("h3", {}, columns)),
    mapping(found.columns, columns, ofFile),
    el("div", { class: "padding" }, el("h3", {}, tOf(found.job, "preview.rows"))),
    firstRows(found),
  ];
}

function mapping(all, caption, ofFile) {
  const columns = [
    { title: t("preview.column") },
    { title: t(ofFile ? "preview.header" : "preview.field"), class: "value" },
    { title: t("preview.dates") },
  ];
  const made = table({ caption, columns, cards: true });
  const header = (column) => column.header ?? el("span", { class: "muted" }, t("preview.missing"));
  const dates = (column) => (column.dates ? t(`dates.${column.dates}`) : t("none"));
  const cells = (column) => [column.title, header(column), dates(column)];
  made.body.append(...all.map((column) => row(columns, cells(column), { cards: true })));
  return made.around;
}

function firstRows(found) {
  const there = found.columns.filter((column) => column.header !== null);
  const columns = [{ title: t("preview.row") }, ...there.map(({ title }) => ({ title, class: "value" }))];
  const made = table({ caption: tOf(found.job, "preview.rows"), columns });
  const cells = (item) => [item.row, ...there.map(({ field }) => shown(item.values[field]))];
  made.body.append(...found.rows.map((item) => row(columns, cells(item))));
  return scroller(made.table, tOf(found.job, "preview.rows"));
}
