/** Datasets, and the records of one. */

import { Problem, get } from "../elements/api.js";
import { el } from "../elements/dom.js";
import { when } from "../elements/strings.js";

import { datasets as known } from "./catalogue.js";
import { empty, fillWith, head, shown } from "./parts.js";
import { go, to } from "./router.js";
import { t } from "./strings.js";
import { pagedTable, row, scroller, table } from "./tables.js";

const PAGE = 100;

/** All datasets. @param {Element} main */
export function datasets(main, { signal }) {
  const place = el("div", { class: "panel" });
  main.append(head(t("page.data"), t("data.lead")), place);
  const columns = [{ title: t("data.dataset") }, { title: t("data.filledBy"), class: "value" }];
  fillWith(place, signal, known, (found) => {
    const made = table({ caption: t("page.data"), columns, cards: true });
    const cells = ({ name, filledBy }) => [el("a", { href: to(["data", name]) }, name), filledBy.join(", ")];
    made.body.append(...found.map((dataset) => row(columns, cells(dataset), { cards: true })));
    return made.around;
  });
}

/** The records of a dataset, or the one whose key was asked for. @param {Element} main */
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
  const path = `/datasets/${encodeURIComponent(name)}/records`;
  const columnsOf = async () => {
    const columns = (await known()).find((each) => each.name === name)?.columns ?? [];
    return columns.length ? columns : columnsOfFirst(path, signal);
  };
  if (key) {
    fillWith(
      place,
      signal,
      () => recordOf(path, key, columnsOf, signal),
      (found) => (found ? record(found) : empty(t("data.unknown", { key }), "", all(name))),
    );
  } else {
    fillWith(place, signal, columnsOf, (columns) => records(name, path, columns, signal));
  }
}

/** Nobody tells the columns of what comes from a source alone: they are what its records have. */
async function columnsOfFirst(path, signal) {
  const { items } = await get(path, { query: { limit: 1 }, signal });
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
    ask: (cursor) => get(path, { query: { limit: PAGE, cursor }, signal }),
    caption: t("data.records", { name }),
    columns: [{ title: t("data.key"), class: "key" }, ...fieldColumns(fields), { title: t("data.job") }],
    cells: (item) => [link(item), ...values(fields, item), jobLink(item.job)],
    none: () => empty(t("data.empty"), t("data.empty.text"), el("a", { href: to(["upload"]) }, t("jobs.begin"))),
  });
  return place;
}

const fieldColumns = (fields) => fields.filter(({ key }) => !key).map(({ title }) => ({ title, class: "value" }));

const values = (fields, item) => fields.filter(({ key }) => !key).map(({ field }) => shown(item.values[field]));

const jobLink = (id) => el("a", { href: to(["jobs", id]), class: "job-id" }, id);

/** A record and its history; null when there is none. */
async function recordOf(path, key, columnsOf, signal) {
  const here = `${path}/${encodeURIComponent(key)}`;
  const nothing = (instead) => (problem) => {
    if (problem instanceof Problem && problem.status === 404) return instead;
    throw problem;
  };
  const [found, history, fields] = await Promise.all([
    get(here, { signal }).catch(nothing(null)),
    get(`${here}/history`, { signal }).catch(nothing({ items: [] })),
    columnsOf(),
  ]);
  return found && { record: found, history: history.items, fields };
}

function record({ record: found, history, fields }) {
  const facts = fields.flatMap(({ field, title }) => [el("dt", {}, title), el("dd", {}, shown(found.values[field]))]);
  const columns = [
    { title: t("data.from") },
    { title: t("data.until") },
    ...fieldColumns(fields),
    { title: t("data.job") },
  ];
  const made = table({ caption: t("data.history"), columns });
  const cells = (version) => [
    when(version.from) || t("none"),
    when(version.until),
    ...values(fields, version),
    jobLink(version.job),
  ];
  made.body.append(...history.map((version) => row(columns, cells(version))));
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
      history.length ? scroller(made.table, t("data.history")) : empty(t("data.noHistory")),
    ),
  ];
}
