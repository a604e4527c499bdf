/** The page of one job. */

import { get } from "../elements/api.js";
import { el } from "../elements/dom.js";

import { chart } from "./chart.js";
import { countsOf, factsOf } from "./jobfacts.js";
import { jobTabs } from "./jobtabs.js";
import { listen } from "./live.js";
import { moveButtons } from "./moves.js";
import { callBy } from "./naming.js";
import { fillWith, problemBox, say, stateOf, statusMark } from "./parts.js";
import { phaseBars } from "./phases.js";
import { to } from "./router.js";
import { t } from "./strings.js";
import { timeline } from "./timeline.js";

/** @param {Element} main */
export function job(main, { one: id, query, signal, title }) {
  const path = `/jobs/${encodeURIComponent(id)}`;
  const ask = () => get(path, { signal });
  const place = el("div", { class: "job" });
  let view = null;
  main.append(place);
  fillWith(place, signal, ask, (found) => {
    callBy(found, (name) => signal.aborted || title(name));
    view = jobView(found, { id, path, query, signal });
    return view.parts;
  });
  listen(
    {
      job: (news) => news.id === id && view?.show(news),
      again: async () => view && view.show(await ask()),
    },
    signal,
  );
}

function jobView(first, { id, path, query, signal }) {
  let current = { ...first, version: -1 };
  const state = statusMark();
  const message = el("p", { class: "muted" });
  const trouble = el("div", {});
  const bars = phaseBars();
  const counts = el("dl", { class: "counts" });
  const facts = el("dl", { class: "facts small" });
  const moves = moveButtons({ path, signal, onJob: (moved) => show(moved) });
  const done = timeline(path, signal);
  const lines = chart(signal);
  const tabs = jobTabs({ id, path, query, signal });

  const redraw = () => {
    lines.show(done.lines());
    bars.show(current, done);
  };
  const reload = () => done.load().then(redraw, () => {}); // without it there is what has been seen

  function show(now) {
    if (now.version <= current.version) return;
    const before = current;
    current = now;
    state.show(stateOf(now));
    message.textContent = now.deleted ? t("job.deleted.text") : now.progress.message;
    trouble.replaceChildren(...(now.problem ? [failure(now.problem)] : []));
    counts.replaceChildren(...countsOf(now));
    facts.replaceChildren(...factsOf(now));
    done.add(now);
    redraw();
    moves.show(now);
    tabs.show(now);
    if (now.status === before.status && now.phase === before.phase && now.deleted === before.deleted) return;
    reload();
    if (before.version >= 0) say(`${t(`status.${stateOf(now)}`)}. ${message.textContent}`);
  }

  show(first);
  reload();
  const parts = [
    heading(first, state.mark, message, moves.buttons),
    moves.trouble,
    trouble,
    el(
      "div",
      { class: "halves" },
      el("section", { class: "panel padded" }, el("h2", {}, t("job.phases")), bars.bars),
      el("section", { class: "panel padded" }, el("h2", {}, t("job.counts")), counts),
    ),
    el(
      "div",
      { class: "halves uneven" },
      el("section", { class: "panel padded" }, el("h2", {}, t("chart.title")), lines.chart),
      el("section", { class: "panel padded" }, el("h2", {}, t("job.details")), facts),
    ),
    tabs.panel,
  ];
  return { parts, show };
}

function heading(job, mark, message, buttons) {
  const title = el("h1", {});
  callBy(job, (name) => (title.textContent = name));
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
  const box = problemBox(problem);
  box.setAttribute("role", "group"); // it is the job's, and no news to interrupt anybody with
  box.replaceChildren(el("h2", {}, problem.title), el("p", {}, problem.detail));
  if (problem.job) box.append(el("a", { href: to(["jobs", problem.job]) }, problem.job));
  return box;
}
