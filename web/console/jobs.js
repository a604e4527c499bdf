/** The list of jobs, as they change. */

import { get } from "../elements/api.js";
import { el } from "../elements/dom.js";

import { importers } from "./catalogue.js";
import { jobRow, jobTable } from "./jobrow.js";
import { listen } from "./live.js";
import { empty, fillWith, head, say } from "./parts.js";
import { go, to } from "./router.js";
import { t } from "./strings.js";
import { moreButton } from "./tables.js";
import { hand } from "./upload.js";

const STATUSES = [
  "waiting_for_file",
  "queued",
  "parsing",
  "in_review",
  "loading",
  "pausing",
  "paused",
  "cancelling",
  "cancelled",
  "rolling_back",
  "rolled_back",
  "completed",
  "failed",
];
const ENDS = new Set(["in_review", "completed", "failed"]);
const PAGE = 50;

/** @param {Element} main */
export function jobs(main, { query, signal }) {
  const wanted = { status: query.get("status") ?? "", importer: query.get("importer") ?? "" };
  const place = el("div", { class: "panel" });
  const begin = el("a", { class: "button first", href: to(["upload"]) }, t("jobs.begin"));
  main.append(head(t("page.jobs"), t("jobs.lead"), begin), filters(wanted), place);
  takeDrops(signal);

  const ask = (cursor) => get("/jobs", { query: { ...wanted, limit: PAGE, cursor }, signal });
  const list = liveList(place, wanted);
  fillWith(place, signal, () => ask(null), (page) => list.draw(page, moreButton(page.next, signal, ask, list.add)));
  listen({ job: list.take, again: async () => list.add((await ask(null)).items) }, signal);
}

/** Rows by job, newest first; news change them where they are. */
function liveList(place, wanted) {
  const rows = new Map();
  let body = null;
  let complete = false;

  const fits = (job) =>
    (!wanted.status || job.status === wanted.status) && (!wanted.importer || job.importer === wanted.importer);

  const insert = (job) => {
    const made = jobRow(job);
    rows.set(job.id, made);
    // ids sort by time of creation, so the first row that is older comes after it
    const older = [...body.children].find((row) => row.dataset.job < job.id);
    body.insertBefore(made.row, older ?? null);
  };

  const show = (job) => {
    const known = rows.get(job.id);
    if (known && known.job.version >= job.version) return;
    if (known && ENDS.has(job.status) && known.job.status !== job.status) tell(job);
    if (known && fits(job)) known.show(job);
    else if (known) remove(job.id);
    else if (fits(job)) insert(job);
  };

  const remove = (id) => {
    rows.get(id).row.remove();
    rows.delete(id);
    if (!rows.size) place.replaceChildren(nothing(wanted));
  };

  const begin = () => {
    const made = jobTable();
    body = made.body;
    return made.around;
  };

  return {
    draw(page, more) {
      complete = !page.next;
      rows.clear();
      if (!page.items.length) return nothing(wanted);
      const around = begin();
      page.items.forEach(insert);
      return [around, more];
    },
    add(items) {
      if (!items.length) return;
      if (!rows.size) place.replaceChildren(begin());
      items.forEach(show);
    },
    take(job) {
      if (place.hasAttribute("aria-busy")) return; // the answer that is awaited knows of it
      if (!rows.size) {
        if (!fits(job)) return;
        place.replaceChildren(begin());
      }
      const oldest = body.lastElementChild?.dataset.job ?? "";
      if (rows.has(job.id) || complete || job.id > oldest) show(job); // older ones come with a later page
    },
  };
}

function tell(job) {
  say(t("jobs.ended", { file: job.file.name, status: t(`status.${job.status}`) }));
}

function nothing(wanted) {
  if (wanted.status || wanted.importer) {
    return empty(t("jobs.emptyFiltered"), "", el("a", { href: to(["jobs"]) }, t("jobs.clear")));
  }
  return empty(
    t("jobs.empty"),
    t("jobs.empty.text"),
    el("a", { class: "button first", href: to(["upload"]) }, t("jobs.begin")),
  );
}

function filters(wanted) {
  const chosen = () => go(["jobs"], { status: status.value, importer: importer.value });
  const option = (value, text, current) => el("option", { value, selected: value === current }, text);
  const status = el("select", { id: "status", onchange: chosen }, [
    option("", t("jobs.any"), wanted.status),
    STATUSES.map((name) => option(name, t(`status.${name}`), wanted.status)),
  ]);
  const importer = el("select", { id: "importer", onchange: chosen }, option("", t("jobs.any"), wanted.importer));
  if (wanted.importer) importer.append(option(wanted.importer, wanted.importer, wanted.importer));
  importers()
    .then((found) => {
      const others = found.filter(({ name }) => name !== wanted.importer);
      importer.append(...others.map(({ name }) => option(name, name, wanted.importer)));
    })
    .catch(() => {}); // the list says what is the matter
  return el(
    "div",
    { class: "row filters" },
    el("label", { class: "field" }, t("jobs.status"), status),
    el("label", { class: "field" }, t("jobs.importer"), importer),
  );
}

/** A file may be dropped anywhere on the page. */
function takeDrops(signal) {
  const veil = el("div", { class: "veil", hidden: true }, el("p", {}, t("jobs.drop")));
  document.body.append(veil);
  signal.addEventListener("abort", () => veil.remove(), { once: true });
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  const over = (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    veil.hidden = false;
  };
  const leave = (event) => {
    if (!event.relatedTarget) veil.hidden = true;
  };
  const drop = (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    hand([...event.dataTransfer.files]);
    go(["upload"]);
  };
  document.addEventListener("dragover", over, { signal });
  document.addEventListener("dragleave", leave, { signal });
  document.addEventListener("drop", drop, { signal });
}
