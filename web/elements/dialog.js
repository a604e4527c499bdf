/** `<sluice-import-dialog>`: choose a file, check it, review it, and load or look up its rows, in one dialog. */

import { Problem, apiRoot, get, notSluice, post, save } from "../shared/api.js";
import { correctionUpload, correctsLine } from "../shared/correction.js";
import { el, fill, focusOn } from "../shared/dom.js";
import { optionFields } from "../shared/options.js";
import { parameterBox, parameterFields } from "../shared/parameters.js";
import { asProblem, failure, problemBox } from "../shared/problems.js";
import { isAsking } from "../shared/questions.js";
import { sendAnswers } from "../shared/recipes.js";
import { language, t, tOf } from "../shared/strings.js";

import {
  TABLES, addProperties, adoptProperties, attributeOf, attributeProblem, givenOptions, observed,
} from "./attributes.js";
import { outcome } from "./outcome.js";
import { reviewView } from "./review.js";
import { dialogStyles, shadow } from "./styles.js";

const TABLE = TABLES["sluice-import-dialog"];
const ACCEPTED = ".xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt,.csv.gz,.tsv.gz,.txt.gz";

/**
 * Attributes: `schema-name` (the importer), `base-url`, `accepted-files`, `open`, the options of the load: `mode`,
 * `blanks`, `deletes`, `on-rejections`, `guards`, and `recipe` and `questions`. Methods: `show()`, `hide()`.
 *
 * Events: `shown`, `hidden`; `complete` with `{importId, job}` when rows have been loaded or looked up; `error` with
 * `{problem}` for every failure, which as a text is a sentence.
 */
export class SluiceImportDialog extends HTMLElement {
  static observedAttributes = observed(TABLE);

  #root = shadow(this, dialogStyles);
  #title = el("h2", { id: "title" });
  #steps = el("ol", { class: "steps" });
  #body = el("div", { class: "body" });
  #close = el("button", { type: "button", onclick: () => this.hide() });
  #head = el("header", {}, this.#title, this.#close);
  #dialog = el("dialog", { "aria-labelledby": "title" }, this.#head, this.#steps, this.#body);
  #stage = "";
  /** Shows a job that could not be shown before. @type {(() => void) | null} */
  #retryLost = null;
  /** Id of the job whose `complete` event was sent. */
  #completed = "";
  #importer = null;
  /** Replaced when the dialog begins anew, so that an older answer is dropped. */
  #beginning = {};
  /** Fields for the importer's parameters. @type {any} */
  #parameters = null;
  /** Fields for the options that the page has not given. @type {any} */
  #load = null;
  /** @type {File | null} */
  #file = null;

  constructor() {
    super();
    this.#dialog.addEventListener("close", () => {
      this.open = this.#dialog.open; // it may be open again
      this.dispatchEvent(new CustomEvent("hidden"));
    });
    this.#root.append(this.#dialog);
    adoptProperties(this, TABLE);
  }

  /** Keep an open dialog open when the element is moved. */
  connectedCallback() {
    if (this.open) this.show();
    if (!this.#dialog.open || this.#dialog.matches(":modal")) return;
    this.#dialog.removeAttribute("open");
    this.#dialog.showModal();
  }

  attributeChangedCallback(spelling, before, after) {
    const name = attributeOf(TABLE, spelling);
    if (before === after || !this.isConnected) return;
    if (name === "open" && this.open !== this.#dialog.open) this.open ? this.show() : this.hide();
    // before a file is sent nothing is lost; a file that was sent keeps the importer that it was chosen for
    else if (name !== "open" && this.#dialog.open && !this.#file && this.#stage !== "done") this.#begin();
  }

  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#dialog.close());
  }

  /** Open the dialog, at the current stage of a running import or at the start. */
  show() {
    if (this.#dialog.open) return;
    this.#close.textContent = this.#t("dialog.close");
    this.#dialog.showModal();
    this.open = true;
    this.dispatchEvent(new CustomEvent("shown"));
    if (this.#retryLost) this.#retryLost();
    else if (["", "done", "failed"].includes(this.#stage)) this.#begin();
  }

  /** Close the dialog; a running import continues. */
  hide() {
    this.#dialog.close();
    this.open = false;
  }

  async #begin() {
    this.#file = null;
    this.#enter("file", "file.heading", el("p", { class: "muted" }, this.#t("file.wait")));
    const mine = (this.#beginning = {});
    try {
      const importer = await this.#askImporter();
      if (mine !== this.#beginning) return;
      this.#importer = importer;
    } catch (problem) {
      if (mine === this.#beginning) this.#failToBegin(problem);
      return;
    }
    this.#parameters = parameterFields(this.#importer.parameters, this.#lang);
    this.#load = optionFields(this.#importer, this.#lang, givenOptions(this));
    this.#choose();
  }

  async #askImporter() {
    const wrong = attributeProblem(this, TABLE);
    if (wrong) throw wrong;
    const path = `/importers/${encodeURIComponent(this.schemaName)}`;
    const importer = await get(path, this.#options).catch((problem) => {
      if (!(problem instanceof Problem && problem.is("not-found"))) throw problem;
      throw new Problem({ type: "/problems/unknown-importer", status: 404, name: this.schemaName });
    });
    if (!importer?.columns || !importer.file_types) throw notSluice(apiRoot(this.#options.base), 200);
    return importer;
  }

  /** Show why no file can be chosen; the file that a reader has is not to blame. */
  #failToBegin(problem) {
    const again = this.#button("job.follow", () => this.#begin(), "primary");
    this.#enter("failed", "failed.begin", problemBox(problem, this.#lang, again));
    this.#report(problem);
  }

  /** Show the first stage: parameters, upload and template; send `file` at once if there is one. */
  #choose(file = null, more = {}) {
    const importer = this.#importer;
    const unsent = el("div", { class: "stack" });
    const upload = el("sluice-upload", {
      "accepted-files": this.acceptedFiles || importer.file_types.join(",") || ACCEPTED,
      "max-bytes": importer.max_bytes,
      "base-url": this.#options.base,
    });
    upload.addEventListener("choose", (event) => {
      const chosen = event.detail.file;
      const invalid = this.#parameters.take(chosen);
      // a lookup has nothing to compare, and a job in review would hold the importer's lock
      const review = !importer.lookup && { review: true };
      const options = this.#load.extra();
      const constants = { ...options.recipe?.constants, ...this.#parameters.constants() };
      const recipe = Object.keys(constants).length > 0 && { recipe: { ...options.recipe, constants } };
      upload.extraData = { importer: importer.name, ...review, ...options, ...recipe };
      fill(unsent);
      if (!invalid.length) {
        this.#file = chosen;
        return;
      }
      event.preventDefault();
      fill(unsent, parameterBox(chosen, invalid, this.#lang, () => upload.sendFile(chosen)));
      this.#parameters.focus();
    });
    upload.addEventListener("complete", ({ detail }) => {
      this.#file = upload.file;
      this.#watch(detail.job, "check");
    });
    upload.addEventListener("error", ({ detail }) => {
      this.#file = null;
      this.#emit("error", detail);
    });
    const lead = el("p", { class: "muted" }, this.#t("file.lead"));
    const fields = [...this.#parameters.lines, this.#loadFields()];
    this.#enter("file", "file.heading", lead, ...fields, unsent, upload, ...this.#template());
    if (file) upload.sendFile(file, more);
  }

  #loadFields() {
    const { lines } = this.#load;
    return lines.length > 0 && el("details", { class: "stack" }, el("summary", {}, this.#t("option.title")), lines);
  }

  #template() {
    const { name } = this.#importer;
    const trouble = el("div", { class: "stack" });
    const button = this.#button("file.template", async () => {
      fill(trouble);
      const path = `/importers/${encodeURIComponent(name)}/template.xlsx`;
      await save(path, `${name}.xlsx`, this.#options).catch((problem) => this.#showIn(trouble, problem));
    }, "plain");
    return [el("div", {}, button), trouble];
  }

  /** Follow a job through `check`, `load` or `lookup`; a job without review goes from the first to the last. */
  #watch(job, stage, notice = null) {
    const progress = el("sluice-progress", {
      title: job.file.name,
      "process-id": job.id,
      "base-url": this.#options.base,
    });
    const trouble = el("div");
    const cancel = this.#button("job.cancel", async () => {
      cancel.disabled = true;
      await this.#cancel(job.id).catch((problem) => {
        cancel.disabled = false;
        this.#showIn(trouble, problem);
      });
    });
    progress.addEventListener("complete", ({ detail }) => this.#arrive(detail.job));
    progress.addEventListener("error", ({ detail }) => {
      if (["failed", "cancelled"].includes(detail.job?.status)) this.#ended(detail);
      else this.#lose(detail.problem, stage, () => this.#watch(job, stage));
    });
    const lead = el("p", { class: "muted" }, this.#t("check.lead"));
    const content = [notice, progress, lead, el("div", { class: "actions" }, cancel), trouble];
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

  /** Show that a job continues but cannot be shown; `retry` shows it, from a button or when the dialog opens again. */
  #lose(problem, stage, retry) {
    const first = this.#button("job.follow", retry, "primary");
    const box = problemBox(problem, this.#lang, first, this.#another("upload.other"));
    this.#enter(stage, "job.lost", box, el("p", { class: "muted" }, this.#t("job.lost.detail")));
    this.#retryLost = retry;
    this.#report(problem);
  }

  /** Show the questions and the preview of a job in review; `notice` says why they are others than before. */
  async #review(asked, notice = null) {
    const path = `/jobs/${encodeURIComponent(asked.id)}/preview`;
    const preview = asked.links.preview ? await get(path, { query: { limit: 20 }, ...this.#options }) : null;
    const job = preview?.job ?? asked;
    if (job.status !== "in_review") return this.#watch(job, "check");
    const view = await reviewView({
      job,
      preview,
      importer: this.#importer,
      lang: this.#lang,
      base: this.#options.base,
      onProblem: (problem) => this.#report(problem, { importId: job.id, job }),
      onCommit: async () => this.#watch(await this.#act(job.id, "commit"), "load"),
      onAnswer: (body) => this.#answer(job, body),
      onCancel: async () => this.#ended({ job: await this.#cancel(job.id) }),
    });
    const heading = isAsking(job) ? "review.heading.answers" : "review.heading";
    const stage = this.#importer.lookup ? "check" : "review";
    this.#enter(stage, heading, correctsLine(job, { lang: this.#lang }), notice, view);
  }

  /** Send answers, and show the job as it is then. */
  async #answer(asked, body) {
    const { job, problem } = await sendAnswers(asked, body, { lang: this.#lang, ...this.#options });
    const notice = problem && problemBox(problem, this.#lang);
    if (problem) this.#report(problem, { importId: job.id, job });
    if (job.status === "in_review") await this.#review(job, notice);
    else this.#watch(job, "check", notice);
  }

  /** Send the same file again, and cancel the job that read it before. */
  async #again(job) {
    const file = /** @type {File} */ (this.#file);
    if (job.links?.cancel) await this.#cancel(job.id).catch(() => null); // a job that stays in review expires
    this.#choose(file, { force: true });
  }

  async #done(job) {
    if (this.#completed !== job.id) {
      this.#completed = job.id;
      this.#emit("complete", { importId: job.id, job });
    }
    const onProblem = (problem) => this.#report(problem, { importId: job.id, job });
    const view = await outcome(job, { lang: this.#lang, base: this.#options.base, onProblem });
    const actions = el("div", { class: "actions" }, this.#another("done.another", "primary"), this.#closer());
    const onJob = (made, file) => this.#correct(made, file);
    const upload = correctionUpload(job, { lang: this.#lang, ...this.#options, onJob, onProblem });
    this.#enter("done", "done.heading", correctsLine(job, { lang: this.#lang }), view, upload, actions);
  }

  /** Follow the job of a corrected file. */
  #correct(job, file) {
    this.#file = file;
    this.#watch(job, "check");
  }

  #ended({ problem, job }) {
    if (job?.status === "cancelled" && !job.problem) {
      const detail = el("p", {}, this.#t("job.cancelled.detail"));
      const actions = el("div", { class: "actions" }, this.#another("upload.other", "primary"), this.#closer());
      this.#enter("failed", "job.cancelled", detail, actions);
      return;
    }
    this.#fail(problem ?? job.problem, job, ...this.#remedies(problem ?? job.problem, job));
  }

  /** Buttons that may help: retry the remaining rows, or import the file anyway. */
  #remedies(error, job) {
    if (!job) return [];
    const retry = async () => this.#watch(await this.#act(job.id, "retry"), job.lookup ? "lookup" : "load");
    const guarded = (action) => () => action().catch((cause) => this.#ended({ problem: cause, job }));
    const isKnown = asProblem(error).is("same-file") && this.#file;
    return [
      job.links.retry && this.#button("failed.retry", guarded(retry), "primary"),
      isKnown && this.#button("upload.anyway", () => this.#again(job), "primary"),
    ];
  }

  #fail(error, job, ...actions) {
    const box = problemBox(error, this.#lang, ...actions, this.#another("upload.other"));
    this.#enter("failed", "failed.heading", box, el("p", { class: "muted" }, this.#t("failed.todo")));
    this.#report(error, job && { importId: job.id, job });
  }

  /** Show a problem beside what is there, and report it. */
  #showIn(place, problem) {
    fill(place, problemBox(problem, this.#lang));
    this.#report(problem);
  }

  #report(problem, more = {}) {
    this.#emit("error", failure(problem, this.#lang, more));
  }

  #act(jobId, action, body = undefined) {
    return post(`/jobs/${encodeURIComponent(jobId)}/${action}`, body, this.#options);
  }

  #cancel(jobId) {
    return this.#act(jobId, "cancel");
  }

  /** Show a stage, and move the focus to its heading. */
  #enter(stage, heading, ...content) {
    this.#stage = stage;
    this.#retryLost = null;
    const title = this.#importer?.title;
    this.#title.textContent = title ? this.#t("dialog.title", { title }) : this.#t("dialog.title.plain");
    this.#steps.setAttribute("aria-label", this.#t("dialog.steps"));
    fill(this.#steps, stepItems(stepsOf(this.#importer), stage, this.#lang));
    const headline = el("h3", { class: "stage" }, this.#t(heading));
    fill(this.#body, headline, content);
    this.#body.scrollTop = 0;
    if (this.#dialog.open) focusOn(headline);
  }

  get #lang() {
    return language(this);
  }

  get #options() {
    return { base: this.baseUrl || undefined };
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

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

addProperties(SluiceImportDialog, TABLE);

/** The steps of an import; a lookup compares its rows with nothing, so it has no review. */
const stepsOf = (importer) => ["file", "check", ...(importer?.lookup ? ["lookup"] : ["review", "load"])];

/** List items of the steps; at `done` all of them are past, and at `failed` none is current. */
function stepItems(steps, stage, lang) {
  const at = stage === "done" ? steps.length : steps.indexOf(stage);
  return steps.map((step, place) => {
    const past = place < at && el("span", { class: "quiet" }, ` (${t("step.done", {}, lang)})`);
    const look = place === at ? { "aria-current": "step" } : { class: past ? "past" : "" };
    return el("li", look, `${place + 1}. ${t(`step.${step}`, {}, lang)}`, past);
  });
}
