/** The page of one job: its questions, its verdict, its rejected rows and preview, and behind a tab how it runs. */

import { get } from "../shared/api.js";
import { correctsLine } from "../shared/correction.js";
import { el, fill } from "../shared/dom.js";
import { isAtWork, isNews } from "../shared/events.js";
import { optionsText } from "../shared/options.js";
import { progressText, resultText, verdictText, waitText } from "../shared/outcomes.js";
import { sheetTexts } from "../shared/previews.js";
import { asProblem, explain } from "../shared/problems.js";
import { bytes, language, timeMark } from "../shared/strings.js";

import { actionButtons } from "./actions.js";
import { showName, showTitle } from "./catalogue.js";
import { chart } from "./chart.js";
import {
  ENDED, announce, countTile, jobBar, loadInto, percentBar, problemPanel, rowsRead, stateWords, statusMark, valueText,
} from "./components.js";
import { jobTabs } from "./job-tabs.js";
import { listen } from "./live.js";
import { questionPanel } from "./questions.js";
import { to } from "./router.js";
import { rowsOverTime } from "./timeline.js";
import { t } from "./words.js";

const COUNTS = ["total", "inserted", "updated", "unchanged", "rejected", "unprocessed"];
/** A lookup updates no rows. */
const LOOKUP_COUNTS = ["total", "inserted", "rejected", "unprocessed"];
const PHASES = ["parse", "compare", "load", "lookup", "absent", "undo"];
const DONE = 100;
/** Milliseconds without a message after which a job at work is requested: a wait for a worker has no message. */
const QUIET_INTERVAL = 10_000;

/** @param {Element} main */
export function job(main, { one: id, query, signal, title }) {
  const path = `/jobs/${encodeURIComponent(id)}`;
  const load = () => get(path, { signal });
  const place = el("div", { class: "job" });
  let view = null;
  let whole = null;
  main.append(place);
  loadInto(place, signal, load, (found) => {
    showName(found, (name) => signal.aborted || title(name));
    whole = found;
    view = jobView(found, { id, path, query, signal });
    return view.parts;
  });
  const refresh = async () => {
    const found = await load();
    if (isNews(found, whole)) whole = found; // a later response may have come first
    view.show(whole);
  };
  let heard = Date.now();
  const quiet = setInterval(() => {
    if (view?.isAtWork() && Date.now() - heard >= QUIET_INTERVAL) refresh().catch(() => {}); // the next one may succeed
  }, QUIET_INTERVAL);
  signal.addEventListener("abort", () => clearInterval(quiet), { once: true });
  /** Show a job as a message has it, which lacks what its file shows: that is loaded if it is not as before. */
  const showMessage = (changed) => {
    heard = Date.now();
    if (decided(changed) !== decided(whole)) refresh().catch(() => {}); // the next message, or a new connection, does
    else view.show({ ...changed, recipe: whole.recipe, questions: whole.questions, remembered: whole.remembered });
  };
  listen(
    {
      job: (changed) => changed.id === id && view && showMessage(changed),
      refresh: async () => view && refresh(),
    },
    signal,
  );
}

/** What is decided about the file of a job, asked and remembered, as far as it can be compared. */
const decided = ({ recipe, questions, remembered: known }) =>
  [recipe.version, known?.job, known?.name, known?.alike, ...questions.map(({ key }) => key)].join(" ");

function jobView(first, { id, path, query, signal }) {
  let current = { ...first, version: -1 };
  const state = statusMark();
  const corrects = el("div", { class: "small" });
  const trouble = el("div", {});
  const verdict = verdictView(path, signal);
  const run = runView(path, signal);
  const onJob = (changed) => show(changed);
  const questions = questionPanel(onJob);
  const actions = actionButtons({ path, signal, onJob });
  const tabs = jobTabs({ id, path, query, signal, run: run.view, onJob });

  function show(now) {
    if (!isNews(now, current)) return;
    const before = current;
    current = now;
    state.show(now);
    fill(corrects, correctsLine(now, { lang: language(), href: (job) => to(["jobs", job]) }));
    questions.show(now);
    verdict.show(now);
    trouble.replaceChildren(...(now.problem ? [failure(now.problem)] : []));
    run.show(now);
    actions.show(now);
    tabs.show(now);
    const same = ["status", "phase", "deleted", "waiting_for"].every((name) => now[name] === before[name]);
    if (same) return;
    run.reload();
    if (before.version >= 0) announce(`${stateWords(now)}. ${verdict.text()}`);
  }

  show(first);
  run.reload();
  const head = heading(first, state.mark, actions.buttons);
  const asked = [questions.trouble, questions.panel];
  const parts = [head, corrects, actions.trouble, trouble, ...asked, verdict.view, tabs.panel];
  return { parts, show, isAtWork: () => isAtWork(current) };
}

/** What would become, becomes, or has become of the rows: a sentence and a bar. */
function verdictView(path, signal) {
  const sentence = el("p", { class: "verdict" });
  const bar = jobBar();
  const notes = el("ul", { class: "lines small muted" });
  /** The preview of a job in review: only it knows what loading would do. */
  let preview = null;
  let job = null;

  const words = () => {
    if (job.deleted) return t("job.deleted.text");
    if (job.waiting_for === "commit" && preview) return verdictText(preview);
    return (ENDED.has(job.status) && resultText(job)) || progressText(job);
  };
  const panel = el("section", { class: "panel padded" }, sentence, bar.bar, notes);
  const draw = () => {
    sentence.textContent = words();
    panel.hidden = Boolean(job.problem) && !job.counts.total; // the problem says all there is to say
  };
  const ask = async () => {
    const found = await get(`${path}/preview`, { query: { limit: 1 }, signal });
    preview = found;
    draw();
  };

  return {
    view: panel,
    text: () => sentence.textContent,
    show(now) {
      const isNew = job?.status !== now.status || job.recipe.version !== now.recipe.version;
      job = now;
      bar.show(now);
      const texts = now.deleted ? [] : [waitText(now), ...sheetTexts(now)].filter(Boolean);
      fill(notes, texts.map((text) => el("li", {}, text)));
      notes.hidden = texts.length === 0;
      draw();
      if (isNew && now.links.preview && now.status === "in_review") ask().catch(() => {}); // its tab shows the problem
    },
  };
}

/** How the job runs: phases, counts, chart and details; they go on while another tab is shown. */
function runView(path, signal) {
  const bars = phaseBars();
  const counts = el("dl", { class: "counts" });
  const facts = el("dl", { class: "facts small" });
  const rows = rowsOverTime();
  const lines = chart(signal);
  let job = null;
  /** Why the chart may be empty, until the API has said what it has recorded. */
  let unknown = "loading";

  const reason = () => unknown || (ENDED.has(job.status) ? "chart.nothing" : "chart.empty");
  const redraw = () => {
    if (job.deleted) lines.show([], t("chart.deleted"));
    else lines.show(rows.lines(), t(reason()));
    bars.show(job, rows);
  };
  return {
    view: el(
      "div",
      { class: "run" },
      el("div", { class: "halves" }, part("job.phases", bars.bars), part("job.counts", counts)),
      el("div", { class: "halves uneven" }, part("chart.title", lines.chart), part("job.details", facts)),
    ),
    show(now) {
      job = now;
      counts.replaceChildren(...countsOf(now));
      facts.replaceChildren(...factsOf(now));
      rows.add(now);
      redraw();
    },
    /** Load what the API has recorded; if that fails, the rows seen so far are shown. */
    async reload() {
      const found = await get(`${path}/timeline`, { signal }).catch(() => null);
      if (signal.aborted) return;
      unknown = found ? "" : "problem.unknown";
      if (found) rows.take(found);
      rows.add(job);
      redraw();
    },
  };
}

const part = (key, content) => el("section", { class: "part" }, el("h2", {}, t(key)), content);

function heading(job, mark, buttons) {
  const title = el("h1", {});
  showName(job, (name) => (title.textContent = name));
  const kind = el("span", { class: "muted" });
  if (job.kind === "sync") kind.textContent = t("jobs.sync"); // its name is that of its source
  else showTitle(job, (name) => (kind.textContent = name));
  return el(
    "div",
    { class: "head" },
    el(
      "div",
      {},
      el("nav", { class: "small", "aria-label": t("page.jobs") }, el("a", { href: to(["jobs"]) }, t("page.jobs"))),
      title,
      el("div", { class: "row" }, mark, kind),
    ),
    buttons,
  );
}

function failure(problem) {
  const box = problemPanel(problem);
  box.setAttribute("role", "group"); // it is part of the job, so screen readers must not announce it as an alert
  const { title, detail } = explain(asProblem(problem), language());
  box.replaceChildren(el("h2", {}, title), el("p", {}, detail));
  if (problem.job) box.append(el("a", { href: to(["jobs", problem.job]) }, problem.job));
  return box;
}

function countsOf(job) {
  const label = (name) => {
    if (name === "total" && job.sync) return "inAll";
    return name === "inserted" && job.lookup ? "lookedUp" : name;
  };
  const all = (job.lookup ? LOOKUP_COUNTS : COUNTS).map((name) => countTile(name, job.counts[name], label(name)));
  const rare = ["deleted", ...(job.sync ? [] : ["absent"]), "absent_left", "skipped", "kept_blank"];
  all.push(...rare.filter((name) => job.counts[name] > 0).map((name) => countTile(name, job.counts[name])));
  const deleted = job.sync ? [countTile("deleted_upstream", job.sync.deleted_upstream ?? 0)] : [];
  const rollback = job.rollback ? Object.entries(job.rollback).map(([name, count]) => countTile(name, count)) : [];
  return [...all, ...deleted, ...rollback];
}

function titleMark(job) {
  const mark = el("span", {});
  showTitle(job, (title) => (mark.textContent = title));
  return mark;
}

function factsOf(job) {
  const facts = {
    ...(job.sync ? syncFacts(job) : { importer: titleMark(job) }),
    parameters: Object.entries(job.recipe.constants ?? {}).map((pair) => pair.join(": ")).join(", "),
    options: job.options && optionsText(job.options, language()),
    by: job.requested_by,
    created: timeMark(job.created_at),
    started: job.started_at && timeMark(job.started_at),
    finished: job.finished_at && timeMark(job.finished_at),
    size: job.file && job.file.bytes !== null ? bytes(job.file.bytes) : null,
    priority: t(`priority.${job.priority}`),
    waits: job.waits_for && el("a", { href: to(["jobs", job.waits_for.job]) }, job.waits_for.job),
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

const syncFacts = (job) => ({
  source: el("a", { href: to(["sources"]) }, titleMark(job)),
  read: rowsRead(job.sync),
  reads: job.sync.reads,
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
  if (status === "in_review") return isMain || !counts.total ? 0 : DONE; // a file may ask before its rows are counted
  if (isMain) return share(counts.total - counts.unprocessed, counts.total);
  return share(rows.of(name), counts.total);
}

function share(part, whole) {
  return whole ? Math.min(DONE, Math.floor((part * DONE) / whole)) : 0;
}
