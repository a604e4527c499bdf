/** Rows over time: what the API has noted, chunk by chunk, and what has been seen since. */

import { get } from "../elements/api.js";

const PHASES = ["parse", "compare", "load", "lookup", "undo"];
/** A job that waits for a person does no work; only so many milliseconds of a wait are drawn. */
const SHORTEST_WAIT = 10_000;

/**
 * The timeline of the job at `path`.
 * @param {string} path
 * @param {AbortSignal} signal
 */
export function timeline(path, signal) {
  /** @type {Map<string, {at: number, rows: number}[]>} rows up to then, by phase */
  let points = new Map();
  let started = 0;

  const last = (phase) => points.get(phase)?.at(-1)?.rows ?? 0;
  const add = (phase, at, rows) => {
    if (rows <= last(phase)) return;
    points.set(phase, [...(points.get(phase) ?? []), { at, rows }]);
  };

  return {
    /** Ask what has been done so far. */
    async load() {
      const { items } = await get(`${path}/timeline`, { signal });
      points = new Map();
      for (const { at, phase, rows } of items) add(phase, Date.parse(at), last(phase) + rows);
    },
    /** Take in what a job says of its phase under way. */
    add(job) {
      started = Date.parse(job.started_at ?? job.created_at);
      if (job.phase) add(job.phase, Date.parse(job.updated_at ?? new Date()), job.progress.current);
    },
    rows: last,
    /** A line for each phase: seconds at work, and rows up to then. */
    lines: () => linesOf(points, started),
  };
}

function linesOf(points, started) {
  const all = [...points].flatMap(([phase, marks]) => marks.map((mark) => ({ phase, ...mark })));
  all.sort((one, other) => one.at - other.at);
  const longest = Math.max(SHORTEST_WAIT, 6 * middle(all.slice(1).map((mark, at) => mark.at - all[at].at)));
  const lines = new Map();
  let [before, seconds] = [Math.min(started || Infinity, all[0]?.at ?? 0), 0];
  for (const [at, mark] of all.entries()) {
    const gap = mark.at - before;
    const from = seconds;
    seconds += (at === 0 ? gap : Math.min(gap, longest)) / 1000; // before the first rows, the file is being cut
    before = mark.at;
    if (!lines.has(mark.phase)) lines.set(mark.phase, [{ seconds: from, rows: 0 }]);
    lines.get(mark.phase).push({ seconds, rows: mark.rows });
  }
  return PHASES.filter((phase) => lines.has(phase)).map((phase) => ({ phase, points: lines.get(phase) }));
}

function middle(numbers) {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}
