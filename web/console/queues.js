/** What waits in the queues, and the jobs whose rows were given up. */

import { get } from "../elements/api.js";
import { el } from "../elements/dom.js";
import { number } from "../elements/strings.js";

import { gone, listen } from "./live.js";
import { move } from "./moves.js";
import { callBy, jobLink } from "./naming.js";
import { doing, empty, fillWith, head } from "./parts.js";
import { go } from "./router.js";
import { t } from "./strings.js";
import { moreButton, row, table } from "./tables.js";

const QUEUES = ["urgent", "standard", "dead"];
const STATES = ["waiting", "active", "delayed"];
const PAGE = 100;
const SOON = 1000;
const REFRESH = 10_000;

/** @param {Element} main */
export function queues(main, { signal }) {
  const depths = el("div", { class: "panel" });
  const given = el("div", { class: "panel" });
  main.append(
    head(t("page.queues"), t("queues.lead")),
    depths,
    el("div", {}, el("h2", {}, t("queues.given")), el("p", { class: "muted" }, t("queues.given.text"))),
    given,
  );
  const ask = () => get("/queues", { signal });
  const shown = depthsTable();
  const list = givenUp(signal);
  fillWith(depths, signal, ask, (found) => {
    shown.show(found);
    return shown.around;
  });
  const again = async () => {
    shown.show(await ask());
    await list.again();
  };
  fillWith(given, signal, () => list.ask(null), list.draw);
  const soon = nowAndThen(async () => shown.show(await ask()), signal);
  const job = (news) => {
    list.take(news);
    soon();
  };
  listen({ queues: shown.show, job, again }, signal);
}

/**
 * Chunks come and go between the news of jobs, and SQS counts them a little late: so the depths are asked for soon
 * after any news, and every few seconds without.
 */
function nowAndThen(ask, signal) {
  let timer = 0;
  const after = (pause) => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      soon = false;
      if (!document.hidden) await ask().catch(() => {}); // the next time may do better
      if (!signal.aborted && !soon) after(REFRESH);
    }, pause);
  };
  let soon = false;
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  after(REFRESH);
  return () => {
    if (!soon) after(SOON);
    soon = true;
  };
}

function depthsTable() {
  const columns = [
    { title: t("queues.queue"), class: "value" },
    ...STATES.map((state) => ({ title: t(`queues.${state}`), class: "number" })),
  ];
  const made = table({ caption: t("queues.caption"), columns, cards: true });
  const cells = new Map();
  for (const name of QUEUES) {
    const counts = STATES.map((state) => {
      const cell = el("span", { "data-depth": `${name} ${state}` }, t("none"));
      cells.set(`${name} ${state}`, cell);
      return cell;
    });
    const about = name === "dead" ? el("p", { class: "muted small" }, t("queues.dead.text")) : null;
    made.body.append(row(columns, [[t(`queues.${name}`), about], ...counts], { cards: true }));
  }
  return {
    around: made.around,
    show(depths) {
      for (const name of QUEUES) {
        for (const state of STATES) cells.get(`${name} ${state}`).textContent = number(depths[name]?.[state] ?? 0);
      }
    },
  };
}

/** Failed jobs that a retry may help, each with its button. */
function givenUp(signal) {
  const columns = [
    { title: t("jobs.name"), class: "value" },
    { title: t("jobs.importer") },
    { title: t("queues.unprocessed"), class: "number" },
    { title: t("queues.problem"), class: "value" },
    { title: t("queues.retry") },
  ];
  const place = el("div", {});
  const trouble = el("div", { class: "padding" });
  const rows = new Map();
  let body = null;

  const remove = (id) => {
    rows.get(id)?.remove();
    if (rows.delete(id) && !rows.size) place.replaceChildren(empty(t("queues.given.empty")));
  };

  const take = (job) => {
    if (!job.links.retry) return rows.has(job.id) && remove(job.id);
    if (rows.has(job.id)) return;
    if (!rows.size) {
      const made = table({ caption: t("queues.given"), columns, cards: true });
      body = made.body;
      place.replaceChildren(made.around);
    }
    const made = row(columns, cells(job), { cards: true });
    made.dataset.job = job.id;
    rows.set(job.id, made);
    const older = [...body.children].find((each) => each.dataset.job < job.id);
    body.insertBefore(made, older ?? null);
  };

  const cells = (job) => {
    const button = el("button", { type: "button" }, t("queues.retry"));
    callBy(job, (file) => button.setAttribute("aria-label", t("queues.retryOf", { file })));
    const retry = async () => {
      await move(job, "retry");
      go(["jobs", job.id]);
    };
    button.addEventListener("click", () => doing(button, trouble, retry));
    return [
      jobLink(job),
      job.importer,
      number(job.counts.unprocessed),
      [el("strong", {}, job.problem?.title), el("p", { class: "muted" }, job.problem?.detail)],
      button,
    ];
  };

  const ask = (cursor) => get("/jobs", { query: { status: "failed", limit: PAGE, cursor }, signal });
  return {
    ask,
    take,
    async again() {
      const before = [...rows.keys()];
      const page = await ask(null);
      page.items.forEach(take);
      gone(page, before).forEach(remove);
    },
    draw(page) {
      rows.clear();
      place.replaceChildren(empty(t("queues.given.empty")));
      page.items.forEach(take);
      return [place, trouble, moreButton(page.next, signal, ask, (items) => items.forEach(take))];
    },
  };
}
