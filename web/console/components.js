/** What the console's pages are built of: statuses, bars, counts, problems, tables, and places that load. */

import { el, isShort, scroller } from "../shared/dom.js";
import { showsParts, kindOf, outcomeBar, stateText } from "../shared/outcomes.js";
import { asProblem, explain } from "../shared/problems.js";
import { language, number } from "../shared/strings.js";

import { t } from "./words.js";

/** A mark for a job's state, in words, a colour and an icon; `show(job)` changes it. */
export function statusMark() {
  const mark = el("span", { class: "status" });
  return {
    mark,
    show(job) {
      mark.textContent = stateWords(job);
      mark.dataset.kind = kindOf(job);
    },
  };
}

/** The state of a job in the console's words, such as "Loaded, 40 rejected". */
export const stateWords = (job) => stateText(job, (state) => t(`status.${state}`));

/** A mark for a state that does not change: of a job, or of an entry of its log, which has no counts. */
export function status(job) {
  const { mark, show } = statusMark();
  show(job);
  return mark;
}

/** Statuses in which a job has ended. */
export const ENDED = new Set(["completed", "failed", "cancelled", "rolled_back"]);

/** A bar for a job: of its progress, and once its rows have their outcome, of these; `show(job)` moves it. */
export function jobBar() {
  const progress = percentBar(t("jobs.progress"));
  const parts = outcomeBar();
  return {
    bar: el("div", { class: "job-bar" }, progress.bar, parts),
    show(job) {
      const settled = showsParts(job);
      // a job that has ended, or asks, without rows has no progress
      progress.bar.hidden = settled || ENDED.has(job.status) || job.status === "in_review";
      parts.hidden = !settled;
      if (settled) parts.show(job);
      progress.show(job.progress.percent);
    },
  };
}

/** A progress bar with its percentage; `show(null)` leaves the percentage empty. */
export function percentBar(label) {
  const progress = el("progress", { max: 100, "aria-label": label });
  const text = el("span", { class: "number", "aria-hidden": "true" });
  return {
    bar: el("div", { class: "bar" }, progress, text),
    show(percent) {
      progress.value = percent ?? 0;
      text.textContent = percent === null ? "" : `${percent}%`;
    },
  };
}

/** A count with its label, for a list of class `counts`. */
export const countTile = (name, count, label = name) =>
  el("div", { "data-count": name }, el("dt", {}, t(`count.${label}`)), el("dd", {}, number(count)));

/** How many rows of its source a sync has read, and of how many if the source has a total. */
export function rowsRead({ offset, current_total: current, expected_total: expected }) {
  const count = Math.max(offset, current);
  return t(expected ? "sync.readOf" : "sync.read", { count, total: expected });
}

/**
 * A problem in a panel, with a button to try again.
 * @param {unknown} error
 * @param {() => void} [retry]
 */
export function problemPanel(error, retry) {
  const problem = asProblem(error);
  const unreachable = problem.is("unreachable");
  const said = explain(problem, language());
  const title = unreachable ? t("problem.unreachable") : problem.title ? said.title : t("problem.unknown");
  return el(
    "div",
    { class: "problem", role: "alert" },
    el(document.querySelector("main h1") ? "h2" : "h1", {}, title),
    el("p", {}, unreachable ? t("problem.unreachable.text") : said.detail),
    retry && el("button", { type: "button", onclick: retry }, t("again")),
  );
}

/** A note that there is nothing to show, and what the reader can do. */
export function empty(title, text, ...actions) {
  if (!text && !actions.length) return el("p", { class: "empty short" }, title);
  return el("div", { class: "empty" }, el("h2", {}, title), text && el("p", {}, text), actions);
}

/**
 * Load something into a place: show that it loads, then draw it or show the problem.
 * @template T
 * @param {Element} place
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} load
 * @param {(found: T) => Node | (Node | null)[]} draw
 */
export async function loadInto(place, signal, load, draw) {
  place.setAttribute("aria-busy", "true");
  place.replaceChildren(el("p", { class: "empty short" }, t("loading")));
  try {
    const found = await load();
    signal.throwIfAborted();
    place.replaceChildren(...[draw(found)].flat().filter(Boolean));
  } catch (error) {
    if (signal.aborted) return;
    place.replaceChildren(problemPanel(error, () => loadInto(place, signal, load, draw)));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

/**
 * Run the action of a button: once at a time, and with its problem shown beside it.
 * @param {HTMLButtonElement} button
 * @param {Element} place where a problem is shown
 * @param {() => Promise<void>} action
 */
export async function runButton(button, place, action) {
  button.disabled = true;
  place.replaceChildren();
  try {
    await action();
  } catch (error) {
    place.replaceChildren(problemPanel(error));
  } finally {
    button.disabled = false;
  }
}

/** Announce a text to screen readers. */
export function announce(text) {
  document.getElementById("live").textContent = text;
}

/** A value as text. */
export function valueText(value) {
  if (value === null || value === undefined || value === "") return t("none");
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The head of a page: title, a line below it, and actions. */
export function head(title, lead, ...actions) {
  const text = el("div", {}, el("h1", {}, title), lead && el("p", { class: "muted" }, lead));
  return el("div", { class: "head" }, text, actions.length ? el("div", { class: "row" }, actions) : null);
}

/** @typedef {{title: string, class?: string}} Column */

/**
 * A table whose body the caller fills: in a scrolling box, or with `cards`, where each row becomes a card on a phone.
 * @param {{caption: string, columns: Column[], cards?: boolean, class?: string}} options
 */
export function table({ caption, columns, cards = false, class: kind = "" }) {
  // CSS that lays a table out as cards removes its roles, so they are set
  const role = (name) => (cards ? { role: name } : {});
  const heads = columns.map((column) =>
    el("th", { scope: "col", class: column.class, ...role("columnheader") }, column.title),
  );
  const body = el("tbody", role("rowgroup"));
  const element = el(
    "table",
    { class: `${kind} ${cards ? "cards" : ""}`.trim() || null, ...role("table") },
    el("caption", { class: "hidden-text" }, caption),
    el("thead", role("rowgroup"), el("tr", role("row"), heads)),
    body,
  );
  return { body, around: cards ? element : scroller(element, caption) };
}

/** A row of a table; its first cell is the header. */
export function row(columns, cells, { cards = false } = {}) {
  const elements = cells.map((cell, at) => {
    const first = at === 0;
    const role = cards ? (first ? "rowheader" : "cell") : null;
    const short = !cards && isShort(cell) ? "short" : "";
    const kind = [columns[at].class, short, cards && first ? "lead" : ""].filter(Boolean).join(" ");
    const label = cards ? columns[at].title : null;
    const props = { class: kind || null, role, scope: first ? "row" : null, "data-label": label };
    return el(first ? "th" : "td", props, cards ? el("div", {}, cell) : cell);
  });
  return el("tr", cards ? { role: "row" } : {}, elements);
}

/**
 * A list that is loaded page by page.
 * @param {{
 *   place: Element, signal: AbortSignal, load: (cursor: string | null) => Promise<{items: any[], next: string | null}>,
 *   caption: string, columns: Column[], cells: (item: any) => unknown[], none: () => Node, cards?: boolean,
 * }} options
 */
export function pagedTable({ place, signal, load, caption, columns, cells, none, cards = false }) {
  return loadInto(
    place,
    signal,
    () => load(null),
    (page) => {
      if (!page.items.length) return none();
      const { body, around } = table({ caption, columns, cards });
      const add = (items) => body.append(...items.map((item) => row(columns, cells(item), { cards })));
      add(page.items);
      return [around, moreButton(page.next, signal, load, add)];
    },
  );
}

/**
 * A button for the next page, as long as there is one.
 * @param {string | null} next
 * @param {AbortSignal} signal
 * @param {(cursor: string) => Promise<{items: any[], next: string | null}>} load
 * @param {(items: any[], next: string | null) => void} add
 */
export function moreButton(next, signal, load, add) {
  const place = el("div", { class: "more" });
  const trouble = el("div");
  const button = el("button", { type: "button" }, t("more"));
  button.addEventListener("click", () =>
    runButton(button, trouble, async () => {
      const page = await load(next);
      if (signal.aborted) return;
      add(page.items, page.next);
      next = page.next;
      if (!next) place.replaceChildren();
    }),
  );
  if (next) place.append(button, trouble);
  return place;
}
