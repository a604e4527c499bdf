/** The page of all jobs: a live list, filters, and a drop target for files. */

import { get } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { number, timeMark } from "../shared/strings.js";

import { importers, jobLink, nameOf, showTitle, sources } from "./catalogue.js";
import { announce, empty, head, jobBar, loadInto, moreButton, row, stateWords, statusMark, table } from "./components.js";
import { listen, removedIds } from "./live.js";
import { go, to } from "./router.js";
import { handOver } from "./upload.js";
import { t } from "./words.js";

const STATUSES = [
  "waiting_for_file",
  "queued",
  "parsing",
  "in_review",
  "loading",
  "pausing",
  "paused",
  "cancelling",
  "cancelled",
  "rolling_back",
  "rolled_back",
  "completed",
  "failed",
];
/** Statuses that are announced to screen readers. */
const ANNOUNCED = new Set(["in_review", "completed", "failed"]);
const PAGE = 50;

/** @param {Element} main */
export function jobs(main, { query, signal }) {
  const wanted = { status: query.get("status") ?? "", importer: query.get("importer") ?? "" };
  const place = el("div", { class: "panel" });
  const begin = el("a", { class: "button first", href: to(["upload"]) }, t("jobs.begin"));
  main.append(head(t("page.jobs"), t("jobs.lead"), begin), filters(wanted), place);
  acceptDrops(signal);

  const load = (cursor) => get("/jobs", { query: { ...wanted, limit: PAGE, cursor }, signal });
  const list = liveList(place, { wanted, load, signal });
  loadInto(place, signal, () => load(null), list.draw);
  listen({ job: list.change, refresh: list.refresh }, signal);
}

/** A list of jobs, newest first, which live changes update in place. */
function liveList(place, { wanted, load, signal }) {
  const rows = new Map();
  let made = null;
  let more = null;
  /** Whether the last page is loaded. */
  let complete = false;

  const matches = (job) =>
    (!wanted.status || job.status === wanted.status) && (!wanted.importer || job.importer === wanted.importer);

  const insert = (job) => {
    const added = jobRow(job);
    rows.set(job.id, added);
    // ids sort by time of creation, so the row goes before the first older one
    const older = [...made.body.children].find((each) => each.dataset.job < job.id);
    made.body.insertBefore(added.row, older ?? null);
  };

  const show = (job) => {
    const known = rows.get(job.id);
    if (known && known.job.version >= job.version) return;
    if (known && ANNOUNCED.has(job.status) && known.job.status !== job.status) {
      announce(t("jobs.ended", { file: nameOf(job), status: stateWords(job) }));
    }
    if (known && matches(job)) known.show(job);
    else if (known) remove(job.id);
    else if (matches(job)) insert(job);
  };

  const remove = (id) => {
    rows.get(id).row.remove();
    rows.delete(id);
    // the next page may have jobs, so the list is empty only if there is none
    if (!rows.size && complete) place.replaceChildren(nothing(wanted), more);
  };

  /** Show the table if the list was empty. */
  const ensureTable = () => {
    if (made?.around.isConnected) return;
    made = jobTable();
    place.replaceChildren(made.around, more);
  };

  const add = (items, next) => {
    complete = !next;
    if (items.length) ensureTable();
    items.forEach(show);
    if (!rows.size && complete) place.replaceChildren(nothing(wanted), more);
  };

  const draw = (page) => {
    complete = !page.next;
    more = moreButton(page.next, signal, load, add);
    rows.clear();
    made = jobTable();
    page.items.forEach(insert);
    return [rows.size || !complete ? made.around : nothing(wanted), more];
  };

  const isLoading = () => place.hasAttribute("aria-busy"); // the response will contain every change so far

  return {
    draw,
    async refresh() {
      const before = [...rows.keys()];
      const page = await load(null);
      if (signal.aborted || isLoading()) return;
      // the page does not reach the shown rows, because there are many new jobs or the first response was a problem
      const isApart = page.next && !before.some((id) => id <= page.items.at(-1)?.id);
      if (!more || isApart) return place.replaceChildren(...draw(page));
      if (page.items.length) ensureTable();
      page.items.forEach(show);
      removedIds(page, before).filter((id) => rows.has(id)).forEach(remove);
    },
    change(job) {
      if (isLoading() || !more) return;
      if (!rows.size) {
        if (!matches(job)) return;
        ensureTable();
      }
      const oldest = made.body.lastElementChild?.dataset.job ?? "";
      if (rows.has(job.id) || complete || job.id > oldest) show(job); // older jobs come with a later page
    },
  };
}

const rowColumns = () => [
  { title: t("jobs.name"), class: "file" },
  { title: t("jobs.importer") },
  { title: t("jobs.status") },
  { title: t("jobs.progress"), class: "wide" },
  { title: t("jobs.rows"), class: "number" },
  { title: t("jobs.rejected"), class: "number" },
  { title: t("jobs.by"), class: "by" },
  { title: t("jobs.when"), class: "when" },
];

const jobTable = () => table({ caption: t("jobs.caption"), columns: rowColumns(), cards: true, class: "jobs" });

/**
 * A job in the list. `show(job)` changes its cells in place, so that a screen reader keeps its position.
 * @param {any} job
 * @returns {{row: HTMLTableRowElement, job: any, show: (job: any) => void}} `job` is the shown version
 */
function jobRow(job) {
  const state = statusMark();
  const progress = jobBar();
  const text = () => el("span", {});
  const deleted = el("span", { class: "muted" });
  const [total, rejected, importer] = [text(), text(), text()];
  showTitle(job, (title) => (importer.textContent = title));
  const cells = [
    jobLink(job),
    [importer, job.kind === "sync" && el("span", { class: "muted" }, ` · ${t("jobs.sync")}`)],
    [state.mark, deleted],
    progress.bar,
    total,
    rejected,
    job.requested_by,
    timeMark(job.created_at),
  ];
  const made = { row: row(rowColumns(), cells, { cards: true }), job, show };
  made.row.dataset.job = job.id;
  made.row.dataset.status = job.status;

  function show(now) {
    made.job = now;
    made.row.dataset.status = now.status; // gives the bar its colour
    state.show(now);
    deleted.textContent = now.deleted ? ` ${t("job.deleted")}` : "";
    progress.show(now);
    total.textContent = now.counts.total ? number(now.counts.total) : t("none");
    rejected.textContent = now.counts.total ? number(now.counts.rejected) : t("none");
    rejected.className = now.counts.rejected ? "bad" : "";
  }

  show(job);
  return made;
}

function nothing(wanted) {
  if (wanted.status || wanted.importer) {
    return empty(t("jobs.emptyFiltered"), "", el("a", { href: to(["jobs"]) }, t("jobs.clear")));
  }
  return empty(
    t("jobs.empty"),
    t("jobs.empty.text"),
    el("a", { class: "button first", href: to(["upload"]) }, t("jobs.begin")),
  );
}

function filters(wanted) {
  const chosen = () => go(["jobs"], { status: status.value, importer: importer.value });
  const option = (value, text, current) => el("option", { value, selected: value === current }, text);
  const status = el("select", { id: "status", onchange: chosen }, [
    option("", t("jobs.any"), wanted.status),
    STATUSES.map((name) => option(name, t(`status.${name}`), wanted.status)),
  ]);
  const importer = el("select", { id: "importer", onchange: chosen }, option("", t("jobs.any"), wanted.importer));
  // the chosen option exists at once; the others are added when they are loaded
  if (wanted.importer) {
    const chosenOption = option(wanted.importer, wanted.importer, wanted.importer);
    importer.append(chosenOption);
    for (const load of [importers, sources]) {
      load().then((found) => (chosenOption.textContent = titleOf(found, wanted.importer) ?? chosenOption.textContent), () => {});
    }
  }
  for (const [key, load] of [["page.importers", importers], ["page.sources", sources]]) {
    const group = el("optgroup", { label: t(key) });
    importer.append(group);
    load()
      .then((found) => {
        const others = found.filter(({ name }) => name !== wanted.importer);
        group.append(...others.map(({ name, title }) => option(name, title, wanted.importer)));
      })
      .catch(() => {}); // the list shows the problem
  }
  return el(
    "div",
    { class: "row filters" },
    el("label", { class: "field" }, t("jobs.status"), status),
    el("label", { class: "field" }, t("jobs.importer"), importer),
  );
}

const titleOf = (found, wanted) => found.find(({ name }) => name === wanted)?.title;

/** Accept a file that is dropped anywhere on the page. */
function acceptDrops(signal) {
  const veil = el("div", { class: "veil", hidden: true }, el("p", {}, t("jobs.drop")));
  document.body.append(veil);
  signal.addEventListener("abort", () => veil.remove(), { once: true });
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  const over = (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    veil.hidden = false;
  };
  const leave = (event) => {
    if (!event.relatedTarget) veil.hidden = true;
  };
  const drop = (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    handOver([...event.dataTransfer.files]);
    go(["upload"]);
  };
  document.addEventListener("dragover", over, { signal });
  document.addEventListener("dragleave", leave, { signal });
  document.addEventListener("drop", drop, { signal });
}
