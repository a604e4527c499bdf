/** When a source is pulled by itself, and a form to say so. */

import { call, located } from "../elements/api.js";
import { el, fill } from "../elements/dom.js";
import { when } from "../elements/strings.js";

import { doing, say } from "./parts.js";
import { mayWrite } from "./session.js";
import { t } from "./strings.js";

/** Minutes of each unit, and how few and how many of it a schedule may have: a quarter of an hour to 31 days. */
const UNITS = {
  minutes: { minutes: 1, least: 15, most: 44_640 },
  hours: { minutes: 60, least: 1, most: 744 },
  days: { minutes: 1440, least: 1, most: 31 },
};

/** @param {{name: string, title: string}} source */
export function scheduling({ name, title }) {
  const path = `/syncs/${encodeURIComponent(name)}/schedule`;
  const next = el("p", { "data-next": "" });
  let schedule = null;

  const show = (now) => {
    schedule = now;
    fill(next, el("strong", {}, `${t("schedule.next")}: `), now ? said(now) : t("schedule.none"));
    form?.show(now);
  };
  const set = async (wanted) => {
    show(await send("PUT", path, wanted));
    say(t("schedule.saved", { title }));
  };
  const off = async () => {
    await send("DELETE", path);
    show(null);
    say(t("schedule.stopped", { title }));
  };
  const form = mayWrite() ? scheduleForm(title, { set, off, current: () => schedule }) : null;
  return { place: el("div", { class: "schedule" }, next, form?.view), show };
}

function said({ every_minutes: minutes, next_at: at }) {
  const { unit, count } = inUnits(minutes);
  return [el("time", { dateTime: at }, when(at)), `, ${t(`schedule.every.${unit}`, { count })}`];
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
    const at = start.value ? new Date(start.value).toISOString() : null; // what was typed is local time
    doing(save, trouble, () => set({ every_minutes: minutes, starting_at: at }));
  };
  unit.addEventListener("change", bounds);
  stop.addEventListener("click", () =>
    doing(stop, trouble, async () => {
      await off();
      save.focus(); // the button that was pressed is gone
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
  // what somebody is typing stays; what is shown anew is as it is now
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

/** The largest unit that a number of minutes is whole in. */
function inUnits(minutes) {
  const unit = Object.keys(UNITS).findLast((name) => minutes % UNITS[name].minutes === 0);
  return { unit, count: minutes / UNITS[unit].minutes };
}

/** An instant as a field for local time takes it. */
function local(instant) {
  const at = new Date(instant);
  at.setMinutes(at.getMinutes() - at.getTimezoneOffset());
  return at.toISOString().slice(0, 16);
}

async function send(method, path, content) {
  const headers = content ? { "Content-Type": "application/json" } : {};
  const answer = await call(await located(path), { method, headers, body: content && JSON.stringify(content) });
  return answer.status === 204 ? null : answer.json();
}
