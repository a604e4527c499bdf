/** `<sluice-upload>`: a drop zone that is a button, and the file on its way. */

import { Problem, post } from "./api.js";
import { bar } from "./bar.js";
import { endings, wrongWith } from "./checks.js";
import { el, fill, focusOn, mayFocus } from "./dom.js";
import { asProblem, problemBox } from "./problems.js";
import { send } from "./send.js";
import { bytes, language, t } from "./strings.js";
import { shadow, sheet } from "./styles.js";

const own = sheet(`
  .box { display: grid; gap: 0.8em; }
  .zone {
    display: grid; gap: 0.3em; justify-items: center; align-content: center; width: 100%; min-height: 9em;
    padding: 1.2em; border: 2px dashed var(--muted); border-radius: var(--radius); background: var(--raised);
    text-align: center; overflow-wrap: anywhere;
  }
  .zone strong { color: var(--accent); }
  .zone.over { border-style: solid; border-color: var(--accent); }
  .sending { display: grid; gap: 0.5em; justify-items: start; }
  .sending .bar { width: 100%; }
  .name { font-weight: 600; overflow-wrap: anywhere; }
`);

/**
 * Attributes: `uploadurl`, `base-url`, `extra-data` (JSON: importer, parameters, review, mapping, priority, force,
 * corrects), `use-sse`, `sse-progress-url`, `sse-title`, `accepted-files`, `max-bytes`.
 *
 * Events: `choose` with `{file}`, once its type and size are found right and before it is sent: what is changed then
 * holds for it, and it is not sent when the event is cancelled; `complete` with `{importId, job}`, `error` with
 * `{problem}`.
 */
export class SluiceUpload extends HTMLElement {
  static observedAttributes = ["lang", "accepted-files", "max-bytes"];

  #root = shadow(this, own);
  #sending = new AbortController();
  #busy = false;
  /** @type {File | null} */
  #file = null;
  #more = {};
  /** A job that waits for a form with its file; @type {any} */
  #awaiting = null;

  connectedCallback() {
    if (!this.#root.hasChildNodes()) this.reset();
  }

  /** An element that is moved is taken out and put in again in one go, and goes on with what it does. */
  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected || !this.#busy) return;
      this.#sending.abort(new DOMException("The element is gone.", "AbortError"));
      fill(this.#root);
    });
  }

  /** Other limits change what the drop zone says, and nothing of what is shown beside or instead of it. */
  attributeChangedCallback(_name, before, after) {
    const shown = this.#root.querySelector(".zone");
    if (!shown || before === after) return;
    const focused = this.#root.activeElement === shown;
    const [zone, input] = this.#zone();
    shown.nextElementSibling.replaceWith(input);
    shown.replaceWith(zone);
    if (focused) focusOn(zone);
  }

  /** The file that was chosen last. */
  get file() {
    return this.#file;
  }

  /** Show the empty drop zone again; a file on its way is stopped. */
  reset() {
    this.#sending.abort(new DOMException("Another file is chosen.", "AbortError"));
    this.#busy = false;
    this.#show(this.#zone());
  }

  /**
   * Check a file, and send it if nothing is wrong with it.
   * @param {File} file
   * @param {Record<string, unknown>} [more] goes before `extra-data`
   */
  async sendFile(file, more = {}) {
    this.#file = file;
    this.#more = more;
    const accepted = endings(this.getAttribute("accepted-files"));
    const wrong = wrongWith(file, { accepted, maxBytes: Number(this.getAttribute("max-bytes") ?? 0) });
    if (wrong) return this.#refuse(wrong);
    if (!this.dispatchEvent(new CustomEvent("choose", { detail: { file }, cancelable: true }))) return this.reset();
    this.#sending.abort(new DOMException("It is sent again.", "AbortError"));
    const mine = (this.#sending = new AbortController());
    this.#busy = true;
    const sending = this.#sendingView(file);
    try {
      const told = { onProgress: sending.tell, onForm: (job) => this.#announced(job) };
      const job = await send(file, { ...this.#request(more), ...told, signal: mine.signal });
      this.#awaiting = null;
      this.#busy = false;
      await this.#sent(job, file);
    } catch (error) {
      if (mine === this.#sending) this.#busy = false;
      if (mine.signal.aborted) {
        if (mine === this.#sending && this.isConnected && mine.signal.reason === STOPPED) this.#stopped(sending);
        return;
      }
      this.#failed(asProblem(error));
    }
  }

  /** A form that was broken off is sent to a new job; the one before would wait for its file all day. */
  #announced(job) {
    const left = this.#awaiting;
    this.#awaiting = job;
    if (left?.links?.cancel) post(left.links.cancel, undefined, { base: this.#base }).catch(() => {});
  }

  #request(more) {
    const extra = this.getAttribute("extra-data");
    const body = { ...(extra ? JSON.parse(extra) : {}), ...more };
    return { body, base: this.#base, uploadUrl: this.getAttribute("uploadurl") || undefined };
  }

  get #base() {
    return this.getAttribute("base-url") ?? undefined;
  }

  #t(key, values = {}) {
    return t(key, values, language(this));
  }

  #show(...content) {
    fill(this.#root, el("div", { class: "box" }, content));
  }

  #zone() {
    const accepted = endings(this.getAttribute("accepted-files"));
    const limit = Number(this.getAttribute("max-bytes") ?? 0);
    const input = el("input", { type: "file", accept: accepted.join(","), hidden: true, tabIndex: -1 });
    input.addEventListener("change", () => this.#choose([...input.files]));
    const hints = [
      accepted.length > 0 && this.#t("upload.types", { types: accepted.join(", ") }),
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
    if (files.length > 1) this.#refuse(new Problem({ type: "/problems/many", count: files.length }));
    else if (files.length === 1) this.sendFile(files[0]);
  }

  #sendingView(file) {
    const lang = language(this);
    const track = bar(this.#t("upload.sending", { name: file.name }));
    const facts = el("p", { class: "muted" }, this.#t("upload.reading", { name: file.name }));
    const live = el("p", { class: "quiet", role: "status" });
    const stop = el("button", { type: "button", onclick: () => this.#sending.abort(STOPPED) }, this.#t("upload.stop"));
    const name = el("p", { class: "name" }, this.#t("upload.sending", { name: file.name }));
    const view = { sent: 0, total: file.size, tell: () => {} };
    view.tell = ({ sent, total }) => {
      Object.assign(view, { sent, total });
      const said = this.#t("upload.sent", { sent: bytes(sent, lang), total: bytes(total, lang) });
      facts.textContent = said;
      track.show(total ? (100 * sent) / total : 0, said);
      if (sent === total) live.textContent = said;
    };
    this.#show(el("div", { class: "sending" }, name, track, facts, stop, live));
    this.#focus(stop);
    return view;
  }

  /** What was sent in parts is kept by the store, so going on sends only the rest. */
  #stopped({ sent, total }) {
    const lang = language(this);
    const values = { sent: bytes(sent, lang), total: bytes(total, lang) };
    const goOn = this.#button("upload.resume", () => this.#again(), "primary");
    const other = this.#button("upload.other", () => this.#other());
    const said = el("p", { role: "status" }, this.#t("upload.stopped", values));
    this.#show(said, el("div", { class: "actions" }, goOn, other));
    this.#focus(goOn);
  }

  async #sent(job, file) {
    if (this.hasAttribute("use-sse") && this.getAttribute("use-sse") !== "false") await this.#follow(job);
    else {
      this.#show(el("p", { role: "status" }, this.#t("upload.done", { name: file.name })));
      this.#tell("complete", { importId: job.id, job });
    }
  }

  async #follow(job) {
    const progress = el("sluice-progress", { title: this.getAttribute("sse-title") ?? "", "process-id": job.id });
    if (this.#base) progress.setAttribute("base-url", this.#base);
    progress.eventsUrl = this.getAttribute("sse-progress-url") ?? "";
    const actions = el("div", { class: "actions" });
    const other = this.#button("upload.other", () => this.#other());
    const again = this.#button("job.follow", () => {
      fill(actions);
      progress.start();
    });
    progress.addEventListener("complete", (event) => {
      fill(actions, other);
      this.#tell("complete", event.detail);
    });
    progress.addEventListener("error", ({ detail }) => {
      // a job that cannot be followed goes on all the same
      if (["failed", "cancelled"].includes(detail.job?.status)) return this.#failed(detail.problem, detail);
      fill(actions, again, other);
      this.#tell("error", detail);
    });
    this.#show(progress, actions);
    await progress.start();
  }

  #refuse(problem) {
    this.#show(this.#zone(), problemBox(problem, language(this)));
    this.#focus(this.#root.querySelector(".zone"));
    this.#tell("error", { problem });
  }

  #failed(problem, detail = {}) {
    const sameFile = problem.is("same-file");
    // what a job said of its file would be said again; what broke on the way may go through now
    const first = sameFile
      ? this.#button("upload.anyway", () => this.#again({ force: true }), "primary")
      : !detail.job && this.#button("upload.again", () => this.#again(), "primary");
    const other = this.#button("upload.other", () => this.#other());
    this.#show(problemBox(problem, language(this), first, other));
    this.#focus(first || other);
    this.#tell("error", { ...detail, problem });
  }

  #again(more = {}) {
    if (this.#file) this.sendFile(this.#file, { ...this.#more, ...more });
  }

  #other() {
    this.reset();
    this.#focus(this.#root.querySelector(".zone"));
  }

  /** What the reader is about elsewhere in the page is not taken from under their hands. */
  #focus(target) {
    if (mayFocus(this)) focusOn(target);
  }

  #button(key, onclick, look = "") {
    return el("button", { type: "button", class: look, onclick }, this.#t(key));
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

const STOPPED = new DOMException("The reader stopped it.", "AbortError");
