/** The upload page: a file with its options and parameters, and what became of each file. */

import "../elements/index.js";

import { el } from "../shared/dom.js";
import { optionFields } from "../shared/options.js";
import { parameterBox, parameterFields, parameterProblem } from "../shared/parameters.js";
import { asProblem, explain } from "../shared/problems.js";
import { language, t as sharedText } from "../shared/strings.js";

import { importers, limits, templateButton } from "./catalogue.js";
import { announce, head, loadInto, status } from "./components.js";
import { replaceAddress, to } from "./router.js";
import { t, tOf } from "./words.js";

const ACCEPTED = ".xlsx,.xls,.ods,.csv,.tsv,.txt,.gz";

/** @type {File[]} */
let handedOver = [];

/** Give files to the upload page before going to it. */
export function handOver(files) {
  handedOver = files;
}

/** @param {Element} main */
export function upload(main, { query, signal }) {
  const place = el("div", {});
  const lead = el("span", {}, t("upload.lead"));
  main.append(head(t("page.upload"), lead), place);
  loadInto(place, signal, importers, (found) => uploadForm(found, { wanted: query.get("importer"), lead, signal }));
}

function uploadForm(found, { wanted, lead, signal }) {
  const sender = el("sluice-upload", { id: "sender", "use-sse": "" });
  const choose = el(
    "select",
    { id: "importer", onchange: () => setImporter() },
    found.map(({ name, title }) => el("option", { value: name, selected: name === wanted }, title)),
  );
  const review = option("review");
  const urgent = option("urgent");
  const force = option("force");
  const hints = el("div", { class: "hints" });
  const lines = el("div", { class: "hints" });
  const changes = el("div", { class: "hints" });
  const unsent = el("div", {});
  const done = el("ul", { class: "done" });
  const waiting = el("p", { class: "muted", role: "status" });
  const trouble = el("div", {});
  let parameters = null;
  let options = null;
  let questions = null;
  /** Files that are not sent yet, of those that were dropped together. */
  let queue = [];
  let together = new Set();
  /** @type {Map<File, Element>} the lines of files that failed */
  const failed = new Map();

  const chosen = () => found.find(({ name }) => name === choose.value);

  const setOptions = () => {
    const { name: importer, lookup } = chosen();
    const constants = parameters.constants();
    const extra = { importer, ...options.extra() };
    if (Object.keys(constants).length) extra.recipe = { constants };
    if (questions.select.value) extra.questions = questions.select.value;
    if (review.box.checked && !lookup) extra.review = true;
    if (urgent.box.checked) extra.priority = "urgent";
    if (force.box.checked) extra.force = true;
    setAttribute(sender, "extra-data", JSON.stringify(extra));
  };

  const setImporter = () => {
    const importer = chosen();
    parameters = parameterFields(importer.parameters, language());
    options = optionFields(importer, language());
    questions = questionChoice(importer);
    lines.replaceChildren(...parameters.lines);
    changes.replaceChildren(...options.lines, questions.line);
    unsent.replaceChildren();
    lead.textContent = tOf(importer, "upload.lead");
    review.line.hidden = Boolean(importer.lookup);
    setAttribute(sender, "accepted-files", importer.file_types.join(",") || ACCEPTED);
    setAttribute(sender, "max-bytes", String(importer.max_bytes));
    setAttribute(sender, "sse-title", importer.title);
    hints.replaceChildren(
      el("p", { class: "muted small" }, limits(importer)),
      templateButton(importer.name, trouble, t("upload.template")),
      trouble,
    );
    replaceAddress(["upload"], { importer: importer.name });
  };

  const sendNext = () => {
    const file = queue.shift();
    waiting.textContent = queue.length ? t("upload.oneByOne", { count: queue.length }) : "";
    if (file) sender.sendFile(file);
  };

  const sendAll = (files) => {
    queue = [...files];
    together = new Set(files);
    sendNext();
  };

  const end = (line) => {
    failed.get(sender.file)?.remove(); // the file was sent again
    done.prepend(line);
    // the element is still dispatching its event, and takes the next file after that
    queueMicrotask(sendNext);
  };

  const endFailed = (file, line) => {
    end(line);
    failed.set(file, line);
  };

  const othersOf = (file) => (together.size > 1 && together.has(file) ? together : null);

  const keepBack = (file, invalid) => {
    if (othersOf(file)) {
      const line = failedLine(file, parameterProblem(invalid, language(), { several: true }));
      parameters.ended(file, { more: queue.length > 0 });
      return endFailed(file, line);
    }
    unsent.replaceChildren(parameterBox(file, invalid, language(), () => sender.sendFile(file)));
    parameters.focus();
  };

  sender.addEventListener("choose", (event) => {
    const { file } = event.detail;
    const invalid = parameters.take(file, { several: othersOf(file), more: queue.length > 0 });
    unsent.replaceChildren();
    setOptions();
    if (!invalid.length) return;
    event.preventDefault();
    keepBack(file, invalid);
  });
  sender.addEventListener("complete", ({ detail }) => {
    parameters.ended(sender.file, { well: true, more: queue.length > 0 });
    end(doneLine(detail.job));
  });
  // of several files, the next one replaces a failed one in the element, so the failure gets a line
  sender.addEventListener("error", ({ detail: { problem, job } }) => {
    parameters.ended(job ? sender.file : null, { more: queue.length > 0 });
    if (together.has(sender.file)) endFailed(sender.file, failedLine(sender.file, problem, job));
    else if (job) done.prepend(doneLine(job));
  });
  const zone = el("section", { class: "panel padded" }, el("h2", {}, t("upload.file")), unsent, sender, waiting, done);
  // the element takes one file; several files are sent one after the other
  const onDrop = (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length < 2) return;
    event.preventDefault();
    event.stopPropagation();
    sendAll(files);
  };
  zone.addEventListener("drop", onDrop, { capture: true, signal });
  setImporter();
  if (handedOver.length) queueMicrotask(() => sendAll(handedOver.splice(0)));
  const choices = el(
    "section",
    { class: "panel padded" },
    el("label", { class: "field" }, t("upload.importer"), choose),
    lines,
    hints,
    el("h2", {}, t("upload.options")),
    changes,
    [review, urgent, force].map(({ line }) => line),
  );
  return el("div", { class: "halves upload" }, choices, zone);
}

function option(name) {
  const box = el("input", { type: "checkbox", name, "aria-describedby": `about-${name}` });
  const about = el("span", { class: "small muted", id: `about-${name}` }, t(`upload.${name}.text`));
  return { box, line: el("div", { class: "check" }, el("label", {}, box, t(`upload.${name}`)), about) };
}

/** What the job does where the file leaves a question open; the first choice is the importer's. */
function questionChoice(importer) {
  const words = (value) => t(`upload.questions.${value}`);
  const usual = el("option", { value: "" }, sharedText("option.usual", { what: words(importer.questions ?? "ask") }));
  const select = el("select", { name: "questions" }, usual);
  select.append(...["ask", "fail"].map((value) => el("option", { value }, words(value))));
  const label = el("label", { class: "field" }, t("upload.questions"), select);
  return { select, line: el("div", { class: "parameter" }, label) };
}

function doneLine(job) {
  const link = el("a", { href: to(["jobs", job.id]) }, t("upload.open"));
  return el("li", { class: "row" }, status(job), el("span", {}, job.file.name), link);
}

function failedLine(file, problem, job) {
  const { title, detail } = explain(asProblem(problem), language());
  announce(`${file.name}: ${title}`);
  const link = job && el("a", { href: to(["jobs", job.id]) }, t("upload.open"));
  const what = el("span", { class: "bad" }, title);
  return el("li", { "data-failed": "" }, el("strong", {}, file.name), " ", what, el("p", { class: "muted" }, detail), link);
}

/** Set an attribute if it changes, because the element reacts to every set attribute. */
function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
