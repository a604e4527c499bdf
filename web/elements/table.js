/** Tables that scroll inside their own box, which the keyboard reaches. */

import { el } from "./dom.js";

/**
 * @param {string} caption also the name of the box
 * @param {{title: string, number?: boolean}[]} columns
 * @param {unknown[][]} rows cells are text, or nodes
 * @returns {HTMLElement & {add: (rows: unknown[][]) => void}}
 */
export function table(caption, columns, rows) {
  const body = el("tbody");
  const look = (column) => (column.number ? "number" : "");
  const head = columns.map((column) => el("th", { scope: "col", class: look(column) }, column.title));
  const shown = el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, head)), body);
  const box = el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": caption }, shown);
  box.add = (more) => {
    for (const cells of more) {
      body.append(el("tr", {}, cells.map((cell, at) => asCell(cell, look(columns[at])))));
    }
  };
  box.add(rows);
  return box;
}

function asCell(cell, look) {
  if (cell instanceof HTMLTableCellElement) return cell;
  return el("td", { class: look }, cell instanceof Node ? cell : String(cell ?? ""));
}
