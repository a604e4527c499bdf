/** What a job is called: by its file, or by its source. */

import { el } from "../elements/dom.js";

import { sources } from "./catalogue.js";
import { to } from "./router.js";

/** @type {Map<string, string>} titles of sources, as far as they are known */
const titles = new Map();

/** The name of a job's file; of a sync the title of its source, or its name as long as nobody knows its title. */
export const nameOf = (job) => job.file?.name ?? titles.get(job.importer) ?? job.importer;

/**
 * Show what a job is called, and a source's title as soon as it is known: no page waits for that.
 * @param {any} job
 * @param {(name: string) => void} show
 */
export function callBy(job, show) {
  show(nameOf(job));
  if (job.file || titles.has(job.importer)) return;
  const learn = (found) => {
    for (const { name, title } of found) titles.set(name, title);
    show(nameOf(job));
  };
  sources().then(learn, () => {}); // its name tells as much
}

/** A link to a job, with what it is called. */
export function jobLink(job) {
  const link = el("a", { href: to(["jobs", job.id]) });
  callBy(job, (name) => (link.textContent = name));
  return link;
}
