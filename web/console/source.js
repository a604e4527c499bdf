/** One source: its sync under way, how the last one ended, when the next one is, and what can be done. */

import { post } from "../elements/api.js";
import { el } from "../elements/dom.js";
import { when } from "../elements/strings.js";

import { readOf, tile } from "./jobfacts.js";
import { sure } from "./moves.js";
import { bar, doing, say, statusMark } from "./parts.js";
import { to } from "./router.js";
import { scheduling } from "./schedule.js";
import { mayWrite } from "./session.js";
import { t } from "./strings.js";

const COUNTS = ["inserted", "updated", "unchanged", "refused"];
const ENDED = new Set(["completed", "failed", "cancelled", "rolled_back"]);

/**
 * @param {any} source an item of `GET /sources`
 * @param {{signal: AbortSignal}} options
 * @returns {{card: Element, show: (source: any) => void, take: (job: any) => boolean}} `take` is for news of its jobs,
 *   and says whether it is a job that was not known
 */
export function sourceCard(source, { signal }) {
  const { name, title } = source;
  const path = `/syncs/${encodeURIComponent(name)}`;
  const heading = el("h2", { id: `source-${name}` }, title);
  const under = jobView();
  const last = lastView();
  const schedule = scheduling(source);
  const told = el("p", { class: "small muted", role: "status" });
  const trouble = el("div", {});
  let current = null;

  /** Show a job unless a newer one, or more of the same, is shown already. Ids sort by time of creation. */
  const take = (job) => {
    const before = current;
    const same = before?.id === job.id;
    if (before && (same ? job.version <= before.version : job.id < before.id)) return false;
    current = job;
    under.show(job);
    if (ENDED.has(job.status)) last.show(job);
    if (same && before.status !== job.status && ENDED.has(job.status)) {
      told.textContent = "";
      say(t("jobs.ended", { file: title, status: t(`status.${job.status}`) }));
    }
    return !same;
  };

  const begin = async (force) => {
    told.textContent = "";
    if (force && !(await sure("force", signal, { title }))) return;
    const known = current?.id;
    const { job } = await post(force ? `${path}?force=true` : path);
    take(job);
    if (job.id !== known) told.textContent = t("sources.begun");
    else told.textContent = t(ENDED.has(job.status) ? "sources.stands" : "sources.underWay");
  };

  const button = (key, kind, force) => {
    const made = el("button", { type: "button", class: kind, "aria-label": `${t(key)}: ${title}` }, t(key));
    made.addEventListener("click", () => doing(made, trouble, () => begin(force)));
    return made;
  };

  const card = el(
    "section",
    { class: "panel padded source", "data-source": name, "aria-labelledby": heading.id },
    el(
      "div",
      { class: "head" },
      el("div", {}, heading, links(source), told),
      mayWrite() && el("div", { class: "row" }, button("sources.start", "first", false), button("move.force", "grave", true)),
    ),
    trouble,
    el("div", { class: "halves" }, under.place, last.place),
    schedule.place,
  );

  const show = (now) => {
    if (now.job) take(now.job);
    schedule.show(now.schedule);
  };
  show(source);
  return { card, show, take };
}

function links({ name, title, dataset }) {
  const history = el("a", { href: to(["jobs"], { importer: name }) }, t("sources.history"));
  history.setAttribute("aria-label", `${t("sources.history")}: ${title}`);
  const records = el("a", { href: to(["data", dataset]) }, dataset);
  return el("p", { class: "small" }, `${t("importers.dataset")}: `, records, " · ", history);
}

/** The job that stands for a source. */
function jobView() {
  const state = statusMark();
  const message = el("span", { class: "muted" });
  const progress = bar(t("jobs.progress"));
  const read = el("span", { class: "small muted", "data-read": "" });
  const link = el("a", { class: "small" }, t("upload.open"));
  const problem = el("div", {});
  const body = el("div", { class: "hints wide" }, el("p", { class: "muted" }, t("sources.never")));
  return {
    place: el("div", { class: "hints wide" }, el("h3", {}, t("sources.job")), body),
    show(job) {
      state.show(job.status);
      if (job.status === "parsing") state.mark.textContent = t("sync.reading");
      message.textContent = job.progress.message;
      progress.show(job.progress.percent);
      read.textContent = readOf(job.sync);
      link.href = to(["jobs", job.id]);
      body.dataset.status = job.status; // the bar has its colour by it
      problem.replaceChildren(...(job.problem ? failure(job.problem) : []));
      if (body.contains(link)) return;
      const facts = el("div", { class: "row" }, read, link);
      body.replaceChildren(el("div", { class: "row" }, state.mark, message), progress.bar, facts, problem);
    },
  };
}

const failure = ({ title, detail }) => [el("strong", { class: "bad" }, title), el("p", { class: "muted" }, detail)];

/** How the last sync ended. While the next one is under way it stays, if it was seen. */
function lastView() {
  const time = el("p", { class: "muted" }, t("none"));
  const counts = el("dl", { class: "counts" });
  return {
    place: el("div", { class: "hints wide", "data-last": "" }, el("h3", {}, t("sources.last")), time, counts),
    show({ finished_at: at, status, counts: found, sync }) {
      time.replaceChildren(el("time", { dateTime: at ?? "" }, when(at) || t("none")), ` · ${t(`status.${status}`)}`);
      counts.replaceChildren(...COUNTS.map((name) => tile(name, found[name])), tile("gone", sync.gone));
    },
  };
}
