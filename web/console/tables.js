/** Tables: plain ones, ones that become cards on a phone, and lists that load page by page. */

import { el } from "../elements/dom.js";

import { doing, fillWith } from "./parts.js";
import { t } from "./strings.js";

/** @typedef {{title: string, class?: string}} Column */

/**
 * A table whose body the caller fills.
 * @param {{caption: string, columns: Column[], cards?: boolean, class?: string}} options
 */
export function table({ caption, columns, cards = false, class: kind = "" }) {
  // a table that is laid out as cards would no longer be one to a screen reader, if its roles did not say so
  const role = (name) => (cards ? { role: name } : {});
  const heads = columns.map(({ title, class: kind }) =>
    el("th", { scope: "col", class: kind, ...role("columnheader") }, title),
  );
  const body = el("tbody", role("rowgroup"));
  const made = el(
    "table",
    { class: `${kind} ${cards ? "cards" : ""}`.trim() || null, ...role("table") },
    el("caption", { class: "hidden-text" }, caption),
    el("thead", role("rowgroup"), el("tr", role("row"), heads)),
    body,
  );
  return { table: made, body, around: cards ? made : scroller(made, caption) };
}

/** A row; the first cell is its header. */
export function row(columns, cells, { cards = false } = {}) {
  const made = cells.map((cell, at) => {
    const first = at === 0;
    const role = cards ? (first ? "rowheader" : "cell") : null;
    const kind = [columns[at].class, cards && first ? "lead" : ""].filter(Boolean).join(" ");
    const label = cards ? columns[at].title : null;
    const facts = { class: kind || null, role, scope: first ? "row" : null, "data-label": label };
    return el(first ? "th" : "td", facts, cards ? el("div", {}, cell) : cell);
  });
  return el("tr", cards ? { role: "row" } : {}, made);
}

/** Wide things scroll by themselves, also with the keyboard, so that the page does not. */
export function scroller(content, label) {
  return el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": label }, content);
}

/**
 * A list that is loaded page by page.
 * @param {{
 *   place: Element, signal: AbortSignal, ask: (cursor: string | null) => Promise<{items: any[], next: string | null}>,
 *   caption: string, columns: Column[], cells: (item: any) => unknown[], none: () => Node, cards?: boolean,
 * }} options
 */
export function pagedTable({ place, signal, ask, caption, columns, cells, none, cards = false }) {
  return fillWith(
    place,
    signal,
    () => ask(null),
    (page) => {
      if (!page.items.length) return none();
      const made = table({ caption, columns, cards });
      const add = (items) => made.body.append(...items.map((item) => row(columns, cells(item), { cards })));
      add(page.items);
      return [made.around, moreButton(page.next, signal, ask, add)];
    },
  );
}

/**
 * A button for the next page, for as long as there is one.
 * @param {string | null} next
 * @param {AbortSignal} signal
 * @param {(cursor: string) => Promise<{items: any[], next: string | null}>} ask
 * @param {(items: any[], next: string | null) => void} add
 */
export function moreButton(next, signal, ask, add) {
  const place = el("div", { class: "more" });
  const trouble = el("div");
  const button = el("button", { type: "button" }, t("more"));
  button.addEventListener("click", () =>
    doing(button, trouble, async () => {
      const page = await ask(next);
      if (signal.aborted) return;
      add(page.items, page.next);
      next = page.next;
      if (!next) place.replaceChildren();
    }),
  );
  if (next) place.append(button, trouble);
  return place;
}
