/** How the headers of a file are matched to columns, and how a reader changes that. */

import { el, fill } from "./dom.js";
import { matchedText, normalHeader } from "./previews.js";
import { t } from "./strings.js";

/** Longest header that the API accepts in a recipe. */
const LONGEST_HEADER = 100;
/** Modes in which a file needs the key alone. */
const BY_KEY = new Set(["update", "delete"]);

/**
 * The header that is matched to each column, in a folded part.
 * @param {any} preview
 * @param {any[]} columns of the importer
 * @param {{lang: string, onRemap: ((columns: Record<string, string>) => void) | null}} options `onRemap` is called with
 *   the value of the decision `columns`; if it is null, the choices are disabled
 */
export function mappingView(preview, columns, { lang, onRemap }) {
  const found = [...preview.columns.map((column) => column.header), ...preview.unmatched_headers].filter(Boolean);
  const headers = [...new Set(found)].filter((header) => header.length <= LONGEST_HEADER);
  const needed = (column) => (BY_KEY.has(preview.job.options?.mode) ? column.key : column.required);
  const selects = new Map();
  const wrong = el("p", { class: "wrong", role: "status" });
  const apply = el("button", { type: "button", disabled: true }, t("mapping.apply", {}, lang));
  const chosen = () => new Map([...selects].map(([field, select]) => [field, select.value]));
  const changed = () => {
    const objection = objectionTo(chosen(), columns, { preview, headers, needed, lang });
    const same = preview.columns.every((column) => (column.header ?? "") === selects.get(column.field).value);
    wrong.textContent = same ? "" : objection;
    apply.disabled = same || objection !== "";
  };
  apply.addEventListener("click", () => onRemap?.(mappingOf(chosen(), columns, preview, headers)));
  const rows = preview.columns.map((column) => {
    const label = t("mapping.for", { column: column.title }, lang);
    const select = el("select", { "aria-label": label, disabled: !onRemap, onchange: changed });
    const options = column.header && !headers.includes(column.header) ? [column.header, ...headers] : headers;
    const none = el("option", { value: "" }, t("mapping.none", {}, lang));
    fill(select, none, options.map((header) => el("option", { value: header }, header)));
    select.value = column.header ?? "";
    selects.set(column.field, select);
    const required = column.required && el("span", { class: "muted" }, ` (${t("mapping.required", {}, lang)})`);
    const likely = column.likely && t("mapping.likely", { header: column.likely }, lang);
    const hint = likely && el("span", { class: "muted small" }, likely);
    return el("li", {}, el("span", { class: "column" }, column.title, required), select, hint);
  });
  const unmatched = preview.unmatched_headers.join(", ");
  return el(
    "details",
    { class: "stack" },
    el("summary", {}, `${t("mapping.heading", {}, lang)}: ${matchedText(preview, lang)}`),
    el("p", { class: "muted" }, t(preview.job.questions.length ? "mapping.later" : "mapping.lead", {}, lang)),
    el("ul", { class: "mapping" }, rows),
    unmatched && el("p", { class: "muted" }, t("mapping.unmatched", { headers: unmatched }, lang)),
    onRemap && el("div", { class: "actions" }, apply),
    wrong,
  );
}

/** Why the API would reject a choice of headers, in a sentence; "" if it would accept it. */
function objectionTo(chosen, columns, { preview, headers, needed, lang }) {
  const title = new Map(columns.map((column) => [column.field, column.title]));
  const users = new Map();
  for (const [field, header] of chosen) {
    if (!header) continue;
    const other = users.get(header);
    if (other) return t("mapping.twice", { header, one: title.get(other), other: title.get(field) }, lang);
    users.set(header, field);
  }
  const lacking = columns.find((column) => needed(column) && !chosen.get(column.field));
  if (lacking) return t("mapping.lacking", { column: lacking.title }, lang);
  // the API matches a header that is not chosen by its name, unless its column has another header
  const names = fieldsByName(columns, preview);
  const left = headers.find((header) => !users.has(header) && chosen.get(names.get(normalHeader(header))) === "");
  return left ? t("mapping.displaced", { header: left, column: title.get(names.get(normalHeader(left))) }, lang) : "";
}

/** The part of the choices that the API's own matching would not find. */
function mappingOf(chosen, columns, preview, headers) {
  const names = fieldsByName(columns, preview);
  const matches = (field) => headers.filter((header) => names.get(normalHeader(header)) === field);
  const differing = [...chosen].filter(([field, header]) => header && matches(field).join("\n") !== header);
  return Object.fromEntries(differing.map(([field, header]) => [header, field]));
}

/** What headers mean by themselves: titles of columns, and synonyms as far as this file has them. */
function fieldsByName(columns, preview) {
  const given = preview.job.recipe?.columns ?? {};
  const found = preview.columns.filter(({ header }) => header !== null && !(header in given));
  const names = new Map(found.map(({ field, header }) => [normalHeader(header), field]));
  for (const { field, title, aliases } of columns) {
    for (const name of [field, title, ...aliases]) if (!names.has(normalHeader(name))) names.set(normalHeader(name), field);
  }
  return names;
}
