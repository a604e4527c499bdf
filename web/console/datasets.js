/** The page of datasets, and the page of one dataset: its records, and one record with its history. */

import { get } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { cellFormat } from "../shared/previews.js";
import { timeMark } from "../shared/strings.js";

import { datasets as loadDatasets } from "./catalogue.js";
import { empty, head, loadInto, pagedTable, row, table, valueText } from "./components.js";
import { go, to } from "./router.js";
import { t } from "./words.js";

const PAGE = 100;

/** @param {Element} main */
export function datasets(main, { signal }) {
  const place = el("div", { class: "panel" });
  main.append(head(t("page.data"), t("data.lead")), place);
  const columns = [{ title: t("data.dataset") }, { title: t("data.filledBy"), class: "value" }];
  loadInto(place, signal, loadDatasets, (found) => {
    const { body, around } = table({ caption: t("page.data"), columns, cards: true });
    const cells = ({ name, filledBy }) => [el("a", { href: to(["data", name]) }, name), filledBy.join(", ")];
    body.append(...found.map((each) => row(columns, cells(each), { cards: true })));
    return around;
  });
}

/** The records of a dataset, or the record with the key of the query. @param {Element} main */
export function dataset(main, { one: name, query, signal, title }) {
  title(name);
  const key = query.get("key");
  const back = el("a", { href: to(["data"]) }, t("page.data"));
  main.append(
    el("nav", { class: "small", "aria-label": t("page.data") }, back),
    head(t("data.records", { name }), "", search(name, key)),
  );
  const place = el("div", { class: key ? "record" : "panel" });
  main.append(place);
  const path = `/datasets/${encodeURIComponent(name)}`;
  const columnsOf = async () => {
    const columns = (await loadDatasets()).find((each) => each.name === name)?.columns ?? [];
    return columns.length ? columns : columnsOfFirst(path, signal);
  };
  if (key) {
    loadInto(
      place,
      signal,
      () => recordOf(path, key, columnsOf, signal),
      (found) => (found ? record(found) : empty(t("data.unknown", { key }), "", all(name))),
    );
  } else {
    loadInto(place, signal, columnsOf, (columns) => records(name, path, columns, signal));
  }
}

/** Columns of a dataset that no importer fills: sources declare none, so they are the fields of a record. */
async function columnsOfFirst(path, signal) {
  const { items } = await get(`${path}/records`, { query: { limit: 1 }, signal });
  return items.flatMap(({ key, values }) =>
    Object.entries(values).map(([field, value]) => ({ field, title: field, key: String(value) === key })),
  );
}

const all = (name) => el("a", { href: to(["data", name]) }, t("data.all"));

function search(name, key) {
  const field = el("input", { type: "search", id: "key", name: "key", value: key ?? "", required: true });
  const submit = (event) => {
    event.preventDefault();
    go(["data", name], { key: field.value.trim() });
  };
  return el(
    "form",
    { class: "row search", onsubmit: submit },
    el("label", { class: "field" }, t("data.search"), field),
    el("button", {}, t("data.find")),
    key && all(name),
  );
}

function records(name, path, fields, signal) {
  const place = el("div", {});
  const link = (item) => el("a", { href: to(["data", name], { key: item.key }) }, item.key);
  pagedTable({
    place,
    signal,
    load: (cursor) => get(`${path}/records`, { query: { limit: PAGE, cursor }, signal }),
    caption: t("data.records", { name }),
    columns: [{ title: t("data.key"), class: "key" }, ...fieldColumns(fields), { title: t("data.job") }],
    cells: (item) => [link(item), ...values(fields, item), jobLink(item.job)],
    none: () => empty(t("data.empty"), t("data.empty.text"), el("a", { href: to(["upload"]) }, t("jobs.begin"))),
  });
  return place;
}

const isNumeric = ({ decimals }) => Number.isInteger(decimals); // columns of sources declare nothing

const fieldColumns = (fields) =>
  fields.filter(({ key }) => !key).map((field) => ({ title: field.title, class: isNumeric(field) ? "number" : "value" }));

const values = (fields, item) => fields.filter(({ key }) => !key).map((field) => shownValue(field, item));

/** The value of a field; numbers with their scale, such as a price of 3.30. */
function shownValue(column, item) {
  const value = item.values[column.field];
  if (value === null || value === undefined || !isNumeric(column)) return valueText(value);
  return cellFormat(column, [value])(value);
}

const jobLink = (id) => el("a", { href: to(["jobs", id]), class: "job-id" }, id);

/** A record and its history; null if the dataset has no record with this key. */
async function recordOf(path, key, columnsOf, signal) {
  const [records, history, fields] = await Promise.all([
    ...["records", "history"].map((part) => get(`${path}/${part}`, { query: { key }, signal })),
    columnsOf(),
  ]);
  const [found] = records.items;
  return found && { record: found, history: history.items, fields };
}

function record({ record: found, history, fields }) {
  const facts = fields.flatMap((field) => [el("dt", {}, field.title), el("dd", {}, shownValue(field, found))]);
  const columns = [
    { title: t("data.from"), class: "time" },
    { title: t("data.until"), class: "time" },
    ...fieldColumns(fields),
    { title: t("data.job") },
  ];
  const { body, around } = table({ caption: t("data.history"), columns });
  const cells = (version) => [
    version.from ? timeMark(version.from) : t("none"),
    timeMark(version.until),
    ...values(fields, version),
    jobLink(version.job),
  ];
  body.append(...history.map((version) => row(columns, cells(version))));
  return [
    el(
      "section",
      { class: "panel padded" },
      el("h2", {}, t("data.record", { key: found.key })),
      el("dl", { class: "facts" }, facts, el("dt", {}, t("data.job")), el("dd", {}, jobLink(found.job))),
    ),
    el(
      "section",
      { class: "panel" },
      el("div", { class: "padding" }, el("h2", {}, t("data.history"))),
      history.length ? around : empty(t("data.noHistory")),
    ),
  ];
}
