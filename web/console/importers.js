/** The page of importers: columns, limits and templates, and the import dialog. */

import "../elements/index.js";

import { el } from "../shared/dom.js";
import { optionsText } from "../shared/options.js";
import { language } from "../shared/strings.js";

import { importers as loadImporters, limits, templateButton } from "./catalogue.js";
import { head, loadInto, row, table } from "./components.js";
import { to } from "./router.js";
import { t } from "./words.js";

/** @param {Element} main */
export function importers(main, { signal }) {
  const place = el("div", { class: "importers" });
  main.append(head(t("page.importers"), t("importers.lead")), place);
  loadInto(place, signal, loadImporters, (found) => found.map(card));
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

/** The dataset that its rows go to, or its lookup. */
function target({ lookup, dataset }) {
  if (lookup) return `${t("importers.lookup")}: ${lookup}`;
  return [`${t("importers.dataset")}: `, el("a", { href: to(["data", dataset]) }, dataset)];
}

/** What its jobs do to the dataset, and what else differs: its parameters, file types, and order of processing. */
function needs({ lookup, options, parameters, file_types: types, one_at_a_time: oneAtATime }) {
  const sentences = [
    lookup && t("importers.result"),
    options && optionsText(options, language()),
    ...parameters.map(({ title, example }) => t("importers.parameter", { title, example })),
    types.length > 0 && t("importers.types", { types: types.join(", ") }),
    oneAtATime && t("importers.oneAtATime"),
  ].filter(Boolean);
  return sentences.length > 0 && el("p", { class: "small" }, sentences.join(" "));
}

function columnsOf(importer) {
  const columns = [
    { title: t("importers.column") },
    { title: t("importers.aliases"), class: "value" },
    { title: t("importers.what"), class: "value" },
    { title: t("importers.required") },
  ];
  const { body, around } = table({ caption: importer.title, columns });
  const needed = (column) => (column.key ? t("importers.key") : t(column.required ? "yes" : "no"));
  for (const column of importer.columns) {
    const about = importer.row_schema.properties?.[column.field]?.description ?? "";
    body.append(row(columns, [column.title, column.aliases.join(", "), about, needed(column)]));
  }
  return around;
}
