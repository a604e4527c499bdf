/** Builds elements; text is always text, never markup. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [props] `on…` functions listen, `class` and names with a dash are attributes, true
 *   and false set and remove; everything else is a property, or an attribute where the element has no such property
 * @param {...(Node | string | number | null | undefined | false | Array<unknown>)} children
 * @returns {any} the element
 */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on") && typeof value === "function") made.addEventListener(name.slice(2).toLowerCase(), value);
    else if (typeof value === "boolean" && !(name in made)) made.toggleAttribute(name, value);
    else if (name in made && !READ_ONLY.has(name) && !name.includes("-")) made[name] = value;
    else made.setAttribute(name === "className" ? "class" : name, String(value));
  }
  append(made, children);
  return made;
}

/** Properties that exist but take no value, or another one than the attribute's. */
const READ_ONLY = new Set(["class", "list", "form", "role", "for", "width", "height"]);

function append(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Put other children in.
 * @param {Element | ShadowRoot} parent
 * @param {...unknown} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/**
 * Whether an element may move the focus: the reader is in it, or nowhere. What has just been taken out had it perhaps,
 * and the browser has put it on the body.
 * @param {Element} host
 */
export function mayFocus(host) {
  return [null, document.body].includes(/** @type {any} */ (document.activeElement)) || host.matches(":focus-within");
}

/**
 * Move the focus to a heading or region that nobody tabs to.
 * @param {HTMLElement | null} target
 */
export function focusOn(target) {
  if (!target) return;
  if (!target.hasAttribute("tabindex") && !target.matches("button, input, select, a[href]")) target.tabIndex = -1;
  target.focus();
}
