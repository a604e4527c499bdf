/** Corrections: the upload of the corrected errors file of a job, and which job a correction corrects. */

import { el, fill } from "./dom.js";
import { hasLoadedNothing } from "./outcomes.js";
import { problemBox } from "./problems.js";
import { t } from "./strings.js";
import { send } from "./uploader.js";

/**
 * A button that uploads the corrected `errors.xlsx` or `errors.csv` of a job. The API would recognise the file by
 * itself; the id of the job is sent along, so that the file of another job is rejected.
 * @param {any} job
 * @param {{lang: string, base?: string, signal?: AbortSignal, onJob: (job: any, file: File) => void, onProblem?:
 *   (problem: unknown) => void}} options `onJob` is called with the new job, `onProblem` with a problem that is shown
 * @returns {HTMLElement | null} null if the job has no rows to correct, or its rows come from no file; or it has loaded
 *   nothing, so that its file has to be corrected as a whole
 */
export function correctionUpload(job, { lang, base, signal, onJob, onProblem }) {
  if (!job.counts.rejected || job.sync || job.deleted || hasLoadedNothing(job)) return null;
  const input = el("input", { type: "file", accept: ".xlsx,.xls,.ods,.csv,.txt", hidden: true, tabIndex: -1 });
  const button = el("button", { type: "button", onclick: () => input.click() }, t("correction.upload", {}, lang));
  const status = el("p", { class: "muted", role: "status" }, t("correction.lead", {}, lang));
  const trouble = el("div", { class: "stack" });
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = ""; // the same file, mended further, can be chosen again
    if (!file) return;
    button.disabled = true;
    fill(trouble);
    status.textContent = t("correction.sending", { name: file.name }, lang);
    try {
      const body = { importer: job.importer, corrects: job.id, ...(job.review && { review: true }) };
      onJob(await send(file, { body, base, signal }), file);
    } catch (problem) {
      if (signal?.aborted) return;
      fill(trouble, problemBox(problem, lang));
      onProblem?.(problem);
      status.textContent = t("correction.lead", {}, lang);
    } finally {
      button.disabled = false;
    }
  });
  return el("section", { class: "stack correction" }, button, input, status, trouble);
}

/**
 * The line "Corrects job …".
 * @param {any} job
 * @param {{lang: string, href?: (id: string) => string}} options `href` is the address of a job, if it has one
 * @returns {HTMLElement | null} null if the job corrects none
 */
export function correctsLine(job, { lang, href }) {
  if (!job.corrects) return null;
  const id = href ? el("a", { href: href(job.corrects) }, job.corrects) : el("code", {}, job.corrects);
  const [before, after] = t("correction.corrects", { job: "\0" }, lang).split("\0");
  return el("p", { class: "corrects" }, before, id, after);
}
