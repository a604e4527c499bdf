/** `<sluice-import-dialog>`: a file, its check, its preview, its rows loaded or looked up, in one window. */

import { get, post } from "./api.js";
import { dialogStyles } from "./dialog-styles.js";
import { el, fill, focusOn } from "./dom.js";
import { outcome } from "./done.js";
import { fileStep } from "./filestep.js";
import { parameterFields } from "./parameters.js";
import { asProblem, problemBox } from "./problems.js";
import { reviewView } from "./review.js";
import { stepItems, stepsOf } from "./steps.js";
import { language, tOf } from "./strings.js";
import { shadow, tables } from "./styles.js";

/**
 * Attributes: `schema-name` (the importer), `base-url`, `accepted-files`. Methods: `show()`, `hide()`.
 *
 * Events: `shown`, `hidden`; `complete` with `{importId, job}` when rows have been loaded or looked up; `error` with
 * `{problem}`.
 */
export class SluiceImportDialog extends HTMLElement {
  #root = shadow(this, tables, dialogStyles);
  #title = el("h2", { id: "title" });
  #steps = el("ol", { class: "steps" });
  #body = el("div", { class: "body" });
  #close = el("button", { type: "button", onclick: () => this.hide() });
  #head = el("header", {}, this.#title, this.#close);
  #dialog = el("dialog", { "aria-labelledby": "title" }, this.#head, this.#steps, this.#body);
  #stage = "";
  /** Takes up a job that could not be shown. @type {(() => void) | null} */
  #lost = null;
  /** The job whose end the page was told of. */
  #told = "";
  #importer = null;
  /** Fields for what the importer must know. @type {any} */
  #parameters = null;
  /** @type {File | null} */
  #file = null;

  constructor() {
    super();
    this.#dialog.addEventListener("close", () => this.dispatchEvent(new CustomEvent("hidden")));
    this.#root.append(this.#dialog);
  }

  /** An open dialog that is moved stays open; taken out of the page, it closes. */
  connectedCallback() {
    if (!this.#dialog.open || this.#dialog.matches(":modal")) return;
    this.#dialog.removeAttribute("open");
    this.#dialog.showModal();
  }

  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#dialog.close());
  }

  /** Open it: anew, or where an import that is under way has come to. */
  show() {
    if (this.#dialog.open) return;
    this.#close.textContent = this.#t("dialog.close");
    this.#dialog.showModal();
    this.dispatchEvent(new CustomEvent("shown"));
    if (this.#lost) this.#lost();
    else if (["", "done", "broken"].includes(this.#stage)) this.#begin();
  }

  /** Close it; an import that is under way goes on. */
  hide() {
    this.#dialog.close();
  }

  async #begin() {
    this.#file = null;
    this.#enter("file", "file.heading", el("p", { class: "muted" }, this.#t("file.wait")));
    try {
      const name = encodeURIComponent(this.getAttribute("schema-name") ?? "");
      this.#importer = await get(`/importers/${name}`, this.#options);
    } catch (problem) {
      this.#fail(problem, this.#button("job.follow", () => this.#begin(), "primary"));
      return;
    }
    this.#parameters = parameterFields(this.#importer.parameters, this.#lang);
    this.#choose();
  }

  #choose(file = null, more = {}) {
    const { content, upload } = fileStep({
      importer: this.#importer,
      parameters: this.#parameters,
      accepted: this.getAttribute("accepted-files"),
      base: this.#options.base,
      lang: this.#lang,
      onSent: (job) => {
        this.#file = upload.file;
        this.#watch(job, "check");
      },
      onError: (detail) => this.#tell("error", detail),
    });
    this.#enter("file", "file.heading", content);
    if (file) upload.sendFile(file, more);
  }

  /** Follow a job through `check`, `load` or `lookup`; where nobody looks between the two, from one to the other. */
  #watch(job, stage) {
    const progress = el("sluice-progress", { title: job.file.name, "process-id": job.id });
    if (this.#options.base) progress.setAttribute("base-url", this.#options.base);
    const trouble = el("div");
    const cancel = this.#button("job.cancel", async () => {
      cancel.disabled = true;
      await this.#cancel(job.id).catch((problem) => {
        cancel.disabled = false;
        fill(trouble, problemBox(problem, this.#lang));
      });
    });
    progress.addEventListener("complete", ({ detail }) => this.#arrive(detail.job));
    progress.addEventListener("error", ({ detail }) => {
      if (["failed", "cancelled"].includes(detail.job?.status)) this.#ended(detail);
      else this.#lose(detail.problem, stage, () => this.#watch(job, stage));
    });
    const lead = el("p", { class: "muted" }, this.#t("check.lead"));
    const content = [progress, lead, el("div", { class: "actions" }, cancel), trouble];
    progress.addEventListener("progress", ({ detail }) => {
      if (detail.job.phase !== "lookup" || this.#stage === "lookup") return;
      this.#enter("lookup", "lookup.heading", content);
    });
    this.#enter(stage, `${stage}.heading`, content);
    progress.start();
  }

  async #arrive(job) {
    if (job.status !== "in_review") return this.#done(job);
    return this.#review(job).catch((problem) => this.#lose(problem, "review", () => this.#arrive(job)));
  }

  /** A job that goes on, or waits, but cannot be shown: `again` tries to, and so does opening the dialog anew. */
  #lose(problem, stage, again) {
    const first = this.#button("job.follow", again, "primary");
    const box = problemBox(problem, this.#lang, first, this.#another("upload.other"));
    this.#enter(stage, "job.lost", box, el("p", { class: "muted" }, this.#t("job.lost.detail")));
    this.#lost = again;
    this.#tell("error", { problem: asProblem(problem) });
  }

  async #review(job) {
    const path = `/jobs/${encodeURIComponent(job.id)}/preview`;
    const preview = await get(path, { query: { limit: 20 }, ...this.#options });
    const view = await reviewView({
      preview,
      importer: this.#importer,
      lang: this.#lang,
      base: this.#options.base,
      onCommit: async (dates) => this.#watch(await this.#move(job.id, "commit", { dates }), "load"),
      onRemap: this.#file && ((mapping) => this.#again(job, { mapping })),
      onCancel: async () => this.#ended({ job: await this.#cancel(job.id) }),
    });
    this.#enter("review", "review.heading", view);
  }

  /** The same file once more, read otherwise; the job that read it wrongly is not wanted any more. */
  async #again(job, more) {
    const file = /** @type {File} */ (this.#file);
    if (job.links?.cancel) await this.#cancel(job.id).catch(() => null); // one that stays in review expires by itself
    this.#choose(file, { ...more, force: true });
  }

  async #done(job) {
    if (this.#told !== job.id) {
      this.#told = job.id;
      this.#tell("complete", { importId: job.id, job });
    }
    const view = await outcome(job, { lang: this.#lang, base: this.#options.base });
    const actions = el("div", { class: "actions" }, this.#another("done.another", "primary"), this.#closer());
    this.#enter("done", "done.heading", view, actions);
  }

  #ended({ problem, job }) {
    if (job?.status === "cancelled" && !job.problem) {
      const said = el("p", {}, this.#t("job.cancelled.detail"));
      const actions = el("div", { class: "actions" }, this.#another("upload.other", "primary"), this.#closer());
      this.#enter("broken", "job.cancelled", said, actions);
      return;
    }
    this.#fail(problem ?? job.problem, ...this.#remedies(problem ?? job.problem, job));
  }

  /** What may help: the file once more, read otherwise or in spite of all, or the rest of its rows. */
  #remedies(given, job) {
    const problem = asProblem(given);
    const file = this.#file;
    if (!job) return [];
    const retry = async () => this.#watch(await this.#move(job.id, "retry"), job.lookup ? "lookup" : "load");
    const caught = (action) => () => action().catch((error) => this.#ended({ problem: error, job }));
    const nearest = problem.is("missing-header") ? Object.entries(problem.extra.nearest ?? {}) : [];
    const guessed = nearest.filter(([, header]) => header);
    const mapping = Object.fromEntries(guessed.map(([column, header]) => [header, column]));
    const complete = nearest.length > 0 && Object.keys(mapping).length === nearest.length;
    const guess = this.#button("failed.nearest", () => this.#again(job, { mapping }), "primary");
    const said = guessed.map(([column, header]) => this.#t("failed.nearest", { header, column }));
    guess.textContent = said.join(", ");
    return [
      job.links.retry && this.#button("failed.retry", caught(retry), "primary"),
      problem.is("same-file") && file && this.#button("upload.anyway", () => this.#again(job, {}), "primary"),
      complete && file && guess,
    ];
  }

  #fail(error, ...actions) {
    const box = problemBox(error, this.#lang, ...actions, this.#another("upload.other"));
    this.#enter("broken", "failed.heading", box, el("p", { class: "muted" }, this.#t("failed.todo")));
    this.#tell("error", { problem: asProblem(error) });
  }

  #move(jobId, verb, body = undefined) {
    return post(`/jobs/${encodeURIComponent(jobId)}/${verb}`, body, this.#options);
  }

  #cancel(jobId) {
    return this.#move(jobId, "cancel");
  }

  /** Show a stage, and put the reader at its heading. */
  #enter(stage, heading, ...content) {
    this.#stage = stage;
    this.#lost = null;
    const title = this.#importer?.title;
    this.#title.textContent = title ? this.#t("dialog.title", { title }) : this.#t("dialog.title.plain");
    this.#steps.setAttribute("aria-label", this.#t("dialog.steps"));
    fill(this.#steps, stepItems(stepsOf(this.#importer), stage, this.#lang));
    const said = el("h3", { class: "stage" }, this.#t(heading));
    fill(this.#body, said, content);
    this.#body.scrollTop = 0;
    if (this.#dialog.open) focusOn(said);
  }

  get #lang() {
    return language(this);
  }

  get #options() {
    return { base: this.getAttribute("base-url") ?? undefined };
  }

  #t(key, values = {}) {
    return tOf(this.#importer, key, values, this.#lang);
  }

  #button(key, onclick, look = "") {
    return el("button", { type: "button", class: look, onclick }, this.#t(key));
  }

  #another(key, look = "") {
    return this.#button(key, () => this.#begin(), look);
  }

  #closer() {
    return this.#button("dialog.close", () => this.hide());
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
