/** The tabs below a job: rejected rows, preview, kept rows, log and files. */

import { download, get } from "../shared/api.js";
import { correctionUpload } from "../shared/correction.js";
import { el } from "../shared/dom.js";
import { bytes, language, number, when } from "../shared/strings.js";

import { empty, loadInto, pagedTable, row, runButton, stateOf, status, table, valueText } from "./components.js";
import { go, replaceAddress, to } from "./router.js";
import { t, tOf } from "./words.js";

/** In this order; a tab exists if the job has a link of its name. */
const TABS = { rejections, preview, kept, log, files };
/** The part of a job that each tab depends on: while it is the same, the tab is not redrawn, and keeps its position. */
const DEPENDS_ON = {
  rejections: ({ counts }) => counts.rejected,
  preview: ({ status, ambiguous_dates: dates, counts }) =>
    [status === "in_review", dates, counts.total, counts.rejected],
  kept: ({ rollback }) => [rollback?.conflicts, rollback?.failed],
  log: ({ status, deleted }) => [status, deleted],
  files: ({ status }) => status,
};
const PAGE = 100;
const PREVIEW_COUNTS = ["insert", "update", "unchanged", "rejected", "to_reject"];
/** A lookup compares its rows with nothing. */
const LOOKUP_COUNTS = ["rejected", "to_reject"];

/**
 * The tabs of a job; `show(job)` adds and removes them.
 * @param {{id: string, path: string, query: URLSearchParams, signal: AbortSignal}} options
 */
export function jobTabs({ id, path, query, signal }) {
  const list = el("div", { class: "tabs", role: "tablist", "aria-label": t("tabs.label") });
  const body = el("div", { role: "tabpanel", id: "tab-body", tabIndex: 0 });
  let wanted = query.get("tab");
  let drawn = { name: "", status: "", deleted: false, dependsOn: "" };
  let job = null;
  let page = new AbortController();
  signal.addEventListener("abort", () => page.abort(), { once: true });

  const names = () => [...list.children].map((tab) => tab.dataset.tab);

  const choose = (name) => {
    wanted = name;
    replaceAddress(["jobs", id], { tab: name });
    draw();
    list.querySelector(`[data-tab="${name}"]`).focus();
  };

  const onKey = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = names();
    choose(all[(all.indexOf(event.target.dataset.tab) + step + all.length) % all.length]);
  };

  const tabOf = (name) => {
    const props = { type: "button", role: "tab", id: `tab-${name}`, "data-tab": name, "aria-controls": "tab-body" };
    return el("button", { ...props, onclick: () => choose(name) }, t(`tab.${name}`));
  };

  function draw() {
    const all = names();
    const name = all.includes(wanted) ? wanted : all[0];
    for (const each of list.children) {
      each.setAttribute("aria-selected", String(each.dataset.tab === name));
      each.tabIndex = each.dataset.tab === name ? 0 : -1;
    }
    body.setAttribute("aria-labelledby", `tab-${name}`);
    // counts change too often to redraw for each
    if (drawn.name === name && drawn.status === job.status && drawn.deleted === job.deleted) return;
    const before = drawn;
    drawn = { name, status: job.status, deleted: job.deleted, dependsOn: JSON.stringify(DEPENDS_ON[name](job)) };
    if (before.name === name && before.dependsOn === drawn.dependsOn) return;
    page.abort();
    page = new AbortController();
    // the tab keeps its height while it loads again, so that the page does not scroll
    body.style.minBlockSize = before.name === name ? `${body.offsetHeight}px` : "";
    const { signal } = page;
    TABS[name](body, { id, path, job, signal }).finally(() => signal.aborted || (body.style.minBlockSize = ""));
  }

  list.addEventListener("keydown", onKey);
  return {
    panel: el("section", { class: "panel", "aria-label": t("tabs.label") }, list, body),
    show(now) {
      job = now;
      const offered = Object.keys(TABS).filter((name) => name in now.links);
      if (offered.join() !== names().join()) {
        const focused = list.contains(document.activeElement) && document.activeElement.dataset.tab;
        list.replaceChildren(...offered.map(tabOf));
        if (focused) list.querySelector(`[data-tab="${focused}"]`)?.focus();
      }
      draw();
    },
  };
}

function rejections(place, { path, job, signal }) {
  const onJob = (made) => go(["jobs", made.id]);
  const upload = correctionUpload(job, { lang: language(), signal, onJob });
  const rows = el("div");
  place.replaceChildren(...(upload ? [el("div", { class: "padding" }, upload)] : []), rows);
  return pagedTable({
    place: rows,
    signal,
    load: (cursor) => get(`${path}/rejections`, { query: { limit: PAGE, cursor }, signal }),
    caption: t("tab.rejections"),
    columns: [
      { title: t("rejections.row"), class: "place" },
      { title: t("rejections.column") },
      { title: t("rejections.value"), class: "value" },
      { title: t("rejections.reason"), class: "value" },
    ],
    cells: (item) => [
      [item.sheet && `${item.sheet}: `, item.row],
      valueText(item.column),
      valueText(item.value),
      item.reason,
    ],
    none: () => empty(t("rejections.empty")),
    cards: true,
  });
}

function kept(place, { path, signal }) {
  return pagedTable({
    place,
    signal,
    load: (cursor) => get(`${path}/kept`, { query: { limit: PAGE, cursor }, signal }),
    caption: t("tab.kept"),
    columns: [
      { title: t("kept.key"), class: "value" },
      { title: t("kept.reason"), class: "value" },
      { title: t("kept.job") },
    ],
    cells: (item) => [item.key, item.reason, item.job ? el("a", { href: to(["jobs", item.job]) }, item.job) : t("none")],
    none: () => empty(t("kept.empty")),
    cards: true,
  });
}

function log(place, { path, job, signal }) {
  return pagedTable({
    place,
    signal,
    load: (cursor) => get(`${path}/log`, { query: { cursor }, signal }),
    caption: t("tab.log"),
    columns: [
      { title: t("log.at") },
      { title: t("log.status") },
      { title: t("log.by") },
      { title: t("log.note"), class: "value" },
    ],
    cells: (item) => [
      el("time", { dateTime: item.at }, when(item.at)),
      status(stateOf({ status: item.status, lookup: job.lookup })),
      item.by,
      valueText(item.note),
    ],
    none: () => empty(t("log.empty")),
    cards: true,
  });
}

function files(place, { id, path, signal }) {
  return loadInto(place, signal, () => get(`${path}/files`, { signal }), (page) => fileTable(page.items, id));
}

function fileTable(all, jobId) {
  if (!all.length) return empty(t("files.empty"));
  const columns = [
    { title: t("files.name") },
    { title: t("files.what"), class: "value" },
    { title: t("files.rows"), class: "number" },
    { title: t("files.size") },
    { title: t("files.download") },
  ];
  const { body, around } = table({ caption: t("tab.files"), columns, cards: true });
  const trouble = el("div", { class: "padding" });
  const cells = (file) => [
    file.name,
    file.title,
    number(file.rows),
    file.bytes === null ? el("span", { class: "muted" }, t("files.unmade")) : bytes(file.bytes),
    downloadButton(file, jobId, trouble),
  ];
  body.append(...all.map((file) => row(columns, cells(file), { cards: true })));
  return [around, trouble];
}

function downloadButton(file, jobId, trouble) {
  const label = `${t("files.download")} ${file.name}`;
  const button = el("button", { type: "button", "aria-label": label }, t("files.download"));
  button.addEventListener("click", () =>
    runButton(button, trouble, async () => {
      if (file.bytes === null) button.textContent = t("files.preparing");
      try {
        await download(jobId, file.name);
      } finally {
        button.textContent = t("files.download");
      }
    }),
  );
  return button;
}

function preview(place, { path, signal }) {
  return loadInto(place, signal, () => get(`${path}/preview`, { signal }), previewView);
}

/** How the headers of a file were matched, and its first rows. */
function previewView(found) {
  const counts = (found.job.lookup ? LOOKUP_COUNTS : PREVIEW_COUNTS).filter((name) => found.counts[name] !== null);
  const isFile = found.job.kind !== "sync";
  const where = t(found.sheet ? "preview.where" : "preview.headerRow", { sheet: found.sheet, row: found.header_row });
  const columns = t(isFile ? "preview.columns" : "preview.fields");
  const { ambiguous_dates: ambiguous, unmatched_headers: unmatched } = found;
  return [
    el(
      "div",
      { class: "padding" },
      isFile && el("p", {}, where),
      el("p", { class: "muted" }, counts.map((name) => `${number(found.counts[name])} ${t(`preview.${name}`)}`).join(" · ")),
      ambiguous.length > 0 && el("p", {}, t("preview.ambiguous", { columns: ambiguous.join(", ") })),
      unmatched.length > 0 && el("p", {}, t("preview.unmatched", { headers: unmatched.join(", ") })),
    ),
    el("div", { class: "padding" }, el("h3", {}, columns)),
    mappingTable(found.columns, columns, isFile),
    el("div", { class: "padding" }, el("h3", {}, tOf(found.job, "preview.rows"))),
    firstRows(found),
  ];
}

function mappingTable(all, caption, isFile) {
  const columns = [
    { title: t("preview.column") },
    { title: t(isFile ? "preview.header" : "preview.field"), class: "value" },
    { title: t("preview.dates") },
  ];
  const { body, around } = table({ caption, columns, cards: true });
  const header = (column) => column.header ?? el("span", { class: "muted" }, t("preview.missing"));
  const order = (column) => (column.date_order ? t(`dates.${column.date_order}`) : t("none"));
  const cells = (column) => [column.title, header(column), order(column)];
  body.append(...all.map((column) => row(columns, cells(column), { cards: true })));
  return around;
}

function firstRows(found) {
  const matched = found.columns.filter((column) => column.header !== null);
  const columns = [{ title: t("preview.row") }, ...matched.map(({ title }) => ({ title, class: "value" }))];
  const caption = tOf(found.job, "preview.rows");
  const { body, around } = table({ caption, columns });
  const cells = (item) => [item.row, ...matched.map(({ field }) => valueText(item.values[field]))];
  body.append(...found.rows.map((item) => row(columns, cells(item))));
  return around;
}
