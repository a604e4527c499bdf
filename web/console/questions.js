/** The panel with the questions of a job, and answers that show the job as it is then. */

import { el } from "../shared/dom.js";
import { questionForm } from "../shared/questions.js";
import { sendAnswers } from "../shared/recipes.js";
import { language, t as sharedText } from "../shared/strings.js";

import { runButton } from "./components.js";

/**
 * Send answers; a problem of answers that came too late is thrown after the job is shown.
 * @param {any} job as the reader saw it
 * @param {{version: number, answers: Record<string, any>}} body
 * @param {(job: any) => void} onJob
 */
export async function answer(job, body, onJob) {
  const { job: now, problem } = await sendAnswers(job, body);
  onJob(now);
  if (problem) throw problem;
}

/**
 * The questions of a job in a form; `show(job)` draws it again when the recipe has changed, and hides it when nothing is
 * asked.
 * @param {(job: any) => void} onJob called with the job after an answer
 * @returns {{panel: HTMLElement, trouble: HTMLElement, show: (job: any) => void}}
 */
export function questionPanel(onJob) {
  const panel = el("section", { class: "panel padded", hidden: true });
  const trouble = el("div", {});
  let shown = "";

  const draw = (job) => {
    const { view, answers } = questionForm(job, language(), "h2");
    const button = el("button", { type: "button", class: "first" }, sharedText("questions.send"));
    button.addEventListener("click", () => {
      const body = answers();
      if (body) runButton(button, trouble, () => answer(job, body, onJob));
    });
    panel.hidden = !view;
    panel.replaceChildren(...(view ? [view, el("div", { class: "row" }, button)] : []));
  };

  return {
    panel,
    trouble,
    show(job) {
      const asked = JSON.stringify([job.waiting_for, job.recipe.version, job.questions.map(({ key }) => key)]);
      if (asked === shown) return; // what the reader has chosen stays
      shown = asked;
      draw(job);
    },
  };
}
