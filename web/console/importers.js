/** What can be imported. */

import "../elements/index.js";

import { el } from "../elements/dom.js";

import { importers as known } from "./catalogue.js";
import { fillWith, head } from "./parts.js";
import { to } from "./router.js";
import { t } from "./strings.js";
import { row, scroller, table } from "./tables.js";
import { templateButton } from "./template.js";
import { limits } from "./upload.js";

/** @param {Element} main */
export function importers(main, { signal }) {
  const place = el("div", { class: "importers" });
  main.append(head(t("page.importers"), t("importers.lead")), place);
  fillWith(place, signal, known, (found) => found.map(card));
}

function card(importer) {
  const trouble = el("div", {});
  const dialog = el("sluice-import-dialog", { "schema-name": importer.name });
  const named = (key) => `${t(key)}: ${importer.title}`;
  return el(
    "section",
    { class: "panel padded", "data-importer": importer.name },
    el(
      "div",
      { class: "head" },
      el("div", {}, el("h2", {}, importer.title), el("p", { class: "muted" }, importer.row_schema.description)),
      el(
        "div",
        { class: "row" },
        templateButton(importer.name, trouble, t("importers.template"), named("importers.template")),
        el(
          "button",
          { type: "button", "aria-label": named("importers.dialog"), onclick: () => dialog.show() },
          t("importers.dialog"),
        ),
        el(
          "a",
          { class: "button", href: to(["upload"], { importer: importer.name }), "aria-label": named("importers.import") },
          t("importers.import"),
        ),
      ),
    ),
    el(
      "p",
      { class: "small" },
      target(importer),
      el("span", { class: "muted" }, ` · ${limits(importer)}`, importer.synchronous && ` · ${t("importers.synchronous")}`),
    ),
    needs(importer),
    trouble,
    el(
      "details",
      {},
      el("summary", {}, t("importers.columns", { count: importer.columns.length })),
      columnsOf(importer),
    ),
    dialog,
  );
}

/** Where its rows end up, or what becomes of them instead. */
function target({ lookup, dataset }) {
  if (lookup) return `${t("importers.lookup")}: ${lookup}`;
  return [`${t("importers.dataset")}: `, el("a", { href: to(["data", dataset]) }, dataset)];
}

/** What its files need, and what is done with them, where that is not as with most. */
function needs({ lookup, parameters, file_types: types, one_at_a_time: inTurn }) {
  const said = [
    lookup && t("importers.result"),
    ...parameters.map(({ title, example }) => t("importers.parameter", { title, example })),
    types.length > 0 && t("importers.types", { types: types.join(", ") }),
    inTurn && t("importers.inTurn"),
  ].filter(Boolean);
  return said.length > 0 && el("p", { class: "small" }, said.join(" "));
}

function columnsOf(importer) {
  const columns = [
    { title: t("importers.column") },
    { title: t("importers.aliases"), class: "value" },
    { title: t("importers.what"), class: "value" },
    { title: t("importers.required") },
  ];
  const made = table({ caption: importer.title, columns });
  const needed = (column) => (column.key ? t("importers.key") : t(column.required ? "yes" : "no"));
  for (const column of importer.columns) {
    const told = importer.row_schema.properties?.[column.field]?.description ?? "";
    made.body.append(row(columns, [column.title, column.aliases.join(", "), told, needed(column)]));
  }
  return scroller(made.table, importer.title);
}
