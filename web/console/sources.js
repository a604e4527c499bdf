/** What can be pulled from an upstream, and how that goes. */

import { get, post } from "../elements/api.js";
import { el } from "../elements/dom.js";
import { number } from "../elements/strings.js";

import { listen } from "./live.js";
import { doing, empty, fillWith, head } from "./parts.js";
import { mayWrite } from "./session.js";
import { sourceCard } from "./source.js";
import { t } from "./strings.js";

/** Milliseconds after a schedule strikes, until the job that it begins is there. */
const LATE = 5000;
const LONGEST_TIMER = 2 ** 31 - 1;

/** @param {Element} main */
export function sources(main, { signal }) {
  const place = el("div", { class: "importers" });
  const cards = new Map();
  const ask = () => get("/sources", { signal });
  const awaited = () => place.hasAttribute("aria-busy"); // the answer that comes knows of everything
  let timer = 0;

  const draw = ({ items }) => {
    cards.clear();
    for (const source of items) cards.set(source.name, sourceCard(source, { signal }));
    wake(items);
    if (items.length) return [...cards.values()].map(({ card }) => card);
    return el("div", { class: "panel" }, empty(t("sources.empty"), t("sources.empty.text")));
  };

  const again = async () => {
    const found = await ask();
    if (signal.aborted || awaited()) return;
    const same = found.items.length > 0 && found.items.map(({ name }) => name).join() === [...cards.keys()].join();
    if (!same) return place.replaceChildren(...[draw(found)].flat());
    for (const source of found.items) cards.get(source.name).show(source);
    wake(found.items);
  };

  /** The next time of a schedule is another one once it has struck, whether or not a job began. */
  const wake = (items) => {
    clearTimeout(timer);
    const times = items.flatMap(({ schedule }) => (schedule ? [Date.parse(schedule.next_at)] : []));
    const pause = Math.max(Math.min(...times) - Date.now(), 0) + LATE;
    if (pause <= LONGEST_TIMER) timer = setTimeout(() => again().catch(() => {}), pause);
  };

  const job = (news) => {
    const card = news.kind === "sync" && !awaited() && cards.get(news.importer);
    if (card && card.take(news)) again().catch(() => {}); // somebody else began it, or its schedule
  };

  const trouble = el("div", {});
  main.append(head(t("page.sources"), t("sources.lead"), ...(mayWrite() ? cleanUp(trouble) : [])), trouble, place);
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  fillWith(place, signal, ask, draw);
  listen({ job, again }, signal);
}

/** A button that cancels syncs which nobody is at, and what it has found. */
function cleanUp(trouble) {
  const told = el("p", { class: "muted", role: "status", id: "cleaned" });
  const button = el("button", { type: "button" }, t("sources.cleanUp"));
  const clean = async () => {
    told.textContent = "";
    const { cleaned, by_state: states } = await post("/syncs/cleanup");
    const each = Object.entries(states).map(([state, count]) => `${t(`status.${state}`)}: ${number(count)}`);
    told.textContent = t(cleaned ? "sources.cleaned" : "sources.nothingStuck", { count: cleaned, states: each.join(", ") });
  };
  button.addEventListener("click", () => doing(button, trouble, clean));
  return [told, button];
}
