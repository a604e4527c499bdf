/** A job in a list. Its cells stay while it changes, so that nobody loses their place. */

import { el } from "../elements/dom.js";
import { number, when } from "../elements/strings.js";

import { jobLink } from "./naming.js";
import { bar, stateOf, statusMark } from "./parts.js";
import { t } from "./strings.js";
import { row, table } from "./tables.js";

const columns = () => [
  { title: t("jobs.name"), class: "file" },
  { title: t("jobs.importer") },
  { title: t("jobs.status") },
  { title: t("jobs.progress"), class: "wide" },
  { title: t("jobs.rows"), class: "number" },
  { title: t("jobs.refused"), class: "number" },
  { title: t("jobs.by"), class: "by" },
  { title: t("jobs.when"), class: "when" },
];

/** An empty list of jobs. */
export const jobTable = () => table({ caption: t("jobs.caption"), columns: columns(), cards: true, class: "jobs" });

/**
 * @param {any} job
 * @returns {{row: HTMLTableRowElement, job: any, show: (job: any) => void}} `job` is what is shown
 */
export function jobRow(job) {
  const state = statusMark();
  const progress = bar(t("jobs.progress"));
  const text = () => el("span", {});
  const gone = el("span", { class: "muted" });
  const [total, refused] = [text(), text()];
  const cells = [
    jobLink(job),
    [job.importer, job.kind === "sync" && el("span", { class: "muted" }, ` · ${t("jobs.sync")}`)],
    [state.mark, gone],
    progress.bar,
    total,
    refused,
    job.requested_by,
    el("time", { dateTime: job.created_at }, when(job.created_at)),
  ];
  const made = { row: row(columns(), cells, { cards: true }), job, show };
  made.row.dataset.job = job.id;
  made.row.dataset.status = job.status;

  function show(now) {
    made.job = now;
    made.row.dataset.status = now.status; // the bar has its colour by it
    state.show(stateOf(now));
    gone.textContent = now.deleted ? ` ${t("job.deleted")}` : "";
    progress.show(now.progress.percent);
    total.textContent = now.counts.total ? number(now.counts.total) : t("none");
    refused.textContent = now.counts.total ? number(now.counts.refused) : t("none");
    refused.className = now.counts.refused ? "bad" : "";
  }

  show(job);
  return made;
}
