/** `<sluice-progress>`: the progress of a job, live. */

import { post } from "../shared/api.js";
import { bar, el, fill } from "../shared/dom.js";
import { followJob, isNews, untilResumed } from "../shared/events.js";
import { kindOf, progressText, stateText, waitText } from "../shared/outcomes.js";
import { failure, problemBox } from "../shared/problems.js";
import { language, t, tOf } from "../shared/strings.js";

import { TABLES, addProperties, adoptProperties, attributeOf, attributeProblem, observed } from "./attributes.js";
import { progressStyles, shadow } from "./styles.js";

const TABLE = TABLES["sluice-progress"];
/** Attributes that say what is followed: a change follows the new one at once. */
const FOLLOWED = new Set(["process-id", "base-url", "events-url"]);
const RUNNING = new Set(["parsing", "loading", "rolling_back"]);

/**
 * Attributes: `title`, `base-url`, `process-id` (the job's id), and `events-url`: another address of the job's events,
 * with `{id}` or before the id, for pages whose own server forwards them.
 *
 * Events: `progress` with `{importId, job}` for each change; `complete` with `{importId, job}` when the job has ended
 * well or waits for review; `error` with `{problem, importId, job}` when it failed, was cancelled, or cannot be
 * followed: an attribute is missing, the address is not Sluice's, the connection is lost for two minutes. As a text,
 * the `detail` of an `error` is a sentence.
 */
export class SluiceProgress extends HTMLElement {
  static observedAttributes = [...observed(TABLE), "lang"];

  #root = shadow(this, progressStyles);
  #following = new AbortController();
  #job = null;
  /** The phase that was announced to screen readers last. */
  #announced = "";
  #view = null;
  #running = false;
  #interrupted = false;

  constructor() {
    super();
    adoptProperties(this, TABLE);
  }

  connectedCallback() {
    if (!this.#view) this.#build();
    if (this.#interrupted) this.start();
  }

  /** Stop, unless the element was moved: a move removes and inserts it in one task. */
  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#interrupted = this.#running;
      this.#following.abort();
    });
  }

  attributeChangedCallback(spelling, before, after) {
    if (before === after) return;
    if (!FOLLOWED.has(attributeOf(TABLE, spelling) ?? "")) this.#view && this.#build();
    else if (this.#running) this.start();
  }

  /** The newest known version of the job. */
  get job() {
    return this.#job;
  }

  /**
   * Follow the job of `process-id`, and no longer the job before.
   * @returns {Promise<any>} the job at its end; undefined if it was no longer followed, or could not be. Never rejects:
   *   an `error` event says why
   */
  async start() {
    this.#following.abort();
    const mine = (this.#following = new AbortController());
    this.#running = true;
    this.#interrupted = false;
    this.#job = null;
    this.#announced = "";
    if (!this.#view) this.#build();
    this.#show();
    const importId = this.processId;
    try {
      const wrong = attributeProblem(this, TABLE);
      if (wrong) throw wrong;
      const job = await this.#follow(importId, mine.signal);
      this.#running = false;
      if (job.status === "failed" || job.status === "cancelled") {
        this.#emit("error", failure(job.problem ?? cancelled(job, this.#lang), this.#lang, { importId, job }));
      } else this.#emit("complete", { importId, job });
      return job;
    } catch (error) {
      if (mine.signal.aborted) return undefined;
      this.#running = false;
      const again = el("button", { type: "button", onclick: () => this.start() }, t("job.follow", {}, this.#lang));
      fill(this.#view.more, problemBox(error, this.#lang, again));
      addEventListener("online", () => this.start(), { once: true, signal: mine.signal });
      this.#emit("error", failure(error, this.#lang, { importId, job: this.#job }));
      return undefined;
    }
  }

  async #follow(importId, signal) {
    const options = {
      base: this.#base,
      url: this.eventsUrl || undefined,
      signal,
      onJob: (newer) => this.#accept(newer),
      onConnection: (connected) => this.#showConnection(connected),
    };
    for (let newerThan = 0; ; ) {
      const job = await followJob(importId, { ...options, newerThan });
      if (job.status !== "paused") return job;
      this.#accept(await untilResumed(job, options));
      newerThan = job.version;
    }
  }

  get #lang() {
    return language(this);
  }

  get #base() {
    return this.baseUrl || undefined;
  }

  #build() {
    const title = this.title || t("progress.title", {}, this.#lang);
    this.#view = {
      track: bar(title),
      message: el("span"),
      percent: el("span"),
      live: el("p", { class: "quiet", role: "status" }),
      connection: el("p", { class: "lost", role: "status" }),
      more: el("div"),
    };
    const { track, message, percent, live, connection, more } = this.#view;
    const facts = el("p", { class: "facts" }, message, percent);
    const heading = el("p", { class: "title" }, title);
    fill(this.#root, el("div", { class: "box" }, heading, track, facts, connection, more, live));
    if (this.#job) this.#show();
  }

  #accept(job) {
    if (this.#job && !isNews(job, this.#job)) return;
    this.#job = job;
    this.#show();
    this.#emit("progress", { importId: job.id, job });
  }

  #show() {
    const { track, message, percent, live, more } = this.#view;
    const lang = this.#lang;
    const done = this.#job?.progress.percent ?? 0;
    const text = this.#job ? sentence(this.#job, lang) : t("status.queued", {}, lang);
    message.textContent = text;
    percent.textContent = t("progress.percent", { percent: Math.floor(done) }, lang);
    track.set(done, `${text} ${percent.textContent}`);
    const kind = this.#job ? kindOf(this.#job) : "";
    for (const name of ["good", "warn", "bad"]) track.classList.toggle(name, kind === name);
    // screen readers announce each phase and the end, but not every row
    const phase = this.#job ? phaseOf(this.#job, lang) : "";
    if (phase !== this.#announced) live.textContent = this.#announced = phase;
    const link = this.#job?.status === "paused" && this.#job.links.resume;
    const button = { type: "button", onclick: () => this.#resume(link) };
    const why = this.#job && waitText(this.#job, lang);
    fill(more, why && el("p", { class: "muted" }, why), link && el("button", button, t("progress.resume", {}, lang)));
  }

  async #resume(link) {
    try {
      this.#accept(await post(link, undefined, { base: this.#base }));
    } catch (problem) {
      this.#view.more.append(problemBox(problem, this.#lang));
      this.#emit("error", failure(problem, this.#lang, { importId: this.processId, job: this.#job }));
    }
  }

  #showConnection(connected) {
    const { connection } = this.#view;
    connection.textContent = t(connected ? "progress.back" : "progress.lost", {}, this.#lang);
    connection.classList.toggle("lost", !connected);
    connection.classList.toggle("quiet", connected);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

addProperties(SluiceProgress, TABLE);

/** The state of a job with its numbers, in a sentence. */
function sentence(job, lang) {
  if (isSuspended(job)) return `${phaseOf(job, lang)} ${job.suspended}`;
  const { current, total } = job.progress;
  if (!isRunning(job) || total <= 0) return phaseOf(job, lang);
  const done = t("progress.of", { phase: t(`phase.${job.phase}`, {}, lang), current, total }, lang);
  return job.progress.waits_since ? `${done}. ${progressText(job, lang)}.` : done;
}

function phaseOf(job, lang) {
  if (isSuspended(job)) return t("status.suspended", {}, lang);
  if (job.waits_for || job.progress.waits_since) return progressText(job, lang);
  if (isRunning(job)) return t(`phase.${job.phase}`, {}, lang);
  return stateText(job, (state) => tOf(job, `status.${state === "answers" ? state : job.status}`, {}, lang), lang);
}

const isRunning = (job) => job.phase && RUNNING.has(job.status) && !job.waits_for;

const isSuspended = (job) => job.status === "paused" && job.suspended;

function cancelled(job, lang) {
  const [title, detail] = [t("job.cancelled", {}, lang), tOf(job, "job.cancelled.detail", {}, lang)];
  return { type: "/problems/cancelled", title, detail };
}
