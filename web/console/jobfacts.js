/** What there is to know of a job: its counts, and its details. */

import { el } from "../elements/dom.js";
import { bytes, number, when } from "../elements/strings.js";

import { shown } from "./parts.js";
import { to } from "./router.js";
import { t } from "./strings.js";

const COUNTS = ["total", "inserted", "updated", "unchanged", "refused", "unprocessed"];
/** Rows that are looked up meet no others. */
const LOOKUP_COUNTS = ["total", "inserted", "refused", "unprocessed"];

/** A count with its name, for a list of class `counts`. */
export const tile = (name, count, label = name) =>
  el("div", { "data-count": name }, el("dt", {}, t(`count.${label}`)), el("dd", {}, number(count)));

/** Tiles of what became of a job's rows. */
export function countsOf(job) {
  const label = (name) => {
    if (name === "total" && job.sync) return "inAll";
    return name === "inserted" && job.lookup ? "lookedUp" : name;
  };
  const all = (job.lookup ? LOOKUP_COUNTS : COUNTS).map((name) => tile(name, job.counts[name], label(name)));
  const gone = job.sync ? [tile("gone", job.sync.gone ?? 0)] : [];
  const back = job.rollback ? Object.entries(job.rollback).map(([name, count]) => tile(name, count)) : [];
  return [...all, ...gone, ...back];
}

/** How many rows of its source a sync has read, of how many if somebody knows. */
export function readOf({ offset, current_total: current, expected_total: expected }) {
  const count = Math.max(offset, current);
  return t(expected ? "sync.readOf" : "sync.read", { count, total: expected });
}

/** Details of a job, for a list of class `facts`. */
export function factsOf(job) {
  const facts = {
    ...(job.sync ? ofSync(job) : { importer: job.importer }),
    parameters: Object.entries(job.parameters ?? {}).map((pair) => pair.join(": ")).join(", "),
    by: job.requested_by,
    created: when(job.created_at),
    started: when(job.started_at),
    finished: when(job.finished_at),
    size: job.file && job.file.bytes !== null ? bytes(job.file.bytes) : null,
    priority: t(`priority.${job.priority}`),
    corrects: job.corrects && el("a", { href: to(["jobs", job.corrects]) }, job.corrects),
    id: el("code", {}, job.id),
  };
  return Object.entries(facts)
    .filter(([, value]) => value)
    .flatMap(([name, value]) => [
      el("dt", {}, t(`fact.${name}`)),
      el("dd", {}, value instanceof Node ? value : shown(value)),
    ]);
}

const ofSync = ({ importer, sync }) => ({
  source: el("a", { href: to(["sources"]) }, importer),
  read: readOf(sync),
  reads: sync.reads,
});
