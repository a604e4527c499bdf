/** Actions on a job: a button for each action that its links allow, and one to delete it. */

import { post, remove } from "../shared/api.js";
import { el } from "../shared/dom.js";

import { ENDED, runButton } from "./components.js";
import { mayAdminister, mayWrite } from "./session.js";
import { t, tOf } from "./words.js";

const ACTIONS = ["commit", "resume", "retry", "pause", "rollback", "cancel", "delete"];
const PRIMARY = new Set(["commit", "resume", "retry"]);
/** Actions that cannot be undone, and ask first. */
const DESTRUCTIVE = new Set(["rollback", "cancel", "delete", "force"]);

/**
 * Buttons for the allowed actions; `show(job)` replaces them when other actions are allowed.
 * @param {{path: string, signal: AbortSignal, onJob: (job: any) => void}} options
 */
export function actionButtons({ path, signal, onJob }) {
  const buttons = el("div", { class: "row job-actions" });
  const trouble = el("div", {});
  let job = null;

  const run = async (name) => {
    if (!(await confirmed(name, signal, { job }))) return;
    if (name === "delete") return onJob(await remove(path));
    onJob(await post(job.links[name] ?? `${path}/${name}`));
  };

  const buttonOf = (name) => {
    const kind = PRIMARY.has(name) ? "first" : DESTRUCTIVE.has(name) ? "grave" : null;
    const button = el("button", { type: "button", class: kind, "data-action": name }, tOf(job, `action.${name}`));
    button.addEventListener("click", () => runButton(button, trouble, () => run(name)));
    return button;
  };

  return {
    buttons,
    trouble,
    show(now) {
      job = now;
      const allowed = ACTIONS.filter((name) => (name === "delete" ? canDelete(now) : mayWrite() && now.links[name]));
      const shown = [...buttons.children].map((each) => each.dataset.action);
      if (allowed.join() === shown.join()) return;
      const hadFocus = buttons.contains(document.activeElement);
      buttons.replaceChildren(...allowed.map(buttonOf));
      if (hadFocus) (buttons.firstElementChild ?? document.getElementById("main")).focus();
    },
  };
}

const canDelete = (job) => ENDED.has(job.status) && !job.deleted && mayAdminister();

/**
 * Ask before an action that cannot be undone.
 * @param {string} name an action of a job, or `force` of a source
 * @returns {Promise<boolean>} whether to go on; true at once if the action can be undone
 */
export async function confirmed(name, signal, { job = null, ...values } = {}) {
  if (!DESTRUCTIVE.has(name)) return true;
  const form = el("form", { method: "dialog" });
  const dialog = el("dialog", { "aria-labelledby": "question" }, form);
  const back = el("button", { value: "back" }, t("cancelDialog"));
  const go = el("button", { value: "go", class: "grave" }, tOf(job, `action.${name}`));
  form.append(
    el("h2", { id: "question" }, tOf(job, `action.${name}.ask`, values)),
    el("p", { class: "muted" }, tOf(job, `action.${name}.text`)),
    el("div", { class: "row" }, back, go),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => dialog.close(), { once: true });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "go" && !signal.aborted);
    });
    dialog.showModal();
  });
}
