/** The console's start: settings, session, frame, and the page that the address means. */

import { el } from "../elements/dom.js";
import { configure, onUnauthorized } from "../elements/session.js";

import { dataset, datasets } from "./dataset.js";
import { frame, setConnection } from "./frame.js";
import { importers } from "./importers.js";
import { job } from "./job.js";
import { jobs } from "./jobs.js";
import { connect } from "./live.js";
import { arrive, returned } from "./oidc.js";
import { head, problemBox } from "./parts.js";
import { queues } from "./queues.js";
import { to, where } from "./router.js";
import { acceptAddress, acceptSettings, drop, handsToken, keep, token } from "./session.js";
import { signIn } from "./signin.js";
import { sources } from "./sources.js";
import { recallLanguage, t } from "./strings.js";
import { upload } from "./upload.js";

const PAGES = { jobs, upload, importers, sources, queues, data: datasets };
const PAGES_OF_ONE = { jobs: job, data: dataset };

const main = document.getElementById("main");
const skip = document.getElementById("skip");
/** @type {import("./session.js").Config} */
let config;
let page = new AbortController();
let session = new AbortController();
let before = "";
let trouble = "";

/** Show what the address means, or the sign-in page to somebody who is not signed in. */
function show() {
  page.abort();
  page = new AbortController();
  const { path, query } = where();
  if (!path.length) path.push("jobs");
  const [name, one] = path;
  const make = one === undefined ? PAGES[name] : PAGES_OF_ONE[name];
  const same = before === path.join("/");
  before = path.join("/");
  const focused = document.activeElement?.id;
  skip.textContent = t("frame.skip");
  frame(document.getElementById("frame"), token() ? name : null, { onLanguage: show, onSignOut: () => end("out") });
  title(token() ? t(make ? `page.${name}` : "page.nothing") : t("page.signin"));
  main.replaceChildren();
  if (!token()) signIn(main, { config, trouble, onToken: begin, signal: page.signal });
  else if (make) make(main, { one, query, signal: page.signal, title });
  else main.append(head(t("page.nothing"), t("page.nothing.text")), el("a", { href: to(["jobs"]) }, t("page.toJobs")));
  // what only changes a filter leaves the reader where they are
  if (same && focused) document.getElementById(focused)?.focus();
  else if (!same) arriveAt();
}

function arriveAt() {
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

function title(text) {
  document.title = `${text} · Sluice`;
}

/** A session begins. */
function begin(given) {
  trouble = "";
  if (given) keep(given);
  session.abort();
  session = new AbortController();
  setConnection("connecting");
  connect(setConnection, session.signal);
  before = "";
  show();
}

/** The session is over; the address stays, to come back to. */
function end(why) {
  if (!token()) return;
  drop(why);
  session.abort();
  before = "";
  show();
}

async function start() {
  recallLanguage();
  try {
    const answer = await fetch("../config.json", { cache: "no-store" });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    config = await answer.json();
  } catch (error) {
    title(t("page.signin"));
    main.replaceChildren(problemBox(new Error(`${t("signin.noConfig")}: ${error.message}`), start));
    return;
  }
  configure({ apiUrl: config.api_url, token: () => token() ?? "" });
  onUnauthorized(() => end("over"));
  skip.addEventListener("click", (event) => {
    event.preventDefault(); // the address names a page, not a place on it
    main.focus();
  });
  addEventListener("hashchange", ({ oldURL }) => {
    if (!handsToken()) show();
    else if (acceptAddress(config, oldURL)) begin();
  });
  if (config.issuer && returned()) {
    try {
      keep((await arrive(config)).token);
    } catch (error) {
      drop("failed");
      trouble = error.message;
    }
  }
  if (handsToken()) acceptAddress(config, location.pathname + location.search);
  acceptSettings(config);
  if (token()) begin();
  else show();
}

start();
