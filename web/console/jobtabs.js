/** Below a job: its refused rows, preview, kept rows, log and files, one at a time. */

import { get } from "../elements/api.js";
import { el } from "../elements/dom.js";
import { when } from "../elements/strings.js";

import { files } from "./files.js";
import { empty, fillWith, shown, stateOf, status } from "./parts.js";
import { preview } from "./preview.js";
import { note, to } from "./router.js";
import { t } from "./strings.js";
import { pagedTable } from "./tables.js";

/** In this order; each is there when the job links to it. */
const TABS = { refusals, preview: ofPreview, kept, log, files: ofFiles };
/** What of the job each tab depends on: while that is the same, a table stays, and with it the reader's place in it. */
const SHOWS = {
  refusals: ({ counts }) => counts.refused,
  preview: ({ status, undecided_dates: dates, counts }) => [status === "in_review", dates, counts.total, counts.refused],
  kept: ({ rollback }) => [rollback?.kept, rollback?.failed],
  log: ({ status, deleted }) => [status, deleted],
  files: ({ status }) => status,
};
const PAGE = 100;

/**
 * Tabs, which `show(job)` keeps to what the job has to offer.
 * @param {{id: string, path: string, query: URLSearchParams, signal: AbortSignal}} options
 */
export function jobTabs({ id, path, query, signal }) {
  const list = el("div", { class: "tabs", role: "tablist", "aria-label": t("tabs.label") });
  const body = el("div", { role: "tabpanel", id: "tab-body", tabIndex: 0 });
  let wanted = query.get("tab");
  let drawn = { name: "", status: "", deleted: false, shows: "" };
  let job = null;
  let page = new AbortController();
  signal.addEventListener("abort", () => page.abort(), { once: true });

  const names = () => [...list.children].map((tab) => tab.dataset.tab);

  const choose = (name) => {
    wanted = name;
    note(["jobs", id], { tab: name });
    draw();
    list.querySelector(`[data-tab="${name}"]`).focus();
  };

  const keys = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = names();
    choose(all[(all.indexOf(event.target.dataset.tab) + step + all.length) % all.length]);
  };

  const tab = (name) =>
    el(
      "button",
      { type: "button", role: "tab", id: `tab-${name}`, "data-tab": name, "aria-controls": "tab-body", onclick: () => choose(name) },
      t(`tab.${name}`),
    );

  function draw() {
    const all = names();
    const name = all.includes(wanted) ? wanted : all[0];
    for (const each of list.children) {
      each.setAttribute("aria-selected", String(each.dataset.tab === name));
      each.tabIndex = each.dataset.tab === name ? 0 : -1;
    }
    body.setAttribute("aria-labelledby", `tab-${name}`);
    if (drawn.name === name && drawn.status === job.status && drawn.deleted === job.deleted) return; // counts move too often to draw each
    const before = drawn;
    drawn = { name, status: job.status, deleted: job.deleted, shows: JSON.stringify(SHOWS[name](job)) };
    if (before.name === name && before.shows === drawn.shows) return;
    page.abort();
    page = new AbortController();
    // while the same tab is asked for again, the page keeps its length, so that it does not scroll by itself
    body.style.minBlockSize = before.name === name ? `${body.offsetHeight}px` : "";
    const { signal } = page;
    TABS[name](body, { id, path, job, signal }).finally(() => signal.aborted || (body.style.minBlockSize = ""));
  }

  list.addEventListener("keydown", keys);
  return {
    panel: el("section", { class: "panel", "aria-label": t("tabs.label") }, list, body),
    show(now) {
      job = now;
      const offered = Object.keys(TABS).filter((name) => name in now.links);
      if (offered.join() !== names().join()) {
        const focused = list.contains(document.activeElement) && document.activeElement.dataset.tab;
        list.replaceChildren(...offered.map(tab));
        if (focused) list.querySelector(`[data-tab="${focused}"]`)?.focus();
      }
      draw();
    },
  };
}

function refusals(place, { path, signal }) {
  return pagedTable({
    place,
    signal,
    ask: (cursor) => get(`${path}/refusals`, { query: { limit: PAGE, cursor }, signal }),
    caption: t("tab.refusals"),
    columns: [
      { title: t("refusals.row"), class: "place" },
      { title: t("refusals.column") },
      { title: t("refusals.value"), class: "value" },
      { title: t("refusals.reason"), class: "value" },
    ],
    cells: (item) => [[item.sheet && `${item.sheet}: `, item.row], shown(item.column), shown(item.value), item.reason],
    none: () => empty(t("refusals.empty")),
    cards: true,
  });
}

function kept(place, { path, signal }) {
  return pagedTable({
    place,
    signal,
    ask: (cursor) => get(`${path}/kept`, { query: { limit: PAGE, cursor }, signal }),
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
    ask: (cursor) => get(`${path}/log`, { query: { cursor }, signal }),
    caption: t("tab.log"),
    columns: [
      { title: t("log.at") },
      { title: t("log.status") },
      { title: t("log.by") },
      { title: t("log.note"), class: "value" },
    ],
    cells: (item) => [el("time", { dateTime: item.at }, when(item.at)), status(stateOf({ status: item.status, lookup: job.lookup })), item.by, shown(item.note)],
    none: () => empty(t("log.empty")),
    cards: true,
  });
}

function ofPreview(place, { path, signal }) {
  return fillWith(place, signal, () => get(`${path}/preview`, { signal }), preview);
}

function ofFiles(place, { id, path, signal }) {
  return fillWith(place, signal, () => get(`${path}/files`, { signal }), (found) => files(found.items, id));
}
