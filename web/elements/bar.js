/** A bar that fills, for eyes and for screen readers. */

import { el } from "./dom.js";

/**
 * @param {string} label
 * @returns {HTMLElement & {show: (percent: number, said: string) => void}}
 */
export function bar(label) {
  const filled = el("span");
  const made = el("div", {
    class: "bar", role: "progressbar", "aria-label": label,
    "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0",
  }, filled);
  made.show = (percent, said) => {
    const whole = Math.max(0, Math.min(100, Math.floor(percent)));
    made.setAttribute("aria-valuenow", String(whole));
    made.setAttribute("aria-valuetext", said);
    filled.style.setProperty("--done", `${whole}%`);
  };
  return made;
}
