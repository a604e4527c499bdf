/** Rows over time: the timeline of a job, and the chart with a line for each phase and a table of its figures. */

import { get } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { number } from "../shared/strings.js";

import { row, table } from "./components.js";
import { t } from "./words.js";

const PHASES = ["parse", "compare", "load", "lookup", "undo"];
/** A wait for a reader is drawn shorter than it was, but no shorter than this many milliseconds. */
const SHORTEST_WAIT = 10_000;
const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 250;
const EDGE = { top: 30, right: 16, bottom: 40, left: 64 };

/**
 * Rows over time of the job at `path`: what the API has recorded, chunk by chunk, and the progress since.
 * @param {string} path
 * @param {AbortSignal} signal
 */
export function timeline(path, signal) {
  /** @type {Map<string, {at: number, rows: number}[]>} rows processed up to a time, by phase */
  let points = new Map();
  let started = 0;

  const last = (phase) => points.get(phase)?.at(-1)?.rows ?? 0;
  const add = (phase, at, rows) => {
    if (rows <= last(phase)) return;
    points.set(phase, [...(points.get(phase) ?? []), { at, rows }]);
  };

  return {
    /** Load what the API has recorded. */
    async load() {
      const { items } = await get(`${path}/timeline`, { signal });
      points = new Map();
      for (const { at, phase, rows } of items) add(phase, Date.parse(at), last(phase) + rows);
    },
    /** Add the progress of a job's current phase. */
    add(job) {
      started = Date.parse(job.started_at ?? job.created_at);
      if (job.phase) add(job.phase, Date.parse(job.updated_at ?? new Date()), job.progress.current);
    },
    /** Rows of a phase so far. */
    of: last,
    /** A line for each phase: seconds of work, and rows up to then. */
    lines: () => linesOf(points, started),
  };
}

function linesOf(points, started) {
  const all = [...points].flatMap(([phase, marks]) => marks.map((mark) => ({ phase, ...mark })));
  all.sort((one, other) => one.at - other.at);
  const longest = Math.max(SHORTEST_WAIT, 6 * median(all.slice(1).map((mark, at) => mark.at - all[at].at)));
  const lines = new Map();
  let [before, seconds] = [Math.min(started || Infinity, all[0]?.at ?? 0), 0];
  for (const [at, mark] of all.entries()) {
    const gap = mark.at - before;
    const from = seconds;
    seconds += (at === 0 ? gap : Math.min(gap, longest)) / 1000; // before the first rows, the file is split
    before = mark.at;
    if (!lines.has(mark.phase)) lines.set(mark.phase, [{ seconds: from, rows: 0 }]);
    lines.get(mark.phase).push({ seconds, rows: mark.rows });
  }
  return PHASES.filter((phase) => lines.has(phase)).map((phase) => ({ phase, points: lines.get(phase) }));
}

function median(numbers) {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}

/** A chart as wide as its place; `show(lines)` redraws it. */
export function chart(signal) {
  const drawing = el("div", { class: "drawing" });
  const figures = el("div", {});
  let lines = [];
  const draw = () => {
    const width = Math.max(260, drawing.clientWidth);
    if (lines.length) drawing.replaceChildren(svgOf(lines, width));
    else drawing.replaceChildren(el("p", { class: "empty short" }, t("chart.empty")));
  };
  const observer = new ResizeObserver(draw);
  observer.observe(drawing);
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  return {
    chart: el("div", { class: "chart" }, drawing, figures),
    show(next) {
      lines = next;
      draw();
      figures.replaceChildren(...(lines.length ? [tableOf(lines)] : []));
    },
  };
}

function svgOf(lines, width) {
  const ends = lines.flatMap((line) => line.points);
  const rows = scale(Math.max(1, ...ends.map((point) => point.rows)), HEIGHT - EDGE.top - EDGE.bottom, 4);
  const time = scale(Math.max(1, ...ends.map((point) => point.seconds)), width - EDGE.left - EDGE.right, width / 120);
  const x = (seconds) => EDGE.left + time.at(seconds);
  const y = (count) => HEIGHT - EDGE.bottom - rows.at(count);
  const made = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": t("chart.alt") });
  for (const count of rows.ticks) {
    made.append(
      svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(count), y2: y(count) }),
      svg("text", { x: EDGE.left - 8, y: y(count) + 4, "text-anchor": "end" }, number(count)),
    );
  }
  for (const seconds of time.ticks) {
    made.append(
      svg("text", { x: x(seconds), y: HEIGHT - EDGE.bottom + 18, "text-anchor": "middle" }, clock(seconds, time.top)),
    );
  }
  made.append(
    svg("text", { class: "axis", x: width - EDGE.right, y: HEIGHT - 4, "text-anchor": "end" }, t("chart.time")),
    svg("text", { class: "axis", x: EDGE.left - 8, y: 12, "text-anchor": "end" }, t("chart.rows")),
  );
  for (const { phase, points } of lines) {
    const path = points.map((point) => `${x(point.seconds).toFixed(1)},${y(point.rows).toFixed(1)}`).join(" ");
    const end = points.at(-1);
    made.append(
      svg("polyline", { class: "line", "data-phase": phase, points: path }),
      svg("circle", { class: "end", "data-phase": phase, cx: x(end.seconds), cy: y(end.rows), r: 3.5 }),
    );
  }
  return made;
}

function tableOf(lines) {
  const columns = [
    { title: t("chart.phase") },
    { title: t("chart.rows"), class: "number" },
    { title: t("chart.took"), class: "number" },
    { title: t("chart.speed"), class: "number" },
  ];
  const { body, around } = table({ caption: t("chart.title"), columns });
  for (const { phase, points } of lines) {
    const [begin, end] = [points[0], points.at(-1)];
    const took = end.seconds - begin.seconds;
    body.append(
      row(columns, [
        [swatch(phase), t(`phase.${phase}`)],
        number(end.rows),
        clock(took < 10 ? Math.round(took * 10) / 10 : Math.round(took), took),
        took > 0.2 ? number(Math.round(end.rows / took)) : t("none"),
      ]),
    );
  }
  return around;
}

/** A piece of the phase's line, as a key to the chart. */
function swatch(phase) {
  const made = svg("svg", { class: "swatch", viewBox: "0 0 28 8", "aria-hidden": "true" });
  made.append(svg("polyline", { class: "line", "data-phase": phase, points: "1,4 27,4" }));
  return made;
}

/** From 0 to a round number above `most`, over `length` pixels, with about `wanted` ticks. */
function scale(most, length, wanted) {
  const raw = most / Math.max(2, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw);
  const top = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, at) => Number((at * step).toPrecision(6)));
  return { top, ticks, at: (value) => (value / top) * length };
}

function clock(seconds, most) {
  if (most < 120) return t("chart.seconds", { count: seconds });
  return t("chart.minutes", { count: Math.round((seconds / 60) * 10) / 10 });
}

function svg(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}
