/** The schedule of a source: its next run, and a form to change it. */

import { put, remove } from "../shared/api.js";
import { el, fill } from "../shared/dom.js";
import { timeMark } from "../shared/strings.js";

import { announce, runButton } from "./components.js";
import { mayWrite } from "./session.js";
import { t } from "./words.js";

/** Minutes of each unit, and its bounds: a schedule runs every 15 minutes at most, and every 31 days at least. */
const UNITS = {
  minutes: { minutes: 1, least: 15, most: 44_640 },
  hours: { minutes: 60, least: 1, most: 744 },
  days: { minutes: 1440, least: 1, most: 31 },
};

/** @param {{name: string, title: string}} source */
export function scheduleView({ name, title }) {
  const path = `/syncs/${encodeURIComponent(name)}/schedule`;
  const next = el("p", { "data-next": "" });
  let schedule = null;

  const show = (now) => {
    schedule = now;
    fill(next, el("strong", {}, `${t("schedule.next")}: `), now ? nextRun(now) : t("schedule.none"));
    form?.show(now);
  };
  const set = async (wanted) => {
    show(await put(path, wanted));
    announce(t("schedule.saved", { title }));
  };
  const off = async () => {
    await remove(path);
    show(null);
    announce(t("schedule.stopped", { title }));
  };
  const form = mayWrite() ? scheduleForm(title, { set, off, current: () => schedule }) : null;
  return { place: el("div", { class: "schedule" }, next, form?.view), show };
}

function nextRun({ every_minutes: minutes, next_at: at }) {
  const { unit, count } = inUnits(minutes);
  return [timeMark(at), `, ${t(`schedule.every.${unit}`, { count })}`];
}

function scheduleForm(title, { set, off, current }) {
  const every = el("input", { type: "number", name: "every", required: true, step: 1 });
  const options = Object.keys(UNITS).map((unit) => el("option", { value: unit }, t(`schedule.${unit}`)));
  const unit = el("select", { name: "unit" }, options);
  const start = el("input", { type: "datetime-local", name: "start" });
  const save = el("button", { class: "first" }, t("schedule.set"));
  const stop = el("button", { type: "button", class: "grave" }, t("schedule.off"));
  const buttons = el("div", { class: "row" }, save);
  const trouble = el("div", {});
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  const bounds = () => {
    every.min = String(UNITS[unit.value].least);
    every.max = String(UNITS[unit.value].most);
  };
  const begin = () => {
    const now = current();
    const { unit: its, count } = inUnits(now?.every_minutes ?? UNITS.days.minutes);
    unit.value = its;
    every.value = String(count);
    start.value = now ? local(now.next_at) : "";
    bounds();
  };
  const submit = (event) => {
    event.preventDefault();
    const minutes = Number(every.value) * UNITS[unit.value].minutes;
    const at = start.value ? new Date(start.value).toISOString() : null; // the field holds local time
    runButton(save, trouble, () => set({ every_minutes: minutes, starting_at: at }));
  };
  unit.addEventListener("change", bounds);
  stop.addEventListener("click", () =>
    runButton(stop, trouble, async () => {
      await off();
      save.focus(); // the pressed button is removed
    }),
  );

  const form = el(
    "form",
    { class: "hints", "aria-label": `${t("schedule.title")}: ${title}`, onsubmit: submit },
    el(
      "div",
      { class: "row filters" },
      el("label", { class: "field" }, t("schedule.every"), every),
      el("label", { class: "field" }, t("schedule.unit"), unit),
      el("label", { class: "field" }, t("schedule.start"), start),
    ),
    el("p", { class: "small muted" }, t("schedule.start.text", { zone })),
    buttons,
    trouble,
  );
  const summary = el("summary", {}, t("schedule.title"), el("span", { class: "hidden-text" }, `: ${title}`));
  const view = el("details", {}, summary, form);
  // the form keeps what the reader types, and shows the current schedule when it opens
  view.addEventListener("toggle", () => view.open && begin());
  begin();
  return {
    view,
    show(now) {
      if (!now) stop.remove();
      else if (!buttons.contains(stop)) buttons.append(stop);
    },
  };
}

/** A number of minutes in the largest unit that divides it. */
function inUnits(minutes) {
  const unit = Object.keys(UNITS).findLast((name) => minutes % UNITS[name].minutes === 0);
  return { unit, count: minutes / UNITS[unit].minutes };
}

/** An instant as the value of a field for local time. */
function local(instant) {
  const at = new Date(instant);
  at.setMinutes(at.getMinutes() - at.getTimezoneOffset());
  return at.toISOString().slice(0, 16);
}
