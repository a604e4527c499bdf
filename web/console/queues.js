/** The page of queues: their depths, the jobs that wait for another one, and those with unprocessed rows. */

import { get, post } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { progressText } from "../shared/outcomes.js";
import { number } from "../shared/strings.js";

import { jobLink, showName, showTitle } from "./catalogue.js";
import { empty, head, loadInto, moreButton, row, runButton, table } from "./components.js";
import { listen, removedIds } from "./live.js";
import { go, to } from "./router.js";
import { t } from "./words.js";

const QUEUES = ["urgent", "standard", "lookup", "dead"];
const STATES = ["waiting", "active", "delayed"];
const PAGE = 100;
/** Milliseconds from a change of a job to a request of the depths, and between requests without changes. */
const SOON = 1000;
const REFRESH = 10_000;

/** @param {Element} main */
export function queues(main, { signal }) {
  const depths = el("div", { class: "panel" });
  const waiting = el("div", { class: "panel" });
  const unprocessed = el("div", { class: "panel" });
  main.append(
    head(t("page.queues"), t("queues.lead")),
    depths,
    el("div", {}, el("h2", {}, t("queues.waits")), el("p", { class: "muted" }, t("queues.waits.text"))),
    waiting,
    el("div", {}, el("h2", {}, t("queues.failed")), el("p", { class: "muted" }, t("queues.failed.text"))),
    unprocessed,
  );
  const load = () => get("/queues", { signal });
  const depthTable = depthsTable();
  const list = failedJobs(signal);
  const line = waitingJobs(signal);
  loadInto(depths, signal, load, (found) => {
    depthTable.show(found);
    return depthTable.around;
  });
  const refresh = async () => {
    depthTable.show(await load());
    await Promise.all([list.refresh(), line.refresh()]);
  };
  loadInto(waiting, signal, line.load, line.draw);
  loadInto(unprocessed, signal, () => list.load(null), list.draw);
  const refreshSoon = refreshDepths(async () => depthTable.show(await load()), signal);
  const job = (changed) => {
    list.change(changed);
    line.change(changed);
    refreshSoon();
  };
  listen({ queues: depthTable.show, job, refresh }, signal);
}

/**
 * Call `refresh` soon after each change of a job, and every few seconds without: chunks come and go between the changes
 * of jobs, and SQS counts them with a delay.
 */
function refreshDepths(refresh, signal) {
  let timer = 0;
  const after = (pause) => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      soon = false;
      if (!document.hidden) await refresh().catch(() => {}); // the next refresh may succeed
      if (!signal.aborted && !soon) after(REFRESH);
    }, pause);
  };
  let soon = false;
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  after(REFRESH);
  return () => {
    if (!soon) after(SOON);
    soon = true;
  };
}

function depthsTable() {
  const columns = [
    { title: t("queues.queue"), class: "value" },
    ...STATES.map((state) => ({ title: t(`queues.${state}`), class: "number" })),
  ];
  const made = table({ caption: t("queues.caption"), columns, cards: true });
  const cells = new Map();
  for (const name of QUEUES) {
    const counts = STATES.map((state) => {
      const cell = el("span", { "data-depth": `${name} ${state}` }, t("none"));
      cells.set(`${name} ${state}`, cell);
      return cell;
    });
    const about = name === "dead" ? el("p", { class: "muted small" }, t("queues.dead.text")) : null;
    made.body.append(row(columns, [[t(`queues.${name}`), about], ...counts], { cards: true }));
  }
  return {
    around: made.around,
    show(depths) {
      for (const name of QUEUES) {
        for (const state of STATES) cells.get(`${name} ${state}`).textContent = number(depths[name]?.[state] ?? 0);
      }
    },
  };
}

/** Jobs that wait for the lock of their importer or dataset: urgent ones first, then the oldest, as they will start. */
function waitingJobs(signal) {
  const columns = [
    { title: t("jobs.name"), class: "value" },
    { title: t("jobs.importer") },
    { title: t("queues.waits.for"), class: "value" },
  ];
  const place = el("div", {});
  const jobs = new Map();
  const rank = (job) => `${job.priority === "urgent" ? 0 : 1}${job.id}`;

  const show = () => {
    const waiting = [...jobs.values()].sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
    if (!waiting.length) return place.replaceChildren(empty(t("queues.waits.empty")));
    const made = table({ caption: t("queues.waits"), columns, cards: true });
    for (const job of waiting) {
      const importer = el("span", {});
      showTitle(job, (title) => (importer.textContent = title));
      const why = el("span", {}, progressText(job));
      const other = el("a", { class: "small", href: to(["jobs", job.waits_for.job]) }, job.waits_for.job);
      made.body.append(row(columns, [jobLink(job), importer, [why, el("p", {}, other)]], { cards: true }));
    }
    return place.replaceChildren(made.around);
  };
  const change = (job) => {
    if (!job.waits_for && !jobs.has(job.id)) return;
    if (job.waits_for) jobs.set(job.id, job);
    else jobs.delete(job.id);
    show();
  };
  const load = async () => {
    const ask = (status) => get("/jobs", { query: { status, limit: PAGE }, signal });
    const pages = await Promise.all(["queued", "rolling_back"].map(ask));
    return pages.flatMap((page) => page.items).filter((job) => job.waits_for);
  };
  const draw = (found) => {
    jobs.clear();
    for (const job of found) jobs.set(job.id, job);
    show();
    return [place];
  };
  return { load, draw, change, refresh: async () => void draw(await load()) };
}

/** Failed jobs that can be retried, each with a button. */
function failedJobs(signal) {
  const columns = [
    { title: t("jobs.name"), class: "value" },
    { title: t("jobs.importer") },
    { title: t("queues.unprocessed"), class: "number" },
    { title: t("queues.problem"), class: "value" },
    { title: t("queues.retry") },
  ];
  const place = el("div", {});
  const trouble = el("div", { class: "padding" });
  const rows = new Map();
  let body = null;

  const remove = (id) => {
    rows.get(id)?.remove();
    if (rows.delete(id) && !rows.size) place.replaceChildren(empty(t("queues.failed.empty")));
  };

  const change = (job) => {
    if (!job.links.retry) return rows.has(job.id) && remove(job.id);
    if (rows.has(job.id)) return;
    if (!rows.size) {
      const made = table({ caption: t("queues.failed"), columns, cards: true });
      body = made.body;
      place.replaceChildren(made.around);
    }
    const added = row(columns, cells(job), { cards: true });
    added.dataset.job = job.id;
    rows.set(job.id, added);
    const older = [...body.children].find((each) => each.dataset.job < job.id);
    body.insertBefore(added, older ?? null);
  };

  const cells = (job) => {
    const button = el("button", { type: "button" }, t("queues.retry"));
    const importer = el("span", {});
    showTitle(job, (title) => (importer.textContent = title));
    showName(job, (file) => button.setAttribute("aria-label", t("queues.retryOf", { file })));
    const retry = async () => {
      await post(job.links.retry);
      go(["jobs", job.id]);
    };
    button.addEventListener("click", () => runButton(button, trouble, retry));
    return [
      jobLink(job),
      importer,
      number(job.counts.unprocessed),
      [el("strong", {}, job.problem?.title), el("p", { class: "muted" }, job.problem?.detail)],
      button,
    ];
  };

  const load = (cursor) => get("/jobs", { query: { status: "failed", limit: PAGE, cursor }, signal });
  return {
    load,
    change,
    async refresh() {
      const before = [...rows.keys()];
      const page = await load(null);
      page.items.forEach(change);
      removedIds(page, before).forEach(remove);
    },
    draw(page) {
      rows.clear();
      place.replaceChildren(empty(t("queues.failed.empty")));
      page.items.forEach(change);
      return [place, trouble, moreButton(page.next, signal, load, (items) => items.forEach(change))];
    },
  };
}
