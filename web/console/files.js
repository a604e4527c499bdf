/** What can be downloaded of a job. */

import { download } from "../elements/api.js";
import { el } from "../elements/dom.js";
import { bytes, number } from "../elements/strings.js";

import { doing, empty } from "./parts.js";
import { t } from "./strings.js";
import { row, table } from "./tables.js";

/**
 * @param {any[]} offers
 * @param {string} jobId
 */
export function files(offers, jobId) {
  if (!offers.length) return empty(t("files.empty"));
  const columns = [
    { title: t("files.name") },
    { title: t("files.what"), class: "value" },
    { title: t("files.rows"), class: "number" },
    { title: t("files.size") },
    { title: t("files.download") },
  ];
  const made = table({ caption: t("tab.files"), columns, cards: true });
  const trouble = el("div", { class: "padding" });
  const cells = (offer) => [
    offer.name,
    offer.title,
    number(offer.rows),
    offer.bytes === null ? el("span", { class: "muted" }, t("files.unmade")) : bytes(offer.bytes),
    button(offer, jobId, trouble),
  ];
  made.body.append(...offers.map((offer) => row(columns, cells(offer), { cards: true })));
  return [made.around, trouble];
}

function button(offer, jobId, trouble) {
  const label = `${t("files.download")} ${offer.name}`;
  const made = el("button", { type: "button", "aria-label": label }, t("files.download"));
  made.addEventListener("click", () =>
    doing(made, trouble, async () => {
      if (offer.bytes === null) made.textContent = t("files.being");
      try {
        await download(jobId, offer.name);
      } finally {
        made.textContent = t("files.download");
      }
    }),
  );
  return made;
}
