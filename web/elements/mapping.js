/** Which title of the file is taken for which column, and the question whether that is right. */

import { el, fill } from "./dom.js";
import { t } from "./strings.js";

/** The API takes longer titles as they are, and no choice about them. */
const LONGEST = 100;

/**
 * @param {any} preview
 * @param {any} importer
 * @param {{lang: string, onRemap: ((mapping: Record<string, string>) => void) | null}} options without `onRemap` the
 *   choice is shown, and cannot be changed
 * @returns {HTMLElement}
 */
export function mappingView(preview, importer, { lang, onRemap }) {
  const titles = [...preview.columns.map((column) => column.header), ...preview.ignored].filter(Boolean);
  const headers = [...new Set(titles)].filter((header) => header.length <= LONGEST);
  const selects = new Map();
  const said = el("p", { class: "wrong", role: "status" });
  const apply = el("button", { type: "button", disabled: true }, t("mapping.apply", {}, lang));
  const chosen = () => new Map([...selects].map(([field, select]) => [field, select.value]));
  const changed = () => {
    const wrong = objection(chosen(), importer.columns, headers, lang);
    const same = preview.columns.every((column) => (column.header ?? "") === selects.get(column.field).value);
    said.textContent = same ? "" : wrong;
    apply.disabled = same || wrong !== "";
  };
  apply.addEventListener("click", () => onRemap?.(mappingOf(chosen(), importer.columns, headers)));
  const rows = preview.columns.map((column) => {
    const label = t("mapping.for", { column: column.title }, lang);
    const select = el("select", { "aria-label": label, disabled: !onRemap, onchange: changed });
    const options = column.header && !headers.includes(column.header) ? [column.header, ...headers] : headers;
    const none = el("option", { value: "" }, t("mapping.none", {}, lang));
    fill(select, none, options.map((header) => el("option", { value: header }, header)));
    select.value = column.header ?? "";
    selects.set(column.field, select);
    const required = column.required && el("span", { class: "muted" }, ` (${t("mapping.required", {}, lang)})`);
    return el("li", {}, el("span", { class: "column" }, column.title, required), select);
  });
  const ignored = preview.ignored.join(", ");
  return el(
    "section",
    { class: "stack" },
    el("h4", {}, t("mapping.heading", {}, lang)),
    el("p", { class: "muted" }, t(onRemap ? "mapping.lead" : "mapping.nofile", {}, lang)),
    el("ul", { class: "mapping" }, rows),
    ignored && el("p", { class: "muted" }, t("mapping.ignored", { headers: ignored }, lang)),
    onRemap && el("div", { class: "actions" }, apply),
    said,
  );
}

/** What cannot be about a choice, in a sentence; "" when it can be. */
function objection(chosen, columns, headers, lang) {
  const title = new Map(columns.map((column) => [column.field, column.title]));
  const users = new Map();
  for (const [field, header] of chosen) {
    if (!header) continue;
    const other = users.get(header);
    if (other) return t("mapping.twice", { header, one: title.get(other), other: title.get(field) }, lang);
    users.set(header, field);
  }
  const lacking = columns.find((column) => column.required && !chosen.get(column.field));
  if (lacking) return t("mapping.lacking", { column: lacking.title }, lang);
  // a title that nobody chose is matched by its name all the same, unless its column has another one
  const names = fieldsByName(columns);
  const left = headers.find((header) => !users.has(header) && chosen.get(names.get(normal(header))) === "");
  return left ? t("mapping.displaced", { header: left, column: title.get(names.get(normal(left))) }, lang) : "";
}

/** What has to be said to the API: the choices that its own matching would not come to. */
function mappingOf(chosen, columns, headers) {
  const names = fieldsByName(columns);
  const matches = (field) => headers.filter((header) => names.get(normal(header)) === field);
  const said = [...chosen].filter(([field, header]) => header && matches(field).join("\n") !== header);
  return Object.fromEntries(said.map(([field, header]) => [header, field]));
}

function fieldsByName(columns) {
  const names = new Map();
  for (const { field, title, aliases } of columns) {
    for (const name of [field, title, ...aliases]) if (!names.has(normal(name))) names.set(normal(name), field);
  }
  return names;
}

/** As the API compares titles: without case, accents, spaces and punctuation. */
function normal(title) {
  return title.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
