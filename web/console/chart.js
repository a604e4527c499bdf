/** The chart of rows over time: a line for each phase, and the same as a table. */

import { el } from "../elements/dom.js";
import { number } from "../elements/strings.js";

import { t } from "./strings.js";
import { row, scroller, table } from "./tables.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 250;
const EDGE = { top: 30, right: 16, bottom: 40, left: 64 };

/** A chart as wide as its place; `show(lines)` draws it anew. */
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
    show(news) {
      lines = news;
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
  const made = table({ caption: t("chart.title"), columns });
  for (const { phase, points } of lines) {
    const [begin, end] = [points[0], points.at(-1)];
    const took = end.seconds - begin.seconds;
    made.body.append(
      row(columns, [
        [swatch(phase), t(`phase.${phase}`)],
        number(end.rows),
        clock(took < 10 ? Math.round(took * 10) / 10 : Math.round(took), took),
        took > 0.2 ? number(Math.round(end.rows / took)) : t("none"),
      ]),
    );
  }
  return scroller(made.table, t("chart.title"));
}

/** A piece of the phase's line, to tell the lines apart by. */
function swatch(phase) {
  const made = svg("svg", { class: "swatch", viewBox: "0 0 28 8", "aria-hidden": "true" });
  made.append(svg("polyline", { class: "line", "data-phase": phase, points: "1,4 27,4" }));
  return made;
}

/** From 0 to a round number above `most`, over `length` pixels, with about `wanted` marks. */
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
