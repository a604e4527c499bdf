/** Builds elements, bars and tables; text is always text, never markup. */

/** Properties that exist but take no value, or another value than the attribute's. */
const READ_ONLY = new Set(["class", "list", "form", "role", "for", "width", "height"]);

/** Characters of a date and a time. */
const SHORT = 20;

/**
 * Build an element.
 * @param {string} tag
 * @param {Record<string, unknown>} [props] `on…` functions listen, `class` and names with a dash are attributes, true
 *   and false set and remove; everything else is a property, or an attribute where the element has no such property
 * @param {...(Node | string | number | null | undefined | false | Array<unknown>)} children
 * @returns {any} the element
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2).toLowerCase(), value);
    else if (typeof value === "boolean" && !(name in element)) element.toggleAttribute(name, value);
    else if (name in element && !READ_ONLY.has(name) && !name.includes("-")) element[name] = value;
    else element.setAttribute(name === "className" ? "class" : name, String(value));
  }
  append(element, children);
  return element;
}

function append(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Replace the children.
 * @param {Element | ShadowRoot} parent
 * @param {...unknown} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/**
 * Whether an element may take the focus: the reader is in it or nowhere. Browsers focus the body when the focused
 * element is removed, so the body counts as nowhere.
 * @param {Element} host
 */
export function mayFocus(host) {
  return [null, document.body].includes(/** @type {any} */ (document.activeElement)) || host.matches(":focus-within");
}

/**
 * Focus a heading or region that is not in the tab order.
 * @param {HTMLElement | null} target
 */
export function focusOn(target) {
  if (!target) return;
  if (!target.hasAttribute("tabindex") && !target.matches("button, input, select, a[href]")) target.tabIndex = -1;
  target.focus();
}

/**
 * A progress bar for elements; `set(percent, text)` moves it, and screen readers read the text.
 * @param {string} label
 * @returns {HTMLElement & {set: (percent: number, text: string) => void}}
 */
export function bar(label) {
  const fillOfBar = el("span");
  let moved = false;
  const track = el("div", {
    class: "bar", role: "progressbar", "aria-label": label,
    "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0",
  }, fillOfBar);
  track.set = (percent, text) => {
    track.classList.toggle("moves", moved); // the first value is where the bar begins
    moved = true;
    const whole = Math.max(0, Math.min(100, Math.floor(percent)));
    track.setAttribute("aria-valuenow", String(whole));
    track.setAttribute("aria-valuetext", text);
    fillOfBar.style.setProperty("--done", `${whole}%`);
  };
  return track;
}

/**
 * Put wide content into a box that scrolls by itself, so that the page does not; the keyboard reaches it.
 * @param {Node} content
 * @param {string} label
 */
export function scroller(content, label) {
  return el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": label }, content);
}

/**
 * A table in a scrolling box; `add(rows)` appends rows.
 * @param {string} caption also the name of the box
 * @param {{title: string, number?: boolean}[]} columns
 * @param {unknown[][]} rows cells are text, or nodes
 * @returns {HTMLElement & {add: (rows: unknown[][]) => void}}
 */
export function scrollingTable(caption, columns, rows) {
  const body = el("tbody");
  const look = (column) => (column.number ? "number" : "");
  const head = columns.map((column) => el("th", { scope: "col", class: look(column) }, column.title));
  const table = el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, head)), body);
  const box = scroller(table, caption);
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
  return el("td", { class: `${look} ${isShort(cell) ? "short" : ""}`.trim() }, cell instanceof Node ? cell : String(cell ?? ""));
}

/** Whether a cell should stay on one line: dates, keys and numbers would break at their hyphens. */
export function isShort(cell) {
  const text = cell instanceof Node ? cell.textContent : String(cell ?? "");
  return text.length <= SHORT;
}
