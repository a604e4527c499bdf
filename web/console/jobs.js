/** The list of jobs, as they change. */

import { get } from "../elements/api.js";
import { el } from "../elements/dom.js";

import { importers, sources } from "./catalogue.js";
import { jobRow, jobTable } from "./jobrow.js";
import { gone, listen } from "./live.js";
import { nameOf } from "./naming.js";
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
  const list = liveList(place, { wanted, ask, signal });
  fillWith(place, signal, () => ask(null), list.draw);
  listen({ job: list.take, again: list.again }, signal);
}

/** Rows by job, newest first; news change them where they are. */
function liveList(place, { wanted, ask, signal }) {
  const rows = new Map();
  let made = null;
  let more = null;
  let complete = false;

  const fits = (job) =>
    (!wanted.status || job.status === wanted.status) && (!wanted.importer || job.importer === wanted.importer);

  const insert = (job) => {
    const row = jobRow(job);
    rows.set(job.id, row);
    // ids sort by time of creation, so the first row that is older comes after it
    const older = [...made.body.children].find((each) => each.dataset.job < job.id);
    made.body.insertBefore(row.row, older ?? null);
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
    // where there is a next page, nobody knows yet that there is nothing
    if (!rows.size && complete) place.replaceChildren(nothing(wanted), more);
  };

  /** The table, where there was nothing to put in one. */
  const lay = () => {
    if (made?.around.isConnected) return;
    made = jobTable();
    place.replaceChildren(made.around, more);
  };

  const add = (items, next) => {
    complete = !next;
    if (items.length) lay();
    items.forEach(show);
    if (!rows.size && complete) place.replaceChildren(nothing(wanted), more);
  };

  const draw = (page) => {
    complete = !page.next;
    more = moreButton(page.next, signal, ask, add);
    rows.clear();
    made = jobTable();
    page.items.forEach(insert);
    return [rows.size || !complete ? made.around : nothing(wanted), more];
  };

  const awaited = () => place.hasAttribute("aria-busy"); // the answer that comes knows of everything

  return {
    draw,
    async again() {
      const before = [...rows.keys()];
      const page = await ask(null);
      if (signal.aborted || awaited()) return;
      // so much has come, or the first answer was a problem, that the page does not reach what is shown
      const apart = page.next && !before.some((id) => id <= page.items.at(-1)?.id);
      if (!more || apart) return place.replaceChildren(...draw(page));
      if (page.items.length) lay();
      page.items.forEach(show);
      gone(page, before).filter((id) => rows.has(id)).forEach(remove);
    },
    take(job) {
      if (awaited() || !more) return;
      if (!rows.size) {
        if (!fits(job)) return;
        lay();
      }
      const oldest = made.body.lastElementChild?.dataset.job ?? "";
      if (rows.has(job.id) || complete || job.id > oldest) show(job); // older ones come with a later page
    },
  };
}

function tell(job) {
  say(t("jobs.ended", { file: nameOf(job), status: t(`status.${job.status}`) }));
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
  // the one that is chosen is there at once; the others come when they are known
  if (wanted.importer) importer.append(option(wanted.importer, wanted.importer, wanted.importer));
  for (const [key, ask] of [["page.importers", importers], ["page.sources", sources]]) {
    const group = el("optgroup", { label: t(key) });
    importer.append(group);
    ask()
      .then((found) => {
        const others = found.filter(({ name }) => name !== wanted.importer);
        group.append(...others.map(({ name }) => option(name, name, wanted.importer)));
      })
      .catch(() => {}); // the list says what is the matter
  }
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
