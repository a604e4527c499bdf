/**
 * Signing in: a page with a field for a token, and a button for an OpenID Connect issuer.
 *
 * The issuer is used with the authorization code flow and PKCE (RFC 7636, S256), because a page has no secret. State,
 * verifier and the page to return to wait in `sessionStorage`, and are removed with the first answer, so that an
 * answer is valid once.
 */

import { el } from "../shared/dom.js";

import { problemPanel } from "./components.js";
import { endReason, looksLikeToken } from "./session.js";
import { t } from "./words.js";

const PENDING_KEY = "sluice.signing-in";

/**
 * The sign-in page.
 * @param {Element} main
 * @param {{config: import("./session.js").Config, trouble: string, onToken: (token: string) => void}} options
 */
export function signIn(main, { config, trouble, onToken }) {
  const place = el("div", {});
  const notice = noticeText(trouble);
  main.append(
    el(
      "section",
      { class: "panel padded signin" },
      el("h1", {}, t("page.signin")),
      notice ? el("p", { class: "problem", "data-kind": "asks", role: "status" }, notice) : null,
      el("p", { class: "muted" }, t("signin.lead")),
      config.issuer ? [issuerButton(config, place), el("p", { class: "or" }, t("signin.or"))] : null,
      tokenForm(!config.issuer, onToken),
      place,
    ),
  );
}

/** Whether the issuer opened this page, with an answer. */
export function hasReturned() {
  const answer = new URLSearchParams(location.search);
  return answer.has("state") && (answer.has("code") || answer.has("error"));
}

/**
 * Take the issuer's answer from the address, and exchange its code for an access token.
 * @param {import("./session.js").Config} config
 * @returns {Promise<string>} the token; rejects with an `Error`, whose message is "state" if the answer is not for
 *   this page
 */
export async function exchangeCode(config) {
  const answer = new URLSearchParams(location.search);
  const pending = JSON.parse(sessionStorage.getItem(PENDING_KEY) ?? "null");
  sessionStorage.removeItem(PENDING_KEY);
  history.replaceState(null, "", redirectUri() + (pending?.back ?? ""));
  if (!pending || answer.get("state") !== pending.state) throw new Error("state");
  if (answer.has("error")) throw new Error(answer.get("error_description") || answer.get("error"));
  const { token_endpoint: endpoint } = await discover(config.issuer);
  const response = await fetch(endpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: answer.get("code"),
      redirect_uri: redirectUri(),
      client_id: config.client_id,
      code_verifier: pending.verifier,
    }),
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok && body.access_token) return body.access_token;
  throw new Error(body.error_description || body.error || `HTTP ${response.status}`);
}

function noticeText(trouble) {
  if (trouble) return trouble === "state" ? t("signin.failed.state") : t("signin.failed", { reason: trouble });
  const reason = endReason();
  return reason === "over" || reason === "out" ? t(`signin.${reason}`) : "";
}

function issuerButton(config, place) {
  const go = () =>
    redirectToIssuer(config, location.hash).catch((error) =>
      place.replaceChildren(problemPanel(new Error(t("signin.failed", { reason: error.message })))),
    );
  return el("button", { type: "button", class: "first", onclick: go }, t("signin.oidc"));
}

function tokenForm(isFirst, onToken) {
  const field = el("input", {
    type: "password",
    name: "token",
    id: "token",
    autocomplete: "off",
    spellcheck: false,
    required: true,
    "aria-describedby": "token-hint token-wrong",
  });
  const wrong = el("p", { id: "token-wrong", class: "small bad", role: "alert" });
  const submit = (event) => {
    event.preventDefault();
    const given = field.value.trim().replace(/^Bearer\s+/i, "");
    if (looksLikeToken(given)) return onToken(given);
    wrong.textContent = t("signin.bad");
    field.setAttribute("aria-invalid", "true");
    field.focus();
  };
  return el(
    "form",
    { onsubmit: submit, noValidate: true },
    el("label", { class: "field", htmlFor: "token" }, t("signin.token"), field),
    el("p", { id: "token-hint", class: "small muted" }, t("signin.hint")),
    wrong,
    el("button", { class: isFirst ? "first" : null }, t("signin.go")),
  );
}

/** Where the issuer sends the browser back to: the console's address, without query and hash. */
const redirectUri = () => location.origin + location.pathname;

async function redirectToIssuer(config, back) {
  const { authorization_endpoint: endpoint } = await discover(config.issuer);
  const pending = { state: randomText(), verifier: randomText(), back };
  sessionStorage.setItem(PENDING_KEY, JSON.stringify(pending));
  const address = new URL(endpoint);
  const query = {
    response_type: "code",
    client_id: config.client_id,
    redirect_uri: redirectUri(),
    scope: config.scopes || "openid",
    state: pending.state,
    code_challenge: await challengeOf(pending.verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  location.assign(address.href);
}

/** The issuer's metadata (OpenID Connect Discovery 1.0, section 4). */
async function discover(issuer) {
  const response = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

/** 256 random bits in letters that need no escape in an address. */
const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function challengeOf(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
