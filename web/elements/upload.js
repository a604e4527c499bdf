/** `<sluice-upload>`: a drop zone that is a button, and the upload of a file. */

import { Problem, post } from "../shared/api.js";
import { bar, el, fill, focusOn, mayFocus } from "../shared/dom.js";
import { acceptedFiles, checkFile, namesOf } from "../shared/files.js";
import { asProblem, failure, problemBox } from "../shared/problems.js";
import { bytes, language, t } from "../shared/strings.js";
import { send } from "../shared/uploader.js";

import {
  TABLES, addProperties, adoptProperties, attributeOf, attributeProblem, givenOptions, observed,
} from "./attributes.js";
import { shadow, uploadStyles } from "./styles.js";

const TABLE = TABLES["sluice-upload"];
/** What the drop zone shows; all other attributes are read when a file is sent. */
const SHOWN = new Set(["accepted-files", "max-bytes", "lang"]);
const STOPPED = new DOMException("The reader stopped the upload.", "AbortError");

/**
 * Attributes: `uploadurl`, `base-url`, `extra-data` (an object as a property, JSON as an attribute: importer, which may
 * be called schema_name, review, priority, force, corrects), `mode`, `blanks`, `deletes`, `on-rejections`, `guards`,
 * `recipe`, `questions`, `use-sse`, `sse-progress-url`, `sse-title`, `accepted-files`, `max-bytes`.
 *
 * Events: `choose` with `{file}`, after the checks of type and size and before the upload: attributes that a listener
 * sets apply to this file, and cancelling the event prevents the upload; `complete` with `{importId, job}`; `error`
 * with `{problem}`, which as a text is a sentence.
 */
export class SluiceUpload extends HTMLElement {
  static observedAttributes = [...observed(TABLE), "lang"];

  #root = shadow(this, uploadStyles);
  #sending = new AbortController();
  #busy = false;
  /** @type {File | null} */
  #file = null;
  #more = {};
  /** A job that waits for a form with its file. @type {any} */
  #waitingJob = null;

  constructor() {
    super();
    adoptProperties(this, TABLE);
  }

  connectedCallback() {
    if (!this.#root.hasChildNodes()) this.reset();
  }

  /** Stop, unless the element was moved: a move removes and inserts it in one task. */
  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected || !this.#busy) return;
      this.#sending.abort(new DOMException("The element was removed.", "AbortError"));
      fill(this.#root);
    });
  }

  /** New limits replace the drop zone, and nothing of what is shown beside it or in its place. */
  attributeChangedCallback(name, before, after) {
    const old = this.#root.querySelector(".zone");
    if (!old || before === after || !SHOWN.has(attributeOf(TABLE, name) ?? name)) return;
    const focused = this.#root.activeElement === old;
    const [zone, input] = this.#zone();
    old.nextElementSibling.replaceWith(input);
    old.replaceWith(zone);
    if (focused) focusOn(zone);
  }

  /** The file that was chosen last. */
  get file() {
    return this.#file;
  }

  /** Show the empty drop zone; stop an upload. */
  reset() {
    this.#sending.abort(new DOMException("Another file is chosen.", "AbortError"));
    this.#busy = false;
    this.#show(this.#zone());
  }

  /**
   * Check a file, and send it if the checks pass.
   * @param {File} file
   * @param {Record<string, unknown>} [more] overrides `extra-data`
   */
  async sendFile(file, more = {}) {
    this.#file = file;
    this.#more = more;
    const problem = checkFile(file, { accepted: this.#accepted, maxBytes: this.maxBytes });
    if (problem) return this.#reject(problem);
    if (!this.dispatchEvent(new CustomEvent("choose", { detail: { file }, cancelable: true }))) return this.reset();
    const wrong = this.#attributeProblem(more);
    if (wrong) return this.#reject(wrong);
    this.#sending.abort(new DOMException("The file is sent again.", "AbortError"));
    const mine = (this.#sending = new AbortController());
    this.#busy = true;
    const view = this.#sendingView(file);
    try {
      const callbacks = { onProgress: view.update, onForm: (job) => this.#announced(job), onLost: view.lose };
      const job = await send(file, { ...this.#request(more), ...callbacks, signal: mine.signal });
      this.#waitingJob = null;
      this.#busy = false;
      await this.#sent(job, file);
    } catch (error) {
      if (mine === this.#sending) this.#busy = false;
      if (mine.signal.aborted) {
        if (mine === this.#sending && this.isConnected && mine.signal.reason === STOPPED) this.#stopped(view);
        return;
      }
      this.#failed(asProblem(error));
    }
  }

  /** Cancel the job of a form that was stopped: its file goes to a new job, so it would wait until it expires. */
  #announced(job) {
    const before = this.#waitingJob;
    this.#waitingJob = job;
    if (before?.links?.cancel) post(before.links.cancel, undefined, { base: this.#base }).catch(() => {});
  }

  #request(more) {
    return { body: this.#body(more), base: this.#base, uploadUrl: this.uploadUrl || undefined };
  }

  /** The announcement, less the file: options and `extra-data`, with the importer under its own name. */
  #body(more) {
    const { schema_name: importer, ...extra } = { ...givenOptions(this), ...this.extraData, ...more };
    return importer === undefined ? extra : { importer, ...extra };
  }

  /** A wrong attribute, or no importer: a page's own server behind `uploadurl` may add it, the API cannot. */
  #attributeProblem(more) {
    const wrong = attributeProblem(this, TABLE);
    if (wrong || this.uploadUrl || this.#body(more).importer) return wrong;
    return new Problem({ type: "/problems/missing-importer" });
  }

  get #base() {
    return this.baseUrl || undefined;
  }

  get #accepted() {
    return acceptedFiles(this.acceptedFiles);
  }

  #t(key, values = {}) {
    return t(key, values, language(this));
  }

  #show(...content) {
    fill(this.#root, el("div", { class: "box" }, content));
  }

  #zone() {
    const [accepted, limit] = [this.#accepted, this.maxBytes];
    const input = el("input", { type: "file", accept: accepted.accept, hidden: true, tabIndex: -1 });
    input.addEventListener("change", () => this.#choose([...input.files]));
    const hints = [
      accepted.accept && this.#t("upload.types", { types: namesOf(accepted) }),
      limit > 0 && this.#t("upload.size", { size: bytes(limit, language(this)) }),
    ].filter(Boolean);
    const zone = el(
      "button",
      { type: "button", class: "zone", onclick: () => input.click() },
      el("strong", {}, this.#t("upload.choose")),
      hints.length > 0 && el("span", { class: "muted" }, hints.join(" ")),
    );
    const over = (is) => (event) => {
      event.preventDefault();
      zone.classList.toggle("over", is);
    };
    zone.addEventListener("dragenter", over(true));
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", (event) => {
      over(false)(event);
      this.#choose([...(event.dataTransfer?.files ?? [])]);
    });
    return [zone, input];
  }

  #choose(files) {
    if (files.length > 1) this.#reject(new Problem({ type: "/problems/many", count: files.length }));
    else if (files.length === 1) this.sendFile(files[0]);
  }

  #sendingView(file) {
    const lang = language(this);
    const track = bar(this.#t("upload.sending", { name: file.name }));
    const facts = el("p", { class: "muted" }, this.#t("upload.reading", { name: file.name }));
    const live = el("p", { class: "quiet", role: "status" });
    const stop = el("button", { type: "button", onclick: () => this.#sending.abort(STOPPED) }, this.#t("upload.stop"));
    const name = el("p", { class: "name" }, this.#t("upload.sending", { name: file.name }));
    const view = { sent: 0, total: file.size, update: () => {}, lose: () => {} };
    view.lose = (problem) => {
      const detail = failure(problem, lang);
      facts.textContent = live.textContent = detail.problem.detail;
      this.#emit("error", detail);
    };
    view.update = ({ sent, total }) => {
      Object.assign(view, { sent, total });
      const text = this.#t("upload.sent", { sent: bytes(sent, lang), total: bytes(total, lang) });
      facts.textContent = text;
      track.set(total ? (100 * sent) / total : 0, text);
      if (sent === total) live.textContent = text;
    };
    this.#show(el("div", { class: "sending" }, name, track, facts, stop, live));
    this.#focus(stop);
    return view;
  }

  /** Offer to resume: S3 keeps the parts that have arrived. */
  #stopped({ sent, total }) {
    const lang = language(this);
    const values = { sent: bytes(sent, lang), total: bytes(total, lang) };
    const resume = this.#button("upload.resume", () => this.#again(), "primary");
    const other = this.#button("upload.other", () => this.#other());
    const status = el("p", { role: "status" }, this.#t("upload.stopped", values));
    this.#show(status, el("div", { class: "actions" }, resume, other));
    this.#focus(resume);
  }

  async #sent(job, file) {
    if (this.useSse) await this.#follow(job);
    else {
      this.#show(el("p", { role: "status" }, this.#t("upload.done", { name: file.name })));
      this.#emit("complete", { importId: job.id, job });
    }
  }

  async #follow(job) {
    const progress = el("sluice-progress", { title: this.sseTitle, "process-id": job.id });
    Object.assign(progress, { baseUrl: this.baseUrl, eventsUrl: this.sseProgressUrl });
    const actions = el("div", { class: "actions" });
    const other = this.#button("upload.other", () => this.#other());
    progress.addEventListener("progress", () => fill(actions));
    progress.addEventListener("complete", (event) => {
      fill(actions, other);
      this.#emit("complete", event.detail);
    });
    progress.addEventListener("error", ({ detail }) => {
      if (["failed", "cancelled"].includes(detail.job?.status)) return this.#failed(detail.problem, detail);
      fill(actions, other); // the job cannot be followed, but it continues
      this.#emit("error", detail);
    });
    this.#show(progress, actions);
    await progress.start();
  }

  #reject(problem) {
    this.#show(this.#zone(), problemBox(problem, language(this)));
    this.#focus(this.#root.querySelector(".zone"));
    this.#emit("error", failure(problem, language(this)));
  }

  #failed(problem, detail = {}) {
    // a job that failed would fail again with the same file; a failed upload may succeed
    const first = problem.is("same-file")
      ? this.#button("upload.anyway", () => this.#again({ force: true }), "primary")
      : !detail.job && this.#button("upload.again", () => this.#again(), "primary");
    const other = this.#button("upload.other", () => this.#other());
    this.#show(problemBox(problem, language(this), first, other));
    this.#focus(first || other);
    this.#emit("error", failure(problem, language(this), detail));
  }

  #again(more = {}) {
    if (this.#file) this.sendFile(this.#file, { ...this.#more, ...more });
  }

  #other() {
    this.reset();
    this.#focus(this.#root.querySelector(".zone"));
  }

  /** Move the focus, unless the reader is elsewhere on the page. */
  #focus(target) {
    if (mayFocus(this)) focusOn(target);
  }

  #button(key, onclick, look = "") {
    return el("button", { type: "button", class: look, onclick }, this.#t(key));
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

addProperties(SluiceUpload, TABLE);
