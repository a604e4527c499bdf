/** `<sluice-progress>`: how far a job is, as it happens. */

import { post } from "./api.js";
import { bar } from "./bar.js";
import { el, fill } from "./dom.js";
import { follow, untilMoved } from "./follow.js";
import { asProblem, problemBox } from "./problems.js";
import { language, t, tOf } from "./strings.js";
import { shadow, sheet } from "./styles.js";

const own = sheet(`
  .box { display: grid; gap: 0.4em; }
  .title { font-weight: 600; overflow-wrap: anywhere; }
  .facts { display: flex; justify-content: space-between; gap: 1em; font-variant-numeric: tabular-nums; }
  .lost { color: var(--warn); }
`);

/**
 * Attributes: `title`, `base-url`, `process-id` (the job's id).
 *
 * Events: `complete` with `{importId, job}` when the job has ended well or waits for review; `error` with
 * `{problem, importId, job}` when it failed, was cancelled, or cannot be followed.
 */
export class SluiceProgress extends HTMLElement {
  static observedAttributes = ["title", "lang"];

  /** Another address of the job's events, with `{id}`; for pages that have a server of their own between. */
  eventsUrl = "";
  #root = shadow(this, own);
  #following = new AbortController();
  #job = null;
  #said = "";
  #parts = null;
  #running = false;
  #lapsed = false;

  connectedCallback() {
    if (!this.#parts) this.#build();
    if (this.#lapsed) this.start();
  }

  /** An element that is moved is taken out and put in again in one go, and follows on. */
  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected || !this.#running) return;
      this.#lapsed = true;
      this.#following.abort();
    });
  }

  attributeChangedCallback() {
    if (this.#parts) this.#build();
  }

  /** The job as it was last heard of. */
  get job() {
    return this.#job;
  }

  /**
   * Follow the job of `process-id`; whatever was followed before is let go.
   * @returns {Promise<any>} the job at its end; undefined when it was let go, or could not be followed
   */
  async start() {
    this.#following.abort();
    const mine = (this.#following = new AbortController());
    this.#running = true;
    this.#lapsed = false;
    this.#job = null;
    this.#said = "";
    if (!this.#parts) this.#build();
    this.#show();
    const importId = this.getAttribute("process-id") ?? "";
    try {
      const job = await this.#follow(importId, mine.signal);
      this.#running = false;
      if (job.status === "failed" || job.status === "cancelled") {
        this.#tell("error", { problem: asProblem(job.problem ?? cancelled(job, this.#lang)), importId, job });
      } else this.#tell("complete", { importId, job });
      return job;
    } catch (error) {
      if (mine.signal.aborted) return undefined;
      this.#running = false;
      const problem = asProblem(error);
      fill(this.#parts.more, problemBox(problem, this.#lang));
      this.#tell("error", { problem, importId, job: this.#job });
      return undefined;
    }
  }

  async #follow(importId, signal) {
    const options = {
      base: this.getAttribute("base-url") ?? undefined,
      url: this.eventsUrl || undefined,
      signal,
      onJob: (newer) => this.#take(newer),
      onLine: (connected) => this.#line(connected),
    };
    for (let newerThan = 0; ; ) {
      const job = await follow(importId, { ...options, newerThan });
      if (job.status !== "paused") return job;
      this.#take(await untilMoved(job, options)); // somebody may go on with it
      newerThan = job.version;
    }
  }

  get #lang() {
    return language(this);
  }

  #build() {
    const title = this.getAttribute("title") || t("progress.title", {}, this.#lang);
    this.#parts = {
      bar: bar(title),
      message: el("span"),
      percent: el("span"),
      live: el("p", { class: "quiet", role: "status" }),
      line: el("p", { class: "lost", role: "status" }),
      more: el("div"),
    };
    const { bar: track, message, percent, live, line, more } = this.#parts;
    const facts = el("p", { class: "facts" }, message, percent);
    const heading = el("p", { class: "title" }, title);
    fill(this.#root, el("div", { class: "box" }, heading, track, facts, line, more, live));
    if (this.#job) this.#show();
  }

  #take(job) {
    if (this.#job && job.version <= this.#job.version) return;
    this.#job = job;
    this.#show();
    this.dispatchEvent(new CustomEvent("progress", { detail: { importId: job.id, job } }));
  }

  #show() {
    const { bar: track, message, percent, live, more } = this.#parts;
    const lang = this.#lang;
    const done = this.#job?.progress.percent ?? 0;
    const said = this.#job ? sentence(this.#job, lang) : t("status.queued", {}, lang);
    message.textContent = said;
    percent.textContent = t("progress.percent", { percent: Math.floor(done) }, lang);
    track.show(done, `${said} ${percent.textContent}`);
    track.classList.toggle("good", this.#job?.status === "completed");
    track.classList.toggle("bad", this.#job?.status === "failed");
    // a screen reader hears of a new phase and of the end, not of every row
    const phase = this.#job ? phaseOf(this.#job, lang) : "";
    if (phase !== this.#said) live.textContent = this.#said = phase;
    const resume = this.#job?.status === "paused" && this.#job.links.resume;
    const goOn = { type: "button", onclick: () => this.#resume(resume) };
    fill(more, resume && el("button", goOn, t("progress.resume", {}, lang)));
  }

  async #resume(link) {
    try {
      this.#take(await post(link, undefined, { base: this.getAttribute("base-url") ?? undefined }));
    } catch (problem) {
      this.#parts.more.append(problemBox(problem, this.#lang));
    }
  }

  #line(connected) {
    const { line } = this.#parts;
    line.textContent = t(connected ? "progress.back" : "progress.lost", {}, this.#lang);
    line.classList.toggle("lost", !connected);
    line.classList.toggle("quiet", connected);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/**
 * How far a job is, in words.
 * @param {any} job
 * @param {string} lang
 * @returns {string}
 */
export function sentence(job, lang) {
  if (job.status === "paused" && job.parked) return `${phaseOf(job, lang)} ${job.parked}`;
  const { current, total } = job.progress;
  const moving = ["parsing", "loading", "rolling_back"].includes(job.status) && job.phase && total > 0;
  return moving ? t("progress.of", { phase: phaseOf(job, lang), current, total }, lang) : phaseOf(job, lang);
}

function phaseOf(job, lang) {
  const moving = job.phase && ["parsing", "loading", "rolling_back"].includes(job.status);
  if (job.status === "paused" && job.parked) return t("status.parked", {}, lang);
  return moving ? t(`phase.${job.phase}`, {}, lang) : tOf(job, `status.${job.status}`, {}, lang);
}

function cancelled(job, lang) {
  const [title, detail] = [t("job.cancelled", {}, lang), tOf(job, "job.cancelled.detail", {}, lang)];
  return { type: "/problems/cancelled", title, detail };
}
