/** The page of sources: a card for each, with its current sync, its last one, its schedule, and buttons. */

import { get, post } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { progressText, resultText } from "../shared/outcomes.js";
import { number, timeMark } from "../shared/strings.js";

import { confirmed } from "./actions.js";
import {
  ENDED, announce, countTile, empty, head, jobBar, loadInto, rowsRead, runButton, stateWords, statusMark,
} from "./components.js";
import { listen } from "./live.js";
import { to } from "./router.js";
import { scheduleView } from "./schedule.js";
import { mayAdminister, mayWrite } from "./session.js";
import { t } from "./words.js";

const COUNTS = ["inserted", "updated", "unchanged", "rejected"];
/** Milliseconds from a scheduled run until its job exists. */
const START_DELAY = 5000;
const LONGEST_TIMER = 2 ** 31 - 1;

/** @param {Element} main */
export function sources(main, { signal }) {
  const place = el("div", { class: "importers" });
  const cards = new Map();
  const load = () => get("/sources", { signal });
  const isLoading = () => place.hasAttribute("aria-busy"); // the response will contain every change so far
  let timer = 0;

  const draw = ({ items }) => {
    cards.clear();
    for (const source of items) cards.set(source.name, sourceCard(source, { signal }));
    refreshAfterRun(items);
    if (items.length) return [...cards.values()].map(({ card }) => card);
    return el("div", { class: "panel" }, empty(t("sources.empty"), t("sources.empty.text")));
  };

  const refresh = async () => {
    const found = await load();
    if (signal.aborted || isLoading()) return;
    const isSame = found.items.length > 0 && found.items.map(({ name }) => name).join() === [...cards.keys()].join();
    if (!isSame) return place.replaceChildren(...[draw(found)].flat());
    for (const source of found.items) cards.get(source.name).show(source);
    refreshAfterRun(found.items);
  };

  /** Refresh after the next scheduled run: the schedules then have another next run, even if no job was started. */
  const refreshAfterRun = (items) => {
    clearTimeout(timer);
    const times = items.flatMap(({ schedule }) => (schedule ? [Date.parse(schedule.next_at)] : []));
    const pause = Math.max(Math.min(...times) - Date.now(), 0) + START_DELAY;
    if (pause <= LONGEST_TIMER) timer = setTimeout(() => refresh().catch(() => {}), pause);
  };

  const job = (changed) => {
    const card = changed.kind === "sync" && !isLoading() && cards.get(changed.importer);
    if (card && card.change(changed)) refresh().catch(() => {}); // another person or a schedule started it
  };

  const trouble = el("div", {});
  main.append(head(t("page.sources"), t("sources.lead"), ...(mayAdminister() ? cleanUp(trouble) : [])), trouble, place);
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  loadInto(place, signal, load, draw);
  listen({ job, refresh }, signal);
}

/** A button that cancels stuck syncs, and a line with the result. */
function cleanUp(trouble) {
  const result = el("p", { class: "muted", role: "status", id: "cleaned" });
  const button = el("button", { type: "button" }, t("sources.cleanUp"));
  const clean = async () => {
    result.textContent = "";
    const { cleaned, by_state: states } = await post("/syncs/cleanup");
    const each = Object.entries(states).map(([state, count]) => `${t(`status.${state}`)}: ${number(count)}`);
    const values = { count: cleaned, states: each.join(", ") };
    result.textContent = t(cleaned ? "sources.cleaned" : "sources.nothingStuck", values);
  };
  button.addEventListener("click", () => runButton(button, trouble, clean));
  return [result, button];
}

/**
 * The card of a source.
 * @param {any} source an item of `GET /sources`
 * @param {{signal: AbortSignal}} options
 * @returns {{card: Element, show: (source: any) => void, change: (job: any) => boolean}} `change` shows a changed job
 *   of the source, and returns whether the job is new
 */
function sourceCard(source, { signal }) {
  const { name, title } = source;
  const path = `/syncs/${encodeURIComponent(name)}`;
  const heading = el("h2", { id: `source-${name}` }, title);
  const currentSync = currentView();
  const last = lastView();
  const schedule = scheduleView(source);
  const result = el("p", { class: "small muted", role: "status" });
  const trouble = el("div", {});
  let current = null;

  /** Show a job, unless a newer job or version is shown. Ids sort by time of creation. */
  const change = (job) => {
    const before = current;
    const isSame = before?.id === job.id;
    if (before && (isSame ? job.version <= before.version : job.id < before.id)) return false;
    current = job;
    currentSync.show(job);
    force.hidden = !ENDED.has(job.status) && !mayAdminister(); // it cancels a sync under way
    if (ENDED.has(job.status)) last.show(job);
    if (isSame && before.status !== job.status && ENDED.has(job.status)) {
      result.textContent = "";
      announce(t("jobs.ended", { file: title, status: stateWords(job) }));
    }
    return !isSame;
  };

  const begin = async (force) => {
    result.textContent = "";
    if (force && !(await confirmed("force", signal, { title }))) return;
    const before = current?.id;
    const { job } = await post(force ? `${path}?force=true` : path);
    change(job);
    if (job.id !== before) result.textContent = t("sources.started");
    else result.textContent = t(ENDED.has(job.status) ? "sources.current" : "sources.running");
  };

  const buttonOf = (key, kind, force) => {
    const button = el("button", { type: "button", class: kind, "aria-label": `${t(key)}: ${title}` }, t(key));
    button.addEventListener("click", () => runButton(button, trouble, () => begin(force)));
    return button;
  };
  /** A source that has never been pulled has nothing to pull again. */
  const force = buttonOf("action.force", "grave", true);
  force.hidden = true;
  const buttons = () => el("div", { class: "row" }, buttonOf("sources.start", "first", false), force);

  const card = el(
    "section",
    { class: "panel padded source", "data-source": name, "aria-labelledby": heading.id },
    el("div", { class: "head" }, el("div", {}, heading, links(source), result), mayWrite() && buttons()),
    trouble,
    el("div", { class: "halves" }, currentSync.place, last.place),
    schedule.place,
  );

  const show = (now) => {
    if (now.job) change(now.job);
    schedule.show(now.schedule);
  };
  show(source);
  return { card, show, change };
}

function links({ name, title, dataset }) {
  const history = el("a", { href: to(["jobs"], { importer: name }) }, t("sources.history"));
  history.setAttribute("aria-label", `${t("sources.history")}: ${title}`);
  const records = el("a", { href: to(["data", dataset]) }, dataset);
  return el("p", { class: "small" }, `${t("importers.dataset")}: `, records, " · ", history);
}

/** The current job of a source. */
function currentView() {
  const state = statusMark();
  const message = el("span", { class: "muted" });
  const progress = jobBar();
  const read = el("span", { class: "small muted", "data-read": "" });
  const link = el("a", { class: "small" }, t("upload.open"));
  const problem = el("div", {});
  const body = el("div", { class: "hints wide" }, el("p", { class: "muted" }, t("sources.never")));
  return {
    place: el("div", { class: "hints wide" }, el("h3", {}, t("sources.job")), body),
    show(job) {
      state.show(job);
      if (job.status === "parsing") state.mark.textContent = t("sync.reading");
      message.textContent = ENDED.has(job.status) ? resultText(job) : progressText(job);
      progress.show(job);
      read.textContent = rowsRead(job.sync);
      link.href = to(["jobs", job.id]);
      body.dataset.status = job.status; // gives the bar its colour
      problem.replaceChildren(...(job.problem ? failure(job.problem) : []));
      if (body.contains(link)) return;
      const facts = el("div", { class: "row" }, read, link);
      body.replaceChildren(el("div", { class: "row" }, state.mark, message), progress.bar, facts, problem);
    },
  };
}

const failure = ({ title, detail }) => [el("strong", { class: "bad" }, title), el("p", { class: "muted" }, detail)];

/** The result of the last sync; it stays while the next one runs, if the page has seen it. */
function lastView() {
  const time = el("p", { class: "muted" }, t("none"));
  const counts = el("dl", { class: "counts" });
  const lines = [el("h3", {}, t("sources.last")), time, counts];
  const place = el("div", { class: "hints wide", "data-last": "", hidden: true }, lines);
  return {
    place,
    show(job) {
      place.hidden = false;
      time.replaceChildren(job.finished_at ? timeMark(job.finished_at) : t("none"), ` · ${stateWords(job)}`);
      const tiles = COUNTS.map((name) => countTile(name, job.counts[name]));
      counts.replaceChildren(...tiles, countTile("deleted_upstream", job.sync.deleted_upstream));
    },
  };
}
