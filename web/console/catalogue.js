/** Importers, sources and datasets, requested once a session, and what they give to other pages: names and templates. */

import { get, save } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { bytes, number } from "../shared/strings.js";

import { runButton } from "./components.js";
import { to } from "./router.js";
import { t } from "./words.js";

/** Importers, by name. */
export const importers = once("/importers");

/** Sources with title and dataset. Their state changes, so the page of sources requests it itself. */
export const sources = once("/sources");

/** @returns {() => Promise<any[]>} */
function once(path) {
  let requested = null;
  return () => {
    requested ??= get(path).then(
      (page) => page.items,
      (problem) => {
        requested = null;
        throw problem;
      },
    );
    return requested;
  };
}

/** Datasets with the importers and sources that fill them, and the columns that importers declare. */
export async function datasets() {
  const found = new Map();
  const [all, pulled] = await Promise.all([importers(), sources()]);
  const loading = all.filter(({ lookup }) => !lookup); // a lookup writes no records
  for (const each of [...loading, ...pulled]) {
    const dataset = found.get(each.dataset) ?? { name: each.dataset, filledBy: [], columns: [] };
    dataset.filledBy.push(each.title);
    const known = new Set(dataset.columns.map((column) => column.field));
    dataset.columns.push(...(each.columns ?? []).filter((column) => !known.has(column.field)));
    found.set(each.dataset, dataset);
  }
  return [...found.values()];
}

/** How large a file of an importer may be. */
export function limits(importer) {
  return t("importers.limits", { rows: number(importer.max_rows), bytes: bytes(importer.max_bytes) });
}

/**
 * A button that downloads an importer's template.
 * @param {string} name the importer's
 * @param {Element} trouble where a problem is shown
 * @param {string} text
 * @param {string} [label] names the importer if `text` does not
 */
export function templateButton(name, trouble, text, label) {
  const button = el("button", { type: "button", "aria-label": label }, text);
  const path = `/importers/${encodeURIComponent(name)}/template.xlsx`;
  button.addEventListener("click", () => runButton(button, trouble, () => save(path, `${name}-template.xlsx`)));
  return button;
}

/** @type {Map<string, string>} titles of sources, once they are loaded */
const sourceTitles = new Map();

/** The name of a job: its file's name, or its source's title (until the titles are loaded, the source's name). */
export const nameOf = (job) => job.file?.name ?? sourceTitles.get(job.importer) ?? job.importer;

/**
 * Show the name of a job now, and again when the titles of sources are loaded, so that no page waits for them.
 * @param {any} job
 * @param {(name: string) => void} show
 */
export function showName(job, show) {
  show(nameOf(job));
  if (job.file || sourceTitles.has(job.importer)) return;
  const learn = (found) => {
    for (const { name, title } of found) sourceTitles.set(name, title);
    show(nameOf(job));
  };
  sources().then(learn, () => {}); // without the titles, the name stays
}

/**
 * Show the title of a job's importer or source now, or when the titles are loaded; until then its name.
 * @param {any} job
 * @param {(title: string) => void} show
 */
export function showTitle(job, show) {
  const load = job.kind === "sync" ? sources : importers;
  show(job.importer);
  load().then((found) => show(found.find(({ name }) => name === job.importer)?.title ?? job.importer), () => {});
}

/** A link to a job, with its name. */
export function jobLink(job) {
  const link = el("a", { href: to(["jobs", job.id]) });
  showName(job, (name) => (link.textContent = name));
  return link;
}
