/** What a job spent its time on: work by phase, without the waits, as the API's timeline says and as live changes add. */

const PHASES = ["parse", "compare", "load", "lookup", "absent", "undo"];

/**
 * @typedef {{status: string, phase: string | null, from: string, until: string | null}} Span
 * @typedef {{items: {at: string, phase: string, rows: number}[], spans: Span[],
 *   phases: {phase: string, seconds: number, rows: number}[]}} Timeline the API's response
 * @typedef {{phase: string, seconds: number, rows: number, points: {seconds: number, rows: number}[]}} Line
 */

/** Rows over time of a job: what the API has recorded, chunk by chunk, and the progress since. */
export function rowsOverTime() {
  /** @type {Timeline} */
  let found = { items: [], spans: [], phases: [] };
  /** Rows up to a time, by phase, that live changes have shown. @type {Map<string, {at: number, rows: number}[]>} */
  let live = new Map();
  let now = 0;

  const recorded = (phase) => found.items.filter((item) => item.phase === phase);
  const counted = (phase) => recorded(phase).reduce((sum, item) => sum + item.rows, 0);
  const last = (phase) => Math.max(counted(phase), live.get(phase)?.at(-1)?.rows ?? 0);

  return {
    /** Take what the API has recorded. @param {Timeline} timeline */
    take(timeline) {
      found = timeline;
      live = new Map();
    },
    /** Add the progress of a job's current phase. */
    add(job) {
      now = Math.max(now, Date.parse(job.updated_at));
      if (!found.spans.length && job.phase) {
        const from = job.started_at ?? job.created_at; // until the API's timeline is here
        found = { ...found, spans: [{ status: job.status, phase: job.phase, from, until: null }] };
      }
      const rows = job.phase && rowsIn(job);
      if (rows > last(job.phase)) live.set(job.phase, [...(live.get(job.phase) ?? []), { at: now, rows }]);
    },
    /** Rows of a phase so far. */
    of: last,
    /** A line for each phase that has begun. @returns {Line[]} */
    lines() {
      const begun = PHASES.filter((phase) => found.spans.some((span) => span.phase === phase));
      return begun.map((phase) => {
        const points = pointsOf(phase, recorded(phase), live.get(phase) ?? [], clock(found.spans, now));
        return { phase, points, rows: last(phase), seconds: secondsOf(phase, found, now) };
      });
    },
  };
}

/** Rows that the current phase of a job has processed; rows that an earlier phase rejected are not among them. */
function rowsIn({ phase, counts, progress, rollback }) {
  if (phase === "parse") return progress.current;
  if (phase === "compare") return progress.current - counts.rejected;
  if (phase === "absent") return counts.absent + counts.absent_left;
  if (phase === "undo") return rollback ? rollback.reversed + rollback.conflicts + rollback.failed : 0;
  return counts.inserted + counts.updated + (counts.deleted ?? 0) + counts.unchanged;
}

function pointsOf(phase, recorded, live, at) {
  const marks = [];
  let rows = 0;
  for (const item of recorded) marks.push({ at: Date.parse(item.at), rows: (rows += item.rows) });
  marks.push(...live);
  const begin = { seconds: at.begin(phase), rows: 0 };
  return [begin, ...marks.map((mark) => ({ seconds: at.seconds(mark.at), rows: mark.rows }))];
}

/** A clock that stands still while the job waits. */
function clock(spans, now) {
  const work = spans.filter((span) => span.phase).map((span) => ({ ...span, ...bounds(span, now) }));
  const seconds = (at) => work.reduce((sum, { from, until }) => sum + Math.max(0, Math.min(at, until) - from), 0) / 1000;
  return { seconds, begin: (phase) => seconds(work.find((span) => span.phase === phase).from) };
}

/** The API has summed up what a phase took; one under way goes on. */
function secondsOf(phase, { spans, phases }, now) {
  const own = spans.filter((span) => span.phase === phase);
  const summed = phases.find((each) => each.phase === phase);
  if (summed && own.every((span) => span.until)) return summed.seconds;
  return own.map((span) => bounds(span, now)).reduce((sum, { from, until }) => sum + until - from, 0) / 1000;
}

function bounds({ from, until }, now) {
  const begin = Date.parse(from);
  return { from: begin, until: until ? Date.parse(until) : Math.max(begin, now) };
}
