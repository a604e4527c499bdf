/** The stock page: a button opens the import dialog. */

import { loaded, prepare } from "./page.js";

const dialog = document.querySelector("sluice-import-dialog");
const button = document.querySelector("#import");
const outcome = document.querySelector("#outcome");

button.addEventListener("click", () => dialog.show());
dialog.addEventListener("complete", ({ detail }) => {
  outcome.textContent = loaded(detail.job);
});

await prepare();
button.disabled = false;
