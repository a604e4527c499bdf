/** What has become of a job, in one place for every page: its word, its colour, its sentence, and the parts of its bar. */

import { el } from "./dom.js";
import { clock, number, t, tOf } from "./strings.js";

/** Colour and icon of a state: `good`, `warn`, `bad`; `asks` for a person, `active`, or `over`. */
const KINDS = {
  completed: "good",
  failed: "bad",
  in_review: "asks",
  answers: "asks",
  paused: "asks",
  suspended: "asks",
  waiting_for_file: "over",
  cancelled: "over",
  rolled_back: "over",
};
const ACTIVE = "active";
/** In the order of the bar. */
const PARTS = ["loaded", "unchanged", "reversed", "waiting", "skipped", "rejected", "unprocessed"];
/** Percent of a bar that a part has at least, so that one row in a million is seen. */
const LEAST = 1.5;
/** Types of the problems of jobs that left the dataset as it was. */
const NOTHING_LOADED = new Set(["guard", "rejections"]);
/** States in which rows have their outcome, or wait for a decision; in all others the bar shows the progress. */
const WITH_PARTS = new Set(["in_review", "completed", "failed", "cancelled", "rolled_back"]);

const loaded = ({ inserted, updated, deleted = 0 }) => inserted + updated + deleted;
const delivered = (counts) => loaded(counts) + counts.unchanged;
const restored = ({ rollback }) => (rollback ? rollback.reversed : 0);
const left = ({ rollback }) => (rollback ? rollback.conflicts + rollback.failed : 0);

/**
 * The outcome of a job where its status says too little: a completed job has delivered or rejected every row, perhaps
 * all of them; a failed one may have left the dataset as it was.
 * @param {any} job one without counts is an entry of a log
 * @returns {{name: string, kind: string, count?: number} | null} null if the status says enough
 */
function outcomeOf(job) {
  const { status, counts } = job;
  if (status === "rolled_back" && left(job)) return { name: "kept", kind: "warn", count: left(job) };
  if (hasLoadedNothing(job)) return { name: typeOf(job.problem), kind: "bad", count: counts.rejected };
  if (status !== "completed" || !counts) return null;
  if (!counts.total) return { name: "empty", kind: "warn" };
  if (!delivered(counts)) return { name: "nothing", kind: "bad" };
  return counts.rejected ? { name: "some", kind: "warn", count: counts.rejected } : { name: "loaded", kind: "good" };
}

const typeOf = (problem) => problem?.type.replace("/problems/", "");

/**
 * Whether a job failed because of a guard or its rejected rows, so that its file has to be imported whole.
 * @param {any} job
 * @returns {boolean}
 */
export const hasLoadedNothing = ({ status, counts, problem }) =>
  status === "failed" && Boolean(counts) && NOTHING_LOADED.has(typeOf(problem));

/** The state that is shown of a job: its status, or `answers`, `suspended` or `lookup`, which the API has as facts. */
export function stateOf(job) {
  if (job.waiting_for === "answers") return "answers";
  if (job.suspended && job.status === "paused") return "suspended";
  return job.status === "loading" && job.lookup ? "lookup" : job.status;
}

/**
 * The kind of a job's state: gives it colour and icon.
 * @param {any} job
 * @returns {string}
 */
export const kindOf = (job) => outcomeOf(job)?.kind ?? KINDS[stateOf(job)] ?? ACTIVE;

/**
 * The state of a job in words, such as "Loaded, 40 rejected".
 * @param {any} job
 * @param {(state: string) => string} word the word for a state without an outcome
 * @param {string} [lang]
 * @returns {string}
 */
export function stateText(job, word, lang) {
  const outcome = outcomeOf(job);
  if (!outcome) return word(stateOf(job));
  return tOf(job, `outcome.${outcome.name}`, outcome.count === undefined ? {} : { count: outcome.count }, lang);
}

/**
 * What has become of a job's rows, in a sentence.
 * @param {any} job
 * @param {string} [lang]
 * @returns {string}
 */
export function resultText({ counts, lookup, rollback, status }, lang) {
  const said = (name, count) => tOf({ lookup }, `result.${name}`, { count }, lang);
  const shown = [
    ["inserted", counts.inserted],
    ...(lookup ? [] : [["updated", counts.updated], ["unchanged", counts.unchanged]]),
    ["deleted", counts.deleted],
    ["absent", counts.absent],
    ["absent_left", counts.absent_left],
    ["skipped", counts.skipped],
    ["rejected", counts.rejected],
    ["unprocessed", counts.unprocessed],
  ].filter(([name, count]) => count > 0 || (name === "inserted" && status === "completed"));
  const undone = rollback ? Object.entries(rollback).filter(([name, count]) => count > 0 || name === "reversed") : [];
  const all = [...shown, ...undone].map(([name, count]) => said(name, count));
  return all.length ? `${all.join(", ")}.` : "";
}

/**
 * What loading would do, in a sentence, such as "Load 4,960 new rows, change 0, leave out 40."
 * @param {any} preview
 * @param {string} [lang]
 * @returns {string}
 */
export function verdictText({ counts, job }, lang) {
  const out = counts.rejected + (counts.to_reject ?? 0);
  const isKnown = counts.insert !== null;
  const good = isKnown ? delivered(asCounts(counts)) + counts.delete : counts.total - out - counts.unchecked;
  const say = (name, values) => tOf(job, `verdict.${name}`, values, lang);
  const more = counts.unchecked ? ` ${say("unchecked", { count: counts.unchecked })}` : "";
  if (!good) return say(out ? "nothing" : "empty", { count: out }) + more;
  if (!isKnown) return say("unknown", { count: good, out }) + more;
  if (good === counts.delete) return say("delete", { count: good, out }) + more;
  const same = counts.unchanged ? ` ${say("unchanged", { count: counts.unchanged })}` : "";
  const deleted = counts.delete ? ` ${say("deleted", { count: counts.delete })}` : "";
  return say("load", { count: counts.insert, update: counts.update, out }) + same + deleted + more;
}

const asCounts = ({ insert, update, unchanged }) => ({ inserted: insert, updated: update, unchanged });

/**
 * How far a job is, in a sentence with its numbers.
 * @param {any} job
 * @param {string} [lang]
 * @returns {string}
 */
export function progressText(job, lang) {
  const { current, total, message } = job.progress;
  const code = stateOf(job) === "answers" ? "waiting-for-answers" : job.progress.code;
  const rejected = job.counts.rejected;
  const values = {
    comparing: { current: current - rejected, total: total - rejected },
    "in-review": { current: current - rejected, total },
    loading: { current: delivered(job.counts), total },
    "deleting-absent": { current: job.counts.absent + job.counts.absent_left, total },
    "looking-up": { current: delivered(job.counts), total },
    "waiting-for-importer": { job: job.waits_for?.job },
    "waiting-for-dataset": { job: job.waits_for?.job },
    "waiting-for-worker": { time: job.progress.waits_since && clock(job.progress.waits_since, lang) },
    "rolling-back": { count: restored(job) },
    "rolling-back-conflicts": { count: restored(job), kept: job.rollback?.conflicts ?? 0 },
  };
  // a sentence of another system stays as it came
  return t(`message.${code}`, values[code] ?? { current, total }, lang, message);
}

/**
 * Why a job waits for a worker, and what happens then; empty if it does not wait.
 * @param {any} job
 * @param {string} [lang]
 * @returns {string}
 */
export const waitText = (job, lang) => (job.progress.waits_since ? t("message.waiting-for-worker.why", {}, lang) : "");

/** The parts of a job's bar with their rows and percent, in order; none before it has rows. */
export function partsOf(job) {
  const { counts, status } = job;
  const undone = restored(job);
  const rows = {
    loaded: loaded(counts) - undone,
    unchanged: counts.unchanged,
    reversed: undone,
    skipped: counts.skipped,
    rejected: counts.rejected,
    [status === "in_review" ? "waiting" : "unprocessed"]: counts.unprocessed,
  };
  const shown = PARTS.filter((name) => rows[name] > 0);
  const whole = shown.reduce((sum, name) => sum + rows[name], 0);
  const raw = shown.map((name) => Math.max(LEAST, (rows[name] * 100) / whole));
  const sum = raw.reduce((one, other) => one + other, 0);
  return shown.map((name, at) => ({ name, rows: rows[name], percent: (raw[at] * 100) / sum }));
}

/** Whether the bar of a job shows its parts; otherwise it shows the progress. */
export const showsParts = (job) => WITH_PARTS.has(job.status) && job.counts.total > 0;

/**
 * A bar with a part for each outcome of rows; `show(job, lang)` draws it.
 * @returns {HTMLElement & {show: (job: any, lang?: string) => void}}
 */
export function outcomeBar() {
  const bar = el("div", { class: "parts", role: "img" });
  bar.show = (job, lang) => {
    const parts = partsOf(job);
    const words = parts.map(({ name, rows }) => tOf(job, `part.${name}`, { count: number(rows, lang) }, lang));
    bar.setAttribute("aria-label", words.join(", "));
    bar.title = words.join(", ");
    bar.replaceChildren(
      ...parts.map(({ name, percent }) => {
        const part = el("span", { "data-part": name });
        part.style.setProperty("--share", `${percent}%`);
        return part;
      }),
    );
  };
  return bar;
}
