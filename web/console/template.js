/** A button that downloads an importer's template. */

import { save } from "../elements/api.js";
import { el } from "../elements/dom.js";

import { doing } from "./parts.js";

/**
 * @param {string} name the importer's
 * @param {Element} trouble where a problem is shown
 * @param {string} text
 * @param {string} [label] where the text alone does not say whose template it is
 */
export function templateButton(name, trouble, text, label) {
  const button = el("button", { type: "button", "aria-label": label }, text);
  const path = `/importers/${encodeURIComponent(name)}/template.xlsx`;
  button.addEventListener("click", () => doing(button, trouble, () => save(path, `${name}-template.xlsx`)));
  return button;
}
