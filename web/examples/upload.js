/** The page of delivery notes: an uploader and a progress bar, each by itself. */

import { loaded, prepare } from "./page.js";

const upload = document.querySelector("sluice-upload");
const progress = document.querySelector("sluice-progress");
const outcome = document.querySelector("#outcome");

upload.addEventListener("complete", ({ detail }) => {
  progress.setAttribute("process-id", detail.importId);
  progress.setAttribute("title", detail.job.file.name);
  progress.hidden = false;
  progress.start();
});
progress.addEventListener("complete", ({ detail }) => {
  outcome.textContent = loaded(detail.job);
  upload.reset();
});
progress.addEventListener("error", () => upload.reset());

await prepare();
