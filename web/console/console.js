/** Starts the console: settings, session, the frame around each page, and the page that the address names. */

import { configure, onUnauthorized } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { LANGUAGES, zone } from "../shared/strings.js";

import { head, problemPanel } from "./components.js";
import { dataset, datasets } from "./datasets.js";
import { importers } from "./importers.js";
import { job } from "./job.js";
import { jobs } from "./jobs.js";
import { connect } from "./live.js";
import { queues } from "./queues.js";
import { to, where } from "./router.js";
import { acceptAddress, acceptSettings, addressHasToken, beginSession, endSession, person, token } from "./session.js";
import { exchangeCode, hasReturned, signIn } from "./signin.js";
import { sources } from "./sources.js";
import { upload } from "./upload.js";
import { chooseLanguage, recallLanguage, t } from "./words.js";

/** In the order of the navigation. */
const PAGES = { jobs, upload, importers, sources, queues, data: datasets };
/** Pages of one thing, whose name or id is the second part of the path. */
const DETAIL_PAGES = { jobs: job, data: dataset };

/** How long the first connection takes on most days, at most. */
const CONNECTING_MILLISECONDS = 4000;

const main = document.getElementById("main");
const skip = document.getElementById("skip");
/** @type {import("./session.js").Config} */
let config;
let page = new AbortController();
let session = new AbortController();
let connection = "connecting";
/** Path of the page that was shown before. */
let before = "";
/** Why signing in at the issuer failed. */
let trouble = "";

/** Show the page that the address names, or the sign-in page without a session. */
function show() {
  page.abort();
  page = new AbortController();
  const { path, query } = where();
  if (!path.length) path.push("jobs");
  const [name, one] = path;
  const draw = one === undefined ? PAGES[name] : DETAIL_PAGES[name];
  const isSame = before === path.join("/");
  before = path.join("/");
  const focused = document.activeElement?.id;
  skip.textContent = t("frame.skip");
  drawFrame(token() ? name : null);
  title(token() ? t(draw ? `page.${name}` : "page.nothing") : t("page.signin"));
  main.replaceChildren();
  if (!token()) signIn(main, { config, trouble, onToken: start, signal: page.signal });
  else if (draw) draw(main, { one, query, signal: page.signal, title });
  else main.append(head(t("page.nothing"), t("page.nothing.text")), el("a", { href: to(["jobs"]) }, t("page.toJobs")));
  // a change of a filter keeps the focus and the position
  if (isSame && focused) document.getElementById(focused)?.focus();
  else if (!isSame) focusMain();
}

function focusMain() {
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

function title(text) {
  document.title = `${text} · Sluice`;
}

/** Draw the frame; `current` is the page in the navigation, or null on the sign-in page. */
function drawFrame(current) {
  const brand = el("a", { class: "brand", href: to(["jobs"]) }, el("img", { src: "icon.svg", alt: "" }), "Sluice");
  const aside = el("div", { class: "person" });
  document.getElementById("frame").replaceChildren(brand, ...(current === null ? [] : [navigation(current)]), aside);
  if (current === null) return aside.append(languageSelect());
  aside.append(
    el("span", { class: "connection", role: "status", id: "connection" }),
    el("span", { class: "zone", title: t("frame.zone", { zone: zone().name }) }, zone().offset),
    personMark(),
    languageSelect(),
    el("button", { type: "button", onclick: () => end("out") }, t("frame.signOut")),
  );
  showConnection(connection);
}

function navigation(current) {
  const links = Object.keys(PAGES).map((name) =>
    el("li", {}, el("a", { href: to([name]), "aria-current": name === current ? "page" : null }, t(`page.${name}`))),
  );
  return el("nav", { class: "pages", "aria-label": t("frame.pages") }, el("ul", {}, links));
}

function personMark() {
  const { name, tenant } = person();
  const label = t("frame.signedInAs", { who: name, tenant });
  return el(
    "span",
    { class: "who", title: label },
    el("span", { class: "hidden-text" }, label),
    el("span", { "aria-hidden": "true" }, name, " · ", el("strong", {}, tenant)),
  );
}

function languageSelect() {
  const select = el("select", { id: "language", "aria-label": t("frame.language") });
  for (const [code, name] of Object.entries(LANGUAGES)) {
    const selected = document.documentElement.lang === code;
    select.append(el("option", { value: code, lang: code, selected }, name));
  }
  select.addEventListener("change", () => {
    chooseLanguage(select.value);
    show();
  });
  return select;
}

/** Show whether live changes arrive; the first connection is worth a word only if it takes long. */
function showConnection(state) {
  connection = state;
  const mark = document.getElementById("connection");
  if (!mark) return;
  mark.hidden = state === "connecting";
  mark.dataset.live = state === "live" ? "yes" : "no";
  mark.textContent = mark.hidden ? "" : t(`frame.${state}`);
}

function showSlowConnection() {
  const mark = document.getElementById("connection");
  if (connection !== "connecting" || !mark) return;
  mark.hidden = false;
  mark.textContent = t("frame.connecting");
}

/** Start a session: with the given token, or with the one that the session has. */
function start(given) {
  trouble = "";
  if (given) beginSession(given);
  session.abort();
  session = new AbortController();
  showConnection("connecting");
  setTimeout(showSlowConnection, CONNECTING_MILLISECONDS);
  connect(showConnection, session.signal);
  before = "";
  show();
}

/** End the session; the address stays, so that signing in leads back to it. */
function end(reason) {
  if (!token()) return;
  endSession(reason);
  session.abort();
  before = "";
  show();
}

async function load() {
  recallLanguage();
  try {
    const response = await fetch("../config.json", { cache: "no-store" });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    config = await response.json();
  } catch (error) {
    title(t("page.signin"));
    main.replaceChildren(problemPanel(new Error(`${t("signin.noConfig")}: ${error.message}`), load));
    return;
  }
  configure({ apiUrl: config.api_url, token: () => token() ?? "" });
  onUnauthorized(() => end("over"));
  skip.addEventListener("click", (event) => {
    event.preventDefault(); // the hash of the address names the page, so the link must not change it
    main.focus();
  });
  addEventListener("hashchange", ({ oldURL }) => {
    if (!addressHasToken()) show();
    else if (acceptAddress(config, oldURL)) start();
  });
  if (config.issuer && hasReturned()) {
    try {
      beginSession(await exchangeCode(config));
    } catch (error) {
      endSession("failed");
      trouble = error.message;
    }
  }
  if (addressHasToken()) acceptAddress(config, location.pathname + location.search);
  acceptSettings(config);
  if (token()) start();
  else show();
}

load();
