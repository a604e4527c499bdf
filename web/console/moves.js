/** What can be done with a job: a button for each move that its links allow, and one to delete it. */

import { get, post, remove } from "../elements/api.js";
import { el } from "../elements/dom.js";

import { doing } from "./parts.js";
import { t, tOf } from "./strings.js";

const MOVES = ["commit", "resume", "retry", "pause", "rollback", "cancel", "delete"];
const FIRST = new Set(["commit", "resume", "retry"]);
const GRAVE = new Set(["rollback", "cancel", "delete", "force"]);

/** In these a job has ended, and can be deleted. */
const ENDED = new Set(["completed", "failed", "cancelled", "rolled_back"]);

/**
 * Buttons, which `show(job)` exchanges when other moves are allowed.
 * @param {{path: string, signal: AbortSignal, onJob: (job: any) => void}} options
 */
export function moveButtons({ path, signal, onJob }) {
  const buttons = el("div", { class: "row moves" });
  const trouble = el("div", {});
  let job = null;

  const act = async (name) => {
    const body = name === "commit" ? await datesOf(job, path, signal) : (await sure(name, signal, { job })) && {};
    if (!body) return;
    if (name === "delete") return onJob(await remove(path));
    onJob(await post(job.links[name] ?? `${path}/${name}`, name === "commit" ? body : undefined));
  };

  const button = (name) => {
    const kind = FIRST.has(name) ? "first" : GRAVE.has(name) ? "grave" : null;
    const made = el("button", { type: "button", class: kind, "data-move": name }, tOf(job, `move.${name}`));
    made.addEventListener("click", () => doing(made, trouble, () => act(name)));
    return made;
  };

  return {
    buttons,
    trouble,
    show(now) {
      job = now;
      const allowed = MOVES.filter((name) => (name === "delete" ? isLeft(now) : now.links[name]));
      const there = [...buttons.children].map((each) => each.dataset.move);
      if (allowed.join() === there.join()) return;
      const hadFocus = buttons.contains(document.activeElement);
      buttons.replaceChildren(...allowed.map(button));
      if (hadFocus) (buttons.firstElementChild ?? document.getElementById("main")).focus();
    },
  };
}

/** Whether there is anything of it to delete. */
const isLeft = (job) => ENDED.has(job.status) && !job.deleted;

/** Make a move of a job that somebody is sure of. */
export const move = (job, name) => post(job.links[name]);

/** Ask before what cannot be undone: a grave move of a job, or `force` of a source. */
export async function sure(name, signal, { job = null, ...values } = {}) {
  if (!GRAVE.has(name)) return true;
  return (await asked(name, signal, [], { job, values })) !== null;
}

/** The body of a commit: the order of the dates that the job asks about; null when somebody goes back. */
async function datesOf(job, path, signal) {
  if (!job.undecided_dates.length) return {};
  const { undecided_dates: columns } = await get(`${path}/preview`, { query: { limit: 1 }, signal });
  const fields = columns.map((column) =>
    el(
      "label",
      { class: "field" },
      column,
      // nothing is chosen for anybody: a wrong order is a wrong date in every row
      el("select", { name: column, required: true }, [
        el("option", { value: "" }, t("move.choose")),
        el("option", { value: "dmy" }, t("move.dmy")),
        el("option", { value: "mdy" }, t("move.mdy")),
      ]),
    ),
  );
  const answers = await asked("commit", signal, fields, { job });
  return answers && { dates: Object.fromEntries(answers) };
}

/** A dialog with a question; its answers, or null. */
function asked(name, signal, fields, { job, values = {} }) {
  const form = el("form", { method: "dialog" });
  const dialog = el("dialog", { "aria-labelledby": "asked" }, form);
  const back = el("button", { value: "back", formNoValidate: true }, t("cancelDialog"));
  const go = el("button", { value: "go", class: GRAVE.has(name) ? "grave" : "first" }, tOf(job, `move.${name}`));
  form.append(
    el("h2", { id: "asked" }, t(`move.${name}.ask`, values)),
    el("p", { class: "muted" }, tOf(job, `move.${name}.text`)),
    ...fields,
    el("div", { class: "row" }, back, go),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => dialog.close(), { once: true });
    dialog.addEventListener("close", () => {
      const answers = new FormData(form);
      dialog.remove();
      resolve(dialog.returnValue === "go" && !signal.aborted ? answers : null);
    });
    dialog.showModal();
  });
}
