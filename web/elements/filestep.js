/** The first step of an import: what its importer must know, and the file. */

import { save } from "./api.js";
import { el, fill } from "./dom.js";
import { keptBack } from "./parameters.js";
import { problemBox } from "./problems.js";
import { t, tOf } from "./strings.js";

const ACCEPTED = ".xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt,.csv.gz,.tsv.gz,.txt.gz";

/**
 * @typedef {object} FileStep
 * @property {any} importer
 * @property {ReturnType<typeof import("./parameters.js").parameterFields>} parameters
 * @property {string | null} accepted endings, if they are not the importer's
 * @property {string} [base]
 * @property {string} lang
 * @property {(job: any) => void} onSent
 * @property {(detail: any) => void} onError
 */

/**
 * @param {FileStep} step
 * @returns {{content: HTMLElement[], upload: any}} what is shown, and the `<sluice-upload>` in it
 */
export function fileStep({ importer, parameters, accepted, base, lang, onSent, onError }) {
  const kept = el("div", { class: "stack" });
  const trouble = el("div", { class: "stack" });
  const upload = el("sluice-upload", {
    "accepted-files": accepted ?? (importer.file_types.join(",") || ACCEPTED),
    "max-bytes": importer.max_bytes,
  });
  if (base) upload.setAttribute("base-url", base);
  upload.addEventListener("choose", (event) => {
    const { file } = event.detail;
    const lacking = parameters.take(file);
    // where rows are looked up there is nothing to compare, and a job in review would keep the turn
    const extra = { importer: importer.name, ...(!importer.lookup && { review: true }), ...parameters.extra() };
    upload.setAttribute("extra-data", JSON.stringify(extra));
    fill(kept);
    if (!lacking.length) return;
    event.preventDefault();
    fill(kept, keptBack(file, lacking, lang, () => upload.sendFile(file)));
    parameters.focus();
  });
  upload.addEventListener("complete", ({ detail }) => onSent(detail.job));
  upload.addEventListener("error", ({ detail }) => onError(detail));

  const download = async () => {
    fill(trouble);
    const path = `/importers/${encodeURIComponent(importer.name)}/template.xlsx`;
    await save(path, `${importer.name}.xlsx`, { base }).catch((problem) => fill(trouble, problemBox(problem, lang)));
  };
  const template = el("button", { type: "button", class: "plain", onclick: download }, t("file.template", {}, lang));
  const lead = el("p", { class: "muted" }, tOf(importer, "file.lead", {}, lang));
  return { content: [lead, ...parameters.lines, kept, upload, el("div", {}, template), trouble], upload };
}
