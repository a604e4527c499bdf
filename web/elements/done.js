/** The end of an import: what became of the rows, and what can be downloaded. */

import { download, get } from "./api.js";
import { el, fill } from "./dom.js";
import { problemBox } from "./problems.js";
import { refusedRows } from "./refusals.js";
import { bytes, has, t, tOf } from "./strings.js";

const COUNTS = ["inserted", "updated", "unchanged", "refused", "unprocessed"];
/** What somebody looks rows up for comes first. */
const RESULT = "result.xlsx";

/**
 * @param {any} job
 * @param {{lang: string, base?: string}} options
 * @returns {Promise<HTMLElement>}
 */
export async function outcome(job, { lang, base }) {
  const told = COUNTS.filter((name) => job.counts[name] > 0);
  const said = (name) => tOf(job, `done.${name}`, { count: job.counts[name] }, lang);
  const sentences = told.map((name) => el("li", { class: name }, said(name)));
  const refused = job.links.refusals && job.counts.refused > 0 && (() => refusedRows(job.id, { lang, base }));
  return el(
    "div",
    { class: "stack wide" },
    sentences.length > 0 ? el("ul", { class: "outcome" }, sentences) : el("p", {}, tOf(job, "done.nothing", {}, lang)),
    job.links.files && (await fetched(() => fileList(job, { lang, base }), lang)),
    refused && (await fetched(refused, lang)),
  );
}

/** The rows are done, whatever else can be shown just now: a part that cannot be fetched has its own trouble. */
async function fetched(part, lang) {
  const place = el("div", { class: "stack" });
  const again = el("button", { type: "button", onclick: () => ask() }, t("job.follow", {}, lang));
  const ask = async () => fill(place, await part().catch((problem) => problemBox(problem, lang, again)));
  await ask();
  return place;
}

async function fileList(job, { lang, base }) {
  const { items } = await get(`/jobs/${encodeURIComponent(job.id)}/files`, { base });
  if (!items.length) return null;
  items.sort((one, other) => Number(other.name === RESULT) - Number(one.name === RESULT));
  const rows = items.map((file) => el("li", {}, fileButton(job, file, { lang, base })));
  return el("section", { class: "stack" }, el("h4", {}, t("done.files", {}, lang)), el("ul", { class: "files" }, rows));
}

function fileButton(job, file, { lang, base }) {
  const title = has(`file.${file.name}`) ? t(`file.${file.name}`, {}, lang) : file.title;
  const size = file.bytes === null ? "" : bytes(file.bytes, lang);
  const label = `${file.name}: ${size ? t("file.download", { title, size }, lang) : title}`;
  const trouble = el("div");
  const button = el("button", { type: "button" }, label);
  button.addEventListener("click", async () => {
    fill(trouble);
    button.textContent = t("file.preparing", { title: file.name }, lang);
    try {
      await download(job.id, file.name, { base });
    } catch (problem) {
      fill(trouble, problemBox(problem, lang));
    } finally {
      button.textContent = label;
    }
  });
  return [button, trouble];
}
