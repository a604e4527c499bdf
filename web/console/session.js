/** The signed-in session: its token in `sessionStorage`, so that it ends with the tab. */

import { decoded } from "./router.js";

const TOKEN_KEY = "sluice.token";
const ENDED_KEY = "sluice.left";
const TOKEN_HASH = "#token=";

/** @typedef {{api_url: string, issuer: string | null, client_id: string | null, scopes: string | null, token?: string}} Config */

/** The token of the session, or null. */
export const token = () => sessionStorage.getItem(TOKEN_KEY);

/** Begin a session. */
export function beginSession(given) {
  sessionStorage.setItem(TOKEN_KEY, given);
  sessionStorage.removeItem(ENDED_KEY);
}

/**
 * End the session.
 * @param {"over" | "out" | "failed"} reason the API rejected the token, the reader signed out, or the issuer did not
 *   sign the reader in
 */
export function endSession(reason) {
  sessionStorage.removeItem(TOKEN_KEY);
  sessionStorage.setItem(ENDED_KEY, reason);
}

/** Why the last session of this tab ended, if none has begun since. */
export const endReason = () => sessionStorage.getItem(ENDED_KEY);

/** Whether the address contains a token. */
export const addressHasToken = () => location.hash.startsWith(TOKEN_HASH);

/**
 * Remove the token from the address. It begins a session only if the settings contain a token too, which they do on a
 * laptop. Anywhere else, a link could sign its reader in to another person's session, who then gets the reader's files.
 * @param {Config} config
 * @param {string} before the address to restore if the token is not used
 * @returns {boolean} whether a session begins
 */
export function acceptAddress(config, before) {
  const given = decoded(location.hash.slice(TOKEN_HASH.length));
  const accepted = Boolean(config.token) && looksLikeToken(given);
  history.replaceState(null, "", accepted ? location.pathname + location.search : before);
  if (accepted) beginSession(given);
  return accepted;
}

/** After these ends the reader gets the sign-in page, although the settings contain a token. */
const STAYS_OUT = new Set(["out", "failed"]);

/**
 * Begin a session with the token of the settings, if there is none. After an expired session, it is a new token.
 * @param {Config} config
 */
export function acceptSettings(config) {
  if (config.token && !token() && !STAYS_OUT.has(endReason())) beginSession(config.token);
}

/** Whether a text has the form of a token (RFC 7519). */
export const looksLikeToken = (text) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);

/** The claims of the token. Only the API verifies them; the console shows them and decides what it offers. */
function claims() {
  try {
    const middle = token().split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(middle), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {};
  }
}

/** Name and tenant of the signed-in person. */
export function person() {
  const { sub = "", tenant, "custom:tenant": cognitoTenant = "" } = claims();
  return { name: String(sub), tenant: String(tenant ?? cognitoTenant) };
}

const textOf = (claim) => (typeof claim === "string" ? claim : "");

/** The scopes of the token; Cognito puts a resource server's name before each. */
const scopes = () =>
  textOf(claims().scope)
    .split(" ")
    .map((scope) => scope.slice(scope.lastIndexOf("/") + 1));

/** Whether the token has the scope to delete jobs, and to cancel syncs of others. */
export const mayAdminister = () => scopes().includes("imports:admin");

/** Whether the token has a scope that allows changes. */
export const mayWrite = () => mayAdminister() || scopes().includes("imports:write");
