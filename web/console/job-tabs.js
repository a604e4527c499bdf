/** The tabs below a job: rejected rows, preview, recipe, kept rows, how it runs, and files. */

import { download, get } from "../shared/api.js";
import { correctionUpload } from "../shared/correction.js";
import { el } from "../shared/dom.js";
import {
  cellMark, changeCell, changesText, comparisonTables, matchedText, missingMark, previewRows, renamedColumns,
  shortenedText, shownColumns, untouchedTexts,
} from "../shared/previews.js";
import { reasonText } from "../shared/reasons.js";
import { bytes, duration, language, number, t as sharedText, timeMark, zone } from "../shared/strings.js";

import { ENDED, empty, loadInto, pagedTable, row, runButton, status, table, valueText } from "./components.js";
import { hasRecipe, recipe } from "./recipe.js";
import { go, replaceAddress, to } from "./router.js";
import { t, tOf } from "./words.js";

/** In this order; a tab exists if the job has a link of its name, or something of it, see `isOffered`. */
const TABS = { rejections, preview, recipe, kept, run, files };
/** Tabs with what a person decides on, the most urgent first; a job without them shows how it runs. */
const DECIDING = ["kept", "rejections"];
/** The part of a job that each tab depends on: while it is the same, the tab is not redrawn, and keeps its position. */
const DEPENDS_ON = {
  rejections: ({ counts }) => counts.rejected,
  preview: ({ status, recipe: { version }, counts }) => [status === "in_review", version, counts.total, counts.rejected],
  recipe: ({ status, recipe: { version }, waiting_for: waits }) => [status === "in_review", version, waits],
  kept: ({ rollback }) => [rollback?.conflicts, rollback?.failed],
  run: ({ status, deleted }) => [status, deleted],
  files: ({ status }) => status,
};
/** Tabs that say how many rows they have. */
const COUNTED = {
  rejections: ({ counts }) => counts.rejected,
  kept: ({ rollback }) => rollback && rollback.conflicts + rollback.failed,
};
const PAGE = 100;

/**
 * The tabs of a job; `show(job)` adds and removes them.
 * @param {{id: string, path: string, query: URLSearchParams, signal: AbortSignal, run: Element, onJob: (job: any) =>
 *   void}} options `run` shows how the job runs; `onJob` is called with a job that a tab has changed
 */
export function jobTabs({ id, path, query, signal, run: running, onJob }) {
  const list = el("div", { class: "tabs", role: "tablist", "aria-label": t("tabs.label") });
  const body = el("div", { role: "tabpanel", id: "tab-body", tabIndex: 0 });
  /** The tab that the reader has chosen. */
  let wanted = query.get("tab") === "log" ? "run" : query.get("tab");
  let drawn = { name: "", status: "", deleted: false, version: 0, dependsOn: "" };
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
    const count = el("span", { class: "tab-count" });
    return el("button", { ...props, onclick: () => choose(name) }, t(`tab.${name}`), " ", count);
  };

  function draw() {
    const name = shownTab(names(), job, wanted, drawn.name);
    for (const each of list.children) {
      each.setAttribute("aria-selected", String(each.dataset.tab === name));
      each.tabIndex = each.dataset.tab === name ? 0 : -1;
    }
    body.setAttribute("aria-labelledby", `tab-${name}`);
    // counts change too often to redraw for each
    const { status, deleted, recipe: { version } } = job;
    const now = { name, status, deleted, version };
    if (Object.entries(now).every(([key, value]) => drawn[key] === value)) return;
    const before = drawn;
    drawn = { ...now, dependsOn: JSON.stringify(DEPENDS_ON[name](job)) };
    if (before.name === name && before.dependsOn === drawn.dependsOn) return;
    page.abort();
    page = new AbortController();
    // the tab keeps its height while it loads again, so that the page does not scroll
    body.style.minBlockSize = before.name === name ? `${body.offsetHeight}px` : "";
    const { signal } = page;
    const shown = TABS[name](body, { id, path, job, signal, running, onJob });
    shown.finally(() => signal.aborted || (body.style.minBlockSize = ""));
  }

  list.addEventListener("keydown", onKey);
  return {
    panel: el("section", { class: "panel", "aria-label": t("tabs.label") }, list, body),
    show(now) {
      job = now;
      const offered = Object.keys(TABS).filter((name) => isOffered(name, now));
      if (offered.join() !== names().join()) {
        const focused = list.contains(document.activeElement) && document.activeElement.dataset.tab;
        list.replaceChildren(...offered.map(tabOf));
        if (focused) list.querySelector(`[data-tab="${focused}"]`)?.focus();
      }
      for (const tab of list.children) {
        const count = COUNTED[tab.dataset.tab]?.(now);
        tab.lastElementChild.textContent = count ? number(count) : "";
      }
      draw();
    },
  };
}

/** Whether a job has something for a tab; the log is part of how it runs. */
function isOffered(name, job) {
  if (name === "recipe") return !job.deleted && hasRecipe(job);
  return (name === "run" ? "log" : name) in job.links;
}

/** The tab to show: the chosen one, or the one that the job's state asks for; it changes as rarely as possible. */
function shownTab(offered, { status }, wanted, before) {
  if (offered.includes(wanted)) return wanted;
  const stays = offered.includes(before) && (before !== "run" || !(ENDED.has(status) || status === "in_review"));
  if (stays) return before;
  const deciding = DECIDING.find((name) => offered.includes(name));
  if (status === "in_review") return deciding ?? (offered.includes("preview") ? "preview" : offered[0]);
  return (ENDED.has(status) && deciding) || "run";
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
      [item.sheet && `${item.sheet}: `, number(item.row)],
      valueText(item.column),
      valueText(item.value),
      reasonText(item),
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

/** How the job runs, and below that its log; the first part is made once, because it moves. */
function run(place, { path, job, signal, running }) {
  const entries = el("div", {});
  const about = el("p", { class: "muted small" }, t("log.zone", { zone: `${zone().name} (${zone().offset})` }));
  place.replaceChildren(running, el("section", { class: "part" }, el("h2", {}, t("log.title")), about), entries);
  return log(entries, { path, job, signal });
}

function log(place, { path, job, signal }) {
  const columns = [
    { title: t("log.at"), class: "time" },
    { title: t("log.status") },
    { title: t("log.took"), class: "number" },
    { title: t("log.by") },
    { title: t("log.note"), class: "value" },
  ];
  return loadInto(place, signal, () => get(`${path}/log`, { signal }), ({ items }) => {
    if (!items.length) return empty(t("log.empty"));
    const { body, around } = table({ caption: t("log.title"), columns, cards: true });
    const cells = (item, next) => [
      timeMark(item.at),
      status({ status: item.status, lookup: job.lookup }),
      next ? duration((Date.parse(next.at) - Date.parse(item.at)) / 1000) : t("none"),
      item.by,
      valueText(item.note),
    ];
    body.append(...items.map((item, at) => row(columns, cells(item, items[at + 1]), { cards: true })));
    return around;
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

/** What changes in existing records, the file's first rows, and how its headers were matched. */
function previewView(found) {
  const isFile = found.job.kind !== "sync";
  const where = t(found.sheet ? "preview.where" : "preview.headerRow", { sheet: found.sheet, row: found.header_row });
  return [
    ...changes(found),
    el(
      "div",
      { class: "padding" },
      found.job.questions.length > 0 && el("p", {}, t("preview.open")),
      el("h2", {}, tOf(found.job, "preview.rows")),
    ),
    firstRows(found),
    el("div", { class: "padding" }, el("h2", {}, t(isFile ? "preview.columns" : "preview.fields")), isFile && el("p", {}, where)),
    matching(found, isFile),
  ];
}

/** What loading changes in existing records, and what it leaves as it is. */
function changes(found) {
  const lines = [changesText(found), ...untouchedTexts(found), shortenedText(found)].filter(Boolean);
  if (!lines.length) return [];
  const about = el("ul", { class: "lines" }, lines.map((line) => el("li", {}, line)));
  const tables = comparisonTables(found).map(({ caption, columns: shown, rows }) => {
    const columns = shown.map(({ title, number: isNumber }) => ({ title, class: isNumber ? "number" : "value" }));
    const { body, around } = table({ caption, columns });
    body.append(...rows.map((cells) => row(columns, cells.map((cell) => changeCell(cell)))));
    return el("div", { class: "changes" }, el("h3", { class: "padding" }, caption), around);
  });
  return [el("div", { class: "padding" }, el("h2", {}, sharedText("changes.heading")), about), ...tables];
}

/** Columns with another header, and the rest behind a summary. */
function matching(found, isFile) {
  const { columns, unmatched_headers: unused } = found;
  const special = renamedColumns(found);
  const caption = t(isFile ? "preview.columns" : "preview.fields");
  return el(
    "div",
    { class: "matching" },
    special.length > 0 && mappingTable(special, caption, found),
    el(
      "details",
      { class: "padding" },
      el("summary", {}, matchedText(found)),
      mappingTable(columns, caption, found),
      unused.length > 0 && el("p", { class: "muted" }, t("preview.unmatched", { headers: unused.join(", ") })),
    ),
  );
}

function mappingTable(all, caption, found) {
  const columns = [
    { title: t("preview.column") },
    { title: t(found.job.kind === "sync" ? "preview.field" : "preview.header"), class: "value" },
  ];
  const { body, around } = table({ caption, columns, cards: true });
  const header = (column) => column.header ?? el("span", { class: "muted" }, missingMark(found));
  body.append(...all.map((column) => row(columns, [column.title, header(column)], { cards: true })));
  return around;
}

function firstRows(found) {
  const rows = previewRows(found);
  const fields = shownColumns(found).map(({ title, decimals }) => ({
    title,
    class: decimals === null ? "value" : "number",
  }));
  const reasons = rows.some(({ reason }) => reason) ? [{ title: t("rejections.reason"), class: "value" }] : [];
  const columns = [{ title: t("preview.row"), class: "number" }, ...reasons, ...fields];
  const { body, around } = table({ caption: tOf(found.job, "preview.rows"), columns });
  for (const { place, reason, cells } of rows) {
    const why = reasons.length ? [reason ? el("span", { class: "wrong" }, reason) : ""] : [];
    const made = row(columns, [place, ...why, ...cells.map((cell) => cellMark(cell))]);
    if (reason) made.dataset.rejected = "";
    body.append(made);
  }
  return around;
}
