/** A bar for each phase of a job: how far it is, or how far it came. */

import { el } from "../elements/dom.js";

import { bar } from "./parts.js";
import { t } from "./strings.js";

const ORDER = ["parse", "compare", "load", "lookup", "undo"];
const DONE = 100;

/** The phase that a job is there for: its rows are looked up, or else loaded. */
const mainOf = (job) => (job.lookup ? "lookup" : "load");

/** The phase that a status belongs to, where the job names none. */
const ofStatus = (job) => ({ parsing: "parse", loading: mainOf(job), rolling_back: "undo" })[job.status];

/** Bars, which `show(job, timeline)` moves. */
export function phaseBars() {
  const bars = el("ul", { class: "phases" });
  const known = new Map();

  const barOf = (name) => {
    if (!known.has(name)) {
      const title = t(`phase.${name}`);
      const made = bar(title);
      known.set(name, { ...made, line: el("li", {}, el("span", {}, title), made.bar) });
    }
    return known.get(name);
  };

  return {
    bars,
    show(job, timeline) {
      const names = ORDER.filter((name) => takesPart(name, job, timeline));
      const lines = names.map((name) => {
        const made = barOf(name);
        made.show(percentOf(name, job, timeline));
        return made.line;
      });
      if (lines.some((line, at) => bars.children[at] !== line)) bars.replaceChildren(...lines);
    },
  };
}

function takesPart(name, job, timeline) {
  if (name === "parse" || name === mainOf(job)) return true;
  if (name === "undo") return job.rollback !== null;
  return (name === "compare" && job.review) || job.phase === name || timeline.rows(name) > 0;
}

/** Percent of a phase; the one under way as the job says, the others by what is done. */
function percentOf(name, job, timeline) {
  const { status, counts } = job;
  const now = job.phase ?? ofStatus(job);
  const isMain = name === mainOf(job);
  if (name === "undo") return job.progress.percent;
  if (status === "completed" || status === "rolling_back" || status === "rolled_back") {
    return status === "completed" || !isMain ? DONE : share(counts.total - counts.unprocessed, counts.total);
  }
  if (now === name) return job.progress.percent;
  if (now) return ORDER.indexOf(name) < ORDER.indexOf(now) ? DONE : 0;
  if (status === "in_review") return isMain ? 0 : DONE;
  if (isMain) return share(counts.total - counts.unprocessed, counts.total);
  return share(timeline.rows(name), counts.total);
}

function share(part, whole) {
  return whole ? Math.min(DONE, Math.floor((part * DONE) / whole)) : 0;
}
