/** The chart of rows over time, with a line for each phase, and the table of its figures. */

import { el } from "../shared/dom.js";
import { duration, number } from "../shared/strings.js";

import { row, table } from "./components.js";
import { t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 250;
const EDGE = { top: 30, right: 16, bottom: 40, left: 64 };
const MINUTE = 60;
/** Up to here the axis of time has seconds. */
const SECONDS_UP_TO = 120;

/** A chart as wide as its place; `show(lines, otherwise)` redraws it, or shows the text if there is nothing to draw. */
export function chart(signal) {
  const drawing = el("div", { class: "drawing" });
  const figures = el("div", {});
  let lines = [];
  let text = "";
  const draw = () => {
    const width = Math.max(260, drawing.clientWidth);
    if (lines.some((line) => line.points.length > 1)) drawing.replaceChildren(svgOf(lines, width));
    else drawing.replaceChildren(el("p", { class: "empty short" }, text));
  };
  const observer = new ResizeObserver(draw);
  observer.observe(drawing);
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  return {
    chart: el("div", { class: "chart" }, drawing, figures),
    show(next, otherwise) {
      [lines, text] = [next, otherwise];
      draw();
      figures.replaceChildren(...(lines.length ? [tableOf(lines)] : []));
    },
  };
}

function svgOf(lines, width) {
  const ends = lines.flatMap((line) => line.points);
  const rows = scale(Math.max(1, ...ends.map((point) => point.rows)), HEIGHT - EDGE.top - EDGE.bottom, 4, 1);
  const longest = Math.max(1, ...ends.map((point) => point.seconds));
  const unit = longest < SECONDS_UP_TO ? 1 : MINUTE;
  const time = scale(longest / unit, width - EDGE.left - EDGE.right, width / 120);
  const x = (seconds) => EDGE.left + time.at(seconds / unit);
  const y = (count) => HEIGHT - EDGE.bottom - rows.at(count);
  const made = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": t("chart.alt") });
  for (const count of rows.ticks) {
    made.append(
      svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(count), y2: y(count) }),
      svg("text", { x: EDGE.left - 8, y: y(count) + 4, "text-anchor": "end" }, number(count)),
    );
  }
  for (const count of time.ticks) {
    // the outermost labels would be cut at the edge if they stood in the middle of their ticks
    const anchor = count === time.top ? "end" : "middle";
    const place = { x: x(count * unit), y: HEIGHT - EDGE.bottom + 18, "text-anchor": anchor };
    made.append(svg("text", place, t(unit === 1 ? "chart.seconds" : "chart.minutes", { count })));
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
  for (const { phase, rows, seconds } of lines) {
    body.append(
      row(columns, [
        [swatch(phase), t(`phase.${phase}`)],
        number(rows),
        duration(seconds),
        rows && seconds ? number(speed(rows / seconds)) : t("none"),
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

/** Slow phases have a speed too: one of less than ten rows a second has a decimal. */
const speed = (value) => (value < 10 ? Math.max(0.1, Math.round(value * 10) / 10) : Math.round(value));

/** From 0 to a round number above `most`, over `length` pixels, with about `wanted` ticks, `least` apart. */
export function scale(most, length, wanted, least = 0) {
  const raw = Math.max(least, most / Math.max(2, wanted));
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw);
  const top = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, at) => Number((at * step).toPrecision(6)));
  return { top, ticks, at: (value) => (value / top) * length };
}

function svg(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}
