/** Uploading a file, with a look at what became of it. */

import "../elements/index.js";

import { el } from "../elements/dom.js";
import { keptBack, lackingProblem, parameterFields } from "../elements/parameters.js";
import { asProblem, explain } from "../elements/problems.js";
import { bytes, language, number } from "../elements/strings.js";

import { importers } from "./catalogue.js";
import { fillWith, head, say, status } from "./parts.js";
import { note, to } from "./router.js";
import { t, tOf } from "./strings.js";
import { templateButton } from "./template.js";

const ACCEPTED = ".xlsx,.xls,.ods,.csv,.tsv,.txt,.gz";

/** @type {File[]} */
let handed = [];

/** Files for the upload page, from another one. */
export function hand(files) {
  handed = files;
}

/** @param {Element} main */
export function upload(main, { query, signal }) {
  const place = el("div", {});
  const lead = el("span", {}, t("upload.lead"));
  main.append(head(t("page.upload"), lead), place);
  fillWith(place, signal, importers, (found) => form(found, { wanted: query.get("importer"), lead, signal }));
}

function form(found, { wanted, lead, signal }) {
  const sender = el("sluice-upload", { id: "sender", "use-sse": "" });
  const choose = el(
    "select",
    { id: "importer", onchange: () => settle() },
    found.map(({ name, title }) => el("option", { value: name, selected: name === wanted }, title)),
  );
  const review = option("review");
  const urgent = option("urgent");
  const force = option("force");
  const hints = el("div", { class: "hints" });
  const given = el("div", { class: "hints" });
  const asked = el("div", {});
  const done = el("ul", { class: "done" });
  const waiting = el("p", { class: "muted", role: "status" });
  const trouble = el("div", {});
  let parameters = null;
  let queue = [];
  let together = new Set();
  /** @type {Map<File, Element>} of several files, what became of those that failed */
  const failed = new Map();

  const chosen = () => found.find(({ name }) => name === choose.value);

  /** What goes with the file that was chosen. */
  const prepare = () => {
    const { name: importer, lookup } = chosen();
    const extra = { importer, ...parameters.extra() };
    if (review.box.checked && !lookup) extra.review = true;
    if (urgent.box.checked) extra.priority = "urgent";
    if (force.box.checked) extra.force = true;
    setTo(sender, "extra-data", JSON.stringify(extra));
  };

  const settle = () => {
    const importer = chosen();
    parameters = parameterFields(importer.parameters, language());
    given.replaceChildren(...parameters.lines);
    asked.replaceChildren();
    lead.textContent = tOf(importer, "upload.lead");
    review.line.hidden = Boolean(importer.lookup);
    setTo(sender, "accepted-files", importer.file_types.join(",") || ACCEPTED);
    setTo(sender, "max-bytes", String(importer.max_bytes));
    setTo(sender, "sse-title", importer.title);
    hints.replaceChildren(
      el("p", { class: "muted small" }, limits(importer)),
      templateButton(importer.name, trouble, t("upload.template")),
      trouble,
    );
    note(["upload"], { importer: importer.name });
  };

  const next = () => {
    const file = queue.shift();
    waiting.textContent = queue.length ? t("upload.oneByOne", { count: queue.length }) : "";
    if (file) sender.sendFile(file);
  };

  const take = (files) => {
    queue = [...files];
    together = new Set(files);
    next();
  };

  const end = (line) => {
    failed.get(sender.file)?.remove(); // it was sent again
    done.prepend(line);
    // the element is still at what it tells; it takes the next file when it has done that
    queueMicrotask(next);
  };

  const othersOf = (file) => (together.size > 1 && together.has(file) ? together : null);

  const lack = (file, lacking) => {
    if (othersOf(file)) {
      const line = broken(file, lackingProblem(lacking, language(), { several: true }));
      parameters.ended(file, { more: queue.length > 0 });
      end(line);
      failed.set(file, line);
      return;
    }
    asked.replaceChildren(keptBack(file, lacking, language(), () => sender.sendFile(file)));
    parameters.focus();
  };

  sender.addEventListener("choose", (event) => {
    const { file } = event.detail;
    const lacking = parameters.take(file, { several: othersOf(file), more: queue.length > 0 });
    asked.replaceChildren();
    prepare();
    if (!lacking.length) return;
    event.preventDefault();
    lack(file, lacking);
  });
  sender.addEventListener("complete", ({ detail }) => {
    parameters.ended(sender.file, { well: true, more: queue.length > 0 });
    end(finished(detail.job));
  });
  // what went wrong with one file does not keep the others; its place is taken by the next, so it is noted below
  sender.addEventListener("error", ({ detail: { problem, job } }) => {
    parameters.ended(job ? sender.file : null, { more: queue.length > 0 });
    if (together.has(sender.file)) {
      const line = broken(sender.file, problem, job);
      end(line);
      failed.set(sender.file, line);
    } else if (job) done.prepend(finished(job));
  });
  const zone = el("section", { class: "panel padded" }, el("h2", {}, t("upload.file")), asked, sender, waiting, done);
  // the element takes one file; several at once are sent one after the other
  const several = (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length < 2) return;
    event.preventDefault();
    event.stopPropagation();
    take(files);
  };
  zone.addEventListener("drop", several, { capture: true, signal });
  settle();
  if (handed.length) queueMicrotask(() => take(handed.splice(0)));
  const options = el(
    "section",
    { class: "panel padded" },
    el("label", { class: "field" }, t("upload.importer"), choose),
    given,
    hints,
    el("h2", {}, t("upload.options")),
    [review, urgent, force].map(({ line }) => line),
  );
  return el("div", { class: "halves upload" }, options, zone);
}

function option(name) {
  const box = el("input", { type: "checkbox", name, "aria-describedby": `about-${name}` });
  const about = el("span", { class: "small muted", id: `about-${name}` }, t(`upload.${name}.text`));
  return { box, line: el("div", { class: "check" }, el("label", {}, box, t(`upload.${name}`)), about) };
}

/** How large a file may be. */
export function limits(importer) {
  return t("importers.limits", { rows: number(importer.max_rows), bytes: bytes(importer.max_bytes) });
}

function finished(job) {
  const link = el("a", { href: to(["jobs", job.id]) }, t("upload.open"));
  return el("li", { class: "row" }, status(job.status), el("span", {}, job.file.name), link);
}

/** A file of several that failed. */
function broken(file, problem, job) {
  const { title, detail } = explain(asProblem(problem), language());
  say(`${file.name}: ${title}`);
  const link = job && el("a", { href: to(["jobs", job.id]) }, t("upload.open"));
  const what = el("span", { class: "bad" }, title);
  return el("li", { "data-failed": "" }, el("strong", {}, file.name), " ", what, el("p", { class: "muted" }, detail), link);
}

/** An attribute that is set says something new, so it is set only when there is. */
function setTo(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
