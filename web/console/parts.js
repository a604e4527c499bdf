/** Parts that several pages are made of. */

import { Problem } from "../elements/api.js";
import { el } from "../elements/dom.js";

import { t } from "./strings.js";

const KINDS = {
  completed: "good",
  failed: "bad",
  in_review: "asks",
  paused: "asks",
  waiting_for_file: "over",
  cancelled: "over",
  parked: "asks",
  rolled_back: "over",
};

/** What a job's status is called: more exactly than the API does where its rows are looked up. */
export function stateOf(job) {
  if (job.parked && job.status === "paused") return "parked";
  return job.status === "loading" && job.lookup ? "lookup" : job.status;
}

/** A place for a job's status, in a word and a colour; `show` puts one in. */
export function statusMark() {
  const mark = el("span", { class: "status" });
  return {
    mark,
    show(status) {
      mark.textContent = t(`status.${status}`);
      mark.dataset.kind = KINDS[status] ?? "moves";
    },
  };
}

/** A status that will not change. */
export function status(name) {
  const { mark, show } = statusMark();
  show(name);
  return mark;
}

/** A bar with its percentage; `show(null)` where nobody knows yet. */
export function bar(label) {
  const progress = el("progress", { max: 100, "aria-label": label });
  const words = el("span", { class: "number", "aria-hidden": "true" });
  return {
    bar: el("div", { class: "bar" }, progress, words),
    show(percent, text) {
      progress.value = percent ?? 0;
      words.textContent = text ?? (percent === null ? "" : `${percent}%`);
    },
  };
}

/**
 * What went wrong, with a button to try again.
 * @param {unknown} error
 * @param {() => void} [again]
 */
export function problemBox(error, again) {
  const known = error instanceof Problem ? error : new Problem({ detail: String(error?.message ?? error) });
  const unreachable = known.is("unreachable");
  const title = unreachable ? t("problem.unreachable") : known.title || t("problem.unknown");
  return el(
    "div",
    { class: "problem", role: "alert" },
    el(document.querySelector("main h1") ? "h2" : "h1", {}, title),
    el("p", {}, unreachable ? t("problem.unreachable.text") : known.detail),
    again && el("button", { type: "button", onclick: again }, t("again")),
  );
}

/** Nothing to see, and what to do about it. */
export function empty(title, text, ...actions) {
  if (!text && !actions.length) return el("p", { class: "empty short" }, title);
  return el("div", { class: "empty" }, el("h2", {}, title), text && el("p", {}, text), actions);
}

export const loading = () => el("p", { class: "empty short" }, t("loading"));

/**
 * Fill a place with what was asked for: says that it is loading, draws it, or says what went wrong.
 * @template T
 * @param {Element} place
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} ask
 * @param {(found: T) => Node | (Node | null)[]} draw
 */
export async function fillWith(place, signal, ask, draw) {
  place.setAttribute("aria-busy", "true");
  place.replaceChildren(loading());
  try {
    const found = await ask();
    signal.throwIfAborted();
    place.replaceChildren(...[draw(found)].flat().filter(Boolean));
  } catch (error) {
    if (signal.aborted) return;
    place.replaceChildren(problemBox(error, () => fillWith(place, signal, ask, draw)));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

/**
 * Do what a button asks for: once at a time, and what went wrong is said beside it.
 * @param {HTMLButtonElement} button
 * @param {Element} place where a problem is shown
 * @param {() => Promise<void>} act
 */
export async function doing(button, place, act) {
  button.disabled = true;
  place.replaceChildren();
  try {
    await act();
  } catch (error) {
    place.replaceChildren(problemBox(error));
  } finally {
    button.disabled = false;
  }
}

/** Say something to people who listen to the page. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

/** A cell's value, always as text. */
export function shown(value) {
  if (value === null || value === undefined || value === "") return t("none");
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The head of a page: its title, a line below it, and what one can do. */
export function head(title, lead, ...actions) {
  const words = el("div", {}, el("h1", {}, title), lead && el("p", { class: "muted" }, lead));
  return el("div", { class: "head" }, words, actions.length ? el("div", { class: "row" }, actions) : null);
}
