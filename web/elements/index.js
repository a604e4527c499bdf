/** Defines `<sluice-progress>`, `<sluice-upload>` and `<sluice-import-dialog>`; `configure` sets the API's address. */

import { SluiceImportDialog } from "./dialog.js";
import { SluiceProgress } from "./progress.js";
import { SluiceUpload } from "./upload.js";

const elements = {
  "sluice-progress": SluiceProgress,
  "sluice-upload": SluiceUpload,
  "sluice-import-dialog": SluiceImportDialog,
};
// a page may load this file from two addresses; the first definition stays
for (const [name, element] of Object.entries(elements)) {
  if (!customElements.get(name)) customElements.define(name, element);
}

export { Problem, configure, onUnauthorized } from "../shared/api.js";
export { SluiceImportDialog, SluiceProgress, SluiceUpload };
