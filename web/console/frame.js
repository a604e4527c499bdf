/** The frame around every page. */

import { el } from "../elements/dom.js";

import { to } from "./router.js";
import { person } from "./session.js";
import { LANGUAGES, chooseLanguage, t } from "./strings.js";

const PAGES = ["jobs", "upload", "importers", "sources", "queues", "data"];

let state = "connecting";

/**
 * Draw the frame.
 * @param {Element} place
 * @param {string | null} current the page that is shown; null for somebody who is not signed in
 * @param {{onLanguage: () => void, onSignOut: () => void}} does
 */
export function frame(place, current, { onLanguage, onSignOut }) {
  const brand = el("a", { class: "brand", href: to(["jobs"]) }, el("img", { src: "icon.svg", alt: "" }), "Sluice");
  const languages = Object.entries(LANGUAGES).map(([code, name]) =>
    el("option", { value: code, lang: code, selected: document.documentElement.lang === code }, name),
  );
  const language = el(
    "select",
    {
      id: "language",
      "aria-label": t("frame.language"),
      onchange() {
        chooseLanguage(language.value);
        onLanguage();
      },
    },
    languages,
  );
  place.replaceChildren(brand);
  if (current !== null) place.append(navigation(current));
  const aside = el("div", { class: "person" });
  if (current !== null) aside.append(el("span", { class: "connection", role: "status", id: "connection" }), who());
  aside.append(language);
  if (current !== null) aside.append(el("button", { type: "button", onclick: onSignOut }, t("frame.signOut")));
  place.append(aside);
  setConnection(state);
}

/** Say whether news come in. */
export function setConnection(now) {
  state = now;
  const mark = document.getElementById("connection");
  if (!mark) return;
  mark.dataset.live = now === "live" ? "yes" : "no";
  mark.textContent = t(`frame.${now}`);
}

function navigation(current) {
  const links = PAGES.map((name) =>
    el("li", {}, el("a", { href: to([name]), "aria-current": name === current ? "page" : null }, t(`page.${name}`))),
  );
  return el("nav", { class: "pages", "aria-label": t("frame.pages") }, el("ul", {}, links));
}

function who() {
  const { name, tenant } = person();
  const all = t("frame.signedInAs", { who: name, tenant });
  return el(
    "span",
    { class: "who", title: all },
    el("span", { class: "hidden-text" }, all),
    el("span", { "aria-hidden": "true" }, name, " · ", el("strong", {}, tenant)),
  );
}
