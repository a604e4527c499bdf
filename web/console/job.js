/** The page of one job: its state, phases, counts, chart, details and tabs. */

import { get } from "../shared/api.js";
import { correctsLine } from "../shared/correction.js";
import { el, fill } from "../shared/dom.js";
import { bytes, language, when } from "../shared/strings.js";

import { actionButtons } from "./actions.js";
import { showName } from "./catalogue.js";
import { chart, timeline } from "./chart.js";
import {
  announce, countTile, loadInto, percentBar, problemPanel, rowsRead, stateOf, statusMark, valueText,
} from "./components.js";
import { jobTabs } from "./job-tabs.js";
import { listen } from "./live.js";
import { to } from "./router.js";
import { t } from "./words.js";

const COUNTS = ["total", "inserted", "updated", "unchanged", "rejected", "unprocessed"];
/** A lookup updates no rows. */
const LOOKUP_COUNTS = ["total", "inserted", "rejected", "unprocessed"];
const PHASES = ["parse", "compare", "load", "lookup", "undo"];
const DONE = 100;

/** @param {Element} main */
export function job(main, { one: id, query, signal, title }) {
  const path = `/jobs/${encodeURIComponent(id)}`;
  const load = () => get(path, { signal });
  const place = el("div", { class: "job" });
  let view = null;
  main.append(place);
  loadInto(place, signal, load, (found) => {
    showName(found, (name) => signal.aborted || title(name));
    view = jobView(found, { id, path, query, signal });
    return view.parts;
  });
  listen(
    {
      job: (changed) => changed.id === id && view?.show(changed),
      refresh: async () => view && view.show(await load()),
    },
    signal,
  );
}

function jobView(first, { id, path, query, signal }) {
  let current = { ...first, version: -1 };
  const state = statusMark();
  const message = el("p", { class: "muted" });
  const corrects = el("div", { class: "small" });
  const trouble = el("div", {});
  const bars = phaseBars();
  const counts = el("dl", { class: "counts" });
  const facts = el("dl", { class: "facts small" });
  const actions = actionButtons({ path, signal, onJob: (changed) => show(changed) });
  const rows = timeline(path, signal);
  const lines = chart(signal);
  const tabs = jobTabs({ id, path, query, signal });

  const redraw = () => {
    lines.show(rows.lines());
    bars.show(current, rows);
  };
  const reload = () => rows.load().then(redraw, () => {}); // if it fails, the rows seen so far are shown

  function show(now) {
    if (now.version <= current.version) return;
    const before = current;
    current = now;
    state.show(stateOf(now));
    message.textContent = now.deleted ? t("job.deleted.text") : now.progress.message;
    fill(corrects, correctsLine(now, { lang: language(), href: (job) => to(["jobs", job]) }));
    trouble.replaceChildren(...(now.problem ? [failure(now.problem)] : []));
    counts.replaceChildren(...countsOf(now));
    facts.replaceChildren(...factsOf(now));
    rows.add(now);
    redraw();
    actions.show(now);
    tabs.show(now);
    if (now.status === before.status && now.phase === before.phase && now.deleted === before.deleted) return;
    reload();
    if (before.version >= 0) announce(`${t(`status.${stateOf(now)}`)}. ${message.textContent}`);
  }

  show(first);
  reload();
  const parts = [
    heading(first, state.mark, message, actions.buttons),
    corrects,
    actions.trouble,
    trouble,
    el("div", { class: "halves" }, panel("job.phases", bars.bars), panel("job.counts", counts)),
    el("div", { class: "halves uneven" }, panel("chart.title", lines.chart), panel("job.details", facts)),
    tabs.panel,
  ];
  return { parts, show };
}

const panel = (key, content) => el("section", { class: "panel padded" }, el("h2", {}, t(key)), content);

function heading(job, mark, message, buttons) {
  const title = el("h1", {});
  showName(job, (name) => (title.textContent = name));
  return el(
    "div",
    { class: "head" },
    el(
      "div",
      {},
      el("nav", { class: "small", "aria-label": t("page.jobs") }, el("a", { href: to(["jobs"]) }, t("page.jobs"))),
      title,
      el("div", { class: "row" }, mark, message),
    ),
    buttons,
  );
}

function failure(problem) {
  const box = problemPanel(problem);
  box.setAttribute("role", "group"); // it is part of the job, so screen readers must not announce it as an alert
  box.replaceChildren(el("h2", {}, problem.title), el("p", {}, problem.detail));
  if (problem.job) box.append(el("a", { href: to(["jobs", problem.job]) }, problem.job));
  return box;
}

function countsOf(job) {
  const label = (name) => {
    if (name === "total" && job.sync) return "inAll";
    return name === "inserted" && job.lookup ? "lookedUp" : name;
  };
  const all = (job.lookup ? LOOKUP_COUNTS : COUNTS).map((name) => countTile(name, job.counts[name], label(name)));
  const deleted = job.sync ? [countTile("deleted_upstream", job.sync.deleted_upstream ?? 0)] : [];
  const rollback = job.rollback ? Object.entries(job.rollback).map(([name, count]) => countTile(name, count)) : [];
  return [...all, ...deleted, ...rollback];
}

function factsOf(job) {
  const facts = {
    ...(job.sync ? syncFacts(job) : { importer: job.importer }),
    parameters: Object.entries(job.parameters ?? {}).map((pair) => pair.join(": ")).join(", "),
    by: job.requested_by,
    created: when(job.created_at),
    started: when(job.started_at),
    finished: when(job.finished_at),
    size: job.file && job.file.bytes !== null ? bytes(job.file.bytes) : null,
    priority: t(`priority.${job.priority}`),
    corrects: job.corrects && el("a", { href: to(["jobs", job.corrects]) }, job.corrects),
    id: el("code", {}, job.id),
  };
  return Object.entries(facts)
    .filter(([, value]) => value)
    .flatMap(([name, value]) => [
      el("dt", {}, t(`fact.${name}`)),
      el("dd", {}, value instanceof Node ? value : valueText(value)),
    ]);
}

const syncFacts = ({ importer, sync }) => ({
  source: el("a", { href: to(["sources"]) }, importer),
  read: rowsRead(sync),
  reads: sync.reads,
});

/** A bar for each phase of a job; `show(job, timeline)` moves them. */
function phaseBars() {
  const bars = el("ul", { class: "phases" });
  const made = new Map();

  const barOf = (name) => {
    if (!made.has(name)) {
      const title = t(`phase.${name}`);
      const bar = percentBar(title);
      made.set(name, { ...bar, line: el("li", {}, el("span", {}, title), bar.bar) });
    }
    return made.get(name);
  };

  return {
    bars,
    show(job, rows) {
      const lines = PHASES.filter((name) => hasPhase(name, job, rows)).map((name) => {
        const bar = barOf(name);
        bar.show(percentOf(name, job, rows));
        return bar.line;
      });
      if (lines.some((line, at) => bars.children[at] !== line)) bars.replaceChildren(...lines);
    },
  };
}

/** The phase that processes the rows: `lookup`, or `load`. */
const mainPhase = (job) => (job.lookup ? "lookup" : "load");

/** The phase of a status, where the job names none. */
const phaseOfStatus = (job) => ({ parsing: "parse", loading: mainPhase(job), rolling_back: "undo" })[job.status];

function hasPhase(name, job, rows) {
  if (name === "parse" || name === mainPhase(job)) return true;
  if (name === "undo") return job.rollback !== null;
  return (name === "compare" && job.review) || job.phase === name || rows.of(name) > 0;
}

/** Percent of a phase: of the current one as the job reports it, of the others by their rows. */
function percentOf(name, job, rows) {
  const { status, counts } = job;
  const now = job.phase ?? phaseOfStatus(job);
  const isMain = name === mainPhase(job);
  if (name === "undo") return job.progress.percent;
  if (status === "completed" || status === "rolling_back" || status === "rolled_back") {
    return status === "completed" || !isMain ? DONE : share(counts.total - counts.unprocessed, counts.total);
  }
  if (now === name) return job.progress.percent;
  if (now) return PHASES.indexOf(name) < PHASES.indexOf(now) ? DONE : 0;
  if (status === "in_review") return isMain ? 0 : DONE;
  if (isMain) return share(counts.total - counts.unprocessed, counts.total);
  return share(rows.of(name), counts.total);
}

function share(part, whole) {
  return whole ? Math.min(DONE, Math.floor((part * DONE) / whole)) : 0;
}
